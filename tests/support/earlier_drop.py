"""Makes tests/drops/2018-07-01: what the database of the sample held a year before, of eight participants,
with what was corrected since.

python -m tests.support.earlier_drop writes it again, byte for byte.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.mapping import cutoff
from pipeline.sources import files
from pipeline.study import Study, load
from tests.support import reading
from tests.support.drops import DROP

HOME = DROP.parent / "2018-07-01"
DAY = datetime.date(2018, 7, 1)
PARTICIPANTS = ("FD-001", "FD-002", "FD-003", "FD-005", "FD-006", "FD-007", "FD-008", "FD-010")
Row = dict[str, str]

# What was corrected since: the record of today, and its cells of that time.
CORRECTED: tuple[tuple[str, Row, Row], ...] = (
    ("tl.csv", {"SUBJECT": "FD-008", "FOLDER": "WEEK 24", "LESION": "T01"}, {"DIAMETER": "38"}),
    ("tl.csv", {"SUBJECT": "FD-010", "FOLDER": "WEEK 24", "LESION": "T02"}, {"LESION": "T03"}),
    ("rand.csv", {"SUBJECT": "FD-002"}, {"RAND_DATE": "20 JUL 2016"}),
    ("ae.csv", {"SUBJECT": "FD-001", "RECORD": "3"}, {"TERM": "FATIGUE"}),
    ("cm.csv", {"SUBJECT": "FD-006", "RECORD": "2"}, {"SUBJECT": "FD-007"}),
)
# What was taken away since: the record of today that it resembles, and what it said otherwise.
TAKEN_AWAY: tuple[tuple[str, Row, Row], ...] = (
    (
        "nl.csv",
        {"SUBJECT": "FD-007", "FOLDER": "WEEK 36"},
        {
            "SUBJECT": "FD-001",
            "FOLDER": "WEEK 48",
            "SCAN_DATE": "11 JUN 2017",
            "ENTERED_AT": "2017-06-13 09:20",
            "ORGAN": "Liver",
        },
    ),
)
# What was entered since, although it is of before.
ENTERED_LATE: tuple[tuple[str, Row], ...] = (("nl.csv", {"SUBJECT": "FD-007", "FOLDER": "WEEK 36"}),)


def write(home: Path = HOME) -> None:
    """Writes the drop into a folder, beside what is there."""
    study = load(DROP.parent.parent.parent)
    home.mkdir(parents=True, exist_ok=True)
    stood = _as_it_stood(study)
    for file in sorted(DROP.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as text:
            today = list(csv.DictReader(text))
        records = [record | stood.get((file.stem, row), {}) for row, record in enumerate(today)]
        records = [record for record in records if _was_there(file.name, record)]
        records = [record | _corrected(file.name, record) for record in records]
        records += _taken_away(file.name, today)
        with (home / file.name).open("w", encoding="utf-8", newline="") as text:
            out = csv.DictWriter(text, list(today[0]), lineterminator="\n")
            out.writeheader()
            out.writerows(records)


def _was_there(file: str, record: Row) -> bool:
    """Whether a record was entered by the day, of one of the participants."""
    late = any(name == file and which.items() <= record.items() for name, which in ENTERED_LATE)
    return record["SUBJECT"] in PARTICIPANTS and record["ENTERED_AT"][:10] <= str(DAY) and not late


def _corrected(file: str, record: Row) -> Row:
    for name, which, cells in CORRECTED:
        if name == file and which.items() <= record.items():
            return cells
    return {}


def _taken_away(file: str, today: list[Row]) -> Iterator[Row]:
    for name, which, cells in TAKEN_AWAY:
        if name == file:
            (alike,) = [record for record in today if which.items() <= record.items()]
            yield alike | cells


def _as_it_stood(study: Study) -> Mapping[tuple[str, int], Row]:
    """By form and row the answers and dates that were not known on the day, as the data cut-off of a build
    reads them.
    """
    of_day = replace(study, protocol=study.protocol.model_copy(update={"cutoff": DAY}))
    collected, _, _ = reading.identified(study, files.read(study, DROP))
    forms = reading.understood(of_day, files.read(study, DROP)).forms
    changes = cutoff.cut(of_day, forms).changes
    rows = {
        (name, *identity): row
        for name, form in collected.items()
        for row, *identity in form[["USUBJID", "record"]].itertuples(name=None)
    }
    stood: dict[tuple[str, int], Row] = {}
    for change in changes[changes["field"].notna()].to_dict("records"):
        row = rows[change["form"], change["USUBJID"], change["record"]]
        value = "" if pd.isna(change["value"]) else change["value"]
        stood.setdefault((change["form"], row), {})[change["field"]] = value
    return stood


if __name__ == "__main__":
    write()
