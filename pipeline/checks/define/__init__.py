"""A define.xml, anybody's or our own, held to its schema, to its own definitions, and to the datasets beside
it.
"""
