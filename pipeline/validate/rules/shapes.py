"""The shapes of rules over a block of subjects. `--` in a name stands for the dataset; a rule is silent where its variables are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline import dates, order
from pipeline.study import Study

Frames = Mapping[str, pd.DataFrame]
Broken = Iterator[tuple[str, str, pd.DataFrame]]  # dataset, variable, the records that break the rule
Conditions = Mapping[str, str | Sequence[str]]  # variable: present, absent, a value, or one of several


def _tabulation(study: Study, dataset: str) -> bool:
    spec = study.datasets.get(dataset)
    return spec is None or spec.layer == "sdtm"


def _each(study: Study, frames: Frames, of: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The datasets that a rule is about: those named, or all tabulations."""
    for dataset, frame in frames.items():
        if dataset in of or (not of and _tabulation(study, dataset)):
            yield dataset, frame


def _named(pattern: str, dataset: str) -> str:
    return pattern.replace("--", dataset)


def _meets(frame: pd.DataFrame, variable: str, wanted: str | Sequence[str]) -> np.ndarray:
    """Which records meet a condition; a variable that the dataset lacks is missing in each."""
    if variable not in frame:
        return np.full(len(frame), wanted == "absent")
    value = frame[variable].array
    if wanted in ("present", "absent"):
        return np.asarray(value.isna()) if wanted == "absent" else ~np.asarray(value.isna())
    return np.asarray(value.isin(np.array([wanted] if isinstance(wanted, str) else wanted, dtype="object")))


def _all(frame: pd.DataFrame, dataset: str, conditions: Conditions) -> np.ndarray:
    met = np.full(len(frame), True)
    for pattern, wanted in conditions.items():
        met &= _meets(frame, _named(pattern, dataset), wanted)
    return met


def _broken(dataset: str, variable: str, records: pd.DataFrame, wrong: pd.Series | np.ndarray) -> Broken:
    """The records that are wrong; none is taken out of a frame where none is."""
    if wrong.any():
        yield dataset, variable, records[wrong]


# --- one record --------------------------------------------------------------------------------------------------------------------
def implies(study: Study, frames: Frames, *, of: Sequence[str] = (), when: Conditions, then: Conditions, some: bool = False) -> Broken:
    """A record that meets the first conditions meets the others: all, or (`some`) at least one of them."""
    for dataset, frame in _each(study, frames, of):
        known = [p for p, wanted in when.items() if wanted != "absent" and _named(p, dataset) not in frame]
        if known or not any(_named(p, dataset) in frame for p in (*when, *then)):
            continue
        met = _all(frame, dataset, when)
        if met.any():
            held = [_meets(frame, _named(p, dataset), wanted) for p, wanted in then.items()]
            broken = met & ~(np.any(held, axis=0) if some else np.all(held, axis=0))
            yield from _broken(dataset, _named(next(iter(then)), dataset), frame, broken)


def equal(study: Study, frames: Frames, *, of: Sequence[str], left: str, right: str) -> Broken:
    """Two variables of a record have one value."""
    for dataset, frame in _each(study, frames, of):
        if {left, right} <= set(frame):
            yield from _broken(dataset, right, frame, frame[left].notna() & frame[right].notna() & frame[left].ne(frame[right]))


def numeric(study: Study, frames: Frames, *, text: str, number: str) -> Broken:
    """A text that reads as a number has that number beside it."""
    for dataset, frame in _each(study, frames, ()):
        names = _named(text, dataset), _named(number, dataset)
        if set(names) <= set(frame):
            alone = frame[frame[names[0]].notna() & frame[names[1]].isna()]
            yield from _broken(dataset, names[1], alone, alone[names[0]].str.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)").astype("bool"))


def in_order(study: Study, frames: Frames, *, pairs: Sequence[tuple[str, str]]) -> Broken:
    """A later date is not before an earlier one; a partial date means each of its days, times count where both have one."""
    for dataset, frame in _each(study, frames, ()):
        for pattern, other in pairs:
            start, end = _named(pattern, dataset), _named(other, dataset)
            if {start, end} <= set(frame):
                timed = frame[start].str.len().ge(16) & frame[end].str.len().ge(16)
                earlier = dates.last_day(frame[end]).lt(dates.first_day(frame[start])) | (timed & frame[end].lt(frame[start]))
                yield from _broken(dataset, end, frame, earlier)


