"""The files of a drop: one a form, columns as the contract has them, typed by people."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from pipeline.simulator.draw import Draw
from pipeline.simulator.faults import Faulty
from pipeline.simulator.plants import Planted, plant
from pipeline.simulator.written import Line, clock, later

Words = Mapping[str, Any]
Row = dict[str, str]


class Field(Protocol):
    """What the simulator reads of a field of specs/raw/."""

    @property
    def type(self) -> str: ...
    @property
    def closed(self) -> bool: ...


class Form(Protocol):
    """What the simulator reads of a form of specs/raw/: all columns, those of the header first."""

    @property
    def source(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def fields(self) -> Mapping[str, Field]: ...


class Sheets:
    """All files of the drop, open for as long as participants are written."""

    def __init__(
        self, forms: Mapping[str, Form], words: Words, cutoff: date, faulty: Faulty | None = None
    ) -> None:
        self._forms, self._words, self._cutoff, self._faulty = forms, words, cutoff, faulty
        self._stack = ExitStack()
        self._writers: dict[str, csv.DictWriter[str]] = {}
        self._columns = {name: list(form.fields) for name, form in forms.items()}
        self._codes = {
            name: [
                f
                for f, one in form.fields.items()
                if one.type == "code" and one.closed and f not in ("SITE", *form.keys)
            ]
            for name, form in forms.items()
            if form.source == "Investigator"
        }

    def open(self, out: Path) -> ExitStack:
        for name, columns in self._columns.items():
            handle = self._stack.enter_context((out / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            self._writers[name] = csv.DictWriter(
                handle, columns, restval="", lineterminator="\n"
            )  # refuses a field of no column
            self._writers[name].writeheader()
        return self._stack

    def add(self, subject: str, lines: Iterable[Line], draw: Draw, show: Iterable[Words]) -> list[Planted]:
        """One subject number's records, numbered, untidy, and with what is planted on them."""
        rows = self._numbered(subject, lines, draw)
        planted = plant(rows, subject, show)
        touched = {id(row) for p in planted for row in (p.row,)}
        if self._faulty:
            rows = self._faulty.plant(rows)
            touched |= self._faulty.touched
        for form, row in rows:
            if id(row) not in touched and form in self._codes:
                self._mistype(row, self._codes[form], draw)
            self._writers[form].writerow(row)
        return planted

    def _numbered(self, subject: str, lines: Iterable[Line], draw: Draw) -> list[tuple[str, Row]]:
        count: Counter[tuple[str, str]] = Counter()
        rows: list[tuple[str, Row]] = []
        for line in lines:
            count[line.form, line.folder] += 1
            stream = line.stream or draw
            entered = min(later(line.on, stream.integer(0, 4)), self._cutoff)
            header = {
                "SITE": self._words["site"],
                "SUBJECT": subject,
                "FOLDER": line.folder,
                "FORM": line.form.upper(),
                "RECORD": str(count[line.form, line.folder]),
                "ENTERED_AT": f"{entered.isoformat()} {clock(stream.integer(480, 1079))}",
            }
            rows.append((line.form, header | line.values))
        return rows

    def _mistype(self, row: Row, codes: list[str], draw: Draw) -> None:
        """Few rows: the visit in small letters or with a blank behind it, a code in small letters."""
        shares = self._words["untidy"]
        kind = draw.weighted({**shares, "tidy": 1.0 - sum(shares.values())})
        if kind == "lower":
            row["FOLDER"] = row["FOLDER"].lower()
        elif kind == "title":
            row["FOLDER"] = row["FOLDER"].title()
        elif kind == "trailing":
            row["FOLDER"] += " "
        elif kind == "code" and codes:
            field = draw.pick(codes)
            row[field] = row.get(field, "").lower()
