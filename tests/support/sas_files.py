"""SAS files as others write them, byte by byte: transport files of version 5 and 8, and datasets.

No free library writes a dataset (.sas7bdat), and none writes what these tests ask for: a format of the
writer's choice, texts in another encoding, a count of records that is not told. Each writer puts down the
least that SAS's own notes (TS-140, TS-140-2) and pyreadstat ask of a file.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Variable:
    """A variable: a text of so many bytes, or a number under a format such as DATE9 (name and width)."""

    name: str
    width: int = 8
    text: bool = False
    format: str = ""
    label: str = ""

    @property
    def format_parts(self) -> tuple[bytes, int]:
        name = self.format.rstrip("0123456789")
        return name.encode("ascii"), int(self.format[len(name) :] or 0)


Value = str | bytes | float | None
Rows = Sequence[Sequence[Value]]


# --- transport files
def xpt(
    variables: Sequence[Variable],
    rows: Rows,
    version: int = 5,
    announced: str | None = None,
    encoding: str = "utf-8",
    name: str = "AE",
) -> bytes:
    """A library of one dataset.

    Takes     rows of values; a text may be given as its bytes, and so may a number (A of `.A`); `announced`,
              what stands for the number of rows in the head of version 8.
    """
    library, member, descriptor, names, rows_mark = (
        ("LIBRARY", "MEMBER", "DSCRPTR", "NAMESTR", "OBS")
        if version == 5
        else ("LIBV8", "MEMBV8", "DSCPTV8", "NAMSTV8", "OBSV8")
    )
    stamp = b"01JUL19:12:00:00"
    head = _mark(library) + b"SAS     SAS     SASLIB  9.4     Linux".ljust(64) + stamp + stamp.ljust(80)
    head += _mark(member, "000000000000000001600000000140") + _mark(descriptor)
    head += b"SAS     " + name.encode().ljust(8 if version == 5 else 32) + b"SASDATA 9.4     Linux   "
    head = _filled(head)[:-16] + stamp + stamp.ljust(80)
    head += _mark(names, f"{len(variables):010}".ljust(30, "0"))
    head += _filled(b"".join(_namestr(n, v, version, encoding) for n, v in enumerate(variables, start=1)))
    if version == 8:
        head += _long_labels(variables, encoding)
        announced = f"{len(rows):15}" if announced is None else announced
    head += _mark(rows_mark, (announced or "0" * 30).ljust(30))
    return head + _filled(b"".join(_row(variables, row, encoding) for row in rows))


def _mark(kind: str, digits: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{kind:8}HEADER RECORD!!!!!!!{digits}".encode().ljust(80)


def _filled(content: bytes) -> bytes:
    return content + b" " * (-len(content) % 80)


def _namestr(number: int, variable: Variable, version: int, encoding: str) -> bytes:
    format_, width = variable.format_parts
    label, name = variable.label.encode(encoding), variable.name.encode(encoding)
    namestr = struct.pack(
        ">4h8s40s8s2h20x", 2 if variable.text else 1, 0, variable.width, number,
        name[:8].ljust(8), label[:40].ljust(40), format_.ljust(8), width, 0,
    )  # fmt: skip
    long_name = name.ljust(32) if version == 8 else bytes(32)
    return namestr + long_name + bytes(20)


def _long_labels(variables: Sequence[Variable], encoding: str) -> bytes:
    parts, count = b"", 0
    for number, variable in enumerate(variables, start=1):
        label, name = variable.label.encode(encoding), variable.name.encode(encoding)
        if len(label) > 40:
            parts += struct.pack(">3H", number, len(name), len(label)) + name + label
            count += 1
    return _mark("LABELV8", f"{count}") + _filled(parts) if count else b""


def _row(variables: Sequence[Variable], row: Sequence[Value], encoding: str) -> bytes:
    fields = []
    for variable, value in zip(variables, row, strict=True):
        if isinstance(value, bytes):
            field = value if variable.text else value.ljust(variable.width, b"\0")
        elif isinstance(value, str):
            field = value.encode(encoding)
        else:
            field = (b"" if variable.text else b".\0\0\0\0\0\0\0") if value is None else ibm(value)
        fields.append(field[: variable.width].ljust(variable.width))
    return b"".join(fields)


def ibm(number: float) -> bytes:
    """An IBM double by its definition: a sign, a power of 16 and a fraction of 14 hexadecimal digits."""
    rest, exponent = abs(Fraction(number)), 64
    while rest >= 1:
        rest, exponent = rest / 16, exponent + 1
    while rest and rest < Fraction(1, 16):
        rest, exponent = rest * 16, exponent - 1
    digits = int(rest * 16**14)
    return bytes([(128 if number < 0 else 0) | (exponent if digits else 0)]) + digits.to_bytes(7, "big")


# --- datasets
_PAGE, _HEAD = 65_536, 1_024
_SIGNATURES = {
    "row size": 0xF7F7F7F7, "column size": 0xF6F6F6F6, "column text": 0xFFFFFFFD, "column name": 0xFFFFFFFF,
    "column attributes": 0xFFFFFFFC, "column format": 0xFFFFFBFE,
}  # fmt: skip


def sas7bdat(
    variables: Sequence[Variable], rows: Rows, encoding_code: int = 20, encoding: str = "utf-8"
) -> bytes:
    """A dataset of 64 bits without compression: a page of descriptions, then pages of rows.

    Takes     rows of values; a text may be given as its bytes, and so may a number (A of `.A`); SAS's number
              of the encoding.
    """
    texts = _ColumnTexts()
    width = sum(variable.width for variable in variables)
    row_size = bytearray(808)
    for at, number in ((40, width), (48, len(rows)), (72, len(variables)), (104, _PAGE)):
        struct.pack_into("<q", row_size, at, number)
    names = bytearray(28 + 8 * len(variables))
    attributes = bytearray(28 + 16 * len(variables))
    struct.pack_into("<H", names, 8, len(names) - 20)
    struct.pack_into("<H", attributes, 8, len(attributes) - 20)
    formats, start = [], 0
    for place, variable in enumerate(variables):
        struct.pack_into("<3H", names, 16 + 8 * place, *texts.added(variable.name.encode(encoding)))
        kind = 2 if variable.text else 1
        struct.pack_into("<qIHB", attributes, 16 + 16 * place, start, variable.width, 4, kind)
        start += variable.width
        format_, format_width = variable.format_parts
        described = bytearray(64)
        struct.pack_into("<H", described, 24, format_width)
        struct.pack_into("<3H", described, 46, *texts.added(format_))
        formats.append(("column format", described))
    column_size = bytearray(24)
    struct.pack_into("<q", column_size, 8, len(variables))
    page = _page_of_descriptions(
        [
            ("row size", row_size), ("column size", column_size), ("column text", texts.subheader()),
            ("column name", names), ("column attributes", attributes), *formats,
        ]
    )  # fmt: skip
    stored = [_stored(variables, row, encoding) for row in rows]
    in_a_page = (_PAGE - 40) // max(1, width)
    pages = page + b"".join(
        _page_of_rows(stored[first : first + in_a_page]) for first in range(0, len(rows), in_a_page)
    )
    return _head_of_dataset(encoding_code, len(pages) // _PAGE) + pages


class _ColumnTexts:
    """Names and formats stand one behind the other, and are named by where they begin."""

    def __init__(self) -> None:
        self.content = b""

    def added(self, text: bytes) -> tuple[int, int, int]:
        place = (0, len(self.content) + 28, len(text))
        self.content += text.ljust(-(-len(text) // 4) * 4, b"\0")
        return place

    def subheader(self) -> bytearray:
        subheader = bytearray(36) + self.content
        struct.pack_into("<H", subheader, 8, len(subheader) - 20)
        subheader[20:28] = b" " * 8
        return subheader


def _page_of_descriptions(subheaders: Sequence[tuple[str, bytearray]]) -> bytes:
    page, end = bytearray(_PAGE), _PAGE
    struct.pack_into("<3H", page, 32, 0, len(subheaders), len(subheaders))
    for number, (kind, subheader) in enumerate(subheaders):
        signature = _SIGNATURES[kind]
        wide = signature | 0xFFFFFFFF00000000 if signature >= 0xFF000000 else signature
        struct.pack_into("<Q", subheader, 0, wide)
        end -= len(subheader)
        page[end : end + len(subheader)] = subheader
        struct.pack_into("<QQBB", page, 40 + 24 * number, end, len(subheader), 0, kind.startswith("column"))
    return bytes(page)


def _page_of_rows(stored: Sequence[bytes]) -> bytes:
    head = bytearray(40)
    struct.pack_into("<2H", head, 32, 0x0100, len(stored))
    return (bytes(head) + b"".join(stored)).ljust(_PAGE, b"\0")


def _head_of_dataset(encoding_code: int, pages: int) -> bytes:
    head = bytearray(_HEAD)
    head[:32] = bytes.fromhex(
        "00000000000000000000000 0c2ea8160b31411cfbd92080009c7318c181f1011".replace(" ", "")
    )
    head[32], head[35], head[37], head[39], head[70] = 0x33, 0x22, 1, ord("1"), encoding_code
    head[84:92], head[92:124] = b"SAS FILE", b"AE".ljust(32)
    head[156:164] = b"DATA    "
    struct.pack_into("<IIQ", head, 196, _HEAD, _PAGE, pages)
    head[220:228] = b"9.0101M0"
    return bytes(head)


def _stored(variables: Sequence[Variable], row: Sequence[Value], encoding: str) -> bytes:
    fields = []
    for variable, value in zip(variables, row, strict=True):
        if variable.text:
            field = value if isinstance(value, bytes) else str(value or "").encode(encoding)
        elif isinstance(
            value, bytes
        ):  # a special missing value: its letter, turned over, in a double that is none
            field = bytes([0, 0, 0, 0, 0, 255 - value[0], 255, 255])
        else:
            field = bytes([0, 0, 0, 0, 0, 254, 255, 255]) if value is None else struct.pack("<d", value)
        fields.append(field[: variable.width].ljust(variable.width))
    return b"".join(fields)
