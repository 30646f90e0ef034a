"""The short forms that a study may write, expanded to the long ones that all other parts read."""
