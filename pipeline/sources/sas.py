"""A form as one SAS file: transport file of version 5 or 8 (.xpt), or dataset (.sas7bdat).

SAS keeps days, times and moments as numbers under a format; they are read in the contract's format. A special
missing value (.A to .Z) is missing, and a value under a format of the user's own is its code, as SAS stores
it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.formats.xpt import layout
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

# Formats that show a part of a day, or a day in words: no text as collected could be made of it.
PART_OF_A_DAY = re.compile(
    r"(YEAR|MONTH|DAY|QTRR?|WEEK[A-Z]*|WORD[A-Z]*|MONNAME|DOWNAME|JUL[A-Z]+|MMYY[A-Z]?|MONYY|YYMM[A-Z]?|YYMON"
    r"|YYQ[A-Z]*)[\d.]*"
)


def read_xpt(path: Path, form: Form) -> pd.DataFrame:
    """Every record of a transport file as text, columns in contract order; its text is in the encoding that
    the contract declares.

    Version 5 has names of eight characters: a longer field says in its contract what the file calls it.

    Raises    DropError for a file that is cut, damaged, of another kind or of several datasets, a wrong
              column, a value without a text.
    Source    SAS technical support notes TS-140 (version 5) and TS-140-2 (version 8).
    """
    import pyreadstat

    content = _bytes(path)
    if not layout.is_transport(content):
        raise DropError(
            f"{path.name}: not a whole SAS transport file; it is cut short or of another kind: export it"
            " again"
        )
    datasets = layout.count_of_datasets(content)
    if datasets != 1:
        raise DropError(f"{path.name}: holds {datasets} datasets, expected one; export one file per form")
    encoding = form.file.encoding.partition(" ")[0]
    frame = _frame(path.name, form, *_read(path, pyreadstat.read_xport, encoding=encoding))
    announced = layout.announced_rows(content)
    if announced is not None and announced != len(frame):
        raise DropError(
            f"{path.name}: holds {len(frame)} of the {announced} records that it announces; it is cut short:"
            " export it again"
        )
    return frame


def read_sas7bdat(path: Path, form: Form) -> pd.DataFrame:
    """Every record of a SAS dataset as text, columns in contract order; the file says its own encoding.

    Raises    DropError for a file that is cut, damaged, encrypted or of another kind, a wrong column, a value
              without a text.
    """
    import pyreadstat

    _bytes(path, 1)  # the library does not say why it cannot open a file
    return _frame(path.name, form, *_read(path, pyreadstat.read_sas7bdat))


def _bytes(path: Path, size: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None


def _read(
    path: Path, reader: Any, **options: str
) -> tuple[Mapping[str, Sequence[object]], Mapping[str, str | None]]:
    """The values of each column as the library gives them, and the format of each."""
    import pyreadstat

    try:
        values, meta = reader(path, output_format="dict", **options)
    except (
        pyreadstat.ReadstatError,
        pyreadstat.PyreadstatError,
        UnicodeDecodeError,
        OverflowError,
        ValueError,
        MemoryError,
    ):
        encoding = f" in {options['encoding']}" if options else ""
        raise DropError(
            f"{path.name}: not a whole SAS file{encoding}; it is cut short, damaged, encrypted, in another"
            " encoding or of another kind: export it again"
        ) from None
    return values, meta.original_variable_types


def _frame(
    file: str, form: Form, values: Mapping[str, Sequence[object]], formats: Mapping[str, str | None]
) -> pd.DataFrame:
    names = list(values)
    fields = columns.fields(file, names, form, ignore_case=True)
    texts = {}
    for name, field in zip(names, fields, strict=True):
        format_ = formats.get(name) or ""
        texts[field] = _texts(values[name], format_, form.fields[field], (file, name))
    return pd.DataFrame({field: texts[field] for field in form.fields}, copy=False)


def _texts(values: Sequence[object], format_: str, field: RawField, where: tuple[str, str]) -> pd.Series:
    # The None at the end keeps numpy from taking the type of the values.
    codes, distinct = pd.factorize(np.array([*values, None], dtype=object)[:-1])
    if PART_OF_A_DAY.fullmatch(format_) and any(isinstance(value, float) for value in distinct):
        file, name = where
        raise DropError(
            f"{file}: column {name} has the format {format_}, which shows a part of a day; export it as text"
        )
    return collected.text_column(codes, list(distinct), field, where)
