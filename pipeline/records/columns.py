"""What a function reads of a frame, declared beside the parameter that takes it:

    ends: Annotated[pd.DataFrame, Named("DSDECOD", "DSSTDTC")]              by the names of the standard
    visits: Annotated[pd.DataFrame, Placed("visit", "held", Date("date"))]  by the order of the mapping's list

The loader holds the list of a mapping against it, so that a missing column is told at its line and not met in
the middle of a build. What a function returns may be declared too, by names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, get_args, get_type_hints


class Date(str):
    """What stands at a place that takes a date: a collected one, or a date variable of a dataset."""


class Named:
    """Variables that a function reads by name; the list of a mapping may hold others beside them.

    --DTC is AEDTC in AE, and AEACN* any variable that begins so.

    Takes     the variables; those that are read where the list has them, and may be left out; whether the
              list may hold nothing beside them but what the line names under `with`.
    """

    def __init__(self, *names: str, optional: tuple[str, ...] = (), closed: bool = False) -> None:
        self.names = names
        self.optional = optional
        self.closed = closed

    def lacking(self, columns: list[str]) -> list[str]:
        """The variables that are not among these columns."""
        return [name for name in self.names if not any(_is_named(column, name) for column in columns)]

    def beside(self, columns: list[str]) -> list[str]:
        """The columns that are none of the variables."""
        known = (*self.names, *self.optional)
        return [column for column in columns if not any(_is_named(column, name) for name in known)]

    @property
    def text(self) -> str:
        return ", ".join([*self.names, *(f"{name} (may be left out)" for name in self.optional)])


class Placed:
    """Columns that a function reads by their order in the mapping's list, whatever their names.

    Takes     what each column is, in order; of these the one, if any, that a list may leave out.
    """

    def __init__(self, *places: str, optional: str = "") -> None:
        self.places = places
        self.optional = optional

    def of(self, number: int) -> tuple[str, ...]:
        """What each of so many columns is; empty where a list of that length does not fit."""
        without = tuple(place for place in self.places if place != self.optional)
        return {len(without): without, len(self.places): self.places}.get(number, ())

    @property
    def text(self) -> str:
        places = [f"{p} (may be left out)" if p == self.optional else p for p in self.places]
        return f"in this order: {', '.join(places)}"


class Dates:
    """Dates, any number of them, whatever their names, beside the columns of conditions on the records."""

    text = "dates, and the columns of conditions"


Columns = Named | Placed | Dates


@lru_cache(maxsize=1024)
def types(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The types of a function's parameters; none where one of them cannot be told.

    They are kept, for a function is asked about on each line of a mapping that names it.
    """
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):  # a type that is imported for a type checker alone
        return {}


@lru_cache(maxsize=1024)
def declared(function: Callable[..., Any]) -> Mapping[str, Columns]:
    """By parameter, and under `return`, what a function declares of the columns; those of a function whose
    types cannot be told are not declared.
    """
    found: dict[str, Columns] = {}
    for name, hint in types(function).items():
        for part in (hint, *get_args(hint)):  # a parameter that may be left out is a union
            for extra in getattr(part, "__metadata__", ()):
                if isinstance(extra, Columns):
                    found[name] = extra
    return found


def _is_named(column: str, name: str) -> bool:
    return fnmatchcase(column, name.replace("--", "*"))
