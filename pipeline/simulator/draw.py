"""Random draws: everything is drawn from `random()` alone, whose stream Python keeps the same from version
to version.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A random stream for each participant, so that a longer study begins with the same participants."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._next = random.Random(seed).random  # noqa: S311 (synthetic data, not a secret)

    def branch(self, name: str) -> Draw:
        """A stream beside this one: however much is drawn from it, what is drawn here stays as it was."""
        return Draw(f"{self._seed}/{name}")

    def chance(self, share: float) -> bool:
        return self._next() < share

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def within(self, bounds: Sequence[int]) -> int:
        return self.integer(bounds[0], bounds[1])

    def bell(self, mean: float, spread: float) -> float:
        """Bell-shaped with that mean and standard deviation: three uniform draws have a variance of a
        quarter.
        """
        return mean + spread * 2.0 * (self._next() + self._next() + self._next() - 1.5)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._next() * len(choices))]

    def weighted(self, weights: Mapping[str, float]) -> str:
        """One of the names, each as often as its weight says."""
        left = self._next() * sum(weights.values())
        for name, weight in weights.items():
            left -= weight
            if left < 0:
                return name
        return list(weights)[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        rest = list(items)
        return [rest.pop(int(self._next() * len(rest))) for _ in items]
