"""The cells of a transport file: what a value becomes, and which values version 5 cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import PipelineError

BLANK = ord(" ")
_DELETE = 0x7F
_LINES = ("Cc", "Zl", "Zp")  # of Unicode: control characters and ends of lines and paragraphs
_ENDS_BLANK = "the text ends with a blank, which the file cannot keep; strip it where it is read"
_CONTROL = "the text holds a control character (a tab, a line end); replace it where it is read"
_MISSING = np.uint64(ord(".") << 56)
_SIGN, _HIDDEN = np.uint64(1 << 63), np.uint64(1 << 52)
_FIRST_DAY, _END_OF_DAYS = np.datetime64("1582-01-01"), np.datetime64("4000-01-01")
# The exponent field of the smallest IBM number, 16 ** -65, as an IEEE double has it.
_SMALLEST = np.uint64(1023 - 4 * 65)


@dataclass(frozen=True)
class Cells:
    """Some rows of some variables, the values of each behind those of the one before, so that a refusal can
    say where a value stands.
    """

    dataset: str
    names: Sequence[str]
    values: Any
    rows: int
    first_row: int

    def refuse(self, wrong: NDArray[np.bool_], why: str) -> None:
        """Refuse the first value marked as wrong, by dataset, variable and row; the value itself stays out of
        the message.
        """
        if wrong.any():
            variable, row = divmod(int(wrong.argmax()), self.rows)
            raise PipelineError(f"{self.dataset}.{self.names[variable]}, row {self.first_row + row}: {why}")

    def each(self) -> Iterator[Cells]:
        """The same, a variable at a time."""
        for variable, name in enumerate(self.names):
            yield replace(
                self, names=[name], values=self.values[variable * self.rows : (variable + 1) * self.rows]
            )


def texts(columns: Iterable[pa.ChunkedArray]) -> Any:
    """The texts of some variables as one Arrow array, in which a missing value is empty: the file cannot tell
    the two apart.
    """
    whole = pa.concat_arrays(
        [pa.array([], pa.large_string()), *(part for column in columns for part in column.chunks)]
    )
    return pc.fill_null(whole, "") if whole.null_count else whole


def text_fields(cells: Cells, widths: Sequence[int]) -> Iterator[NDArray[np.bytes_]]:
    """Text as fields of the width in bytes that its variable has, padded with blanks; those of one variable
    at a time.

    Raises    PipelineError for text that is too long, not printable ASCII, or ends with a blank, which a
              reader takes for padding.
    Source    FDA Study Data Technical Conformance Guide, dataset column length and special characters; SAS
              TS-140.
    """
    if not widths:
        return
    long = _mask(pc.binary_length(cells.values)) > np.repeat(widths, cells.rows)
    width = widths[int(long.argmax()) // cells.rows]
    cells.refuse(
        long,
        f"the text is longer than its {width} bytes; widen the variable, at most to 200, or continue the text"
        " in SUPP--",
    )
    cells.refuse(_mask(pc.ends_with(cells.values, " ")), _ENDS_BLANK)
    _refuse_letters(cells)
    for one, width in zip(cells.each(), widths, strict=True):
        _, _, letters = pc.ascii_rpad(one.values, width).buffers()
        yield np.frombuffer(letters, f"S{width}", cells.rows)


def encoded_fields(cells: Cells, widths: Sequence[int], encoding: str) -> Iterator[NDArray[np.bytes_]]:
    """Text in UTF-8 or GB18030 as fields of the width in bytes that its variable has, padded with blanks: no
    character is cut.

    Raises    PipelineError for text that is too long in bytes, holds a control character or a line end, or
              ends with a blank.
    Source    CDE notice 2020 No. 16, data submission (the encoding is the sponsor's choice, and stated); SAS
              TS-140.
    """
    for one, width in zip(cells.each(), widths, strict=True):
        found = one.values.dictionary_encode()
        texts = [str(t) for t in found.dictionary.to_pylist()]
        data = [t.encode(encoding) for t in texts]
        codes = found.indices.to_numpy(zero_copy_only=False)
        for wrong, why in (
            (
                [len(d) > width for d in data],
                f"the text is longer than its {width} bytes in {encoding}; shorten it where it is read",
            ),
            ([t.endswith(" ") for t in texts], _ENDS_BLANK),
            ([any(category(c) in _LINES for c in t) for t in texts], _CONTROL),
        ):
            one.refuse(np.array(wrong, np.bool_)[codes], why)
        yield np.array([d.ljust(width) for d in data], f"S{width}")[codes]


def _mask(found: Any) -> NDArray[Any]:
    mask: NDArray[Any] = found.to_numpy(zero_copy_only=False)
    return mask


def _refuse_letters(cells: Cells) -> None:
    _, ends, letters = cells.values.buffers()
    first, last = np.frombuffer(ends, np.int64)[
        [cells.values.offset, cells.values.offset + len(cells.values)]
    ]
    found = np.frombuffer(letters, np.uint8)[first:last]
    # Nearly every block is clean, and two passes over its bytes say so.
    if found.min(initial=BLANK) >= BLANK and found.max(initial=BLANK) < _DELETE:
        return
    cells.refuse(_mask(pc.match_substring_regex(cells.values, "[[:cntrl:]]")), _CONTROL)
    cells.refuse(
        _mask(pc.invert(pc.string_is_ascii(cells.values))),
        "the text holds a character outside ASCII; translate it",
    )


def ibm(cells: Cells) -> NDArray[np.uint64]:
    """Numbers as IBM doubles: 16 ** (exponent - 64) times a fraction of 56 bits, so that the 53 bits of a
    double always fit.

    Takes     doubles (see `floats`).
    Returns   the eight bytes of each as an integer; a missing number is SAS's `.`, and minus zero is zero.
    Raises    PipelineError for infinities and for numbers beyond the range of the format.
    Source    SAS TS-140, "Representation of numbers".
    """
    values: NDArray[np.float64] = cells.values
    bits: NDArray[np.uint64] = values.view(np.uint64)
    missing, zero = np.isnan(values), values == 0
    # Below the smallest number the subtraction wraps around to a huge power, so one comparison finds both
    # ends.
    power: NDArray[np.uint64] = ((bits & ~_SIGN) >> np.uint64(52)) - _SMALLEST
    outside = np.greater(power, 511) & ~missing & ~zero
    cells.refuse(
        outside,
        "the number is infinite or not within 5.4e-79 to 7.2e75, which is all the file can hold; correct it"
        " or its unit",
    )
    exponent = (power >> np.uint64(2)) << np.uint64(56)
    fraction = ((bits & (_HIDDEN - np.uint64(1))) | _HIDDEN) << (power & np.uint64(3))
    coded: NDArray[np.uint64] = np.bitwise_or(bits & _SIGN, exponent | fraction)
    coded[zero] = 0
    coded[missing] = _MISSING
    return coded


def floats(cells: Cells, unit: str) -> NDArray[np.float64]:
    """Numbers of one variable as doubles; dates as SAS counts them, in days (`D`) or seconds (`s`) since
    1960-01-01.

    Raises    PipelineError for an integer that no double holds, and for a date that is no whole number of
              units.
    """
    if pa.types.is_timestamp(cells.values.type):
        return _since_1960(cells, unit)
    if pa.types.is_floating(cells.values.type):
        doubles: NDArray[np.float64] = cells.values.to_numpy()
        return doubles
    whole = cells.values.fill_null(0).to_numpy()
    doubles = whole.astype(np.float64)
    # 2 ** 63, to which the largest integers are rounded, is itself beyond int64.
    again = np.where(doubles < 2.0**63, doubles, 0).astype(np.int64)
    cells.refuse(
        np.not_equal(again, whole),
        "the integer has more than 53 significant bits and would be read as another; keep it as text",
    )
    doubles[cells.values.is_null().to_numpy()] = np.nan
    return doubles


def _since_1960(cells: Cells, unit: str) -> NDArray[np.float64]:
    values = cells.values.to_numpy()
    whole = values.astype(f"datetime64[{unit}]")
    missing = np.isnat(values)
    cells.refuse(
        np.not_equal(whole, values) & ~missing,
        "the date has a part smaller than its format counts; truncate it on purpose",
    )
    # SAS knows no day before 1582, and counts no leap day in the years 4000 and 8000: 9999-12-31 would be
    # read as 10000-01-02.
    outside = (np.less(whole, _FIRST_DAY) | np.greater_equal(whole, _END_OF_DAYS)) & ~missing
    cells.refuse(
        outside, "the date is not within 1582 to 3999, where SAS counts the days of the calendar; correct it"
    )
    since = whole - np.datetime64("1960-01-01").astype(whole.dtype)
    return np.where(missing, np.nan, since.astype(np.int64).astype(np.float64))
