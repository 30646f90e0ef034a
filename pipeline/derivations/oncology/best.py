"""Best overall response, unconfirmed and confirmed, from the responses of each assessment, whoever gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.lesions import Flags, Integers
from pipeline.errors import PipelineError
from pipeline.records import dates
from pipeline.records.distinct import codes_and_values

RANKED: Final = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")  # from best to worst
CR, PR, SD, NON, PD, NE = range(6)
NOWHERE: Final = -1
NEVER: Final = np.iinfo(np.int32).max  # a day after all others


@dataclass(frozen=True)
class Best:
    """The parameters of best response, and every choice that its sources leave open.

    minimum_sd_days             SD and NON-CR/NON-PD count from so many days after the reference date; so does
    a CR or PR counted as SD. confirm_days                least days between the two responses of a pair; no
    day is added. max_ne_between              NE allowed between them (admiralonco; not in RECIST).
    before_new_therapy          what comes after the start of new anticancer therapy does not count.
    on_therapy_start            an assessment on the day of the start counts. cr_then_pr                  how
    a PR after a CR is read in the confirmed response until its query is answered. PD: the CR was true, so any
    disease after it is progression. PR: the CR was none, and becomes PR. AS REPORTED: as it stands.
    disease_after_early_cr_is_pd a CR followed by SD (or NON-CR/NON-PD), nothing of the minimum duration: PD,
    though no PD was reported (RECIST 1.1, table 3); if false, NE. pr_then_sd_needs_minimum    a PR followed
    by SD is SD only if one of them meets the minimum duration (admiralonco); if false, always (RECIST 1.1,
    table 3, states no condition). without_assessment          the response of a participant without any
    assessment that counts.
    """

    minimum_sd_days: int = 35
    confirm_days: int = 28
    max_ne_between: int = 1
    before_new_therapy: bool = True
    on_therapy_start: bool = True
    cr_then_pr: Literal["PD", "PR", "AS REPORTED"] = "PD"
    disease_after_early_cr_is_pd: bool = True
    pr_then_sd_needs_minimum: bool = True
    without_assessment: str | None = "NE"


@dataclass(frozen=True)
class _Counted:
    """The responses that count, in order of participant and date."""

    who: Integers
    day: Integers
    response: Integers
    row: Integers  # position in the frame given
    lasting: Flags  # meets the minimum duration

    def only(self, which: Flags | Integers) -> _Counted:
        return _Counted(
            self.who[which], self.day[which], self.response[which], self.row[which], self.lasting[which]
        )


def best_response(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> pd.DataFrame:
    """Best overall response of each participant up to and including the first PD, unconfirmed and confirmed.

    Of two responses on one day, one of them PD, the PD stands. A record without response is no assessment.

    Takes     USUBJID, date, response, in any order; one record a participant: USUBJID, reference (date),
              new_therapy (date or missing).
    Returns   one record a participant in the order given: USUBJID; bor, bor_date, bor_row; cbor, cbor_date,
              cbor_row; confirmed_date, confirmed_row (the second of a pair); query, query_row (a PR after a
              CR). A row is a position in `assessed`; the date of a confirmed response is the first of its
              pair.
    Raises    PipelineError for a response that is unknown or has no date, and for a participant given twice.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3, 4.4.4, table 3.
    """
    counted = _until_progression(_in_order(assessed, subjects, rules))
    found = _first_of_best(counted, _unconfirmed(counted), len(subjects))
    asked = _pr_after_cr(counted)
    read = _as_read(counted, asked, rules)
    partner = _confirmed_by(read, rules)
    sure = _first_of_best(read, _confirmed(read, partner, rules), len(subjects))
    return pd.DataFrame(
        {
            "USUBJID": subjects["USUBJID"].astype("str").reset_index(drop=True),
            **_told("bor", counted, found, assessed, rules),
            **_told("cbor", read, sure, assessed, rules),
            **_partners(read, sure, partner, assessed),
            **_queries(counted, asked, len(subjects)),
        }
    )


def _in_order(assessed: pd.DataFrame, subjects: pd.DataFrame, rules: Best) -> _Counted:
    """The responses of the participants asked for, in order of date, before new therapy."""
    if subjects["USUBJID"].duplicated().any():
        raise PipelineError("Best response cannot be derived: a participant is given more than once.")
    who = _place_in(subjects["USUBJID"], assessed["USUBJID"])
    rows = np.flatnonzero((who >= 0) & assessed["response"].notna().to_numpy(bool))
    who = who[rows]
    response = _place_in(pd.Series(RANKED, dtype="str"), assessed["response"])[rows]
    day = _days(assessed["date"].iloc[rows])
    for fault, broken in (("unknown", response < 0), ("without a date", day == NEVER)):
        if broken.any():
            raise PipelineError(
                f"Best response cannot be derived: {int(broken.sum())} responses are {fault}."
            )
    reference, therapy = _days(subjects["reference"])[who], _days(subjects["new_therapy"])[who]
    lasting = (reference != NEVER) & (day - reference >= rules.minimum_sd_days)
    order = np.argsort(who * 2**32 + day, kind="stable").astype(np.int64)
    counts = (day < therapy + rules.on_therapy_start) | (not rules.before_new_therapy)
    return _Counted(who, day, response, rows, lasting).only(order[counts[order]])


def _place_in(known: pd.Series, values: pd.Series) -> Integers:
    """The place of each value among those known, -1 where it is none of them; each distinct text is looked up
    once.
    """
    codes, distinct = codes_and_values(values)
    places = {value: place for place, value in enumerate(known.tolist())}
    found: Integers = np.array([*(places.get(value, NOWHERE) for value in distinct), NOWHERE])[codes]
    return found


def _days(date: pd.Series) -> Integers:
    found = date.to_numpy(dates.DAY)
    return np.where(np.isnat(found), NEVER, found.astype("datetime64[D]").astype(np.int64))


def _until_progression(counted: _Counted) -> _Counted:
    """What was dated before the first PD, and that PD."""
    worse = np.flatnonzero(counted.response == PD)
    first = worse[np.unique(counted.who[worse], return_index=True)[1]]
    people = int(counted.who.max(initial=NOWHERE)) + 1
    until = np.full(people, NEVER)
    until[counted.who[first]] = counted.day[first]
    kept = counted.day < until[counted.who]
    kept[first] = True
    return counted.only(kept)


def _unconfirmed(counted: _Counted) -> Integers:
    """What each response counts as: SD and NON-CR/NON-PD too early count as NE."""
    early = np.isin(counted.response, (SD, NON)) & ~counted.lasting
    return np.where(early, NE, counted.response)


def _first_of_best(counted: _Counted, worth: Integers, people: int) -> tuple[Integers, Integers]:
    """The best response of each participant and the place of the first record that has it."""
    found = np.full(people, NEVER * len(RANKED))
    np.minimum.at(found, counted.who, worth * NEVER + np.arange(len(worth)))
    worth, place = np.divmod(found, NEVER)
    none = worth == len(RANKED)
    return np.where(none, NOWHERE, worth), np.where(none, NOWHERE, place)


def _pr_after_cr(counted: _Counted) -> Flags:
    """A PR whose last evaluable response before it is a CR."""
    return np.asarray((counted.response == PR) & (_previous(counted.who, counted.response) == CR))


def _previous(who: Integers, response: Integers) -> Integers:
    """The last response other than NE before each, of the same participant; -1 where there is none."""
    last = np.maximum.accumulate(np.where(response == NE, NOWHERE, np.arange(len(who))))
    place = np.append(NOWHERE, last)[: len(who)]
    same = np.append(who, NOWHERE)[place] == who
    return np.where(same, np.append(response, NOWHERE)[place], NOWHERE)


def _as_read(counted: _Counted, asked: Flags, rules: Best) -> _Counted:
    """The responses as the parameter reads a PR after a CR."""
    if rules.cr_then_pr == "AS REPORTED":
        return counted
    true_cr = rules.cr_then_pr == "PD"
    response = (
        np.where(asked, PD, counted.response)
        if true_cr
        else np.where(_leads_to_pr(counted), PR, counted.response)
    )
    changed = _Counted(counted.who, counted.day, response, counted.row, counted.lasting)
    return _until_progression(changed)


def _leads_to_pr(counted: _Counted) -> Flags:
    """A CR after which the first response that is neither CR nor NE is a PR."""
    skipping = np.where(counted.response == CR, NE, counted.response)
    following = _previous(counted.who[::-1], skipping[::-1])[::-1]
    return np.asarray((counted.response == CR) & (following == PR))


def _confirmed_by(counted: _Counted, rules: Best) -> dict[int, Integers]:
    """For each CR and each PR the place of the first response that confirms it, -1 where there is none."""
    return {CR: _partner(counted, CR, (CR,), rules), PR: _partner(counted, PR, (CR, PR), rules)}


def _partner(counted: _Counted, first: int, second: tuple[int, ...], rules: Best) -> Integers:
    """The first of the second responses, late enough after the first, if nothing but those and few enough NE
    lies between.

    The first that is late enough has the least between, so that no later one can do where it does not.
    """
    size = len(counted.who)
    if not size:
        return np.zeros(0, np.int64)
    late = np.searchsorted(_moment(counted, 0), _moment(counted, rules.confirm_days))
    places = np.where(np.isin(counted.response, second), np.arange(size), size)
    next_one = np.append(np.minimum.accumulate(places[::-1])[::-1], size)
    candidate = next_one[np.maximum(late, np.arange(size) + 1)]
    there = candidate < size
    at = np.where(there, candidate, 0)
    bad = _before(~np.isin(counted.response, (*second, NE)))
    empty = _before(counted.response == NE)
    after = np.arange(size) + 1
    clean = (bad[at] == bad[after]) & (empty[at] - empty[after] <= rules.max_ne_between)
    return np.where(
        there & (counted.who[at] == counted.who) & clean & (counted.response == first), at, NOWHERE
    )


def _moment(counted: _Counted, later: int) -> Integers:
    """One number in the order of participant and day, so many days later."""
    return np.asarray(counted.who * 2**24 + (counted.day - counted.day.min(initial=0)) + later)


def _before(which: Flags) -> Integers:
    """How many lie before each place, and before the end."""
    return np.concatenate([[0], np.cumsum(which)]).astype(np.int64)


def _confirmed(counted: _Counted, partner: dict[int, Integers], rules: Best) -> Integers:
    """What each response counts as: a CR or PR that nothing confirms as SD, if it lasted; what is too early
    as NE, or as PD after a CR.
    """
    response = counted.response
    worth = np.where(np.isin(response, (CR, PR)), SD, response)
    early = np.isin(worth, (SD, NON)) & ~counted.lasting
    worth = np.where(early, NE, worth)
    previous = _previous(counted.who, response)
    if rules.disease_after_early_cr_is_pd:
        worth = np.where(early & np.isin(response, (SD, NON)) & (previous == CR), PD, worth)
    if not rules.pr_then_sd_needs_minimum:
        worth = np.where(early & (response == SD) & (previous == PR), SD, worth)
    for code in (CR, PR):
        worth = np.where(partner[code] != NOWHERE, code, worth)
    return worth


def _told(
    name: str, counted: _Counted, found: tuple[Integers, Integers], assessed: pd.DataFrame, rules: Best
) -> dict[str, Any]:
    worth, place = found
    words = pd.Series([*RANKED, rules.without_assessment], dtype="str").array.take(worth)
    row = _rows(counted, place)
    return {name: words, f"{name}_date": _dates(assessed, row), f"{name}_row": _whole(row)}


def _partners(
    counted: _Counted, found: tuple[Integers, Integers], partner: dict[int, Integers], assessed: pd.DataFrame
) -> dict[str, Any]:
    worth, place = found
    second = np.full(len(place), NOWHERE)
    for code in (CR, PR):
        mine = worth == code
        second[mine] = partner[code][place[mine]]
    row = _rows(counted, second)
    return {"confirmed_date": _dates(assessed, row), "confirmed_row": _whole(row)}


def _queries(counted: _Counted, asked: Flags, people: int) -> dict[str, Any]:
    first = np.full(people, NEVER)
    np.minimum.at(first, counted.who[asked], np.flatnonzero(asked))
    place = np.where(first == NEVER, NOWHERE, first)
    return {"query": place != NOWHERE, "query_row": _whole(_rows(counted, place))}


def _rows(counted: _Counted, place: Integers) -> Integers:
    return np.asarray(np.append(counted.row, NOWHERE)[place])  # no place: the last


def _dates(assessed: pd.DataFrame, row: Integers) -> pd.Series:
    return pd.Series(np.append(assessed["date"].to_numpy(dates.DAY), np.datetime64("NaT", "s"))[row])


def _whole(row: Integers) -> pd.Series:
    return pd.Series(pd.arrays.IntegerArray(row, row == NOWHERE))
