"""specs/door.yaml: what the check of a drop asks across forms, beyond what each form's own contract says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipeline.errors import SpecError
from pipeline.study.frozen import Frozen, Text, Words
from pipeline.study.located import KeyPath, nearest, parse, read

if TYPE_CHECKING:
    from pipeline.study import Study

NAME = "specs/door.yaml"


class Source(Frozen):
    """Records of one form, and the field of them that a check looks at."""

    form: Text
    field: Text
    where: dict[Text, Text | tuple[Text, ...]] = {}
    unit: Text | None = None  # the field that holds the unit of the value
    test: Text | None = None  # the field that holds the code of the test
    then: Text | None = None  # the field whose date or time may not be earlier
    replaces: Text | None = None  # the field that names the records which this one replaces


class Check(Frozen):
    """One rule across forms; `shape` is the function that finds the records it applies to and those that
    break it.
    """

    id: Text
    severity: Literal["error", "warning"]
    shape: Literal[
        "accompanied",
        "dated",
        "ordered",
        "window",
        "in_turn",
        "repeated",
        "summed",
        "eligible",
        "plausible",
        "implies",
    ]
    of: tuple[Source, ...] = Field(min_length=1)
    by: tuple[Source, ...] = ()
    same: tuple[Text, ...] = ()  # fields that agree between the two, beside the person
    side: Literal["not before", "not after"] = "not before"
    take: Literal["each", "last", "count"] = "each"
    pick: Literal["first", "last"] = "last"  # of several dates to compare with
    least: float | None = None
    most: float | None = None
    below: float | None = None
    among: tuple[Text, ...] = ()
    then: dict[Text, Literal["present", "absent"]] = {}
    counted: dict[Text, float] = {}  # a state in words, and the number it counts as
    unknown: tuple[Text, ...] = ()  # states that leave a sum unknown
    # test and unit -> least and most that a living person can have
    ranges: dict[Text, tuple[float, float]] = {}
    expected: Words
    question: Words


class Anchors(Frozen):
    """Where the days stand from which visits are counted."""

    randomization: Source
    first_dose: Source = Field(alias="first dose")


class Door(Frozen):
    anchors: Anchors
    checks: tuple[Check, ...]


def load(root: Path, study: Study) -> Door | None:
    """The checks across forms of the study in this folder; None where it declares none.

    A build does not read this file: the check of a drop has no part in what is published.

    Raises    SpecError for a wrong file, or a name that leads nowhere.
    """
    if not (root / NAME).is_file():
        return None
    located = read(root / NAME, NAME)
    door = parse(Door, located)
    faults = [str(located.error(path, message)) for path, message in _faults(study, door)]
    if faults:
        raise SpecError("\n".join(faults))
    return door


def _faults(study: Study, door: Door) -> Iterator[tuple[KeyPath, str]]:
    yield from _of_source(study, door.anchors.randomization, ("anchors", "randomization"))
    yield from _of_source(study, door.anchors.first_dose, ("anchors", "first dose"))
    ids = [check.id for check in door.checks]
    for i, check in enumerate(door.checks):
        if ids.index(check.id) != i:
            yield ("checks", i, "id"), f"{check.id} is the id of an earlier check"
        for n, source in enumerate(check.of):
            yield from _of_source(study, source, ("checks", i, "of", n), (*check.same, *check.then))
        for n, source in enumerate(check.by):
            yield from _of_source(study, source, ("checks", i, "by", n), check.same)


def _of_source(
    study: Study, source: Source, path: KeyPath, more_fields: Sequence[str] = ()
) -> Iterator[tuple[KeyPath, str]]:
    """The form, fields and labels that a source names and the study does not have."""
    if source.form not in study.forms:
        message = f"{source.form} is not a form of specs/raw{nearest(source.form, study.forms)}"
        yield (*path, "form"), message
        return
    fields = study.forms[source.form].fields
    optional = (source.unit, source.test, source.then, source.replaces)
    for name in (source.field, *filter(None, optional), *source.where, *more_fields):
        if name not in fields:
            yield path, f"{name} is not a field of {source.form}{nearest(name, fields)}"
    for name, values in source.where.items():
        if name not in fields or not fields[name].closed or not fields[name].codes:
            continue
        codes = fields[name].codes
        for value in (values,) if isinstance(values, str) else values:
            if value not in (*codes, "present", "absent"):
                message = f"{value} is not a label of {source.form}.{name}{nearest(value, codes)}"
                yield (*path, "where", name), message
