"""Time to event: events and censorings are data in the mapping, the decision is here, and the source of each
record is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.conditions import meets_all
from pipeline.records.identity import KEY, SUBJECT
from pipeline.records.measures import DaysOfMonth
from pipeline.study.models import EventSource, TimeToEvent

EVENT = 0  # CNSR of an event
EventSources = Mapping[str, EventSource]

# what a date of ADSL with which time begins is called in CNSDTDSC; another one is called by its name
ORIGINS = {"RANDDT": "RANDOMIZATION", "TRTSDT": "FIRST DOSE OF STUDY TREATMENT"}


def time_to_event(
    parameter: TimeToEvent, event_sources: EventSources, **sources: pd.DataFrame
) -> pd.DataFrame:
    """One record for each participant of the parameter: the earliest event or, without one, the latest
    censoring.

    1. A participant with an event that has no date, and that may be the first, is not censored: the record
       has no date, which is an error. It cannot be the first where another event came before the first day
       that its partial date can mean; nor can a death, after what was seen of the participant alive.
    2. Otherwise the earliest event counts; on one date, that of the source listed first.
    3. Without an event the latest censoring counts; on one date, that of the source listed first.
    4. A participant with neither has a record without a date, which is an error too; where the parameter
       names no censoring, only participants with an event have a record.

    Takes     the parameter; the sources that it names; by name the datasets it draws on, each with the
              subject's records.
    Returns   PARAMCD, PARAM, STARTDT, ADT, CNSR, EVNTDESC, CNSDTDSC, RULE and the source record's SRCDOM,
              SRCVAR, SRCSEQ, with its identity.
    Source    ADaM BDS for time-to-event analyses 1.0, 3; ADaMIG 1.3, 3.3.9 (SRCDOM, SRCVAR, SRCSEQ).
    """
    participants, starts = population(parameter, event_sources, sources)
    events = candidates(parameter.events, event_sources, sources)
    by_rule = [may_come_first(events, earliest(events)), earliest(events)]
    if parameter.censors:
        censorings = candidates(parameter.censors, event_sources, sources)
        no_date = pd.Series(pd.NaT, index=participants.index, dtype=dates.DAY)
        by_rule += [latest(censorings), participants[KEY].assign(ADT=no_date, CNSR=float("nan"))]
    deciding = pd.concat(by_rule, ignore_index=True).drop_duplicates(SUBJECT)  # the first rule that decides

    rule = pd.Series("NO EVENT", index=deciding.index, dtype="str").mask(deciding["CNSR"].eq(EVENT), "EVENT")
    return described(parameter, deciding.assign(RULE=rule), starts)


def population(
    parameter: TimeToEvent, event_sources: EventSources, sources: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The participants of the parameter, and the records with which their time begins.

    Time begins on a date of ADSL or, where the parameter names a source, with the earliest record of that
    source; a participant without one is not in the parameter.

    Takes     the parameter; the sources that it names; by name the datasets it draws on.
    Returns   two frames with one record for each participant, in the same order.
    Source    ADaM BDS for time-to-event analyses 1.0, 3.2 (STARTDT).
    """
    adsl = sources["ADSL"]
    participants = adsl[meets_all(adsl, parameter.where)].drop_duplicates(SUBJECT)
    if parameter.start in event_sources:
        starts = earliest(candidates([parameter.start], event_sources, sources))
        participants = participants[lookup.is_among([participants[SUBJECT]], [starts[SUBJECT]])]
        return participants, lookup.joined(participants[[SUBJECT]], starts, on=[SUBJECT])
    origin = ORIGINS.get(parameter.start, parameter.start)
    start = EventSource(dataset="ADSL", date=parameter.start, describes=origin)
    return participants, candidates([parameter.start], {parameter.start: start}, {"ADSL": participants})


def described(parameter: TimeToEvent, deciding: pd.DataFrame, starts: pd.DataFrame) -> pd.DataFrame:
    """The deciding records of the parameter's participants, in order of participant, with the parameter and
    the date on which time begins.

    Takes     the parameter; at most one record for each participant; the records of `population` with which
              time begins.
    Returns   a new frame, without what helped to decide.
    """
    in_parameter = lookup.is_among([deciding[SUBJECT]], [starts[SUBJECT]])
    records = lookup.in_order(deciding[in_parameter], SUBJECT).drop(columns=["rank", "kind", "possible"])
    return records.assign(
        PARAMCD=pd.Series(parameter.code, index=records.index, dtype="str"),
        PARAM=pd.Series(parameter.name, index=records.index, dtype="str"),
        STARTDT=lookup.value_of_subject(records[SUBJECT], starts, "ADT"),
    ).reset_index(drop=True)


