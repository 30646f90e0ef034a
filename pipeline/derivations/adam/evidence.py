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
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT
from pipeline.study.models import Convention, TimeToEvent, Visit

EARLY = 2  # a death by the day on which this many planned windows have closed needs no assessment


@dataclass(frozen=True)
class Evidence:
    """The participants of one parameter, the records that may decide, and what the rules ask of them.

    `candidates` are all records of the sources, as `tte.candidates` returns them, and those with which time
    begins; in order of participant and date. `records` has by its role the record of each participant that
    has one: `start`, `event_without_date`, `event`, `event_on_schedule` (dated by the next planned visit),
    `death`, `last_adequate`, `last_before_therapy`, `last_before_event`. Without an adequate assessment, the
    last one is the record with which time begins.

    `participants` has one row per participant. Dates: `event`, `event_on_schedule`, `death`, `new_therapy`,
    `last_adequate`, `last_before_therapy`, `last_before_event`. A text: `event_kind`, the role or the
    source of the event. A number: `missed_visits`, between the event and the last adequate assessment before
    it. True or false: `event_without_date`, `has_baseline`, `assessed`, `early_death`, `lost`, `stopped`,
    `seen_after_cutoff`.
    """

    convention: Convention
    candidates: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    participants: pd.DataFrame


def evidence(
    parameter: TimeToEvent,
    event_sources: tte.EventSources,
    visits: tuple[Visit, ...],
    cutoff: datetime.date | None,
    anchor: str,
    sources: Mapping[str, pd.DataFrame],
) -> Evidence:
    """What the rules of the parameter's convention ask, answered for each participant.

    Takes     the parameter with its convention; the sources it names; planned visits; the cut-off, if there
              is one; the variable of ADSL from which visits are planned; by name the datasets that it draws
              on.
    Returns   the answers and the records behind them.
    Raises    TypeError for a parameter without a convention.
    Source    specs/study.yaml, parameters.
    """
    convention = parameter.convention
    if convention is None:
        raise TypeError(f"{parameter.code} has no convention")
    adsl, starts = tte.population(parameter, event_sources, sources)
    starts = starts.assign(kind="start", rank=-1)  # before the other records of its day
    roles = {role: source for role, source in convention.roles.items() if source in event_sources}
    names = list(dict.fromkeys([*parameter.events, *roles.values()]))
    listed = pd.concat([starts, tte.candidates(names, event_sources, sources)], ignore_index=True)
    candidates = lookup.in_order(listed, SUBJECT, "ADT", "rank").reset_index(drop=True)
    candidates = candidates.assign(kind=map_distinct(candidates["kind"], convention.role_of))
    event_kinds = [convention.role_of(source) for source in parameter.events]
    subject, date, kind = candidates[SUBJECT], candidates["ADT"], candidates["kind"]
    last_day = pd.Timestamp(cutoff or datetime.date.max)
    by_cutoff = date.le(last_day)

    def first(chosen: pd.Series) -> pd.DataFrame:
        return candidates.take(subject[chosen].drop_duplicates(keep="first").index.to_numpy())

    def last(chosen: pd.Series) -> pd.DataFrame:
        return candidates.take(subject[chosen].drop_duplicates(keep="last").index.to_numpy())

    # the event, death and the new therapy
    is_event = kind.isin(event_kinds)
    events = first(is_event & by_cutoff)
    deaths = first(kind.eq("death") & by_cutoff)
    therapies = first(kind.eq("therapy") & by_cutoff)

    # the last adequate assessment: of all, that a new therapy leaves, and before the event. The start of time
    # comes before them all, so it is the last where there is none.
    is_start = kind.eq("start")
    is_assessment = kind.eq("adequate") & by_cutoff
    adequate = is_assessment & date.ge(lookup.value_of_subject(subject, starts, "ADT"))
    therapy = lookup.value_of_subject(subject, therapies, "ADT")
    event = lookup.value_of_subject(subject, events, "ADT")
    died = lookup.value_of_subject(subject, events, "kind").eq("death")
    before_therapy = date.le(therapy) if convention.therapy == "on or before" else date.lt(therapy)
    before_event = date.lt(event) | (date.eq(event) & died)

    windows = _windows(visits)
    records = {
        "start": starts,
        "event_without_date": tte.may_come_first(candidates[is_event], events),
        "event": events,
        "event_on_schedule": _on_schedule(events, deaths, adsl, anchor, windows, last_day),
        "death": deaths,
        "last_adequate": last(is_start | adequate),
        "last_before_therapy": last(is_start | (adequate & before_therapy)),
        "last_before_event": last(is_start | (adequate & before_event)),
    }
    subjects = starts[SUBJECT]

    def has(chosen: pd.Series) -> np.ndarray:
        return lookup.is_among([subjects], [subject[chosen]])

    def date_of(role: str) -> pd.Series:
        return lookup.value_of_subject(subjects, records[role], "ADT")

    anchor_day = lookup.value_of_subject(subjects, adsl, anchor)
    event_day = _days_after(anchor_day, date_of("event"))
    assessment_day = _days_after(anchor_day, date_of("last_before_event"))
    death_day = _days_after(anchor_day, date_of("death"))
    event_kind = lookup.value_of_subject(subjects, events, "kind")
    at_a_visit = ~event_kind.eq("death")
    late_days = convention.missed.late_days if convention.missed else 0
    # treatment that stopped is the reason only where no adequate assessment came after its end: the day on
    # which it was ended, and not that of the last dose, where both are known
    last_adequate = date_of("last_adequate")
    ends = last(kind.isin(["stopped", "ended"]) & date.notna())
    treatment_end = lookup.value_of_subject(subjects, ends, "ADT")
    stopped = has(kind.eq("stopped")) & ~last_adequate.gt(treatment_end)
    answers = {
        SUBJECT: subjects,
        "event_without_date": lookup.is_among([subjects], [records["event_without_date"][SUBJECT]]),
        "has_baseline": has(kind.eq("baseline")),
        "assessed": has(is_assessment),
        "lost": has(kind.eq("lost")),
        "stopped": stopped,
        "seen_after_cutoff": has((is_event | kind.eq("adequate")) & date.gt(last_day)),
        "event": date_of("event"),
        "event_on_schedule": date_of("event_on_schedule"),
        "death": date_of("death"),
        "last_adequate": last_adequate,
        "last_before_therapy": date_of("last_before_therapy"),
        "last_before_event": date_of("last_before_event"),
        "new_therapy": lookup.value_of_subject(subjects, therapies, "ADT"),
        "event_kind": event_kind,
        "missed_visits": _missed_visits(assessment_day, event_day, at_a_visit, windows, late_days),
        "early_death": death_day.le(_early(windows)) & ("death" in event_kinds),
    }
    return Evidence(convention, candidates, records, pd.DataFrame(answers, index=starts.index))


