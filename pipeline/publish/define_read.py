"""A written define.xml as its checks see it: elements by kind, attributes without their prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

from pipeline.findings import Finding

DEF = "{http://www.cdisc.org/ns/def/v2.1}"
HREF = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Document:
    """The elements of one define.xml."""

    root: etree._Element

    def all(self, kind: str) -> list[etree._Element]:
        """Every element of this local name, in the order of the file."""
        return list(self.root.iter(f"{{*}}{kind}"))

    @cached_property
    def items(self) -> dict[str, etree._Element]:
        return {str(i.get("OID")): i for i in self.all("ItemDef")}

    @cached_property
    def datasets(self) -> dict[str, etree._Element]:
        return {str(g.get("Name")): g for g in self.all("ItemGroupDef")}

    @cached_property
    def lists(self) -> list[etree._Element]:
        return self.all("ValueListDef")

    @cached_property
    def conditions(self) -> list[etree._Element]:
        return self.all("WhereClauseDef")

    def variables(self, dataset: str) -> dict[str, tuple[etree._Element, etree._Element]]:
        """ItemRef and ItemDef of each variable by name; a reference that leads nowhere is left to its own check."""
        refs = [(r, self.items.get(str(r.get("ItemOID")))) for r in children(self.datasets[dataset], "ItemRef")]
        return {str(i.get("Name")): (r, i) for r, i in refs if i is not None}

    def values(self, item: etree._Element) -> list[tuple[etree._Element, etree._Element]]:
        """ItemRef and ItemDef of each row of a variable's value list."""
        wanted = {r.get("ValueListOID") for r in children(item, "ValueListRef")}
        refs = [r for v in self.lists if v.get("OID") in wanted for r in children(v, "ItemRef")]
        found = [(r, self.items.get(str(r.get("ItemOID")))) for r in refs]
        return [(r, i) for r, i in found if i is not None]

    def condition(self, ref: etree._Element) -> tuple[tuple[str, str], ...]:
        """Of a row of a value list: each item tested and the value it has."""
        wanted = {r.get("WhereClauseOID") for r in children(ref, "WhereClauseRef")}
        checks = [c for w in self.conditions if w.get("OID") in wanted for c in children(w, "RangeCheck")]
        return tuple((attribute(c, "ItemOID"), text(c, "CheckValue")) for c in checks)

    @cached_property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """The coded values of each code list that is not a dictionary."""
        lists = [c for c in self.all("CodeList") if not children(c, "ExternalCodeList")]
        return {str(c.get("OID")): tuple(str(t.get("CodedValue")) for t in c if t.get("CodedValue") is not None) for c in lists}


Check = Callable[[Document], Iterator[Finding]]


def read(path: Path) -> Document:
    """Parses a define.xml; nothing is read from the network.

    Raises    XMLSyntaxError where it is not XML.
    """
    return Document(etree.parse(path, etree.XMLParser(no_network=True, resolve_entities=False)).getroot())


def children(element: etree._Element, kind: str) -> list[etree._Element]:
    return list(element.iterchildren(f"{{*}}{kind}"))


def attribute(element: etree._Element, name: str) -> str:
    """An attribute of the document's own or of the def: namespace; "" where it is not there."""
    return str(element.get(DEF + name) or element.get(name) or "")


def text(element: etree._Element, kind: str) -> str:
    """All text of the first child of this kind, as one line."""
    found = children(element, kind)
    return " ".join("".join(str(t) for t in found[0].itertext()).split()) if found else ""


def finding(rule: str, place: tuple[str, str], message: str) -> Finding:
    """An error of a dataset and variable (either may be "") of define.xml."""
    return Finding(rule, "error", *place, "", "", message, "define.xml")
