"""CDISC's open rules engine (CORE) over a finished build, and its report held against ours."""
