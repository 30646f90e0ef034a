"""Lesions over time as small tables: one line a lesion, one word an assessment, so that a course reads as a
radiologist would describe it.

`{"T01": "50 35 60", "T02n": "20 9 ND", "NT01": "+ + worse", "NEW01": ". ? !"}`: a label that ends in n is a
lymph node; a number is millimetres; ND not done; tiny is too small to measure; + present, - absent, worse; ?
equivocal, ! unequivocal, !12 unequivocal and 12 mm large; a point is no record. `35@3` was scanned three days
after the first day of the assessment, `35@x` has no date. Assessments are 42 days apart from 2016-01-01.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from pipeline.derivations.oncology.recist import Recist, assessments

STATES = {
    "+": "PRESENT",
    "-": "ABSENT",
    "worse": "UNEQUIVOCAL PROGRESSION",
    "?": "EQUIVOCAL",
    "!": "UNEQUIVOCAL",
    "tiny": "TOO SMALL TO MEASURE",
}
NODES = {"+": "PATHOLOGICAL", "-": "NON-PATHOLOGICAL"}
FIRST = date(2016, 1, 1)


def course(
    lines: Mapping[str, str], organs: Mapping[str, str] | None = None, usubjid: str = "patient"
) -> pd.DataFrame:
    """Lesion records of one participant."""
    rows = []
    for label, words in lines.items():
        organ = (organs or {}).get(label, label)
        for number, word in enumerate(words.split()):
            if word != ".":
                rows.append((usubjid, number, *_lesion(label), organ, *_result(word, label, number)))
    columns = {
        "USUBJID": "str",
        "assessment": "int64",
        "lesion": "str",
        "role": "str",
        "node": "bool",
        "organ": "str",
        "mm": "float64",
        "state": "str",
        "done": "bool",
        "date": "datetime64[s]",
    }
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _lesion(label: str) -> tuple[str, str, bool]:
    node = label.endswith("n")
    role = "NEW" if label.startswith("NEW") else "NON-TARGET" if label.startswith("NT") else "TARGET"
    return label.removesuffix("n"), role, node


def _result(word: str, label: str, number: int) -> tuple[float | None, str | None, bool, date | None]:
    word, _, offset = word.partition("@")
    day = None if offset == "x" else FIRST + timedelta(days=42 * number + int(offset or 0))
    if word == "ND":
        return None, None, False, day
    if word in STATES:
        return None, (NODES if label.endswith("n") else {}).get(word, STATES[word]), True, day
    if word[0] in "?!":
        return float(word[1:]), STATES[word[0]], True, day
    return float(word), None, True, day


def read(
    lines: Mapping[str, str], rules: Recist | None = None, extra: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The assessments of one course, after baseline."""
    assessed = assessments(course(lines), extra, rules or Recist())
    return assessed[assessed["assessment"].gt(0)].reset_index(drop=True)


class Together:
    """`read` for the courses of some tables, which are worked out in one call, each as a participant: one
    course costs as much as all.
    """

    def __init__(
        self,
        courses: Iterable[Mapping[str, str]],
        rules: Recist | None = None,
        took_place: Iterable[int] = (),
    ) -> None:
        """Takes     the courses; the rules; assessments that took place whatever was recorded."""
        self.courses = [tuple(course.items()) for course in courses]
        self.rules = rules or Recist()
        self.took_place = [*took_place]

    def __call__(self, lines: Mapping[str, str]) -> pd.DataFrame:
        """The assessments of one of the courses, after baseline."""
        number = self.courses.index(tuple(lines.items()))
        return self.assessed[self.assessed["USUBJID"].eq(str(number))].reset_index(drop=True)

    @cached_property
    def assessed(self) -> pd.DataFrame:
        names = [str(number) for number, _ in enumerate(self.courses)]
        records = pd.concat(
            [course(dict(lines), usubjid=name) for name, lines in zip(names, self.courses, strict=True)],
            ignore_index=True,
        )
        rows = [(name, number) for name in names for number in self.took_place]
        extra = pd.DataFrame(rows, columns=["USUBJID", "assessment"]) if rows else None
        if extra is not None:
            extra = extra.astype({"USUBJID": "str", "assessment": "int64"})
        assessed = assessments(records, extra, self.rules)
        return assessed[assessed["assessment"].gt(0)]


def line(assessed: pd.DataFrame, column: str) -> str:
    """One column as a line of words; a point is missing."""
    return " ".join(_word(value) for value in assessed[column].tolist())


def _word(value: Any) -> str:
    if pd.isna(value):
        return "."
    if isinstance(value, pd.Timestamp):
        return value.strftime("%m-%d")
    return f"{value:g}" if isinstance(value, float) else str(value)
