"""What was seen at each assessment: lesions split and merged, sizes as whole hundredths of a millimetre,
states, dates.

Lesion records become one value for each assessment ("cell": a participant and an assessment, in that order).
No response is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.errors import PipelineError
from pipeline.records import dates

TARGET, NON_TARGET, NEW = "TARGET", "NON-TARGET", "NEW"
EQUIVOCAL, UNEQUIVOCAL = "EQUIVOCAL", "UNEQUIVOCAL"
TOO_SMALL = "TOO SMALL TO MEASURE"
GONE_STATES: Final = ("ABSENT", "NON-PATHOLOGICAL")
PRESENT_STATES: Final = ("PRESENT", "PATHOLOGICAL")
WORSE_STATES: Final = ("UNEQUIVOCAL PROGRESSION",)
STATES: Final = {NON_TARGET: (*GONE_STATES, *PRESENT_STATES, *WORSE_STATES), NEW: (EQUIVOCAL, UNEQUIVOCAL)}
UNDATED: Final = np.iinfo(np.int64).max  # of a first date; the negative of it, of a last one
ALWAYS: Final = np.iinfo(np.int32).max
HUNDREDTHS: Final = 100

Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Cells:
    """The assessments of all participants in order, and the cell of each lesion record."""

    subjects: pd.Index
    subject: Integers  # of each cell
    assessment: Integers  # of each cell
    first: Integers  # first cell of each participant
    of_record: Integers  # the cell of each lesion record
    width: int  # a participant's code times the width, plus the assessment, is the code of a cell
    codes: Integers

    @property
    def size(self) -> int:
        return len(self.codes)

    def count(self, which: Flags) -> Integers:
        """How many of the records chosen each cell has."""
        return np.bincount(self.of_record[which], minlength=self.size)

    def total(self, which: Flags, values: Integers) -> Integers:
        """The sum over the records chosen; exact, for a float holds whole numbers up to 2^53."""
        return np.bincount(self.of_record[which], weights=values[which], minlength=self.size).astype(np.int64)

    def earliest(self, which: Flags, days: Integers) -> Integers:
        found = np.full(self.size, UNDATED)
        np.minimum.at(found, self.of_record[which], days[which])
        return found

    def latest(self, which: Flags, days: Integers) -> Integers:
        return -self.earliest(which & (days != UNDATED), -days)

    def running(self, counted: Integers) -> Integers:
        """The total of each participant up to and including each cell."""
        summed = np.cumsum(counted)
        return np.asarray(summed - (summed - counted)[self.first][self.subject])


def cells(lesions: pd.DataFrame, expected: pd.DataFrame | None) -> Cells:
    """Every assessment that has a lesion record or is named among the expected ones.

    Raises    PipelineError for one that is expected of nobody, or before baseline.
    """
    if expected is not None:
        _refuse(
            expected["USUBJID"].isna() | expected["assessment"].lt(0),
            "expected have no participant or an assessment below 0",
        )
    named = lesions[["USUBJID", "assessment"]]
    both = (
        named
        if expected is None
        else pd.concat([named, expected[["USUBJID", "assessment"]]], ignore_index=True)
    )
    who, subjects = pd.factorize(both["USUBJID"], sort=True)
    numbered = both["assessment"].to_numpy(np.int64)
    width = int(numbered.max(initial=0)) + 1
    all_codes = who.astype(np.int64) * width + numbered
    codes = np.unique(all_codes)
    subject, assessment = np.divmod(codes, width)
    first = np.searchsorted(subject, np.arange(len(subjects)))
    return Cells(
        pd.Index(subjects),
        subject,
        assessment,
        first,
        np.searchsorted(codes, all_codes[: len(lesions)]),
        width,
        codes,
    )


def checked(lesions: pd.DataFrame) -> None:
    """Refuse what no rule could read: a role or state that is unknown, a negative size or number.

    Raises    PipelineError, with the number of records and none of their values.
    """
    role, state = lesions["role"], lesions["state"]
    read = lesions["done"] & state.notna()
    unreadable = [role.eq(r) & ~state.isin(words) for r, words in STATES.items()]
    _refuse(
        ~role.isin([TARGET, NON_TARGET, NEW]) | lesions["lesion"].isna(),
        "have no lesion or no role that is known",
    )
    _refuse(
        lesions["USUBJID"].isna() | lesions["assessment"].lt(0),
        "have no participant or an assessment below 0",
    )
    _refuse(read & (unreadable[0] | unreadable[1]), "have a state that belongs to no lesion of their role")
    _refuse(lesions["mm"].lt(0) | lesions["mm"].eq(np.inf), "have a size below 0 or without end")


def _refuse(found: pd.Series | Flags, fault: str) -> None:
    if found.any():
        raise PipelineError(f"Response cannot be derived: {int(found.sum())} records {fault}.")


@dataclass(frozen=True)
class Records:
    """The lesion records as arrays: role, identity, day, size, and how many lesions each cell should have."""

    role: dict[str, Flags]
    identity: Integers  # code of the participant's lesion
    day: Integers  # UNDATED where there is none
    size: Integers  # hundredths of a millimetre, 0 where not measured
    measured: Flags
    in_force: Flags  # false once parts or a merged lesion stand for it
    ordinary: Flags  # of no split and no merger
    expected: dict[str, Integers]  # of each role and cell


def records(lesions: pd.DataFrame, grid: Cells, too_small_mm: float) -> Records:
    """The lesion records read once, all that later steps count.

    Raises    PipelineError where an assessment has a lesion twice, or a lesion changes its role.
    """
    labels, names = pd.factorize(lesions["lesion"])
    identity = grid.subject[grid.of_record] * len(names) + labels
    held, of_record = np.unique(identity, return_inverse=True)
    role_code = pd.Categorical(lesions["role"], categories=[TARGET, NON_TARGET, NEW]).codes.astype(np.int64)
    known = np.zeros(len(held), np.int64)
    known[of_record] = role_code
    _refuse(known[of_record] != role_code, "are of a lesion whose role changes")
    _refuse(
        pd.Series(of_record * grid.width + grid.assessment[grid.of_record]).duplicated(),
        "repeat a lesion within one assessment",
    )
    starts, ends, made = spans(held, of_record, pd.Index(names), grid.assessment[grid.of_record])
    size, measured = sizes(lesions, too_small_mm)
    return Records(
        role={r: role_code == code for code, r in enumerate((TARGET, NON_TARGET, NEW))},
        identity=of_record,
        day=whole_days(lesions["date"], lesions["done"]),
        size=size,
        measured=measured,
        in_force=grid.assessment[grid.of_record] < ends[of_record],
        ordinary=~made[of_record],
        expected={
            r: _expected(held[known == c] // len(names), starts[known == c], ends[known == c], grid)
            for c, r in _CODED
        },
    )


_CODED: Final = ((0, TARGET), (1, NON_TARGET))


def sizes(lesions: pd.DataFrame, too_small_mm: float) -> tuple[Integers, Flags]:
    """Sizes in hundredths of a millimetre, so that no sum misses a bound by the last bit of a float; and
    which were measured.

    Too small to measure, without a figure, counts as the size given.
    """
    mm = lesions["mm"].mask(lesions["mm"].isna() & lesions["state"].eq(TOO_SMALL), too_small_mm)
    measured = (mm.notna() & lesions["done"]).to_numpy(bool)
    return np.rint(mm.where(measured, 0.0).to_numpy() * HUNDREDTHS).astype(np.int64), measured


def whole_days(date: pd.Series, done: pd.Series) -> Integers:
    """Days since 1970 of what was done, UNDATED where it has no date."""
    found = date.where(done).to_numpy(dates.DAY)
    return np.where(np.isnat(found), UNDATED, found.astype("datetime64[D]").astype(np.int64))


def as_dates(days: Integers) -> pd.Series:
    """Whole days as dates; missing where undated."""
    undated = np.abs(days) == UNDATED
    return pd.Series(
        np.where(undated, np.datetime64("NaT"), np.where(undated, 0, days).astype("datetime64[D]")).astype(
            dates.DAY
        )
    )


def spans(
    held: Integers, of_record: Integers, names: pd.Index, number: Integers
) -> tuple[Integers, Integers, Flags]:
    """From which assessment on each lesion is expected, and from which on no more, as lesions split and
    merge.

    T04.1 and T04.2 are parts of T04: from the first record of a part on the parts are expected and T04 no
    more. T02/T03 is T02 and T03 merged: from its first record on it stands for both. A label is read so only
    where the lesions it names exist; any other lesion is expected at every assessment, so that a target
    without a record at baseline leaves the sum at baseline incomplete.

    Takes     the code of each lesion held (participant times number of names, plus name), the lesion and
              assessment of each record.
    Returns   for each lesion held: first assessment, first one no more, whether a split or a merger made it.
    Source    RECIST 1.1 (Eisenhauer 2009), appendix II (lesions that split or coalesce).
    """
    first = np.full(len(held), ALWAYS)
    np.minimum.at(first, of_record, number)
    start, end = np.zeros(len(held), np.int64), np.full(len(held), ALWAYS)
    made = pd.DataFrame({"made": np.arange(len(held)), "name": held % max(len(names), 1)}).merge(
        _links(names), how="inner", on="name", validate="many_to_many"
    )
    source = held[made["made"]] - made["name"].to_numpy() + made["source"].to_numpy()
    place = np.minimum(np.searchsorted(held, source), max(len(held) - 1, 0))
    made = made.assign(place=place)[held[place] == source]
    made = made[made["split"] | ~made["made"].isin(made.loc[made["split"], "made"])]
    start[made["made"]] = first[made["made"]]
    np.minimum.at(end, made["place"].to_numpy(), first[made["made"]])
    made_so = np.zeros(len(held), bool)
    made_so[made["made"]] = True
    return np.minimum(start, end), end, made_so


def _links(names: pd.Index) -> pd.DataFrame:
    """What each label that tells of a split or a merger was made of, as codes of labels."""
    label = pd.Series(names, dtype="str")
    part = label.str.extract(r"^(.+)\.[0-9]+$")[0].dropna()
    merged = label[label.str.contains("/", regex=False)].str.split("/").explode()
    made_of = pd.concat([part, merged]).astype("str")
    found = pd.DataFrame(
        {
            "name": made_of.index,
            "source": names.get_indexer(pd.Index(made_of)),
            "split": np.arange(len(made_of)) < len(part),
        }
    )
    return found[found["source"].ge(0)]


def _expected(who: Integers, start: Integers, end: Integers, grid: Cells) -> Integers:
    """How many of the lesions each assessment should have."""
    change = np.zeros(grid.size + 1, np.int64)
    np.add.at(change, np.searchsorted(grid.codes, who * grid.width + start), 1)
    np.add.at(change, np.searchsorted(grid.codes, who * grid.width + np.minimum(end, grid.width)), -1)
    return np.cumsum(change)[:-1]
