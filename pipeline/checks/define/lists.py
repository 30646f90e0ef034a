"""Checks of a define.xml in itself: code lists, value lists with where clauses, and analysis results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from pipeline.formats.define.read import Check, Document, attribute, children, shown, text
from pipeline.records.findings import Finding

_ONE_VALUE = ("LT", "LE", "GT", "GE", "EQ", "NE")  # comparators of one value; IN and NOTIN take any number
_REASONS = ("SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY")
_PURPOSES = ("PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE")


def standards(document: Document) -> Iterator[Finding]:
    """DEF-STANDARD: a dataset follows a guide; a code list is one of a terminology, or the sponsor's own (121
    to 124, 152, 153, 176, 249).
    """
    types = {s.get("OID"): s.get("Type") for s in document.all("Standard")}
    for kind, expected in (("ItemGroupDef", "IG"), ("CodeList", "CT")):
        for element in document.all(kind):
            standard, own = attribute(element, "StandardOID"), attribute(element, "IsNonStandard")
            dictionary = children(element, "ExternalCodeList") and not own  # may have neither
            if bool(standard) == bool(own) and not dictionary:
                message = f"{shown(element)} needs either a StandardOID or IsNonStandard"
                yield document.fault("DEF-STANDARD", element, message)
            if standard and types.get(standard, expected) != expected:
                message = f"{shown(element)} refers to a standard of another type; expected {expected}"
                yield document.fault("DEF-STANDARD", element, message)
    for standard_ in document.all("Standard"):
        if (standard_.get("Type") == "CT") != bool(standard_.get("PublishingSet")):
            message = f"{shown(standard_)}: a terminology needs a PublishingSet, and a guide must have none"
            yield document.fault("DEF-STANDARD", standard_, message)
    for element in (c for c in document.all("CodeList") if not children(c, "ExternalCodeList")):
        codes = [a for a in children(element, "Alias") if a.get("Context") == "nci:ExtCodeID"]
        if len(codes) != bool(attribute(element, "StandardOID")):
            message = f"{shown(element)}: a list of a terminology has its NCI code, and no other list has one"
            yield document.fault("DEF-STANDARD", element, message)
        extended = [t for t in element if attribute(t, "ExtendedValue")]
        if any(children(t, "Alias") for t in extended) or (extended and not codes):
            message = (
                f"{shown(element)}: an extended value has no NCI code, and stands in a list of a terminology"
            )
            yield document.fault("DEF-STANDARD", element, message)
        uncoded = [t for t in _terms(element) if not children(t, "Alias")]
        if codes and any(not attribute(t, "ExtendedValue") for t in uncoded):
            message = f"{shown(element)}: a term needs its NCI code, or the mark of an extended value"
            yield document.fault("DEF-STANDARD", element, message)


def codelists(document: Document) -> Iterator[Finding]:
    """DEF-CODELIST: each term stands once, with its decode; a list has the type of its variable; a dictionary
    has its version.
    """
    lists = {str(c.get("OID")): c for c in document.all("CodeList")}
    for element in lists.values():
        for value, count in Counter(str(t.get("CodedValue")) for t in _terms(element)).items():
            if count > 1:
                message = f"{shown(element)} has {value} {count} times; list each term once"
                yield document.fault("DEF-CODELIST", element, message)
        for term in children(element, "CodeListItem"):
            if not text(term, "Decode"):
                message = f"{shown(element)}: {term.get('CodedValue')} has an empty decode; write it"
                yield document.fault("DEF-CODELIST", term, message)
        for external in children(element, "ExternalCodeList"):
            if not external.get("Dictionary") or not external.get("Version"):
                message = f"{shown(element)}: a dictionary needs its name and its version"
                yield document.fault("DEF-CODELIST", external, message)
    for item in document.all("ItemDef"):
        for ref in children(item, "CodeListRef"):
            codelist = lists.get(str(ref.get("CodeListOID")))
            if codelist is None or children(codelist, "ExternalCodeList"):
                continue
            kind, of_list = item.get("DataType"), codelist.get("DataType")
            if kind != of_list:
                oid = codelist.get("OID")
                message = f"DataType {kind}: its code list {oid} has DataType {of_list}; give both the same"
                yield document.fault("DEF-CODELIST", item, message)


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
                if not condition:
                    message = "a row of a value list has no where clause; say which records it describes"
                    yield document.fault("DEF-WHERE", ref, message)
                elif condition in earlier:
                    message = "two rows of the value list have the same where clause; give each its own"
                    yield document.fault("DEF-WHERE", ref, message)
                earlier.add(condition)
                if children(value, "ValueListRef"):
                    message = "a row of a value list has a value list of its own; describe all in one list"
                    yield document.fault("DEF-WHERE", value, message)
                for oid in condition:
                    if oid in clauses:
                        yield from _joined(document, clauses[oid], own_items)
    for clause in document.conditions:
        for check in children(clause, "RangeCheck"):
            comparator, count = check.get("Comparator"), len(children(check, "CheckValue"))
            if comparator not in (*_ONE_VALUE, "IN", "NOTIN"):
                message = f"{shown(clause)}: a check has no comparator; expected EQ, IN or another"
                yield document.fault("DEF-WHERE", check, message)
            if count == 0 or (comparator in _ONE_VALUE and count != 1):
                message = f"{shown(clause)}: {comparator} has {count} values; expected one value, or IN"
                yield document.fault("DEF-WHERE", check, message)
            if not attribute(check, "ItemOID"):
                message = f"{shown(clause)}: a check names no item; give it a def:ItemOID"
                yield document.fault("DEF-WHERE", check, message)


def _joined(document: Document, clause: etree._Element, own_items: set[str]) -> Iterator[Finding]:
    """A condition on another dataset has a comment on how the records are joined."""
    tested = {attribute(c, "ItemOID") for c in children(clause, "RangeCheck")} & document.items.keys()
    if tested - own_items and not attribute(clause, "CommentOID"):
        message = f"{shown(clause)} tests items of another dataset; add a comment on the join"
        yield document.fault("DEF-WHERE", clause, message)


def results(document: Document) -> Iterator[Finding]:
    """DEF-RESULT: an analysis names the variables and the condition of its dataset, its parameter, its reason
    and purpose, its documentation and its program.
    """
    for result in document.all("AnalysisResult"):
        datasets = [d for s in children(result, "AnalysisDatasets") for d in children(s, "AnalysisDataset")]
        all_items = set[str]()
        for dataset in datasets:
            own_items = _items(document, str(dataset.get("ItemGroupOID")))
            all_items.update(own_items)
            used = {str(v.get("ItemOID")) for v in children(dataset, "AnalysisVariable")}
            used |= {item for item, _ in document.condition(dataset)}
            for oid in sorted(o for o in used if o in document.items and o not in own_items):
                message = f"{shown(result)}: {oid} is no variable of {dataset.get('ItemGroupOID')}"
                yield document.fault("DEF-RESULT", dataset, message)
        if not any(children(d, "AnalysisVariable") for d in datasets):
            message = f"{shown(result)}: names no analysis variable of its datasets"
            yield document.fault("DEF-RESULT", result, message)
        name_of = {oid: document.items[oid].get("Name") for oid in all_items}
        codes = [oid for oid, name in name_of.items() if name == "PARAMCD"]
        parameters = [oid for oid, name in name_of.items() if name in ("PARAMCD", "PARAM")]
        if codes and result.get("ParameterOID") not in parameters:
            message = f"{shown(result)}: ParameterOID is to be the parameter of its dataset, {codes[0]}"
            yield document.fault("DEF-RESULT", result, message)
        yield from _explained(document, result)


def _items(document: Document, group: str) -> list[str]:
    groups = [g for g in document.datasets.values() if g.get("OID") == group]
    oids = [str(ref.get("ItemOID")) for g in groups for ref in children(g, "ItemRef")]
    return [oid for oid in oids if oid in document.items]


def _explained(document: Document, result: etree._Element) -> Iterator[Finding]:
    for name, terminology in (("AnalysisReason", _REASONS), ("AnalysisPurpose", _PURPOSES)):
        if result.get(name) not in terminology:
            message = f"{shown(result)}: {name} {result.get(name)} is not one of {', '.join(terminology)}"
            yield document.fault("DEF-RESULT", result, message, "warning")
    for name in ("Documentation", "ProgrammingCode"):
        elements = children(result, name)
        has_text = elements and "".join(str(t) for t in elements[0].itertext()).strip()
        has_document = elements and children(elements[0], "DocumentRef")
        if not has_text and not has_document:
            message = f"{shown(result)} has no {name}; write it, or refer to a document that holds it"
            yield document.fault("DEF-RESULT", result, message)


CHECKS: tuple[Check, ...] = (standards, codelists, values, results)


def _terms(codelist: etree._Element) -> list[etree._Element]:
    return [*children(codelist, "CodeListItem"), *children(codelist, "EnumeratedItem")]
