"""Stage 5: datasets, define.xml, report, lineage and manifest, written aside and published at once."""
