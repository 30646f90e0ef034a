"""The shapes of rules over a block of subjects. `--` in a name stands for the dataset; a rule is silent where
the dataset does not have its variables.

A shape yields the dataset, the variable to correct, and the records that break the rule.
"""
