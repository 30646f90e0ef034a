"""The displays of the report: their results first, as data, then the pages that show them."""
