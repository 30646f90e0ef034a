"""Deviations from the protocol that the data show: warnings of the report and never records of DV, which holds the log of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Deviation, Visit

KEY = ["USUBJID", "form", "record"]
_MILESTONES = {"randomization": "RANDOMIZED", "consent": "INFORMED CONSENT OBTAINED"}  # columns of _anchors: terms of DSDECOD
Frames = Mapping[str, pd.DataFrame]
Broken = Iterator[pd.DataFrame]  # KEY, key, value, and the days (first, last) in which the log would have it; missing: whenever


@dataclass(frozen=True)
class Rule:
    name: Deviation  # as specs/study.yaml calls it under `deviations`
    id: str
    dataset: str
    variable: str
    message: str
    find: Callable[[Study, Frames], Broken]


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each deviation that specs/study.yaml asks for, which says whether the site's log has it.

    The log has a deviation if it has an entry of the participant under its category, within the days in which it happened.

    Takes     the datasets of one block of subjects with KEY.
    Source    SDTMIG 3.4, DV assumption 1 (DV holds collected deviations only).
    """
    found: list[Finding] = []
    for rule in RULES:
        category = study.protocol.deviations.get(rule.name)
        if category is None or rule.dataset not in frames:
            continue
        for broken in filter(len, rule.find(study, frames)):
            logged = _logged(broken, category, frames)
            for row, known in zip(broken.itertuples(), logged, strict=True):
                message = f"{rule.message}; {'the log of deviations has it' if known else 'the log of deviations lacks it: query the site'}"
                source = f"{row.form}, {row.USUBJID}, {row.record}"
                found.append(Finding(rule.id, "warning", rule.dataset, rule.variable, str(row.key), str(row.value), message, source))
    return found


def _logged(broken: pd.DataFrame, category: str, frames: Frames) -> list[bool]:
    if "DV" not in frames:
        return [False] * len(broken)
    dv = frames["DV"]
    log = dv.loc[dv["DVCAT"].eq(category), ["USUBJID"]].assign(day=dates.day(dv["DVSTDTC"]))
    pairs = broken.reset_index(names="at")[["at", "USUBJID", "first", "last"]].merge(log, how="inner", on="USUBJID", validate="m:m")
    met = pairs["first"].isna() | (pairs["day"].ge(pairs["first"]) & pairs["day"].le(pairs["last"]))
    return broken.index.isin(pairs.loc[met, "at"]).tolist()


def window(visit: Visit) -> tuple[int, int]:
    """First and last study day on which a planned visit is in time; there is no day 0."""
    day = visit.day or 0
    return _moved(day, -visit.before), _moved(day, visit.after)


def _moved(day: int, by: int) -> int:
    counted = (day if day < 0 else day - 1) + by
    return counted if counted < 0 else counted + 1


def _anchors(frames: Frames) -> pd.DataFrame:
    """The days from which visits are counted, one row a subject: randomization and first dose; her arm, and her last consent."""
    ds = frames["DS"].assign(day=dates.day(frames["DS"]["DSSTDTC"]))
    last = {name: ds[ds["DSDECOD"].eq(term)].groupby("USUBJID")["day"].max() for name, term in _MILESTONES.items()}
    dm = frames["DM"].drop_duplicates("USUBJID").set_index("USUBJID")
    return pd.DataFrame({**{n: d.reindex(dm.index) for n, d in last.items()}, "first dose": dates.day(dm["RFXSTDTC"]), "arm": dm["ARMCD"]})


def _plan(study: Study) -> pd.DataFrame:
    """The planned visits, a row each, with the study days of their windows."""
    visits = [v for v in study.visits if not v.series and v.day is not None]
    return pd.DataFrame(
        {
            "VISITNUM": pd.Series([v.number for v in visits], dtype="float64"),
            "key": pd.Series([v.name for v in visits], dtype="str"),
            "counted": pd.Series([v.anchor for v in visits], dtype="str"),
            "arms": pd.Series([v.arms for v in visits], dtype="object"),
            "early": pd.Series([v.early for v in visits], dtype="bool"),
            "from": pd.Series([window(v)[0] for v in visits], dtype="float64"),
            "to": pd.Series([window(v)[1] for v in visits], dtype="float64"),
        }
    )


def _visits(study: Study, frames: Frames) -> pd.DataFrame:
    """The records of SV of planned visits beside the plan, with the day from which it counts; of participants whose arm has the visit."""
    held = frames["SV"][[*KEY, "VISITNUM", "SVSTDTC", "SVOCCUR", "SVREASOC"]]
    found = held.merge(_plan(study), how="inner", on="VISITNUM", validate="m:m")
    hers = _anchors(frames).reindex(found["USUBJID"]).set_axis(found.index)
    anchor = hers["randomization"].where(found["counted"].eq("randomization"), hers["first dose"])
    has = [not arms or arm in arms for arms, arm in zip(found["arms"], hers["arm"], strict=True)]
    return found.assign(anchor=anchor)[anchor.notna() & np.array(has, dtype="bool")]


