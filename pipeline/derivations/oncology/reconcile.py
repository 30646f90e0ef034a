"""The investigator's assessment against the one worked out from his measurements: where they differ, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.recist import Recist

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


def differences(assessed: pd.DataFrame, rules: Recist) -> pd.Series:
    """Why the investigator's assessment differs from the one worked out from his measurements; the classes of
    an assessment joined by "; ".

    ARITHMETIC OF THE REPORTED SUM: his sum is not that of the lesions. LESION MISSING: he evaluated where a
    lesion was not assessed, or did not where all were. NODE SIZE: complete response against nodes of 10 mm or
    more, or none although all nodes are below. NADIR: progression against the smallest sum that is none
    against the baseline. THRESHOLD: any other difference in the response of target lesions. NON-TARGET PD:
    unequivocal progression of one side only; NON-TARGET STATE: another difference in non-target lesions. NEW
    LESION NOT CARRIED: a new lesion that does not enter his assessment. ASSESSMENT AFTER PD: a response other
    than PD after progression. COMBINATION: his parts agree, his overall response does not follow from them.

    Takes     one record an assessment: columns of `recist.assessments`, and IVSUM, IVTARGET, IVNTARG, IVNEW,
              IVOVRL as the investigator reported.
    Returns   classes, missing where both agree or he reported nothing.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4, tables 1 and 2.
    """
    case = _Case(assessed, rules)
    told = case.reported
    after = told & assessed["after_pd"] & ~case.overall("PD") & assessed["IVOVRL"].notna()
    parts = [
        (case.sums(), SUM),
        (after, AFTER_PD),
        *((told & ~after & holds, name) for holds, name in case.target()),
        *((told & ~after & holds, name) for holds, name in case.non_target()),
        (told & ~after & case.new(), NEW),
    ]
    agree = ~np.logical_or.reduce([h.to_numpy(bool) for h, name in parts if name != SUM])
    parts.append((told & agree & _differ(assessed["response"], assessed["IVOVRL"]), OVERALL))
    told_of = np.zeros(len(assessed), dtype="int64")  # a bit for each class
    for bit, (holds, _) in enumerate(parts):
        told_of |= holds.to_numpy(bool).astype("int64") << bit
    sets, at = np.unique(told_of, return_inverse=True)
    texts = [
        "; ".join(name for bit, (_, name) in enumerate(parts) if found >> bit & 1) or None
        for found in sets.tolist()
    ]
    return pd.Series(pd.array(texts, dtype="str").take(at), index=assessed.index)


@dataclass(frozen=True)
class _Case:
    assessed: pd.DataFrame
    rules: Recist

    @property
    def reported(self) -> pd.Series:
        return self.assessed["IVOVRL"].notna() & self.assessed["assessment"].gt(0)

    def overall(self, response: str) -> pd.Series:
        return self.assessed["IVOVRL"].eq(response)

    def sums(self) -> pd.Series:
        """His sum is not that of the lesions measured, or stands for lesions that were not."""
        f = self.assessed
        return f["IVSUM"].notna() & f["sum"].notna() & (f["IVSUM"] - f["sum"]).abs().ge(0.005)

    def target(self) -> list[tuple[pd.Series, str]]:
        """Differences in the response of target lesions, each with its class."""
        f = self.assessed
        differ = _differ(f["target"], f["IVTARGET"]) & f["IVTARGET"].notna()
        whole = f["n_assessed"].eq(f["n_expected"])
        missing = differ & (~whole | f["IVTARGET"].eq("NE") | (f["IVSUM"].notna() & f["sum"].isna()))
        node = (
            differ & ~missing & (f["target"].eq("CR") & f["target_why"].eq("NODE") | f["IVTARGET"].eq("CR"))
        )
        unseen = f["target"].eq("PD") & f["nadir"].lt(f["baseline"]) & ~self.grown(f["baseline"])
        nadir = differ & ~missing & ~node & unseen
        return [
            (missing, MISSING),
            (node, NODE),
            (nadir, NADIR),
            (differ & ~missing & ~node & ~nadir, THRESHOLD),
        ]

    def grown(self, reference: pd.Series) -> pd.Series:
        """Progression of the sum against a reference, in hundredths of a millimetre, so that no bound is
        missed.
        """
        total, past = (self.assessed["sum"] * 100).round(), (reference * 100).round()
        more = Fraction(str(self.rules.pd_fraction))
        return (total * more.denominator).ge(past * more.numerator) & (total - past).ge(
            round(self.rules.pd_absolute_mm * 100)
        )

    def non_target(self) -> list[tuple[pd.Series, str]]:
        f = self.assessed
        differ = _differ(f["non_target"], f["IVNTARG"]) & f["IVNTARG"].notna()
        missing = differ & (f["non_target"].eq("NE") | f["IVNTARG"].eq("NE"))
        worse = differ & ~missing & (f["non_target"].eq("PD") | f["IVNTARG"].eq("PD"))
        return [(missing, MISSING), (worse, NON_TARGET), (differ & ~missing & ~worse, STATE)]

    def new(self) -> pd.Series:
        """A new lesion on the forms and none in his assessment, one of another certainty, or one that does
        not make it progression.
        """
        f = self.assessed
        return _differ(f["new"], f["IVNEW"]) | (
            f["new"].eq("UNEQUIVOCAL") & f["IVNEW"].notna() & ~self.overall("PD")
        )


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    """Whether two answers differ; both missing is agreement."""
    return one.fillna("").ne(other.fillna(""))
