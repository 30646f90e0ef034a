"""Workbooks of text to read and to fill in: the same content gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Container, Iterable, Sequence
from io import BytesIO
from pathlib import Path

from lxml.etree import SerialisationError
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from pipeline.errors import MachineError
from pipeline.formats.csv.write import FORMULA

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold: no clock is in the workbook
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML cannot hold them
_LONGEST = 32_767  # characters of a cell
_NOT_IN_A_TITLE = re.compile(r"[\\/*?:\[\]]")
_LONGEST_TITLE = 31
Row = Sequence[str | int]


def add_sheet(
    workbook: Workbook, title: str, names: Sequence[str], rows: Iterable[Row], wide: Container[str] = ()
) -> None:
    """Adds a sheet: the names of its columns in the first row, which stays in sight, and the rows.

    Takes     the title, shortened to what a workbook allows; the rows; the names of columns of long texts.
    """
    sheet = workbook.create_sheet(_NOT_IN_A_TITLE.sub("-", title)[:_LONGEST_TITLE])
    for row_number, row in enumerate([names, *rows], start=1):
        for column_number, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, column_number)
            cell.alignment = Alignment(vertical="top", wrap_text=row_number > 1)
            if isinstance(value, int):
                cell.value = value
                continue
            cell.value = _CONTROL.sub("\ufffd", value)[:_LONGEST] or None
            if cell.value is not None:
                cell.data_type = "s"  # text that begins with = is text, and stays so when it is edited
                cell.quotePrefix = value.startswith(FORMULA)
            if row_number == 1:
                cell.font = Font(bold=True)
    for column_number, name in enumerate(names, start=1):
        width = 48 if name in wide else 16
        sheet.column_dimensions[get_column_letter(column_number)].width = width
    sheet.freeze_panes = "B2"


def packed(workbook: Workbook, path: Path) -> bytes:
    """The bytes of a workbook, with every stamp at one fixed time.

    Takes     the workbook; the file that it is for, which a refusal names.
    Raises    MachineError where there is no room to make it.
    """
    written = BytesIO()
    try:
        workbook.save(written)
    except SerialisationError:  # openpyxl writes each sheet into a file of its own first
        raise MachineError(f"{path}: cannot be written: no room in the folder of temporary files") from None
    fixed = BytesIO()
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", b"1980-01-01T00:00:00Z", part)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return fixed.getvalue()
