"""What the rules of progression-free survival ask about each participant: events, the last adequate
assessments before them, planned visits missed.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.derivations.adam import tte
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT
from pipeline.study.models import Convention, TimeToEvent, Visit

EARLY = 2  # a death within this many planned windows needs no assessment to be an event
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Evidence:
    """The participants of one parameter, the records that may decide, and what the rules ask of them.

    `candidates` are all records of the sources, as `tte.candidates` returns them, and those with which time
    begins. `records` has by its role the record of each participant that has one: `start`,
    `event_without_date`, `event`, `event_on_schedule` (dated by the next planned visit), `death`,
    `last_adequate`, `last_before_therapy`, `last_before_event`. Without an adequate assessment, the last one
    is the record with which time begins.

    `participants` has one row a participant. Dates: `event`, `event_on_schedule`, `death`, `new_therapy`,
    `last_adequate`, `last_before_therapy`, `last_before_event`. A text: `event_kind`, the source of the event.
    A number: `missed_windows`, between the event and the last adequate assessment before it. True or false:
    `event_without_date`, `has_baseline`, `assessed`, `early_death`, `lost`, `stopped`, `seen_after_cutoff`.
    """

    convention: Convention
    candidates: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    participants: pd.DataFrame


def evidence(
    parameter: TimeToEvent,
    named: tte.Named,
    visits: tuple[Visit, ...],
    cutoff: datetime.date,
    sources: Mapping[str, pd.DataFrame],
) -> Evidence:
    """What the rules of the parameter's convention ask, answered for each participant.

    Takes     the parameter with its convention; the sources it names; planned visits; the cut-off; by name
              the datasets that it draws on.
    Returns   the answers and the records behind them.
    Raises    TypeError for a parameter without a convention.
    Source    specs/study.yaml, parameters.
    """
    convention = parameter.convention
    if convention is None:
        raise TypeError(f"{parameter.code} has no convention")
    adsl, starts = tte.population(parameter, named, sources)
    starts = starts.assign(kind="start")
    names = list(dict.fromkeys([*parameter.events, *convention.roles]))
    candidates = tte.candidates(names, named, sources)
    kind = candidates["kind"]
    is_event = kind.isin(parameter.events)
    last_day = pd.Timestamp(cutoff)
    by_cutoff = candidates["ADT"].le(last_day)

    subjects = starts[SUBJECT]

    def date_of(records: pd.DataFrame) -> pd.Series:
        return lookup.value_of_subject(subjects, records, "ADT")

    def or_start(records: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([records, starts]).drop_duplicates(SUBJECT)

    def has_one_of(records: pd.DataFrame) -> pd.Series:
        return lookup.value_of_subject(subjects, records, SUBJECT).notna()

    # the event, death and the new therapy
    undated = tte.first_without_date(candidates[is_event])
    events = tte.earliest(candidates[is_event & by_cutoff])
    deaths = tte.earliest(candidates[kind.eq("death") & by_cutoff])
    therapies = tte.earliest(candidates[kind.eq("therapy") & by_cutoff])
    event, death, new_therapy = date_of(events), date_of(deaths), date_of(therapies)
    event_kind = lookup.value_of_subject(subjects, events, "kind")

    # the last adequate assessment: of all, that a new therapy leaves, and before the event
    assessments = candidates[kind.eq("adequate") & by_cutoff]
    began = lookup.value_of_subject(assessments[SUBJECT], starts, "ADT")
    adequate = assessments[assessments["ADT"].ge(began)]
    limits = pd.DataFrame(
        {
            SUBJECT: subjects,
            "therapy": new_therapy if convention.therapy == "on or before" else new_therapy - ONE_DAY,
            "event": event.where(event_kind.eq("death"), event - ONE_DAY),  # one on the day of death counts
        }
    )
    last_adequate = or_start(lookup.last_of_subject(adequate, "ADT"))
    last_before_therapy = or_start(lookup.last_on_or_before(adequate, "ADT", limits, "therapy"))
    last_before_event = or_start(lookup.last_on_or_before(adequate, "ADT", limits, "event"))

    # planned visits, in days after the one from which assessments are planned
    windows = _windows(visits)
    anchor = lookup.value_of_subject(subjects, adsl, "ANCH1DT")
    before_event = date_of(last_before_event)
    event_day, since_day = (event - anchor).dt.days, (before_event - anchor).dt.days
    next_visit = anchor + pd.to_timedelta(_next_visit(event_day, windows), unit="D")
    no_later = death.where(death.notna(), last_day)
    schedule = pd.DataFrame(
        {SUBJECT: subjects, "next_visit": next_visit.mask(next_visit.gt(no_later), no_later)}
    )
    on_schedule = lookup.value_of_subject(events[SUBJECT], schedule, "next_visit").astype(dates.DAY)
    early_death = (
        (death - anchor).dt.days.le(windows["closes"].iloc[EARLY - 1]) if len(windows) >= EARLY else False
    )

    participants = {
        SUBJECT: subjects,
        "event_without_date": has_one_of(undated),
        "event": event,
        "event_kind": event_kind,
        "death": death,
        "early_death": early_death,
        "new_therapy": new_therapy,
        "has_baseline": has_one_of(candidates[kind.eq("baseline")]),
        "assessed": has_one_of(assessments),
        "last_adequate": date_of(last_adequate),
        "last_before_therapy": date_of(last_before_therapy),
        "last_before_event": before_event,
        "missed_windows": _windows_between(since_day, event_day, windows),
        "event_on_schedule": schedule["next_visit"],
        "lost": has_one_of(candidates[kind.eq("lost")]),
        "stopped": has_one_of(candidates[kind.eq("stopped")]),
        "seen_after_cutoff": has_one_of(
            candidates[(is_event | kind.eq("adequate")) & candidates["ADT"].gt(last_day)]
        ),
    }
    records = {
        "start": starts,
        "event_without_date": undated,
        "event": events,
        "event_on_schedule": events.assign(ADT=on_schedule),
        "death": deaths,
        "last_adequate": last_adequate,
        "last_before_therapy": last_before_therapy,
        "last_before_event": last_before_event,
    }
    return Evidence(convention, pd.concat([candidates, starts]), records, pd.DataFrame(participants))


def _windows(visits: tuple[Visit, ...]) -> pd.DataFrame:
    """The planned assessments after baseline, in order, in days after the one from which they are planned."""
    planned = sorted((v.day - 1, v.before, v.after) for v in visits if v.scan and v.day and v.day > 1)
    rows = [(day - before, day, day + after) for day, before, after in planned]
    return pd.DataFrame(rows, columns=["opens", "planned", "closes"], dtype="float64")


def _windows_between(since: pd.Series, until: pd.Series, windows: pd.DataFrame) -> pd.Series:
    """How many windows lie wholly between two days."""
    since_day, until_day = since.to_numpy()[:, None], until.to_numpy()[:, None]  # a row a participant
    between = (windows["opens"].to_numpy() > since_day) & (windows["closes"].to_numpy() < until_day)
    return pd.Series(between.sum(axis=1), index=since.index)


def _next_visit(day: pd.Series, windows: pd.DataFrame) -> pd.Series:
    """The day itself where it lies in a window or after the last visit, else that of the next planned visit."""
    planned = windows["planned"].to_numpy()
    each = day.to_numpy()[:, None]  # a row a participant
    within = (windows["opens"].to_numpy() <= each) & (each <= windows["closes"].to_numpy())
    following = np.where(planned >= each, planned, np.inf).min(axis=1, initial=np.inf)
    stays = within.any(axis=1) | np.isinf(following)
    return day.where(stays, following)
