"""Time to event: events and censorings are data in the mapping, the decision is here, the source of each record is computed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline import dates
from pipeline.study.models import EventSource, TimeToEvent

KEY = ["USUBJID", "form", "record"]


def time_to_event(parameter: TimeToEvent, **sources: pd.DataFrame) -> pd.DataFrame:
    """One record for each participant of the parameter: the earliest event, or without one the latest censoring.

    On one date the source listed first wins.

    An event that is claimed without a date is not a censoring: its record has no date, and the schema refuses it. So is a participant with
    neither event nor censoring.

    Takes     the parameter; by name the datasets it draws on, each with the subject's records.
    Returns   PARAMCD, PARAM, STARTDT, ADT, CNSR, EVNTDESC, CNSDTDSC and the source record's SRCDOM, SRCVAR, SRCSEQ, with its identity.
    Source    ADaM BDS for time-to-event analyses 1.0, 3; ADaMIG 1.3, 3.3.9 (SRCDOM, SRCVAR, SRCSEQ).
    """
    population = _where(sources["ADSL"], parameter.where)
    start = population.drop_duplicates("USUBJID").set_index("USUBJID")[parameter.start]
    events = _candidates(parameter.events, sources)
    undated = events[events["ADT"].isna()].drop_duplicates("USUBJID")
    first = events.sort_values(["USUBJID", "ADT", "rank", *KEY[1:]]).drop_duplicates("USUBJID")
    last = _candidates(parameter.censors, sources)
    last = (
        last[last["ADT"].notna()]
        .assign(back=-last["rank"])
        .sort_values(["USUBJID", "ADT", "back", *KEY[1:]])
        .drop_duplicates("USUBJID", keep="last")
    )
    nobody = population[KEY].assign(ADT=pd.Series(pd.NaT, index=population.index, dtype=dates.DAY), CNSR=float("nan"))
    chosen = pd.concat([undated, first, last, nobody], ignore_index=True).drop_duplicates("USUBJID")
    chosen = chosen[chosen["USUBJID"].isin(start.index)].sort_values("USUBJID", ignore_index=True)
    return chosen.assign(
        PARAMCD=parameter.code, PARAM=parameter.name, STARTDT=start.reindex(chosen["USUBJID"]).set_axis(chosen.index).astype(dates.DAY)
    ).drop(columns=["rank", "back"])


def _candidates(listed: Sequence[EventSource], sources: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """All records of the listed sources, each with its date, what it means and where it came from."""
    found = [_drawn(source, rank, sources[source.dataset]) for rank, source in enumerate(listed)]
    return pd.concat(found, ignore_index=True)


def _drawn(source: EventSource, rank: int, records: pd.DataFrame) -> pd.DataFrame:
    rows = _where(records, source.where)
    date = rows[source.date]
    number = f"{source.dataset}SEQ"
    return rows[KEY].assign(
        ADT=date.astype(dates.DAY) if date.dtype.kind == "M" else dates.day(date),
        CNSR=float(source.censor),
        EVNTDESC=pd.Series(source.describes, index=rows.index, dtype="str"),
        CNSDTDSC=pd.Series(source.date_describes, index=rows.index, dtype="str"),
        SRCDOM=pd.Series(source.dataset, index=rows.index, dtype="str"),
        SRCVAR=pd.Series(source.date, index=rows.index, dtype="str"),
        SRCSEQ=rows[number] if number in rows else pd.Series(index=rows.index, dtype="float64"),
        rank=rank,
    )


def _where(records: pd.DataFrame, conditions: dict[str, str | list[str]]) -> pd.DataFrame:
    for variable, wanted in conditions.items():
        records = records[records[variable].isin(wanted if isinstance(wanted, list) else [wanted])]
    return records


def time_in_days(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from the origin to the event or censoring, both counted.

    Takes     dates.
    Returns   whole days; negative where time runs backwards, which a check refuses.
    Source    ADaM BDS for time-to-event analyses 1.0, 3.2 (AVAL).
    """
    return dates.days_between(start, end)
