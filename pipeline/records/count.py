"""How many records there are: what became of those of a form, and a number with its noun."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """What became of the records of one form. Counts add up over blocks."""

    read: int
    published: int
    set_aside: tuple[tuple[str, int], ...]  # reason and number
    as_it_stood: int = 0  # of those published, how many without what they say of the time after the cut-off

    def __add__(self, other: Count) -> Count:
        reasons = dict(self.set_aside)
        for reason, n in other.set_aside:
            reasons[reason] = reasons.get(reason, 0) + n
        return Count(
            self.read + other.read,
            self.published + other.published,
            tuple(sorted(reasons.items())),
            self.as_it_stood + other.as_it_stood,
        )


def counted(number: int, noun: str) -> str:
    """A number with its noun in the singular or in the plural: 1 record, 2,000 records."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
