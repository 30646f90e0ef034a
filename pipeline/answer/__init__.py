"""Answers from finished builds: what was mapped how, what a cell rests on, what changed from one build to the next."""
