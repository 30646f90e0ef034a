"""The mapping of a build as a workbook: an overview, one sheet per dataset, codelists, functions. The same
build gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from pipeline.finished import pages
from pipeline.formats.xlsx.sheets import Row, add_sheet, packed
from pipeline.mapping_book.model import Entry, Sheet
from pipeline.mapping_book.text import field_line, parameter_line, recoding_lines

_OVERVIEW = ("Dataset", "Label", "Layer", "Structure", "Records", "Variables", "Comment")
_TARGET = ("Variable", "Label", "Type", "Core", "Codelist", "Published in", "Origin", "Values")
_RULE = ("Verb", "Rule", "Records", "Where", "Fields and questions", "Parameters", "Recodings",
         "Function text", "Comment", "Place")  # fmt: skip
_CODELISTS = ("Codelist", "Name", "NCI code", "Term", "NCI code of term", "Decode", "Collected", "Records")
_FUNCTIONS = ("Function", "File", "Text")
_WIDE = {"Label", "Structure", "Rule", "Where", "Fields and questions", "Parameters", "Recodings",
         "Function text", "Text", "Comment"}  # fmt: skip


def write(book: Mapping[str, Any], sheets: list[Sheet], path: Path) -> None:
    """Writes the workbook.

    Takes     what lineage/mapping.json says, and the datasets of it that are to be shown.
    """
    workbook = Workbook()
    workbook.remove(workbook.active)
    overview: list[Row] = [
        (s.name, s.label, s.layer, s.structure, s.records, len(s.targets), s.comment) for s in sheets
    ]
    add_sheet(workbook, "Overview", _OVERVIEW, overview, _WIDE)
    for sheet in sheets:
        add_sheet(workbook, sheet.name, (*_TARGET, *_RULE), _rows(sheet), _WIDE)
    add_sheet(workbook, "Codelists", _CODELISTS, _terms(book), _WIDE)
    used = {entry.function for sheet in sheets for entry in sheet.entries()}
    functions = [[name, f["file"], f["text"]] for name, f in book["functions"].items() if name in used]
    add_sheet(workbook, "Functions", _FUNCTIONS, functions, _WIDE)
    save(workbook, path)


def save(workbook: Workbook, path: Path) -> None:
    """Writes a workbook without the hour at which it was made.

    Raises    MachineError where it cannot be written.
    """
    pages.save(packed(workbook, path), path)


def _rows(sheet: Sheet) -> Iterator[Row]:
    """The rules of the dataset's records, then each variable with its rules."""
    for entry in sheet.rows:
        yield ["(records)", "", "", "", "", "", "", sheet.records, *_rule(entry)]
    for t in sheet.targets:
        target: Row = (t.name, t.label, t.type, t.core, t.codelist, t.published, t.origin, t.filled)
        for entry in t.entries:
            yield [*target, *_rule(entry)]


def _rule(entry: Entry) -> list[str]:
    return [
        entry.verb,
        f"{entry.what} ({entry.verb_in_words})".lstrip(),
        ", ".join(entry.sources),
        "\n".join(entry.where),
        "\n".join(field_line(field) for field in entry.fields),
        "\n".join(parameter_line(parameter) for parameter in entry.parameters),
        "\n".join(recoding_lines(entry)),
        entry.text,
        entry.comment,
        entry.place,
    ]


def _terms(book: Mapping[str, Any]) -> Iterator[Row]:
    """Every term of every codelist, with each spelling that became it in this build; terms that did not occur
    have no records.
    """
    recodings = _recodings_by_codelist(book)
    for name, codelist in book["codelists"].items():
        of_codelist = recodings.get(name, {})
        terms: dict[str, Any] = codelist["terms"]
        unlisted = {value for _, value in of_codelist} - terms.keys()
        for term in [*terms, *sorted(unlisted)]:
            properties = terms.get(term, {})
            code, decode = properties.get("code", ""), properties.get("decode", "")
            spellings = [(text, n) for (text, value), n in of_codelist.items() if value == term]
            for collected, records in sorted(spellings) or [("", 0)]:
                list_code = codelist.get("code", "")
                yield [name, codelist["name"], list_code, term, code, decode, collected, records]


def _recodings_by_codelist(book: Mapping[str, Any]) -> dict[str, dict[tuple[str, str], int]]:
    """Of each codelist the collected texts and values that its rules recoded, with their records."""
    codelists: dict[tuple[str, str, int | None], str] = {}  # by dataset, variable and block
    for dataset, content in book["datasets"].items():
        for variable, properties in content["variables"].items():
            for rule in properties["rules"]:
                if "codelist" in rule:
                    codelists[dataset, variable, rule.get("block")] = rule["codelist"]
    recodings: dict[str, dict[tuple[str, str], int]] = {}
    for r in book["recodings"]:
        codelist = codelists.get((r["dataset"], r["variable"], r["block"]))
        if codelist and not r.get("how"):
            of_codelist = recodings.setdefault(codelist, {})
            pair = (r["collected"], r["value"])
            of_codelist[pair] = of_codelist.get(pair, 0) + r["records"]
    return recodings
