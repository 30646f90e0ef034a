"""What RECIST 1.1 asks of the lesions chosen at baseline. Each function returns the lesion records that break
one rule.
"""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.oncology.lesions import LESION, TARGET, check, hundredths, sizes
from pipeline.derivations.oncology.recist import Recist
from pipeline.derivations.oncology.succession import came_of_others
from pipeline.records import lookup
from pipeline.records.identity import SUBJECT


def over_cap(lesions: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """Target lesions at baseline beyond five in all, or two of an organ; all lymph nodes together are one
    organ.

    Nobody can tell which of them should not have been chosen: every one of the participant, or of the organ,
    is returned.

    Takes     lesion records as `recist.assessments`.
    Returns   the records, on the index they had.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.1.
    """
    targets = _targets_at_baseline(lesions)
    organ = targets["organ"].mask(targets["node"], "lymph nodes")  # in lower case, as no code of an organ is
    in_all = targets.groupby(SUBJECT)["lesion"].transform("size")
    in_organ = targets.groupby([targets[SUBJECT], organ], dropna=False)["lesion"].transform("size")
    return targets[in_all.gt(rules.max_targets) | in_organ.gt(rules.max_per_organ)]


def not_measurable(lesions: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """Target lesions below 10 mm at baseline, nodes below 15 mm by the short axis; not measured at all is
    another fault.

    Returns   the records, on the index they had.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1.
    """
    targets = _targets_at_baseline(lesions)
    least_mm = pd.Series(rules.lesion_target_mm, index=targets.index, dtype="float64")
    least_mm = least_mm.mask(targets["node"], rules.node_target_mm)
    return targets[sizes(targets, rules.too_small_mm).lt(hundredths(least_mm))]


def not_at_baseline(lesions: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """The first record of each target that was not measured at baseline, and that no lesion of baseline split
    or merged into.

    The participant has no sum at baseline, and so no partial response. A participant without an assessment at
    baseline is another fault, told once.

    Returns   the records, on the index they had.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.1 (targets are chosen at baseline).
    """
    check(lesions)
    assessed_at_baseline = lesions.loc[lesions["assessment"].eq(0), SUBJECT]
    targets = lesions[lesions["role"].eq(TARGET) & lesions[SUBJECT].isin(assessed_at_baseline)]
    first = lookup.first_of_each(targets, LESION, "assessment")
    not_recorded = first["assessment"].gt(0)
    not_measured = sizes(first, rules.too_small_mm).isna()
    lacking = first[not_recorded | not_measured]
    return lacking[~came_of_others(lacking, lesions)].sort_index()


def _targets_at_baseline(lesions: pd.DataFrame) -> pd.DataFrame:
    return lesions[lesions["role"].eq(TARGET) & lesions["assessment"].eq(0)]
