"""Reads a finished build: its folder, its rules, its records."""
