"""Checks of a define.xml in itself: code lists, and value lists with their where clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from pipeline.formats.define.read import Check, Document, attribute, children, text
from pipeline.records.findings import Finding

_ONE_VALUE = ("LT", "LE", "GT", "GE", "EQ", "NE")  # comparators of one value; IN and NOTIN take any number
_NUMBERED = ("Rank", "OrderNumber")  # attributes that all terms of a list have, or none


def codelists(document: Document) -> Iterator[Finding]:
    """DEF-CODELIST: a list has a name of its own and the type of its variable; each term stands once, with
    its decode, and all are numbered or none; a dictionary has its version.
    """
    lists = document.all("CodeList")
    for name, count in Counter(str(c.get("Name")) for c in lists).items():
        for element in [c for c in lists if c.get("Name") == name] if count > 1 else ():
            message = f"{count} code lists have the Name {name}; give each a name of its own"
            yield document.fault("DEF-CODELIST", element, message)
    for element in lists:
        yield from _listed(document, element)
        for external in children(element, "ExternalCodeList"):
            if not external.get("Dictionary") or not external.get("Version"):
                message = "a dictionary needs its name and its version; give it both"
                yield document.fault("DEF-CODELIST", external, message)
    by_oid = {str(c.get("OID")): c for c in lists}
    for item in document.all("ItemDef"):
        for ref in children(item, "CodeListRef"):
            codelist = by_oid.get(str(ref.get("CodeListOID")))
            if codelist is None or children(codelist, "ExternalCodeList"):
                continue
            kind, of_list = item.get("DataType"), codelist.get("DataType")
            if kind != of_list:
                oid = codelist.get("OID")
                message = f"DataType {kind}: its code list {oid} has DataType {of_list}; give both the same"
                yield document.fault("DEF-CODELIST", item, message)


def _listed(document: Document, codelist: etree._Element) -> Iterator[Finding]:
    """What is wrong with the terms of one list."""
    terms = [*children(codelist, "CodeListItem"), *children(codelist, "EnumeratedItem")]
    for value, count in Counter(str(t.get("CodedValue")) for t in terms).items():
        if count > 1:
            message = f"{value} stands {count} times; list each term once"
            yield document.fault("DEF-CODELIST", codelist, message)
    for term in children(codelist, "CodeListItem"):
        if not text(term, "Decode"):
            message = f"{term.get('CodedValue')} has an empty decode; write it"
            yield document.fault("DEF-CODELIST", term, message)
    for name in _NUMBERED:
        numbered = sum(t.get(name) is not None for t in terms)
        if 0 < numbered < len(terms):
            message = f"{name} stands on {numbered} of {len(terms)} terms; give it to all, or to none"
            yield document.fault("DEF-CODELIST", codelist, message)


def values(document: Document) -> Iterator[Finding]:
    """DEF-WHERE: each row of a value list has a condition of its own, well formed, on items of its dataset; a
    condition on another dataset needs a comment.
    """
    clauses = {str(c.get("OID")): c for c in document.conditions}
    for dataset, group in document.datasets.items():
        own_items = {str(r.get("ItemOID")) for r in children(group, "ItemRef")}
        for _, item in document.variables(dataset).values():
            earlier = set[tuple[str, ...]]()
            for ref, value in document.values(item):
                condition = tuple(
                    sorted(str(r.get("WhereClauseOID")) for r in children(ref, "WhereClauseRef"))
                )
                if condition and condition in earlier:
                    message = "two rows of the value list have the same where clause; give each its own"
                    yield document.fault("DEF-WHERE", ref, message)
                earlier.add(condition)
                if children(value, "ValueListRef"):
                    message = "a row of a value list has a value list of its own; describe all in one list"
                    yield document.fault("DEF-WHERE", value, message)
                for oid in condition:
                    if oid in clauses:
                        yield from _joined(document, clauses[oid], own_items)
    for ref in (r for v in document.lists for r in children(v, "ItemRef")):
        if not children(ref, "WhereClauseRef"):
            message = "a row of a value list has no where clause; say which records it describes"
            yield document.fault("DEF-WHERE", ref, message)
    for clause in document.conditions:
        for check in children(clause, "RangeCheck"):
            comparator, count = check.get("Comparator"), len(children(check, "CheckValue"))
            if comparator not in (*_ONE_VALUE, "IN", "NOTIN"):
                message = "a check has no comparator; expected EQ, IN or another"
                yield document.fault("DEF-WHERE", check, message)
            if count == 0:
                message = f"{comparator} has no value to compare with; give it a CheckValue"
                yield document.fault("DEF-WHERE", check, message)
            if count > 1 and comparator in _ONE_VALUE:
                message = f"{comparator} has {count} values; give it one, or compare with IN or NOTIN"
                yield document.fault("DEF-WHERE", check, message)
            if not attribute(check, "ItemOID"):
                message = "a check names no item; give it a def:ItemOID"
                yield document.fault("DEF-WHERE", check, message)


def _joined(document: Document, clause: etree._Element, own_items: set[str]) -> Iterator[Finding]:
    """A condition on another dataset has a comment on how the records are joined."""
    tested = {attribute(c, "ItemOID") for c in children(clause, "RangeCheck")} & document.items.keys()
    if tested - own_items and not attribute(clause, "CommentOID"):
        message = "tests items of another dataset; add a comment on the join"
        yield document.fault("DEF-WHERE", clause, message)


CHECKS: tuple[Check, ...] = (codelists, values)
