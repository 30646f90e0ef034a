"""Whether a form lost more of its records or participants than a drop may lose against the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.records.count import counted

LOST, EMPTY = "FORM-LOST", "FORM-EMPTY"


@dataclass(frozen=True)
class Size:
    """How much a form holds of those who are enrolled."""

    records: int
    participants: int


Sizes = Mapping[str, Size]  # by form


def lost(now: Sizes, before: Sizes, percent: float) -> Iterator[tuple[str, str]]:
    """Each form that has fewer records or participants than before by more than a share, and how many it had
    and has, in words.

    Takes     the forms that were read, in both drops; the share in percent.
    """
    for form, size in now.items():
        earlier = before.get(form)
        if earlier is None:
            continue
        pairs = ((earlier.records, size.records), (earlier.participants, size.participants))
        if any((was - has) * 100 > percent * was for was, has in pairs):
            yield form, f"{_told(earlier)} before, {_told(size)} now"


def _told(size: Size) -> str:
    return f"{counted(size.records, 'record')} of {counted(size.participants, 'participant')}"
