"""iRECIST: a progression that the next assessment must confirm, from what RECIST 1.1 found at each
assessment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pipeline.derivations.oncology import responses
from pipeline.derivations.oncology.lesions import HUNDREDTHS, Flags, Integers
from pipeline.errors import PipelineError
from pipeline.records import dates

RESPONSES: Final = ("iCR", "iPR", "iSD", "NON-iCR/NON-iUPD", "iUPD", "NE", "iCPD")
CONFIRMED: Final = len(RESPONSES) - 1
WHYS: Final = ("TARGET", "NON-TARGET", "NEW LESION", "OTHER CATEGORY")
NOWHERE: Final = -1


@dataclass(frozen=True)
class IRecist:
    """The parameters of iRECIST, and every choice that its source leaves open.

    confirm_from_days, confirm_to_days   iCPD only so many days after the iUPD before it; None: however late
    (the protocol's schedule may be longer than 8 weeks, and then nothing is confirmed by the letter).
    further_mm                           further growth of the target sum. non_target_still_worse_confirms
    unequivocal progression of non-target lesions stated anew is a further increase, for a state has no size;
    if false, more lesions must show it. icpd_stays                           after iCPD every assessment is
    iCPD; if false, the next progression is an iUPD again.
    """

    confirm_from_days: int = 28
    confirm_to_days: int | None = 56
    further_mm: float = 5
    non_target_still_worse_confirms: bool = True
    icpd_stays: bool = True


@dataclass(frozen=True)
class _Given:
    """What RECIST found, as arrays of the records in order."""

    plain: Integers  # the overall response without regard to progression before
    flags: tuple[Flags, Flags, Flags]  # progression of target, non-target; a new lesion
    total: Integers
    measured: Integers
    worse: Integers
    new: Integers
    new_size: Integers
    day: Integers


@dataclass
class _Open:
    """The block of unconfirmed progression that each participant is in."""

    first: Integers  # record of the first iUPD, -1 where no block is open
    last: Integers  # record of the last
    sure: Integers  # first record of the block that was confirmed, -1 where none


def irecist(assessed: pd.DataFrame, rules: IRecist) -> pd.DataFrame:
    """Response of each assessment by iRECIST, and the block of progression it belongs to.

    A progression by RECIST 1.1 is iUPD. The next assessment, 4 to 8 weeks later, makes it iCPD: by a target
    sum 5 mm larger, any further increase of what progressed, another new lesion, or progression of another
    kind. iCR, iPR, iSD close the block; NE leaves it open.

    Takes     `recist.assessments`, in its order.
    Returns   USUBJID, assessment, iresponse, iwhy (of an iCPD), iupd_row (first iUPD of the block), icpd_date
              (its date, where iCPD).
    Raises    PipelineError where records are not in order of participant and assessment.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2.
    """
    who = pd.factorize(assessed["USUBJID"])[0].astype(np.int64)
    number = assessed["assessment"].to_numpy(np.int64)
    if (np.diff(who * (number.max(initial=0) + 1) + number) <= 0).any():
        raise PipelineError(
            "iRECIST cannot be derived: assessments are not in order of participant and assessment."
        )
    return _frame(assessed, *_step_by_step(_given(assessed), who, rules))


def _step_by_step(given: _Given, who: Integers, rules: IRecist) -> tuple[Integers, Integers, Integers]:
    """Response, why it is confirmed, first iUPD of its block: the first assessment of everybody, then the
    second, and so on.
    """
    response, why, block = (np.full(len(who), NOWHERE) for _ in range(3))
    count = np.bincount(who)
    first = np.cumsum(count) - count
    memory = _Open(*(np.full(len(count), NOWHERE) for _ in range(3)))
    for step in range(int(count.max(initial=0))):
        people = np.flatnonzero(count > step)
        people = people[given.plain[first[people] + step] != responses.NONE]
        here = first[people] + step
        response[here], why[here] = _step(given, memory, people, here, rules)
        block[here] = np.where(
            np.isin(response[here], (responses.PD, CONFIRMED)), memory.first[people], NOWHERE
        )
        if not rules.icpd_stays:
            memory.first[people[response[here] == CONFIRMED]] = NOWHERE
    return response, why, block


def _given(assessed: pd.DataFrame) -> _Given:
    target, other = (_codes(assessed[name]) for name in ("target", "non_target"))
    new = assessed["new"].eq("UNEQUIVOCAL").to_numpy(bool)
    plain = np.where(
        _codes(assessed["response"]) == responses.NONE,
        responses.NONE,
        responses.overall(target, other, new, new_alone=True),
    )
    day = assessed["first_date"].to_numpy(dates.DAY)
    return _Given(
        plain=plain,
        flags=(target == responses.PD, other == responses.PD, new),
        total=_size(assessed["sum"]),
        measured=_size(assessed["sum_measured"]),
        worse=assessed["n_non_target_pd"].to_numpy(np.int64),
        new=assessed["n_new"].to_numpy(np.int64),
        new_size=_size(assessed["sum_new"]),
        day=np.where(np.isnat(day), NOWHERE, day.astype("datetime64[D]").astype(np.int64)),
    )


def _codes(response: pd.Series) -> Integers:
    return pd.Categorical(response, categories=list(responses.RESPONSES)).codes.astype(np.int64)


def _size(mm: pd.Series) -> Integers:
    """Hundredths of a millimetre; -1 where there is none."""
    return np.where(mm.isna(), NOWHERE, np.rint(mm.fillna(0).to_numpy() * HUNDREDTHS)).astype(np.int64)


def _step(
    given: _Given, memory: _Open, people: Integers, here: Integers, rules: IRecist
) -> tuple[Integers, Integers]:
    """One assessment of each participant: the response, why it confirms, and the block left open."""
    worse = given.plain[here] == responses.PD
    still_open = memory.first[people] != NOWHERE
    why = _confirms(given, memory.last[people], here, rules)
    sure = worse & still_open & (why != NOWHERE)
    stays = (memory.sure[people] != NOWHERE) & rules.icpd_stays
    closed = ~worse & (given.plain[here] != responses.NE) & ~stays
    memory.first[people] = np.where(
        closed, NOWHERE, np.where(worse & ~still_open, here, memory.first[people])
    )
    memory.last[people] = np.where(worse, here, memory.last[people])
    memory.sure[people] = np.where(
        sure & (memory.sure[people] == NOWHERE), memory.first[people], memory.sure[people]
    )
    return np.where(sure | stays, CONFIRMED, given.plain[here]), np.where(sure & ~stays, why, NOWHERE)


def _confirms(given: _Given, last: Integers, here: Integers, rules: IRecist) -> Integers:
    """What makes a progression certain, compared with the iUPD before it; -1 where nothing does, or not in
    time.
    """
    then = np.maximum(last, 0)
    gone = given.day[here] - given.day[then]
    dated = (given.day[here] != NOWHERE) & (given.day[then] != NOWHERE)
    in_time = (
        dated
        & (gone >= rules.confirm_from_days)
        & ((rules.confirm_to_days is None) | (gone <= (rules.confirm_to_days or 0)))
    )
    target, other, new = ((f[then], f[here]) for f in given.flags)
    grown = (given.total[then] != NOWHERE) & (
        given.measured[here] - given.total[then] >= round(rules.further_mm * HUNDREDTHS)
    )
    more = (given.worse[here] > given.worse[then]) | rules.non_target_still_worse_confirms
    larger = (given.new_size[then] != NOWHERE) & (given.new_size[here] > given.new_size[then])
    larger = larger | (given.new[here] > given.new[then])
    found = [
        target[0] & target[1] & grown,
        other[0] & other[1] & more,
        new[0] & new[1] & larger,
        (~target[0] & target[1]) | (~other[0] & other[1]) | (~new[0] & new[1]),
    ]
    return np.select([in_time & f for f in found], [np.int64(k) for k in range(len(found))], NOWHERE)


def _frame(assessed: pd.DataFrame, response: Integers, why: Integers, block: Integers) -> pd.DataFrame:
    sure = (response == CONFIRMED) & (block != NOWHERE)
    dated = np.append(assessed["pd_date"].to_numpy(dates.DAY), np.datetime64("NaT", "s"))[
        np.where(sure, block, NOWHERE)
    ]
    return pd.DataFrame(
        {
            "USUBJID": assessed["USUBJID"].reset_index(drop=True),
            "assessment": assessed["assessment"].reset_index(drop=True),
            "iresponse": pd.Series([*RESPONSES, None], dtype="str").array.take(response),
            "iwhy": pd.Series([*WHYS, None], dtype="str").array.take(why),
            "iupd_row": pd.Series(block, dtype="Int64").mask(block == NOWHERE),
            "icpd_date": pd.Series(dated),
        }
    )
