"""What SAS files have in common, and SAS datasets."""
