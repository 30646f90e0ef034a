"""The shapes of rules over a block of subjects. `--` in a name stands for the dataset; a rule is silent where
its variables are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.records import dates
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.records.lookup import (
    first_day_of_each,
    has_value,
    is_among,
    is_one_of,
    last_day_of_each,
    meets,
    place_of_subject,
)
from pipeline.study import Study

Frames = Mapping[str, pd.DataFrame]
Broken = Iterator[tuple[str, str, pd.DataFrame]]  # dataset, variable, the records that break the rule
Conditions = Mapping[str, str | Sequence[str]]  # variable: present, absent, a value, or one of several
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


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
    if wanted == "absent":
        return ~has_value(frame[variable])
    if wanted == "present":
        return has_value(frame[variable])
    return is_one_of(frame[variable], [wanted] if isinstance(wanted, str) else wanted)


def _all(frame: pd.DataFrame, dataset: str, conditions: Conditions) -> np.ndarray:
    met = np.full(len(frame), True)
    for pattern, wanted in conditions.items():
        met &= _meets(frame, _named(pattern, dataset), wanted)
    return met


def _broken(dataset: str, variable: str, records: pd.DataFrame, wrong: pd.Series | np.ndarray) -> Broken:
    """The records that are wrong; none is taken out of a frame where none is."""
    if wrong.any():
        yield dataset, variable, records[wrong]


# --- one record
def implies(
    study: Study,
    frames: Frames,
    *,
    of: Sequence[str] = (),
    when: Conditions,
    then: Conditions,
    some: bool = False,
) -> Broken:
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
        if left in frame and right in frame:
            yield from _broken(
                dataset,
                right,
                frame,
                frame[left].notna() & frame[right].notna() & frame[left].ne(frame[right]),
            )


def numeric(study: Study, frames: Frames, *, text: str, number: str) -> Broken:
    """A text that reads as a number has that number beside it."""
    for dataset, frame in _each(study, frames, ()):
        names = _named(text, dataset), _named(number, dataset)
        if names[0] in frame and names[1] in frame:
            alone = ~has_value(frame[names[1]])
            if alone.any():
                yield from _broken(
                    dataset, names[1], frame, alone & meets(frame[names[0]], _NUMBER.fullmatch)
                )


def in_order(study: Study, frames: Frames, *, pairs: Sequence[tuple[str, str]]) -> Broken:
    """A later date is not before an earlier one; a partial date means each of its days, times count where
    both have one.
    """
    for dataset, frame in _each(study, frames, ()):
        for pattern, other in pairs:
            start, end = _named(pattern, dataset), _named(other, dataset)
            if start in frame and end in frame:
                earlier = dates.last_day(frame[end]).to_numpy() < dates.first_day(frame[start]).to_numpy()
                timed = meets(frame[start], lambda t: len(t) >= 16) & meets(
                    frame[end], lambda t: len(t) >= 16
                )
                if timed.any():
                    earlier |= timed & frame[end].lt(frame[start]).to_numpy()
                yield from _broken(dataset, end, frame, earlier)


def by_cut_off(study: Study, frames: Frames) -> Broken:
    """No date lies after the cut-off of the data. As text a partial date sorts before the days it contains,
    so it is told by its first.
    """
    limit = study.protocol.cutoff.isoformat()
    for dataset, frame in _each(study, frames, ()):
        spec = study.datasets.get(dataset)
        for variable, v in spec.variables.items() if spec else ():
            if v.type == "iso" and variable in frame:
                yield from _broken(dataset, variable, frame, meets(frame[variable], lambda t: t[:10] > limit))


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


# --- beside the plan
def planned(
    study: Study,
    frames: Frames,
    *,
    variable: str,
    among: str,
    of: Sequence[str] = (),
    when: Conditions | None = None,
) -> Broken:
    """A value is one that specs/study.yaml plans; a study that plans none of the kind is not asked."""
    known = _plan(study)[among]
    for dataset, frame in _each(study, frames, of) if known else ():
        if variable in frame:
            unplanned = meets(frame[variable], lambda v: v not in known)
            if unplanned.any():
                yield from _broken(dataset, variable, frame, unplanned & _all(frame, dataset, when or {}))


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


# --- records of one subject
def subject_known(study: Study, frames: Frames, *, parent: str) -> Broken:
    """A subject with any record is in DM."""
    known = set(frames[parent]["USUBJID"]) if parent in frames else set()
    for dataset, frame in _each(study, frames, ()):
        if dataset != parent and parent in frames and "USUBJID" in frame:
            yield from _broken(dataset, "USUBJID", frame, meets(frame["USUBJID"], lambda s: s not in known))


def accompanied(
    study: Study, frames: Frames, *, of: str, when: Conditions, by: str, where: Conditions
) -> Broken:
    """A record that meets a condition goes with a record of the same subject in another dataset."""
    if of in frames and by in frames:
        met = _all(frames[of], of, when)
        if met.any():
            subjects = set(frames[by]["USUBJID"].array[_all(frames[by], by, where)])
            yield from _broken(
                of, next(iter(when)), frames[of], met & ~is_one_of(frames[of]["USUBJID"], subjects)
            )


def extreme(
    study: Study,
    frames: Frames,
    *,
    variable: str,
    of: Sequence[str],
    last: bool,
    where: Conditions | None = None,
) -> Broken:
    """A date of DM is the first or the last day among dates of another dataset, as far as both are complete."""
    dataset = of[0].partition(".")[0]
    if dataset not in frames or variable not in frames.get("DM", ()):
        return
    source, dm = frames[dataset], frames["DM"]
    asked = _all(source, dataset, where or {})
    place = place_of_subject(source["USUBJID"], dm)[asked]
    days = [
        dates.day(source[c]).to_numpy()[asked] for c in (name.partition(".")[2] for name in of) if c in source
    ]
    day_of_each = last_day_of_each if last else first_day_of_each
    due = day_of_each(np.tile(place, len(days)), np.concatenate(days), len(dm))
    told, hers = dates.day(dm[variable]).to_numpy(), due[place_of_subject(dm["USUBJID"], dm)]
    yield from _broken("DM", variable, dm, ~np.isnat(hers) & (told != hers))


def beside_subject(
    study: Study,
    frames: Frames,
    *,
    of: Sequence[str],
    date: str,
    limit: str,
    side: str,
    when: Conditions | None = None,
) -> Broken:
    """A date is not before, not after, or the same as a date of DM."""
    if limit not in frames.get("DM", ()):
        return
    first, last = (
        np.append(day(frames["DM"][limit]), np.datetime64("NaT")) for day in (dates.first_day, dates.last_day)
    )
    for dataset, frame in _each(study, frames, of):
        name = _named(date, dataset)
        met = _all(frame, dataset, when or {}) if name in frame else np.array(())
        if not met.any():
            continue
        place = place_of_subject(frame["USUBJID"], frames["DM"])
        early = dates.last_day(frame[name]).to_numpy() < first[place]
        late = dates.first_day(frame[name]).to_numpy() > last[place]
        yield from _broken(
            dataset, name, frame, met & {"not before": early, "not after": late, "same": early | late}[side]
        )


def adjoining(study: Study, frames: Frames, *, of: str, start: str, end: str) -> Broken:
    """Each record of a subject ends when the next begins; only the last may have no end."""
    if of in frames:
        frame = frames[of].sort_values(["USUBJID", start], kind="stable")
        following = frame.groupby("USUBJID")[start].shift(-1)
        yield from _broken(of, end, frame, following.notna() & ~frame[end].eq(following))


def visited(study: Study, frames: Frames, *, visit: str, of: str) -> Broken:
    """A visit of a record is a visit of the subject."""
    if of not in frames:
        return
    known = [frames[of][c] for c in ("USUBJID", visit)]
    for dataset, frame in _each(study, frames, ()):
        if dataset != of and "USUBJID" in frame and visit in frame:
            held = is_among([frame[c] for c in ("USUBJID", visit)], known)
            yield from _broken(dataset, visit, frame, has_value(frame[visit]) & ~held)


# --- one record refers to another
def refers(study: Study, frames: Frames, *, of: str) -> Broken:
    """The record that RDOMAIN, USUBJID, IDVAR and IDVARVAL name is there."""
    for dataset, frame in frames.items():
        if not dataset.startswith(of) or any(
            c not in frame for c in ("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL")
        ):
            continue
        (domains, parents), (variables, names) = (codes_and_values(frame[c]) for c in ("RDOMAIN", "IDVAR"))
        asked = (domains >= 0) & has_value(frame["USUBJID"])
        wrong = np.full(len(frame), False)
        for domain, variable in set(zip(domains[asked].tolist(), variables[asked].tolist(), strict=True)):
            at = asked & (domains == domain) & (variables == variable)
            wrong[at] = ~_there(
                frames.get(parents[domain]), names[variable] if variable >= 0 else None, frame
            )[at]
        yield from _broken(dataset, "IDVARVAL", frame, wrong)


def _there(parent: pd.DataFrame | None, variable: str | None, frame: pd.DataFrame) -> np.ndarray:
    """Which records name one of the parent by this variable, or without one its subject."""
    if parent is None or (variable is not None and variable not in parent):
        return np.full(len(frame), False)
    if variable is None:
        return is_among([frame["USUBJID"]], [parent["USUBJID"]])
    known = [parent["USUBJID"], _text(parent[variable])]
    return is_among([frame["USUBJID"], frame["IDVARVAL"]], known)


def _text(value: pd.Series) -> pd.Series:
    """The values as IDVARVAL writes them: a whole number without a point."""
    if value.dtype != "float64":
        return value
    return map_distinct(value, lambda number: np.format_float_positional(number, trim="-"))


def several(study: Study, frames: Frames, *, of: str, by: str) -> Broken:
    """A relation of a subject has at least two records."""
    if of in frames:
        frame = frames[of][frames[of]["USUBJID"].notna()]
        yield from _broken(of, by, frame, frame.groupby(["USUBJID", by])[by].transform("size").lt(2))
