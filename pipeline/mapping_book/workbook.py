"""The mapping of a build as a workbook: an overview, one sheet a dataset, codelists, functions. The same
build gives the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from pipeline.finished import pages
from pipeline.mapping_book.book import Entry, Sheet
from pipeline.mapping_book.text import field_line, parameter_line, recoding_lines

_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold: no clock is in the workbook
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML cannot hold them
_MOST = 32_767  # characters of a cell
Row = Sequence[str | int]

_COLUMNS = ("Variable", "Label", "Type", "Core", "Codelist", "Published in", "Origin", "Values", "Verb", "Rule", "Records", "Where",
            "Fields and questions", "Parameters", "Recodings", "Function text", "Comment", "Place")  # fmt: skip


def write(book: Mapping[str, Any], sheets: list[Sheet], path: Path) -> None:
    """Writes the workbook."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    overview: list[Row] = [
        [s.name, s.label, s.layer, s.structure, s.records, len(s.targets), s.comment] for s in sheets
    ]
    _fill(
        workbook,
        "Overview",
        ("Dataset", "Label", "Layer", "Structure", "Records", "Variables", "Comment"),
        overview,
    )
    for sheet in sheets:
        _fill(workbook, sheet.name, _COLUMNS, _rows(sheet))
    _fill(
        workbook,
        "Codelists",
        ("Codelist", "Name", "NCI code", "Term", "NCI code of term", "Decode", "Collected", "Records"),
        _terms(book),
    )
    used = {e.function for s in sheets for t in s.targets for e in (*t.entries, *s.rows) if e.function}
    texts = ([n, f["file"], f["text"]] for n, f in book["functions"].items() if n in used)
    _fill(workbook, "Functions", ("Function", "File", "Text"), texts)
    held = BytesIO()
    workbook.save(held)
    pages.save(_without_clock(held), path)


def _fill(workbook: Workbook, title: str, names: tuple[str, ...], rows: Iterable[Row]) -> None:
    sheet = workbook.create_sheet(title)
    for r, row in enumerate([names, *rows], start=1):
        for c, value in enumerate(row, start=1):
            cell = sheet.cell(r, c)
            cell.alignment = Alignment(vertical="top", wrap_text=r > 1)
            if isinstance(value, int):
                cell.value = value
                continue
            cell.value = _CONTROL.sub("\ufffd", value)[:_MOST] or None
            if cell.value is not None:
                cell.data_type = "s"  # text that begins with = is text, and stays so when it is edited
                cell.quotePrefix = value[0] in "=+-@\t\r"
            if r == 1:
                cell.font = Font(bold=True)
    for c, name in enumerate(names, start=1):
        wide = name in (
            "Label",
            "Structure",
            "Rule",
            "Where",
            "Fields and questions",
            "Parameters",
            "Recodings",
            "Function text",
            "Text",
            "Comment",
        )
        sheet.column_dimensions[get_column_letter(c)].width = 48 if wide else 16
    sheet.freeze_panes = "B2"


def _rows(sheet: Sheet) -> Iterator[list[str | int]]:
    for e in sheet.rows:
        yield ["(records)", "", "", "", "", "", "", sheet.records, *_rule(e)]
    for t in sheet.targets:
        for e in t.entries:
            yield [t.name, t.label, t.type, t.core, t.codelist, t.published, t.origin, t.filled, *_rule(e)]


def _rule(e: Entry) -> list[str]:
    told = (
        ", ".join(e.sources),
        "\n".join(e.where),
        "\n".join(map(field_line, e.fields)),
        "\n".join(map(parameter_line, e.parameters)),
        "\n".join(recoding_lines(e)),
    )
    return [e.verb, f"{e.what} ({e.said})".lstrip(), *told, e.text, e.comment, e.place]


def _terms(book: Mapping[str, Any]) -> Iterator[list[str | int]]:
    """Every term of every codelist, with each spelling that became it in this build; terms that did not occur
    have no records.
    """
    used = _used(book)
    for name, codelist in book["codelists"].items():
        found = used.get(name, {})
        for term in [*codelist["terms"], *sorted({v for _, v in found} - codelist["terms"].keys())]:
            known = codelist["terms"].get(term, {})
            head = [
                name,
                codelist["name"],
                codelist.get("code", ""),
                term,
                known.get("code", ""),
                known.get("decode", ""),
            ]
            spelt = sorted((c, n) for (c, v), n in found.items() if v == term)
            for collected, records in spelt or [("", 0)]:
                yield [*head, collected, records]


def _used(book: Mapping[str, Any]) -> dict[str, dict[tuple[str, str], int]]:
    """Of each codelist the recodings that its rules made."""
    lists = {
        (d, v, r.get("block")): r["codelist"]
        for d, told in book["datasets"].items()
        for v, variable in told["variables"].items()
        for r in variable["rules"]
        if "codelist" in r
    }
    found: dict[str, dict[tuple[str, str], int]] = {}
    for r in book["recodings"]:
        name = lists.get((r["dataset"], r["variable"], r["block"]))
        if name:
            counts = found.setdefault(name, {})
            counts[r["collected"], r["value"]] = counts.get((r["collected"], r["value"]), 0) + r["records"]
    return found


def _without_clock(held: BytesIO) -> bytes:
    """The workbook with every stamp at one fixed time."""
    fixed = BytesIO()
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", b"1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return fixed.getvalue()
