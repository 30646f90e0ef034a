"""A form as one sheet of an XLSX workbook: what was typed, without the noise of floating point, a serial
number as the date it shows.

The workbook is read as the XML it is, cell by cell, so that what a spreadsheet library passes over is seen: a
formula without its result, merged cells, an error. A number is a date only where its format shows one: 2016
typed as a year is no day of 1905.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from zipfile import BadZipFile, ZipFile, ZipInfo

import pandas as pd
from lxml import etree

from pipeline.errors import DropError
from pipeline.sources import collected, columns, serials, xml
from pipeline.study.models import Form, RawField

LARGEST, BOMB = (
    2**31,
    (2**26, 200),
)  # bytes of one part unpacked; and the size from which it may not be so many times its packed size
OLE = (  # a file of this kind is an encrypted workbook, or one of before 2007
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")

Cell = object  # what a cell holds: text, number, date, time, truth
Row = dict[int, Cell]  # by the number of the column


def read(path: Path, form: Form) -> pd.DataFrame:
    """Every row under the header in row 1 as text, hidden ones too, columns in contract order; a row without
    any value is none.

    Takes     a workbook with a sheet named as the form (or as the contract says), or with one sheet alone.
    Raises    DropError for what is no sound workbook, for merged cells, formulas without result and errors,
              with row and column.
    Source    ECMA-376, part 1: 18.3 (worksheets), 18.8.30 (number formats), 18.17.4.1 (dates).
    """
    try:
        with path.open("rb") as packed, ZipFile(packed) as archive:
            return _Workbook(path.name, archive, form).frame()
    except (
        BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
    ):
        # each means damage to an archive or to its parts; which one, the message of a library would say with
        # a value in it
        pass
    except etree.XMLSyntaxError:
        pass
    except OSError as e:
        raise DropError(
            f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened"
        ) from None
    raise DropError(_damage(path))


def _damage(path: Path) -> str:
    with path.open("rb") as f:
        if f.read(8) == OLE:
            return f"{path.name}: is encrypted, or of before 2007; save it as .xlsx without a password"
    return (
        f"{path.name}: not a whole XLSX workbook; it is cut short, damaged or of another kind: save it again"
        " as .xlsx"
    )


class _Workbook:
    """One workbook: its parts by name, and what numbers in it mean."""

    def __init__(self, file: str, archive: ZipFile, form: Form) -> None:
        self.file, self.archive, self.form = file, archive, form
        self.parts = {i.filename: i for i in archive.infolist()}
        book = self._targets("", "officeDocument")[0]
        targets = self._related(book)
        self.from_1904, self.sheets = self._book(book)
        self.sheet = targets[self._chosen()][1]
        self.kinds = [
            k for _, part in targets.values() if part.endswith("styles.xml") for k in self._kinds(part)
        ]
        self.texts = [
            t for kind, part in targets.values() if kind == "sharedStrings" for t in self._texts(part)
        ]

    def frame(self) -> pd.DataFrame:
        rows = self._rows()
        number, header = next(rows, (0, {}))
        if number != 1 or not header:
            raise DropError(
                f"{self.file}: row 1 of the sheet is empty; export the form with its header in row 1"
            )
        names = {
            c: v if isinstance(v, str) else collected.number(v)
            for c, v in header.items()
            if isinstance(v, str | float)
        }
        fields = dict(
            zip(names, columns.fields(self.file, list(names.values()), self.form, ", row 1"), strict=True)
        )
        texts: dict[str, list[str | None]] = {f: [] for f in self.form.fields}
        for number, row in rows:
            for column in row.keys() - fields.keys():
                self._refuse(
                    number, _letters(column), "holds a value under no header; name the column, or clear it"
                )
            for column, field in fields.items():
                texts[field].append(
                    self._text(number, names[column], row.get(column), self.form.fields[field])
                )
        return pd.DataFrame({f: pd.Series(t, dtype="str") for f, t in texts.items()}, copy=False)

    def _text(self, row: int, column: str, value: Cell, field: RawField) -> str | None:
        if value is None or isinstance(value, str):
            return value or None
        try:
            return collected.text(value, field)
        except collected.UnfitError as e:
            self._refuse(row, column, str(e))

    def _refuse(self, row: int | str, column: str, what: str) -> NoReturn:
        raise DropError(f"{self.file}, row {row}: column {column} {what}")

    # --- the parts of a workbook
    def _stream(self, part: str, *tags: str) -> Iterator[etree._Element]:
        info = self.parts[part]
        _refuse_bomb(self.file, info)
        with self.archive.open(info) as stream:
            first = True
            for _, element in xml.stream(stream, "end", *(f"{{*}}{t}" for t in tags)):
                if first and element.getroottree().docinfo.internalDTD is not None:
                    raise DropError(
                        f"{self.file}: has a DOCTYPE, which can hide other files: save it again as .xlsx"
                    )
                first = False
                yield element

    def _targets(self, part: str, kind: str) -> list[str]:
        return [target for found, target in self._related(part).values() if found == kind]

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and name of each part that this one refers to, by the id of the reference."""
        folder, _, name = part.rpartition("/")
        found = {}
        for one in self._stream(f"{folder}/_rels/{name}.rels".lstrip("/"), "Relationship"):
            target = one.get("Target", "")
            target = target.removeprefix("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
            if one.get("TargetMode") != "External":
                found[one.get("Id", "")] = one.get("Type", "").rpartition("/")[2], target
        return found

    def _book(self, part: str) -> tuple[bool, dict[str, str]]:
        """Whether days count from 1904, and the reference of each sheet by its name."""
        from_1904, sheets = False, {}
        for one in self._stream(part, "workbookPr", "sheet"):
            if etree.QName(one).localname == "workbookPr":
                from_1904 = one.get("date1904") in ("1", "true")
            else:
                (reference,) = [str(v) for k, v in one.items() if str(k).endswith("}id")]
                sheets[one.get("name", "")] = reference
        return from_1904, sheets

    def _chosen(self) -> str:
        name = self.form.file.name or self.form.form
        named = [r for n, r in self.sheets.items() if n.strip().casefold() == name.casefold()]
        if len(named) == 1:
            return named[0]
        if len(self.sheets) == 1 and self.form.file.name is None:
            return next(iter(self.sheets.values()))
        raise DropError(
            f"{self.file}: {len(self.sheets)} sheets and none is named {name}; name it so, or declare its"
            " name in specs/raw"
        )

    def _kinds(self, part: str) -> list[serials.Kind]:
        """What a number of each cell style shows."""
        codes: dict[int, str] = {}
        styles: list[int] = []
        for one in self._stream(part, "numFmt", "cellXfs"):
            if etree.QName(one).localname == "numFmt":
                codes[int(one.get("numFmtId", ""))] = one.get("formatCode", "")
            else:
                styles = [int(style.get("numFmtId", "0")) for style in one]
        return [serials.kind(s, codes.get(s)) for s in styles]

    def _texts(self, part: str) -> Iterator[str]:
        for one in self._stream(part, "si"):
            yield _plain(one)
            one.clear()

    # --- cells
    def _rows(self) -> Iterator[tuple[int, Row]]:
        last = 0
        for one in self._stream(self.sheet, "row", "mergeCell"):
            if etree.QName(one).localname == "mergeCell":
                raise DropError(
                    f"{self.file}: cells {one.get('ref')} are merged; undo it and give each its value, also"
                    " in the header"
                )
            last = int(one.get("r", last + 1))
            row = self._row(last, one)
            if row or last == 1:
                yield last, row
            one.clear()
            parent = one.getparent()
            while parent is not None and one.getprevious() is not None:
                del parent[0]

    def _row(self, number: int, row: etree._Element) -> Row:
        found: Row = {}
        column = 0
        for cell in row:
            place = cell.get("r")
            column = _number(place) if place else column + 1
            value = self._value(number, column, cell)
            if value is not None and value != "":
                found[column] = value
        return found

    def _value(self, row: int, column: int, cell: etree._Element) -> Cell:
        type_, shown, formula = cell.get("t", "n"), None, False
        for child in cell:
            tag = str(child.tag).rpartition("}")[2]
            if tag == "v":
                shown = child.text
            elif tag == "is":
                return _plain(child)
            formula = formula or tag == "f"
        if shown is None:
            if formula:
                self._refuse(
                    row,
                    _letters(column),
                    "holds a formula without its result; save the workbook from the spreadsheet, or its"
                    " values",
                )
            return None
        if type_ == "s":
            return self.texts[int(shown)]
        if type_ == "n":
            return self._number(row, column, float(shown), int(cell.get("s", "0")))
        if type_ == "e":
            self._refuse(row, _letters(column), "holds an error instead of a value; type what was collected")
        return shown == "1" if type_ == "b" else _unescaped(shown)

    def _number(self, row: int, column: int, value: float, style: int) -> Cell:
        kind = self.kinds[style] if self.kinds else "number"
        if kind == "number":
            return value
        try:
            return serials.value(value, kind, self.from_1904)
        except ValueError as e:
            self._refuse(row, _letters(column), str(e))


def _refuse_bomb(file: str, part: ZipInfo) -> None:
    least, times = BOMB
    if part.file_size > LARGEST or (part.file_size > least and part.file_size > times * part.compress_size):
        raise DropError(
            f"{file}: unpacks to far more than a form can hold; export the form again, as CSV if it is that"
            " large"
        )


def _plain(element: etree._Element) -> str:
    """The text of a shared or inline string: its runs, without the reading aid that stands beside Chinese
    characters.
    """
    parts = []
    for child in element:
        tag = str(child.tag).rpartition("}")[2]
        texts = [child] if tag == "t" else list(child) if tag == "r" else []
        parts += [t.text or "" for t in texts if str(t.tag).endswith("}t")]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """What XML cannot hold is written as _x000D_, and an underscore that would look so as _x005F_."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def _number(place: str) -> int:
    match = _PLACE.fullmatch(place)
    if match is None:
        raise ValueError
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
