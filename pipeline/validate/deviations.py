"""Deviations from the protocol that the data show: warnings of the report and never records of DV, which holds the log of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

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
        for broken in rule.find(study, frames):
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


def _visits(study: Study, frames: Frames) -> Iterator[tuple[Visit, pd.DataFrame]]:
    """Each planned visit with its records of SV and the day from which it is counted, of participants whose arm has the visit."""
    anchors = _anchors(frames)
    for visit in study.visits:
        if visit.series or visit.day is None:
            continue
        mine = frames["SV"][frames["SV"]["VISITNUM"].eq(visit.number)]
        hers = anchors.reindex(mine["USUBJID"])
        mine = mine.assign(anchor=hers[visit.anchor].array, arm=hers["arm"].array, key=visit.name)
        yield visit, mine[mine["anchor"].notna() & (mine["arm"].isin(visit.arms) | (not visit.arms))]


def _late_or_early(study: Study, frames: Frames) -> Broken:
    for visit, held in _visits(study, frames):
        day = dates.day(held["SVSTDTC"])
        at = dates.days_between(held["anchor"], day)
        first, last = window(visit)
        wrong = at.gt(last) | (at.lt(first) & (not visit.early))
        yield held[KEY].assign(key=held["key"], value=held["SVSTDTC"], first=day, last=day)[wrong]


def _missed(study: Study, frames: Frames) -> Broken:
    for visit, planned in _visits(study, frames):
        first, last = (planned["anchor"] + pd.Timedelta(days=d - 1 if d > 0 else d) for d in window(visit))
        reason = planned["SVREASOC"].where(planned["SVREASOC"].notna(), "no reason given")
        yield planned[KEY].assign(key=planned["key"], value=reason, first=first, last=last)[planned["SVOCCUR"].eq("N")]


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
    yield ex[KEY].assign(key=ex["EXTRT"], value=ex["EXSTDTC"], first=day, last=day)[~in_time]


def _dose_missed(study: Study, frames: Frames) -> Broken:
    ec = frames["EC"]
    day = dates.day(ec["ECSTDTC"])
    reason = ec["ECREASOC"].where(ec["ECREASOC"].notna(), "no reason given")
    key = ec["ECLNKID"].where(ec["ECLNKID"].notna(), ec["ECTRT"])
    yield ec[KEY].assign(key=key, value=reason, first=day, last=day)[ec["ECOCCUR"].eq("N")]


def _not_eligible(study: Study, frames: Frames) -> Broken:
    """Randomized although a criterion was not met at the screening that led to it."""
    hers = _anchors(frames).reindex(frames["IE"]["USUBJID"])
    ie = frames["IE"].assign(drawn=hers["randomization"].array, consent=hers["consent"].array)
    wrong = ie["drawn"].notna() & dates.last_day(ie["IEDTC"]).ge(ie["consent"])
    yield _undated(ie, ie["IETESTCD"], ie["IEORRES"])[wrong]


def _beyond_limits(study: Study, frames: Frames) -> Broken:
    """Randomized although the last value by then, of each lesion where lesions were measured, lies beyond what a criterion allows."""
    drawn = _anchors(frames)["randomization"]
    for limit in study.protocol.limits:
        dataset, _, variable = limit.variable.partition(".")
        if dataset not in frames:
            continue
        mine = frames[dataset]
        mine = mine.assign(drawn=drawn.reindex(mine["USUBJID"]).array)
        mine = mine[mine["drawn"].notna()]
        if limit.test:
            mine = _last_by_then(mine[mine[f"{dataset}TESTCD"].eq(limit.test) & mine[variable].notna()], dataset)
        value = mine[variable]
        wrong = value.lt(limit.least) | value.gt(limit.most) | value.ge(limit.below)
        yield _undated(mine, pd.Series(limit.criterion, index=mine.index), value)[wrong]


def _last_by_then(records: pd.DataFrame, dataset: str) -> pd.DataFrame:
    dated = records.assign(day=dates.day(records[f"{dataset}DTC"]))
    before = dated[dated["day"].le(dated["drawn"])].sort_values(["day", *KEY], kind="stable")
    return before.drop_duplicates([c for c in ("USUBJID", f"{dataset}LNKID") if c in before], keep="last")


def _undated(records: pd.DataFrame, key: pd.Series, value: pd.Series) -> pd.DataFrame:
    never = pd.Series(index=records.index, dtype=dates.DAY)
    return records[KEY].assign(key=key, value=value, first=never, last=never)


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
