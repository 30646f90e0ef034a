"""Time to event: events and censorings are data in the mapping, the decision is here, the source of each
record is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.distinct import codes_and_values
from pipeline.records.identity import KEY
from pipeline.study.models import EventSource, TimeToEvent, Where

Named = Mapping[str, EventSource]


def time_to_event(parameter: TimeToEvent, named: Named, **sources: pd.DataFrame) -> pd.DataFrame:
    """One record for each participant of the parameter: the earliest event, or without one the latest
    censoring.

    On one date the source listed first wins.

    An event that is claimed without a date is not a censoring: its record has no date, and the schema refuses
    it. So is a participant with neither event nor censoring; where the parameter names no censoring, only
    participants with an event are in it.

    Takes     the parameter; the sources that it names; by name the datasets it draws on, each with the
              subject's records.
    Returns   PARAMCD, PARAM, STARTDT, ADT, CNSR, EVNTDESC, CNSDTDSC, RULE and the source record's SRCDOM,
              SRCVAR, SRCSEQ, with its identity.
    Source    ADaM BDS for time-to-event analyses 1.0, 3; ADaMIG 1.3, 3.3.9 (SRCDOM, SRCVAR, SRCSEQ).
    """
    people, begun = population(parameter, named, sources)
    events = candidates(parameter.events, named, sources)
    undated = events[events["ADT"].isna()].drop_duplicates("USUBJID")
    chosen = [undated, first(events)]
    if parameter.censors:
        nobody = people[KEY].assign(
            ADT=pd.Series(pd.NaT, index=people.index, dtype=dates.DAY), CNSR=float("nan")
        )
        chosen += [last(candidates(parameter.censors, named, sources)), nobody]
    found = pd.concat(chosen, ignore_index=True).drop_duplicates("USUBJID")
    rule = found["CNSR"].map({0.0: "EVENT"}).astype("str").fillna("NO EVENT")
    return described(parameter, found.assign(RULE=rule), begun["ADT"])


def population(
    parameter: TimeToEvent, named: Named, sources: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The participants of the parameter, and the records with which their time begins; one record each, in
    the same order.
    """
    people = where(sources["ADSL"], parameter.where).drop_duplicates("USUBJID")
    if parameter.start in named:
        begun = first(candidates([parameter.start], named, sources))
        people = people[people["USUBJID"].isin(begun["USUBJID"])]
        return people, begun.set_index("USUBJID").reindex(people["USUBJID"])
    start = {parameter.start: EventSource(dataset="ADSL", date=parameter.start, describes="RANDOMIZATION")}
    return people, candidates([parameter.start], start, {"ADSL": people}).set_index("USUBJID")


def described(parameter: TimeToEvent, chosen: pd.DataFrame, start: pd.Series) -> pd.DataFrame:
    """The chosen records of the parameter's participants, in their order, with what the parameter says of all
    of them.
    """
    at = lookup.sorted_places([chosen["USUBJID"]])
    who = lookup.place_among([chosen["USUBJID"]], [start.index.to_series()])[at]
    at, who = at[who >= 0], who[who >= 0]
    told = {str(c): chosen[c].array.take(at) for c in chosen if c not in ("rank", "kind")}
    same = {
        c: pd.array([v], dtype="str").take(np.zeros_like(at))
        for c, v in (("PARAMCD", parameter.code), ("PARAM", parameter.name))
    }
    return pd.DataFrame({**told, **same, "STARTDT": start.to_numpy(dates.DAY)[who]})


def first(found: pd.DataFrame) -> pd.DataFrame:
    """Of each participant the earliest dated record; on one date that of the source listed first."""
    return found.take(_ends(found, found["rank"])[0])


def last(found: pd.DataFrame) -> pd.DataFrame:
    """Of each participant the latest dated record; on one date that of the source listed first."""
    return found.take(_ends(found, -found["rank"])[1])


