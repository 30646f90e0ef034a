"""The cells of a transport file: what a value becomes, and which values version 5 cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unicodedata import category

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import PipelineError

BLANK = ord(" ")
NUMBER_TYPES = {"float64", "int64", "Int64"}
TIME_TYPES = {"datetime64[s]", "datetime64[ms]", "datetime64[us]", "datetime64[ns]"}
_DELETE = 0x7F
_LINES = ("Cc", "Zl", "Zp")  # of Unicode: control characters and ends of lines and paragraphs
_MISSING = np.uint64(ord(".") << 56)
_SIGN, _HIDDEN = np.uint64(1 << 63), np.uint64(1 << 52)
_FIRST_DAY, _END_OF_DAYS = np.datetime64("1582-01-01"), np.datetime64("4000-01-01")
# The exponent field of the smallest IBM number, 16 ** -65, as an IEEE double has it.
_SMALLEST = np.uint64(1023 - 4 * 65)


@dataclass(frozen=True)
class Cells:
    """Consecutive values of one variable, and where they stand, so that a refusal can say so."""

    dataset: str
    name: str
    values: pd.Series
    first_row: int

    def refuse(self, wrong: NDArray[np.bool_], why: str) -> None:
        """Refuse the first value marked as wrong, by dataset, variable and row; the value itself stays out of the message."""
        if wrong.any():
            raise PipelineError(f"{self.dataset}.{self.name}, row {self.first_row + int(wrong.argmax())}: {why}")


def arrow_text(values: pd.Series) -> Any:
    """Text as one Arrow array, in which a missing value is empty: the file cannot tell the two apart."""
    found = pa.array(values.array, type=pa.large_string())
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return pc.fill_null(whole, "") if whole.null_count else whole


def text_fields(cells: Cells, width: int) -> NDArray[np.bytes_]:
    """Text as fields of `width` bytes, padded with blanks.

    Raises    PipelineError for text that is too long, not printable ASCII, or ends with a blank, which a reader takes for padding.
    Source    FDA Study Data Technical Conformance Guide, dataset column length and special characters; SAS TS-140.
    """
    text = arrow_text(cells.values)
    long = _mask(pc.greater(pc.binary_length(text), width))
    cells.refuse(long, f"the text is longer than its {width} bytes; widen the variable, at most to 200, or continue the text in SUPP--")
    cells.refuse(_mask(pc.ends_with(text, " ")), "the text ends with a blank, which the file cannot keep; strip it where it is read")
    _, _, letters = pc.ascii_rpad(text, width).buffers()
    fields = np.frombuffer(letters, np.uint8, len(text) * width).reshape(-1, width)
    _refuse_letters(cells, fields)
    return fields.view(f"S{width}")[:, 0]


def encoded_fields(cells: Cells, width: int, encoding: str) -> NDArray[np.bytes_]:
    """Text in UTF-8 or GB18030 as fields of `width` bytes, padded with blanks: no character is cut, a text that does not fit is refused.

    Raises    PipelineError for text that is too long in bytes, holds a control character or a line end, or ends with a blank.
    Source    CDE notice 2020 No. 16, data submission (the encoding is the sponsor's choice, and stated); SAS TS-140.
    """
    found = arrow_text(cells.values).dictionary_encode()
    texts = [str(t) for t in found.dictionary.to_pylist()]
    data = [t.encode(encoding) for t in texts]
    codes = found.indices.to_numpy(zero_copy_only=False)
    for wrong, why in (
        ([len(d) > width for d in data], f"the text is longer than its {width} bytes in {encoding}; shorten it where it is read"),
        ([t.endswith(" ") for t in texts], "the text ends with a blank, which the file cannot keep; strip it where it is read"),
        (
            [any(category(c) in _LINES for c in t) for t in texts],
            "the text holds a control character (a tab, a line end); replace it where it is read",
        ),
    ):
        cells.refuse(np.array(wrong, np.bool_)[codes], why)
    fields: NDArray[np.bytes_] = np.array([d.ljust(width) for d in data], f"S{width}")[codes]
    return fields


def _mask(found: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return mask


def _refuse_letters(cells: Cells, fields: NDArray[np.uint8]) -> None:
    # Nearly every block is clean, and two passes over its bytes say so.
    if fields.min() >= BLANK and fields.max() < _DELETE:
        return
    control = np.less(fields, BLANK) | np.equal(fields, _DELETE)
    cells.refuse(
        np.logical_or.reduce(control, axis=1), "the text holds a control character (a tab, a line end); replace it where it is read"
    )
    cells.refuse(np.logical_or.reduce(np.greater(fields, _DELETE), axis=1), "the text holds a character outside ASCII; translate it")


def ibm(cells: Cells, unit: str) -> NDArray[np.uint64]:
    """Numbers as IBM doubles: 16 ** (exponent - 64) times a fraction of 56 bits, so that the 53 bits of a double always fit.

    Takes     numbers, or dates to be counted in `unit` (see `floats`).
    Returns   the eight bytes of each as an integer; a missing number is SAS's `.`, and minus zero is zero.
    Raises    PipelineError for infinities and for numbers beyond the range of the format.
    Source    SAS TS-140, "Representation of numbers".
    """
    values = floats(cells, unit)
    bits: NDArray[np.uint64] = values.view(np.uint64)
    missing, zero = np.isnan(values), values == 0
    # Below the smallest number the subtraction wraps around to a huge power, so one comparison finds both ends.
    power: NDArray[np.uint64] = ((bits & ~_SIGN) >> np.uint64(52)) - _SMALLEST
    outside = np.greater(power, 511) & ~missing & ~zero
    cells.refuse(outside, "the number is infinite or not within 5.4e-79 to 7.2e75, which is all the file can hold; correct it or its unit")
    exponent = (power >> np.uint64(2)) << np.uint64(56)
    fraction = ((bits & (_HIDDEN - np.uint64(1))) | _HIDDEN) << (power & np.uint64(3))
    coded: NDArray[np.uint64] = np.bitwise_or(bits & _SIGN, exponent | fraction)
    coded[zero] = 0
    coded[missing] = _MISSING
    return coded


def floats(cells: Cells, unit: str) -> NDArray[np.float64]:
    """Numbers as doubles; dates as SAS counts them, in days (`D`) or seconds (`s`) since 1960-01-01.

    Raises    PipelineError for an integer that no double holds, and for a date that is no whole number of units.
    """
    dtype = str(cells.values.dtype)
    if dtype in TIME_TYPES:
        return _since_1960(cells, unit)
    if dtype == "float64":
        return np.ascontiguousarray(cells.values.to_numpy(np.float64))
    whole = cells.values.to_numpy(np.int64, na_value=0) if dtype == "Int64" else cells.values.to_numpy(np.int64)
    doubles = whole.astype(np.float64)
    # 2 ** 63, to which the largest integers are rounded, is itself beyond int64.
    again = np.where(doubles < 2.0**63, doubles, 0).astype(np.int64)
    cells.refuse(np.not_equal(again, whole), "the integer has more than 53 significant bits and would be read as another; keep it as text")
    doubles[cells.values.isna().to_numpy()] = np.nan
    return doubles


def _since_1960(cells: Cells, unit: str) -> NDArray[np.float64]:
    values = cells.values.to_numpy()
    whole = values.astype(f"datetime64[{unit}]")
    missing = np.isnat(values)
    cells.refuse(np.not_equal(whole, values) & ~missing, "the date has a part smaller than its format counts; truncate it on purpose")
    # SAS knows no day before 1582, and counts no leap day in the years 4000 and 8000: 9999-12-31 would be read as 10000-01-02.
    outside = (np.less(whole, _FIRST_DAY) | np.greater_equal(whole, _END_OF_DAYS)) & ~missing
    cells.refuse(outside, "the date is not within 1582 to 3999, where SAS counts the days of the calendar; correct it")
    since = whole - np.datetime64("1960-01-01").astype(whole.dtype)
    return np.where(missing, np.nan, since.astype(np.int64).astype(np.float64))
