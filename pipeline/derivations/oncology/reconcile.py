"""The investigator's assessment against the one derived from the measurements: where they differ, and why."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.derivations.oncology.lesions import hundredths
from pipeline.derivations.oncology.recist import Recist, is_progression

THRESHOLD: Final = "THRESHOLD"
NADIR: Final = "NADIR"
NODE: Final = "NODE SIZE"
MISSING: Final = "LESION MISSING"
NEW: Final = "NEW LESION NOT CARRIED"
NON_TARGET: Final = "NON-TARGET PD"
STATE: Final = "NON-TARGET STATE"
AFTER_PD: Final = "ASSESSMENT AFTER PD"
SUM: Final = "ARITHMETIC OF THE REPORTED SUM"
OVERALL: Final = "COMBINATION"
CLASSES: Final = (THRESHOLD, NADIR, NODE, MISSING, NEW, NON_TARGET, STATE, AFTER_PD, SUM, OVERALL)
SAME_SUM_MM: Final = 0.005  # sums are recorded to a hundredth of a millimetre


def differences(assessed: pd.DataFrame, rules: Recist, *, new_lesions_reported: bool = True) -> pd.Series:
    """Why the investigator's assessment differs from the one derived from the measurements; the classes of an
    assessment joined by "; ".

    ARITHMETIC OF THE REPORTED SUM: the reported sum is not that of the lesions. LESION MISSING: the
    investigator evaluated where a lesion was not assessed, or did not where all were. NODE SIZE: a complete
    response on one side only, because nodes below 10 mm count as gone or because a target lesion is left.
    NADIR: progression from the nadir but not from baseline. THRESHOLD: any other difference in the response
    of target lesions. NON-TARGET PD: unequivocal progression on one side only. NON-TARGET STATE: another
    difference in non-target lesions. NEW LESION NOT CARRIED: the new lesion differs on the two sides, or an
    unequivocal one does not make the investigator's response progression; of an investigator who is not asked
    for new lesions it is none. ASSESSMENT AFTER PD: a response
    other than PD after progression. COMBINATION: the investigator's parts agree with the derivation, the
    overall response does not follow from them. Without a sum at baseline the responses of target lesions
    are not compared.

    Takes     one record per assessment: columns of `recist.assessments`, and IVSUM, IVTARGET, IVNTARG, IVNEW,
              IVOVRL as the investigator reported; whether the investigator is asked for new lesions.
    Returns   classes, missing where both agree or the investigator reported nothing.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4, tables 1 and 2.
    """
    reported = assessed["IVOVRL"].notna() & assessed["assessment"].gt(0)
    not_pd = assessed["IVOVRL"].ne("PD")
    after_pd = reported & assessed["after_pd"] & not_pd
    compared = reported & ~after_pd

    both_sums = assessed["IVSUM"].notna() & assessed["sum"].notna()
    other_sum = both_sums & (assessed["IVSUM"] - assessed["sum"]).abs().ge(SAME_SUM_MM)

    # Target lesions: the first class that explains a difference. Without a sum at baseline there is nothing
    # to compare; that is a finding of its own, of the participant and not of each assessment.
    target, reported_target = assessed["target"], assessed["IVTARGET"]
    without_baseline = assessed["target_why"].eq("BASELINE")
    target_differs = compared & ~without_baseline & reported_target.notna() & _differ(target, reported_target)
    not_all_assessed = assessed["n_assessed"].ne(assessed["n_expected"])
    sum_of_missing_lesions = assessed["IVSUM"].notna() & assessed["sum"].isna()
    target_missing = target_differs & (not_all_assessed | reported_target.eq("NE") | sum_of_missing_lesions)
    target_differs &= ~target_missing
    only_normal_nodes_left = target.eq("CR") & assessed["target_why"].eq("NODE")
    node_size = target_differs & (only_normal_nodes_left | reported_target.eq("CR"))
    target_differs &= ~node_size
    below_baseline = assessed["nadir"].lt(assessed["baseline"])
    grown_from_baseline = is_progression(hundredths(assessed["sum"]), hundredths(assessed["baseline"]), rules)
    against_nadir = target_differs & target.eq("PD") & below_baseline & ~grown_from_baseline
    threshold = target_differs & ~against_nadir

    # Non-target lesions, likewise.
    non_target, reported_non_target = assessed["non_target"], assessed["IVNTARG"]
    non_target_differs = compared & reported_non_target.notna() & _differ(non_target, reported_non_target)
    non_target_missing = non_target_differs & (non_target.eq("NE") | reported_non_target.eq("NE"))
    non_target_differs &= ~non_target_missing
    non_target_pd = non_target_differs & (non_target.eq("PD") | reported_non_target.eq("PD"))
    non_target_state = non_target_differs & ~non_target_pd

    reported_without_pd = assessed["new"].eq("UNEQUIVOCAL") & assessed["IVNEW"].notna() & not_pd
    new_lesion = (
        compared & new_lesions_reported & (_differ(assessed["new"], assessed["IVNEW"]) | reported_without_pd)
    )

    parts = [
        (target_missing, MISSING),
        (node_size, NODE),
        (against_nadir, NADIR),
        (threshold, THRESHOLD),
        (non_target_missing & ~target_missing, MISSING),  # the class is told once
        (non_target_pd, NON_TARGET),
        (non_target_state, STATE),
        (new_lesion, NEW),
        (after_pd, AFTER_PD),
    ]
    any_part = pd.concat([differs for differs, _ in parts], axis="columns").any(axis="columns")
    not_evaluable = without_baseline & assessed["response"].eq("NE")
    overall_differs = ~not_evaluable & _differ(assessed["response"], assessed["IVOVRL"])
    combination = reported & ~any_part & overall_differs

    classes = pd.Series("", index=assessed.index, dtype="str")
    for holds, name in [(other_sum, SUM), *parts, (combination, OVERALL)]:
        classes = classes.mask(holds, classes + f"; {name}")
    return classes.str.removeprefix("; ").where(classes.ne(""))


def _differ(derived: pd.Series, reported: pd.Series) -> pd.Series:
    """Whether two answers differ; both missing is agreement."""
    return derived.fillna("").ne(reported.fillna(""))
