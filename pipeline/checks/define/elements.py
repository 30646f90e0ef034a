"""Checks of a define.xml in itself: the schema, and of datasets, variables and documents what the schema lets
through.

They need no study and no data, so that they work on anybody's file. The numbers are those of CDISC's
conformance rules for Define-XML 2.1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.formats.define import schema as define_schema
from pipeline.formats.define.read import (
    REFERENCES,
    Check,
    Document,
    attribute,
    children,
    identity,
    number,
    shown,
    text,
)
from pipeline.records.findings import Finding

LABEL_BYTES = 40
_SIZED = ("text", "integer", "float")
_NO_SOURCE = ("Predecessor",)
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}")
_PAGES = re.compile(r"[1-9]\d*( [1-9]\d*)*")
_PURPOSES = {"SDTMIG": "Tabulation", "SENDIG": "Tabulation", "ADaMIG": "Analysis"}


def schema(document: Document) -> Iterator[Finding]:
    """DEF-XSD: the schema of Define-XML 2.1 with Analysis Results Metadata, whose root admits both."""
    xsd = define_schema.schema()
    if not xsd.validate(document.root):
        log: Any = xsd.error_log
        for e in log:
            yield Finding(
                "DEF-XSD",
                "error",
                "",
                "",
                "",
                "",
                re.sub(r"\{http[^}]*/(\w+)/v[\d.]+\}", r"\1:", e.message),
                f"define.xml:{e.line}",
            )


def references(document: Document) -> Iterator[Finding]:
    """DEF-REF: what is referred to is defined, once (rules 65, 74, 81, 91, 120, 124, 127, 148, 151, 152,
    163).
    """
    defined: dict[str, dict[str, list[etree._Element]]] = {}
    for kind in sorted(set(REFERENCES.values())):
        held = defined.setdefault(kind, {})
        for element in document.all(kind):
            held.setdefault(identity(element), []).append(element)
    for held in defined.values():
        for twice in (e for found in held.values() for e in found[1:]):
            yield document.fault(
                "DEF-REF", twice, f"{shown(twice)} is defined more than once; one identifier, one definition"
            )
    for name, found in document.referred.items():
        for oid in sorted(found.keys() - defined[REFERENCES[name]].keys()):
            told = (
                f"{name} {oid} refers to a {REFERENCES[name]} that is not there; define it or take the"
                " reference away"
            )
            yield document.fault("DEF-REF", found[oid], told)


def unused(document: Document) -> Iterator[Finding]:
    """DEF-UNUSED: what is defined is referred to; a standard and a dataset are there for their own sake."""
    referred = document.referred
    for kind in sorted(set(REFERENCES.values()) - {"Standard", "ItemGroupDef"}):
        used = set[str]().union(*(referred[name] for name, k in REFERENCES.items() if k == kind))
        for element in (e for e in document.all(kind) if identity(e) not in used):
            yield document.fault(
                "DEF-UNUSED", element, f"{shown(element)} is defined and nothing refers to it; take it away"
            )


def names(document: Document) -> Iterator[Finding]:
    """DEF-NAME: datasets and variables have names that a transport file can hold, each once, and the file's
    names are these.
    """
    for group in document.all("ItemGroupDef"):
        yield from _named(document, group, attribute(group, "SASDatasetName"))
        known = Counter(
            str(i.get("Name"))
            for r in children(group, "ItemRef")
            if (i := document.items.get(str(r.get("ItemOID")))) is not None
        )
        for name in sorted(n for n, count in known.items() if count > 1):
            yield document.fault(
                "DEF-NAME", group, f"has {known[name]} variables called {name}; a name is one variable"
            )
        for ref in children(group, "ItemRef"):
            item = document.items.get(str(ref.get("ItemOID")))
            if item is not None:
                yield from _named(document, item, attribute(item, "SASFieldName"))
    for name, count in Counter(str(g.get("Name")) for g in document.all("ItemGroupDef")).items():
        if count > 1:
            yield document.fault(
                "DEF-NAME",
                document.datasets[name],
                f"{count} datasets are called {name}; a name is one dataset",
            )


def _named(document: Document, element: etree._Element, there: str) -> Iterator[Finding]:
    name = str(element.get("Name") or "")
    if not _NAME.fullmatch(name):
        yield document.fault(
            "DEF-NAME",
            element,
            f"{name} is no name of a transport file: up to 8 of A-Z, 0-9 and _, a letter first",
        )
    elif there and there != name:
        yield document.fault(
            "DEF-NAME", element, f"is called {name} and, as in SAS, {there}; give it one name"
        )


def orders(document: Document) -> Iterator[Finding]:
    """DEF-ORDER: no two variables of a dataset have one place; its keys are numbered 1, 2, 3 ..."""
    for holder in (*document.all("ItemGroupDef"), *document.all("ValueListDef")):
        refs = children(holder, "ItemRef")
        for place, count in Counter(str(r.get("OrderNumber")) for r in refs if r.get("OrderNumber")).items():
            if count > 1:
                yield document.fault(
                    "DEF-ORDER",
                    holder,
                    f"{shown(holder)}: {count} of its items have OrderNumber {place}; each has its own",
                )
        keys = sorted(number(r, "KeySequence") for r in refs if r.get("KeySequence"))
        if keys != list(range(1, len(keys) + 1)):
            yield document.fault(
                "DEF-ORDER", holder, f"{shown(holder)}: KeySequence is not 1 to {len(keys)}, each once"
            )


def lengths(document: Document) -> Iterator[Finding]:
    """DEF-LENGTH: texts and numbers have a Length, dates none; a float its SignificantDigits; values fit
    their variable (141 to 145).
    """
    for item in document.all("ItemDef"):
        kind, length = item.get("DataType"), item.get("Length")
        if (kind in _SIZED) != (length is not None):
            told = (
                "needs a Length"
                if length is None
                else "has a Length, which only text, integer and float have"
            )
            yield document.fault("DEF-LENGTH", item, f"DataType {kind} {told}")
        if (kind == "float") != (item.get("SignificantDigits") is not None):
            yield document.fault(
                "DEF-LENGTH",
                item,
                f"DataType {kind}: SignificantDigits are told of a float, and of nothing else",
            )
        for _, value in document.values(item):
            if length and number(value, "Length") > number(item, "Length"):
                yield document.fault(
                    "DEF-LENGTH",
                    value,
                    f"Length {value.get('Length')} is more than the {length} of its variable",
                )


def origins(document: Document) -> Iterator[Finding]:
    """DEF-ORIGIN: each variable, or each of its values, says where it comes from, as its type requires (73,
    154, 155, 159 to 161).
    """
    methods = {r.get("ItemOID"): r.get("MethodOID") for r in document.all("ItemRef")}
    listed = {
        i.get("OID")
        for v in document.items.values()
        if not children(v, "Origin")
        for _, i in document.values(v)
    }
    of_values = {r.get("ItemOID") for v in document.all("ValueListDef") for r in children(v, "ItemRef")}
    for oid, item in document.items.items():
        told = children(item, "Origin")
        due = oid in listed if oid in of_values else not children(item, "ValueListRef")
        if due and not told:
            yield document.fault(
                "DEF-ORIGIN", item, "has no origin; give it one, or one to each of its values"
            )
        for origin in told:
            yield from _origin(document, item, origin, bool(methods.get(oid)))


def _origin(
    document: Document, item: etree._Element, origin: etree._Element, method: bool
) -> Iterator[Finding]:
    kind, source = origin.get("Type"), origin.get("Source")
    if not source and kind not in _NO_SOURCE:
        yield document.fault("DEF-ORIGIN", item, f"origin {kind} has no Source; say who it is from")
    if kind == "Predecessor" and not text(origin, "Description"):
        yield document.fault(
            "DEF-ORIGIN", item, "origin Predecessor names no variable; describe it as DATASET.VARIABLE"
        )
    pages = [p for d in children(origin, "DocumentRef") for p in children(d, "PDFPageRef")]
    if kind == "Collected" and source in ("Investigator", "Subject") and not pages:
        yield document.fault(
            "DEF-ORIGIN", item, f"origin Collected from the {source} names no page of the annotated CRF"
        )
    if kind == "Derived" and not method:
        yield document.fault("DEF-ORIGIN", item, "origin Derived has no method; give its ItemRef a MethodOID")


def pages(document: Document) -> Iterator[Finding]:
    """DEF-PAGE: a reference to pages names them: numbers with a blank between, a first and a last, or a
    destination in the document.
    """
    for ref in document.all("PDFPageRef"):
        told, first, last = str(ref.get("PageRefs") or ""), number(ref, "FirstPage"), number(ref, "LastPage")
        physical = ref.get("Type") == "PhysicalRef"
        if not (_PAGES.fullmatch(told) if physical and told else 0 < first <= last if physical else told):
            yield document.fault(
                "DEF-PAGE",
                ref,
                f"PageRefs {told or 'nothing'}: expected page numbers such as 3 17, or FirstPage and"
                " LastPage",
            )


def descriptions(document: Document) -> Iterator[Finding]:
    """DEF-LABEL: datasets and variables have a label that a transport file can hold; methods and comments say
    something (60, 128, 168).
    """
    values = {str(r.get("ItemOID")) for v in document.lists for r in children(v, "ItemRef")}
    for element in (
        *document.all("ItemGroupDef"),
        *(i for i in document.all("ItemDef") if identity(i) not in values),
    ):
        size = len(text(element, "Description").encode(document.encoding))
        if not 0 < size <= LABEL_BYTES:
            yield document.fault(
                "DEF-LABEL", element, f"the label has {size} bytes; it needs 1 to {LABEL_BYTES}"
            )
    for kind in ("MethodDef", "CommentDef"):
        for element in document.all(kind):
            if not text(element, "Description"):
                yield document.fault(
                    "DEF-LABEL", element, f"{shown(element)} has no text; write what it says"
                )


def classes(document: Document) -> Iterator[Finding]:
    """DEF-CLASS: a dataset has a class, a key, the purpose of its standard, its file; SUPP-- the name of its
    domain (70, 96, 131).
    """
    guides = {
        str(s.get("OID")): str(s.get("Name")) for s in document.all("Standard") if s.get("Type") == "IG"
    }
    for name, group in document.datasets.items():
        if not children(group, "Class"):
            yield document.fault("DEF-CLASS", group, "the dataset has no def:Class; give it one")
        if not any(r.get("KeySequence") for r in children(group, "ItemRef")):
            yield document.fault(
                "DEF-CLASS", group, "the dataset has no key; give the ItemRefs of its keys a KeySequence"
            )
        if group.get("Domain") not in (None, name) and not children(group, "Alias"):
            yield document.fault(
                "DEF-CLASS", group, "the dataset is of another domain and has no Alias that names it"
            )
        due = _PURPOSES.get(guides.get(attribute(group, "StandardOID"), ""))
        if due and group.get("Purpose") != due:
            yield document.fault(
                "DEF-CLASS", group, f"Purpose {group.get('Purpose')}: datasets of its standard are for {due}"
            )
        leaves = [leaf.get("ID") for leaf in children(group, "leaf")]
        if leaves != [attribute(group, "ArchiveLocationID")] and not (
            attribute(group, "HasNoData") and not leaves
        ):
            yield document.fault(
                "DEF-CLASS",
                group,
                "the dataset names no file: one def:leaf of its own, to which def:ArchiveLocationID refers",
            )


def comments(document: Document) -> Iterator[Finding]:
    """DEF-COMMENT: what has no data says why (240, 242)."""
    for group in document.datasets.values():
        if attribute(group, "HasNoData") and not attribute(group, "CommentOID"):
            yield document.fault("DEF-COMMENT", group, "the dataset has no data and no comment that says so")
    for ref in document.all("ItemRef"):
        item = document.items.get(str(ref.get("ItemOID")))
        if attribute(ref, "HasNoData") and item is not None and not attribute(item, "CommentOID"):
            yield document.fault("DEF-COMMENT", item, "the variable has no data and no comment that says so")


CHECKS: tuple[Check, ...] = (
    schema, references, unused, names, orders, lengths, origins, pages, descriptions, classes, comments,
)  # fmt: skip
