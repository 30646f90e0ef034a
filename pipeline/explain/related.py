"""The records that belong to a record, such as its parent, and what distinguishes it from others."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.explain import rules
from pipeline.finished.build import Build, Record
from pipeline.formats.xpt.rows import Value


def sequence_variable(build: Build, dataset: str) -> str | None:
    """The variable that numbers the records of a dataset; None where it has none.

    Takes     a finished build; the name of a dataset.
    Returns   --SEQ or ASEQ.
    """
    variables = build.study_facts["datasets"][dataset]["variables"]
    return next((name for name in (f"{dataset}SEQ", "ASEQ") if name in variables), None)


def identity(build: Build, record: Record) -> dict[str, Value]:
    """What distinguishes a record from others in its dataset: USUBJID and its number, or its keys.

    Takes     a finished build; one of its published records.
    Returns   variable and value, in the order of the dataset's keys.
    """
    dataset = build.study_facts["datasets"][record.dataset]
    number = sequence_variable(build, record.dataset)
    if number and record.usubjid:
        names = ["USUBJID", number]
    else:
        names = [key for key in dataset["keys"] if key != "STUDYID"]
    return {name: build.value(record, name) for name in names if name in dataset["variables"]}


def is_of_same_raw_record(one: Record, other: Record) -> bool:
    """Whether two published records are of one raw record."""
    return (one.usubjid, one.form, one.record) == (other.usubjid, other.form, other.record)


def parent_record(build: Build, record: Record) -> Record | None:
    """The record of the parent dataset that a SUPP-- record is of.

    Takes     a finished build; a record of SUPP--.
    Returns   one record; None where the parent has none that fits.
    """
    for candidate in build.records(rules.parent_of(build, record.dataset), record.usubjid):
        if is_of_same_raw_record(candidate, record) and candidate.block == record.block:
            return candidate
    return None


def taken_from(build: Build, record: Record, dataset: str) -> Sequence[Record]:
    """The record of another dataset from which a record was taken.

    Both are of one raw record. Where several records of the other dataset are, it is the one that agrees in
    each value that is copied from there.

    Takes     a finished build; a record; the other dataset.
    Returns   one record; several where no value tells them apart; none where the raw record made none there.
    """
    sources = [r for r in build.records(dataset, record.usubjid) if is_of_same_raw_record(r, record)]
    if len(sources) < 2:
        return sources
    for variable in build.study_facts["datasets"][record.dataset]["variables"]:
        rule = rules.rule_of(build, f"{record.dataset}.{variable}", record.block)
        if rule is None or rule["verb"] != "copy":
            continue
        copied = rule["inputs"][0]
        if copied["from"] == dataset and copied["own"]:
            value = build.value(record, variable)
            values = build.values(sources, copied["name"])
            sources = [source for source, v in zip(sources, values, strict=True) if v == value]
    return sources
