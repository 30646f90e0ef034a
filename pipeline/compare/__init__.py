"""A finished build held against datasets that somebody else made: double programming, or a migration."""
