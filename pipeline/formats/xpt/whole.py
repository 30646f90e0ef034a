"""Whether a transport file that anybody wrote is whole, and how many rows it holds, by its bytes alone.

Version 5 does not say how many rows there are: they fill records of 80 bytes, and blanks fill the last one.
So what stands behind the last whole row is less than a record, and blank; and rows at the end that are blank
throughout are such blanks. Some writers fill with zero bytes, which no text holds; a row of numbers alone
may be zero. Version 8 says the number of rows, unless its writer left it at zero.

Source    SAS technical support notes TS-140 (version 5) and TS-140-2 (version 8).
"""

from __future__ import annotations

import mmap
import re
import struct
from pathlib import Path

from pipeline.formats import UnreadableError
from pipeline.formats.xpt.layout import RECORD, is_version_5

_MEMBER = re.compile(rb"HEADER RECORD\*{7}MEMBER  HEADER RECORD!{7}\d{26}(\d{4})")
_VARIABLES = re.compile(rb"HEADER RECORD\*{7}NAMESTR HEADER RECORD!{7}(\d{10})")
_ROWS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
_TYPE_AND_WIDTH = struct.Struct(">h2xh")  # of a variable, at the start of its NAMESTR
_TEXT = 2
_BLANK, _FILL = b" ", b" \0"
_CUT = "is cut short or damaged: export it again"


def rows(path: Path) -> int | None:
    """How many rows a file of version 5 holds; None for what is of another version.

    Raises    UnreadableError where the file ends within a row, does not end with its last record, or holds
              more than one dataset.
    """
    if not path.stat().st_size:
        raise UnreadableError("is empty; export it again")
    with path.open("rb") as file:
        if not is_version_5(file):
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _rows(content)


def _rows(content: mmap.mmap) -> int:
    size = len(content)
    if size % RECORD:
        raise UnreadableError(f"has {size} bytes and not whole records of {RECORD}; it {_CUT}")
    members = list(_MEMBER.finditer(content))
    if len(members) > 1:
        raise UnreadableError(f"holds {len(members)} datasets; a transport file is to hold one, export each")
    start, width, has_text = _layout(content, members[0] if members else None)
    count, rest = divmod(size - start, width)
    if rest >= RECORD or content[size - rest :].strip(_FILL):
        raise UnreadableError(f"ends within row {count + 1}; it {_CUT}")
    empty = _FILL if has_text else _BLANK
    while count and rest + width < RECORD and not content[size - rest - width : size].strip(empty):
        count, rest = count - 1, rest + width
    return count


def _layout(content: mmap.mmap, member: re.Match[bytes] | None) -> tuple[int, int, bool]:
    """Where the first row starts, how many bytes each has, and whether a variable is text."""
    variables = _VARIABLES.search(content, member.end()) if member else None
    rows_follow = content.find(_ROWS, variables.end()) if variables else -1
    if not member or not variables or rows_follow < 0:
        raise UnreadableError(f"does not describe its variables; it {_CUT}")
    first, size, count = variables.start() + RECORD, int(member[1]), int(variables[1])
    if first + size * count > rows_follow:
        raise UnreadableError(f"does not describe its {count} variables; it {_CUT}")
    described = [_TYPE_AND_WIDTH.unpack_from(content, first + size * n) for n in range(count)]
    width = sum(w for _, w in described)
    if width <= 0:
        raise UnreadableError("has no variables; export it again")
    return rows_follow + RECORD, width, any(kind == _TEXT for kind, _ in described)
