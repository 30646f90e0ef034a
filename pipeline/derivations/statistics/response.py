"""Response: the rate of each arm with its exact confidence interval, and the difference between two arms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rate:
    """Participants, responders, and the rate with its limits as fractions; None where not estimable."""

    participants: int
    responders: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Difference:
    """Rate of the arm minus the rate of the control, with its limits; None where not estimable."""

    difference: float | None
    low: float | None
    high: float | None


def rate(responded: np.ndarray) -> Rate:
    """Responders as a share of all participants, with the 95 % interval of Clopper and Pearson.

    An arm without participants has no rate.

    Takes     one value per participant: whether the participant responded.
    Returns   fractions; None where they cannot be estimated.
    Source    Clopper and Pearson 1934, Biometrika 26: 404.
    """
    from statsmodels.stats.proportion import proportion_confint

    participants, responders = len(responded), int(np.sum(responded))
    if not participants:
        return Rate(0, 0, None, None, None)
    low, high = proportion_confint(responders, participants, alpha=0.05, method="beta")
    return Rate(participants, responders, responders / participants, float(low), float(high))


def difference(arm: np.ndarray, control: np.ndarray) -> Difference:
    """The difference of two independent rates with Newcombe's 95 % interval, which holds for few participants
    and for rates of 0 and 1.

    Takes     whether each participant responded, of the arm and of the control.
    Returns   fractions; None where an arm has no participants.
    Source    Newcombe 1998, Statistics in Medicine 17: 873, method 10 (hybrid of Wilson's intervals, no
              continuity correction).
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    if not len(arm) or not len(control):
        return Difference(None, None, None)
    counts = int(np.sum(arm)), len(arm), int(np.sum(control)), len(control)
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=0.05)
    return Difference(float(np.mean(arm) - np.mean(control)), float(low), float(high))
