"""From the records of analysis datasets to the numbers that a figure draws.

Records have USUBJID, `arm`, and the columns that each function names; what a study calls them is data in
specs/displays.yaml.
"""
