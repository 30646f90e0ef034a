"""Two drops of one study compared: their records, and what follows for the endpoints of each participant."""
