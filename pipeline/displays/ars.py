"""The displays as a reporting event of the CDISC Analysis Results Standard: what was analysed, how, and with
what results.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import getsource
from pathlib import Path
from typing import Any

from pipeline.displays.content import Column, Content, Line, Table
from pipeline.displays.methods import METHODS, Method
from pipeline.displays.participants import ADSL
from pipeline.study import Study
from pipeline.study.displays import Columns, Display, Row
from pipeline.study.frozen import Chosen

Element = dict[str, Any]
BOOK = "RD.displays"
# of an analysis that no protocol names: the standard's lists of reasons and purposes may be extended
REASON, PURPOSE = "TERM.REPORT", "TERM.DESCRIPTION"


@dataclass(frozen=True)
class Analysis:
    """The lines of one row that one method makes by the same variables."""

    id: str
    display: Display
    row: Row
    method: str
    variables: tuple[str, ...]  # by which its results are told apart, beside the arm
    lines: list[tuple[Table, Line]] = field(default_factory=list)


def write(study: Study, contents: Sequence[Content], path: Path) -> None:
    """Writes the reporting event as JSON.

    Takes     the study; its displays with their results; the file.
    Source    CDISC Analysis Results Standard 1.0, logical model: ReportingEvent.
    """
    text = json.dumps(reporting_event(study, contents), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def reporting_event(study: Study, contents: Sequence[Content]) -> Element:
    """All displays with their analysis sets, subsets, groupings, methods, analyses and results.

    A value that cannot be estimated has a text and no raw value. A group without a record has its zero.

    Takes     the study; its displays with their results.
    """
    analyses = [a for content in contents if isinstance(content, Table) for a in _analyses(content)]
    subsets = _subsets(analyses)
    protocol = study.protocol
    return {
        "id": f"RE.{protocol.id}",
        "name": f"{protocol.id} ({protocol.protocol}): displays of the report",
        "description": protocol.synthetic or protocol.title,
        "version": 1,
        "mainListOfContents": _list_of_contents(contents, analyses),
        "referenceDocuments": [{"id": BOOK, "name": "Displays of the report", "location": "displays.pdf"}],
        "terminologyExtensions": [
            _term("AnalysisReasonEnum", REASON, "DISPLAY OF THE REPORT"),
            _term("AnalysisPurposeEnum", PURPOSE, "DESCRIPTION"),
        ],
        "analysisSets": [
            {
                "id": f"AS.{name}",
                "name": population.title,
                "level": 1,
                "order": order,
                **_where(ADSL, population.where),
            }
            for order, (name, population) in enumerate(study.displays.populations.items(), start=1)
        ],
        "dataSubsets": [
            {
                "id": id_,
                "name": _in_words(row.where),
                "level": 1,
                "order": order,
                **_where(row.dataset, row.where),
            }
            for order, (id_, row) in enumerate(subsets.values(), start=1)
        ],
        "analysisGroupings": [*_arms(study), *_by_variables(study, analyses)],
        "methods": [_method(name, method) for name, method in METHODS.items()],
        "analyses": [_analysis(study, analysis, subsets) for analysis in analyses],
        "outputs": [_output(content) for content in contents],
    }


def _term(enumeration: str, id_: str, value: str) -> Element:
    terms = [{"id": id_, "submissionValue": value}]
    return {"id": f"{id_}.LIST", "enumeration": enumeration, "sponsorTerms": terms}


# --- what is selected, and how it is divided
def _subsets(analyses: Sequence[Analysis]) -> dict[str, tuple[str, Row]]:
    """By its condition in words, each selection of records: its id and a row that has it."""
    subsets: dict[str, tuple[str, Row]] = {}
    for analysis in analyses:
        if analysis.row.where:
            key = f"{analysis.row.dataset} {_in_words(analysis.row.where)}"
            subsets.setdefault(key, (f"DS.{len(subsets) + 1}", analysis.row))
    return subsets


def _in_words(where: Chosen) -> str:
    texts = {
        name: " or ".join(wanted) if isinstance(wanted, list) else wanted for name, wanted in where.items()
    }
    return ", ".join(f"{name} = {text}" for name, text in texts.items())


def _where(dataset: str, where: Chosen) -> Element:
    """One condition as it is, several joined by AND; nothing where all records are selected."""
    conditions = [_condition(dataset, name, wanted) for name, wanted in where.items()]
    if len(conditions) < 2:
        return {"condition": conditions[0]} if conditions else {}
    clauses = [{"level": 2, "order": n, "condition": c} for n, c in enumerate(conditions, start=1)]
    return {"compoundExpression": {"logicalOperator": "AND", "whereClauses": clauses}}


def _condition(dataset: str, variable: str, wanted: str | list[str]) -> Element:
    comparator, value = "IN", wanted
    if isinstance(wanted, str):
        presence = {"present": "NE", "absent": "EQ"}.get(wanted)
        comparator, value = (presence, [""]) if presence else ("EQ", [wanted])
    return {"dataset": dataset, "variable": variable, "comparator": comparator, "value": value}


def _arms(study: Study) -> Iterator[Element]:
    """A grouping for each way of making columns, with a group for each arm."""
    for name, columns in study.displays.columns.items():
        groups = [
            {
                "id": f"GF.{name}.{order}", "name": arm, "level": 1, "order": order,
                "condition": _condition(ADSL, columns.variable, arm),
            }
            for order, arm in enumerate(_terms(study, columns), start=1)
        ]  # fmt: skip
        yield {
            "id": f"GF.{name}", "name": columns.variable, "groupingDataset": ADSL,
            "groupingVariable": columns.variable, "dataDriven": False, "groups": groups,
        }  # fmt: skip


def _terms(study: Study, columns: Columns) -> list[str]:
    variable = study.datasets[ADSL].variables[columns.variable]
    return list(study.codelists[variable.codelist or ""].terms)


def _by_variables(study: Study, analyses: Sequence[Analysis]) -> Iterator[Element]:
    """A grouping for each variable by whose values results are told apart."""
    pairs = {(_holder(study, a.row, variable), variable): None for a in analyses for variable in a.variables}
    for dataset, variable in pairs:
        yield {
            "id": f"GF.{dataset}.{variable}", "name": f"{dataset}.{variable}", "groupingDataset": dataset,
            "groupingVariable": variable, "dataDriven": True,
        }  # fmt: skip


def _holder(study: Study, row: Row, variable: str) -> str:
    """The dataset of a variable: ADSL, where a subgroup is of a variable that the records have not."""
    is_of_participant = variable not in study.datasets[row.dataset].published
    return ADSL if is_of_participant and variable in study.datasets[ADSL].published else row.dataset


def _method(name: str, method: Method) -> Element:
    operations = [
        {"id": f"{name}.{operation}", "name": operation, "label": label, "order": order}
        for order, (operation, label) in enumerate(method.operations.items(), start=1)
    ]
    code = {"context": "Python", "code": getsource(method.program)} if method.program else None
    element = {
        "id": f"MT.{name}",
        "name": method.name,
        "description": method.sentence,
        "operations": operations,
    }
    return {**element, **({"codeTemplate": code} if code else {})}


# --- analyses
def _analyses(table: Table) -> list[Analysis]:
    """The analyses of a table: a line without groups is one by itself."""
    rows = {row.id: row for row in table.display.rows}
    analyses: dict[tuple[str, ...], Analysis] = {}
    for line in (line for line in table.lines if line.method):
        variables = tuple(name for name, _ in line.groups)
        key = (line.row, line.method, *(variables or ("", line.id)))
        if key not in analyses:
            id_ = f"AN.{table.display.id}.{len(analyses) + 1}"
            analyses[key] = Analysis(id_, table.display, rows[line.row], line.method, variables)
        analyses[key].lines.append((table, line))
    return list(analyses.values())


def _analysis(study: Study, analysis: Analysis, subsets: Mapping[str, tuple[str, Row]]) -> Element:
    row, display, first = analysis.row, analysis.display, analysis.lines[0][1]
    told = row.result
    name = f"{display.name}: {row.label}" + ("" if first.label == row.label else f", {first.label}")
    arms = f"GF.{display.columns}"
    is_compared = all(column.control for column in first.cells)
    groupings = [arms, *(f"GF.{_holder(study, row, v)}.{v}" for v in analysis.variables)]
    by_group = [
        {"order": n, "groupingId": g, "resultsByGroup": n > 1 or not is_compared}
        for n, g in enumerate(groupings, start=1)
    ]
    element: Element = {
        "id": analysis.id,
        "name": name
        if not analysis.variables
        else f"{display.name}: {row.label}, by {', '.join(analysis.variables)}",
        "description": told.documentation if told else METHODS[analysis.method].sentence,
        "reason": {"controlledTerm": told.reason} if told else {"sponsorTermId": REASON},
        "purpose": {"controlledTerm": told.purpose} if told else {"sponsorTermId": PURPOSE},
        "analysisSetId": f"AS.{display.population}",
        "dataset": row.dataset,
        "variable": (row.variables or ("USUBJID",))[-1],
        "methodId": f"MT.{analysis.method}",
        "orderedGroupings": by_group,
        "results": [*_results(study, analysis, arms)],
    }
    if row.where:
        element["dataSubsetId"] = subsets[f"{row.dataset} {_in_words(row.where)}"][0]
    return element


def _results(study: Study, analysis: Analysis, arms: str) -> Iterator[Element]:
    columns = study.displays.columns[analysis.display.columns or ""]
    numbers = {arm: f"{arms}.{order}" for order, arm in enumerate(_terms(study, columns), start=1)}
    for table, line in analysis.lines:
        of_line = [
            {"groupingId": f"GF.{_holder(study, analysis.row, name)}.{name}", "groupValue": value}
            for name, value in line.groups
        ]
        for column in (column for column in table.columns if column in line.cells):
            groups = [*_of_column(column, arms, numbers), *of_line]
            for statistic in line.cells[column].statistics:
                result: Element = {
                    "operationId": f"{line.method}.{statistic.operation}",
                    "resultGroups": groups,
                }
                if statistic.value is not None:
                    result["rawValue"] = f"{statistic.value:.12g}"
                yield result | {"formattedValue": statistic.text}


def _of_column(column: Column, arms: str, numbers: Mapping[str, str]) -> list[Element]:
    """The arm of a column, both arms of a comparison; none of the total."""
    named = [arm for arm in (column.arm, column.control) if arm]
    return [{"groupingId": arms, "groupId": numbers[arm]} for arm in named]


# --- displays
def _output(content: Content) -> Element:
    display = content.display
    titles = [display.name, display.title, content.population]
    sections = [("Title", titles), ("Footnote", list(display.footnotes))]
    return {
        "id": f"OUT.{display.id}",
        "name": f"{display.name} {display.title}",
        "documentRefs": [
            {
                "referenceDocumentId": BOOK,
                "pageRefs": [{"refType": "NamedDestination", "pageNames": [display.id]}],
            }
        ],
        "fileSpecifications": [
            {"name": "displays.pdf", "location": "displays.pdf", "fileType": {"controlledTerm": "pdf"}}
        ],
        "displays": [
            {
                "order": 1,
                "display": {
                    "id": display.id,
                    "name": display.name,
                    "displayTitle": display.title,
                    "displaySections": [_section(display, kind, texts) for kind, texts in sections if texts],
                },
            }
        ],
    }


def _section(display: Display, kind: str, texts: Sequence[str]) -> Element:
    subsections = [
        {"order": n, "subSection": {"id": f"{display.id}.{kind}.{n}", "text": text}}
        for n, text in enumerate(texts, start=1)
    ]
    return {"sectionType": kind, "orderedSubSections": subsections}


def _list_of_contents(contents: Sequence[Content], analyses: Sequence[Analysis]) -> Element:
    items = []
    for order, content in enumerate(contents, start=1):
        display = content.display
        of_display = [
            {"name": a.lines[0][1].label, "level": 2, "order": n, "analysisId": a.id}
            for n, a in enumerate((a for a in analyses if a.display is display), start=1)
        ]
        item: Element = {"name": f"{display.name} {display.title}", "level": 1, "order": order}
        item |= {"outputId": f"OUT.{display.id}"}
        items.append(item | ({"sublist": {"listItems": of_display}} if of_display else {}))
    return {"name": "Displays of the report", "contentsList": {"listItems": items}}
