"""Whether two columns hold the same values, and how far numbers may be apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.errors import UsageError

_DIGITS = 15  # significant digits that every double surely holds
_LEAST = np.finfo("float64").tiny


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may be apart and still be equal: so many significant digits, or a distance that is
    absolute or relative to the larger of the two.
    """

    kind: str = "digits"
    size: float = _DIGITS

    def __str__(self) -> str:
        if self.kind == "digits":
            return f"{self.size:g} significant digits"
        return f"{self.kind} {self.size:g}"

    def allowed(self, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        """The distance that is allowed for each pair of numbers."""
        if self.kind == "absolute":
            return np.full(len(ours), self.size)
        larger = np.maximum(np.abs(ours), np.abs(theirs))
        if self.kind == "relative":
            return np.asarray(self.size * larger)
        last_digit = 10.0 ** (np.floor(np.log10(np.maximum(larger, _LEAST))) + 1 - self.size)
        return np.asarray(last_digit / 2)


def tolerance(asked: str | None) -> Tolerance:
    """The tolerance that an option names.

    Takes     `absolute:0.01`, `relative:1e-9`, or None for 15 significant digits.
    Raises    UsageError for anything else.
    """
    if asked is None:
        return Tolerance()
    kind, _, number = asked.partition(":")
    try:
        size = float(number)
    except ValueError:
        size = -1
    if kind not in ("absolute", "relative") or not 0 <= size < np.inf:
        raise UsageError(
            f"--tolerance {asked}: expected absolute:NUMBER or relative:NUMBER, as absolute:0.01"
        )
    return Tolerance(kind, size)


def differing(ours: pd.Series, theirs: pd.Series, within: Tolerance) -> np.ndarray:
    """Whether two columns differ, place by place. Two missing values are equal; a missing one and another
    differ.

    Takes     columns of one type, their records paired; how far numbers may be apart.
    """
    if ours.dtype != "float64":
        return np.asarray(ours.to_numpy(dtype=object) != theirs.to_numpy(dtype=object), dtype=bool)
    left, right = ours.to_numpy(), theirs.to_numpy()
    present = ~np.isnan(left) & ~np.isnan(right)
    differs: np.ndarray = np.isnan(left) != np.isnan(right)
    a, b = left[present], right[present]
    differs[present] = ~(a == b) & ~(np.abs(a - b) <= within.allowed(a, b))
    return differs
