"""The same drop in each format that is read: a value is typed where the format can hold it and gives back the very text collected."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path

import pandas as pd
import pyarrow as pa
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from pyarrow import parquet as pq

from pipeline.study.models import Form, RawField
from tests.support.odm_writer import to_odm

Frames = Mapping[str, pd.DataFrame]
Forms = Mapping[str, Form]
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def typed(text: str, field: RawField) -> object:
    """The date, time or number that the text shows, where showing it again gives the same text; otherwise the text."""
    try:
        value, again = _value(text, field)
    except (ValueError, IndexError):
        return text
    return value if again == text else text


def _value(text: str, field: RawField) -> tuple[object, str]:
    if field.type == "date" and field.format == "yyyy/m/d":
        day = date(*(int(p) for p in text.split("/", 2)))
        return day, f"{day.year}/{day.month}/{day.day}"
    if field.type == "date":
        parts = text.split(" ")
        day = date(int(parts[2]), MONTHS.index(parts[1]) + 1, int(parts[0]))
        return day, f"{day.day:02d} {MONTHS[day.month - 1]} {day.year}"
    if field.type == "stamp":
        moment = datetime.fromisoformat(text)
        return moment, moment.isoformat(" ", "minutes")
    if field.type == "time":
        clock = time.fromisoformat(text)
        return clock, clock.isoformat("minutes")
    if field.type == "integer":
        return int(text), str(int(text))
    if field.type == "number":
        return float(text), repr(float(text)).removesuffix(".0")
    return text, text


def cells(column: pd.Series, field: RawField) -> list[object]:
    """Each cell typed by itself, None where it is missing."""
    return [typed(c, field) if isinstance(c, str) else None for c in column]


def one_type(column: pd.Series, field: RawField) -> list[object]:
    """All cells typed, or none: for formats in which a column has one type."""
    found = cells(column, field)
    kinds = {type(c) for c in found if c is not None}
    return found if len(kinds) == 1 else [c if isinstance(c, str) else None for c in column]


def to_csv(delimiter: str, encoding: str, suffix: str = "csv") -> Callable[[Frames, Forms, Path], None]:
    def write(frames: Frames, forms: Forms, drop: Path) -> None:
        for name, frame in frames.items():
            frame.to_csv(drop / f"{name}.{suffix}", sep=delimiter, encoding=encoding, index=False, lineterminator="\n")

    return write


def to_parquet(frames: Frames, forms: Forms, drop: Path) -> None:
    for name, frame in frames.items():
        columns = {c: pa.array(one_type(frame[c], f)) for c, f in forms[name].fields.items()}
        empty = {c: a.cast(pa.string()) if pa.types.is_null(a.type) else a for c, a in columns.items()}
        pq.write_table(pa.table(empty), drop / f"{name}.parquet")


def to_xlsx(from_1904: bool) -> Callable[[Frames, Forms, Path], None]:
    def write(frames: Frames, forms: Forms, drop: Path) -> None:
        for name, frame in frames.items():
            book = Workbook(write_only=True)
            book.epoch = CALENDAR_MAC_1904 if from_1904 else CALENDAR_WINDOWS_1900
            sheet = book.create_sheet(name.upper())
            sheet.append(list(frame))
            for row in zip(*(cells(frame[c], f) for c, f in forms[name].fields.items()), strict=True):
                sheet.append(row)
            book.create_sheet("Notes")
            book.save(drop / f"{name}.xlsx")

    return write


JSON_TYPES = {date: "date", datetime: "datetime", time: "time", int: "integer", float: "double", str: "string"}


def to_json(lines: bool) -> Callable[[Frames, Forms, Path], None]:
    def write(frames: Frames, forms: Forms, drop: Path) -> None:
        for name, frame in frames.items():
            values = {c: one_type(frame[c], f) for c, f in forms[name].fields.items()}
            kinds = {c: next((type(v) for v in column if v is not None), str) for c, column in values.items()}
            told = [{"itemOID": f"IT.{c}", "name": c, "label": c, "dataType": JSON_TYPES[kinds[c]]} for c in values]
            rows = [[v.isoformat() if isinstance(v, date | time) else v for v in row] for row in zip(*values.values(), strict=True)]
            head = {"datasetJSONCreationDateTime": "2019-07-01T00:00:00", "datasetJSONVersion": "1.1.0", "itemGroupOID": f"IG.{name}"}
            head |= {"records": len(rows), "name": name, "label": forms[name].title, "columns": told}  # type: ignore[dict-item]
            path = drop / f"{name}.{'ndjson' if lines else 'json'}"
            written = [head, *rows] if lines else [head | {"rows": rows}]
            path.write_text("".join(json.dumps(w, ensure_ascii=False) + "\n" for w in written), encoding="utf-8")

    return write


def to_document(frames: Frames, forms: Forms, drop: Path) -> None:
    to_odm(frames, drop / "trial.xml", "STUDY")


# What a format is called, how it is written, and what the contract of each form declares of it.
Format = tuple[Callable[[Frames, Forms, Path], None], dict[str, object]]
FORMATS: dict[str, Format] = {
    "parquet": (to_parquet, {}),
    "csv with semicolons": (to_csv(";", "utf-8"), {"delimiter": ";"}),
    "csv with bars in gb18030": (to_csv("|", "gb18030"), {"delimiter": "|", "encoding": "GB18030"}),
    "csv with a byte-order mark": (to_csv(",", "utf-8-sig"), {"format": "csv", "encoding": "UTF-8 with BOM"}),
    "tsv": (to_csv("\t", "utf-8", "tsv"), {}),
    "xlsx": (to_xlsx(from_1904=False), {}),
    "xlsx of 1904": (to_xlsx(from_1904=True), {}),
    "dataset-json": (to_json(lines=False), {}),
    "dataset-json in lines": (to_json(lines=True), {}),
    "odm": (to_document, {"format": "odm"}),
}
