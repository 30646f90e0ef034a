"""What the shapes share: the datasets that a rule is about, and the conditions on a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.records.lookup import has_value, is_one_of
from pipeline.study import Study

Frames = Mapping[str, pd.DataFrame]
Broken = Iterator[tuple[str, str, pd.DataFrame]]  # dataset, variable, the records that break the rule
Conditions = Mapping[
    str, str | Sequence[str | float]
]  # variable: present, absent, a value, or one of several


def chosen(study: Study, frames: Frames, datasets: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The datasets that a rule is about: those named, those of a class that is named, or all of SDTM."""
    for dataset, frame in frames.items():
        spec = study.datasets.get(dataset)
        of_class = spec is not None and spec.class_ in datasets
        if dataset in datasets or of_class or (not datasets and _is_sdtm(study, dataset)):
            yield dataset, frame


def _is_sdtm(study: Study, dataset: str) -> bool:
    spec = study.datasets.get(dataset)
    return spec is None or spec.layer == "sdtm"  # SUPP-- has no spec


def named(pattern: str, dataset: str) -> str:
    return pattern.replace("--", dataset)


def condition_met(frame: pd.DataFrame, variable: str, condition: str | Sequence[str | float]) -> np.ndarray:
    """Whether each record meets a condition; a variable that the dataset lacks is missing in all."""
    if variable not in frame:
        return np.full(len(frame), condition == "absent")
    if condition == "absent":
        return ~has_value(frame[variable])
    if condition == "present":
        return has_value(frame[variable])
    return is_one_of(frame[variable], [condition] if isinstance(condition, str) else condition)


def meets_all(frame: pd.DataFrame, dataset: str, conditions: Conditions) -> np.ndarray:
    met = np.full(len(frame), True)
    for pattern, condition in conditions.items():
        met &= condition_met(frame, named(pattern, dataset), condition)
    return met


def broken(dataset: str, variable: str, records: pd.DataFrame, wrong: pd.Series | np.ndarray) -> Broken:
    if wrong.any():  # most often none is, and then no records need be copied
        yield dataset, variable, records[wrong]
