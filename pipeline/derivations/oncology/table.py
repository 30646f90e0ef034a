"""Responses and what they rest on as one frame, with the names, units and types that leave this package."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.derivations.oncology.lesions import EQUIVOCAL, NON_TARGET, TARGET, UNEQUIVOCAL, in_mm
from pipeline.derivations.oncology.responses import first_true

COLUMNS: Final = {
    "USUBJID": "str",
    "assessment": "int64",
    "first_date": "datetime64[s]",
    "last_date": "datetime64[s]",
    "disease": "str",
    "n_expected": "int64",
    "n_assessed": "int64",
    "sum": "float64",
    "sum_measured": "float64",
    "baseline": "float64",
    "nadir": "float64",
    "chg": "float64",
    "pchg": "float64",
    "chg_nadir": "float64",
    "pchg_nadir": "float64",
    "target": "str",
    "target_why": "str",
    "non_target": "str",
    "n_non_target": "int64",
    "n_non_target_assessed": "int64",
    "n_non_target_not_due": "int64",
    "n_non_target_pd": "int64",
    "n_non_target_worse": "int64",
    "new": "str",
    "n_new": "int64",
    "sum_new_target": "float64",
    "sum_new_target_measured": "float64",
    "sum_new_other": "float64",
    "sum_new_other_measured": "float64",
    "response": "str",
    "why": "str",
    "response_date": "datetime64[s]",
    "pd_date": "datetime64[s]",
    "after_pd": "bool",
}
SIZES: Final = (
    "sum",
    "sum_measured",
    "baseline",
    "nadir",
    "sum_new_target",
    "sum_new_target_measured",
    "sum_new_other",
    "sum_new_other_measured",
)


def table(assessed: pd.DataFrame, *, equivocal_dates_back: bool) -> pd.DataFrame:
    """One record per assessment: sizes in millimetres, changes, dates of response and progression.

    Takes     the assessments with their responses; sizes in hundredths of a millimetre.
    Returns   the columns of `COLUMNS`.
    """
    # CR and PR rest on all scans of the assessment: the last dates them. PD, SD and NE take the first.
    takes_the_last = assessed["response"].isin(["CR", "PR"])
    response_date = assessed["last_date"].where(takes_the_last, assessed["first_date"])
    derived = {
        "disease": first_true(
            [(assessed["n_expected"].gt(0), TARGET), (assessed["n_non_target"].gt(0), NON_TARGET)],
            otherwise="NONE",
        ),
        "new": first_true([(assessed["n_unequivocal"].gt(0), UNEQUIVOCAL)], otherwise=EQUIVOCAL).where(
            assessed["n_unequivocal"].gt(0) | assessed["n_equivocal"].gt(0)
        ),
        "response_date": response_date.where(assessed["response"].notna()),
        "pd_date": _progression_date(assessed, back=equivocal_dates_back),
        **_changes(assessed),
        **{size: in_mm(assessed[size]) for size in SIZES},
    }
    assessed = assessed.assign(**derived)[list(COLUMNS)]
    other_type = {name: dtype for name, dtype in COLUMNS.items() if assessed[name].dtype != dtype}
    return assessed.astype(other_type)


def _changes(assessed: pd.DataFrame) -> dict[str, pd.Series]:
    """Changes of a complete sum from baseline and from nadir, in mm and percent; none at baseline, no percent
    of nothing.
    """
    total, nadir, baseline = assessed["sum"], assessed["nadir"], assessed["baseline"]
    from_baseline = (total - baseline).where(nadir.notna())
    from_nadir = total - nadir
    return {
        "chg": in_mm(from_baseline),
        "pchg": 100 * from_baseline / baseline.where(baseline.gt(0)),
        "chg_nadir": in_mm(from_nadir),
        "pchg_nadir": 100 * from_nadir / nadir.where(nadir.gt(0)),
    }


def _progression_date(assessed: pd.DataFrame, *, back: bool) -> pd.Series:
    """The date of a progression: the earliest of what shows it.

    The sum shows it with the last scan of the lesions measured, a non-target lesion with its own scan. An
    unequivocal new lesion counts from the first scan that showed it, or, unless `back`, from the scan that
    proved it.
    """
    present_again = assessed["non_target_present_date"].where(assessed["non_target_back"])
    non_target = pd.concat([assessed["non_target_pd_date"], present_again], axis="columns").min(
        axis="columns"
    )
    new_lesion = assessed["new_seen_date"] if back else assessed["new_proved_date"]
    shown_by = [
        assessed["last_target_date"].where(assessed["target"].eq("PD")),
        non_target.where(assessed["non_target"].eq("PD")),
        new_lesion,
    ]
    earliest = pd.concat(shown_by, axis="columns").min(axis="columns")
    return earliest.where(assessed["overall"].eq("PD"))
