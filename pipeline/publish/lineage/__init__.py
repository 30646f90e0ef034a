"""What a build keeps about where values come from: rules, raw records, the mapping in words."""
