"""XLSX workbooks: what a cell shows, read from the XML itself."""
