"""Expands what a study says in few words to the long form that every other part of the product reads.

Short is only spelling: each line of a mapping becomes one line of the long form, and what a study leaves out
is given by rules (pipeline/standards/rules.yaml). Each part keeps its place in the study's file and, where a
rule gave it, the rule; so a message about it names both.
"""
