"""specs/door.yaml: what the check of a drop asks across forms, beyond what each form's own contract says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipeline.errors import SpecError
from pipeline.study.frozen import Days, Frozen, Number, Text, Words
from pipeline.study.located import KeyPath, nearest, read
from pipeline.study.reader import DOOR as DOOR
from pipeline.study.validated import parse

if TYPE_CHECKING:
    from pipeline.study import Study

_COUNTED_FROM_A_DAY = ("window", "eligible")  # shapes that read where the days stand from which they count
CONDITIONS = ("present", "absent", "complete")  # what a value may be asked beside its label


class Source(Frozen):
    """Records of one form, and the field of them that a check looks at."""

    form: Text
    field: Text
    where: dict[Text, Text | tuple[Text, ...]] = {}
    unit: Text | None = None  # the field that holds the unit of the value
    test: Text | None = None  # the field that holds the code of the test
    then: Text | None = None  # the field whose date or time may not be earlier
    replaces: Text | None = None  # the field that names the records which this one replaces
    date: Text | None = None  # the field that holds the day of the record
    until: Text | None = None  # the field that holds the last day of the record, where it lasts


class Evidence(Source):
    """Records that bear a reason out: their text has one of the words, or their value is within limits."""

    words: tuple[Text, ...] = ()
    least: Number | None = None
    below: Number | None = None


class Reason(Frozen):
    """A reason by the words it is given in, and the records that bear it out."""

    words: tuple[Text, ...] = Field(min_length=1)
    by: tuple[Evidence, ...] = Field(min_length=1)


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
        "alone",
        "borne_out",
        "same_day",
        "of_age",
        "constant",
        "apart",
        "convertible",
    ]
    of: tuple[Source, ...] = Field(min_length=1)
    by: tuple[Source, ...] = ()
    same: tuple[Text, ...] = ()  # fields that agree between the two, beside the person
    side: Literal["not before", "after", "not after", "same"] = "not before"
    take: Literal["each", "last", "count"] = "each"
    pick: Literal["first", "last"] = "last"  # of several dates to compare with
    least: Number | None = None
    most: Number | None = None
    below: Number | None = None
    among: tuple[Text, ...] = ()
    # of other fields: present, absent, complete of a date, or one of some labels
    then: dict[Text, Text | tuple[Text, ...]] = {}
    any_of: bool = False  # one of the answers of `then` is enough
    # the codelists that recode the test and the unit of a result
    codelists: dict[Literal["test", "unit"], Text] = {}
    hours: Text | None = None  # the parameter of specs/study.yaml with the hours that something takes at most
    per: Text | None = None  # records that agree in this field count as one
    reasons: tuple[Reason, ...] = ()
    within: Days = 0  # days before and after the day of a record in which another bears it out
    counted: dict[Text, Number] = {}  # a state in words, and the number it counts as
    unknown: tuple[Text, ...] = ()  # states that leave a sum unknown
    # test and unit -> least and most that a living person can have
    ranges: dict[Text, tuple[Number, Number]] = {}
    expected: Words
    question: Words


class Anchors(Frozen):
    """Where the days stand from which visits are counted."""

    randomization: Source
    first_dose: Source = Field(alias="first dose")


class Door(Frozen):
    anchors: Anchors
    checks: tuple[Check, ...]

    def forms_of(self, check: Check) -> set[str]:
        """The forms that a check reads."""
        sources = [*check.of, *check.by, *(evidence for reason in check.reasons for evidence in reason.by)]
        if check.shape in _COUNTED_FROM_A_DAY:
            sources += [self.anchors.randomization, self.anchors.first_dose]
        return {source.form for source in sources}


def load(root: Path, study: Study) -> Door | None:
    """The checks across forms of the study in this folder; None where it declares none.

    A build does not read this file: the check of a drop has no part in what is published.

    Raises    SpecError for a wrong file, or a name that leads nowhere.
    """
    if not (root / DOOR).is_file():
        return None
    located = read(root, DOOR)
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
        if check.hours and check.hours not in study.protocol.parameters:
            message = f"{check.hours} is not a parameter of specs/study.yaml"
            yield ("checks", i, "hours"), message + nearest(check.hours, study.protocol.parameters)
        for part, name in check.codelists.items():
            if name not in study.codelists:
                message = f"{name} is not a list of specs/codelists.yaml{nearest(name, study.codelists)}"
                yield ("checks", i, "codelists", part), message
        for n, source in enumerate(check.of):
            more = (*check.same, *check.then, *filter(None, [check.per]))
            yield from _of_source(study, source, ("checks", i, "of", n), more)
            yield from _of_labels(study, source.form, check.then, ("checks", i, "then"))
        for n, source in enumerate(check.by):
            yield from _of_source(study, source, ("checks", i, "by", n), check.same)
        for n, reason in enumerate(check.reasons):
            for m, evidence in enumerate(reason.by):
                yield from _of_source(study, evidence, ("checks", i, "reasons", n, "by", m))


def _of_source(
    study: Study, source: Source, path: KeyPath, more_fields: Sequence[str] = ()
) -> Iterator[tuple[KeyPath, str]]:
    """The form, fields and labels that a source names and the study does not have."""
    if source.form not in study.forms:
        message = f"{source.form} is not a form of specs/raw{nearest(source.form, study.forms)}"
        yield (*path, "form"), message
        return
    fields = study.forms[source.form].fields
    optional = (source.unit, source.test, source.then, source.replaces, source.date, source.until)
    for name in (source.field, *filter(None, optional), *source.where, *more_fields):
        if name not in fields:
            yield path, f"{name} is not a field of {source.form}{nearest(name, fields)}"
    yield from _of_labels(study, source.form, source.where, (*path, "where"))


def _of_labels(
    study: Study, form: str, wanted: Mapping[str, str | tuple[str, ...]], path: KeyPath
) -> Iterator[tuple[KeyPath, str]]:
    """The labels that a condition on the fields of a form names and a closed field of it does not have."""
    fields = study.forms[form].fields if form in study.forms else {}
    for name, values in wanted.items():
        if name not in fields or not fields[name].closed or not fields[name].codes:
            continue
        codes = fields[name].codes
        for value in (values,) if isinstance(values, str) else values:
            if value not in (*codes, *CONDITIONS):
                message = f"{value} is not a label of {form}.{name}{nearest(value, codes)}"
                yield (*path, name), message
