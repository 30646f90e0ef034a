"""The size and the data type of a published variable, from what the data hold."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.profile import Column
from pipeline.study.models import Dataset, Variable

NUMBER_BYTES = 8


@dataclass(frozen=True)
class Shape:
    """DataType, Length and SignificantDigits of an ItemDef."""

    type: str
    length: int | None = None
    digits: int | None = None


def is_supplemental(spec: Dataset) -> bool:
    """Whether the dataset is a SUPP--."""
    return spec.dataset.startswith("SUPP") and spec.class_.upper() == "RELATIONSHIP"


def shape(variable: Variable, column: Column, width: int) -> Shape:
    """Data type and size of a variable, or of it in some records.

    A text whose values in some records are numbers, or dates, has their type there.

    Takes     its spec; what the data say of it; bytes of it if it is text.
    Source    Define-XML 2.1, 4.2.1 (data types), 5.3.12 (ItemDef: Length is digits of a number, its sign and
              point not counted).
    """
    if variable.type == "text":
        if column.kinds == {"date"}:
            return Shape("date")
        return _number(column) if column.kinds == {"number"} else Shape("text", width)
    if variable.type == "iso":
        return Shape(_iso(column))
    return _number(column)


def _number(column: Column) -> Shape:
    if column.decimals:
        return Shape("float", column.digits, column.decimals)
    # A SAS date counts days: its digits say nothing, so the bytes of a number stand for them, as they do
    # where there is no value.
    return Shape("integer", column.digits or NUMBER_BYTES)


def _iso(column: Column) -> str:
    """The narrowest type that admits every value: a date and time without its seconds is a partial one."""
    if "datetime" not in column.kinds:
        return "partialDate" if "partial" in column.kinds else "date"
    return (
        "datetime"
        if column.kinds == {"datetime"} and column.width >= len("2016-08-12T09:30:00")
        else "partialDatetime"
    )
