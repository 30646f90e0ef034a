"""Whether values of a dataset are as an item of define.xml describes them: type, length, digits, terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from pipeline.formats.define.read import Document, attribute, children, number
from pipeline.records.findings import Finding

_YEAR, _DAY = r"\d{4}", r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"([01]\d|2[0-4])(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?([+-]\d\d:\d\d|Z)?"
_DATES = {  # by data type: what a text is to look like (ISO 8601, with the parts that may be missing)
    "date": rf"{_DAY}",
    "datetime": rf"{_DAY}T{_CLOCK}",
    "time": _CLOCK,
    "partialDate": rf"{_YEAR}(-(\d\d|-)(-(\d\d|-))?)?|--(\d\d|-)-(\d\d|-)",
    "partialTime": rf"{_CLOCK}|-.*",
    "partialDatetime": rf"({_YEAR}|-)(-(\d\d|-)(-(\d\d|-))?)?(T.*)?",
    "durationDatetime": r"-?P.+",
    "incompleteDatetime": r".+",
}
_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d+)?")
_OF_DATES = re.compile(r"(E8601|B8601|IS8601)?(DATE|DATETIME|TIME|DT|DA|TM|YYMMDD|DDMMYY|MMDDYY)")


def of_values(document: Document, filled: set[Any], item: etree._Element) -> Iterator[Finding]:
    """DEF-TYPE, DEF-TERM: type and length of all the values that an item describes, and their terms.

    A length that is missing is told by the check of define.xml itself, so nothing is compared with it.
    """
    kind, length = str(item.get("DataType")), number(item, "Length")
    texts = {str(v) for v in filled}
    if kind == "text" and length:
        longest = max((len(t.encode()) for t in texts), default=0)
        if longest > length:
            message = f"Length {length}: the longest value has {longest} bytes"
            yield document.fault("DEF-TYPE", item, message)
    if kind in ("integer", "float") and not is_date(item):
        yield from _numbers(document, texts, item)
    if pattern := _DATES.get(kind):
        wrong = sum(isinstance(v, str) and not re.fullmatch(pattern, v) for v in filled)
        if wrong:
            message = f"DataType {kind}: {wrong} different values are of another type"
            yield document.fault("DEF-TYPE", item, message)
    for ref in children(item, "CodeListRef"):
        oid = str(ref.get("CodeListOID"))
        unlisted = texts - set(document.terms.get(oid, texts))
        if unlisted:
            message = f"{len(unlisted)} different values are not in code list {oid}; list every term"
            yield document.fault("DEF-TERM", item, message)


def _numbers(document: Document, texts: set[str], item: etree._Element) -> Iterator[Finding]:
    kind, length = str(item.get("DataType")), number(item, "Length")
    unsigned = {t.lstrip("-") for t in texts}
    if any(not _NUMBER.fullmatch(t) for t in unsigned):
        yield document.fault("DEF-TYPE", item, f"DataType {kind}: some values are no numbers")
        return
    positional = {format(Decimal(t), "f") for t in unsigned}
    decimals = max((len(t.partition(".")[2]) for t in positional), default=0)
    stated = item.get("SignificantDigits")
    if kind == "integer" and decimals:
        message = f"DataType integer: a value has {decimals} digits after the point; it is a float"
        yield document.fault("DEF-TYPE", item, message)
    elif stated is not None and decimals > number(item, "SignificantDigits"):
        message = f"SignificantDigits {stated}: a value has {decimals} digits after the point"
        yield document.fault("DEF-TYPE", item, message)
    longest = max((len(t.replace(".", "")) for t in positional), default=0)
    if 0 < length < longest:
        yield document.fault("DEF-TYPE", item, f"Length {length}: a value has {longest} digits")


def is_date(item: etree._Element) -> bool:
    """Whether a number counts days or seconds, so that its digits say nothing."""
    return _OF_DATES.match(attribute(item, "DisplayFormat").upper()) is not None
