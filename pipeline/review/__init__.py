"""What changed between two finished builds."""
