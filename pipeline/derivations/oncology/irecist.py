"""iRECIST: a progression that the next assessment must confirm, from what RECIST 1.1 says of each
assessment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pipeline.derivations.oncology.lesions import HUNDREDTHS, hundredths
from pipeline.derivations.oncology.responses import first_true, overall
from pipeline.errors import PipelineError
from pipeline.records.identity import SUBJECT

IMMUNE: Final = {
    "CR": "iCR",
    "PR": "iPR",
    "SD": "iSD",
    "NON-CR/NON-PD": "NON-iCR/NON-iUPD",
    "PD": "iUPD",
    "NE": "NE",
}
CATEGORIES: Final = ["target_pd", "non_target_pd", "new_lesion"]  # of progression
SIZES: Final = (
    "sum",
    "sum_measured",
    "sum_new_target",
    "sum_new_target_measured",
    "sum_new_other",
    "sum_new_other_measured",
)


@dataclass(frozen=True)
class IRecist:
    """The parameters of iRECIST, and every choice that its source leaves open.

    confirm_from_days
        iCPD only so many days after the first iUPD: an earlier scan confirms nothing (EORTC's answer).
    confirm_to_days
        iCPD only so many days after the last iUPD before it; None: however late.
    next_planned_confirms
        the next planned assessment may confirm even where the schedule is wider than that: the first one
        planned for a day that is not too early, until its window closes.
    further_mm
        further growth of the sum of targets, or of new-lesion targets. Growth is additive: since the first
        iUPD (EORTC's answer).
    non_target_still_worse_confirms
        unequivocal progression of non-target lesions reported again is a further increase, for a state has no
        size; if false, more lesions must show it.
    icpd_stays
        after iCPD every assessment is iCPD; if false, the next progression is an iUPD again.
    """

    confirm_from_days: int = 28
    confirm_to_days: int | None = 56
    next_planned_confirms: bool = True
    further_mm: float = 5
    non_target_still_worse_confirms: bool = False
    icpd_stays: bool = True


@dataclass(frozen=True)
class PlannedScan:
    """A planned assessment, in days after the one from which assessments are planned."""

    day: int
    closes: int  # the last day of its window


def irecist(
    assessed: pd.DataFrame, rules: IRecist, next_planned_closes: pd.Series | None = None
) -> pd.DataFrame:
    """Response of each assessment by iRECIST, and the block of progression it belongs to.

    1. A progression by RECIST 1.1 is iUPD, whatever came before it.
    2. A later progression of the same block, 4 to 8 weeks after it or at the next planned assessment, is iCPD
       if it shows more than the iUPD: a sum of targets at least 5 mm larger, a non-target lesion more that
       progresses, a sum of new-lesion targets at least 5 mm larger, any larger sum of new-lesion non-targets,
       another new lesion, or progression of another kind. Growth counts from the first iUPD of its kind.
    3. iCR, iPR and iSD close the block of progressions; NE leaves it open.
    4. After iCPD every assessment is iCPD.

    Takes     `recist.assessments`, in its order; for each of them the last day on which the next planned
              assessment may take place (`next_planned_closes`), missing where none is planned.
    Returns   USUBJID, assessment, iresponse, iwhy (of an iCPD), iupd_row (first iUPD of the block), icpd_date
              (its date, where iCPD).
    Raises    PipelineError where records are not in order of participant and assessment.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2; EORTC, published answers on iRECIST (new
              lesions; sequential increases are additive; scans less than four weeks after iUPD).
    """
    assessed = assessed.reset_index(drop=True)
    _check_order(assessed)
    closes = pd.Series(pd.NaT, index=assessed.index, dtype="datetime64[s]")
    if next_planned_closes is not None:
        closes = next_planned_closes.reset_index(drop=True)
    evaluated = _evaluated(assessed.assign(next_planned_closes=closes))
    subject = evaluated[SUBJECT]
    progressions = _confirmed(evaluated[evaluated["overall"].eq("PD")], rules)
    reason = progressions["reason"]
    rows = progressions.index.to_series()
    iupd_row = rows.groupby(_blocks(progressions)).transform("first").reindex(evaluated.index)
    is_icpd = reason.notna().reindex(evaluated.index, fill_value=False)

    if rules.icpd_stays:
        after_icpd = is_icpd.groupby(subject).cumsum().gt(is_icpd.astype("int64"))
        row_of_icpd = iupd_row.where(is_icpd & ~after_icpd).groupby(subject).ffill()
        iupd_row = iupd_row.mask(after_icpd, row_of_icpd)
        reason = reason.mask(after_icpd.reindex(reason.index))
        is_icpd |= after_icpd

    icpd_date = assessed["pd_date"].reindex(iupd_row.where(is_icpd)).set_axis(iupd_row.index)
    return pd.DataFrame(
        {
            SUBJECT: assessed[SUBJECT],
            "assessment": assessed["assessment"],
            "iresponse": evaluated["overall"].map(IMMUNE).mask(is_icpd, "iCPD").astype("str"),
            "iwhy": reason,
            "iupd_row": iupd_row.astype("Int64"),
            "icpd_date": icpd_date,
        },
        index=assessed.index,
    )


def next_planned_closes(
    scanned: pd.Series, start: pd.Series, planned: Sequence[PlannedScan], rules: IRecist
) -> pd.Series:
    """The last day on which the next planned assessment may take place: the first one planned for a day at
    least `confirm_from_days` after each scan.

    Takes     dates of the scans; dates from which assessments are planned; the planned ones.
    Returns   dates on the index given; missing where no later one is planned.
    """
    day = (scanned - start).dt.days
    closes = pd.Series(float("nan"), index=scanned.index)
    for scan in sorted(planned, key=lambda scan: scan.day, reverse=True):
        late_enough = day.add(rules.confirm_from_days).le(scan.day)
        closes = closes.mask(late_enough, scan.closes)
    return (start + pd.to_timedelta(closes, unit="D")).astype("datetime64[s]")


def _check_order(assessed: pd.DataFrame) -> None:
    subject = assessed[SUBJECT]
    first_of_subject = subject.ne(subject.shift())
    together = not subject[first_of_subject].duplicated().any()
    ascending = (first_of_subject | assessed["assessment"].diff().gt(0)).all()
    if not (together and ascending):
        raise PipelineError(
            "iRECIST cannot be derived: assessments are not in order of participant and assessment."
        )


def _evaluated(assessed: pd.DataFrame) -> pd.DataFrame:
    """The assessments with a response, each by itself: without regard to progression before it.

    Returns   what decides, sizes in hundredths of a millimetre; overall; block, which counts the responses
              that closed one.
    """
    new_lesion = assessed["new"].eq("UNEQUIVOCAL")
    sizes = {size: hundredths(assessed[size]) for size in SIZES}
    evaluated = assessed.assign(
        **sizes,
        target_pd=assessed["target"].eq("PD"),
        non_target_pd=assessed["non_target"].eq("PD"),
        new_lesion=new_lesion,
        overall=overall(assessed["target"], assessed["non_target"], new_lesion, new_lesion_alone=True),
    )
    evaluated = evaluated[evaluated["response"].notna()]
    closes = ~evaluated["overall"].isin(["PD", "NE"])
    return evaluated.assign(block=closes.groupby(evaluated[SUBJECT]).cumsum())


def _blocks(progressions: pd.DataFrame) -> list[pd.Series]:
    """What numbers the blocks of progressions: those that no response and no iCPD parts."""
    return [progressions[SUBJECT], progressions["block"], progressions["n_confirmed_before"]]


def _confirmed(progressions: pd.DataFrame, rules: IRecist) -> pd.DataFrame:
    """The progressions with what confirms each (`reason`, missing where nothing does, or not in time), and
    how many of their block are confirmed before them.

    A progression after an iCPD begins a block of its own, though no response closed the one before.
    """
    progressions = progressions.assign(n_confirmed_before=0)
    while True:
        reason = _reasons(progressions, rules)
        confirmed = reason.notna().astype("int64")
        n_before = confirmed.groupby(_blocks(progressions)).cumsum() - confirmed
        after_the_first = n_before.gt(0)
        if not after_the_first.any():
            return progressions.assign(reason=reason)
        progressions = progressions.assign(
            n_confirmed_before=progressions["n_confirmed_before"] + after_the_first
        )


def _reasons(progressions: pd.DataFrame, rules: IRecist) -> pd.Series:
    """What confirms each progression, compared with those before it in its block."""
    now = progressions
    blocks = now.groupby(_blocks(now)).ngroup()  # one number to group by instead of three columns
    so_far = now[CATEGORIES].astype("int64").groupby(blocks).cummax()
    was = so_far.groupby(blocks).shift(fill_value=0).eq(1)
    again = was & now[CATEGORIES]
    other_category = (now[CATEGORIES] & ~was).any(axis="columns") & was.any(axis="columns")

    def at_first(measure: str, category: str) -> pd.Series:
        """The measure at the first progression of the category that the block has by then."""
        value = now[measure].where(now[category]).astype("float64")
        by_then = value.groupby(blocks).ffill().notna()
        return value.groupby(blocks).transform("first").where(by_then)

    def more(number: str, category: str) -> pd.Series:
        return now[number].gt(at_first(number, category))

    def growth(total: str, category: str) -> pd.Series:
        """What was measured now against all of that time: what is missing now could only add to it."""
        return now[f"{total}_measured"] - at_first(total, category)

    further = round(rules.further_mm * HUNDREDTHS)
    more_non_targets = more("n_non_target_pd", "non_target_pd") | more("n_non_target_worse", "non_target_pd")
    larger_new_lesion = growth("sum_new_target", "new_lesion").ge(further)
    larger_new_lesion |= growth("sum_new_other", "new_lesion").gt(0)

    target = again["target_pd"] & growth("sum", "target_pd").ge(further)
    non_target = again["non_target_pd"] & (more_non_targets | rules.non_target_still_worse_confirms)
    new_lesion = again["new_lesion"] & (more("n_new", "new_lesion") | larger_new_lesion)
    reason = first_true(
        [(target, "TARGET"), (non_target, "NON-TARGET"), (new_lesion, "NEW LESION")],
        otherwise="OTHER CATEGORY",
    )
    confirms = target | non_target | new_lesion | other_category
    return reason.where(confirms & _in_time(progressions, rules))


def _in_time(progressions: pd.DataFrame, rules: IRecist) -> pd.Series:
    """Whether each progression is late enough after the first of its block, and soon enough after the last
    before it.
    """
    date = progressions["first_date"]
    by_block = progressions.groupby(_blocks(progressions))
    days_since_first = (date - by_block["first_date"].transform("first")).dt.days
    late_enough = days_since_first.ge(rules.confirm_from_days)
    if rules.confirm_to_days is None:
        return late_enough
    days_since_last = (date - by_block["first_date"].shift()).dt.days
    soon_enough = days_since_last.le(rules.confirm_to_days)
    if rules.next_planned_confirms:
        soon_enough |= date.le(by_block["next_planned_closes"].shift())
    return late_enough & soon_enough
