"""iRECIST: a progression that the next assessment must confirm, from what RECIST 1.1 says of each
assessment.
"""

from __future__ import annotations

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
MEASURES: Final = ["first_date", "sum", "n_non_target_pd", "n_new", "sum_new"]


@dataclass(frozen=True)
class IRecist:
    """The parameters of iRECIST, and every choice that its source leaves open.

    confirm_from_days, confirm_to_days
        iCPD only so many days after the iUPD before it; None: however late (the protocol's schedule may be
        wider than 8 weeks, and then nothing is confirmed by the letter).
    further_mm
        further growth of the target sum.
    non_target_still_worse_confirms
        unequivocal progression of non-target lesions stated anew is a further increase, for a state has no
        size; if false, more lesions must show it.
    icpd_stays
        after iCPD every assessment is iCPD; if false, the next progression is an iUPD again.
    """

    confirm_from_days: int = 28
    confirm_to_days: int | None = 56
    further_mm: float = 5
    non_target_still_worse_confirms: bool = True
    icpd_stays: bool = True


def irecist(assessed: pd.DataFrame, rules: IRecist) -> pd.DataFrame:
    """Response of each assessment by iRECIST, and the block of progression it belongs to.

    1. A progression by RECIST 1.1 is iUPD, whatever came before it.
    2. The next progression, 4 to 8 weeks later, is iCPD: by a target sum 5 mm larger, any further increase of
       what progressed, another new lesion, or progression of another kind.
    3. iCR, iPR and iSD close the block of progressions; NE leaves it open.
    4. After iCPD every assessment is iCPD.

    Takes     `recist.assessments`, in its order.
    Returns   USUBJID, assessment, iresponse, iwhy (of an iCPD), iupd_row (first iUPD of the block), icpd_date
              (its date, where iCPD).
    Raises    PipelineError where records are not in order of participant and assessment.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2.
    """
    assessed = assessed.reset_index(drop=True)
    _check_order(assessed)
    evaluated = _evaluated(assessed)
    subject = evaluated[SUBJECT]
    progressions = evaluated[evaluated["overall"].eq("PD")]
    reason = _reason_for_confirmation(progressions, rules)
    if not rules.icpd_stays:
        reason = _without_the_one_after(reason, progressions)
    confirmed = reason.notna()

    # A progression after an iCPD begins a block of its own, though no response closed the one before.
    n_confirmed_before = confirmed.groupby(_blocks(progressions)).cumsum() - confirmed.astype("int64")
    rows = progressions.index.to_series()
    iupd_row = rows.groupby([*_blocks(progressions), n_confirmed_before]).transform("first")
    iupd_row = iupd_row.reindex(evaluated.index)
    is_icpd = confirmed.reindex(evaluated.index, fill_value=False)

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
    sizes = {size: hundredths(assessed[size]) for size in ("sum", "sum_measured", "sum_new")}
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
    return [progressions[SUBJECT], progressions["block"]]


def _reason_for_confirmation(progressions: pd.DataFrame, rules: IRecist) -> pd.Series:
    """What confirms each progression, compared with the one before it in its block; missing where nothing
    does, or not in time.
    """
    now, blocks = progressions, progressions.groupby(_blocks(progressions))
    before, was = blocks[MEASURES].shift(), blocks[CATEGORIES].shift(fill_value=False)

    days = (now["first_date"] - before["first_date"]).dt.days  # missing for the first of a block
    in_time = days.ge(rules.confirm_from_days)
    if rules.confirm_to_days is not None:
        in_time &= days.le(rules.confirm_to_days)

    further = (now["sum_measured"] - before["sum"]).ge(round(rules.further_mm * HUNDREDTHS))
    more_non_targets = now["n_non_target_pd"].gt(before["n_non_target_pd"])
    another_or_larger = now["n_new"].gt(before["n_new"]) | now["sum_new"].gt(before["sum_new"])

    again = was & now[CATEGORIES]
    target = again["target_pd"] & further
    non_target = again["non_target_pd"] & (more_non_targets | rules.non_target_still_worse_confirms)
    new_lesion = again["new_lesion"] & another_or_larger
    other_category = (now[CATEGORIES] & ~was).any(axis="columns")

    reason = first_true(
        [(target, "TARGET"), (non_target, "NON-TARGET"), (new_lesion, "NEW LESION")],
        otherwise="OTHER CATEGORY",
    )
    return reason.where(in_time & (target | non_target | new_lesion | other_category))


def _without_the_one_after(reason: pd.Series, progressions: pd.DataFrame) -> pd.Series:
    """The reasons without that of a progression right after an iCPD: it begins a new block, and only the one
    after it may confirm it. So of confirmations in a row the first counts, the third, the fifth.
    """
    confirms = reason.notna()
    row = (~confirms).groupby(_blocks(progressions)).cumsum()  # each begins after one that confirms nothing
    place_in_row = confirms.groupby([*_blocks(progressions), row]).cumsum()
    return reason.where(place_in_row.mod(2).eq(1))
