"""A number with its 95 % confidence limits, and the reason where there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number with its limits; each is None where it cannot be estimated, and the reason says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""  # empty where nothing is missing


@dataclass(frozen=True)
class Test:
    """The statistic of a test and its two-sided p; None where there is no test, and the reason says why."""

    statistic: float | None
    p: float | None
    reason: str = ""

    __test__ = False  # no test of the code


def missing(reason: str) -> Estimate:
    """What cannot be estimated at all.

    Takes     why, in words that a footnote can repeat.
    """
    return Estimate(None, None, None, reason)
