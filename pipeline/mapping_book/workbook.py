"""The mapping of a build as a workbook: an overview, one sheet per dataset, codelists, functions. The same
build gives the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from lxml.etree import SerialisationError
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from pipeline.errors import MachineError
from pipeline.finished import pages
from pipeline.formats.csv.write import FORMULA
from pipeline.mapping_book.model import Entry, Sheet
from pipeline.mapping_book.text import field_line, parameter_line, recoding_lines

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold: no clock is in the workbook
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML cannot hold them
_LONGEST = 32_767  # characters of a cell
Row = Sequence[str | int]

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
    _add_sheet(workbook, "Overview", _OVERVIEW, overview)
    for sheet in sheets:
        _add_sheet(workbook, sheet.name, (*_TARGET, *_RULE), _rows(sheet))
    _add_sheet(workbook, "Codelists", _CODELISTS, _terms(book))
    used = {entry.function for sheet in sheets for entry in sheet.entries()}
    functions = [[name, f["file"], f["text"]] for name, f in book["functions"].items() if name in used]
    _add_sheet(workbook, "Functions", _FUNCTIONS, functions)
    save(workbook, path)


def save(workbook: Workbook, path: Path) -> None:
    """Writes a workbook without the hour at which it was made.

    Raises    MachineError where it cannot be written.
    """
    content = BytesIO()
    try:
        workbook.save(content)
    except SerialisationError:  # openpyxl writes each sheet into a file of its own first
        raise MachineError(f"{path}: cannot be written: no room in the folder of temporary files") from None
    pages.save(_without_clock(content), path)


def _add_sheet(workbook: Workbook, title: str, names: tuple[str, ...], rows: Iterable[Row]) -> None:
    sheet = workbook.create_sheet(title)
    for row_number, row in enumerate([names, *rows], start=1):
        for column_number, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, column_number)
            cell.alignment = Alignment(vertical="top", wrap_text=row_number > 1)
            if isinstance(value, int):
                cell.value = value
                continue
            cell.value = _CONTROL.sub("\ufffd", value)[:_LONGEST] or None
            if cell.value is not None:
                cell.data_type = "s"  # text that begins with = is text, and stays so when it is edited
                cell.quotePrefix = value.startswith(FORMULA)
            if row_number == 1:
                cell.font = Font(bold=True)
    for column_number, name in enumerate(names, start=1):
        width = 48 if name in _WIDE else 16
        sheet.column_dimensions[get_column_letter(column_number)].width = width
    sheet.freeze_panes = "B2"


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


def _without_clock(content: BytesIO) -> bytes:
    """The workbook with every stamp at one fixed time."""
    fixed = BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", b"1980-01-01T00:00:00Z", part)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return fixed.getvalue()
