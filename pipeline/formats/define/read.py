"""A define.xml as its checks see it: elements by kind, attributes without their prefixes, and where each
stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

from pipeline.records.findings import Finding

DEF = "{http://www.cdisc.org/ns/def/v2.1}"
HREF = "{http://www.w3.org/1999/xlink}href"
REFERENCES = {  # attributes, each with the kind of element that it refers to
    "ItemOID": "ItemDef",
    "CodeListOID": "CodeList",
    "MethodOID": "MethodDef",
    "CommentOID": "CommentDef",
    "ValueListOID": "ValueListDef",
    "WhereClauseOID": "WhereClauseDef",
    "StandardOID": "Standard",
    "leafID": "leaf",
    "ArchiveLocationID": "leaf",
    "ItemGroupOID": "ItemGroupDef",
    "ParameterOID": "ItemDef",
}


@dataclass(frozen=True)
class Document:
    """The elements of one define.xml."""

    root: etree._Element
    encoding: str = "utf-8"  # in which the bytes of a label are counted

    def all(self, kind: str) -> list[etree._Element]:
        """Every element of this local name, in the order of the file."""
        return self.kinds.get(kind, [])

    @cached_property
    def kinds(self) -> dict[str, list[etree._Element]]:
        found: dict[str, list[etree._Element]] = {}
        for element in self.root.iter("*"):
            found.setdefault(str(element.tag).rpartition("}")[2], []).append(element)
        return found

    @cached_property
    def referred(self) -> dict[str, dict[str, etree._Element]]:
        """By the name of a referring attribute, what it refers to anywhere in the document, with the first
        element that does.
        """
        found: dict[str, dict[str, etree._Element]] = {name: {} for name in REFERENCES}
        for element in self.root.iter("*"):
            for name, value in element.items():
                known = found.get(str(name).removeprefix(DEF))
                if known is not None and value:
                    known.setdefault(str(value), element)
        return found

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

    @cached_property
    def listed(self) -> dict[str, list[etree._Element]]:
        """The rows of each value list."""
        return {str(v.get("OID")): children(v, "ItemRef") for v in self.lists}

    @cached_property
    def checked(self) -> dict[str, list[etree._Element]]:
        """The range checks of each where clause."""
        return {str(w.get("OID")): children(w, "RangeCheck") for w in self.conditions}

    def variables(self, dataset: str) -> dict[str, tuple[etree._Element, etree._Element]]:
        """ItemRef and ItemDef of each variable by name; a reference that leads nowhere is left to its own
        check.
        """
        refs = [
            (r, self.items.get(str(r.get("ItemOID")))) for r in children(self.datasets[dataset], "ItemRef")
        ]
        return {str(i.get("Name")): (r, i) for r, i in refs if i is not None}

    def values(self, item: etree._Element) -> list[tuple[etree._Element, etree._Element]]:
        """ItemRef and ItemDef of each row of a variable's value list."""
        refs = [
            r for v in children(item, "ValueListRef") for r in self.listed.get(str(v.get("ValueListOID")), ())
        ]
        found = [(r, self.items.get(str(r.get("ItemOID")))) for r in refs]
        return [(r, i) for r, i in found if i is not None]

    def condition(self, ref: etree._Element) -> tuple[tuple[str, str], ...]:
        """Of a row of a value list: each item tested and the value it has."""
        checks = [
            c
            for r in children(ref, "WhereClauseRef")
            for c in self.checked.get(str(r.get("WhereClauseOID")), ())
        ]
        return tuple((attribute(c, "ItemOID"), text(c, "CheckValue")) for c in checks)

    @cached_property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """The coded values of each code list that is not a dictionary."""
        lists = [c for c in self.all("CodeList") if not children(c, "ExternalCodeList")]
        return {
            str(c.get("OID")): tuple(str(t.get("CodedValue")) for t in c if t.get("CodedValue") is not None)
            for c in lists
        }

    @cached_property
    def owners(self) -> dict[str, tuple[str, str]]:
        """Of each item the first dataset that has it and what it is there: a variable, or a row of one's
        value list.
        """
        found: dict[str, tuple[str, str]] = {}
        for dataset in self.datasets:
            for name, (ref, item) in self.variables(dataset).items():
                found.setdefault(str(ref.get("ItemOID")), (dataset, name))
                for row, value in self.values(item):
                    found.setdefault(str(row.get("ItemOID")), (dataset, f"{name}.{value.get('Name')}"))
        return found

    def place(self, element: etree._Element | None) -> tuple[str, str]:
        """The dataset and the variable that an element is about; either may be ""."""
        while element is not None:
            kind = etree.QName(element).localname
            if kind in ("ItemDef", "ItemRef"):
                return self.owners.get(str(element.get("OID") or element.get("ItemOID")), ("", ""))
            if kind == "ItemGroupDef":
                return str(element.get("Name")), ""
            element = element.getparent()
        return "", ""

    def fault(
        self, rule: str, element: etree._Element | None, message: str, severity: str = "error"
    ) -> Finding:
        """A finding about an element, with its line; `element` is None where it is about the file as a whole."""
        line = f":{element.sourceline}" if element is not None else ""
        return Finding(rule, severity, *self.place(element), "", "", message, f"define.xml{line}")


Check = Callable[[Document], Iterator[Finding]]


def read(path: Path, encoding: str = "utf-8") -> Document:
    """Parses a define.xml; nothing is read from the network, and no entity is resolved.

    Raises    XMLSyntaxError where it is not XML.
    """
    return Document(
        etree.parse(path, etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)).getroot(),
        encoding,
    )


def children(element: etree._Element, kind: str) -> list[etree._Element]:
    return list(element.iterchildren(f"{{*}}{kind}"))


def attribute(element: etree._Element, name: str) -> str:
    """An attribute of the document's own or of the def: namespace; "" where it is not there."""
    return str(element.get(DEF + name) or element.get(name) or "")


def text(element: etree._Element, kind: str) -> str:
    """All text of the first child of this kind, as one line."""
    found = children(element, kind)
    return " ".join("".join(str(t) for t in found[0].itertext()).split()) if found else ""


def number(element: etree._Element, name: str) -> int:
    """A whole number that an attribute holds; 0 where it is not there, or is none, which the schema tells."""
    told = attribute(element, name)
    return int(told) if told.isascii() and told.isdigit() else 0


def identity(element: etree._Element) -> str:
    return str(element.get("OID") or element.get("ID") or "")


def shown(element: etree._Element) -> str:
    """An element by its kind and what it is known by."""
    return f"{etree.QName(element).localname} {identity(element)}".strip()
