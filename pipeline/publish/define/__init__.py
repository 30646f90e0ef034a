"""define.xml of one layer: its content, worked out from specs, mapping and data, and the file."""