def _late_or_early(study: Study, frames: Frames) -> Broken:
    visits = _visits(study, frames)
    day = dates.day(visits["SVSTDTC"])
    at = dates.days_between(visits["anchor"], day)
    wrong = at.gt(visits["to"]) | (at.lt(visits["from"]) & ~visits["early"])
    yield _told(visits, wrong, key=visits["key"], value=visits["SVSTDTC"], first=day, last=day)


def _missed(study: Study, frames: Frames) -> Broken:
    visits = _visits(study, frames)
    first, last = (dates.on_day(visits["anchor"], visits[c]) for c in ("from", "to"))
    reason = visits["SVREASOC"].where(visits["SVREASOC"].notna(), "no reason given")
    yield _told(visits, visits["SVOCCUR"].eq("N"), key=visits["key"], value=reason, first=first, last=last)


def _dosed_out_of_time(study: Study, frames: Frames) -> Broken:
    """A dose on a day that no visit of its treatment has in its window."""
    ex = frames["EX"]
    start = _anchors(frames)["first dose"].reindex(ex["USUBJID"]).set_axis(ex.index)
    day = dates.day(ex["EXSTDTC"])
    at = dates.days_between(start, day)
    in_time = at.isna()
    for visit in study.visits:
        if visit.doses and visit.day is not None:
            in_time |= at.between(*window(visit)) & ex["EXTRT"].isin(visit.doses)
    yield _told(ex, ~in_time, key=ex["EXTRT"], value=ex["EXSTDTC"], first=day, last=day)


def _dose_missed(study: Study, frames: Frames) -> Broken:
    ec = frames["EC"]
    day = dates.day(ec["ECSTDTC"])
    reason = ec["ECREASOC"].where(ec["ECREASOC"].notna(), "no reason given")
    key = ec["ECLNKID"].where(ec["ECLNKID"].notna(), ec["ECTRT"])
    yield _told(ec, ec["ECOCCUR"].eq("N"), key=key, value=reason, first=day, last=day)


def _not_eligible(study: Study, frames: Frames) -> Broken:
    """Randomized although a criterion was not met at the screening that led to it."""
    hers = _anchors(frames).reindex(frames["IE"]["USUBJID"])
    ie = frames["IE"].assign(drawn=hers["randomization"].array, consent=hers["consent"].array)
    wrong = ie["drawn"].notna() & dates.last_day(ie["IEDTC"]).ge(ie["consent"])
    yield _undated(ie, wrong, ie["IETESTCD"], ie["IEORRES"])


def _beyond_limits(study: Study, frames: Frames) -> Broken:
    """Randomized although the last value by then, of each lesion where lesions were measured, lies beyond what a criterion allows."""
    drawn = _anchors(frames)["randomization"]
    for limit in study.protocol.limits:
        dataset, _, variable = limit.variable.partition(".")
        if dataset not in frames:
            continue
        mine = frames[dataset]
        if limit.test:
            mine = mine[mine[f"{dataset}TESTCD"].eq(limit.test) & mine[variable].notna()]
        mine = mine.assign(drawn=drawn.reindex(mine["USUBJID"]).array)
        mine = mine[mine["drawn"].notna()]
        if limit.test:
            mine = _last_by_then(mine, dataset)
        value = mine[variable]
        wrong = value.lt(limit.least) | value.gt(limit.most) | value.ge(limit.below)
        yield _undated(mine, wrong, pd.Series(limit.criterion, index=mine.index), value)


def _last_by_then(records: pd.DataFrame, dataset: str) -> pd.DataFrame:
    dated = records.assign(day=dates.day(records[f"{dataset}DTC"]))
    before = dated[dated["day"].le(dated["drawn"])].sort_values(["day", *KEY], kind="stable")
    return before.drop_duplicates([c for c in ("USUBJID", f"{dataset}LNKID") if c in before], keep="last")


def _undated(records: pd.DataFrame, wrong: pd.Series, key: pd.Series, value: pd.Series) -> pd.DataFrame:
    never = pd.Series(index=records.index, dtype=dates.DAY)
    return _told(records, wrong, key=key, value=value, first=never, last=never)


def _told(records: pd.DataFrame, wrong: pd.Series, **beside: pd.Series) -> pd.DataFrame:
    """The records that are wrong, with what is told of each."""
    return records.loc[wrong, KEY].assign(**{name: column[wrong] for name, column in beside.items()})


RULES = (
    Rule("visit window", "DEV-VISIT-WINDOW", "SV", "SVSTDTC", "held outside the window of the protocol", _late_or_early),
    Rule("visit missed", "DEV-VISIT-MISSED", "SV", "SVOCCUR", "a planned visit did not take place", _missed),
    Rule("dose window", "DEV-DOSE-WINDOW", "EX", "EXSTDTC", "given on a day that the protocol does not plan for it", _dosed_out_of_time),
    Rule("dose missed", "DEV-DOSE-MISSED", "EC", "ECOCCUR", "a planned dose was not given", _dose_missed),
    Rule("eligibility", "DEV-ELIGIBILITY", "IE", "IEORRES", "randomized although a criterion was not met", _not_eligible),
    Rule(
        "eligibility",
        "DEV-LIMIT",
        "DM",
        "ARMCD",
        "randomized although the last value by then is beyond the criterion",
        _beyond_limits,
    ),
)
