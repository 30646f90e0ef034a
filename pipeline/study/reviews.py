"""specs/reviews.yaml: which lines of the mapping somebody has reviewed, each bound to what it said then."""

from __future__ import annotations

from pydantic import RootModel

from pipeline.study.frozen import Frozen, Text, Words


class Review(Frozen):
    """A line that was reviewed."""

    by: Text  # the role of who reviewed it: people change, so no name stands here
    content: Text  # the hash of what it said
    note: Words | None = None


class Reviews(RootModel[dict[Text, Review]]):
    """By DATASET.VARIABLE, or by DATASET for which records it has."""