def by_cut_off(study: Study, frames: Frames) -> Broken:
    """No date lies after the cut-off of the data."""
    limit = np.datetime64(study.protocol.cutoff, "s")
    for dataset, frame in _each(study, frames, ()):
        spec = study.datasets.get(dataset)
        for variable, v in spec.variables.items() if spec else ():
            if v.type == "iso" and variable in frame:
                yield from _broken(dataset, variable, frame, dates.first_day(frame[variable]).gt(limit))


def time_forward(study: Study, frames: Frames, *, start: str, end: str) -> Broken:
    """A time to an event does not run backwards."""
    for dataset, frame in frames.items():
        if {start, end} <= set(frame):
            yield from _broken(dataset, end, frame, frame[end].lt(frame[start]))


def alive_then_dead(study: Study, frames: Frames, *, death: str, alive: str) -> Broken:
    """Nobody is known alive after the last day that the date of death can mean."""
    for dataset, frame in frames.items():
        if {death, alive} <= set(frame):
            yield from _broken(dataset, death, frame, dates.last_day(frame[death]).lt(frame[alive]))


# --- beside the plan ---------------------------------------------------------------------------------------------------------------
def planned(study: Study, frames: Frames, *, variable: str, among: str, of: Sequence[str] = (), when: Conditions | None = None) -> Broken:
    """A value is one that specs/study.yaml plans; a study that plans none of the kind is not asked."""
    known = _plan(study)[among]
    for dataset, frame in _each(study, frames, of) if known else ():
        if variable in frame:
            asked = _all(frame, dataset, when or {}) & frame[variable].notna()
            yield from _broken(dataset, variable, frame, asked & ~frame[variable].isin(known))


def _plan(study: Study) -> dict[str, set[str]]:
    protocol = study.protocol
    series = {f"{v.name} {n:02d}" for v in protocol.visits for n in range(1, v.planned + 1)}
    return {
        "arm codes": {a.code for a in protocol.arms},
        "arms": {a.name for a in protocol.arms},
        "epochs": {s.epoch for a in protocol.arms for s in a.elements},
        "elements": {e.code for e in protocol.elements} | ({"UNPLAN"} if protocol.elements else set()),
        "criteria": {c.code for c in protocol.criteria},
        "criteria in words": {c.text for c in protocol.criteria},
        "visits": {v.name for v in protocol.visits if not v.series} | series,
    }


# --- records of one subject --------------------------------------------------------------------------------------------------------
def subject_known(study: Study, frames: Frames, *, parent: str) -> Broken:
    """A subject with any record is in DM."""
    for dataset, frame in _each(study, frames, ()):
        if dataset != parent and parent in frames and "USUBJID" in frame:
            yield from _broken(dataset, "USUBJID", frame, frame["USUBJID"].notna() & ~frame["USUBJID"].isin(frames[parent]["USUBJID"]))


def accompanied(study: Study, frames: Frames, *, of: str, when: Conditions, by: str, where: Conditions) -> Broken:
    """A record that meets a condition goes with a record of the same subject in another dataset."""
    if of in frames and by in frames:
        subjects = frames[by].loc[_all(frames[by], by, where), "USUBJID"]
        met = frames[of][_all(frames[of], of, when)]
        yield from _broken(of, next(iter(when)), met, ~met["USUBJID"].isin(subjects))


def extreme(study: Study, frames: Frames, *, variable: str, of: Sequence[str], last: bool, where: Conditions | None = None) -> Broken:
    """A date of DM is the first or the last day among dates of another dataset, as far as both are complete."""
    dataset = of[0].partition(".")[0]
    if dataset not in frames or variable not in frames.get("DM", ()):
        return
    source = frames[dataset][_all(frames[dataset], dataset, where or {})]
    columns = [c.partition(".")[2] for c in of if c.partition(".")[2] in source]
    days = pd.concat([pd.DataFrame({"USUBJID": source["USUBJID"], "day": dates.day(source[c])}) for c in columns], ignore_index=True)
    by = days.groupby("USUBJID")["day"]
    due = (by.max() if last else by.min()).reindex(frames["DM"]["USUBJID"]).set_axis(frames["DM"].index)
    told = dates.day(frames["DM"][variable])
    yield from _broken("DM", variable, frames["DM"], due.notna() & told.ne(due))


