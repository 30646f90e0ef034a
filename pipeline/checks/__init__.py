"""Everything that judges: datasets, a drop, a define.xml, a submission folder. Nothing here writes a dataset."""
