"""Drawings: a few shapes, written once as SVG and set once into a PDF page."""
