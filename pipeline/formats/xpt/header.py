"""The head of a transport file of version 5 or 8 as anybody wrote it: its dataset, its variables, and where
its rows begin.

Texts are given as the bytes read as Latin-1, which has each byte: no file says in which encoding they are.

Source    SAS technical support notes TS-140 (version 5) and TS-140-2 (version 8).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.formats import UnreadableError
from pipeline.formats.xpt.layout import RECORD, Column

LATIN_1 = "iso-8859-1"
_MARK = re.compile(rb"HEADER RECORD\*{7}(\w+) *HEADER RECORD!{7}")
_MEMBER = re.compile(rb"HEADER RECORD\*{7}(?:MEMBER |MEMBV8 ) HEADER RECORD!{7}")
_CPORT = b"**COMPRESSED** " * 2
# Type, width; name, label, format; its width and decimals; the name of version 8. Where a value starts in the
# row is not asked: rows stand in the order of these descriptions, and SAS's macro LOC2XPT states where values
# start in the dataset that it was given.
_NAMESTR = struct.Struct(">h2xh2x8s40s8s2h20x32s")
_NUMBER_TYPE, _TEXT_TYPE = 1, 2
_SIZES_OF_NAMESTR = (136, 140)  # the smaller one on VAX/VMS, which leaves out its last bytes
# What version 8 says of a label too long for its NAMESTR: which variable, and the bytes of each part.
_LABEL_PARTS = {"LABELV8": struct.Struct(">3H"), "LABELV9": struct.Struct(">5H")}
_WIDTHS_OF_A_NUMBER = range(2, 9)

CUT = "ends within its head; it is cut short: export it again"
_DAMAGED = "the head does not describe its variables as TS-140 says; it is damaged: export it again"


@dataclass(frozen=True)
class Header:
    """What the head says."""

    version: int
    name: str
    label: str
    columns: Sequence[Column]
    first_row: int  # bytes before the first row
    announced_rows: int | None  # in version 8, where the file says it


def read(content: bytes) -> Header:
    """The head of the one dataset of a transport file.

    Raises    UnreadableError for another kind of file, for one that holds no dataset or several, and for a
              head that is cut or damaged.
    """
    head = _Head(content)
    version = _version(content)
    head.at = 3 * RECORD  # the library, its origin and its stamp
    datasets = _count_of_datasets(content)
    if datasets != 1:
        raise UnreadableError(f"holds {datasets} datasets, expected one; export one file per dataset")
    size = _digits(head.marked("MEMBER", "MEMBV8")[74:78])
    if size not in _SIZES_OF_NAMESTR:
        raise UnreadableError(_DAMAGED)
    head.marked("DSCRPTR", "DSCPTV8")
    name, label = head.record()[8 : 16 if version == 5 else 40], head.record()[32:72]
    count = _digits(head.marked("NAMESTR", "NAMSTV8")[53:58])
    columns = _columns(head.bytes_of_records(count * size), size, version)
    mark, record = head.mark()
    if mark in _LABEL_PARTS:
        columns = _with_long_texts(head, columns, _digits(record[48:53]), _LABEL_PARTS[mark])
        mark, record = head.mark()
    if mark not in ("OBS", "OBSV8"):
        raise UnreadableError(_DAMAGED)
    announced = _announced(record) if mark == "OBSV8" else None
    return Header(version, _text(name), _text(label), columns, head.at, announced)


def _version(content: bytes) -> int:
    match = _MARK.match(content)
    version = {b"LIBRARY": 5, b"LIBV8": 8}.get(match[1] if match else b"")
    if version is None and content.startswith(_CPORT):
        raise UnreadableError(
            "a file of PROC CPORT, which SAS alone can read; export it again with the XPORT engine"
        )
    if version is None:
        raise UnreadableError("no SAS transport file; it is empty or of another kind: export it again")
    return version


def _count_of_datasets(content: bytes) -> int:
    starts = (match.start() for match in _MEMBER.finditer(content))
    return sum(start % RECORD == 0 for start in starts)


class _Head:
    """Goes through the head from record to record."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def piece(self, size: int) -> bytes:
        """The next bytes."""
        piece = self.content[self.at : self.at + size]
        if len(piece) < size:
            raise UnreadableError(CUT)
        self.at += size
        return piece

    def bytes_of_records(self, size: int) -> bytes:
        """The next bytes, and then on to the record behind the blanks that fill their last one."""
        piece = self.piece(size)
        self.piece(-size % RECORD)
        return piece

    def record(self) -> bytes:
        return self.bytes_of_records(RECORD)

    def mark(self) -> tuple[str, bytes]:
        """A header record, and what it is the header of."""
        record = self.record()
        match = _MARK.match(record)
        if match is None:
            raise UnreadableError(_DAMAGED)
        return match[1].decode("ascii"), record

    def marked(self, *expected: str) -> bytes:
        mark, record = self.mark()
        if mark not in expected:
            raise UnreadableError(_DAMAGED)
        return record


def _digits(field: bytes) -> int:
    if not field.strip().isdigit():
        raise UnreadableError(_DAMAGED)
    return int(field)


def _announced(record: bytes) -> int | None:
    """The number of rows; a writer that fills all the digits with zeros did not know it."""
    digits = record[48:63]
    return int(digits) if digits.strip().isdigit() and digits.strip(b"0") else None


def _columns(descriptions: bytes, size: int, version: int) -> list[Column]:
    columns: list[Column] = []
    for at in range(0, len(descriptions), size):
        described = _NAMESTR.unpack_from(descriptions, at)
        kind, width, short_name, label, format_, *digits, name = described
        text, number = kind == _TEXT_TYPE and width > 0, kind == _NUMBER_TYPE and width in _WIDTHS_OF_A_NUMBER
        if not (text or number):
            raise UnreadableError(_DAMAGED)
        name = _text(name if version == 8 else short_name)
        columns.append(Column(name, _text(label), width, text, _format(_text(format_), *digits)))
    return columns


def _format(name: str, width: int, decimals: int) -> str:
    return f"{name}{width or ''}.{decimals or ''}" if name or width or decimals else ""


def _with_long_texts(
    head: _Head, columns: Sequence[Column], count: int, sizes: struct.Struct
) -> list[Column]:
    """The variables, some of them with a label or a format that is longer than a NAMESTR holds."""
    completed = list(columns)
    first = head.at
    for _ in range(count):
        number, *widths = sizes.unpack(head.piece(sizes.size))
        parts = [_text(head.piece(width)) for width in widths]
        if not 1 <= number <= len(columns):
            raise UnreadableError(_DAMAGED)
        column = replace(completed[number - 1], name=parts[0], label=parts[1])
        if len(parts) > 2:
            column = replace(column, format=parts[2])
        completed[number - 1] = column
    head.piece(-(head.at - first) % RECORD)
    return completed


def _text(field: bytes) -> str:
    return field.rstrip(b" \0").decode(LATIN_1)
