"""Checks of a define.xml against the datasets that it describes: each describes all of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree

from pipeline.checks.define.against_values import of_values
from pipeline.formats import UnreadableError, tables
from pipeline.formats.define.read import HREF, Document, attribute, children, number, text
from pipeline.formats.tables import SUFFIXES, Column, Table
from pipeline.records.findings import Finding

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda value, wanted: value == wanted[0],
    "NE": lambda value, wanted: value != wanted[0],
    "LT": lambda value, wanted: value < wanted[0],
    "LE": lambda value, wanted: value <= wanted[0],
    "GT": lambda value, wanted: value > wanted[0],
    "GE": lambda value, wanted: value >= wanted[0],
    "IN": lambda value, wanted: value in wanted,
    "NOTIN": lambda value, wanted: value not in wanted,
}


def check(document: Document, folder: Path) -> Iterator[Finding]:
    """What differs between a define.xml and the datasets in a folder, either way.

    What only one of the two has is an error; a width or a row that the data do not need is a warning.

    Source    Define-XML 2.1, 4.3 (what is submitted is described); FDA Study Data Technical Conformance
              Guide, 4.1.4.5.
    """
    files = {
        p.name.lower(): p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES and p.is_file()
    }
    used = set[str]()
    for name, group in document.datasets.items():
        named = [str(leaf.get(HREF) or "").rsplit("/", 1)[-1].lower() for leaf in children(group, "leaf")]
        named = named or [f"{name.lower()}.xpt"]
        candidates = [file for n in named for file in (n, *(f"{Path(n).stem}{s}" for s in SUFFIXES))]
        file = next((c for c in candidates if c in files), None)
        if file is None:
            if not attribute(group, "HasNoData"):
                kinds = " or ".join(SUFFIXES[1:])
                message = f"{named[0]} is not in the folder; add it, or it as {kinds}, or remove the dataset"
                yield document.fault("DEF-DATASET", group, message)
            continue
        used.update(c for c in candidates if c in files)
        try:
            table = tables.read(files[file])
        except UnreadableError as e:
            yield document.fault("DEF-DATASET", group, f"{file}: {e}")
            continue
        yield from _Compared(document, name, group, table).all()
    for file in sorted(files.keys() - used):
        if _is_dataset(files[file]):
            dataset, message = Path(file).stem.upper(), f"{file} is in the folder and not in define.xml"
            message = f"{message}; describe it, or remove it"
            yield Finding("DEF-DATASET", "error", dataset, "", "", "", message, file)


def _is_dataset(path: Path) -> bool:
    """Whether a file is a dataset by its name, or says that it is Dataset-JSON."""
    if path.suffix.lower() != ".json":
        return True
    with path.open("rb") as file:
        return b"datasetJSONVersion" in file.read(4096)


@dataclass(frozen=True)
class _Compared:
    """One dataset as define.xml describes it, and as its file has it."""

    document: Document
    name: str
    group: etree._Element
    table: Table

    def all(self) -> Iterator[Finding]:
        yield from self.dataset()
        described = self.document.variables(self.name)
        for name in sorted(described.keys() - self.table.columns.keys()):
            yield self.fault("DEF-VARIABLE", described[name][0], "is in define.xml and not in the file")
        for name in sorted(self.table.columns.keys() - described.keys()):
            message = "is in the file and not in define.xml"
            yield Finding("DEF-VARIABLE", "error", self.name, name, "", "", message, "define.xml")
        in_both = [n for n in self.table.columns if n in described]
        by_number = sorted(in_both, key=lambda n: number(described[n][0], "OrderNumber"))
        by_place = [n for n in described if n in self.table.columns]
        if in_both != by_number or in_both != by_place:
            message = "the variables are in another order than in the file"
            yield self.fault("DEF-VARIABLE", self.group, message)
        for name in in_both:
            yield from self.variable(self.table.columns[name], *described[name])
        yield from self.keys(described)
        for analysis in self.document.all("AnalysisDataset"):
            if analysis.get("ItemGroupOID") == self.group.get("OID"):
                yield from self.analysis(analysis)

    def fault(self, rule: str, element: etree._Element, message: str, severity: str = "error") -> Finding:
        return self.document.fault(rule, element, message, severity)

    def dataset(self) -> Iterator[Finding]:
        if self.table.name != self.name:
            yield self.fault("DEF-DATASET", self.group, f"the file calls the dataset {self.table.name}")
        label = text(self.group, "Description")
        if self.table.label != label:
            message = f"the label is {label}, and in the file {self.table.label or 'none'}"
            yield self.fault("DEF-LABEL", self.group, message)
        if bool(attribute(self.group, "HasNoData")) == bool(self.table.records):
            yield self.fault("DEF-NODATA", self.group, _no_data(self.table.records, "the file has", ""))

    def variable(self, column: Column, ref: etree._Element, item: etree._Element) -> Iterator[Finding]:
        label = text(item, "Description")
        if column.label != label:
            message = f"the label is {label or 'none'}, and in the file {column.label or 'none'}"
            yield self.fault("DEF-LABEL", item, message)
        filled = [v for v in column.values if v is not None]
        if self.table.records and bool(attribute(ref, "HasNoData")) == bool(filled):
            yield self.fault("DEF-NODATA", ref, _no_data(len(filled), "", " with a value"))
        missing = self.table.records - len(filled)
        if ref.get("Mandatory") == "Yes" and missing:
            yield self.fault("DEF-MANDATORY", ref, f"is mandatory, and missing in {_records(missing)}")
        yield from self.kind(column, item)
        yield from of_values(self.document, set(filled), item)
        yield from self.value_list(column, item)

    def kind(self, column: Column, item: etree._Element) -> Iterator[Finding]:
        kind = str(item.get("DataType"))
        if column.text == (kind in ("integer", "float")):
            message = f"is {kind} here, and {'text' if column.text else 'a number'} in the file"
            yield self.fault("DEF-TYPE", item, message)
        width = number(item, "Length")
        if column.text and kind == "text" and column.width and width and column.width != width:
            message = f"Length {width}: the file keeps {column.width} bytes"
            yield self.fault("DEF-TYPE", item, message, "warning")

    def value_list(self, column: Column, item: etree._Element) -> Iterator[Finding]:
        """Each row of the value list against the records that its where clause selects, and the records that
        no row selects.
        """
        rows = self.document.values(item)
        filled = np.array([v is not None for v in column.values], dtype=bool)
        described = np.zeros(len(filled), dtype=bool)
        all_comparable = True
        for ref, row in rows:
            selected = self.selected(ref)
            if selected is None:
                all_comparable = False
                continue
            described |= selected
            if not (selected & filled).any():
                message = "no record with a value meets the where clause of the row; remove the row"
                yield self.fault("DEF-VALUES", ref, message, "warning")
            yield from of_values(self.document, set(column.values[selected & filled]), row)
        undescribed = int((filled & ~described).sum())
        if rows and all_comparable and undescribed:
            message = f"{_records(undescribed)} with a value without a row in the value list; add the rows"
            yield self.fault("DEF-VALUES", item, message)

    def selected(self, ref: etree._Element) -> np.ndarray | None:
        """The records for which one of the where clauses holds; None where it asks for another dataset, or
        for what cannot be compared.
        """
        selected: np.ndarray | None = None
        for clause in children(ref, "WhereClauseRef"):
            meets_clause = np.ones(self.table.records, dtype=bool)
            for check in self.document.checked.get(str(clause.get("WhereClauseOID")), ()):
                meets_check = self._meeting(check)
                if meets_check is None:
                    return None
                meets_clause &= meets_check
            selected = meets_clause if selected is None else selected | meets_clause
        return selected

    def _meeting(self, check: etree._Element) -> np.ndarray | None:
        """The records that meet one check of a where clause; None where it cannot be compared."""
        oid = attribute(check, "ItemOID")
        item = self.document.items.get(oid)
        own_items = {str(r.get("ItemOID")) for r in children(self.group, "ItemRef")}
        if item is None or oid not in own_items:
            return None
        column = self.table.columns.get(str(item.get("Name")))
        compare = _COMPARE.get(str(check.get("Comparator")))
        wanted: list[Any] = ["".join(str(t) for t in v.itertext()) for v in children(check, "CheckValue")]
        if column is None or compare is None or not wanted:
            return None
        if not column.text:
            try:
                wanted = [float(w) for w in wanted]
            except ValueError:
                return None
        comparable = str if column.text else (int, float)  # a text among numbers meets nothing
        meets = {v: isinstance(v, comparable) and compare(v, wanted) for v in set(column.values)}
        return np.array([meets[v] for v in column.values], dtype=bool)

    def keys(self, described: Mapping[str, tuple[etree._Element, etree._Element]]) -> Iterator[Finding]:
        by_sequence = {
            number(ref, "KeySequence"): name
            for name, (ref, _) in described.items()
            if ref.get("KeySequence") and name in self.table.columns
        }
        names = [by_sequence[k] for k in sorted(by_sequence)]
        rows = list(zip(*(self.table.columns[n].values for n in names), strict=True))
        repeated = len(rows) - len(set(rows))
        if names and repeated:
            message = f"{_records(repeated)} with the key ({', '.join(names)}) of another; a key is unique"
            yield self.fault("DEF-KEY", self.group, message)

    def analysis(self, dataset: etree._Element) -> Iterator[Finding]:
        selected = self.selected(dataset)
        selects_nothing = selected is not None and self.table.records > 0 and not selected.any()
        if selects_nothing and not self._may_count_nobody(dataset):
            message = f"{self.name}: the where clause of an analysis selects no record; correct it"
            yield self.fault("DEF-RESULT", dataset, message)

    def _may_count_nobody(self, dataset: etree._Element) -> bool:
        """Whether an analysis may select no record: each value that it asks for is a term of its variable, as
        in a count of serious events before the first one. A parameter without a record is a fault all the
        same.
        """
        for clause in children(dataset, "WhereClauseRef"):
            for check in self.document.checked.get(str(clause.get("WhereClauseOID")), ()):
                item = self.document.items[attribute(check, "ItemOID")]
                lists = [str(ref.get("CodeListOID")) for ref in children(item, "CodeListRef")]
                terms = {term for oid in lists for term in self.document.terms.get(oid, ())}
                wanted = {"".join(map(str, value.itertext())) for value in children(check, "CheckValue")}
                if item.get("Name") == "PARAMCD" or not wanted <= terms:
                    return False
        return True


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _no_data(count: int, before: str, after: str) -> str:
    """What is wrong with def:HasNoData, given the number of records."""
    state = f"{before} {_records(count)}{after}".strip()
    if count:
        return f"{state}, and define.xml says def:HasNoData; remove it"
    return f"{state}, and define.xml does not say def:HasNoData; add it"
