"""What RECIST 1.1 asks of the lesions chosen at baseline. Each function returns the lesion records that break
one rule.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.lesions import HUNDREDTHS, TARGET, cells, checked, records, sizes
from pipeline.derivations.oncology.recist import Recist


def over_cap(lesions: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """Target lesions at baseline beyond five in all, or two of an organ; all lymph nodes together are one
    organ.

    Which of them should not have been chosen nobody can tell: every one of the participant, or of the organ,
    is returned.

    Takes     lesion records as `recist.assessments`.
    Returns   the records, on the index they had.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.1.
    """
    chosen = _targets_at_baseline(lesions)
    organ = chosen["organ"].mask(chosen["node"], "lymph nodes")  # in lower case, as no code of an organ is
    all_of_them = chosen.groupby("USUBJID")["lesion"].transform("size").gt(rules.max_targets)
    of_organ = (
        chosen.groupby([chosen["USUBJID"], organ], dropna=False)["lesion"]
        .transform("size")
        .gt(rules.max_per_organ)
    )
    return chosen[all_of_them | of_organ]


def not_measurable(lesions: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """Target lesions below 10 mm at baseline, nodes below 15 mm by the short axis; not measured at all is
    another fault.

    Returns   the records, on the index they had.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1.
    """
    chosen = _targets_at_baseline(lesions)
    least = np.where(chosen["node"], rules.node_target_mm, rules.lesion_target_mm)
    size, measured = sizes(chosen, rules.too_small_mm)
    small = np.flatnonzero(measured & (size < np.rint(least * HUNDREDTHS)))
    return chosen.iloc[small]


def not_at_baseline(lesions: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """The first record of each target that baseline does not have, and that no lesion of baseline split or
    merged into.

    Its participant has no sum at baseline.

    Source    RECIST 1.1 (Eisenhauer 2009), 4.1 (targets are chosen at baseline).
    """
    checked(lesions)
    read = records(lesions, cells(lesions, None), rules.too_small_mm)
    target = lesions[lesions["role"].eq(TARGET) & read.ordinary]
    first = target.sort_values(["USUBJID", "lesion", "assessment"]).drop_duplicates(["USUBJID", "lesion"])
    return first[first["assessment"].gt(0)].sort_index()


def _targets_at_baseline(lesions: pd.DataFrame) -> pd.DataFrame:
    return lesions[lesions["role"].eq(TARGET) & lesions["assessment"].eq(0)]
