"""A plain drop of a study that describes none: what its contracts allow, and nothing of a disease.

It serves to build a new study and to try its checks before there is a participant.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from pipeline.records import collected_dates
from pipeline.simulator.draw import Draw
from pipeline.simulator.written import clock, decimal
from pipeline.study import Study, subject_numbers
from pipeline.study.models import Form, RawField, Visit

SCREENING: Final = 28  # days from consent to the day from which visits are counted
BETWEEN: Final = 14  # days between two records of a form that names no visit
BEFORE_CUTOFF: Final = 730  # days from the first consent to the cut-off
APART: Final = 3  # days from one participant's consent to the next one's
RECORDS: Final = 2  # of a participant in a form that names no visit and has further keys
DEAD: Final = 8  # one of as many participants has what a form of death asks for
_BIRTH = re.compile("BIRTH|BRTH|DOB", re.IGNORECASE)
_DEATH = re.compile("DEATH|DTH", re.IGNORECASE)


def write(study: Study, out: Path, subjects: int, seed: int) -> None:
    """A file for each form, in which every contract is met.

    (1) Each participant is in every form: once where the participant or nothing else is its key, once a
    planned visit where it names the visit, else twice. What has death in its name is filled in for one of
    eight. (2) A field with a list of answers has one of them: those of its contract, else those of the
    codelist by which the mapping reads it; a field from which the mapping takes an arm has an arm. Other
    texts are the question and a number. (3) A number lies in its range; a whole number among the keys counts
    the records. (4) The dates of a participant begin with consent, follow the plan, and do not go back within
    a record; a date of birth lies 30 to 69 years before. What one form says is not held against another.

    Takes     the study; the folder of the drop, made where there is none; how many participants; the seed:
              the same seed gives the same bytes, and a larger drop begins with the same participants.
    """
    out.mkdir(parents=True, exist_ok=True)
    answers = _answers(study)
    for form in study.forms.values():
        columns = {field: form.file.columns.get(field, field) for field in form.in_file.fields}
        with (out / f"{form.form}.csv").open("w", encoding="utf-8", newline="") as handle:
            lines = csv.writer(handle, lineterminator="\n", delimiter=form.file.delimiter or ",")
            lines.writerow(columns.values())
            for number in range(1, subjects + 1):
                person = _Person.of(study, number, seed)
                lines.writerows(list(r.values()) for r in _records(study, form, person, answers))


@dataclass(frozen=True)
class _Person:
    """A participant: the number on the forms, the day of consent, and the stream of all that is drawn."""

    place: int
    number: str
    consent: date
    last: date  # the last day of which a form may tell
    draw: Draw

    @classmethod
    def of(cls, study: Study, place: int, seed: int) -> _Person:
        first = study.protocol.cutoff - timedelta(days=BEFORE_CUTOFF)
        consent = first + timedelta(days=(APART * place) % (BEFORE_CUTOFF // 2))
        rule = study.protocol.subjects
        number = _number(rule.parts or rule.made_of, place)
        return cls(place, number, consent, study.protocol.cutoff, Draw(f"{seed}/{number}"))

    @property
    def dies(self) -> bool:
        return self.place % DEAD == 0

    def on(self, days: int) -> date:
        """A day of the study, counted from the one from which visits are counted; none after the last."""
        return min(self.consent + timedelta(days=SCREENING + days), self.last)


@dataclass(frozen=True)
class _Moment:
    """When a record is made: its number in the form, its visit if it names one, its day."""

    record: int
    visit: str
    day: date


def _number(parts: str | None, place: int) -> str:
    """A participant's number, of a site where it has parts: 01-001."""
    names = re.findall(r"{(\w+)}", parts or "")
    if not parts or not names:
        return f"{place:03d}"
    given = dict.fromkeys(names[:-1], "01") | {names[-1]: f"{place:03d}"}
    return parts.format(**given)


def _answers(study: Study) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """What may stand in a field that the mapping reads by a codelist, or takes an arm from."""
    arms = tuple(arm.code for arm in study.protocol.arms)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for mapping in study.mappings.values():
        for block in mapping.records:
            source = block.from_ if isinstance(block.from_, str) else ""
            for rule in {**mapping.variables, **block.variables}.values():
                if rule.codelist and isinstance(rule.of, str):
                    terms = study.codelists[rule.codelist].terms
                    spelt = tuple(term.spellings(value)[-1] for value, term in terms.items())
                    found[_place(source, rule.of)] = spelt
                elif rule.derive == "arm_code" and isinstance(rule.of, dict) and arms:
                    found[_place(source, str(rule.of["collected"]))] = arms
    return found


