"""What every model of specs/ and mappings/ is made of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

LABEL_BYTES = 40  # of a label in a transport file of version 5
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Written(float):
    """A decimal number of a YAML file, with its text: a version 3.10 is not 3.1."""

    text: str

    @classmethod
    def of(cls, text: str) -> Written:
        number = cls(text)
        number.text = text
        return number


def _number_as_text(value: object) -> object:
    if isinstance(value, Written):
        return value.text
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def as_text(value: object) -> str:
    """A text or a number of YAML as it was written."""
    return str(_number_as_text(value))


def _constant(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("expected a text or a number")  # noqa: TRY004  pydantic takes it for a fault
    return _not_blank(value) if isinstance(value, str) else value


def _condition(value: object) -> object:
    if isinstance(value, dict) and list(value) != ["not"]:
        raise ValueError("expected present, absent, a value, a list of these, or {not: ...} of them")
    return value


def _one_line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("an empty text says nothing; write it, or leave the key out")
    return value


def _as_day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("expected a day, yyyy-mm-dd")
    return date.fromisoformat(value)


def _as_moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and value.endswith("Z") and len(value) > len("yyyy-mm-ddZ")):
        raise ValueError("expected a moment in UTC, yyyy-mm-ddThh:mm:ssZ")
    return datetime.fromisoformat(value).astimezone(UTC)


def _label(value: str) -> str:
    size = len(value.encode())
    if size > LABEL_BYTES:
        raise ValueError(f"a label of {size} bytes, where {LABEL_BYTES} fit in a transport file; shorten it")
    if not value.isascii() or not value.isprintable():
        raise ValueError("a label is of ASCII characters; write it in English letters")
    return value


Text = Annotated[str, BeforeValidator(_number_as_text), AfterValidator(_not_blank)]  # 3.10 is taken as "3.10"
Cell = Annotated[str, BeforeValidator(_number_as_text)]  # of a raw form: it may be blank
Words = Annotated[str, BeforeValidator(_one_line), AfterValidator(_not_blank)]  # prose, over many lines
Constant = Annotated[str | float, PlainValidator(_constant)]  # a number stays one
Label = Annotated[Text, AfterValidator(_label)]
Day = Annotated[date, BeforeValidator(_as_day)]  # ISO 8601
Chosen = dict[str, Text | list[Text]]  # a variable -> present, absent, a value, or one of a list of values
# a field -> the same, or {not: ...} of it; see pipeline/records/conditions.py
Condition = Annotated[
    Text | list[Text] | dict[Literal["not"], Text | list[Text]], BeforeValidator(_condition)
]
Where = dict[str, Condition]
Moment = Annotated[datetime, BeforeValidator(_as_moment)]  # ISO 8601 in UTC: it ends with Z
# What YAML itself tells apart: true is no number, "5" in quotes is none, and yes is a text.
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Days = Annotated[Whole, Field(ge=0)]  # a number of days, never negative


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a name in a transport file has 1 to 8 capital letters and digits, a letter first")
    return value


Name = Annotated[str, AfterValidator(_name)]  # of a dataset or a variable


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def refuse_bounds(least: float | None, most: float | None, below: float | None = None) -> None:
    """Raises ValueError for bounds of which there is none, or between which nothing lies."""
    if least is None and most is None and below is None:
        raise ValueError("a limit needs at least one bound")
    if least is not None and ((most is not None and most < least) or (below is not None and below <= least)):
        raise ValueError("nothing lies between these bounds; the lower one must be the smaller")
