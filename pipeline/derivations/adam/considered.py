"""What was considered when time to event was decided: the candidates, and what the rules asked, by the
functions that decide.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.derivations.adam import tte
from pipeline.derivations.adam.evidence import evidence
from pipeline.records import lookup
from pipeline.records.identity import SUBJECT
from pipeline.study.models import Convention, EventSource, TimeToEvent, Visit

Facts = Sequence[tuple[str, str]]  # what was asked, and the answer


@dataclass(frozen=True)
class Considered:
    """The records that could decide a participant's time, and what the rules asked of them."""

    candidates: pd.DataFrame  # as `tte.candidates` returns them, in order of date
    facts: Facts


def considered(
    parameter: Mapping[str, Any], endpoint: Mapping[str, Any], sources: Mapping[str, pd.DataFrame]
) -> Considered:
    """The candidates of one participant for one parameter.

    Takes     the parameter and what its mapping says (sources, visits, cut-off), as lineage has them; by
              dataset the participant's records with KEY.
    Returns   each candidate with its source's name as `kind`; the facts in the order of the rules.
    """
    candidates, facts = considered_of_all(parameter, endpoint, sources)
    in_order = lookup.in_order(candidates, "ADT", "rank").reset_index(drop=True)
    return Considered(in_order, next(iter(facts.values()), ()))


def considered_of_all(
    parameter: Mapping[str, Any], endpoint: Mapping[str, Any], sources: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, Mapping[str, Facts]]:
    """The candidates of all participants for one parameter.

    Takes     as `considered`; by dataset the records of all participants.
    Returns   the candidates in order of participant and date; by participant the facts, of a parameter with a
              convention.
    """
    definition = TimeToEvent.model_validate(parameter)
    event_sources = {name: EventSource.model_validate(source) for name, source in endpoint["sources"].items()}
    if definition.convention is None:
        _, starts = tte.population(definition, event_sources, sources)
        listed = tte.candidates([*definition.events, *definition.censors], event_sources, sources)
        candidates = pd.concat([listed, starts.assign(kind="start")])
        return lookup.in_order(candidates, SUBJECT, "ADT", "rank").reset_index(drop=True), {}

    visits = tuple(Visit.model_validate(visit) for visit in endpoint["visits"])
    cutoff = datetime.date.fromisoformat(endpoint["cutoff"]) if endpoint["cutoff"] else None
    answers = evidence(definition, event_sources, visits, cutoff, endpoint["anchor"], sources)
    participants = answers.participants.to_dict("records")
    facts = {str(p[SUBJECT]): _facts(answers.convention, p, cutoff) for p in participants}
    return answers.candidates, facts


def _facts(convention: Convention, participant: Mapping[Any, Any], cutoff: datetime.date | None) -> Facts:
    """What the rules of the convention ask of a participant."""
    event = f"{participant['event_kind']} on {_day(participant['event'])}"
    has_event = pd.notna(participant["event"])
    facts = [
        ("data cut-off", cutoff.isoformat() if cutoff else "none"),
        ("first event", event if has_event else "none"),
        ("death", _day(participant["death"])),
        ("baseline", "yes" if participant["has_baseline"] else "no"),
    ]
    if not convention.therapy:
        facts.append(("new anticancer therapy", "not asked by this convention"))
    else:
        facts.append(("new anticancer therapy", _day(participant["new_therapy"])))
        if pd.notna(participant["new_therapy"]):
            assessment = _day(participant["last_before_therapy"])
            facts.append(("last adequate assessment before that therapy", assessment))
    if has_event:
        asked = "" if convention.missed else " (not asked by this convention)"
        facts.append(("last adequate assessment before the event", _day(participant["last_before_event"])))
        facts.append(("planned visits missed", f"{participant['missed_visits']}{asked}"))
    else:
        facts.append(("last adequate assessment", _day(participant["last_adequate"])))
    return facts


def _day(date: pd.Timestamp) -> str:
    return "none" if pd.isna(date) else str(date.date())