def _place(source: str, name: str) -> tuple[str, str]:
    """The form and the field that a binding names; a name that the form itself has comes first."""
    form, _, field = name.partition(".")
    return (form, field) if field and form.islower() and source != form else (source, name)


def _records(
    study: Study, form: Form, person: _Person, answers: Mapping[tuple[str, str], tuple[str, ...]]
) -> Iterator[dict[str, str]]:
    """The records of a participant in a form."""
    if _DEATH.search(form.form) and not person.dies:
        return
    draw = person.draw.branch(form.form)
    made_of = next((field.composed_of for field in form.fields.values() if field.composed_of), "")
    columns_of_number = subject_numbers.names(made_of)
    for moment in _moments(study, form, person):
        days = 0
        record: dict[str, str] = {}
        for name, field in form.in_file.fields.items():
            if name == study.protocol.subjects.number:
                record[name] = person.number
            elif name in columns_of_number:
                record[name] = str(subject_numbers.part(made_of, name)(person.number))
            elif name == _visit_field(form):
                record[name] = moment.visit
            elif _DEATH.search(name) and not person.dies and not field.required:
                record[name] = ""
            elif field.type == "date":
                record[name] = _date(name, field, person, moment.day + timedelta(days=days), draw)
                days += 1
            else:
                allowed = field.codes or answers.get((form.form, name), ())
                record[name] = _value(form, name, allowed, person, moment, draw)
        yield record


def _visit_field(form: Form) -> str | None:
    return form.visit or ("FOLDER" if "FOLDER" in form.fields else None)


def _moments(study: Study, form: Form, person: _Person) -> Iterator[_Moment]:
    """When the records of a participant in a form are made."""
    visits = [visit for visit in study.visits if not visit.series]
    field, subjects = _visit_field(form), study.protocol.subjects
    further_keys = set(form.keys) - {subjects.number}
    if form.once or form.form == subjects.form or not (form.row or further_keys):
        yield _Moment(1, visits[0].name if visits else "VISIT 1", person.consent)
    elif field in form.keys and visits:
        for visit in visits:
            yield _Moment(1, visit.name, person.on(_days(visit)))
    else:
        for record in range(1, RECORDS + 1):
            name = visits[min(record, len(visits)) - 1].name if visits else f"VISIT {record}"
            yield _Moment(record, name, person.on(BETWEEN * record))


def _days(visit: Visit) -> int:
    """How long after the first day a visit is planned; day 1 is that day."""
    return 0 if visit.day is None else max(visit.day - 1, -SCREENING)


def _date(name: str, field: RawField, person: _Person, day: date, draw: Draw) -> str:
    """A date as the form shows it."""
    if _BIRTH.search(name):
        day = date(person.consent.year - draw.integer(30, 69), draw.integer(1, 12), draw.integer(1, 28))
    shown = min(day, person.last)
    form = str(field.format)
    if collected_dates.FORMATS[form].has_time:
        shown = datetime.combine(shown, time(draw.integer(8, 17), draw.integer(0, 59)))
    return collected_dates.written(shown, form)


def _value(
    form: Form, name: str, allowed: tuple[str, ...], person: _Person, moment: _Moment, draw: Draw
) -> str:
    """What stands in a field that is no date."""
    field = form.fields[name]
    if allowed:
        by_arm = re.search("ARM", name, re.IGNORECASE)
        return allowed[person.place % len(allowed)] if by_arm else draw.pick(allowed)
    if field.type == "time":
        return clock(draw.integer(480, 1079))
    if field.type == "stamp":
        return f"{moment.day.isoformat()} {clock(draw.integer(480, 1079))}"
    if name in form.keys and field.type == "integer":
        return str(moment.record)
    if field.holds_numbers:
        return _measured(field, draw)
    return f"{field.question or name} {moment.record}"


def _measured(field: RawField, draw: Draw) -> str:
    """A number in the range of its field, from 1 to 100 without one."""
    low = float(field.min if field.min is not None else 1)
    high = float(field.max if field.max is not None else max(100, low))
    if field.type == "integer":
        return str(draw.integer(int(low), int(high)))
    return decimal(draw.integer(round(low * 10), round(high * 10)), 1).replace(".", field.decimal or ".")
