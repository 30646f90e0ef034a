"""Deviations from the protocol that the data show: warnings of the report and never records of DV, which
holds the log of the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.records.lookup import is_one_of, last_day_of_each, place_of_subject
from pipeline.study import Study
from pipeline.study.models import Deviation, Visit

_MILESTONES = {
    "randomization": "RANDOMIZED",
    "consent": "INFORMED CONSENT OBTAINED",
}  # columns of _anchors: terms of DSDECOD
Frames = Mapping[str, pd.DataFrame]
Days = tuple[np.datetime64, np.datetime64]


class Broken(NamedTuple):
    """A record that deviates, and the days within which the log would have it; whenever, where they are
    missing.
    """

    subject: str
    source: str
    key: str
    value: str
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True)
class Anchors:
    """By the place of a subject in DM, and one more, for place -1, for whom DM lacks: the days from which visits
    are counted, and her arm.
    """

    dm: pd.DataFrame
    days: Mapping[str, np.ndarray]  # of randomization, of the first dose, of the last consent
    arms: np.ndarray


Find = Callable[[Study, Frames, Callable[[], Anchors]], Iterator[Broken]]


@dataclass(frozen=True)
class Rule:
    name: Deviation  # as specs/study.yaml calls it under `deviations`
    id: str
    dataset: str
    variable: str
    message: str
    find: Find


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each deviation that specs/study.yaml asks for, which says whether the site's log has it.

    The log has a deviation if it has an entry of the participant under its category, within the days in which
    it happened.

    Takes     the datasets of one block of subjects with KEY.
    Source    SDTMIG 3.4, DV assumption 1 (DV holds collected deviations only).
    """
    found: list[Finding] = []
    anchors = lru_cache(maxsize=1)(partial(_anchors, frames))
    for rule in RULES:
        category = study.protocol.deviations.get(rule.name)
        if category is None or rule.dataset not in frames:
            continue
        broken = list(rule.find(study, frames, anchors))
        log = _log(category, frames) if broken else {}
        for one in broken:
            known = any(
                np.isnat(one.first) or one.first <= day <= one.last for day in log.get(one.subject, ())
            )
            message = (
                f"{rule.message};"
                f" {'the log of deviations has it' if known else 'the log of deviations lacks it: query the site'}"
            )
            found.append(
                Finding(
                    rule.id, "warning", rule.dataset, rule.variable, one.key, one.value, message, one.source
                )
            )
    return found


def _log(category: str, frames: Frames) -> dict[str, list[np.datetime64]]:
    """The days of the entries that each subject has under a category."""
    found: dict[str, list[np.datetime64]] = {}
    if "DV" in frames:
        dv = frames["DV"]
        mine = is_one_of(dv["DVCAT"], [category])
        for subject, day in zip(
            dv["USUBJID"].array[mine], dates.day(dv["DVSTDTC"]).to_numpy()[mine], strict=True
        ):
            found.setdefault(subject, []).append(day)
    return found


def window(visit: Visit) -> tuple[int, int]:
    """First and last study day on which a planned visit is in time; there is no day 0."""
    day = visit.day or 0
    return _moved(day, -visit.before), _moved(day, visit.after)


def _moved(day: int, by: int) -> int:
    counted = (day if day < 0 else day - 1) + by
    return counted if counted < 0 else counted + 1


def _anchors(frames: Frames) -> Anchors:
    ds, dm = frames["DS"], frames["DM"]
    place, day = place_of_subject(ds["USUBJID"], dm), dates.day(ds["DSSTDTC"]).to_numpy()
    terms = {name: is_one_of(ds["DSDECOD"], [term]) for name, term in _MILESTONES.items()}
    days = {name: last_day_of_each(place[at], day[at], len(dm)) for name, at in terms.items()}
    dosed = np.append(dates.day(dm["RFXSTDTC"]).to_numpy(), np.datetime64("NaT"))
    return Anchors(dm, {**days, "first dose": dosed}, np.array([*dm["ARMCD"], None], dtype="object"))


@dataclass(frozen=True)
class Held:
    """The records of SV of planned visits of participants whose arm has the visit and who have the day from
    which it counts.
    """

    place: np.ndarray  # in SV
    visit: list[Visit]
    anchor: pd.Series
    first: pd.Series  # study days of the window
    last: pd.Series


