"""The same drop in each format that is read: a value is typed where the format can hold it and gives back the
very text collected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyreadstat
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from pyarrow import parquet as pq

from pipeline.sources.odm_definitions import PLACES
from pipeline.sources.redcap import EVENT, GROUP, INSTANCE, REPEATED
from pipeline.study.models import Form, RawField
from tests.support.odm_history_writer import to_odm_history
from tests.support.odm_writer import to_odm
from tests.support.sas_files import Variable, sas7bdat

Frames = Mapping[str, pd.DataFrame]
Forms = Mapping[str, Form]
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def typed(text: str, field: RawField) -> object:
    """The date, time or number that the text shows, where showing it again gives the same text; otherwise the
    text.
    """
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
            frame.to_csv(
                drop / f"{name}.{suffix}", sep=delimiter, encoding=encoding, index=False, lineterminator="\n"
            )

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


REDCAP_TYPES: dict[type, str] = {date: "date_dmy", datetime: "datetime_ymd", time: "time"}
JSON_TYPES = {
    date: "date",
    datetime: "datetime",
    time: "time",
    int: "integer",
    float: "double",
    str: "string",
}


def to_json(lines: bool) -> Callable[[Frames, Forms, Path], None]:
    def write(frames: Frames, forms: Forms, drop: Path) -> None:
        for name, frame in frames.items():
            values = {c: one_type(frame[c], f) for c, f in forms[name].fields.items()}
            kinds = {c: next((type(v) for v in column if v is not None), str) for c, column in values.items()}
            told = [
                {"itemOID": f"IT.{c}", "name": c, "label": c, "dataType": JSON_TYPES[kinds[c]]}
                for c in values
            ]
            rows = [
                [v.isoformat() if isinstance(v, date | time) else v for v in row]
                for row in zip(*values.values(), strict=True)
            ]
            head = {
                "datasetJSONCreationDateTime": "2019-07-01T00:00:00",
                "datasetJSONVersion": "1.1.0",
                "itemGroupOID": f"IG.{name}",
            }
            head |= {"records": len(rows), "name": name, "label": forms[name].title, "columns": told}  # type: ignore[dict-item]
            path = drop / f"{name}.{'ndjson' if lines else 'json'}"
            written = [head, *rows] if lines else [head | {"rows": rows}]
            path.write_text(
                "".join(json.dumps(w, ensure_ascii=False) + "\n" for w in written), encoding="utf-8"
            )

    return write


def to_xpt(version: Literal[5, 8]) -> Callable[[Frames, Forms, Path], None]:
    """Numbers are doubles in a transport file, whatever they were; version 5 holds 200 bytes of text."""

    def write(frames: Frames, forms: Forms, drop: Path) -> None:
        for name, frame in frames.items():
            form = forms[name]
            values = {form.file.columns.get(c, c): one_type(frame[c], f) for c, f in form.fields.items()}
            columns = {
                c: pd.Series([float(v) if isinstance(v, int) else v for v in column], dtype=object)
                for c, column in values.items()
            }
            table = pd.DataFrame(
                {
                    c: s.fillna("") if any(isinstance(v, str) for v in s) or s.isna().all() else s
                    for c, s in columns.items()
                }
            )
            pyreadstat.write_xport(
                table, drop / f"{name}.xpt", table_name=name.upper(), file_format_version=version
            )

    return write


# What SAS shows a day, a moment and a time of day in, and since when it counts them.
SAS_FORMATS: dict[type, str] = {date: "DATE9", datetime: "DATETIME20", time: "TIME8"}
SAS_EPOCH = datetime(1960, 1, 1)  # noqa: DTZ001


def to_sas7bdat(frames: Frames, forms: Forms, drop: Path) -> None:
    for name, frame in frames.items():
        columns = {c: one_type(frame[c], f) for c, f in forms[name].fields.items()}
        variables = [_sas_variable(c, values) for c, values in columns.items()]
        rows = [[_sas_value(v) for v in row] for row in zip(*columns.values(), strict=True)]
        (drop / f"{name}.sas7bdat").write_bytes(sas7bdat(variables, rows))


def _sas_variable(name: str, values: list[object]) -> Variable:
    kind = next((type(v) for v in values if v is not None), str)
    if kind is str:
        return Variable(name, max(len(str(v or "x").encode()) for v in [*values, None]), text=True)
    return Variable(name, format=SAS_FORMATS.get(kind, ""))


def _sas_value(value: object) -> str | float | None:
    if isinstance(value, datetime):
        return (value - SAS_EPOCH).total_seconds()
    if isinstance(value, date):
        return float((value - SAS_EPOCH.date()).days)
    if isinstance(value, time):
        return value.hour * 3600.0 + value.minute * 60
    return float(value) if isinstance(value, int | float) else value  # type: ignore[return-value]


def to_document(frames: Frames, forms: Forms, drop: Path) -> None:
    to_odm(frames, drop / "trial.xml", "STUDY")


def to_history(frames: Frames, forms: Forms, drop: Path) -> None:
    to_odm_history(frames, drop / "trial.xml", "STUDY")


def to_redcap(frames: Frames, forms: Forms, drop: Path) -> Forms:
    """One raw export and its dictionary; returns the contracts, whose header now knows the visit of each
    event.

    Forms of one record a person at most stand in the rows of the events, all others repeat. Codes that the
    data spell in one way each are choices; `ae.SERIOUS` and the like are fields, `ae_serious`.
    """
    folders = sorted({str(t) for f in frames.values() for t in f["FOLDER"]})
    events = {f"event_{n}_arm_1": folder for n, folder in enumerate(folders, start=1)}
    event_of = {folder: event for event, folder in events.items()}
    told: list[dict[str, str]] = [
        {"Variable / Field Name": "record_id", "Form Name": next(iter(forms)), "Field Type": "text"}
    ]
    rows: dict[tuple[str, str, str, str], dict[str, object]] = {}
    for name, form in forms.items():
        shown = {
            c: _redcap_field(told, name, c, frames[name][c], f)
            for c, f in form.fields.items()
            if c not in PLACES
        }
        for n, (site, subject, folder, record) in enumerate(
            frames[name][["SITE", "SUBJECT", "FOLDER", "RECORD"]].itertuples(index=False)
        ):
            key = (
                (subject, event_of[folder], "", "")
                if name == "enrol"
                else (subject, event_of[folder], name, record)
            )
            row = rows.setdefault(
                key, {"record_id": subject, EVENT: key[1], REPEATED: key[2], INSTANCE: key[3], GROUP: site}
            )
            row |= {f"{name}_{c.lower()}": values[n] for c, values in shown.items()} | {
                f"{name}_complete": "2"
            }
    pd.DataFrame(told).to_csv(drop / "Trial_DataDictionary_2019-07-01.csv", index=False)
    pd.DataFrame(list(rows.values())).to_csv(
        drop / "Trial_DATA_2019-07-01_1200.csv", index=False, encoding="utf-8-sig", lineterminator="\n"
    )
    return {n: f.model_copy(update={"events": events}) for n, f in forms.items()}


def _redcap_field(
    told: list[dict[str, str]], form: str, name: str, column: pd.Series, field: RawField
) -> list[object]:
    """Adds the field to the dictionary, as a choice or a validated date where that loses nothing; returns its
    values.
    """
    said = {"Variable / Field Name": f"{form}_{name.lower()}", "Form Name": form, "Field Type": "text"}
    values, labels = one_type(column, field), list(dict.fromkeys(column.dropna()))
    kind = next((type(v) for v in values if v is not None), str)
    if field.type == "code" and all(t.strip() == t and "|" not in t for t in labels):
        said |= {
            "Field Type": "radio",
            "Choices, Calculations, OR Slider Labels": " | ".join(
                f"{n}, {t}" for n, t in enumerate(labels, 1)
            ),
        }
        values = [str(labels.index(t) + 1) if isinstance(t, str) else None for t in column]
    elif kind in REDCAP_TYPES:
        said |= {"Text Validation Type OR Show Slider Number": REDCAP_TYPES[kind]}
        values = [
            v.isoformat(*([" ", "minutes"] if kind is datetime else []))
            if isinstance(v, date | time)
            else None
            for v in values
        ]
    else:
        values = list(column)
    told.append(said)
    return values


def to_xpt_5(frames: Frames, forms: Forms, drop: Path) -> None:
    """A form with a longer text than version 5 holds comes as CSV: a drop may mix formats."""
    short = {
        n: f
        for n, f in frames.items()
        if max(len(t.encode()) for c in f for t in [*f[c].dropna(), ""]) <= 200
    }
    to_xpt(5)(short, forms, drop)
    renamed = {n: f.rename(columns=dict(forms[n].file.columns)) for n, f in frames.items() if n not in short}
    to_csv(",", "utf-8")(renamed, forms, drop)


def as_is(**declared: object) -> Callable[[Form], dict[str, object]]:
    return lambda form: declared


def eight_characters(form: Form) -> dict[str, object]:
    return {"columns": {f: f"{f[:6]}{n:02d}" for n, f in enumerate(form.fields) if len(f) > 8}}


# What a format is called, how it is written, and what the contract of each form declares of it.
Format = tuple[Callable[[Frames, Forms, Path], Forms | None], Callable[[Form], dict[str, object]]]
FORMATS: dict[str, Format] = {
    "csv with semicolons": (to_csv(";", "utf-8"), as_is(delimiter=";")),
    "csv with bars in gb18030": (to_csv("|", "gb18030"), as_is(delimiter="|", encoding="GB18030")),
    "csv with a byte-order mark": (to_csv(",", "utf-8-sig"), as_is(format="csv", encoding="UTF-8 with BOM")),
    "tsv": (to_csv("\t", "utf-8", "tsv"), as_is()),
    "xlsx": (to_xlsx(from_1904=False), as_is()),
    "xlsx of 1904": (to_xlsx(from_1904=True), as_is()),
    "parquet": (to_parquet, as_is()),
    "dataset-json": (to_json(lines=False), as_is()),
    "dataset-json in lines": (to_json(lines=True), as_is()),
    "xpt version 5": (to_xpt_5, eight_characters),
    "xpt version 8": (to_xpt(8), as_is(format="xpt")),
    "sas dataset": (to_sas7bdat, as_is(format="sas7bdat")),
    "redcap": (to_redcap, as_is()),
    "odm": (to_document, as_is(format="odm")),
    "odm with its history": (to_history, as_is()),
}
