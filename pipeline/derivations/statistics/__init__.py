"""The figures of the protocol's endpoints, from arrays; a module an endpoint, each complete in itself:
define.xml shows its text.
"""
