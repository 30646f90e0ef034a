"""Checks of a define.xml in itself: the schema, and what the schema lets through in datasets, variables and
documents.

They need no study and no data, so they work on anybody's file. The numbers are those of CDISC's conformance
rules for Define-XML 2.1.
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
            message = re.sub(r"\{http[^}]*/(\w+)/v[\d.]+\}", r"\1:", e.message)  # prefixes for namespaces
            yield Finding("DEF-XSD", "error", "", "", "", "", message, f"define.xml:{e.line}")


def references(document: Document) -> Iterator[Finding]:
    """DEF-REF: what is referred to is defined, once (rules 65, 74, 81, 91, 120, 124, 127, 148, 151, 152,
    163).
    """
    defined: dict[str, dict[str, list[etree._Element]]] = {}
    for kind in sorted(set(REFERENCES.values())):
        by_identity = defined.setdefault(kind, {})
        for element in document.all(kind):
            by_identity.setdefault(identity(element), []).append(element)
    for by_identity in defined.values():
        for elements in by_identity.values():
            for again in elements[1:]:
                message = f"{shown(again)} is defined more than once; give each definition its own identifier"
                yield document.fault("DEF-REF", again, message)
    for name, referrers in document.referred.items():
        kind = REFERENCES[name]
        for oid in sorted(referrers.keys() - defined[kind].keys()):
            message = f"{name} {oid} refers to a {kind} that is not there; define it"
            yield document.fault("DEF-REF", referrers[oid], message)


def unused(document: Document) -> Iterator[Finding]:
    """DEF-UNUSED: what is defined is referred to; standards and datasets need no reference."""
    referred = document.referred
    for kind in sorted(set(REFERENCES.values()) - {"Standard", "ItemGroupDef"}):
        used = set[str]().union(*(referred[name] for name, k in REFERENCES.items() if k == kind))
        for element in (e for e in document.all(kind) if identity(e) not in used):
            message = f"{shown(element)} is defined and nothing refers to it; remove it"
            yield document.fault("DEF-UNUSED", element, message)


def names(document: Document) -> Iterator[Finding]:
    """DEF-NAME: datasets and variables have names that a transport file can hold, each name once, and the
    same name in SAS.
    """
    for group in document.all("ItemGroupDef"):
        yield from _named(document, group, attribute(group, "SASDatasetName"))
        referred = [document.items.get(str(ref.get("ItemOID"))) for ref in children(group, "ItemRef")]
        items = [item for item in referred if item is not None]
        for name, count in sorted(Counter(str(item.get("Name")) for item in items).items()):
            if count > 1:
                message = f"has {count} variables called {name}; give each variable its own name"
                yield document.fault("DEF-NAME", group, message)
        for item in items:
            yield from _named(document, item, attribute(item, "SASFieldName"))
    for name, count in Counter(str(g.get("Name")) for g in document.all("ItemGroupDef")).items():
        if count > 1:
            message = f"{count} datasets are called {name}; give each dataset its own name"
            yield document.fault("DEF-NAME", document.datasets[name], message)


def _named(document: Document, element: etree._Element, sas_name: str) -> Iterator[Finding]:
    name = str(element.get("Name") or "")
    if not _NAME.fullmatch(name):
        message = f"{name} is no name in a transport file: up to 8 of A-Z, 0-9, _, a letter first"
        yield document.fault("DEF-NAME", element, message)
    elif sas_name and sas_name != name:
        message = f"is called {name}, and {sas_name} in SAS; give it one name"
        yield document.fault("DEF-NAME", element, message)


def orders(document: Document) -> Iterator[Finding]:
    """DEF-ORDER: each variable of a dataset has a place of its own; its keys are numbered 1, 2, 3 ..."""
    for holder in (*document.all("ItemGroupDef"), *document.all("ValueListDef")):
        refs = children(holder, "ItemRef")
        for place, count in Counter(str(r.get("OrderNumber")) for r in refs if r.get("OrderNumber")).items():
            if count > 1:
                message = f"{shown(holder)}: {count} of its items have OrderNumber {place}; number them all"
                yield document.fault("DEF-ORDER", holder, message)
        keys = sorted(number(r, "KeySequence") for r in refs if r.get("KeySequence"))
        if keys != list(range(1, len(keys) + 1)):
            message = f"{shown(holder)}: KeySequence is not 1 to {len(keys)}, each once; number the keys so"
            yield document.fault("DEF-ORDER", holder, message)


def lengths(document: Document) -> Iterator[Finding]:
    """DEF-LENGTH: texts and numbers have a Length, dates have none; a float has SignificantDigits; the rows
    of a value list fit their variable (141 to 145).
    """
    for item in document.all("ItemDef"):
        kind, length = item.get("DataType"), item.get("Length")
        if (kind in _SIZED) != (length is not None):
            fault = (
                "needs a Length" if length is None else "has a Length; only text, integer and float have one"
            )
            yield document.fault("DEF-LENGTH", item, f"DataType {kind} {fault}")
        has_digits = item.get("SignificantDigits") is not None
        if kind == "float" and not has_digits:
            yield document.fault("DEF-LENGTH", item, "DataType float needs SignificantDigits; add them")
        if kind != "float" and has_digits:
            message = f"DataType {kind} has SignificantDigits; only a float has them, so remove them"
            yield document.fault("DEF-LENGTH", item, message)
        for _, value in document.values(item):
            if length and number(value, "Length") > number(item, "Length"):
                message = f"Length {value.get('Length')} is more than the {length} of its variable"
                yield document.fault("DEF-LENGTH", value, message)


def origins(document: Document) -> Iterator[Finding]:
    """DEF-ORIGIN: each variable, or each row of its value list, has an origin with what the origin's type
    requires (73, 154, 155, 159 to 161).
    """
    methods = {r.get("ItemOID"): r.get("MethodOID") for r in document.all("ItemRef")}
    rows = {ref.get("ItemOID") for v in document.all("ValueListDef") for ref in children(v, "ItemRef")}
    rows_without_origin_above = {
        row.get("OID")
        for variable in document.items.values()
        if not children(variable, "Origin")
        for _, row in document.values(variable)
    }
    for oid, item in document.items.items():
        origins = children(item, "Origin")
        # a row needs an origin where its variable has none, a variable where it has no value list
        needed = oid in rows_without_origin_above if oid in rows else not children(item, "ValueListRef")
        if needed and not origins:
            message = "has no origin; give it one, or one to each row of its value list"
            yield document.fault("DEF-ORIGIN", item, message)
        for origin in origins:
            yield from _origin(document, item, origin, bool(methods.get(oid)))


def _origin(
    document: Document, item: etree._Element, origin: etree._Element, method: bool
) -> Iterator[Finding]:
    kind, source = origin.get("Type"), origin.get("Source")
    if not source and kind not in _NO_SOURCE:
        yield document.fault("DEF-ORIGIN", item, f"origin {kind} has no Source; name it")
    if kind == "Predecessor" and not text(origin, "Description"):
        message = "origin Predecessor names no variable; describe it as DATASET.VARIABLE"
        yield document.fault("DEF-ORIGIN", item, message)
    pages = [p for d in children(origin, "DocumentRef") for p in children(d, "PDFPageRef")]
    if kind == "Collected" and source in ("Investigator", "Subject") and not pages:
        message = f"origin Collected, source {source}, names no page of the annotated CRF; add it"
        yield document.fault("DEF-ORIGIN", item, message)
    if kind == "Derived" and not method:
        yield document.fault("DEF-ORIGIN", item, "origin Derived has no method; give its ItemRef a MethodOID")


def pages(document: Document) -> Iterator[Finding]:
    """DEF-PAGE: a reference to pages gives page numbers separated by blanks, or a first and a last page, or a
    destination in the document.
    """
    for ref in document.all("PDFPageRef"):
        listed, first, last = (
            str(ref.get("PageRefs") or ""),
            number(ref, "FirstPage"),
            number(ref, "LastPage"),
        )
        if ref.get("Type") != "PhysicalRef":
            valid = bool(listed)
        elif listed:
            valid = _PAGES.fullmatch(listed) is not None
        else:
            valid = 0 < first <= last
        if not valid:
            message = (
                f"PageRefs {listed or 'missing'}: expected pages such as 3 17, or FirstPage and LastPage"
            )
            yield document.fault("DEF-PAGE", ref, message)


def descriptions(document: Document) -> Iterator[Finding]:
    """DEF-LABEL: datasets and variables have a label that a transport file can hold; methods and comments
    have a text (60, 128, 168).
    """
    values = {str(r.get("ItemOID")) for v in document.lists for r in children(v, "ItemRef")}
    for element in (
        *document.all("ItemGroupDef"),
        *(i for i in document.all("ItemDef") if identity(i) not in values),
    ):
        size = len(text(element, "Description").encode(document.encoding))
        if not 0 < size <= LABEL_BYTES:
            message = f"the label has {size} bytes; it needs 1 to {LABEL_BYTES}"
            yield document.fault("DEF-LABEL", element, message)
    for kind in ("MethodDef", "CommentDef"):
        for element in document.all(kind):
            if not text(element, "Description"):
                yield document.fault("DEF-LABEL", element, f"{shown(element)} has no text; write it")


def classes(document: Document) -> Iterator[Finding]:
    """DEF-CLASS: a dataset has a class, a key, the purpose of its standard and its file; a SUPP-- names its
    domain (70, 96, 131).
    """
    guides = {
        str(s.get("OID")): str(s.get("Name")) for s in document.all("Standard") if s.get("Type") == "IG"
    }
    for name, group in document.datasets.items():
        if not children(group, "Class"):
            yield document.fault("DEF-CLASS", group, "the dataset has no def:Class; give it one")
        if not any(r.get("KeySequence") for r in children(group, "ItemRef")):
            message = "the dataset has no key; give the ItemRefs of its keys a KeySequence"
            yield document.fault("DEF-CLASS", group, message)
        if group.get("Domain") not in (None, name) and not children(group, "Alias"):
            message = "the dataset belongs to another domain and has no Alias; name that domain in one"
            yield document.fault("DEF-CLASS", group, message)
        purpose = _PURPOSES.get(guides.get(attribute(group, "StandardOID"), ""))
        if purpose and group.get("Purpose") != purpose:
            message = f"Purpose {group.get('Purpose')}: datasets of its standard have the Purpose {purpose}"
            yield document.fault("DEF-CLASS", group, message)
        leaves = [leaf.get("ID") for leaf in children(group, "leaf")]
        without_file = attribute(group, "HasNoData") and not leaves
        if leaves != [attribute(group, "ArchiveLocationID")] and not without_file:
            message = "the dataset names no file; def:ArchiveLocationID refers to a def:leaf of its own"
            yield document.fault("DEF-CLASS", group, message)


def comments(document: Document) -> Iterator[Finding]:
    """DEF-COMMENT: a dataset or variable without data has a comment that says why (240, 242)."""
    for group in document.datasets.values():
        if attribute(group, "HasNoData") and not attribute(group, "CommentOID"):
            yield document.fault("DEF-COMMENT", group, "the dataset has no data; add a comment that says why")
    for ref in document.all("ItemRef"):
        item = document.items.get(str(ref.get("ItemOID")))
        if attribute(ref, "HasNoData") and item is not None and not attribute(item, "CommentOID"):
            yield document.fault("DEF-COMMENT", item, "the variable has no data; add a comment that says why")


CHECKS: tuple[Check, ...] = (
    schema, references, unused, names, orders, lengths, origins, pages, descriptions, classes, comments,
)  # fmt: skip
