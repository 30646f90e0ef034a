"""Responses and what they rest on as one frame: the only place that knows the names and types of its columns."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.lesions import HUNDREDTHS, UNDATED, Cells, Flags, Integers, as_dates
from pipeline.derivations.oncology.responses import CR, NONE, PD, PR, RESPONSES, UNKNOWN, WHYS, Codes, Found
from pipeline.derivations.oncology.seen import Seen

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
    "n_non_target_pd": "int64",
    "new": "str",
    "n_new": "int64",
    "sum_new": "float64",
    "response": "str",
    "why": "str",
    "response_date": "datetime64[s]",
    "pd_date": "datetime64[s]",
    "after_pd": "bool",
}


def table(facts: Seen, found: Found, grid: Cells, *, equivocal_dates_back: bool) -> pd.DataFrame:
    """One row an assessment. Longer than other functions, as it lists the columns."""
    total, nadir, baseline = (_mm(x, x != UNKNOWN) for x in (found.sum, found.nadir, found.baseline))
    partly = np.isin(found.response, (CR, PR))
    columns: dict[str, Any] = {
        "USUBJID": pd.Series(grid.subjects).astype("str").take(grid.subject).reset_index(drop=True),
        "assessment": grid.assessment,
        "first_date": as_dates(facts.first_day),
        "last_date": as_dates(facts.last_day),
        "disease": _words(
            ("TARGET", "NON-TARGET", "NONE"), np.select([facts.targets > 0, facts.non_targets > 0], [0, 1], 2)
        ),
        "n_expected": facts.targets,
        "n_assessed": facts.measured,
        "sum": total,
        "sum_measured": _mm(facts.size, facts.measured > 0),
        "baseline": baseline,
        "nadir": nadir,
        **_changes(found),
        "target": _words(RESPONSES, found.target),
        "target_why": _words(WHYS, found.target_why),
        "non_target": _words(RESPONSES, found.non_target),
        "n_non_target": facts.non_targets,
        "n_non_target_assessed": facts.known,
        "n_non_target_pd": facts.worse,
        "new": _words(
            ("EQUIVOCAL", "UNEQUIVOCAL"),
            np.select([facts.unequivocal > 0, facts.equivocal > 0], [1, 0], NONE),
        ),
        "n_new": facts.new_lesions,
        "sum_new": _mm(facts.new_size, facts.new_measured > 0),
        "response": _words(RESPONSES, found.response),
        "why": _words(WHYS, found.why),
        "response_date": as_dates(
            np.where(found.response == NONE, UNDATED, np.where(partly, facts.last_day, facts.first_day))
        ),
        "pd_date": as_dates(_pd_day(facts, found, back=equivocal_dates_back)),
        "after_pd": found.after_pd,
    }
    return pd.DataFrame(columns).astype(COLUMNS)


def _words(words: tuple[str, ...], codes: Codes) -> pd.Series:
    return pd.Series(
        pd.Series([*words, None], dtype="str").array.take(codes)
    )  # the code of none is -1: the last


def _mm(size: Integers, there: Flags) -> pd.Series:
    return pd.Series(size / HUNDREDTHS).where(there)


def _changes(found: Found) -> dict[str, pd.Series]:
    """Changes of a whole sum from baseline and from nadir, in mm and percent; none at baseline, no percent of
    nothing.
    """
    changes: dict[str, pd.Series] = {}
    for name, reference in (("", found.baseline), ("_nadir", found.nadir)):
        there = (found.sum != UNKNOWN) & (reference != UNKNOWN) & (found.nadir != UNKNOWN)
        gone = np.where(there, found.sum - reference, 0)
        changes[f"chg{name}"] = _mm(gone, there)
        changes[f"pchg{name}"] = pd.Series(
            100 * gone / np.where(there & (reference > 0), reference, 1)
        ).where(there & (reference > 0))
    return changes


def _pd_day(facts: Seen, found: Found, *, back: bool) -> Integers:
    """The day to which a progression is dated: the earliest of what shows it; an unequivocal new lesion
    counts from its first scan.

    The sum shows it with the last scan of the lesions measured.
    """
    by_sum = np.where(
        (found.target == PD) & (facts.last_target_day != -UNDATED), facts.last_target_day, UNDATED
    )
    seen_again = np.where(found.reappeared, np.minimum(facts.present_day, facts.worse_day), facts.worse_day)
    by_state = np.where(found.non_target == PD, seen_again, UNDATED)
    new = facts.new_day if back else facts.proved_day
    by_new = np.where(facts.unequivocal > 0, new, UNDATED)
    earliest = np.minimum(np.minimum(by_sum, by_state), by_new)
    return np.where(found.overall == PD, earliest, UNDATED)
