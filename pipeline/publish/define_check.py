"""Checks of a written define.xml: the schema, and what the schema lets through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.findings import Finding
from pipeline.publish import define_truth
from pipeline.publish.define import standard_file
from pipeline.publish.define_parts import Layer, Package
from pipeline.publish.define_read import DEF, Check, Document, attribute, children, finding, read, text

LABEL_BYTES = 40
_DEFINED = {
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
_SIZED = ("text", "integer", "float")
_NO_SOURCE = ("Predecessor",)


def check(folder: Path, package: Package, layer: Layer) -> list[Finding]:
    """What is wrong with the define.xml in the folder, in itself and beside what was built.

    Takes     the folder that `define.write` wrote into; what it was made from.
    Source    Define-XML 2.1, 5.3; CDISC Define-XML 2.1 Conformance Rules (the numbers at each check).
    """
    try:
        document = read(folder / "define.xml")
    except etree.XMLSyntaxError as e:
        return [finding("DEF-XSD", ("", ""), f"line {e.lineno}: it is not XML; write it again")]
    found = [f for one in CHECKS for f in one(document)]
    return found + [f for truth in define_truth.CHECKS for f in truth(document, package, layer)]


def schema(document: Document) -> Iterator[Finding]:
    """DEF-XSD: the schema of Define-XML 2.1 with Analysis Results Metadata, whose root admits both."""
    xsd = etree.XMLSchema(
        etree.parse(standard_file("validate", "schema", "cdisc-arm-1.0", "arm1-0-0.xsd"), etree.XMLParser(no_network=True))
    )
    if not xsd.validate(document.root):
        log: Any = xsd.error_log
        for e in log:
            yield finding("DEF-XSD", ("", ""), f"line {e.line}: {e.message}")


def references(document: Document) -> Iterator[Finding]:
    """DEF-REF: what is referred to is defined, once (rules 65, 74, 81, 91, 120, 124, 127, 148, 151, 152, 163)."""
    defined = {kind: Counter(_identity(e) for e in document.all(kind)) for kind in sorted(set(_DEFINED.values()))}
    for kind, identities in defined.items():
        for oid in sorted(o for o, n in identities.items() if n > 1):
            yield finding("DEF-REF", ("", ""), f"{kind} {oid} is defined more than once; one identifier, one definition")
    referred = _referred(document)
    for name, kind in _DEFINED.items():
        for oid in sorted(referred[name] - defined[kind].keys()):
            yield finding("DEF-REF", ("", ""), f"{name} {oid} refers to a {kind} that is not there; define it or take the reference away")


def unused(document: Document) -> Iterator[Finding]:
    """DEF-UNUSED: what is defined is referred to; a standard and a dataset are there for their own sake."""
    referred = _referred(document)
    for kind in sorted(set(_DEFINED.values()) - {"Standard", "ItemGroupDef"}):
        used = set[str]().union(*(referred[name] for name, k in _DEFINED.items() if k == kind))
        for oid in sorted({_identity(e) for e in document.all(kind)} - used):
            yield finding("DEF-UNUSED", ("", ""), f"{kind} {oid} is defined and nothing refers to it; take it away")


def lengths(document: Document) -> Iterator[Finding]:
    """DEF-LENGTH: texts and numbers have a Length, dates none; a float its SignificantDigits; values fit their variable (141 to 145)."""
    for item in document.items.values():
        kind, length = item.get("DataType"), item.get("Length")
        if (kind in _SIZED) != (length is not None):
            told = "needs a Length" if length is None else "has a Length, which only text, integer and float have"
            yield finding("DEF-LENGTH", _place(item), f"DataType {kind} {told}")
        if (kind == "float") != (item.get("SignificantDigits") is not None):
            yield finding("DEF-LENGTH", _place(item), f"DataType {kind}: SignificantDigits are told of a float, and of nothing else")
        for _, value in document.values(item):
            if length and int(value.get("Length") or 0) > int(length):
                yield finding("DEF-LENGTH", _place(value), f"Length {value.get('Length')} is more than the {length} of its variable")


def origins(document: Document) -> Iterator[Finding]:
    """DEF-ORIGIN: each variable, or each of its values, says where it comes from, as its type requires (73, 154, 155, 159 to 161)."""
    methods = {r.get("ItemOID"): r.get("MethodOID") for r in document.all("ItemRef")}
    listed = {i.get("OID") for v in document.items.values() if not children(v, "Origin") for _, i in document.values(v)}
    of_values = {r.get("ItemOID") for v in document.all("ValueListDef") for r in children(v, "ItemRef")}
    for oid, item in document.items.items():
        told = children(item, "Origin")
        due = oid in listed if oid in of_values else not children(item, "ValueListRef")
        if due and not told:
            yield finding("DEF-ORIGIN", _place(item), "has no origin; give it one, or one to each of its values")
        for origin in told:
            yield from _origin(item, origin, bool(methods.get(oid)))


def _origin(item: etree._Element, origin: etree._Element, method: bool) -> Iterator[Finding]:
    kind, source = origin.get("Type"), origin.get("Source")
    if not source and kind not in _NO_SOURCE:
        yield finding("DEF-ORIGIN", _place(item), f"origin {kind} has no Source; say who it is from")
    if kind == "Predecessor" and not text(origin, "Description"):
        yield finding("DEF-ORIGIN", _place(item), "origin Predecessor names no variable; describe it as DATASET.VARIABLE")
    pages = [p.get("PageRefs") for d in children(origin, "DocumentRef") for p in children(d, "PDFPageRef")]
    if kind == "Collected" and source in ("Investigator", "Subject") and not any(pages):
        yield finding("DEF-ORIGIN", _place(item), f"origin Collected from the {source} names no page of the annotated CRF")
    if kind == "Derived" and not method:
        yield finding("DEF-ORIGIN", _place(item), "origin Derived has no method; give the function a docstring")


def descriptions(document: Document) -> Iterator[Finding]:
    """DEF-LABEL: datasets and variables have a label that a transport file can hold; methods and comments say something (60, 128, 168)."""
    for kind in ("ItemGroupDef", "ItemDef"):
        for element in document.all(kind):
            size = len(text(element, "Description").encode())
            if not 0 < size <= LABEL_BYTES:
                yield finding("DEF-LABEL", _place(element), f"the label has {size} bytes; it needs 1 to {LABEL_BYTES}")
    for kind in ("MethodDef", "CommentDef"):
        for element in document.all(kind):
            if not text(element, "Description"):
                yield finding("DEF-LABEL", ("", ""), f"{kind} {element.get('OID')} has no text; write what it says")


def classes(document: Document) -> Iterator[Finding]:
    """DEF-CLASS: each dataset has a class, a key, and SUPP-- the name of its domain (70, 96, 131)."""
    for name, group in document.datasets.items():
        if not children(group, "Class"):
            yield finding("DEF-CLASS", (name, ""), "the dataset has no def:Class; give its spec a class")
        if not any(r.get("KeySequence") for r in children(group, "ItemRef")):
            yield finding("DEF-CLASS", (name, ""), "the dataset has no key; give its spec keys")
        if group.get("Domain") not in (None, name) and not children(group, "Alias"):
            yield finding("DEF-CLASS", (name, ""), "the dataset is of another domain and has no Alias that names it")


def standards(document: Document) -> Iterator[Finding]:
    """DEF-STANDARD: datasets follow a guide; a list is of a terminology, or the sponsor's own (121 to 124, 152, 153, 176, 249)."""
    types = {s.get("OID"): s.get("Type") for s in document.all("Standard")}
    for kind, due in (("ItemGroupDef", "IG"), ("CodeList", "CT")):
        for element in document.all(kind):
            standard, own = attribute(element, "StandardOID"), attribute(element, "IsNonStandard")
            if bool(standard) == bool(own):
                yield finding("DEF-STANDARD", _place(element), f"{kind} {_identity(element)} needs either a StandardOID or IsNonStandard")
            if standard and types.get(standard, due) != due:
                yield finding("DEF-STANDARD", _place(element), f"{kind} {_identity(element)} refers to a standard that is no {due}")
    for element in document.all("CodeList"):
        codes = [a for a in children(element, "Alias") if a.get("Context") == "nci:ExtCodeID"]
        if len(codes) != bool(attribute(element, "StandardOID")):
            yield finding(
                "DEF-STANDARD", ("", ""), f"CodeList {_identity(element)}: a list of a terminology has its NCI code, and no other list has"
            )
        extended = [t for t in element if attribute(t, "ExtendedValue")]
        if any(children(t, "Alias") for t in extended) or (extended and not codes):
            yield finding(
                "DEF-STANDARD",
                ("", ""),
                f"CodeList {_identity(element)}: a term that extends it has no NCI code, and extends a list of a terminology",
            )


