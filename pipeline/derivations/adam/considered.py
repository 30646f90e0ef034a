"""What was considered when time to event was decided: the candidates, and what the rules asked, by the
functions that decide.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.derivations.adam import progression, tte
from pipeline.study.models import EventSource, TimeToEvent, Visit

Facts = Sequence[tuple[str, str]]  # what was asked, and the answer


@dataclass(frozen=True)
class Considered:
    """The records that could decide a participant's time, in order of date, and what the rules asked of them."""

    candidates: pd.DataFrame  # as `tte.candidates` gives them
    facts: Facts


def considered(
    parameter: Mapping[str, Any], endpoint: Mapping[str, Any], sources: Mapping[str, pd.DataFrame]
) -> Considered:
    """The candidates of one participant for one parameter.

    Takes     the parameter and what its mapping says (sources, visits, cut-off), as lineage holds them; by
              dataset the participant's records with KEY.
    Returns   each candidate with its source's name as `kind`; the facts in the order of the plan's rules.
    """
    asked = TimeToEvent.model_validate(parameter)
    named = {n: EventSource.model_validate(s) for n, s in endpoint["sources"].items()}
    if asked.convention:
        visits = tuple(Visit.model_validate(v) for v in endpoint["visits"])
        cutoff = datetime.date.fromisoformat(endpoint["cutoff"])
        pool, begun, case = progression.case_of(asked, named, visits, cutoff, sources)
        return Considered(_ordered(pool), _facts(case, cutoff) if len(begun) else ())
    found = [tte.candidates([*asked.events, *asked.censors], named, sources)]
    _, begun = tte.population(asked, named, sources)
    return Considered(
        _ordered(pd.concat([*found, begun.reset_index().assign(kind="start")], ignore_index=True)), ()
    )


def _ordered(candidates: pd.DataFrame) -> pd.DataFrame:
    return candidates.sort_values(["ADT", "rank", "form", "record"], ignore_index=True)


def _facts(case: progression.Case, cutoff: datetime.date) -> Facts:
    """What the rules of the convention ask, for the one participant of the case."""
    pool = case.pool
    event = case.earliest(*case.events)
    before, windows = case.missed(event)
    told = [
        ("data cut-off", cutoff.isoformat()),
        (
            "first event",
            f"{pool.kind[event[0]]} on {_day(case, event)}" if event[0] != progression.NOWHERE else "none",
        ),
        ("death", _day(case, case.earliest("death"))),
        ("baseline", "yes" if pool.some(pool.of_kind("baseline"))[0] else "no"),
        (
            "new anticancer therapy",
            (
                _day(case, case.earliest("therapy"))
                if case.convention.therapy
                else "not asked by this convention"
            ),
        ),
    ]
    if case.convention.therapy and case.begun()[0][0] != progression.NEVER:
        told.append(("last adequate assessment before that therapy", _day(case, case.begun()[1])))
    if event[0] != progression.NOWHERE:
        asked = "" if case.convention.missed else " (not asked by this convention)"
        told += [
            ("last adequate assessment before the event", _day(case, before)),
            ("windows missed", f"{windows[0]}{asked}"),
        ]
    else:
        last = case.latest(np.full(pool.people, progression.NEVER), on=np.full(pool.people, True))
        told.append(("last adequate assessment", _day(case, last)))
    return told


def _day(case: progression.Case, place: progression.Integers) -> str:
    if place[0] == progression.NOWHERE:
        return "none"
    return str(np.datetime64(int(case.pool.days(place)[0]), "D"))
