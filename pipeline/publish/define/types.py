"""The data type and the size of a published variable, from what the data hold."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.profile import Column
from pipeline.study.models import Variable

NUMBER_BYTES = 8
_WITH_SECONDS = len("2016-08-12T09:30:00")


@dataclass(frozen=True)
class Shape:
    """DataType, Length and SignificantDigits of an ItemDef."""

    type: str
    length: int | None = None
    digits: int | None = None


def shape(variable: Variable, column: Column, width: int) -> Shape:
    """Data type and size of a variable, or of it in some records.

    A text whose values in some records are numbers, or dates, has their type there.

    Takes     its spec; what the data say of it; its width in bytes if it is text.
    Source    Define-XML 2.1, 4.2.1 (data types), 5.3.12 (ItemDef: Length is digits of a number, its sign and
              point not counted).
    """
    if variable.type == "iso":
        return Shape(_iso_type(column))
    if variable.type != "text":
        return _number(column)
    if column.kinds == {"date"}:
        return Shape("date")
    if column.kinds == {"number"}:
        return _number(column)
    return Shape("text", width)


def _number(column: Column) -> Shape:
    if column.decimals:
        return Shape("float", column.digits, column.decimals)
    # A SAS date counts days: its digits say nothing, so the bytes of a number stand for them, as they do
    # where there is no value.
    return Shape("integer", column.digits or NUMBER_BYTES)


def _iso_type(column: Column) -> str:
    """The narrowest type that admits every value: a date and time without its seconds is a partial one."""
    if "datetime" not in column.kinds:
        return "partialDate" if "partial" in column.kinds else "date"
    is_whole = column.kinds == {"datetime"} and column.width >= _WITH_SECONDS
    return "datetime" if is_whole else "partialDatetime"
