"""Checks of a define.xml in itself: code lists, value lists with their where clauses, and analysis results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from pipeline.formats.define.read import Check, Document, attribute, children, shown, text
from pipeline.records.findings import Finding

_ONE = ("LT", "LE", "GT", "GE", "EQ", "NE")  # comparators with one value; IN and NOTIN have any number
_REASONS = ("SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY")
_PURPOSES = ("PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE")


def standards(document: Document) -> Iterator[Finding]:
    """DEF-STANDARD: datasets follow a guide; a list is of a terminology, or the sponsor's own (121 to 124,
    152, 153, 176, 249).
    """
    types = {s.get("OID"): s.get("Type") for s in document.all("Standard")}
    for kind, due in (("ItemGroupDef", "IG"), ("CodeList", "CT")):
        for element in document.all(kind):
            standard, own = attribute(element, "StandardOID"), attribute(element, "IsNonStandard")
            if bool(standard) == bool(own) and not (
                children(element, "ExternalCodeList") and not own
            ):  # a dictionary may be of neither
                yield document.fault(
                    "DEF-STANDARD", element, f"{shown(element)} needs either a StandardOID or IsNonStandard"
                )
            if standard and types.get(standard, due) != due:
                yield document.fault(
                    "DEF-STANDARD", element, f"{shown(element)} refers to a standard that is no {due}"
                )
    for standard_ in document.all("Standard"):
        if (standard_.get("Type") == "CT") != bool(standard_.get("PublishingSet")):
            yield document.fault(
                "DEF-STANDARD",
                standard_,
                f"{shown(standard_)}: a terminology names its PublishingSet, and no guide does",
            )
    for element in (c for c in document.all("CodeList") if not children(c, "ExternalCodeList")):
        codes = [a for a in children(element, "Alias") if a.get("Context") == "nci:ExtCodeID"]
        if len(codes) != bool(attribute(element, "StandardOID")):
            told = f"{shown(element)}: a list of a terminology has its NCI code, and no other list has"
            yield document.fault("DEF-STANDARD", element, told)
        extended = [t for t in element if attribute(t, "ExtendedValue")]
        if any(children(t, "Alias") for t in extended) or (extended and not codes):
            told = (
                f"{shown(element)}: a term that extends it has no NCI code, and extends a list of a"
                " terminology"
            )
            yield document.fault("DEF-STANDARD", element, told)
        if codes and any(
            not children(t, "Alias") and not attribute(t, "ExtendedValue") for t in _terms(element)
        ):
            told = (
                f"{shown(element)}: a term of a terminology has its NCI code, or is marked as an extended"
                " value"
            )
            yield document.fault("DEF-STANDARD", element, told)


def codelists(document: Document) -> Iterator[Finding]:
    """DEF-CODELIST: each term once, each with its decode; a list of the type of its variable; a dictionary
    has its version.
    """
    lists = {str(c.get("OID")): c for c in document.all("CodeList")}
    for element in lists.values():
        for value, count in Counter(str(t.get("CodedValue")) for t in _terms(element)).items():
            if count > 1:
                yield document.fault(
                    "DEF-CODELIST", element, f"{shown(element)} has {value} {count} times; a term stands once"
                )
        for term in children(element, "CodeListItem"):
            if not text(term, "Decode"):
                yield document.fault(
                    "DEF-CODELIST", term, f"{shown(element)}: {term.get('CodedValue')} has an empty decode"
                )
        for external in children(element, "ExternalCodeList"):
            if not external.get("Dictionary") or not external.get("Version"):
                yield document.fault(
                    "DEF-CODELIST", external, f"{shown(element)}: a dictionary has its name and its version"
                )
    for item in document.all("ItemDef"):
        for element in (
            lists[o] for r in children(item, "CodeListRef") if (o := str(r.get("CodeListOID"))) in lists
        ):
            kind, listed = item.get("DataType"), element.get("DataType")
            if kind != listed and not children(element, "ExternalCodeList"):
                told = (
                    f"DataType {kind}: its code list {element.get('OID')} is of {listed}; they are of one"
                    " type"
                )
                yield document.fault("DEF-CODELIST", item, told)


def values(document: Document) -> Iterator[Finding]:
    """DEF-WHERE: each row of a value list has a condition of its own, on items of its dataset (a join needs a
    comment), rightly written.
    """
    clauses = {str(c.get("OID")): c for c in document.conditions}
    for dataset, group in document.datasets.items():
        here = {str(r.get("ItemOID")) for r in children(group, "ItemRef")}
        for _, item in document.variables(dataset).values():
            seen = set[tuple[str, ...]]()
            for ref, value in document.values(item):
                said = tuple(sorted(str(r.get("WhereClauseOID")) for r in children(ref, "WhereClauseRef")))
                if not said:
                    yield document.fault(
                        "DEF-WHERE",
                        ref,
                        "a row of a value list has no where clause; say for which records it is",
                    )
                elif said in seen:
                    yield document.fault(
                        "DEF-WHERE",
                        ref,
                        "two rows of the value list have the same where clause; one condition, one row",
                    )
                seen.add(said)
                if children(value, "ValueListRef"):
                    yield document.fault(
                        "DEF-WHERE",
                        value,
                        "a row of a value list has a value list of its own; describe it in one list",
                    )
                for clause in (clauses[o] for o in said if o in clauses):
                    yield from _joined(document, clause, here)
    for clause in document.conditions:
        for check in children(clause, "RangeCheck"):
            told = len(children(check, "CheckValue"))
            if check.get("Comparator") not in (*_ONE, "IN", "NOTIN"):
                yield document.fault(
                    "DEF-WHERE",
                    check,
                    f"{shown(clause)}: a check has no comparator; expected EQ, IN or another",
                )
            if told == 0 or (check.get("Comparator") in _ONE and told != 1):
                yield document.fault(
                    "DEF-WHERE",
                    check,
                    f"{shown(clause)}: {check.get('Comparator')} has {told} values; expected one, or IN",
                )
            if not attribute(check, "ItemOID"):
                yield document.fault(
                    "DEF-WHERE", check, f"{shown(clause)}: a check names no item; give it a def:ItemOID"
                )


def _joined(document: Document, clause: etree._Element, here: set[str]) -> Iterator[Finding]:
    """A condition on another dataset says in a comment how the records belong together."""
    tested = {attribute(c, "ItemOID") for c in children(clause, "RangeCheck")} & document.items.keys()
    if tested - here and not attribute(clause, "CommentOID"):
        yield document.fault(
            "DEF-WHERE",
            clause,
            f"{shown(clause)} asks for items of another dataset and has no comment on the join",
        )


def results(document: Document) -> Iterator[Finding]:
    """DEF-RESULT: an analysis names variables and a condition of its dataset, its parameter, why it is done,
    how, and with what program.
    """
    for result in document.all("AnalysisResult"):
        told = shown(result)
        holders = [d for s in children(result, "AnalysisDatasets") for d in children(s, "AnalysisDataset")]
        has = set[str]()
        for dataset in holders:
            has |= set(here := _items(document, str(dataset.get("ItemGroupOID"))))
            used = [str(v.get("ItemOID")) for v in children(dataset, "AnalysisVariable")] + [
                i for i, _ in document.condition(dataset)
            ]
            for oid in sorted({o for o in used if o in document.items and o not in here}):
                yield document.fault(
                    "DEF-RESULT", dataset, f"{told}: {oid} is no variable of {dataset.get('ItemGroupOID')}"
                )
        if not any(children(d, "AnalysisVariable") for d in holders):
            yield document.fault("DEF-RESULT", result, f"{told}: names no analysis variable of its datasets")
        named = [o for o in has if o in document.items and document.items[o].get("Name") == "PARAMCD"]
        if named and result.get("ParameterOID") not in {
            o for o in has if document.items[o].get("Name") in ("PARAMCD", "PARAM")
        }:
            yield document.fault(
                "DEF-RESULT",
                result,
                f"{told}: ParameterOID is to be the parameter of its dataset, such as {named[0]}",
            )
        yield from _reasoned(document, result)


def _items(document: Document, group: str) -> list[str]:
    found = [g for g in document.datasets.values() if g.get("OID") == group]
    return [
        o for g in found for r in children(g, "ItemRef") if (o := str(r.get("ItemOID"))) in document.items
    ]


def _reasoned(document: Document, result: etree._Element) -> Iterator[Finding]:
    for name, known in (("AnalysisReason", _REASONS), ("AnalysisPurpose", _PURPOSES)):
        if result.get(name) not in known:
            told = (
                f"{shown(result)}: {name} {result.get(name)} is not one of the terminology:"
                f" {', '.join(known)}"
            )
            yield document.fault("DEF-RESULT", result, told, "warning")
    for name in ("Documentation", "ProgrammingCode"):
        held = children(result, name)
        if not held or (
            not "".join(str(t) for t in held[0].itertext()).strip() and not children(held[0], "DocumentRef")
        ):
            yield document.fault(
                "DEF-RESULT",
                result,
                f"{shown(result)} has no {name}; say it, or refer to a document that does",
            )


CHECKS: tuple[Check, ...] = (standards, codelists, values, results)


def _terms(codelist: etree._Element) -> list[etree._Element]:
    return [*children(codelist, "CodeListItem"), *children(codelist, "EnumeratedItem")]
