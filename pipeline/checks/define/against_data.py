"""Checks of a define.xml beside the datasets that it describes: all that they have is told, and all that is
told is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree

from pipeline.formats import UnreadableError, tables
from pipeline.formats.define.read import HREF, Document, attribute, children, number, text
from pipeline.formats.tables import SUFFIXES, Column, Table
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
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b[0], "NE": lambda a, b: a != b[0], "IN": lambda a, b: a in b, "NOTIN": lambda a, b: a not in b,
    "LT": lambda a, b: a < b[0], "LE": lambda a, b: a <= b[0], "GT": lambda a, b: a > b[0], "GE": lambda a, b: a >= b[0],
}  # fmt: skip


def check(document: Document, folder: Path) -> Iterator[Finding]:
    """What differs between a define.xml and the datasets in a folder, either way.

    An error is what one has and the other has not; a warning is a width or a term that is told and not
    needed.

    Source    Define-XML 2.1, 4.3 (what is submitted is described); FDA Study Data Technical Conformance
              Guide, 4.1.4.5.
    """
    files = {p.name.lower(): p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES}
    used = set[str]()
    for name, group in document.datasets.items():
        wanted = [
            str(leaf.get(HREF) or "").rsplit("/", 1)[-1].lower() for leaf in children(group, "leaf")
        ] or [f"{name.lower()}.xpt"]
        found = next((f for w in wanted for f in (w, f"{Path(w).stem}.json") if f in files), None)
        if found is None:
            if not attribute(group, "HasNoData"):
                yield document.fault(
                    "DEF-DATASET",
                    group,
                    f"{wanted[0]} is not in the folder; add the file, or take the dataset away",
                )
            continue
        used.add(found)
        try:
            table = tables.read(files[found])
        except UnreadableError as e:
            yield document.fault("DEF-DATASET", group, f"{found}: {e}")
            continue
        yield from _Compared(document, name, group, table).all()
    for name in sorted(files.keys() - used):
        if files[name].suffix.lower() == ".xpt":
            yield Finding(
                "DEF-DATASET",
                "error",
                Path(name).stem.upper(),
                "",
                "",
                "",
                f"{name} is in the folder and not in define.xml",
                name,
            )


@dataclass(frozen=True)
class _Compared:
    """One dataset as define.xml tells it, and as its file has it."""

    document: Document
    name: str
    group: etree._Element
    table: Table

    def all(self) -> Iterator[Finding]:
        yield from self.dataset()
        told = self.document.variables(self.name)
        for name in sorted(told.keys() - self.table.columns.keys()):
            yield self.fault("DEF-VARIABLE", told[name][0], "is in define.xml and not in the file")
        for name in sorted(self.table.columns.keys() - told.keys()):
            yield Finding(
                "DEF-VARIABLE",
                "error",
                self.name,
                name,
                "",
                "",
                "is in the file and not in define.xml",
                "define.xml",
            )
        both = [n for n in self.table.columns if n in told]
        numbered = sorted(both, key=lambda n: number(told[n][0], "OrderNumber"))
        if both != numbered or both != [n for n in told if n in self.table.columns]:
            yield self.fault(
                "DEF-VARIABLE", self.group, "the variables stand in another order than in the file"
            )
        for name in both:
            yield from self.variable(self.table.columns[name], *told[name])
        yield from self.keys(told)
        for analysed in self.document.all("AnalysisDataset"):
            if analysed.get("ItemGroupOID") == self.group.get("OID"):
                yield from self.analysed(analysed)

    def fault(self, rule: str, element: etree._Element, message: str, severity: str = "error") -> Finding:
        return self.document.fault(rule, element, message, severity)

    def dataset(self) -> Iterator[Finding]:
        if self.table.name != self.name:
            yield self.fault("DEF-DATASET", self.group, f"the file calls the dataset {self.table.name}")
        if self.table.label != (label := text(self.group, "Description")):
            yield self.fault(
                "DEF-LABEL", self.group, f"the label is {label}, and in the file {self.table.label or 'none'}"
            )
        if bool(attribute(self.group, "HasNoData")) == bool(self.table.records):
            yield self.fault(
                "DEF-NODATA",
                self.group,
                f"the file has {self.table.records} records; def:HasNoData is said of 0, and of 0 only",
            )

    def variable(self, column: Column, ref: etree._Element, item: etree._Element) -> Iterator[Finding]:
        label = text(item, "Description")
        if column.label != label:
            yield self.fault(
                "DEF-LABEL", item, f"the label is {label or 'none'}, and in the file {column.label or 'none'}"
            )
        filled = [v for v in column.values if v is not None]
        if self.table.records and bool(attribute(ref, "HasNoData")) == bool(filled):
            yield self.fault(
                "DEF-NODATA",
                ref,
                f"{len(filled)} records have a value; def:HasNoData is said of 0, and of 0 only",
            )
        if ref.get("Mandatory") == "Yes" and len(filled) < self.table.records:
            yield self.fault(
                "DEF-MANDATORY",
                ref,
                f"is mandatory, and {self.table.records - len(filled)} records have no value",
            )
        yield from self.kind(column, item)
        yield from self.values(set(filled), item)
        yield from self.listed(column, item)

    def kind(self, column: Column, item: etree._Element) -> Iterator[Finding]:
        kind = str(item.get("DataType"))
        if column.text == (kind in ("integer", "float")):
            yield self.fault(
                "DEF-TYPE", item, f"is {kind} here, and {'text' if column.text else 'a number'} in the file"
            )
        width = number(item, "Length")
        if column.text and kind == "text" and column.width and column.width != width:
            yield self.fault(
                "DEF-TYPE", item, f"Length {width}: the file keeps {column.width} bytes", "warning"
            )

    def values(self, filled: set[Any], item: etree._Element) -> Iterator[Finding]:
        """Type and length of all the values that an item describes, and their terms."""
        kind, length, digits = (
            str(item.get("DataType")),
            number(item, "Length"),
            number(item, "SignificantDigits"),
        )
        texts = {str(v) for v in filled}
        if kind == "text" and any(len(t.encode()) > length for t in texts):
            yield self.fault(
                "DEF-TYPE",
                item,
                f"Length {length}: the longest value has {max(len(t.encode()) for t in texts)} bytes",
            )
        if kind in ("integer", "float") and not column_is_date(item):
            yield from self.numbers(texts, item, length, digits if kind == "float" else 0)
        pattern = _DATES.get(kind)
        if pattern and any(isinstance(v, str) and not re.fullmatch(pattern, v) for v in filled):
            wrong = sum(isinstance(v, str) and not re.fullmatch(pattern, v) for v in filled)
            yield self.fault("DEF-TYPE", item, f"DataType {kind}: {wrong} different values are none")
        for oid in (str(r.get("CodeListOID")) for r in children(item, "CodeListRef")):
            if oid in self.document.terms and (strange := texts - set(self.document.terms[oid])):
                yield self.fault(
                    "DEF-TERM",
                    item,
                    f"{len(strange)} different values are not in code list {oid}; list every term that"
                    " occurs",
                )

    def numbers(self, texts: set[str], item: etree._Element, length: int, digits: int) -> Iterator[Finding]:
        whole = [t.lstrip("-") for t in texts]
        if any(not re.fullmatch(r"\d+(\.\d+)?(e[-+]?\d+)?", t) for t in whole):
            yield self.fault("DEF-TYPE", item, f"DataType {item.get('DataType')}: some values are no numbers")
            return
        behind = max((len(t.partition(".")[2]) for t in whole if "e" not in t), default=0)
        if behind > digits:
            yield self.fault(
                "DEF-TYPE", item, f"a value has {behind} digits behind the point; {digits} are told"
            )
        if any(len(t.replace(".", "")) > length for t in whole if "e" not in t):
            yield self.fault("DEF-TYPE", item, f"Length {length}: a value has more digits")

    def listed(self, column: Column, item: etree._Element) -> Iterator[Finding]:
        """Each row of the value list beside the records that its where clause selects, and the records that
        no row selects.
        """
        rows = self.document.values(item)
        filled = np.array([v is not None for v in column.values], dtype=bool)
        told, whole = np.zeros(len(filled), dtype=bool), True
        for ref, row in rows:
            chosen = self.selected(ref)
            if chosen is None:
                whole = False
                continue
            told |= chosen
            if not (chosen & filled).any():
                yield self.fault(
                    "DEF-VALUES",
                    ref,
                    "no record with a value is as its where clause says; take the row away",
                    "warning",
                )
            yield from self.values(set(column.values[chosen & filled]), row)
        if rows and whole and (left := int((filled & ~told).sum())):
            yield self.fault(
                "DEF-VALUES",
                item,
                f"{left} records with a value are of no row of the value list; add the rows",
            )

    def selected(self, ref: etree._Element) -> np.ndarray | None:
        """The records for which one of the where clauses holds; None where it asks for another dataset, or
        for what cannot be compared.
        """
        found: np.ndarray | None = None
        for clause in children(ref, "WhereClauseRef"):
            held = np.ones(self.table.records, dtype=bool)
            for check in self.document.checked.get(str(clause.get("WhereClauseOID")), ()):
                tested = self._tested(check)
                if tested is None:
                    return None
                held &= tested
            found = held if found is None else found | held
        return found

    def _tested(self, check: etree._Element) -> np.ndarray | None:
        tested = self.document.items.get(attribute(check, "ItemOID"))
        here = {str(r.get("ItemOID")) for r in children(self.group, "ItemRef")}
        compare = _COMPARE.get(str(check.get("Comparator")))
        column = (
            self.table.columns.get(str(tested.get("Name")))
            if tested is not None and attribute(check, "ItemOID") in here
            else None
        )
        wanted: list[Any] = ["".join(str(t) for t in v.itertext()) for v in children(check, "CheckValue")]
        if column is None or compare is None or not wanted:
            return None
        if not column.text:
            try:
                wanted = [float(w) for w in wanted]
            except ValueError:
                return None
        known = {v: compare(v, wanted) if v is not None else False for v in set(column.values)}
        return np.array([known[v] for v in column.values], dtype=bool)

    def keys(self, told: Mapping[str, tuple[etree._Element, etree._Element]]) -> Iterator[Finding]:
        keyed = {
            number(r, "KeySequence"): n
            for n, (r, _) in told.items()
            if r.get("KeySequence") and n in self.table.columns
        }
        names = [keyed[k] for k in sorted(keyed)]
        rows = list(zip(*(self.table.columns[n].values for n in names), strict=True))
        if names and (twice := len(rows) - len(set(rows))):
            yield self.fault(
                "DEF-KEY",
                self.group,
                f"{twice} records have the key ({', '.join(names)}) of another; a key names one record",
            )

    def analysed(self, dataset: etree._Element) -> Iterator[Finding]:
        chosen = self.selected(dataset)
        if chosen is not None and self.table.records and not chosen.any():
            told = "the condition of an analysis selects no record of the dataset"
            yield self.fault(
                "DEF-RESULT",
                dataset,
                f"{self.name}: {told}; correct the where clause, or the analysis has no figures",
            )


def column_is_date(item: etree._Element) -> bool:
    """Whether a number counts days or seconds, so that its digits say nothing."""
    return bool(
        re.match(
            r"(E8601|B8601|IS8601)?(DATE|DATETIME|TIME|DT|DA|TM|YYMMDD|DDMMYY|MMDDYY)",
            attribute(item, "DisplayFormat").upper(),
        )
    )
