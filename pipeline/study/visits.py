"""Visits by name: which visit of the study a text means, and what a visit with a number is called.

1. Case, blanks, hyphens and underscores do not count, nor do zeros before a number: CYCLE-01 DAY 1 is
   CYCLE 1 DAY 1.
2. A visit of a series is the name of the series and its own number, as UNSCHEDULED 01, or FU1 of a series
   that is also called FU. The number has up to three digits and may have one decimal, as UNSCHEDULED 3.1,
   which some systems give to a visit after visit 3.
3. VISITNUM is the number of the series plus the own number: 901, 903.1, 1000. It stays below the number of
   the next visit of the study.
4. A visit of a series that the protocol does not plan may have no number: UNSCHEDULED is visit 900.
5. A series may have other spellings (`also` in specs/study.yaml), as UNSCHEDULED VISIT.
6. Anything else is ambiguous, such as UNSCHEDULED 0 or UNSCHEDULED 3.12, and no visit of the study.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from pipeline.study.protocol import Visit

FIELD = "FOLDER"  # the field of a form that names the visit
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2015]+")
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)", re.ASCII)
_OWN_NUMBER = re.compile(r"(\d{1,3})(?:\.(\d))?", re.ASCII)


class Named(NamedTuple):
    """A visit of the study: its VISITNUM and its name."""

    number: float
    name: str


def folded(typed: str) -> str:
    """The text in capitals, with single blanks between its words and without leading zeros."""
    return _LEADING_ZEROS.sub("", _BETWEEN_WORDS.sub(" ", typed.strip().upper()).strip())


@lru_cache(maxsize=8)
def names(visits: tuple[Visit, ...]) -> Callable[[str], Named | None]:
    """The function that finds the visit of the study which a text means; None where it means none, or could
    mean several.
    """
    single = {
        folded(name): Named(v.number, v.name) for v in visits if not v.series for name in (v.name, *v.also)
    }
    series = {folded(name): v for v in visits if v.series for name in (v.name, *v.also)}
    # of two names that one text begins with, such as UNSCHEDULED and UNSCHEDULED VISIT, the longer is meant
    beginnings = sorted(series, key=len, reverse=True)
    end_of = {v.name: _end_of_series(v, visits) for v in series.values()}

    def visit_of(typed: str) -> Named | None:
        text = folded(typed)
        if text in single:
            return single[text]
        for beginning in beginnings:
            own_number = text.removeprefix(beginning)
            if own_number != text and _begins_number(beginning, own_number):
                found = _of_series(series[beginning], own_number.strip())
                return found if found and found.number < end_of[series[beginning].name] else None
        return None

    return visit_of


def _begins_number(series: str, rest: str) -> bool:
    """Whether what follows the name of a series may be a number of its own: after a blank, or after a letter
    without one, as in FU1.
    """
    return rest[:1] in ("", " ") or (series[-1:].isalpha() and rest[:1].isdecimal())


def _end_of_series(series: Visit, visits: tuple[Visit, ...]) -> float:
    """The number of the next visit of the study."""
    return min((v.number for v in visits if v.number > series.number), default=float("inf"))


def _of_series(series: Visit, own_number: str) -> Named | None:
    if not own_number:
        return None if series.planned else Named(series.number, series.name)
    match = _OWN_NUMBER.fullmatch(own_number)
    if not match or not float(own_number):
        return None
    whole, decimal = match.groups()
    name = f"{series.name} {int(whole):02d}"
    return Named(series.number + float(own_number), f"{name}.{decimal}" if decimal else name)


def name_of(number: float, visits: tuple[Visit, ...]) -> str:
    """The name of the visit with this VISITNUM; one that was held again later has the number of hundredths
    that it is the earlier one of, as SCREENING, EARLIER 1.
    """
    whole, hundredths = divmod(round(number * 100), 100)
    visit = max((v for v in visits if v.number <= whole), key=lambda v: v.number)
    name = visit.name
    if visit.series:
        tenths, hundredths = divmod(hundredths, 10)
        own_number = whole - int(visit.number)
        if own_number or tenths:
            name += f" {own_number:02d}"
        if tenths:
            name += f".{tenths}"
    return f"{name}, EARLIER {hundredths}" if hundredths else name


def called(visits: tuple[Visit, ...]) -> Callable[[str], str]:
    """The function that gives the name of the visit that a text means; a text that means none stays, in
    capitals and with single blanks.
    """
    visit_of = names(visits)

    def name(typed: str) -> str:
        visit = visit_of(typed)
        return visit.name if visit else " ".join(typed.upper().split())

    return name
