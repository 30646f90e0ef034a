"""A workbook cell by cell: what was typed, without the noise of floating point, a serial number as the date
it shows.

It is read as the XML it is, so that what a spreadsheet library passes over is seen: a formula without its
result, merged cells, an error, a percentage. A number is a date only where its format shows one: 2016 typed
as a year is no day of 1905.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from zipfile import ZipFile

from lxml import etree

from pipeline.errors import DropError
from pipeline.formats.xlsx.numbers import NumberFormat, number_format
from pipeline.formats.xlsx.package import Package, local_name
from pipeline.records import dates

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_TRUE = ("1", "true")

Cell = object  # what a cell holds: text, number, number in a text, date, time, truth
Row = dict[int, Cell]  # by the number of the column


@dataclass(frozen=True)
class Sheet:
    """One sheet of cells: its name, its part, and whether the spreadsheet shows it."""

    name: str
    part: str
    is_shown: bool


class Workbook:
    """One workbook: its sheets, and what numbers in it mean.

    Raises    DropError for what cannot be read as typed, by sheet and cell. A part that is missing or no
              sound XML raises KeyError, IndexError, ValueError or an error of the XML.
    Source    ECMA-376, part 1: 18.3 (worksheets), 18.8.30 (number formats), 18.17.4.1 (dates).
    """

    def __init__(self, file: str, archive: ZipFile) -> None:
        self.file, self.package = file, Package(file, archive)
        (book,) = [name for kind, name in self.package.related("").values() if kind == "officeDocument"]
        related = self.package.related(book)
        self.from_1904 = False
        self.sheets = self._sheets(book, related)
        self.formats: list[NumberFormat] = []  # by the number of the cell style
        self.texts: list[str] = []  # shared by cells
        for kind, part in related.values():
            if kind == "styles":
                self.formats += self._formats(part)
            if kind == "sharedStrings":
                self.texts += self._shared_texts(part)

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, Row]]:
        """Each row with a value, and row 1, with its number; hidden ones too, for a filter hides records."""
        number = 0
        for element in self.package.elements(sheet.part, "row", "mergeCell"):
            if local_name(element) == "mergeCell":
                raise DropError(
                    f"{self.file}, sheet {sheet.name}: cells {element.get('ref')} are merged; undo it and"
                    " give each its value, also in the header"
                )
            before, number = number, int(element.get("r", number + 1))
            if number <= before:
                raise ValueError  # two rows of one number: whose cells count?
            row = self._row(sheet, number, element)
            if row or number == 1:
                yield number, row
            # A row that was read is dropped from the tree, so that a long sheet is never held in memory.
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]

    # --- the parts of a workbook
    def _sheets(self, book: str, related: Mapping[str, tuple[str, str]]) -> Sequence[Sheet]:
        """The sheets of cells; notes whether days count from 1904."""
        sheets = []
        for element in self.package.elements(book, "workbookPr", "sheet"):
            if local_name(element) == "workbookPr":
                self.from_1904 = element.get("date1904") in _TRUE
                continue
            (reference,) = [str(value) for key, value in element.items() if str(key).endswith("}id")]
            kind, part = related[reference]
            if kind == "worksheet":  # and no chart
                is_shown = element.get("state", "visible") not in ("hidden", "veryHidden")
                sheets.append(Sheet(element.get("name", ""), part, is_shown))
        return sheets

    def _formats(self, part: str) -> list[NumberFormat]:
        """What a number of each cell style shows."""
        codes: dict[int, str] = {}
        numbers: list[int] = []
        for element in self.package.elements(part, "numFmt", "cellXfs"):
            if local_name(element) == "cellXfs":
                numbers = [int(style.get("numFmtId", "0")) for style in element]
            # The formats of conditional formatting stand further down, in dxfs, under numbers of their own.
            elif not numbers:
                codes[int(element.get("numFmtId", ""))] = element.get("formatCode", "")
        return [number_format(number, codes.get(number)) for number in numbers]

    def _shared_texts(self, part: str) -> Iterator[str]:
        for element in self.package.elements(part, "si"):
            yield _text(element)
            element.clear()

    # --- cells
    def _row(self, sheet: Sheet, number: int, element: etree._Element) -> Row:
        row: Row = {}
        column = 0
        for cell in element:
            if local_name(cell) != "c":
                continue
            before, place = column, cell.get("r")
            column = _column_number(place) if place else column + 1
            if column <= before:
                raise ValueError  # two cells of one place
            try:
                value = self._value(cell)
            except _CellError as error:
                self._refuse(sheet, number, column, str(error))
            if value is not None and value != "":
                row[column] = value
        return row

    def _value(self, cell: etree._Element) -> Cell:
        written = None
        has_formula = False
        for child in cell:
            name = local_name(child)
            if name == "v":
                written = child.text or ""
            elif name == "is":
                return _text(child)
            elif name == "f":
                has_formula = True
        type_ = cell.get("t", "n")
        if not written:
            # The result of a formula of texts may be an empty one; a number is never empty.
            if has_formula and (written is None or type_ != "str"):
                raise _CellError(
                    "holds a formula without its result; save the workbook from the spreadsheet, or its"
                    " values"
                )
            return None
        if type_ == "n":
            return self._number(written, int(cell.get("s") or 0))
        return self._typed(written, type_)

    def _typed(self, written: str, type_: str) -> Cell:
        if type_ == "s":
            return self.texts[int(written)]
        if type_ == "e":
            raise _CellError("holds an error instead of a value; type what was collected")
        if type_ == "b":
            return written in _TRUE
        if type_ == "d":
            moment = dates.iso_value(written)  # ISO/IEC 29500-1, 18.18.11
            if moment is None:
                raise _CellError("holds a date or time that is none in ISO 8601; type what was collected")
            return moment
        return _unescaped(written)

    def _number(self, written: str, style: int) -> Cell:
        float(written)  # what is no number is damage, and says so without its text
        of_style = self.formats[style] if self.formats else NumberFormat()
        try:
            return of_style.value(written, self.from_1904)
        except ValueError as error:
            raise _CellError(str(error)) from None

    def _refuse(self, sheet: Sheet, row: int, column: int, what: str) -> NoReturn:
        raise DropError(f"{self.file}, sheet {sheet.name}, cell {letters(column)}{row}: {what}")


class _CellError(Exception):
    """What a cell holds and what to do; never the value."""


def _text(element: etree._Element) -> str:
    """The text of a shared or inline string: its runs, without the reading aid that stands beside Chinese
    characters.
    """
    parts = []
    for child in element:
        name = local_name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts += [run.text or "" for run in child if local_name(run) == "t"]
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


def letters(column: int) -> str:
    """The letters of a column by its number, AB of 28."""
    text = ""
    while column:
        column, place = divmod(column - 1, 26)
        text = chr(ord("A") + place) + text
    return text
