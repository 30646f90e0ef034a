"""The data dictionary of a REDCap project: its fields, and what their codes show."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.errors import DropError
from pipeline.formats import html
from pipeline.formats.csv import read as csv_file

NAME, INSTRUMENT, TYPE = "Variable / Field Name", "Form Name", "Field Type"
VALIDATION = "Text Validation Type OR Show Slider Number"
CHOICES = "Choices, Calculations, OR Slider Labels"
# The same columns as the API writes them.
OF_API = {
    "field_name": NAME,
    "form_name": INSTRUMENT,
    "field_type": TYPE,
    "text_validation_type_or_show_slider_number": VALIDATION,
    "select_choices_or_calculations": CHOICES,
}
SWITCHES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}


@dataclass(frozen=True)
class Field:
    """A field of the dictionary; its choices by code."""

    name: str
    instrument: str
    type: str
    validation: str
    choices: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """Its columns in the export: one for each choice of a checkbox."""
        if self.type == "checkbox":
            return [self.column_of(code) for code in self.choices]
        return [] if self.type == "descriptive" else [self.name]

    def column_of(self, code: str) -> str:
        """The column of one choice of a checkbox."""
        return f"{self.name}___{code.lower().replace('-', '_')}"


def header(path: Path) -> list[str]:
    """The names in the first line; REDCap writes UTF-8, with a byte-order mark or without."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file, strict=True))
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None
    except (UnicodeDecodeError, csv.Error, StopIteration):
        why = "not a header line in UTF-8; export it from REDCap again"
        raise DropError(f"{path.name}, line 1: {why}") from None


def fields_of(path: Path) -> list[Field]:
    """The fields of the dictionary in its order.

    Raises    DropError for a dictionary without a column that is needed, without a field, or with one twice.
    """
    columns = header(path)
    names = [OF_API.get(name, name) for name in columns]
    for name in OF_API.values():
        if name not in names:
            raise DropError(
                f"{path.name}: column {name} is missing; export the data dictionary of REDCap, in English"
            )
    table = csv_file.table(path, columns).set_axis(names, axis="columns")

    def texts(column: str) -> list[str]:
        return ["" if pd.isna(text) else str(text).strip() for text in table[column]]

    fields = []
    cells = (texts(NAME), texts(INSTRUMENT), texts(TYPE), texts(VALIDATION), texts(CHOICES))
    for name, instrument, type_, validation, choices in zip(*cells, strict=True):
        labels = SWITCHES.get(type_) or _choices(f"{path.name}: field {name}", choices, type_)
        fields.append(Field(name, instrument, type_, validation, labels))
    if not fields or len({field.name for field in fields}) < len(fields):
        raise DropError(f"{path.name}: holds no field, or one twice; export the data dictionary again")
    return fields


def _choices(where: str, text: str, type_: str) -> dict[str, str]:
    """`1, Mild | 2, Severe` by code; a choice without a code, or without a label, is its own.

    Raises    DropError where one code has two labels.
    """
    if type_ not in ("radio", "dropdown", "checkbox"):
        return {}
    choices: dict[str, str] = {}
    for choice in text.split("|"):
        code, _, label = (part.strip() for part in choice.partition(","))
        if not code:
            continue
        shown = html.text(label) or code
        if choices.setdefault(code, shown) != shown:
            raise DropError(f"{where}: code {code} has two labels; give each choice a code of its own")
    return choices
