"""Shapes that judge how records refer to each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.checks.datasets.rules.shapes.parts import Broken, Frames, broken, chosen, named
from pipeline.records.distinct import map_distinct
from pipeline.records.lookup import is_among
from pipeline.study import Study


def refers_to_a_record(study: Study, frames: Frames, *, prefix: str) -> Broken:
    """The record that RDOMAIN, USUBJID, IDVAR and IDVARVAL name exists.

    Takes     how the names of the datasets begin that refer to others.
    """
    for dataset, frame in frames.items():
        if not dataset.startswith(prefix) or not {"RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL"} <= set(frame):
            continue
        # a comment without RDOMAIN is about the subject, and a relation without USUBJID about whole datasets
        referring = frame[frame["RDOMAIN"].notna() & frame["USUBJID"].notna()]
        for (domain, variable), records in referring.groupby(["RDOMAIN", "IDVAR"], dropna=False, sort=False):
            exists = _record_exists(frames.get(str(domain)), variable, records)
            yield from broken(dataset, "IDVARVAL", records, ~exists)


def _record_exists(parent: pd.DataFrame | None, variable: object, records: pd.DataFrame) -> np.ndarray:
    """Whether the parent has the record that each of these names by this variable, or without a variable by
    its subject alone.
    """
    if parent is None:
        return np.full(len(records), False)
    if not isinstance(variable, str):
        return is_among([records["USUBJID"]], [parent["USUBJID"]])
    if variable not in parent:
        return np.full(len(records), False)
    known = [parent["USUBJID"], _as_idvarval(parent[variable])]
    return is_among([records["USUBJID"], records["IDVARVAL"]], known)


def _as_idvarval(value: pd.Series) -> pd.Series:
    """The values as IDVARVAL writes them: a whole number without a point."""
    if value.dtype != "float64":
        return value
    return map_distinct(value, lambda number: np.format_float_positional(number, trim="-"))


def one_of_subject(study: Study, frames: Frames, *, variable: str) -> Broken:
    """A value stands in one record of a subject."""
    for dataset, frame in chosen(study, frames, ()):
        name = named(variable, dataset)
        if "USUBJID" in frame and name in frame:
            repeated = frame.duplicated(["USUBJID", name])
            yield from broken(dataset, name, frame, repeated & frame[name].notna())


def one_of_relation(study: Study, frames: Frames) -> Broken:
    """At an end that specs/study.yaml calls ONE, a value stands in one record of a subject."""
    for relation in study.protocol.relations:
        for end, one_or_many in relation.ends.items():
            dataset, _, variable = end.partition(".")
            if one_or_many == "ONE" and variable in frames.get(dataset, ()):
                frame = frames[dataset]
                repeated = frame.duplicated(["USUBJID", variable])
                yield from broken(dataset, variable, frame, repeated & frame[variable].notna())


def at_least_two(study: Study, frames: Frames, *, dataset: str, group: str) -> Broken:
    """A group of records of a subject has at least two records."""
    if group in frames.get(dataset, ()):
        frame = frames[dataset][frames[dataset]["USUBJID"].notna()]
        size = frame.groupby(["USUBJID", group])[group].transform("size")
        yield from broken(dataset, group, frame, size.lt(2))
