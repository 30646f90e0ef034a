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

LARGEST = 2**31  # bytes of one part unpacked
# A part of more bytes than this may not unpack to so many times its packed size.
LARGE, EXPANSION = 2**26, 200
# A file that begins so is an encrypted workbook, or one of before 2007.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
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
    # Each of these means damage to the archive or to its parts; the message of a library would say which with
    # a value in it.
    damage = (
        *(BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError),
        *(ValueError, KeyError, IndexError, etree.XMLSyntaxError),
    )
    try:
        with path.open("rb") as packed, ZipFile(packed) as archive:
            return _Workbook(path.name, archive, form).frame()
    except damage:
        raise DropError(_damage(path)) from None
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None


def _damage(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(len(OLE)) == OLE:
            return f"{path.name}: is encrypted, or of before 2007; save it as .xlsx without a password"
    return (
        f"{path.name}: not a whole XLSX workbook; it is cut short, damaged or of another kind: save it again"
        " as .xlsx"
    )


class _Workbook:
    """One workbook: its parts by name, and what numbers in it mean."""

    def __init__(self, file: str, archive: ZipFile, form: Form) -> None:
        self.file, self.archive, self.form = file, archive, form
        self.parts = {info.filename: info for info in archive.infolist()}
        book = self._related("", "officeDocument")[0]
        targets = self._relations(book)
        self.from_1904, sheets = self._book(book)
        self.sheet = targets[self._chosen(sheets)][1]
        self.kinds: list[serials.Kind] = []  # what a number shows, by the number of its cell style
        self.texts: list[str] = []  # shared by cells
        for kind, part in targets.values():
            if part.endswith("styles.xml"):
                self.kinds += self._kinds(part)
            if kind == "sharedStrings":
                self.texts += self._shared_texts(part)

    def frame(self) -> pd.DataFrame:
        """The records of the form's sheet as text."""
        rows = self._rows()
        number, header = next(rows, (0, {}))
        if number != 1 or not header:
            raise DropError(
                f"{self.file}: row 1 of the sheet is empty; export the form with its header in row 1"
            )
        names = {}
        for column, name in header.items():
            if isinstance(name, str):
                names[column] = name
            elif isinstance(name, float):
                names[column] = collected.number(name)
        fields = columns.fields(self.file, list(names.values()), self.form, ", row 1")
        field_of = dict(zip(names, fields, strict=True))
        texts: dict[str, list[str | None]] = {field: [] for field in self.form.fields}
        for number, row in rows:
            for column in row.keys() - field_of.keys():
                without_header = "holds a value under no header; name the column, or clear it"
                self._refuse(number, _letters(column), without_header)
            for column, field in field_of.items():
                cell = self._text(number, names[column], row.get(column), self.form.fields[field])
                texts[field].append(cell)
        return pd.DataFrame({f: pd.Series(column, dtype="str") for f, column in texts.items()}, copy=False)

    def _text(self, row: int, column: str, value: Cell, field: RawField) -> str | None:
        if value is None or isinstance(value, str):
            return value or None
        try:
            return collected.text(value, field)
        except collected.UnfitError as error:
            self._refuse(row, column, str(error))

    def _refuse(self, row: int, column: str, what: str) -> NoReturn:
        raise DropError(f"{self.file}, row {row}: column {column} {what}")

    # --- the parts of a workbook
    def _stream(self, part: str, *tags: str) -> Iterator[etree._Element]:
        info = self.parts[part]
        _refuse_bomb(self.file, info)
        with self.archive.open(info) as stream:
            first = True
            for _, element in xml.stream(stream, "end", *(f"{{*}}{tag}" for tag in tags)):
                if first and element.getroottree().docinfo.internalDTD is not None:
                    raise DropError(
                        f"{self.file}: has a DOCTYPE, which can hide other files: save it again as .xlsx"
                    )
                first = False
                yield element

    def _related(self, part: str, kind: str) -> list[str]:
        """The names of the parts of a kind that this one refers to."""
        return [name for kind_of_part, name in self._relations(part).values() if kind_of_part == kind]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and name of each part that this one refers to, by the id of the reference."""
        folder, _, name = part.rpartition("/")
        relations = {}
        for element in self._stream(f"{folder}/_rels/{name}.rels".lstrip("/"), "Relationship"):
            target = element.get("Target", "")
            target = target.removeprefix("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
            if element.get("TargetMode") != "External":
                kind = element.get("Type", "").rpartition("/")[2]
                relations[element.get("Id", "")] = kind, target
        return relations

    def _book(self, part: str) -> tuple[bool, dict[str, str]]:
        """Whether days count from 1904, and the reference of each sheet by its name."""
        from_1904 = False
        sheets = {}
        for element in self._stream(part, "workbookPr", "sheet"):
            if etree.QName(element).localname == "workbookPr":
                from_1904 = element.get("date1904") in ("1", "true")
            else:
                (reference,) = [str(value) for key, value in element.items() if str(key).endswith("}id")]
                sheets[element.get("name", "")] = reference
        return from_1904, sheets

    def _chosen(self, sheets: dict[str, str]) -> str:
        """The reference of the sheet that holds the form."""
        name = self.form.file.name or self.form.form
        of_name = [ref for sheet, ref in sheets.items() if sheet.strip().casefold() == name.casefold()]
        if len(of_name) == 1:
            return of_name[0]
        if len(sheets) == 1 and self.form.file.name is None:
            return next(iter(sheets.values()))
        raise DropError(
            f"{self.file}: {len(sheets)} sheets and none is named {name}; name the form's sheet {name}, or"
            " declare its name in specs/raw"
        )

    def _kinds(self, part: str) -> list[serials.Kind]:
        """What a number of each cell style shows."""
        codes: dict[int, str] = {}
        formats: list[int] = []
        for element in self._stream(part, "numFmt", "cellXfs"):
            if etree.QName(element).localname == "numFmt":
                codes[int(element.get("numFmtId", ""))] = element.get("formatCode", "")
            else:
                formats = [int(style.get("numFmtId", "0")) for style in element]
        return [serials.kind(number, codes.get(number)) for number in formats]

    def _shared_texts(self, part: str) -> Iterator[str]:
        for element in self._stream(part, "si"):
            yield _plain(element)
            element.clear()

    # --- cells
    def _rows(self) -> Iterator[tuple[int, Row]]:
        """Each row with a value, and row 1, with its number."""
        number = 0
        for element in self._stream(self.sheet, "row", "mergeCell"):
            if etree.QName(element).localname == "mergeCell":
                raise DropError(
                    f"{self.file}: cells {element.get('ref')} are merged; undo it and give each its value,"
                    " also in the header"
                )
            number = int(element.get("r", number + 1))
            row = self._row(number, element)
            if row or number == 1:
                yield number, row
            # A row that was read is dropped from the tree, so that a long sheet is never held in memory.
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]

    def _row(self, number: int, element: etree._Element) -> Row:
        row: Row = {}
        column = 0
        for cell in element:
            place = cell.get("r")
            column = _column_number(place) if place else column + 1
            value = self._value(number, column, cell)
            if value is not None and value != "":
                row[column] = value
        return row

    def _value(self, row: int, column: int, cell: etree._Element) -> Cell:
        shown = None
        has_formula = False
        for child in cell:
            tag = str(child.tag).rpartition("}")[2]
            if tag == "v":
                shown = child.text
            elif tag == "is":
                return _plain(child)
            elif tag == "f":
                has_formula = True
        if shown is None:
            if has_formula:
                no_result = "holds a formula without its result"
                what_to_do = "save the workbook from the spreadsheet, or its values"
                self._refuse(row, _letters(column), f"{no_result}; {what_to_do}")
            return None
        type_ = cell.get("t", "n")
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
        except ValueError as error:
            self._refuse(row, _letters(column), str(error))


def _refuse_bomb(file: str, part: ZipInfo) -> None:
    expands_too_far = part.file_size > LARGE and part.file_size > EXPANSION * part.compress_size
    if part.file_size > LARGEST or expands_too_far:
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
        if tag == "t":
            parts.append(child.text or "")
        elif tag == "r":
            parts += [run.text or "" for run in child if str(run.tag).endswith("}t")]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """The characters that XML cannot hold and a workbook writes as _x000D_; an underscore that would look so
    is _x005F_.
    """
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _column_number(place: str) -> int:
    """The number of the column of a cell, 28 of AB7."""
    match = _PLACE.fullmatch(place)
    if match is None:
        raise ValueError
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _letters(column: int) -> str:
    """The letters of a column by its number, AB of 28."""
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
