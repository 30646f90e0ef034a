"""Delimited text: read as a declared delimiter and encoding have it, and written for people."""
