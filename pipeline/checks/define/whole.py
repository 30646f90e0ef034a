"""Checks of a define.xml as a whole: the schema, the document, what refers to what, standards, documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.formats.define import schema as define_schema
from pipeline.formats.define.read import (
    HREF,
    REFERENCES,
    Check,
    Document,
    attribute,
    children,
    identity,
    shown,
    text,
)
from pipeline.records.findings import Finding

_ODM_VERSION = "1.3.2"
_PREFIXES = {  # the schema's messages have namespaces where the file has prefixes, or none
    "{http://www.cdisc.org/ns/odm/v1.3}": "",
    "{http://www.cdisc.org/ns/def/v2.1}": "def:",
    "{http://www.cdisc.org/ns/arm/v1.0}": "arm:",
    "{http://www.w3.org/1999/xlink}": "xlink:",
    "{http://www.w3.org/2001/XMLSchema}": "xs:",
}
_NO_FAULT = "Warning: No precomputed value available"  # libxml2 tells of itself, beside the fault
_IN_WORDS = tuple(  # what libxml2 says, and what it means
    (re.compile(said, re.DOTALL), words)
    for said, words in (
        (
            r"Element '(.+?)', attribute '(.+?)': \[facet 'enumeration'\] The value '(.*?)' is not an element"
            r" of the set \{(.*)\}\.",
            r"\1: \2 is '\3'; expected one of \4",
        ),
        (
            r"Element '(.+?)', attribute 'ID': '(.*)' is not a valid value of the atomic type 'xs:ID'\.",
            r"\1: ID '\2' is no name in XML, or stands more than once; give each its own",
        ),
        (
            r"Element '(.+?)', attribute '(.+?)': '(.*)' is not a valid value of the atomic type"
            r" '(?:xs:)?(.+)'\.",
            r"\1: \2 is '\3'; expected a value of the type \4",
        ),
        (
            r"Element '(.+?)': Duplicate key-sequence \[(.*)\] in unique identity-constraint .*",
            r"\1: \2 stands more than once where each is to be unique; give each its own",
        ),
        (
            r"Element '(.+?)': The attribute '(.+?)' is required but missing\.",
            r"\1: needs the attribute \2; give it one",
        ),
        (
            r"Element '(.+?)'(?:, attribute '.+?')?: The attribute '(.+?)' is not allowed\.",
            r"\1: the attribute \2 has no place there; remove it, or write it with its prefix",
        ),
        (
            r"Element '(.+?)': This element is not expected\. Expected is (?:one of )?\( (.+) \)\.",
            r"\1: stands where it is not expected; expected there \2",
        ),
        (
            r"Element '(.+?)': Missing child element\(s\)\. Expected is (?:one of )?\( (.+) \)\.",
            r"\1: lacks an element; expected in it \2",
        ),
    )
)


def schema(document: Document) -> Iterator[Finding]:
    """DEF-XSD: the schema of Define-XML 2.1 with Analysis Results Metadata, whose root admits both."""
    xsd = define_schema.schema()
    if not xsd.validate(document.root):
        log: Any = xsd.error_log
        for e in (e for e in log if _NO_FAULT not in e.message):
            yield Finding("DEF-XSD", "error", "", "", "", "", _in_words(e.message), f"define.xml:{e.line}")


def _in_words(message: str) -> str:
    for namespace, prefix in _PREFIXES.items():
        message = message.replace(namespace, prefix)
    for pattern, words in _IN_WORDS:
        if pattern.fullmatch(message):
            return pattern.sub(words, message)
    return message


def odm(document: Document) -> Iterator[Finding]:
    """DEF-ODM: one snapshot of one study with one MetaDataVersion, in ODM 1.3.2."""
    root = document.root
    file_type, version = root.get("FileType"), root.get("ODMVersion")
    if file_type != "Snapshot":
        yield document.fault("DEF-ODM", root, f"FileType is {file_type}; a define.xml is a Snapshot")
    if version != _ODM_VERSION:
        message = f"ODMVersion is {version or 'missing'}; Define-XML 2.1 extends ODM {_ODM_VERSION}"
        yield document.fault("DEF-ODM", root, message)
    for holder, kind in ((root, "Study"), *((s, "MetaDataVersion") for s in document.all("Study"))):
        count = len(children(holder, kind))
        if count != 1:
            message = f"has {count} elements {kind}; expected one, make a file for each"
            yield document.fault("DEF-ODM", holder, message)


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
            message = f"{name} {oid} refers to no {kind} of this file; define it, or correct the reference"
            yield document.fault("DEF-REF", referrers[oid], message)


def unused(document: Document) -> Iterator[Finding]:
    """DEF-UNUSED: what is defined is referred to: an ItemDef by an ItemRef, a standard by a dataset or a code
    list. The terminology of Define-XML itself needs no reference, and a dataset none.
    """
    referred = document.referred
    for kind in sorted(set(REFERENCES.values()) - {"ItemGroupDef"}):
        used = set[str]().union(*(referred[name] for name, k in REFERENCES.items() if k == kind))
        if kind == "ItemDef":
            used = document.described
        for element in (e for e in document.all(kind) if identity(e) not in used):
            if element.get("PublishingSet") != "DEFINE-XML":
                message = "is defined and nothing refers to it; remove it"
                yield document.fault("DEF-UNUSED", element, message)


def standards(document: Document) -> Iterator[Finding]:
    """DEF-STANDARD: a dataset follows a guide; a code list is one of a terminology, or the sponsor's own (121
    to 124, 152, 153, 176, 249).
    """
    types = {s.get("OID"): s.get("Type") for s in document.all("Standard")}
    for kind, expected in (("ItemGroupDef", "IG"), ("CodeList", "CT")):
        for element in document.all(kind):
            standard, own = attribute(element, "StandardOID"), attribute(element, "IsNonStandard")
            if standard and own:
                message = f"has def:StandardOID {standard} and def:IsNonStandard; keep the one that is true"
                yield document.fault("DEF-STANDARD", element, message)
            if not standard and not own and not children(element, "ExternalCodeList"):
                message = (
                    "has neither def:StandardOID nor def:IsNonStandard; name its standard, or mark it as the"
                    " sponsor's own"
                )
                yield document.fault("DEF-STANDARD", element, message)
            if standard and types.get(standard, expected) != expected:
                message = f"{standard} is of Type {types[standard]}; expected a standard of Type {expected}"
                yield document.fault("DEF-STANDARD", element, message)
    for element in document.all("Standard"):
        terminology, published = element.get("Type") == "CT", element.get("PublishingSet")
        if terminology and not published:
            message = "is a terminology without PublishingSet; say which, such as SDTM"
            yield document.fault("DEF-STANDARD", element, message)
        if published and not terminology:
            message = f"has PublishingSet {published}, which only a terminology has; remove it"
            yield document.fault("DEF-STANDARD", element, message)
    yield from _codes(document)


def _codes(document: Document) -> Iterator[Finding]:
    """A list of a terminology, and each of its terms, has its NCI code; what extends it has none."""
    for element in (c for c in document.all("CodeList") if not children(c, "ExternalCodeList")):
        codes = [a.get("Name") for a in children(element, "Alias") if a.get("Context") == "nci:ExtCodeID"]
        terms = [*children(element, "CodeListItem"), *children(element, "EnumeratedItem")]
        extended = [t for t in terms if attribute(t, "ExtendedValue")]
        is_standard = bool(attribute(element, "StandardOID"))
        if is_standard and len(codes) != 1:
            message = (
                f"is a list of a terminology and has {len(codes)} NCI codes; give it the one of the list"
            )
            yield document.fault("DEF-STANDARD", element, message)
        if codes and not is_standard:
            message = f"has the NCI code {codes[0]} and no def:StandardOID; name its terminology"
            yield document.fault("DEF-STANDARD", element, message)
        if any(children(t, "Alias") for t in extended):
            message = "a term is marked as extended and has a code; remove the one that is wrong"
            yield document.fault("DEF-STANDARD", element, message)
        if extended and not codes:
            message = "a term is marked as extended, and the list is of no terminology; remove the mark"
            yield document.fault("DEF-STANDARD", element, message)
        if codes and any(not children(t, "Alias") and not attribute(t, "ExtendedValue") for t in terms):
            message = "a term has neither its NCI code nor the mark of an extended value; give it one"
            yield document.fault("DEF-STANDARD", element, message)


def documents(document: Document) -> Iterator[Finding]:
    """DEF-DOCUMENT: one annotated CRF; a document is named once, and an element refers to it once, with all
    the pages.
    """
    for element in document.all("AnnotatedCRF"):
        count = len(children(element, "DocumentRef"))
        if count != 1:
            message = f"def:AnnotatedCRF refers to {count} documents; expected one, name the others in"
            yield document.fault("DEF-DOCUMENT", element, f"{message} def:SupplementalDoc", "warning")
    holders = {
        id(parent): parent for r in document.all("DocumentRef") if (parent := r.getparent()) is not None
    }
    for holder in holders.values():
        for leaf, count in Counter(str(r.get("leafID")) for r in children(holder, "DocumentRef")).items():
            if count > 1:
                message = f"refers to {leaf} {count} times; name all the pages in one def:DocumentRef"
                yield document.fault("DEF-DOCUMENT", holder, message, "warning")
    named = set[tuple[str, str]]()
    for version in document.all("MetaDataVersion"):
        for leaf_element in children(version, "leaf"):
            name = (str(leaf_element.get(HREF)), text(leaf_element, "title"))
            if name in named:
                message = f"names {name[0]} with the title of another def:leaf; keep one and refer to it"
                yield document.fault("DEF-DOCUMENT", leaf_element, message, "warning")
            named.add(name)


CHECKS: tuple[Check, ...] = (schema, odm, references, unused, standards, documents)
