"""A form as one SAS file: transport file of version 5 or 8 (.xpt), or dataset (.sas7bdat).

SAS keeps days, times and moments as numbers under a format; they are read in the contract's format. A special
missing value (.A to .Z) is missing, and a value under a format of the user's own is its code, as SAS stores
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.formats import UnreadableError
from pipeline.formats.sas import dataset, meaning
from pipeline.formats.sas.encodings import Encoding
from pipeline.formats.xpt import read as xpt
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

# What a field of this type asks for, and a format of SAS that shows it.
_OF_TIME = {
    "date": ("days", "DATE9."),
    "time": ("times of day", "TIME8."),
    "stamp": ("moments", "DATETIME20."),
}


@dataclass(frozen=True)
class _Column:
    """One variable of a file: its texts are their bytes read as Latin-1, its numbers as SAS stores them."""

    name: str
    format: str
    text: bool
    values: Sequence[object] | np.ndarray


def read_xpt(path: Path, form: Form) -> pd.DataFrame:
    """Every record of a transport file as text, columns in contract order; its text is in the encoding that
    the contract declares.

    Version 5 has names of eight characters: a longer field says in its contract what the file calls it.

    Raises    DropError for a file that is cut, damaged, of another kind or of several datasets, a wrong
              column, a value without a text.
    Source    SAS technical support notes TS-140 (version 5) and TS-140-2 (version 8).
    """
    try:
        contents = xpt.read(path)
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None
    variables = [
        _Column(column.name, column.format.removesuffix("."), column.text, contents.values(place))
        for place, column in enumerate(contents.columns)
    ]
    return _frame(path.name, form, variables, None)


def read_sas7bdat(path: Path, form: Form) -> pd.DataFrame:
    """Every record of a SAS dataset as text, columns in contract order; the file says its own encoding, else
    the contract does.

    Raises    DropError for a file that is cut, damaged, encrypted or of another kind, a wrong column, a value
              without a text.
    """
    try:
        contents = dataset.read(path)
    except UnreadableError as error:
        raise DropError(f"{path.name}: {error}") from None
    variables = [
        _Column(column.name, column.format, column.text, values)
        for column, values in zip(contents.columns, contents.values, strict=True)
    ]
    return _frame(path.name, form, variables, contents.encoding)


def _frame(file: str, form: Form, variables: Sequence[_Column], stated: Encoding | None) -> pd.DataFrame:
    """The records in the encoding that the file states, else in the one that the contract declares."""
    declared = form.file.encoding.partition(" ")[0]
    reads = _Texts(file, stated or Encoding(declared, declared), stated is not None)
    names = [reads.name(variable.name, place) for place, variable in enumerate(variables, start=1)]
    fields = columns.fields(file, names, form, ignore_case=True)
    texts = {}
    for name, field, variable in zip(names, fields, variables, strict=True):
        # The None at the end keeps numpy from taking the type of the values.
        codes, uniques = pd.factorize(np.array([*variable.values, None], dtype=object)[:-1])
        distinct, where = [*uniques], (file, name)
        if variable.text:
            texts[field] = collected.text_column(
                codes, distinct, form.fields[field], where, meaning=reads.text
            )
        else:
            texts[field] = _numbers(codes, distinct, variable.format, form.fields[field], where)
    return pd.DataFrame({field: texts[field] for field in form.fields}, copy=False)


@dataclass(frozen=True)
class _Texts:
    """Reads the texts of a file in one encoding, and refuses what is none in it."""

    file: str
    encoding: Encoding
    stated: bool  # by the file itself

    def name(self, latin: str, place: int) -> str:
        try:
            return self._decoded(latin)
        except UnicodeDecodeError:
            raise DropError(f"{self.file}: the name of column {place} {self._why()}") from None

    def text(self, latin: str) -> str:
        try:
            text = self._decoded(latin)
        except UnicodeDecodeError:
            raise collected.UnfitError(self._why()) from None
        if "\0" in text:
            raise collected.UnfitError("holds a byte of zeros within a text; correct it, and export it again")
        return text

    def _decoded(self, latin: str) -> str:
        return latin.encode("iso-8859-1").decode(self.encoding.codec)

    def _why(self) -> str:
        name, again = self.encoding.name, "export it in UTF-8"
        if not self.stated:
            return f"holds text that is not in {name}; declare its encoding in specs/raw, or {again}"
        if not self.encoding.whole:
            return f"holds text in {name}, of which the characters of ASCII alone are read; {again}"
        cut = "a text may be cut within a character"
        return f"holds text that is not in {name}, as the file says it is; {cut}: {again}"


def _numbers(
    codes: np.ndarray, distinct: Sequence[float], format_: str, field: RawField, where: tuple[str, str]
) -> pd.Series:
    file, name = where
    try:
        kind = meaning.kind(format_)
    except meaning.UnknownTimeError as error:
        if not distinct:
            return collected.text_column(codes, [], field, where)
        raise DropError(f"{file}: column {name} has the format {format_}, {error}") from None
    if kind == "number" and field.type in _OF_TIME and distinct:
        what, example = _OF_TIME[field.type]
        shown = f"the format {format_}" if format_ else "no format"
        raise DropError(
            f"{file}: column {name} holds numbers under {shown}, where the contract says {field.type}; if"
            f" they count {what}, give the column the format {example} in SAS, else export it as text"
        )

    def meant(number: float) -> object:
        try:
            return meaning.value(number, kind)
        except ValueError as error:
            raise collected.UnfitError(str(error)) from None

    return collected.text_column(codes, distinct, field, where, meaning=meant)
