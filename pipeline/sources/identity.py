"""Whose record it is and what makes it itself: USUBJID, form, and the record's key fields."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.records import lookup
from pipeline.records.distinct import encoded, map_distinct
from pipeline.records.findings import Finding
from pipeline.sources import subjects
from pipeline.study import Study, subject_numbers, visits
from pipeline.study.models import Form

EARLIER, EQUAL_ROWS, USUBJID = "RAW-EARLIER-SUBJECT", "RAW-EQUAL-ROWS", "RAW-USUBJID"
DUPLICATE, REPEATED = "RAW-DUPLICATE", "RAW-REPEATED"  # records of one key that differ; that are equal
_AT_A_TIME = 100_000  # records whose texts are in memory as objects of Python
_WITHOUT_PARTS = "the number and its record do not give all parts of USUBJID, {}; correct them"
_OF_ANOTHER = "another subject number has the same USUBJID; correct it, or `usubjid` in specs/study.yaml"


def persons(study: Study, enrolment: pd.DataFrame) -> tuple[dict[str, str], list[Finding]]:
    """USUBJID of each subject number: a person screened again keeps the identifier made of the first number.

    Takes     the enrolment form as collected, one record for each subject number.
    Returns   subject number -> USUBJID, and a finding for each earlier number that leads nowhere or in a
              circle, for each number that lacks a part of USUBJID, and for two numbers with one USUBJID.
    Raises    DropError where nobody is enrolled.
    Source    SDTMIG 3.4, 4.1.2 (USUBJID) and DM assumption 4.
    """
    rule = study.protocol.subjects
    first_number, findings = _first_numbers(study, enrolment)
    if not first_number:
        raise DropError(f"form {rule.form}: has no record with a subject number; a drop has a participant")
    identifier = _identifiers(study, enrolment)
    usubjid_of: dict[str, str] = {}
    number_of: dict[str, str] = {}
    for subject, first in first_number.items():
        usubjid = identifier[first]
        usubjid_of[subject] = usubjid or f"{study.protocol.id}-{first}"
        why = _WITHOUT_PARTS.format(rule.pattern) if usubjid is None else ""
        if usubjid is not None and number_of.setdefault(usubjid, first) != first:
            why = _OF_ANOTHER
        if why:
            source = f"{rule.form}, {subject}"
            findings.append(Finding(USUBJID, "error", rule.form, rule.number, "", "", why, source))
    return usubjid_of, findings


def _identifiers(study: Study, enrolment: pd.DataFrame) -> dict[str, str | None]:
    """What USUBJID is of each subject number by itself; None where a part of it is missing."""
    rule = study.protocol.subjects
    named = [name for name in subject_numbers.names(rule.pattern) if name != subject_numbers.STUDYID]
    columns = [enrolment[name].str.strip() for name in (rule.number, *named)]
    found: dict[str, str | None] = {}
    for subject, *values in zip(*columns, strict=True):
        if isinstance(subject, str) and subject not in found:
            complete = all(isinstance(value, str) and value for value in values)
            of_name = {subject_numbers.STUDYID: study.protocol.id, **dict(zip(named, values, strict=True))}
            found[subject] = subject_numbers.filled(rule.pattern, of_name.__getitem__) if complete else None
    return found


def _first_numbers(study: Study, enrolment: pd.DataFrame) -> tuple[dict[str, str], list[Finding]]:
    """The number under which each person was screened first, by every number of the person."""
    rule = study.protocol.subjects
    form = study.forms[rule.form]
    number = enrolment[rule.number].str.strip()
    enrolled = sorted(set(number[number.notna()]))
    if rule.earlier is None:
        return {subject: subject for subject in enrolled}, []
    earlier = map_distinct(enrolment[rule.earlier], partial(_answer, form, rule.earlier))
    earlier_number = {n: e for n, e in zip(number, earlier, strict=True) if isinstance(e, str) and e}

    known = set(enrolled)
    first_of: dict[str, str] = {}
    findings = []
    for subject in enrolled:
        first_number = subject
        passed = {subject}
        before = earlier_number.get(first_number)
        while before is not None and before in known and before not in passed:
            first_number = before
            passed.add(before)
            before = earlier_number.get(first_number)
        if before is not None:  # it leads to no number of the form, or in a circle
            findings.append(
                Finding(
                    *(EARLIER, "error", rule.form, rule.earlier, "", before),
                    "the earlier subject number must be another number of this form; query the site",
                    f"{rule.form}, {subject}",
                )
            )
        first_of[subject] = first_number
    return first_of, findings


@dataclass(frozen=True)
class Identified:
    """The records of a form that go on, in the order of their identity: where each stands in the form, whose
    it is, and its name.
    """

    places: np.ndarray
    usubjid: Any
    record: Any


def identified(
    study: Study, form: Form, collected: pd.DataFrame, persons: Mapping[str, str]
) -> tuple[Identified, list[Finding]]:
    """The form's records of enrolled persons, in the order of their identity.

    1. A record whose subject is not in the enrolment form is a finding and goes no further.
    2. Records equal in their key are ordered by all fields and numbered, so that each can be named; each is a
       finding, and the first goes on, so that one run finds all other faults too. Of a form in which no
       field tells records apart (`keys: row`) all go on, with a warning.
    3. Of a form that a person has once, each record but the last is a finding and goes no further.

    Takes     the form as collected; USUBJID of each subject number.
    Returns   the records that go on, and the findings.
    """
    number = study.protocol.subjects.number
    usubjid, record = usubjid_and_record(study, form, collected, persons)
    not_enrolled = usubjid.isna()
    findings = [*_not_enrolled(study, form, collected, record[not_enrolled], persons)]
    # Records of nobody have no USUBJID, so they come last.
    places = lookup.sorted_places([usubjid, record])[: len(collected) - int(not_enrolled.sum())]
    identity = pd.DataFrame(
        {"USUBJID": usubjid.array.take(places), "record": record.array.take(places)}, copy=False
    )

    # Nearly always all names differ, and their number says so without a comparison of records.
    if len(encoded(record).values) < len(record):
        repeated = identity.duplicated(keep=False).to_numpy()
        if repeated.any():
            places, identity, faults = _numbered(study, form, collected, places, identity, repeated)
            findings += faults

    if form.once:
        superseded = identity.duplicated("USUBJID", keep="last")
        why = "a person has at most one record of this form; query the site"
        for subject, name in identity[superseded].itertuples(index=False):
            source = f"{form.form}, {subject}, {name}"
            findings.append(Finding("RAW-ONCE", "error", form.form, number, "", "", why, source))
        places, identity = places[~superseded.to_numpy()], identity[~superseded]
    return Identified(places, identity["USUBJID"].array, identity["record"].array), findings


def _written_otherwise(
    study: Study, form: Form, collected: pd.DataFrame, records: pd.Series, persons: Mapping[str, str]
) -> str:
    """What is told once of a form of which no number is anybody's, where none is written as those of the
    form that enrols; "" elsewhere.
    """
    rule = study.protocol.subjects
    numbers = collected[rule.number].str.strip().dropna().unique()
    written = sorted({subjects.shape(number) for number in numbers})
    enrolled = sorted({subjects.shape(number) for number in persons})
    if form.form == rule.form or len(records) < len(collected) or len(numbers) < 2 or not enrolled:
        return ""
    if set(written) & set(enrolled) or any(subjects.alike(number, persons) for number in numbers[:1]):
        return ""
    example = rule.parts or "{SITEID}-{SUBJID}"
    parts = "" if rule.parts else f", and the parts of a number, parts: {example}, in specs/study.yaml"
    return (
        f"no subject number of this form is one of {rule.form}: they are written {_some(written)}, and those"
        f" of {rule.form} {_some(enrolled)} (9 is a digit, A a letter); say how this form writes them, for"
        f" example subject: {example}, in specs/raw/{form.form}.yaml{parts}; or export the form with the"
        f" numbers of {rule.form}; {subjects.records(len(records))} of the form"
    )


def _some(shapes: Sequence[str]) -> str:
    return ", ".join(shapes[:3]) + (" ..." if len(shapes) > 3 else "")


def _not_enrolled(
    study: Study, form: Form, collected: pd.DataFrame, records: pd.Series, persons: Mapping[str, str]
) -> Iterator[Finding]:
    """A finding for each subject number that nobody has, at its first record. A number that reads as an
    enrolled one is nobody's all the same, and the finding says why, since nobody can see it. Where no number
    of a form is anybody's, and they are written otherwise, that is one finding.
    """
    rule = study.protocol.subjects
    if otherwise := _written_otherwise(study, form, collected, records, persons):
        source = f"{form.form}, {records.iloc[0]}"
        yield Finding("RAW-SUBJECT", "error", form.form, rule.number, "", "", otherwise, source)
        return
    stranger = f"the subject has no record in form {rule.form}; add the enrolment or correct the number"
    alike = (
        f"the subject has no record in form {rule.form}, but the number reads like one that has: it differs"
        " by case, by a blank, or by a character that cannot be seen or looks like another; correct the"
        " number"
    )
    numbers = collected[rule.number].loc[records.index].str.strip().fillna("")
    counts = numbers.value_counts()
    for place in numbers.index[~numbers.duplicated()]:
        number = numbers[place]
        message = alike if subjects.alike(number, persons) else stranger
        if counts[number] > 1:
            message += f"; {subjects.records(int(counts[number]))} of {form.form}"
        hint = subjects.hint(number, persons).removeprefix("; ")
        source = f"{form.form}, {records[place]}"
        yield Finding("RAW-SUBJECT", "error", form.form, rule.number, "", hint, message, source)


def _numbered(
    study: Study,
    form: Form,
    collected: pd.DataFrame,
    places: np.ndarray,
    identity: pd.DataFrame,
    repeated: np.ndarray,
) -> tuple[np.ndarray, pd.DataFrame, list[Finding]]:
    """Records of the same name told apart by a number, of which the first goes on; and a finding for each."""
    of_name = identity[repeated].reset_index(drop=True)
    fields = collected[list(form.fields)].take(places[repeated]).reset_index(drop=True)
    same = pd.concat([of_name, fields], axis="columns")
    same = same.sort_values(["USUBJID", "record", *form.fields])
    places = places.copy()
    places[repeated] = places[repeated][same.index.to_numpy()]
    number = same.groupby(["USUBJID", "record"]).cumcount().to_numpy() + 1
    name = same["record"] + "#" + pd.Series(number, index=same.index).astype("str")

    keys = ", ".join([study.protocol.subjects.number, *form.keys])
    equal_in_everything = same.duplicated(["USUBJID", *form.fields], keep=False)
    findings = []
    for subject, numbered_name, equal in zip(same["USUBJID"], name, equal_in_everything, strict=True):
        if form.row:
            message = "equal in everything to another row; each is published; query the site"
            source = f"{form.form}, {subject}, {numbered_name}"
            findings.append(Finding(EQUAL_ROWS, "warning", form.form, "", "", "", message, source))
            continue
        rule, message = DUPLICATE, f"the same {keys} as another record; query the site"
        if equal:
            rule, message = REPEATED, "equal in everything to another record; one goes on; remove the other"
        source = f"{form.form}, {subject}, {numbered_name}"
        findings.append(Finding(rule, "error", form.form, keys, "", "", message, source))

    numbered_names = pd.Series(name.array, index=np.flatnonzero(repeated))
    identity = identity.assign(record=identity["record"].mask(pd.Series(repeated), numbered_names))
    goes_on = ~repeated
    goes_on[repeated] = form.row | (number == 1)
    return places[goes_on], identity[goes_on], findings


def fields_that_differ(form: Form, alike: pd.DataFrame) -> pd.Series:
    """The fields in which the records of one name differ, for each of these records.

    Takes     records as collected, with USUBJID and the name that several of them have.
    """
    trimmed = alike.assign(**{name: map_distinct(alike[name], str.strip) for name in form.fields})
    values = trimmed.groupby(["USUBJID", "record"], sort=False)[list(form.fields)].nunique(dropna=False)
    fields = values.gt(1).dot(pd.Series([f"{name}, " for name in form.fields], index=values.columns))
    names = pd.MultiIndex.from_frame(alike[["USUBJID", "record"]])
    return pd.Series(fields.str.removesuffix(", ").reindex(names).to_numpy(), index=alike.index, dtype="str")


def usubjid_and_record(
    study: Study, form: Form, collected: pd.DataFrame, persons: Mapping[str, str]
) -> tuple[pd.Series, pd.Series]:
    """USUBJID of each record, missing where the subject is not enrolled, and the record's name: its subject
    number and key fields, without regard to case and blanks; a visit by its name in the study.
    """
    number = map_distinct(collected[study.protocol.subjects.number], str.strip)
    record = map_distinct(number, str.upper).fillna("(no subject number)")
    name_of_visit = visits.called(study.visits)
    for key in form.keys:
        normal = name_of_visit if key == form.visit else _normal
        answers = map_distinct(collected[key], partial(_answer, form, key))
        record = record + "|" + map_distinct(answers, normal).fillna("")
    if form.row:
        record = record + "|" + _content(form, collected)
    return map_distinct(number, persons.get), record


def _content(form: Form, collected: pd.DataFrame) -> pd.Series:
    """Twelve hexadecimal digits of what each record says in all of its fields."""
    starts = range(0, len(collected), _AT_A_TIME)
    parts = [_digits(form, collected.iloc[start : start + _AT_A_TIME]) for start in starts]
    return pd.concat(parts) if parts else pd.Series([], index=collected.index, dtype="str")


def _digits(form: Form, collected: pd.DataFrame) -> pd.Series:
    # as lists: pandas takes six times as long to go over its own texts
    texts = [map_distinct(collected[name], str.strip).fillna("").tolist() for name in form.fields]
    digits = [hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:12] for row in zip(*texts, strict=True)]
    return pd.Series(digits, index=collected.index, dtype="str")


def _answer(form: Form, field: str, text: str) -> str | None:
    """The cell's text without blanks around it; None where it stands for no value."""
    text = text.strip()
    return None if not text or form.stands_for_no_value(field, text) else text


def _normal(text: str) -> str:
    return " ".join(text.upper().split())