def comments(document: Document) -> Iterator[Finding]:
    """DEF-COMMENT: what has no data says why (240, 242)."""
    for group in document.all("ItemGroupDef"):
        if attribute(group, "HasNoData") and not attribute(group, "CommentOID"):
            yield finding("DEF-COMMENT", _place(group), "the dataset has no data and no comment that says so")
    for ref in document.all("ItemRef"):
        item = document.items.get(str(ref.get("ItemOID")))
        if attribute(ref, "HasNoData") and item is not None and not attribute(item, "CommentOID"):
            yield finding("DEF-COMMENT", _place(item), "the variable has no data and no comment that says so")


CHECKS: tuple[Check, ...] = (schema, references, unused, lengths, origins, descriptions, classes, standards, comments)


def _identity(element: etree._Element) -> str:
    return str(element.get("OID") or element.get("ID") or "")


def _place(element: etree._Element) -> tuple[str, str]:
    """Dataset and variable that an element is about, as its OID names them: IT.AE.AETERM, IG.AE."""
    parts = _identity(element).split(".", 2)
    return (parts[1], parts[2] if len(parts) > 2 else "") if parts[0] in ("IT", "IG") and len(parts) > 1 else ("", "")


def _referred(document: Document) -> dict[str, set[str]]:
    """By the name of a referring attribute, what it refers to anywhere in the document."""
    found: dict[str, set[str]] = {name: set() for name in _DEFINED}
    for element in document.root.iter("*"):
        for name, value in element.attrib.items():
            known = found.get(str(name).removeprefix(DEF))
            if known is not None and value:
                known.add(str(value))
    return found
