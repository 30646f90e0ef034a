"""A define.xml as its checks see it: elements by kind, attributes without prefixes, and their places."""

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
    "RoleCodeListOID": "CodeList",
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
        """By local name, every element in the order of the file."""
        kinds: dict[str, list[etree._Element]] = {}
        for element in self.root.iter("*"):
            local_name = str(element.tag).rpartition("}")[2]
            kinds.setdefault(local_name, []).append(element)
        return kinds

    @cached_property
    def referred(self) -> dict[str, dict[str, etree._Element]]:
        """By the name of a referring attribute, each OID it refers to, with the first element that does."""
        references: dict[str, dict[str, etree._Element]] = {name: {} for name in REFERENCES}
        for element in self.root.iter("*"):
            for name, value in element.items():
                of_attribute = references.get(str(name).removeprefix(DEF))
                if of_attribute is not None and value:
                    of_attribute.setdefault(str(value), element)
        return references

    @cached_property
    def items(self) -> dict[str, etree._Element]:
        return {str(i.get("OID")): i for i in self.all("ItemDef")}

    @cached_property
    def described(self) -> set[str]:
        """The items that are a variable of a dataset or a row of a value list."""
        return {str(ref.get("ItemOID")) for ref in self.all("ItemRef")}

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
        variables = {}
        for ref in children(self.datasets[dataset], "ItemRef"):
            item = self.items.get(str(ref.get("ItemOID")))
            if item is not None:
                variables[str(item.get("Name"))] = (ref, item)
        return variables

    def values(self, item: etree._Element) -> list[tuple[etree._Element, etree._Element]]:
        """ItemRef and ItemDef of each row of a variable's value list."""
        rows = []
        for reference in children(item, "ValueListRef"):
            for row in self.listed.get(str(reference.get("ValueListOID")), ()):
                value = self.items.get(str(row.get("ItemOID")))
                if value is not None:
                    rows.append((row, value))
        return rows

    def condition(self, ref: etree._Element) -> tuple[tuple[str, str], ...]:
        """The condition of a row of a value list: each item tested and the value it has."""
        tests: list[tuple[str, str]] = []
        for reference in children(ref, "WhereClauseRef"):
            checks = self.checked.get(str(reference.get("WhereClauseOID")), ())
            tests += [(attribute(check, "ItemOID"), text(check, "CheckValue")) for check in checks]
        return tuple(tests)

    @cached_property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """The coded values of each code list that is not a dictionary."""
        terms = {}
        for codelist in self.all("CodeList"):
            if not children(codelist, "ExternalCodeList"):
                values = [term.get("CodedValue") for term in codelist]
                terms[str(codelist.get("OID"))] = tuple(str(v) for v in values if v is not None)
        return terms

    @cached_property
    def owners(self) -> dict[str, tuple[str, str]]:
        """For each item the first dataset that has it and what it is there: a variable, or a row of the value
        list of one.
        """
        owners: dict[str, tuple[str, str]] = {}
        for dataset in self.datasets:
            for name, (ref, item) in self.variables(dataset).items():
                owners.setdefault(str(ref.get("ItemOID")), (dataset, name))
                for row, value in self.values(item):
                    owners.setdefault(str(row.get("ItemOID")), (dataset, f"{name}.{value.get('Name')}"))
        return owners

    def place(self, element: etree._Element) -> tuple[str, str]:
        """The dataset and the variable that an element is about; either may be ""."""
        for around in (element, *element.iterancestors()):
            kind = etree.QName(around).localname
            if kind in ("ItemDef", "ItemRef"):
                return self.owners.get(str(around.get("OID") or around.get("ItemOID")), ("", ""))
            if kind == "ItemGroupDef":
                return str(around.get("Name")), ""
        return "", ""

    def fault(self, rule: str, element: etree._Element, message: str, severity: str = "error") -> Finding:
        """A finding about an element, with its line; its key names the element where it belongs to no
        dataset.
        """
        dataset, variable = self.place(element)
        key = "" if dataset else _named(element)
        return Finding(
            rule, severity, dataset, variable, key, "", message, f"define.xml:{element.sourceline}"
        )

    @property
    def is_submission(self) -> bool:
        """Whether the file says that it is for a regulatory submission, or does not say what it is for."""
        return attribute(self.root, "Context") != "Other"


Check = Callable[[Document], Iterator[Finding]]


def read(path: Path, encoding: str = "utf-8") -> Document:
    """Parses a define.xml; nothing is read from the network, and no entity is resolved.

    Raises    XMLSyntaxError where it is not XML.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    # as bytes: of a file that is no text, lxml says that it cannot be opened
    return Document(etree.fromstring(path.read_bytes(), parser), encoding)


def children(element: etree._Element, kind: str) -> list[etree._Element]:
    return list(element.iterchildren(f"{{*}}{kind}"))


def attribute(element: etree._Element, name: str) -> str:
    """An attribute without a namespace or of the def: namespace; "" where it is missing."""
    return str(element.get(DEF + name) or element.get(name) or "")


def text(element: etree._Element, kind: str) -> str:
    """All text of the first child of this kind, as one line."""
    for child in children(element, kind):
        return " ".join("".join(str(part) for part in child.itertext()).split())
    return ""


def number(element: etree._Element, name: str) -> int:
    """A whole number that an attribute holds; 0 where it is missing or none, which the schema reports."""
    value = attribute(element, name)
    return int(value) if value.isascii() and value.isdigit() else 0


def identity(element: etree._Element) -> str:
    return str(element.get("OID") or element.get("ID") or "")


def shown(element: etree._Element) -> str:
    """An element by its kind and what it is known by."""
    return f"{etree.QName(element).localname} {identity(element)}".strip()


def _named(element: etree._Element) -> str:
    """An element, or the nearest one around it that is known by an identifier."""
    while not identity(element):
        parent = element.getparent()
        if parent is None:
            return ""
        element = parent
    return shown(element)
