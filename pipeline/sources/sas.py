"""A form as one SAS file: transport file of version 5 or 8 (.xpt), or dataset (.sas7bdat).

SAS keeps days, times and moments as numbers under a format; they read in the contract's format. A special
missing value (.A to .Z) is missing, and a value under a format of the user's own is its code, as SAS stores
it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

RECORD = 80
MEMBER = re.compile(rb"HEADER RECORD\*{7}(MEMBER |MEMBV8 ) HEADER RECORD!{7}")
COUNT = re.compile(rb"HEADER RECORD\*{7}OBSV8   HEADER RECORD!{7} *(\d+)")
# Formats that show a part of a day, or a day in words: no text as collected could be made of it.
PART_OF_A_DAY = re.compile(
    r"(YEAR|MONTH|DAY|QTRR?|WEEK[A-Z]*|WORD[A-Z]*|MONNAME|DOWNAME|JUL[A-Z]+|MMYY[A-Z]?|MONYY|YYMM[A-Z]?|YYMON|YYQ[A-Z]*)[\d.]*"
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
    if len(content) % RECORD or not content.startswith(
        (b"HEADER RECORD*******LIBRARY", b"HEADER RECORD*******LIBV8")
    ):
        raise DropError(
            f"{path.name}: not a whole SAS transport file; it is cut short or of another kind: export it"
            " again"
        )
    members = len(MEMBER.findall(content))
    if members != 1:
        raise DropError(f"{path.name}: holds {members} datasets, expected one; export one file a form")
    encoding = form.file.encoding.partition(" ")[0]
    values, formats = _read(path, pyreadstat.read_xport, encoding=encoding)
    frame = _frame(path.name, form, values, formats)
    announced = COUNT.search(content)
    if announced and int(announced[1]) != len(frame):
        raise DropError(
            f"{path.name}: holds {len(frame)} records of {int(announced[1])}; it is cut short: export it"
            " again"
        )
    return frame


def read_sas7bdat(path: Path, form: Form) -> pd.DataFrame:
    """Every record of a SAS dataset as text, columns in contract order; the file says its own encoding.

    Raises    DropError for a file that is cut, damaged, encrypted or of another kind, a wrong column, a value
              without a text.
    """
    import pyreadstat

    _bytes(path, 1)
    return _frame(path.name, form, *_read(path, pyreadstat.read_sas7bdat))


def _bytes(path: Path, size: int = -1) -> bytes:
    try:
        with path.open("rb") as f:
            return f.read(size)
    except OSError as e:
        raise DropError(
            f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened"
        ) from None


def _read(path: Path, reader: Any, **options: str) -> tuple[dict[str, list[object]], dict[str, str | None]]:
    """The values of each column as the library gives them, and the format of each."""
    import pyreadstat

    try:
        values, about = reader(path, output_format="dict", **options)
    except (
        pyreadstat.ReadstatError,
        pyreadstat.PyreadstatError,
        UnicodeDecodeError,
        OverflowError,
        ValueError,
        MemoryError,
    ):
        encoding = f" in {options['encoding']}" if options else ""
        what = (
            f"not a whole SAS file{encoding}; it is cut short, damaged, encrypted, in another encoding or of"
            " another kind: export it again"
        )
        raise DropError(f"{path.name}: {what}") from None
    return dict(values), dict(about.original_variable_types)


def _frame(
    file: str, form: Form, values: dict[str, list[object]], formats: dict[str, str | None]
) -> pd.DataFrame:
    names = list(values)
    fields = columns.fields(file, names, form, fold=True)
    texts = {
        f: _text(values[n], formats.get(n) or "", form.fields[f], (file, n))
        for n, f in zip(names, fields, strict=True)
    }
    return pd.DataFrame({f: texts[f] for f in form.fields}, copy=False)


def _text(values: Sequence[object], format_: str, field: RawField, where: tuple[str, str]) -> pd.Series:
    codes, distinct = pd.factorize(np.array([*values, None], dtype=object)[:-1])
    if PART_OF_A_DAY.fullmatch(format_) and any(isinstance(v, float) for v in distinct):
        raise DropError(
            f"{where[0]}: column {where[1]} has the format {format_}, which shows a part of a day; export it"
            " as text"
        )
    return collected.spread(codes, list(distinct), field, where)