def beside_subject(
    study: Study, frames: Frames, *, of: Sequence[str], date: str, limit: str, side: str, when: Conditions | None = None
) -> Broken:
    """A date is not before, not after, or the same as a date of DM."""
    if limit not in frames.get("DM", ()):
        return
    subjects = frames["DM"].drop_duplicates("USUBJID").set_index("USUBJID")[limit]
    for dataset, frame in _each(study, frames, of):
        name = _named(date, dataset)
        if name not in frame:
            continue
        first, last = dates.first_day(subjects), dates.last_day(subjects)
        met = _all(frame, dataset, when or {})
        early = dates.last_day(frame[name]).lt(first.reindex(frame["USUBJID"]).set_axis(frame.index))
        late = dates.first_day(frame[name]).gt(last.reindex(frame["USUBJID"]).set_axis(frame.index))
        yield from _broken(dataset, name, frame, met & {"not before": early, "not after": late, "same": early | late}[side])


def adjoining(study: Study, frames: Frames, *, of: str, start: str, end: str) -> Broken:
    """Each record of a subject ends when the next begins; only the last may have no end."""
    if of in frames:
        frame = frames[of].sort_values(["USUBJID", start], kind="stable")
        following = frame.groupby("USUBJID")[start].shift(-1)
        yield from _broken(of, end, frame, following.notna() & ~frame[end].eq(following))


def visited(study: Study, frames: Frames, *, visit: str, among: str) -> Broken:
    """A visit of a record is a visit of the subject."""
    if among not in frames:
        return
    known = [frames[among][c] for c in ("USUBJID", visit)]
    for dataset, frame in _each(study, frames, ()):
        if dataset != among and {"USUBJID", visit} <= set(frame):
            unknown = order.among([frame[c] for c in ("USUBJID", visit)], known) < 0
            yield from _broken(dataset, visit, frame, frame[visit].notna() & unknown)


# --- one record refers to another ---------------------------------------------------------------------------------------------------
def refers(study: Study, frames: Frames, *, of: str) -> Broken:
    """The record that RDOMAIN, USUBJID, IDVAR and IDVARVAL name is there."""
    for dataset, frame in frames.items():
        if not (dataset.startswith(of) and {"RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL"} <= set(frame)):
            continue
        asked = frame[frame["RDOMAIN"].notna() & frame["USUBJID"].notna()]
        for (domain, variable), part in asked.groupby(["RDOMAIN", "IDVAR"], dropna=False, sort=True):
            yield from _broken(dataset, "IDVARVAL", part, ~_there(frames.get(str(domain)), variable, part))


def _there(parent: pd.DataFrame | None, variable: Any, part: pd.DataFrame) -> np.ndarray:
    if parent is None or (pd.notna(variable) and variable not in parent):
        return np.zeros(len(part), dtype=bool)
    if pd.isna(variable):
        return part["USUBJID"].isin(parent["USUBJID"]).to_numpy()
    known = [parent["USUBJID"], _text(parent[str(variable)])]
    return order.among([part["USUBJID"], part["IDVARVAL"]], known) >= 0


def _text(value: pd.Series) -> pd.Series:
    """A value as IDVARVAL writes it: a whole number without a point."""
    if value.dtype != "float64":
        return value
    return dates.each(value, lambda n: np.format_float_positional(n, trim="-"))


def several(study: Study, frames: Frames, *, of: str, by: str) -> Broken:
    """A relation of a subject has at least two records."""
    if of in frames:
        frame = frames[of][frames[of]["USUBJID"].notna()]
        yield from _broken(of, by, frame, frame.groupby(["USUBJID", by])[by].transform("size").lt(2))
