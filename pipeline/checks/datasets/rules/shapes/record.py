"""Shapes that judge a record by itself, or by the plan of the study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.checks.datasets.rules.shapes.parts import (
    Broken,
    Conditions,
    Frames,
    broken,
    chosen,
    condition_met,
    meets_all,
    named,
)
from pipeline.records import dates, numbers
from pipeline.records.lookup import has_value, is_one_of, meets
from pipeline.standards import countries
from pipeline.study import Study

_WITH_TIME = len("2016-08-12T09:30")  # an ISO 8601 text as long as this tells the time of day


def implies(
    study: Study,
    frames: Frames,
    *,
    datasets: Sequence[str] = (),
    when: Conditions,
    then: Conditions,
    any_of: bool = False,
    where_asked: bool = False,
) -> Broken:
    """A record that meets the conditions of `when` meets those of `then`: all of them, or any of them.

    With `where_asked` a dataset without a variable of `then` is not judged: its CRF does not ask, and no
    query to a site could be answered.
    """
    for dataset, frame in chosen(study, frames, datasets):
        needed = then if where_asked else (*when, *then)
        if not any(named(pattern, dataset) in frame for pattern in needed):
            continue
        asked = meets_all(frame, dataset, when)
        if asked.any():
            answers = [condition_met(frame, named(p, dataset), condition) for p, condition in then.items()]
            met = np.any(answers, axis=0) if any_of else np.all(answers, axis=0)
            yield from broken(dataset, named(next(iter(then)), dataset), frame, asked & ~met)


def filled(study: Study, frames: Frames, *, variable: str) -> Broken:
    """Every record has a value of the variable, in each dataset that has the variable."""
    for dataset, frame in chosen(study, frames, ()):
        if variable in frame:
            yield from broken(dataset, variable, frame, ~has_value(frame[variable]))


def country(study: Study, frames: Frames, *, datasets: Sequence[str]) -> Broken:
    """COUNTRY is a code of three letters of ISO 3166-1."""
    known = countries.alpha3()
    for dataset, frame in chosen(study, frames, datasets):
        if "COUNTRY" in frame:
            yield from broken(dataset, "COUNTRY", frame, meets(frame["COUNTRY"], lambda c: c not in known))


def equal(study: Study, frames: Frames, *, datasets: Sequence[str], left: str, right: str) -> Broken:
    """Two variables of a record have one value, where both have one."""
    for dataset, frame in chosen(study, frames, datasets):
        if left in frame and right in frame:
            both = frame[left].notna() & frame[right].notna()
            yield from broken(dataset, right, frame, both & frame[left].ne(frame[right]))


def number_of_text(study: Study, frames: Frames, *, text: str, number: str) -> Broken:
    """A text that reads as a number has that number beside it."""
    for dataset, frame in chosen(study, frames, ()):
        text_name, number_name = named(text, dataset), named(number, dataset)
        if text_name in frame and number_name in frame:
            without_number = ~has_value(frame[number_name])
            if without_number.any():
                wrong = without_number & meets(frame[text_name], numbers.is_number)
                yield from broken(dataset, number_name, frame, wrong)


def nearly_number(study: Study, frames: Frames, *, text: str, unit: str) -> Broken:
    """A result with a unit that has digits is a number, with a sign or without. A form whose contract says
    which of its results are numbers is judged by it when it is read.
    """
    judged = [name for name, form in study.forms.items() if any(f.numeric for f in form.fields.values())]
    for dataset, frame in chosen(study, frames, ()):
        text_name, unit_name = named(text, dataset), named(unit, dataset)
        if text_name in frame and unit_name in frame:
            nearly = meets(frame[text_name], numbers.is_nearly_number)
            if nearly.any():
                asked = has_value(frame[unit_name]) & ~is_one_of(frame["form"], judged)
                yield from broken(dataset, text_name, frame, nearly & asked)


def unit_of_words(study: Study, frames: Frames, *, result: str, unit: str) -> Broken:
    """A result with a standard unit is a number, with a sign or without; one that has digits and is none is
    told as such.
    """
    for dataset, frame in chosen(study, frames, ()):
        result_name, unit_name = named(result, dataset), named(unit, dataset)
        if result_name in frame and unit_name in frame:
            asked = has_value(frame[unit_name]) & has_value(frame[result_name])
            if asked.any():
                in_words = meets(frame[result_name], _is_word)
                yield from broken(dataset, result_name, frame, asked & in_words)


def _is_word(text: str) -> bool:
    return not numbers.read(text) and not numbers.is_nearly_number(text)


def limit_of_result(
    study: Study, frames: Frames, *, limits: Sequence[str], result: str, censored: bool
) -> Broken:
    """A limit of normal stands beside a result that is a number.

    Takes     the limits; the standard result; whether the results asked about are those below or above a
              limit of quantification, or those in words.
    """
    for dataset, frame in chosen(study, frames, ()):
        result_name = named(result, dataset)
        for pattern in limits:
            limit = named(pattern, dataset)
            if result_name not in frame or limit not in frame:
                continue
            asked = has_value(frame[limit]) & has_value(frame[result_name])
            if asked.any():
                read = meets(frame[result_name], numbers.read)
                number = meets(frame[result_name], numbers.is_number)
                wrong = read & ~number if censored else ~read
                yield from broken(dataset, limit, frame, asked & wrong)


def limit_in_numbers(study: Study, frames: Frames, *, limits: Sequence[str]) -> Broken:
    """A limit of normal with digits is a number without a sign; 5-10 or >1,000 decides nothing."""
    for dataset, frame in chosen(study, frames, ()):
        for pattern in limits:
            limit = named(pattern, dataset)
            if limit in frame:
                yield from broken(dataset, limit, frame, meets(frame[limit], _has_digits_and_is_no_number))


def _has_digits_and_is_no_number(text: str) -> bool:
    return numbers.is_nearly_number(text) or (bool(numbers.read(text)) and not numbers.is_number(text))


def in_order(study: Study, frames: Frames, *, pairs: Sequence[tuple[str, str]]) -> Broken:
    """A later date is not before an earlier one; a partial date means each of its days, and times count where
    both have one.
    """
    for dataset, frame in chosen(study, frames, ()):
        for start_pattern, end_pattern in pairs:
            start, end = named(start_pattern, dataset), named(end_pattern, dataset)
            if start in frame and end in frame:
                reversed_ = dates.last_day(frame[end]).lt(dates.first_day(frame[start]))
                both_timed = _has_time(frame[start]) & _has_time(frame[end])
                if both_timed.any():
                    reversed_ |= both_timed & frame[end].lt(frame[start])
                yield from broken(dataset, end, frame, reversed_)


def _has_time(iso: pd.Series) -> np.ndarray:
    return meets(iso, lambda text: len(text) >= _WITH_TIME)


def by_cut_off(study: Study, frames: Frames) -> Broken:
    """No date is after the cut-off of the data.

    As text a partial date sorts before the days it contains, so it counts as the first of them.
    """
    cut_off = study.protocol.cutoff.isoformat()
    for dataset, frame in chosen(study, frames, ()):
        spec = study.datasets.get(dataset)
        for name, variable in spec.variables.items() if spec else ():
            if variable.type == "iso" and name in frame:
                after = meets(frame[name], lambda text: text[:10] > cut_off)
                yield from broken(dataset, name, frame, after)


def time_forward(study: Study, frames: Frames, *, start: str, end: str) -> Broken:
    """A time to an event does not run backwards."""
    for dataset, frame in frames.items():
        if start in frame and end in frame:
            yield from broken(dataset, end, frame, frame[end].lt(frame[start]))


def alive_then_dead(study: Study, frames: Frames, *, death: str, alive: str) -> Broken:
    """Nobody is known to be alive after the last day that the date of death can mean."""
    for dataset, frame in frames.items():
        if death in frame and alive in frame:
            yield from broken(dataset, death, frame, dates.last_day(frame[death]).lt(frame[alive]))


# --- a record and the plan
def planned(
    study: Study,
    frames: Frames,
    *,
    variable: str,
    plan: str,
    datasets: Sequence[str] = (),
    when: Conditions | None = None,
) -> Broken:
    """A value is one that specs/study.yaml plans; a study that plans none of the kind is not asked."""
    known = _plans(study)[plan]
    for dataset, frame in chosen(study, frames, datasets) if known else ():
        if variable in frame:
            unplanned = meets(frame[variable], lambda value: value not in known)
            if unplanned.any():
                asked = meets_all(frame, dataset, when or {})
                yield from broken(dataset, variable, frame, unplanned & asked)


def _plans(study: Study) -> dict[str, set[str]]:
    protocol = study.protocol
    numbered = {f"{v.name} {n:02d}" for v in protocol.visits for n in range(1, v.planned + 1)}
    unplanned = {"UNPLAN"} if protocol.elements else set()
    return {
        "arm codes": {arm.code for arm in protocol.arms},
        "arms": {arm.name for arm in protocol.arms},
        "epochs": {step.epoch for arm in protocol.arms for step in arm.elements},
        "elements": {element.code for element in protocol.elements} | unplanned,
        "criteria": {criterion.code for criterion in protocol.criteria},
        "criteria in words": {criterion.text for criterion in protocol.criteria},
        "visits": {visit.name for visit in protocol.visits if not visit.series} | numbered,
    }
