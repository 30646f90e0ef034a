"""What a package for an agency holds beyond the datasets and their definition."""
