"""The mapping of a finished build in words."""
