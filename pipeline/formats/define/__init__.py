"""Define-XML as a file: the published schema, and a reader."""
