"""What the datasets of a study have: a check is silent where they lack what it asks about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd


def has_all(frames: Mapping[str, pd.DataFrame], variables: Iterable[str]) -> bool:
    """Whether the datasets have all of these variables, each named as DATASET.VARIABLE."""
    pairs = [name.split(".", 1) for name in variables]
    return all(dataset in frames and variable in frames[dataset] for dataset, variable in pairs)
