"""Checks of a define.xml in itself: what the schema lets through in variables, their values, methods and
comments.

They need no study and no data, so they work on anybody's file. The numbers are those of CDISC's conformance
rules for Define-XML 2.1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from pipeline.formats.define.read import Check, Document, attribute, children, identity, number, text
from pipeline.records.findings import Finding

LABEL_BYTES = 40
_SIZED = ("text", "integer", "float")
_NO_SOURCE = ("Predecessor",)
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}")
_PAGES = re.compile(r"[1-9]\d*( [1-9]\d*)*")


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
        places = [str(r.get("OrderNumber") or "") for r in children(holder, "ItemRef")]
        missing = places.count("")
        if missing:
            message = f"{missing} of its {len(places)} ItemRefs have no OrderNumber; number them all"
            # without any, the order is that of the file
            severity = "error" if missing < len(places) else "warning"
            yield document.fault("DEF-ORDER", holder, message, severity)
        for place, count in Counter(p for p in places if p).items():
            if count > 1:
                message = f"{count} of its ItemRefs have OrderNumber {place}; give each its own"
                yield document.fault("DEF-ORDER", holder, message)
    for name, group in document.datasets.items():
        keys = sorted(_keys(document, name), key=lambda key: (len(key), key))
        if keys != [str(n) for n in range(1, len(keys) + 1)]:
            message = f"KeySequence is {', '.join(keys)}; number the keys 1 to {len(keys)}, each once"
            yield document.fault("DEF-ORDER", group, message)


def _keys(document: Document, dataset: str) -> Iterator[str]:
    """The KeySequence of each key of a dataset; a supplemental qualifier that is one of them has it in the
    value list of its SUPP--.
    """
    refs = children(document.datasets[dataset], "ItemRef")
    supplement = f"SUPP{dataset}"
    if supplement in document.datasets:
        for _, item in document.variables(supplement).values():
            refs += [row for row, _ in document.values(item)]
    return (str(ref.get("KeySequence")) for ref in refs if ref.get("KeySequence"))


def lengths(document: Document) -> Iterator[Finding]:
    """DEF-LENGTH: texts and numbers have a Length, dates have none; a float has SignificantDigits; the rows
    of a value list fit their variable (141 to 145).
    """
    for item in document.all("ItemDef"):
        kind, length = item.get("DataType"), item.get("Length")
        if (kind in _SIZED) != (length is not None):
            fault = "needs a Length"
            if length is not None:
                fault = "has a Length; only text, integer and float have one, so remove it"
            yield document.fault("DEF-LENGTH", item, f"DataType {kind} {fault}")
        has_digits = item.get("SignificantDigits") is not None
        if kind == "float" and not has_digits:
            yield document.fault("DEF-LENGTH", item, "DataType float needs SignificantDigits; add them")
        if kind != "float" and has_digits:
            message = f"DataType {kind} has SignificantDigits; only a float has them, so remove them"
            yield document.fault("DEF-LENGTH", item, message)
        for _, value in document.values(item):
            if 0 < number(item, "Length") < number(value, "Length"):
                message = (
                    f"Length {value.get('Length')} is more than the {length} of its variable; correct either"
                )
                yield document.fault("DEF-LENGTH", value, message)


def origins(document: Document) -> Iterator[Finding]:
    """DEF-ORIGIN: each variable, or each row of its value list, has an origin with what the origin's type
    requires (73, 154, 155, 159 to 161).
    """
    with_method = {r.get("ItemOID") for r in document.all("ItemRef") if r.get("MethodOID")}
    rows = {ref.get("ItemOID") for v in document.all("ValueListDef") for ref in children(v, "ItemRef")}
    rows_without_origin_above = {
        row.get("OID")
        for variable in document.items.values()
        if not children(variable, "Origin")
        for _, row in document.values(variable)
    }
    for oid, item in document.items.items():
        if oid not in document.described:
            continue  # it is no variable: DEF-UNUSED tells it
        origins = children(item, "Origin")
        # a row needs an origin where its variable has none, a variable where it has no value list
        needed = oid in rows_without_origin_above if oid in rows else not children(item, "ValueListRef")
        if needed and not origins:
            message = "has no origin; give it one, or one to each row of its value list"
            yield document.fault("DEF-ORIGIN", item, message)
        values = [row.get("OID") for _, row in document.values(item)]
        has_method = oid in with_method or (bool(values) and with_method.issuperset(values))
        for origin in origins:
            yield from _origin(document, item, origin, has_method)


def _origin(
    document: Document, item: etree._Element, origin: etree._Element, has_method: bool
) -> Iterator[Finding]:
    kind, source = origin.get("Type"), origin.get("Source")
    if not source and kind not in _NO_SOURCE:
        yield document.fault("DEF-ORIGIN", item, f"origin {kind} has no Source; name it")
    if kind == "Predecessor" and not text(origin, "Description"):
        message = "origin Predecessor names no variable; describe it as DATASET.VARIABLE"
        yield document.fault("DEF-ORIGIN", item, message)
    pages = [p for d in children(origin, "DocumentRef") for p in children(d, "PDFPageRef")]
    answered = kind == "Collected" and source in ("Investigator", "Subject")
    if answered and document.is_submission and not pages:
        message = f"origin Collected, source {source}, names no page of the annotated CRF; add it"
        yield document.fault("DEF-ORIGIN", item, message)
    if kind == "Derived" and not has_method:
        message = "origin Derived has no method; give its ItemRef a MethodOID, or those of all its values"
        yield document.fault("DEF-ORIGIN", item, message)


def pages(document: Document) -> Iterator[Finding]:
    """DEF-PAGE: a reference to pages gives page numbers separated by blanks, or a first and a last page, or a
    destination in the document.
    """
    for ref in document.all("PDFPageRef"):
        listed, first, last = ref.get("PageRefs"), ref.get("FirstPage"), ref.get("LastPage")
        fault = ""
        if ref.get("Type") != "PhysicalRef":
            fault = "" if listed else "names no destination; give it in PageRefs"
        elif listed:
            fault = "" if _PAGES.fullmatch(str(listed)) else f"PageRefs {listed} is no list of pages"
        elif first is None or last is None:
            fault = "names no pages"
        elif not 0 < number(ref, "FirstPage") <= number(ref, "LastPage"):
            fault = f"FirstPage {first} and LastPage {last} are no run of pages"
        if fault:
            expected = "" if ";" in fault else "; expected PageRefs such as 3 17, or FirstPage and LastPage"
            yield document.fault("DEF-PAGE", ref, fault + expected)


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
        if not size and document.is_submission:
            yield document.fault("DEF-LABEL", element, "has no label; write it in a Description")
        if size > LABEL_BYTES:
            message = f"the label has {size} bytes; a transport file holds {LABEL_BYTES}, so shorten it"
            yield document.fault("DEF-LABEL", element, message)
    for kind in ("MethodDef", "CommentDef"):
        for element in document.all(kind):
            if not text(element, "Description"):
                yield document.fault("DEF-LABEL", element, "has no text; write it in a Description")


def methods(document: Document) -> Iterator[Finding]:
    """DEF-METHOD: a method says of what type it is."""
    for method in document.all("MethodDef"):
        if not method.get("Type"):
            yield document.fault("DEF-METHOD", method, "has no Type; expected Computation or Imputation")


def comments(document: Document) -> Iterator[Finding]:
    """DEF-COMMENT: a dataset or variable without data has a comment that says why (240, 242)."""
    for group in document.datasets.values():
        if attribute(group, "HasNoData") and not attribute(group, "CommentOID"):
            yield document.fault("DEF-COMMENT", group, "the dataset has no data; add a comment that says why")
    for ref in document.all("ItemRef"):
        item = document.items.get(str(ref.get("ItemOID")))
        if attribute(ref, "HasNoData") and item is not None and not attribute(item, "CommentOID"):
            yield document.fault("DEF-COMMENT", item, "the variable has no data; add a comment that says why")


CHECKS: tuple[Check, ...] = (names, orders, lengths, origins, pages, descriptions, methods, comments)
