"""Everything that judges: datasets, a drop, a define.xml, a submission folder. It writes no dataset."""
