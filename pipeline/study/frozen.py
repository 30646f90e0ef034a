"""What every model of specs/ and mappings/ is made of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _one_line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _as_day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _as_moment(value: object) -> object:
    if isinstance(value, str) and value.endswith("Z"):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


Text = Annotated[str, BeforeValidator(_number_as_text)]  # a number in YAML is taken as its text
Words = Annotated[str, BeforeValidator(_one_line)]  # prose, over as many lines of YAML as it takes
Day = Annotated[date, BeforeValidator(_as_day)]  # ISO 8601
# a field -> present, absent, a value, or one of a list of values
Where = dict[str, Text | list[Text]]
Moment = Annotated[datetime, BeforeValidator(_as_moment)]  # ISO 8601 in UTC: it ends with Z


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
