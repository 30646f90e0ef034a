"""The layout of a transport file of version 5: header records of 80 bytes, a description (NAMESTR) of each
variable, and then the rows, all of one width.

Source    SAS technical support notes TS-140 (version 5) and TS-140-2 (version 8).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import BinaryIO

from pipeline.records.dates import MONTHS

RECORD = 80  # bytes
ASCII = "ascii"
DATASET_BYTES = 7 * RECORD  # the header records of library and dataset, before those of the variables
FORMAT = re.compile(r"(?=.{2})([A-Z0-9]{0,7}[A-Z])?([1-9]\d?)?\.([1-9]\d?)?")

# type, 0, width, number; name, label, format; its width and decimals, alignment; informat; start in the row
_NAMESTR = struct.Struct(">4h8s40s8s3h2x12sl52x")
_NUMBER_TYPE, _TEXT_TYPE = 1, 2
_NO_INFORMAT = b" " * 8 + bytes(4)
_COUNT_OF_VARIABLES = slice(54, 58)  # digits in the header record NAMESTR
_TIME_UNITS = {"DATE": "D", "DATETIME": "s"}

_LIBRARY_5 = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"


@dataclass(frozen=True)
class Column:
    """One variable as define.xml states it; the width is in bytes, and a format is for numbers only."""

    name: str
    label: str
    width: int
    text: bool
    format: str = ""

    @property
    def format_parts(self) -> tuple[str, int, int]:
        """Name, width and decimals of the format; ("DATE", 9, 0) of DATE9."""
        match = FORMAT.fullmatch(self.format)
        if match is None:
            return "", 0, 0
        return match[1] or "", int(match[2] or 0), int(match[3] or 0)

    @property
    def time_unit(self) -> str:
        """What the format counts from 1960: days (`D`), seconds (`s`), or neither (empty)."""
        return _TIME_UNITS.get(self.format_parts[0], "")


def row_width(columns: Sequence[Column]) -> int:
    """The bytes of a row."""
    return sum(column.width for column in columns)


def padding(size: int) -> bytes:
    """The blanks behind so many bytes that fill their last record."""
    return b" " * (-size % RECORD)


# --- written
def dataset_records(dataset: str, label: str, created: datetime, encoding: str) -> bytes:
    """The header records of the library and of its one dataset, stamped twice each."""
    month = MONTHS[created.month - 1]  # not by strftime, which asks the locale
    stamp = f"{created:%d}{month}{created:%y:%H:%M:%S}"
    # No SAS wrote the file: release and system are those of the example in TS-140, which every reader knows.
    origin = f"{'6.06':8}{'bsd4.2':8}{'':24}{stamp}"
    library = f"{_mark('LIBRARY', '0' * 30)}{'SAS':8}{'SAS':8}{'SASLIB':8}{origin}{stamp:80}"
    member = f"{_mark('MEMBER', '000000000000000001600000000140')}{_mark('DSCRPTR', '0' * 30)}"
    dataset_record = f"{'SAS':8}{dataset:8}{'SASDATA':8}{origin}{stamp:32}"
    head = (library + member + dataset_record).encode("ascii")
    return head + label.encode(encoding).ljust(40) + b" " * 8


def variable_records(columns: Sequence[Column], encoding: str) -> bytes:
    """The header records that describe the variables, up to the first row."""
    starts = accumulate((column.width for column in columns), initial=0)
    descriptions = b"".join(
        _namestr(number, start, column, encoding)
        for number, (column, start) in enumerate(zip(columns, starts, strict=False), start=1)
    )
    count = _mark("NAMESTR", f"{len(columns):010}" + "0" * 20).encode("ascii")
    rows_follow = _mark("OBS", "0" * 30).encode("ascii")
    return count + descriptions + padding(len(descriptions)) + rows_follow


def _mark(kind: str, digits: str) -> str:
    return f"HEADER RECORD*******{kind:8}HEADER RECORD!!!!!!!{digits}  "


def _namestr(number: int, start: int, column: Column, encoding: str) -> bytes:
    kind, right_aligned = (_TEXT_TYPE, 0) if column.text else (_NUMBER_TYPE, 1)
    format_name, format_width, decimals = column.format_parts
    return _NAMESTR.pack(
        *(kind, 0, column.width, number),
        *(column.name.encode("ascii").ljust(8), column.label.encode(encoding).ljust(40)),
        *(format_name.encode("ascii").ljust(8), format_width, decimals, right_aligned, _NO_INFORMAT),
        start,
    )


# --- read
def read_columns(file: BinaryIO) -> tuple[list[Column], list[int]]:
    """The variables that an open file of version 5 describes, and where each starts in a row; afterwards the
    file stands at its first row.
    """
    file.seek(DATASET_BYTES)
    count = int(file.read(RECORD)[_COUNT_OF_VARIABLES])
    descriptions = file.read(count * _NAMESTR.size)
    file.read(len(padding(len(descriptions))) + RECORD)
    described = [_described(*fields) for fields in _NAMESTR.iter_unpack(descriptions)]
    return [column for column, _ in described], [start for _, start in described]


def _described(
    kind: int, _: int, width: int, _number: int, name: bytes, label: bytes, format_name: bytes,
    format_width: int, decimals: int, _alignment: int, _informat: bytes, start: int,
) -> tuple[Column, int]:  # fmt: skip
    words = [field.decode("ascii").rstrip(" ") for field in (name, label, format_name)]
    digits = f"{format_width or ''}.{decimals or ''}"
    format_ = "" if not words[2] and digits == "." else words[2] + digits
    return Column(words[0], words[1], width, kind == _TEXT_TYPE, format_), start


def is_version_5(file: BinaryIO) -> bool:
    """Whether an open file begins as a transport file of version 5 does."""
    return file.read(len(_LIBRARY_5)) == _LIBRARY_5
