"""The check of a drop before it is built: what the contracts and specs/door.yaml expect, what was found, and
the queries.
"""
