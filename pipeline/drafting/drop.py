"""A drop of which there is no contract yet: each form's columns as text, and what their file says of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZipFile

import pandas as pd

from pipeline.errors import DropError
from pipeline.formats import UnreadableError
from pipeline.formats.csv import read as csv_file
from pipeline.sources import files, received, redcap
from pipeline.study.models import Form, RawField

ISO_DAY = "YYYY-MM-DD"  # as which the day of a typed column reads
_HEAD = 2_000  # bytes of a JSON file in which Dataset-JSON names its version
NO_VALUE = "No value"  # what a code means of which nobody has said more yet
DELIMITERS = (",", ";", "|", "\t")
_TYPES = {"date": RawField(question="-", type="date", format=ISO_DAY)} | {
    name: RawField.model_validate({"question": "-", "type": name}) for name in ("text", "stamp", "time")
}


@dataclass(frozen=True)
class Column:
    """A column of a form as collected."""

    name: str
    texts: pd.Series  # a missing value is missing
    label: str = ""  # what its file calls it beside its name
    choices: tuple[str, ...] = ()  # the answers that the form offers, where its file says so


@dataclass(frozen=True)
class Collected:
    """A form as it came."""

    form: str
    file: str  # its name in the drop
    columns: tuple[Column, ...]
    title: str = ""
    declared: Mapping[str, str] = field(default_factory=dict)  # what the contract has to say of the file

    @property
    def records(self) -> int:
        return len(self.columns[0].texts) if self.columns else 0

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Header:
    """What holds for every form of a drop."""

    events: Mapping[str, str] = field(default_factory=dict)  # of REDCap: the visit that each may be
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # code for no value -> its fields


@dataclass(frozen=True)
class Undeclared:
    """A drop without contracts: its forms by name, its other files, and what all forms share."""

    forms: tuple[Collected, ...]
    companions: tuple[str, ...]
    header: Header = Header()


def read(drop: Path) -> Undeclared:
    """Every form of a drop, in the order of their names.

    Raises    DropError that lists every file that cannot be read.
    """
    forms: list[Collected] = []
    faults: list[str] = []
    companions: list[str] = []
    paths = received.files(drop)
    header = Header()
    exports = [path for path in paths if _is_redcap(path.name)]
    for path in paths:
        try:
            if path.suffix.lower() == ".xml":
                from pipeline.drafting import documents  # and lxml with it

                forms += documents.odm(path)
            elif path in exports[:1]:
                from pipeline.drafting import documents

                instruments, header = documents.redcap(exports)
                forms += instruments
            elif path in exports:
                continue
            elif _is_form(path):
                forms.append(_one_form(path))
            else:
                companions.append(path.name)
        except DropError as error:
            faults += str(error).split("\n")
    if not forms and not faults:
        faults.append(f"{drop}: holds no file of a form; a drop is a folder with one file per form")
    if faults:
        raise DropError("\n".join(faults))
    in_order = sorted(forms, key=lambda form: form.form.casefold())
    return Undeclared(tuple(in_order), tuple(companions), header)


def _is_redcap(name: str) -> bool:
    return bool(redcap.RECORDS.fullmatch(name) or redcap.DICTIONARY.fullmatch(name))


def _is_form(path: Path) -> bool:
    kind = path.name.partition(".")[2]
    if kind == "json":
        return b"datasetJSONVersion" in path.read_bytes()[:_HEAD]
    return kind in files.READERS


def _one_form(path: Path) -> Collected:
    form, _, kind = path.name.partition(".")
    if kind in ("csv", "tsv"):
        return _delimited(path, form)
    types, labels, title = _COLUMNS[kind](path)
    contract = Form(form=form, title=form, source="Investigator", record="-", fields=types)
    frame = files.READERS[kind](path, contract)
    columns = tuple(Column(name, frame[name], labels.get(name, "")) for name in types)
    return Collected(form, path.name, columns, title)


# --- delimited text
def _delimited(path: Path, form: str) -> Collected:
    encoding = _encoding(path)
    line = csv_file.header(path, encoding).decode("utf-8" if encoding in csv_file.UTF_8 else encoding)
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = max(DELIMITERS, key=lambda mark: (len(_cells(line, mark)), mark == usual))
    names = _cells(line, delimiter)
    for place, name in enumerate(names, start=1):
        if not name.strip():
            why = "has no name; export the form without row numbers, or name it"
            raise DropError(f"{path.name}, line 1: column {place} {why}")
        if names.count(name) > 1:
            raise DropError(f"{path.name}, line 1: column {place} has the name of another; export it again")
    frame = csv_file.table(path, names, delimiter, encoding)
    declared = {} if encoding == "UTF-8" else {"encoding": encoding}
    if delimiter != usual:
        declared["delimiter"] = delimiter
    return Collected(form, path.name, tuple(Column(n, frame[n]) for n in names), "", declared)


def _encoding(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(csv_file.BYTE_ORDER_MARK):
        return "UTF-8 with BOM"
    for encoding in ("UTF-8", "GB18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise DropError(f"{path.name}: neither UTF-8 nor GB18030; export the file as UTF-8")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


# --- files with types: the type of each column, the labels, the title
_Typed = tuple[dict[str, RawField], dict[str, str], str]
_OF_SAS = {"day": "date", "day of a moment": "date", "moment": "stamp", "time": "time"}


def _type_in_sas(format_: str, text: bool) -> RawField:
    from pipeline.formats.sas import meaning

    if text:
        return _TYPES["text"]
    try:
        return _TYPES[_OF_SAS.get(meaning.kind(format_), "text")]
    except meaning.UnknownTimeError:
        return _TYPES["text"]  # the reader says what is wrong with it


def _columns_of_xpt(path: Path) -> _Typed:
    from pipeline.formats.xpt import read as xpt

    try:
        contents = xpt.read(path)
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None
    types = {c.name: _type_in_sas(c.format.removesuffix("."), c.text) for c in contents.columns}
    return types, {c.name: c.label.strip() for c in contents.columns}, contents.label.strip()


def _columns_of_sas7bdat(path: Path) -> _Typed:
    from pipeline.formats.sas import dataset

    try:
        contents = dataset.read(path)
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None
    return {c.name.upper(): _type_in_sas(c.format, c.text) for c in contents.columns}, {}, ""


def _columns_of_parquet(path: Path) -> _Typed:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(path)
    except (pa.ArrowException, ValueError, OSError):
        raise DropError(f"{path.name}: not a whole Parquet file; export it again") from None
    kinds = ((pa.types.is_date, "date"), (pa.types.is_timestamp, "stamp"), (pa.types.is_time, "time"))
    types = {f.name: next((kind for is_kind, kind in kinds if is_kind(f.type)), "text") for f in schema}
    return {name: _TYPES[kind] for name, kind in types.items()}, {}, ""


def _columns_of_json(path: Path) -> _Typed:
    from pipeline.formats.dataset_json import read as dataset_json

    kinds = {"date": "date", "datetime": "stamp", "time": "time"}
    try:
        with dataset_json.opened(path) as dataset:
            types = {c.name: _TYPES[kinds.get(c.type, "text")] for c in dataset.columns}
            return types, {c.name: c.label for c in dataset.columns}, dataset.label
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None


def _columns_of_xlsx(path: Path) -> _Typed:
    from datetime import date, datetime, time

    from pipeline.formats.xlsx.package import DAMAGE
    from pipeline.formats.xlsx.read import Workbook

    try:
        with path.open("rb") as packed, ZipFile(packed) as archive:
            book = Workbook(path.name, archive)
            shown = [sheet for sheet in book.sheets if sheet.is_shown]
            rows = book.rows(shown[0]) if shown else iter(())
            names = {place: str(name) for place, name in next(rows, (1, {}))[1].items()}
            kinds = dict.fromkeys(names.values(), "text")
            for _, row in rows:
                for place, value in row.items():
                    if place in names and isinstance(value, date | time):
                        whole = not isinstance(value, datetime) or value.time() == time()
                        kind = "time" if isinstance(value, time) else "date" if whole else "stamp"
                        kinds[names[place]] = "stamp" if kinds[names[place]] == "stamp" else kind
    except DAMAGE:
        raise DropError(f"{path.name}: not a whole XLSX workbook; save it again") from None
    return {name: _TYPES[kind] for name, kind in kinds.items()}, {}, ""


_COLUMNS: Mapping[str, Callable[[Path], _Typed]] = {
    "xlsx": _columns_of_xlsx,
    "parquet": _columns_of_parquet,
    "json": _columns_of_json,
    "ndjson": _columns_of_json,
    "xpt": _columns_of_xpt,
    "sas7bdat": _columns_of_sas7bdat,
}
