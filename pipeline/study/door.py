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
    """One rule across forms; `shape` is the function that finds what it is asked of and what breaks it."""

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
    ranges: dict[
        Text, tuple[float, float]
    ] = {}  # test and unit -> least and most that a living person can have
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
    """The checks across forms of the study in this folder; none where it declares none.

    A build does not read this file: what the door asks has no part in what is published.

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
    ids = [c.id for c in door.checks]
    yield from _source(study, door.anchors.randomization, ("anchors", "randomization"))
    yield from _source(study, door.anchors.first_dose, ("anchors", "first dose"))
    for i, check in enumerate(door.checks):
        if ids.index(check.id) != i:
            yield ("checks", i, "id"), f"{check.id} is the id of an earlier check"
        for end in ("of", "by"):
            sources: Sequence[Source] = getattr(check, end)
            for n, source in enumerate(sources):
                yield from _source(
                    study, source, ("checks", i, end, n), (*check.same, *(check.then if end == "of" else ()))
                )


def _source(
    study: Study, source: Source, path: KeyPath, more: Sequence[str] = ()
) -> Iterator[tuple[KeyPath, str]]:
    if source.form not in study.forms:
        yield (*path, "form"), f"{source.form} is not a form of specs/raw{nearest(source.form, study.forms)}"
        return
    fields = study.forms[source.form].fields
    named = (source.field, source.unit, source.test, source.then, source.replaces, *source.where, *more)
    for name in named:
        if name is not None and name not in fields:
            yield path, f"{name} is not a field of {source.form}{nearest(name, fields)}"
    for name, values in source.where.items():
        codes = fields[name].codes if name in fields and fields[name].closed else ()
        for value in (values,) if isinstance(values, str) else values:
            if codes and value not in (*codes, "present", "absent"):
                yield (
                    (*path, "where", name),
                    f"{value} is not a label of {source.form}.{name}{nearest(value, codes)}",
                )