def candidates(
    names: Sequence[str], event_sources: EventSources, sources: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """All records of the named sources, each with its date, what it means and where it came from.

    Takes     the names, the preferred one first; the sources by name; by name the datasets they draw on.
    Returns   identity, ADT (missing for a partial date), EVNTDESC, CNSDTDSC, CNSR, SRCDOM, SRCVAR, SRCSEQ
              (missing in a dataset that numbers no records); `kind`, the name of the source; `rank`, its
              place among the names; `possible`, the first day that a partial date can mean.
    """
    listed = [event_sources[name] for name in names]
    dated = [_dated(source, sources[source.dataset], rank) for rank, source in enumerate(listed)]
    meanings = pd.DataFrame(
        {
            "rank": range(len(listed)),
            "kind": pd.Series(list(names), dtype="str"),
            "EVNTDESC": pd.Series([source.describes for source in listed], dtype="str"),
            # what a censoring date is; the date of an event is that of the event
            "CNSDTDSC": pd.Series([s.date_describes if s.censor else None for s in listed], dtype="str"),
            "CNSR": [float(source.censor) for source in listed],
            "SRCDOM": pd.Series([source.dataset for source in listed], dtype="str"),
            "SRCVAR": pd.Series([source.date for source in listed], dtype="str"),
        }
    )
    return lookup.joined(pd.concat(dated, ignore_index=True), meanings, on=["rank"])


def _dated(source: EventSource, records: pd.DataFrame, rank: int) -> pd.DataFrame:
    """The records of a source, with their date and number, and the place of the source among all."""
    date = records[source.date]
    number = next((n for n in (f"{source.dataset}SEQ", "ASEQ") if n in records), None)
    columns = {
        **{name: records[name] for name in KEY},
        "ADT": date if date.dtype.kind == "M" else dates.day(date),
        "possible": date if date.dtype.kind == "M" else dates.first_day(date),
        "SRCSEQ": records[number] if number else float("nan"),
        "rank": rank,
    }
    dated = pd.DataFrame(columns, index=records.index, copy=False)
    return dated[meets_all(records, source.where)] if source.where else dated


def may_come_first(events: pd.DataFrame, earliest: pd.DataFrame) -> pd.DataFrame:
    """Of each participant the first undated event, in the order of the sources, that may come before the
    earliest dated one, or on its day.

    Takes     records as `candidates` returns them; of each participant the earliest dated event that counts.
    """
    undated = events[events["ADT"].isna()]
    dated = lookup.value_of_subject(undated[SUBJECT], earliest, "ADT")
    after_what_was_seen = undated["kind"].eq("death") & dated.notna()
    comes_later = undated["possible"].gt(dated) | after_what_was_seen
    return undated[~comes_later].drop_duplicates(SUBJECT)


def earliest(candidates: pd.DataFrame) -> pd.DataFrame:
    """The earliest dated record of each participant; on one date, that of the source listed first."""
    dated = candidates[candidates["ADT"].notna()]
    return lookup.first_of_subject(dated, "ADT", "rank")


def latest(candidates: pd.DataFrame) -> pd.DataFrame:
    """The latest dated record of each participant; on one date, that of the source listed first."""
    dated = candidates[candidates["ADT"].notna()]
    return lookup.last_of_subject(dated.assign(preference=-dated["rank"]), "ADT", "preference").drop(
        columns="preference"
    )


def time_in_days(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from the origin to the event or censoring, both counted.

    Takes     dates.
    Returns   whole days; negative where the event comes before the origin, which a check refuses.
    Source    ADaM BDS for time-to-event analyses 1.0, 3.2 (AVAL).
    """
    return dates.days_between(start, end)


def time_in_months(days: pd.Series, month: DaysOfMonth) -> pd.Series:
    """Days divided by the mean length of a month, to two decimals.

    Takes     whole days; days a month.
    Returns   months.
    Source    specs/study.yaml, parameter days_a_month.
    """
    return (days / month).round(2)
