"""Events per time of observation, with exact limits."""

from __future__ import annotations

import numpy as np

from pipeline.derivations.statistics.estimate import Estimate, missing


def incidence(events: int, time: float, per: float = 100.0) -> Estimate:
    """The rate of events per time of observation with the exact 95 % limits of the Poisson distribution.

    Without an event the rate and its lower limit are 0; without time there is no rate.

    Takes     events; the time of observation of all participants together; the time that the rate is told
              for: 100 for 100 patient-years, where time is in years.
    Returns   events per that time.
    Source    Garwood 1936, Biometrika 28: 437; as R's poisson.test.
    """
    from scipy.stats import chi2

    if time <= 0:
        return missing("no time of observation")
    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    high = float(chi2.ppf(0.975, 2 * events + 2)) / 2
    return Estimate(per * events / time, per * low / time, per * high / time)


def years(days: np.ndarray) -> float:
    """The time of observation of all participants in years of 365.25 days.

    Takes     days of each participant.
    """
    return float(np.sum(days)) / 365.25
