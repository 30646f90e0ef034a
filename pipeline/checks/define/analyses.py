"""Checks of a define.xml in itself: displays of results and their analyses.

Source    Analysis Results Metadata 1.0 for Define-XML, 5.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from pipeline.formats.define.read import Check, Document, attribute, children, text
from pipeline.records.findings import Finding

_REASONS = ("SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY")
_PURPOSES = ("PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE")
_BY_PARAMETER = "BASIC DATA STRUCTURE"


def displays(document: Document) -> Iterator[Finding]:
    """DEF-RESULT: a display has a name and an identifier of its own, and so has each of its results; each has
    a description.
    """
    for holder, kind, names in (
        *((d, "ResultDisplay", ("OID", "Name")) for d in document.all("AnalysisResultDisplays")),
        *((d, "AnalysisResult", ("OID",)) for d in document.all("ResultDisplay")),
    ):
        elements = children(holder, kind)
        for name in names:
            values = Counter(str(e.get(name)) for e in elements)
            for again in [e for e in elements if values[str(e.get(name))] > 1][1:]:
                message = f"{name} {again.get(name)} is that of another arm:{kind}; give each its own"
                yield document.fault("DEF-RESULT", again, message)
        for element in elements:
            if not text(element, "Description"):
                yield document.fault("DEF-RESULT", element, f"the arm:{kind} has no description; write it")


def results(document: Document) -> Iterator[Finding]:
    """DEF-RESULT: an analysis names the variables and the condition of its dataset, its parameter, its reason
    and purpose, its documentation and its program; several datasets have a comment on the join.
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
                message = f"{oid} is no variable of {dataset.get('ItemGroupOID')}; name one that is"
                yield document.fault("DEF-RESULT", dataset, message)
        if not any(children(d, "AnalysisVariable") for d in datasets):
            message = "names no analysis variable of its datasets; name it"
            yield document.fault("DEF-RESULT", result, message)
        for holder in children(result, "AnalysisDatasets"):
            if len(datasets) > 1 and not attribute(holder, "CommentOID"):
                message = f"is of {len(datasets)} datasets; add a comment on how they are joined"
                yield document.fault("DEF-RESULT", holder, message)
        yield from _parameter(document, result, datasets, all_items)
        yield from _explained(document, result)


def _items(document: Document, group: str) -> list[str]:
    groups = [g for g in document.datasets.values() if g.get("OID") == group]
    oids = [str(ref.get("ItemOID")) for g in groups for ref in children(g, "ItemRef")]
    return [oid for oid in oids if oid in document.items]


def _parameter(
    document: Document, result: etree._Element, datasets: list[etree._Element], items: set[str]
) -> Iterator[Finding]:
    """An analysis of a dataset with parameters says which variable has them, and no other does."""
    stated = result.get("ParameterOID")
    name_of = {oid: document.items[oid].get("Name") for oid in items}
    parameters = sorted(oid for oid, name in name_of.items() if name in ("PARAMCD", "PARAM"))
    codes = [oid for oid in parameters if name_of[oid] == "PARAMCD"]
    groups = {str(d.get("ItemGroupOID")) for d in datasets}
    classes = {
        class_.get("Name")
        for group in document.datasets.values()
        if group.get("OID") in groups
        for class_ in children(group, "Class")
    }
    if codes and stated not in parameters:
        message = (
            f"ParameterOID is to be the parameter of its dataset, {codes[0]}, and is {stated or 'missing'}"
        )
        yield document.fault("DEF-RESULT", result, message)
    elif _BY_PARAMETER in classes and not stated:
        message = f"is of a dataset of the class {_BY_PARAMETER} and has no ParameterOID; name the parameter"
        yield document.fault("DEF-RESULT", result, message)
    elif stated in document.items and not codes and _BY_PARAMETER not in classes:
        message = f"ParameterOID {stated}: its dataset has no parameters; remove it"
        yield document.fault("DEF-RESULT", result, message, "warning")


def _explained(document: Document, result: etree._Element) -> Iterator[Finding]:
    for name, terminology in (("AnalysisReason", _REASONS), ("AnalysisPurpose", _PURPOSES)):
        if result.get(name) not in terminology:
            message = f"{name} {result.get(name)} is not one of {', '.join(terminology)}"
            yield document.fault("DEF-RESULT", result, message, "warning")
    for name in ("Documentation", "ProgrammingCode"):
        if not children(result, name):
            message = f"has no arm:{name}; add it, so that the result can be traced"
            yield document.fault("DEF-RESULT", result, message, "warning")
    for documentation in children(result, "Documentation"):
        if not text(documentation, "Description"):
            message = "its arm:Documentation has no description; write it"
            yield document.fault("DEF-RESULT", documentation, message)
    for code in children(result, "ProgrammingCode"):
        if not text(code, "Code") and not children(code, "DocumentRef"):
            message = "its arm:ProgrammingCode has no arm:Code and refers to no document; give it either"
            yield document.fault("DEF-RESULT", code, message)


CHECKS: tuple[Check, ...] = (displays, results)
