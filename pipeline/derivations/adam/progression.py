"""Progression-free survival by conventions that are data in the mapping: which event counts, what takes it
away, what its date is.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.derivations.adam.tte import Named, candidates, described, population
from pipeline.records import dates
from pipeline.study.models import Convention, TimeToEvent, Visit

EARLY = 2  # a death within this many planned assessments needs no assessment to be an event
NEVER = 10**6  # a day after all others
NOWHERE = -1  # no record
LAST = "LAST ADEQUATE ASSESSMENT"

Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


def progression_free(
    parameter: TimeToEvent,
    named: Named,
    censoring: Mapping[int, str],
    visits: tuple[Visit, ...],
    cutoff: datetime.date,
    **sources: pd.DataFrame,
) -> pd.DataFrame:
    """One record for each participant: the first of progression and death, unless the convention's rules,
    taken in order, say otherwise.

    (1) What lies after the cut-off is left out. (2) The event is the earliest of those listed; on one date
    the first listed. (3) Without baseline, or without adequate assessment after it and without documented
    progression, a participant is censored where time begins, unless she died within the first two planned
    windows: then death is the event. (4) A new anticancer therapy on or before the event, or without one,
    censors at the last adequate assessment on or before it (or before it: the convention says which). (5) An
    event with two or more planned windows wholly between it and the last adequate assessment before it is
    censored there, where the convention says so. (6) Else the event stands; by the convention at its date, or
    where that is in no planned window, on the day of the next planned visit, never after death or the
    cut-off. (7) Without event the last adequate assessment censors; the reason is the first true of: lost or
    withdrawn, treatment stopped without documented progression, ongoing without event, data cut-off.

    An event without any date is not a censoring: its record has no date, and the schema refuses it.

    Takes     the parameter with its convention; the sources it names; the texts of CNSR; planned visits; the
              cut-off; by name the datasets that it draws on.
    Returns   as `time_to_event`.
    Source    specs/study.yaml, parameters; FDA, Clinical Trial Endpoints for the Approval of Cancer Drugs and
              Biologics 2007, appendix 3.
    """
    pool, begun, case = case_of(parameter, named, visits, cutoff, sources)
    return described(parameter, _records(pool, case.pool, case.decided(), censoring), begun["ADT"])


def case_of(
    parameter: TimeToEvent,
    named: Named,
    visits: tuple[Visit, ...],
    cutoff: datetime.date,
    sources: Mapping[str, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame, Case]:
    """All candidate records, the records with which time begins, and the case that they make."""
    convention = parameter.convention
    if convention is None:
        raise TypeError(f"{parameter.code} has no convention")
    people, begun = population(parameter, named, sources)
    names = tuple(dict.fromkeys([*parameter.events, *convention.roles]))
    pool = pd.concat(
        [candidates(names, named, sources), begun.reset_index().assign(kind="start")], ignore_index=True
    )
    held = _Pool.of(pool, begun.index)
    begins = str(begun["EVNTDESC"].iloc[0]) if len(begun) else ""
    return (
        pool,
        begun,
        Case(
            convention,
            parameter.events,
            held,
            _days(people["ANCH1DT"]),
            _Schedule.of(visits),
            _day(cutoff),
            begins,
        ),
    )


def _days(date: pd.Series) -> Integers:
    """Days since 1970; NEVER where there is none."""
    found = date.to_numpy(dates.DAY)
    return np.where(np.isnat(found), NEVER, found.astype("datetime64[D]").astype(np.int64))


def _day(date: datetime.date) -> int:
    return int(np.datetime64(date, "D").astype(np.int64))


@dataclass(frozen=True)
class _Schedule:
    """Planned assessments after baseline, in days from the day on which planning begins: first, planned and
    last day of each.
    """

    opens: Integers
    due: Integers
    closes: Integers

    @staticmethod
    def of(visits: tuple[Visit, ...]) -> _Schedule:
        planned = sorted(
            (v.day - 1, v.before, v.after) for v in visits if v.scan and v.day is not None and v.day > 1
        )
        due, before, after = np.array(planned, dtype="int64").reshape(-1, 3).T
        return _Schedule(due - before, due, due + after)

    def missed(self, since: Integers, until: Integers) -> Integers:
        """How many windows lie wholly between two days."""
        return np.asarray(((self.opens > since[:, None]) & (self.closes < until[:, None])).sum(axis=1))

    def next_due(self, day: Integers) -> Integers:
        """The day itself where it lies in a window, else that of the next planned assessment; the day itself
        after the last one.
        """
        inside = ((self.opens <= day[:, None]) & (day[:, None] <= self.closes)).any(axis=1)
        place = np.searchsorted(self.due, day)
        return np.where(inside | (place == len(self.due)), day, np.append(self.due, NEVER)[place])

    def early(self) -> int:
        """The last day on which a death needs no assessment."""
        return int(self.closes[EARLY - 1]) if len(self.closes) >= EARLY else NOWHERE


@dataclass(frozen=True)
class _Pool:
    """The records of all sources as arrays: participant, day, source; in the order in which they are
    preferred on one day.
    """

    who: Integers
    day: Integers
    kind: np.ndarray
    row: Integers  # position in the frame
    people: int

    @staticmethod
    def of(pool: pd.DataFrame, people: pd.Index) -> _Pool:
        who = people.get_indexer(pd.Index(pool["USUBJID"]))
        form, record = (pd.factorize(pool[k], sort=True)[0] for k in ("form", "record"))
        row = np.lexsort((record, form, pool["rank"].to_numpy(), who))
        row = row[who[row] >= 0]
        return _Pool(
            who[row].astype(np.int64),
            _days(pool["ADT"])[row],
            pool["kind"].to_numpy(object)[row],
            row.astype(np.int64),
            len(people),
        )

    def of_kind(self, *kinds: str) -> Flags:
        return np.isin(self.kind, kinds)

    def first(self, which: Flags) -> Integers:
        """Of each participant the place of the earliest of the records chosen, on one day of the preferred
        one.
        """
        places = np.flatnonzero(which)
        places = places[np.lexsort((self.day[places], self.who[places]))]
        found = np.full(self.people, NOWHERE)
        found[self.who[places][::-1]] = places[::-1]
        return found

    def last(self, which: Flags) -> Integers:
        """Of each participant the place of the latest of the records chosen."""
        places = np.flatnonzero(which)
        places = places[np.lexsort((self.day[places], self.who[places]))]
        found = np.full(self.people, NOWHERE)
        found[self.who[places]] = places
        return found

    def days(self, places: Integers) -> Integers:
        return np.where(places == NOWHERE, NEVER, self.day[places])

    def some(self, which: Flags) -> Flags:
        """Which participants have one of the records chosen."""
        return np.bincount(self.who[which], minlength=self.people) > 0


@dataclass
class _Decision:
    """What is decided of each participant. What is put later has the last word."""

    place: Integers  # of the record in the pool
    day: Integers
    code: Integers  # CNSR
    told: np.ndarray  # what is said of the day
    rule: np.ndarray

    @staticmethod
    def open(people: int) -> _Decision:
        whole, texts = np.full(people, NOWHERE), np.full(people, None, dtype=object)
        return _Decision(whole, whole, whole, texts, texts)

    def put(self, holds: Flags, **decided: Any) -> None:
        for name, value in decided.items():
            setattr(self, name, np.where(holds, value, getattr(self, name)))


@dataclass(frozen=True)
class Case:
    """The participants of one parameter under one convention."""

    convention: Convention
    events: tuple[str, ...]
    pool: _Pool
    anchor: Integers  # the day from which each participant's assessments are planned
    schedule: _Schedule
    cutoff: int
    begins: str  # what the record is with which time begins

    def decided(self) -> _Decision:
        """The plan's rules from the last to the first, so that the first that holds has the last word."""
        pool = self.pool
        event, death = self.earliest(*self.events), self.earliest("death")
        decision = _Decision.open(pool.people)
        self.without_event(decision)
        self.event(decision, event, death)
        self.gap(decision, event)
        self.therapy(decision, event)
        self.unassessed(decision, event, death)
        undated = pool.first(pool.of_kind(*self.events) & (pool.day == NEVER))
        self.stands(decision, undated != NOWHERE, undated, "2 EVENT WITHOUT DATE")
        return decision

    # --- rules
    def without_event(self, decision: _Decision) -> None:
        """Rule 7."""
        pool = self.pool
        late = (pool.day > self.cutoff) & (pool.day != NEVER) & pool.of_kind("adequate", *self.events)
        reasons = [pool.some(pool.of_kind("lost")), pool.some(pool.of_kind("stopped")), pool.some(late)]
        everybody = np.full(pool.people, True)
        last = self.latest(np.full(pool.people, NEVER), on=everybody)
        self.censored(decision, everybody, last, (np.select(reasons, [5, 6, 9], 1), LAST, "7 NO EVENT"))

    def event(self, decision: _Decision, event: Integers, death: Integers) -> None:
        """Rule 6."""
        pool, day = self.pool, self.pool.days(event)
        self.stands(decision, event != NOWHERE, event, "6 EVENT")
        if self.convention.dated == "scheduled visit":
            due = np.minimum(
                self.anchor + self.schedule.next_due(day - self.anchor),
                np.minimum(pool.days(death), self.cutoff),
            )
            moved = (event != NOWHERE) & (pool.kind[event] != "death") & (due != day)
            decision.put(moved, day=due, told="NEXT SCHEDULED VISIT")

    def gap(self, decision: _Decision, event: Integers) -> None:
        """Rule 5."""
        missed = self.convention.missed
        if missed is None:
            return
        before, windows = self.missed(event)
        holds = (
            (event != NOWHERE) & (windows >= missed.windows) & np.isin(self.pool.kind[event], missed.before)
        )
        self.censored(
            decision, holds, before, (4, f"{LAST} BEFORE MISSED ASSESSMENTS", "5 MISSED ASSESSMENTS")
        )

    def therapy(self, decision: _Decision, event: Integers) -> None:
        """Rule 4."""
        if self.convention.therapy is None:
            return
        begun, before = self.begun()
        holds = (begun != NEVER) & (begun <= self.pool.days(event))
        self.censored(decision, holds, before, (3, f"{LAST} BEFORE NEW THERAPY", "4 NEW ANTICANCER THERAPY"))

    def unassessed(self, decision: _Decision, event: Integers, death: Integers) -> None:
        """Rule 3; events as observed ask for a baseline only, where there is an event."""
        pool = self.pool
        told = (event != NOWHERE) & ((pool.kind[event] != "death") | (self.convention.missed is None))
        seen = pool.some(pool.of_kind("adequate") & (pool.day <= self.cutoff))
        without = ~(pool.some(pool.of_kind("baseline")) & (told | seen))
        self.censored(
            decision, without, pool.first(pool.of_kind("start")), (2, "", "3 NO BASELINE OR ASSESSMENT")
        )
        early = without & (pool.days(death) - self.anchor <= self.schedule.early())
        self.stands(decision, early, death, "3 EARLY DEATH")

    # --- what the rules ask
    def earliest(self, *kinds: str) -> Integers:
        """The first record of these kinds up to the cut-off."""
        return self.pool.first(self.pool.of_kind(*kinds) & (self.pool.day <= self.cutoff))

    def missed(self, event: Integers) -> tuple[Integers, Integers]:
        """The last adequate assessment before the event, or on the day of a death, and how many planned
        windows lie between.
        """
        day = self.pool.days(event)
        before = self.latest(day, on=self.pool.kind[event] == "death")
        return before, self.schedule.missed(self.pool.days(before) - self.anchor, day - self.anchor)

    def begun(self) -> tuple[Integers, Integers]:
        """The day of the new therapy, and the last adequate assessment that it leaves."""
        day = self.pool.days(self.earliest("therapy"))
        return day, self.latest(day, on=np.full(self.pool.people, self.convention.therapy == "on or before"))

    # --- records
    def latest(self, until: Integers, on: Flags) -> Integers:
        """The last adequate assessment of each participant before a day (or `on` it), not before her time
        begins; else that beginning.
        """
        pool = self.pool
        in_time = (pool.day < until[pool.who]) | ((pool.day == until[pool.who]) & on[pool.who])
        found = pool.last(pool.of_kind("adequate") & in_time & (pool.day <= self.cutoff))
        start = pool.first(pool.of_kind("start"))
        return np.where((found != NOWHERE) & (pool.days(found) >= pool.days(start)), found, start)

    def censored(
        self, decision: _Decision, holds: Flags, place: Integers, said: tuple[Integers | int, str, str]
    ) -> None:
        """Censored at the place: CNSR, what the day is, the rule; a record with which time begins says itself
        what it is.
        """
        code, told, rule = said
        told_of = np.where(self.pool.kind[place] == "start", self.begins, told)
        decision.put(
            holds,
            place=place,
            day=self.pool.days(place),
            code=code,
            told=told_of,
            rule=self.convention.id + rule,
        )

    def stands(self, decision: _Decision, holds: Flags, place: Integers, rule: str) -> None:
        """The event at the place."""
        decision.put(
            holds, place=place, day=self.pool.days(place), code=0, told=None, rule=self.convention.id + rule
        )


def _records(
    pool: pd.DataFrame, case: _Pool, decision: _Decision, censoring: Mapping[int, str]
) -> pd.DataFrame:
    """The records that decide, with what was decided."""
    row = case.row[decision.place]
    known = decision.day != NEVER
    day = np.where(known, np.where(known, decision.day, 0).astype("datetime64[D]"), np.datetime64("NaT"))
    codes, at = np.unique(decision.code, return_inverse=True)
    reasons = pd.Series([censoring.get(int(code)) for code in codes], dtype="str")
    decided = {
        "ADT": day.astype(dates.DAY),
        "CNSR": decision.code.astype("float64"),
        "EVNTDESC": (
            pd.concat([pool["EVNTDESC"], reasons]).array.take(
                np.where(decision.code == 0, row, len(pool) + at)
            )
        ),
        "CNSDTDSC": pd.array(decision.told, dtype="str"),
        "RULE": pd.array(decision.rule, dtype="str"),
    }
    return pd.DataFrame({**{str(c): pool[c].array.take(row) for c in pool if c not in decided}, **decided})