def _held(study: Study, frames: Frames, anchors: Anchors) -> Held:
    sv = frames["SV"]
    number, hers = sv["VISITNUM"].to_numpy(), place_of_subject(sv["USUBJID"], anchors.dm)
    found: list[np.ndarray] = [np.array((), dtype="int64")]
    planned: list[Visit] = []
    for visit in study.visits:
        if visit.series or visit.day is None:
            continue
        here = np.flatnonzero(number == visit.number)
        here = here[~np.isnat(anchors.days[visit.anchor][hers[here]])]
        if visit.arms:
            here = here[[arm in visit.arms for arm in anchors.arms[hers[here]]]]
        found.append(here)
        planned += [visit] * len(here)
    place = np.concatenate(found)
    counted = np.array([v.anchor == "randomization" for v in planned], dtype="bool")
    days = np.where(
        counted, anchors.days["randomization"][hers[place]], anchors.days["first dose"][hers[place]]
    )
    limits = np.array([window(v) for v in planned], dtype="float64").reshape(-1, 2)
    return Held(place, planned, pd.Series(days), pd.Series(limits[:, 0]), pd.Series(limits[:, 1]))


def _late_or_early(study: Study, frames: Frames, anchors: Callable[[], Anchors]) -> Iterator[Broken]:
    held = _held(study, frames, anchors())
    told = frames["SV"]["SVSTDTC"].iloc[held.place]
    day = dates.day(told)
    at = dates.days_between(held.anchor, day)
    early = np.array([v.early for v in held.visit], dtype="bool")
    wrong = np.flatnonzero(at.gt(held.last) | (at.lt(held.first) & ~early))
    days = day.to_numpy()[wrong]
    yield from _told(
        frames["SV"],
        held.place[wrong],
        [held.visit[i].name for i in wrong],
        told.array[wrong],
        zip(days, days, strict=True),
    )


def _missed(study: Study, frames: Frames, anchors: Callable[[], Anchors]) -> Iterator[Broken]:
    sv, held = frames["SV"], _held(study, frames, anchors())
    wrong = np.flatnonzero(is_one_of(sv["SVOCCUR"], ["N"])[held.place])
    place, key = held.place[wrong], [held.visit[i].name for i in wrong]
    first, last = (
        dates.on_day(held.anchor.iloc[wrong], limit.iloc[wrong]) for limit in (held.first, held.last)
    )
    yield from _told(
        sv, place, key, _reasons(sv["SVREASOC"], place), zip(first.to_numpy(), last.to_numpy(), strict=True)
    )


def _dosed_out_of_time(study: Study, frames: Frames, anchors: Callable[[], Anchors]) -> Iterator[Broken]:
    """A dose on a day that no visit of its treatment has in its window."""
    ex, known = frames["EX"], anchors()
    day = dates.day(ex["EXSTDTC"])
    at = dates.days_between(
        pd.Series(known.days["first dose"][place_of_subject(ex["USUBJID"], known.dm)]), day
    ).to_numpy()
    in_time = np.isnan(at)
    for visit in study.visits:
        if visit.doses and visit.day is not None:
            first, last = window(visit)
            in_time |= (at >= first) & (at <= last) & is_one_of(ex["EXTRT"], visit.doses)
    wrong = np.flatnonzero(~in_time)
    days = day.to_numpy()[wrong]
    yield from _told(
        ex, wrong, ex["EXTRT"].array[wrong], ex["EXSTDTC"].array[wrong], zip(days, days, strict=True)
    )


def _dose_missed(study: Study, frames: Frames, anchors: Callable[[], Anchors]) -> Iterator[Broken]:
    ec = frames["EC"]
    wrong = np.flatnonzero(is_one_of(ec["ECOCCUR"], ["N"]))
    key = [
        ec["ECTRT"].array[i] if pd.isna(link) else link
        for i, link in zip(wrong, ec["ECLNKID"].array[wrong], strict=True)
    ]
    days = dates.day(ec["ECSTDTC"]).to_numpy()[wrong]
    yield from _told(ec, wrong, key, _reasons(ec["ECREASOC"], wrong), zip(days, days, strict=True))


