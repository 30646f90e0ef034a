"""ISO 3166-1: the countries by their codes and names, and by what forms call them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipeline.standards import tables

TABLE = tables.SHIPPED / "iso-3166-1" / "countries.tsv"


@cache
def alpha3() -> frozenset[str]:
    """The codes of three letters."""
    return frozenset(row["alpha3"] for row in tables.rows(TABLE))


@cache
def by_spelling() -> Mapping[str, str]:
    """The code of three letters by each code and name, without regard to case and blanks; no spelling means
    two countries.
    """
    return {
        plain(spelling): row["alpha3"]
        for row in tables.rows(TABLE)
        for spelling in (row["alpha3"], row["alpha2"], row["name"], *row["also"].split("; "))
        if spelling
    }


def plain(text: str) -> str:
    """A spelling as it is looked up."""
    return " ".join(text.split()).casefold()