def _windows(visits: tuple[Visit, ...]) -> pd.DataFrame:
    """The planned assessments after baseline, in order, in days after the one from which they are planned."""
    planned = sorted((v.day - 1, v.before, v.after) for v in visits if v.scan and v.day and v.day > 1)
    rows = [(day - before, day, day + after) for day, before, after in planned]
    return pd.DataFrame(rows, columns=["opens", "planned", "closes"], dtype="float64")


def _days_after(anchor: pd.Series, date: pd.Series) -> pd.Series:
    return (date - anchor).dt.days.astype("float64")


def _early(windows: pd.DataFrame) -> float:
    """The last day on which a death needs no assessment; with fewer planned visits no death is early."""
    return float(windows["closes"].iloc[EARLY - 1]) if len(windows) >= EARLY else float("nan")


def _missed_visits(
    assessed: pd.Series, event: pd.Series, at_a_visit: pd.Series, windows: pd.DataFrame, late_days: int
) -> pd.Series:
    """How many planned visits were missed between the last adequate assessment and the event.

    1. A day belongs to the planned visit nearest to it, of two equally near to the earlier one: a scan
       between two visits is as a rule one that came late, and the later visit is still to be kept.
       Randomization belongs to none of them.
    2. Missed are the visits later than that of the last adequate assessment whose window had closed before
       the day of the event,
    3. except the one to which the event itself belongs, where it came no more days late than it may. A death
       belongs to none.

    Takes     days after the anchor: of the last adequate assessment, or of the start of time, and of the
              event; whether the event was seen at an assessment; the planned visits; how many days after its
              window closed an event still belongs to a visit.
    Returns   whole number, 0 without an event.
    """
    planned = windows["planned"].to_numpy()[None, :]  # one column per visit
    assessed_visit = _nearest_visit(assessed, windows).where(assessed.gt(0), 0)
    event_visit = _nearest_visit(event, windows).where(at_a_visit)
    later = planned > assessed_visit.to_numpy()[:, None]  # one row per participant
    days_late = event.to_numpy()[:, None] - windows["closes"].to_numpy()[None, :]
    closed = days_late > 0
    of_the_event = (planned == event_visit.to_numpy()[:, None]) & (days_late <= late_days)
    return pd.Series((later & closed & ~of_the_event).sum(axis=1), index=event.index)


def _nearest_visit(day: pd.Series, windows: pd.DataFrame) -> pd.Series:
    """The planned day nearest to each day, of two equally near the earlier; missing without a day or plan."""
    planned = windows["planned"].to_numpy()  # in order, so of two equally near the first is the earlier
    if not len(planned):
        return pd.Series(float("nan"), index=day.index)
    distance = np.abs(day.to_numpy()[:, None] - planned[None, :])  # one row per participant, a column a visit
    nearest = pd.Series(planned[distance.argmin(axis=1)], index=day.index)
    return nearest.where(day.notna())


def _on_schedule(
    events: pd.DataFrame,
    deaths: pd.DataFrame,
    adsl: pd.DataFrame,
    anchor: str,
    windows: pd.DataFrame,
    last_day: pd.Timestamp,
) -> pd.DataFrame:
    """The events, each on its own day where that lies in a window or after the last visit, else on that of
    the next planned visit, but not after death or the cut-off.

    Takes     the event of each participant; deaths; participants with the anchor; the planned visits; the
              last day.
    """
    anchor_day = lookup.value_of_subject(events[SUBJECT], adsl, anchor)
    death = lookup.value_of_subject(events[SUBJECT], deaths, "ADT")
    own_day = _days_after(anchor_day, events["ADT"])
    day = own_day.to_numpy()[:, None]  # a row an event
    within = (windows["opens"].to_numpy() <= day) & (day <= windows["closes"].to_numpy())
    later = np.where(windows["planned"].to_numpy() >= day, windows["planned"], np.inf)
    next_planned = later.min(axis=1, initial=np.inf)
    on_own_day = within.any(axis=1) | np.isinf(next_planned)

    scheduled = anchor_day + pd.to_timedelta(own_day.where(on_own_day, next_planned), unit="D")
    limit = death.where(death.notna(), last_day)
    return events.assign(ADT=scheduled.mask(scheduled.gt(limit), limit).astype(dates.DAY))