def _reasons(reason: pd.Series, at: np.ndarray) -> list[str]:
    return ["no reason given" if pd.isna(said) else said for said in reason.array[at]]


def _not_eligible(study: Study, frames: Frames, anchors: Callable[[], Anchors]) -> Iterator[Broken]:
    """Randomized although a criterion was not met at the screening that led to it."""
    ie, known = frames["IE"], anchors()
    hers = place_of_subject(ie["USUBJID"], known.dm)
    late = dates.last_day(ie["IEDTC"]).to_numpy() >= known.days["consent"][hers]
    wrong = np.flatnonzero(late & ~np.isnat(known.days["randomization"][hers]))
    yield from _told(ie, wrong, ie["IETESTCD"].array[wrong], ie["IEORRES"].array[wrong])


def _beyond_limits(study: Study, frames: Frames, anchors: Callable[[], Anchors]) -> Iterator[Broken]:
    """Randomized although the last value by then, of each lesion where lesions were measured, lies beyond
    what a criterion allows.
    """
    known = anchors()
    for limit in study.protocol.limits:
        dataset, _, variable = limit.variable.partition(".")
        if dataset not in frames:
            continue
        mine = frames[dataset]
        drawn = known.days["randomization"][place_of_subject(mine["USUBJID"], known.dm)]
        value, asked = mine[variable].to_numpy(), ~np.isnat(drawn)
        if limit.test:
            day = dates.day(mine[f"{dataset}DTC"]).to_numpy()
            asked &= is_one_of(mine[f"{dataset}TESTCD"], [limit.test]) & ~np.isnan(value) & (day <= drawn)
        least, most, below = np.array(
            [limit.least, limit.most, limit.below], dtype="float64"
        )  # a limit that is not there is below nothing
        beyond = asked & ((value < least) | (value > most) | (value >= below))
        if limit.test and beyond.any():
            beyond &= _last(mine, dataset, np.flatnonzero(asked), day)
        wrong = np.flatnonzero(beyond)
        yield from _told(mine, wrong, [limit.criterion] * len(wrong), value[wrong])


def _last(records: pd.DataFrame, dataset: str, at: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Which of the records at these places are the last of their subject, or of her lesion."""
    some = records.iloc[at][[c for c in (*KEY, f"{dataset}LNKID") if c in records]].assign(day=day[at])
    ordered = some.iloc[lookup.sorted_places([some["day"], some["form"], some["record"]])]
    last = ordered.drop_duplicates([c for c in ("USUBJID", f"{dataset}LNKID") if c in ordered], keep="last")
    return np.asarray(records.index.isin(last.index))


_NEVER = np.datetime64("NaT")


def _told(
    records: pd.DataFrame,
    place: np.ndarray,
    key: Iterable[Any],
    value: Iterable[Any],
    days: Iterable[Days] | None = None,
) -> Iterator[Broken]:
    """The records at these places, with what is told of each."""
    who, form, record = (records[c].array[place] for c in KEY)
    rows = zip(who, form, record, key, value, days or repeat((_NEVER, _NEVER), len(place)), strict=True)
    for subject, of, number, k, v, (first, last) in rows:
        yield Broken(subject, f"{of}, {subject}, {number}", str(k), str(v), first, last)


RULES = (
    Rule(
        "visit window",
        "DEV-VISIT-WINDOW",
        "SV",
        "SVSTDTC",
        "held outside the window of the protocol",
        _late_or_early,
    ),
    Rule("visit missed", "DEV-VISIT-MISSED", "SV", "SVOCCUR", "a planned visit did not take place", _missed),
    Rule(
        "dose window",
        "DEV-DOSE-WINDOW",
        "EX",
        "EXSTDTC",
        "given on a day that the protocol does not plan for it",
        _dosed_out_of_time,
    ),
    Rule("dose missed", "DEV-DOSE-MISSED", "EC", "ECOCCUR", "a planned dose was not given", _dose_missed),
    Rule(
        "eligibility",
        "DEV-ELIGIBILITY",
        "IE",
        "IEORRES",
        "randomized although a criterion was not met",
        _not_eligible,
    ),
    Rule(
        "eligibility",
        "DEV-LIMIT",
        "DM",
        "ARMCD",
        "randomized although the last value by then is beyond the criterion",
        _beyond_limits,
    ),
)
