"""A check of a drop as a test asks for it: its outcome and its list of queries."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.checks.drop import check
from pipeline.checks.drop.shapes import Drop
from pipeline.checks.drop.sheets import Sheet, sheet
from pipeline.study import Study
from pipeline.study.door import Anchors, Door
from pipeline.study.models import Form
from tests.conftest import ROOT, quiet
from tests.support.drops import of_subjects

Row = dict[str, str]
GIVEN = {"SUBJECT": "FD-001", "RECORD": "1"}
CHOSEN = ("FD-001", "FD-006")  # of the sample: one with many records, one who died


@dataclass(frozen=True)
class Checked:
    outcome: dict[str, Any]
    home: Path

    @property
    def queries(self) -> list[Row]:
        return rows(self.home / "queries.csv")

    def rules(self) -> set[str]:
        return {q["rule"] for q in self.queries}


def checked(
    study: Study, drop: Path, out: Path, *, against: Path | None = None, built: Path | None = None
) -> Checked:
    request = check.Request(out, ("html", "csv", "junit", "sarif"), against, built)
    return Checked(check.check(study, ROOT, drop, request, quiet), out)


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def small(drop: Path) -> Path:
    """The sample drop with the records of two participants, in a folder of that name."""
    return of_subjects(drop, *CHOSEN)


def changed(drop: Path, file: str, which: Row, cells: Row) -> None:
    """Changes cells of the one record of a file that fits."""
    records = rows(drop / file)
    (record,) = [r for r in records if which.items() <= r.items()]
    record.update(cells)
    with (drop / file).open("w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(records[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(records)


def _sheet(form: Form, records: Sequence[Mapping[str, str]]) -> Sheet:
    cells = [{f: r.get(f, GIVEN.get(f, "")) or None for f in form.fields} for r in records]
    frame = pd.DataFrame(cells, columns=list(form.fields), dtype="str")
    who = {
        "USUBJID": pd.Series("S-1", index=frame.index, dtype="str"),
        "record": pd.Series([f"S-1|{i}" for i in frame.index], index=frame.index, dtype="str"),
    }
    return sheet(form, frame, who)


@lru_cache(maxsize=100)
def _empty(study: Study, form: str) -> Sheet:
    """A form without records, made once for all tests."""
    return _sheet(study.forms[form], ())


def drop(study: Study, **forms: Sequence[Mapping[str, str]]) -> Drop:
    """A drop of one participant: each form's records by their cells; other forms are empty."""
    filled = {name: _sheet(study.forms[name], records) for name, records in forms.items()}
    sheets = {name: filled[name] if name in filled else _empty(study, name) for name in study.forms}
    anchors = Anchors.model_validate(
        {
            "randomization": {"form": "rand", "field": "RAND_DATE"},
            "first dose": {"form": "tras", "field": "DOSE_DATE", "where": {"GIVEN": "Yes"}},
        }
    )
    return Drop(study, Door(anchors=anchors, checks=()), sheets)
