"""The mean of measured values with its limits."""

from __future__ import annotations

import numpy as np

from pipeline.derivations.statistics.estimate import Estimate, missing


def mean(values: np.ndarray) -> Estimate:
    """The mean with the 95 % limits of Student's t.

    One value has no limits, and neither have values that are all the same.

    Takes     one value per participant, none of them missing.
    Returns   the unit of the values.
    Source    Student 1908, Biometrika 6: 1; as R's t.test.
    """
    from scipy.stats import t

    if not len(values):
        return missing("no values")
    average = float(np.mean(values))
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    if not deviation:
        return Estimate(average, None, None, "no limits of one value" if len(values) == 1 else "no variance")
    reach = float(t.ppf(0.975, len(values) - 1)) * deviation / len(values) ** 0.5
    return Estimate(average, average - reach, average + reach)
