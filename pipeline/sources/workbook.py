"""A form as one sheet of an XLSX workbook."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pandas as pd

from pipeline.errors import DropError
from pipeline.formats.xlsx.numbers import Shown
from pipeline.formats.xlsx.package import DAMAGE
from pipeline.formats.xlsx.read import Cell, Row, Sheet, Workbook, letters
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

# A file that begins so is an encrypted workbook, or one of before 2007.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(path: Path, form: Form) -> pd.DataFrame:
    """Every row under the header in row 1 as text, hidden ones too, columns in contract order; a row without
    any value is none.

    Takes     a workbook with a sheet named as the form (or as the contract says), or with one sheet alone.
    Raises    DropError for what is no sound workbook, for merged cells, and by sheet and cell for what cannot
              be read as typed.
    """
    try:
        with path.open("rb") as packed, ZipFile(packed) as archive:
            book = Workbook(path.name, archive)
            return _frame(book, _sheet_of(form, book), form)
    except DAMAGE:
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


def _sheet_of(form: Form, book: Workbook) -> Sheet:
    """The sheet that holds the form; one that is hidden is nobody's, unless it has the form's name."""
    name = form.file.name or form.form
    of_name = [sheet for sheet in book.sheets if sheet.name.strip().casefold() == name.casefold()]
    shown = [sheet for sheet in book.sheets if sheet.is_shown]
    if len(of_name) == 1:
        if of_name[0].is_shown:
            return of_name[0]
        raise DropError(
            f"{book.file}: sheet {of_name[0].name} is hidden; show it if it holds the form, or name the sheet"
            f" that does {name}"
        )
    if len(shown) == 1 and not of_name and form.file.name is None:
        return shown[0]
    raise DropError(
        f"{book.file}: {len(book.sheets)} sheets and none is named {name}; name the form's sheet {name}, or"
        " declare its name in specs/raw"
    )


def _frame(book: Workbook, sheet: Sheet, form: Form) -> pd.DataFrame:
    """The records of the sheet as text."""
    rows = book.rows(sheet)
    number, header = next(rows, (0, {}))
    if number != 1 or not header:
        raise DropError(
            f"{book.file}, sheet {sheet.name}: row 1 is empty; export the form with its header in row 1"
        )
    names = _names(header)
    fields = columns.fields(book.file, list(names.values()), form, ", row 1")
    field_of = dict(zip(names, fields, strict=True))
    texts: dict[str, list[str | None]] = {field: [] for field in form.fields}
    for number, row in rows:
        for column in row.keys() - field_of.keys():
            raise DropError(
                f"{book.file}, sheet {sheet.name}, cell {letters(column)}{number}: holds a value under no"
                " header; name the column, or clear it"
            )
        for column, field in field_of.items():
            try:
                texts[field].append(_text(row.get(column), form.fields[field]))
            except collected.UnfitError as error:
                raise DropError(
                    f"{book.file}, sheet {sheet.name}, cell {letters(column)}{number}: column"
                    f" {names[column]} {error}"
                ) from None
    return pd.DataFrame({f: pd.Series(column, dtype="str") for f, column in texts.items()}, copy=False)


def _names(header: Row) -> dict[int, str]:
    """The name of each column; a cell of the header that is no text and no number names none."""
    names = {}
    for column, name in header.items():
        if isinstance(name, str):
            names[column] = name
        elif isinstance(name, int | float) and not isinstance(name, bool):
            names[column] = collected.number(name)
    return names


def _text(value: Cell, field: RawField) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, Shown):
        return _shown(value, field)
    return collected.text(value, field)


def _shown(value: Shown, field: RawField) -> str | None:
    """The number where the form asks for one; in a text all that the cell shows, such as leading zeros."""
    if field.type not in ("text", "code"):
        return collected.text(value.number, field)
    if value.text is None:
        raise collected.UnfitError(
            "holds a number that its format shows with other characters; export the column as text"
        )
    return value.text
