"""A reader of transport files that reads as the note on the format reads: one value at a time, numbers worked
out as fractions.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction


def naive_rows(data: bytes, rows: int) -> list[list[str | float | None]]:
    """The cells of a file that is known to have so many rows; everything behind them must be padding."""
    count = int(data[614:618])
    shapes = [struct.unpack(">hhh", data[640 + 140 * i : 646 + 140 * i]) for i in range(count)]
    at = 640 + math.ceil(140 * count / 80) * 80 + 80
    cells: list[list[str | float | None]] = []
    for _ in range(rows):
        row: list[str | float | None] = []
        for kind, _, width in shapes:
            field = data[at : at + width]
            row.append(naive_number(field) if kind == 1 else field.decode("ascii").rstrip(" "))
            at += width
        cells.append(row)
    assert data[at:] == b" " * (len(data) - at)
    assert len(data) % 80 == 0
    assert len(data) - at < 80
    return cells


def naive_number(field: bytes) -> float | None:
    """An IBM double by its definition."""
    if field == b".\0\0\0\0\0\0\0":
        return None
    sign = -1 if field[0] & 0x80 else 1
    exponent = (field[0] & 0x7F) - 64
    fraction = Fraction(int.from_bytes(field[1:], "big"), 2**56)
    return float(sign * fraction * Fraction(16) ** exponent)
