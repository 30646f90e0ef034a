"""The one reader of finished builds, and the pages that show what it read."""
