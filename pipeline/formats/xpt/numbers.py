"""Numbers and dates of a transport file, both ways: IBM doubles, and days or seconds since 1960."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.formats.xpt.cells import Cells

_MISSING = np.uint64(ord(".") << 56)
_MISSING_MARKS = np.frombuffer(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)
_SIGN, _HIDDEN_BIT = np.uint64(1 << 63), np.uint64(1 << 52)
_MANTISSA = _HIDDEN_BIT - np.uint64(1)
_IBM_FRACTION = (1 << 56) - 1
# The exponent field of the smallest IBM number, 16 ** -65, as an IEEE double has it.
_SMALLEST = np.uint64(1023 - 4 * 65)
_FIRST_DAY, _END_OF_DAYS = np.datetime64("1582-01-01"), np.datetime64("4000-01-01")


def to_ibm(cells: Cells) -> NDArray[np.uint64]:
    """Numbers as IBM doubles: 16 ** (exponent - 64) times a fraction of 56 bits, so that the 53 bits of a
    double always fit.

    Worked out on the bits of whole columns: with `text_fields`, this is why 1,000,000 rows are written 39
    times as fast as pyreadstat writes them.

    Takes     doubles (see `to_doubles`).
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
    # The base is 16: four powers of two are one of the exponent, and the rest shifts the fraction.
    exponent = (power >> np.uint64(2)) << np.uint64(56)
    fraction = ((bits & _MANTISSA) | _HIDDEN_BIT) << (power & np.uint64(3))
    ibm: NDArray[np.uint64] = np.bitwise_or(bits & _SIGN, exponent | fraction)
    ibm[zero] = 0
    ibm[missing] = _MISSING
    return ibm


def from_ibm(field: bytes) -> float | None:
    """The number in the eight bytes of an IBM double; without a fraction it is zero, or by its first byte a
    missing value.
    """
    bits = int.from_bytes(field, "big")
    fraction = bits & _IBM_FRACTION
    if not fraction:
        return None if bits else 0.0
    exponent = (bits >> 56) & 0x7F
    number = math.ldexp(float(fraction), 4 * (exponent - 64) - 56)
    return -number if bits >> 63 else number


def to_doubles_from_ibm(fields: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Whole columns of IBM doubles, as anybody wrote them, as doubles; a missing number is NaN.

    Takes     a row of bytes for each number; a file may keep 2 to 8 of the 8 bytes.
    Returns   the nearest double, since a fraction of 56 bits may have three more than a double holds.
    Source    SAS TS-140, "Representation of numbers" and "Missing values" (`.`, `._`, `.A` to `.Z`).
    """
    eight = np.zeros((len(fields), 8), np.uint8)
    eight[:, : fields.shape[1]] = fields
    bits: NDArray[np.uint64] = eight.view(">u8").ravel().astype(np.uint64)
    fraction = bits & np.uint64(_IBM_FRACTION)
    power = 4 * (((bits >> np.uint64(56)) & np.uint64(0x7F)).astype(np.int32) - 64) - 56
    doubles: NDArray[np.float64] = np.ldexp(fraction.astype(np.float64), power)
    negative = (bits & _SIGN) != 0
    doubles[negative & (fraction != 0)] *= -1
    doubles[(fraction == 0) & np.isin(eight[:, 0], _MISSING_MARKS)] = np.nan
    return doubles


def to_doubles(cells: Cells, unit: str) -> NDArray[np.float64]:
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
    integers = cells.values.fill_null(0).to_numpy()
    doubles = integers.astype(np.float64)
    # 2 ** 63, to which the largest integers are rounded, is itself beyond int64.
    converted_back = np.where(doubles < 2.0**63, doubles, 0).astype(np.int64)
    cells.refuse(
        np.not_equal(converted_back, integers),
        "the integer has more than 53 significant bits and would be read as another; keep it as text",
    )
    doubles[cells.values.is_null().to_numpy()] = np.nan
    return doubles


def _since_1960(cells: Cells, unit: str) -> NDArray[np.float64]:
    values = cells.values.to_numpy()
    in_unit = values.astype(f"datetime64[{unit}]")
    missing = np.isnat(values)
    cells.refuse(
        np.not_equal(in_unit, values) & ~missing,
        "the date has a part smaller than its format counts; truncate it on purpose",
    )
    # SAS knows no day before 1582, and counts no leap day in the years 4000 and 8000: 9999-12-31 would be
    # read as 10000-01-02.
    outside = (np.less(in_unit, _FIRST_DAY) | np.greater_equal(in_unit, _END_OF_DAYS)) & ~missing
    cells.refuse(
        outside, "the date is not within 1582 to 3999, where SAS counts the days of the calendar; correct it"
    )
    since = in_unit - np.datetime64("1960-01-01").astype(in_unit.dtype)
    return np.where(missing, np.nan, since.astype(np.int64).astype(np.float64))


def as_iso(number: float, unit: str) -> str:
    """The day (`D`) or the moment (`s`) that a number counts to from 1960-01-01, in ISO 8601."""
    if unit == "s":
        return (datetime(1960, 1, 1) + timedelta(seconds=number)).isoformat()  # noqa: DTZ001  SAS knows no time zone
    return (date(1960, 1, 1) + timedelta(days=number)).isoformat()