def _ends(found: pd.DataFrame, preferred: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The places of each participant's first and last dated record, in order of date and of preference."""
    at = lookup.sorted_places([found["USUBJID"], found["ADT"], preferred, *(found[k] for k in KEY[1:])])
    at = at[found["ADT"].notna().to_numpy()[at]]
    other = np.diff(lookup.value_ranks(found["USUBJID"])[at]) != 0
    return at[np.append(True, other)[: len(at)]], at[np.append(other, True)[-len(at) :] if len(at) else at]


def candidates(names: Sequence[str], named: Named, sources: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All records of the named sources, each with its date, what it means and where it came from."""
    listed = [named[n] for n in names]
    used = list(dict.fromkeys(s.dataset for s in listed))
    before = dict(
        zip(used, np.cumsum([0, *(len(sources[d]) for d in used)]).tolist(), strict=False)
    )  # and the end of the last
    drawn = [_drawn(s, sources[s.dataset]) for s in listed]
    places = np.concatenate([before[s.dataset] + d.places for s, d in zip(listed, drawn, strict=True)])
    rank = np.repeat(np.arange(len(listed)), [len(d.places) for d in drawn])
    told: dict[str, Sequence[str | None]] = {
        "EVNTDESC": [s.describes for s in listed],
        "CNSDTDSC": [s.date_describes for s in listed],
        "SRCDOM": [s.dataset for s in listed],
        "SRCVAR": [s.date for s in listed],
        "kind": list(names),
    }
    columns = {
        **{k: pd.concat([sources[d][k] for d in used]).array.take(places) for k in KEY},
        "ADT": np.concatenate([d.day for d in drawn]),
        "SRCSEQ": np.concatenate([d.number for d in drawn]),
        **{c: pd.array(values, dtype="str").take(rank) for c, values in told.items()},
        "CNSR": np.array([float(s.censor) for s in listed])[rank],
        "rank": rank,
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class _Drawn:
    """The records of one source: place in their dataset, date and number."""

    places: np.ndarray
    day: np.ndarray
    number: np.ndarray


def _drawn(source: EventSource, records: pd.DataFrame) -> _Drawn:
    number = next((n for n in sequences(source.dataset) if n in records), None)
    places = np.flatnonzero(_met(records, source.where))
    date = records[source.date]
    day = (date if date.dtype.kind == "M" else dates.day(date)).to_numpy(dates.DAY)
    return _Drawn(
        places,
        day[places],
        records[number].to_numpy("float64")[places] if number else np.full(len(places), np.nan),
    )


def sequences(dataset: str) -> tuple[str, str]:
    """The variables that may number the records of a dataset."""
    return f"{dataset}SEQ", "ASEQ"


def where(records: pd.DataFrame, conditions: Where) -> pd.DataFrame:
    """The records that meet all conditions."""
    met = _met(records, conditions)
    return records if met.all() else records[met]


def _met(records: pd.DataFrame, conditions: Where) -> np.ndarray:
    """Whether each record meets all conditions; each distinct value is compared once."""
    met = np.full(len(records), True)
    for variable, wanted in conditions.items():
        codes, known = codes_and_values(records[variable])
        listed = wanted if isinstance(wanted, list) else [wanted]
        met &= np.array([*(k in listed for k in known), False])[
            codes
        ]  # the code of a missing value is -1: the last
    return met


def time_in_days(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from the origin to the event or censoring, both counted.

    Takes     dates.
    Returns   whole days; negative where time runs backwards, which a check refuses.
    Source    ADaM BDS for time-to-event analyses 1.0, 3.2 (AVAL).
    """
    return dates.days_between(start, end)


def time_in_months(days: pd.Series, month: float) -> pd.Series:
    """Days divided by the mean length of a month, to two decimals.

    Takes     whole days; days a month.
    Returns   months.
    Source    specs/study.yaml, parameter days_a_month.
    """
    return (days / month).round(2)
