"""Expands what a study says in few words to the long form that every other part of the product reads.

Each part keeps its place in the file, so a message about it names where the study said it.
"""
