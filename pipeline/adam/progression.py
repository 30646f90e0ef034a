"""Progression-free survival by conventions that are data in the mapping: which event counts, what takes it away, what its date is."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.adam.tte import Named, candidates, described, first, last, population
from pipeline.study.models import Convention, TimeToEvent, Visit

EARLY = 2  # a death within this many planned assessments needs no assessment to be an event


def progression_free(
    parameter: TimeToEvent,
    named: Named,
    censoring: Mapping[int, str],
    visits: tuple[Visit, ...],
    cutoff: datetime.date,
    **sources: pd.DataFrame,
) -> pd.DataFrame:
    """One record for each participant: the first of progression and death, unless the convention's rules, taken in order, say otherwise.

    (1) What lies after the cut-off is left out. (2) The event is the earliest of those listed; on one date the first listed. (3) Without
    baseline, or without adequate assessment after it and without documented progression, a participant is censored where time begins,
    unless she
    died within the first two planned windows: then death is the event. (4) A new anticancer therapy on or before the event, or without one,
    censors at the last adequate assessment on or before it (or before it: the convention says which). (5) An event with two or more planned
    windows wholly between it and the last adequate assessment before it is censored there, where the convention says so. (6) Else the event
    stands; by the convention at its date, or where that is in no planned window, on the day of the next planned visit, never after death
    or the cut-off. (7) Without event the last adequate assessment censors; the reason is the first true of: lost or withdrawn, treatment
    stopped without documented progression, ongoing without event, data cut-off.

    An event without any date is not a censoring: its record has no date, and the schema refuses it.

    Takes     the parameter with its convention; the sources it names; the texts of CNSR; planned visits; the cut-off; by name the datasets
              that it draws on.
    Returns   as `time_to_event`.
    Source    specs/study.yaml, parameters; FDA, Clinical Trial Endpoints for the Approval of Cancer Drugs and Biologics 2007, appendix 3.
    """
    convention = parameter.convention
    if convention is None:
        raise TypeError(f"{parameter.code} has no convention")
    people, begun = population(parameter, named, sources)
    anchor = people.set_index("USUBJID")["ANCH1DT"]
    case = _Case(convention, named, censoring, begun, anchor, np.datetime64(cutoff, "s"), _Schedule.of(visits))
    return described(parameter, case.decided(parameter.events, sources), begun["ADT"])


@dataclass(frozen=True)
class _Schedule:
    """Planned assessments after baseline, in days from the start: first, planned and last day of each."""

    opens: np.ndarray
    due: np.ndarray
    closes: np.ndarray

    @staticmethod
    def of(visits: tuple[Visit, ...]) -> _Schedule:
        planned = sorted((v.day - 1, v.before, v.after) for v in visits if v.scan and v.day is not None and v.day > 1)
        due, before, after = (np.array(c, dtype="int64") for c in zip(*planned, strict=True)) if planned else 3 * (np.array([], "int64"),)
        return _Schedule(due - before, due, due + after)

    def missed(self, since: np.ndarray, until: np.ndarray) -> np.ndarray:
        """How many windows lie wholly between two days."""
        return np.asarray(((self.opens > since[:, None]) & (self.closes < until[:, None])).sum(axis=1))

    def next_due(self, day: np.ndarray) -> np.ndarray:
        """The day itself where it lies in a window, else that of the next planned assessment; the day itself after the last one."""
        inside = ((self.opens <= day[:, None]) & (day[:, None] <= self.closes)).any(axis=1)
        place = np.searchsorted(self.due, day)
        later = np.append(self.due, np.iinfo("int64").max)[place]
        return np.where(inside | (place == len(self.due)), day, later)


@dataclass(frozen=True)
class _Case:
    """The participants of one parameter under one convention."""

    convention: Convention
    named: Named
    censoring: Mapping[int, str]
    begun: pd.DataFrame  # the record with which each participant's time begins
    anchor: pd.Series  # the day from which each participant's assessments are planned
    cutoff: np.datetime64
    schedule: _Schedule

    def decided(self, events: tuple[str, ...], sources: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """The record of each participant: the rules in reverse order, so that the first that holds has the last word."""
        found = candidates(events, self.named, sources)
        undated = self.beside(found[found["ADT"].isna()].drop_duplicates("USUBJID"))
        event = self.beside(first(self.cut(found)))
        death = self.beside(first(self.cut(candidates(["death"], self.named, sources))))
        assessed = candidates(["adequate"], self.named, sources)
        adequate = self.cut(assessed)
        late = pd.concat([f.loc[f["ADT"].gt(self.cutoff), "USUBJID"] for f in (found, assessed)])
        happened = event["ADT"].notna()

        chosen = self.censored(self.latest(adequate, None), self.reason(late, sources), "LAST ADEQUATE ASSESSMENT", "7 NO EVENT")
        chosen = _where(happened, self.standing(event, death), chosen)
        chosen = self.without_gap(chosen, event, adequate)
        chosen = self.before_therapy(chosen, event, adequate, sources)
        without = self.unassessed(event, adequate, sources)
        early = without & (self.days(death["ADT"]) <= self.limit())
        chosen = _where(without, self.censored(self.at_start(), 2, "", "3 NO BASELINE OR ASSESSMENT"), chosen)
        chosen = _where(early, self.ruled(death, "3 EARLY DEATH"), chosen)
        return _where(undated["SRCDOM"].notna(), self.ruled(undated, "2 EVENT WITHOUT DATE"), chosen).reset_index()

    # --- rules -----------------------------------------------------------------------------------------------------------------
    def standing(self, event: pd.DataFrame, death: pd.DataFrame) -> pd.DataFrame:
        """Rule 6."""
        if self.convention.dated == "scan":
            return self.ruled(event, "6 EVENT")
        moved = event["ADT"].notna() & event["kind"].ne("death")
        due = self.anchor + pd.to_timedelta(
            pd.Series(self.schedule.next_due(self.days(event["ADT"])), index=event.index).where(moved), unit="D"
        )
        limit = death["ADT"].where(death["ADT"].notna(), pd.Timestamp(self.cutoff))
        date = event["ADT"].where(~moved, due.where(due < limit, limit)).astype(dates.DAY)
        told = event["CNSDTDSC"].mask(moved & date.ne(event["ADT"]), "NEXT SCHEDULED VISIT")
        return self.ruled(event.assign(ADT=date, CNSDTDSC=told), "6 EVENT")

    def without_gap(self, chosen: pd.DataFrame, event: pd.DataFrame, adequate: pd.DataFrame) -> pd.DataFrame:
        """Rule 5."""
        missed = self.convention.missed
        if missed is None:
            return chosen
        before = self.latest(adequate, event["ADT"], on=event["kind"].eq("death"))
        gap = self.schedule.missed(self.days(before["ADT"]), self.days(event["ADT"])) >= missed.windows
        holds = pd.Series(gap, index=event.index) & event["ADT"].notna() & event["kind"].isin(missed.before)
        return _where(holds, self.censored(before, 4, "LAST ADEQUATE ASSESSMENT BEFORE MISSED ASSESSMENTS", "5 MISSED ASSESSMENTS"), chosen)

    def before_therapy(
        self, chosen: pd.DataFrame, event: pd.DataFrame, adequate: pd.DataFrame, sources: Mapping[str, pd.DataFrame]
    ) -> pd.DataFrame:
        """Rule 4."""
        if self.convention.therapy is None:
            return chosen
        therapy = self.beside(first(self.cut(candidates(["therapy"], self.named, sources))))["ADT"]
        holds = therapy.notna() & (event["ADT"].isna() | (therapy <= event["ADT"]))
        on = pd.Series(self.convention.therapy == "on or before", index=therapy.index)
        before = self.latest(adequate, therapy, on=on)
        return _where(holds, self.censored(before, 3, "LAST ADEQUATE ASSESSMENT BEFORE NEW THERAPY", "4 NEW ANTICANCER THERAPY"), chosen)

    def unassessed(self, event: pd.DataFrame, adequate: pd.DataFrame, sources: Mapping[str, pd.DataFrame]) -> pd.Series:
        """The first half of rule 3; events as observed ask for a baseline only, where there is an event."""
        baseline = event.index.isin(candidates(["baseline"], self.named, sources)["USUBJID"])
        seen = event.index.isin(adequate["USUBJID"])
        told = event["ADT"].notna() & (event["kind"].ne("death") if self.convention.missed else True)
        return ~((told | seen) & baseline)

    def reason(self, late: pd.Series, sources: Mapping[str, pd.DataFrame]) -> pd.Series:
        """The reasons of rule 7, the last first."""
        code = pd.Series(1.0, index=self.begun.index).mask(self.begun.index.isin(late), 9.0)
        for role, reason in (("stopped", 6.0), ("lost", 5.0)):
            code = code.mask(code.index.isin(candidates([role], self.named, sources)["USUBJID"]), reason)
        return code

    # --- records ---------------------------------------------------------------------------------------------------------------
    def beside(self, rows: pd.DataFrame) -> pd.DataFrame:
        """One record a participant, missing where she has none."""
        return rows.set_index("USUBJID").reindex(self.begun.index)

    def cut(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rule 1."""
        return rows[rows["ADT"].le(self.cutoff)]

    def days(self, date: pd.Series) -> np.ndarray:
        """Days since assessments are planned from; of a missing date more than any."""
        gone = (date - self.anchor).dt.days
        return np.asarray(gone.fillna(10**6).astype("int64"))

    def limit(self) -> int:
        return int(self.schedule.closes[EARLY - 1]) if len(self.schedule.closes) >= EARLY else -1

    def at_start(self) -> pd.DataFrame:
        """The record with which time begins, to be censored at; what it describes is then said of the date."""
        return self.begun.assign(CNSDTDSC=self.begun["EVNTDESC"], kind=pd.Series("start", index=self.begun.index, dtype="str"))

    def latest(self, adequate: pd.DataFrame, until: pd.Series | None, on: pd.Series | None = None) -> pd.DataFrame:
        """The last adequate assessment of each participant, before a day (or `on` it where told); the start where there is none."""
        if until is not None and on is not None:
            limit, same = (of.reindex(adequate["USUBJID"]).set_axis(adequate.index) for of in (until, on))
            adequate = adequate[adequate["ADT"].lt(limit) | (adequate["ADT"].eq(limit) & same.eq(True))]
        found = self.beside(last(adequate))
        return _where(found["ADT"].ge(self.begun["ADT"]), found, self.at_start())

    def censored(self, rows: pd.DataFrame, code: pd.Series | int, described_as: str, rule: str) -> pd.DataFrame:
        """The rows as censorings with the reason; a record at the start says what that is."""
        codes = pd.Series(code, index=rows.index, dtype="float64") if isinstance(code, int) else code
        reasons = codes.map({float(k): v for k, v in self.censoring.items()}).astype("str")
        told = rows["CNSDTDSC"].where(rows["kind"].eq("start"), described_as)
        return self.ruled(rows.assign(CNSR=codes, EVNTDESC=reasons, CNSDTDSC=told), rule)

    def ruled(self, rows: pd.DataFrame, rule: str) -> pd.DataFrame:
        return rows.assign(RULE=pd.Series(f"{self.convention.id}{rule}", index=rows.index, dtype="str"))


def _where(holds: pd.Series, these: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Record by record, these where it holds, else the others."""
    return pd.DataFrame({c: these[c].where(holds, others[c]) for c in others})
