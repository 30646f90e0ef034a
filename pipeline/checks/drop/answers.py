"""The list of queries as it comes back from the sites: owner, status, answer and date of each query."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.formats.xlsx.package import DAMAGE_IN_OPENPYXL
from pipeline.records.queries import STATUSES, Answer

COLUMNS = ("query", "owner", "status", "answer", "answer_date")
Row = tuple[str, dict[str, str]]  # where it stands, and its cells


def read(path: Path, known: Container[str]) -> Mapping[str, Answer]:
    """The answers of a returned list, CSV or XLSX, by the number of the query.

    Takes     the file; the numbers of the queries that there are.
    Raises    UsageError with every row that cannot be taken, by file and line or cell.
    """
    answers: dict[str, Answer] = {}
    faults: list[str] = []
    for place, row in _rows(path):
        query = row["query"]
        answer = Answer(row["owner"], row["status"].lower(), row["answer"], row["answer_date"])
        if not query and not any(row.values()):
            continue
        if query not in known:
            faults.append(f"{place}: {query or 'no number'}: no query of this check or of the last one")
        elif answer.status not in STATUSES:
            expected = ", ".join(status for status in STATUSES if status)
            faults.append(f"{place}: {query}: the status is none of {expected}; write one of them, or none")
        elif answers.setdefault(query, answer) != answer:
            faults.append(f"{place}: {query}: answered before in this file, and otherwise; leave one answer")
    if faults:
        raise UsageError("\n".join(faults))
    return answers


def _rows(path: Path) -> Iterator[Row]:
    try:
        yield from _of_workbook(path) if path.suffix.lower() == ".xlsx" else _of_csv(path)
    except (*DAMAGE_IN_OPENPYXL, OSError, csv.Error) as error:
        why = "cannot be read as a list of queries"
        raise UsageError(
            f"{path}: {why} ({type(error).__name__}); return queries.csv or queries.xlsx"
        ) from None


def _of_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        _refuse_other_columns(path.name, reader.fieldnames or ())
        for row in reader:
            yield f"{path.name}:{reader.line_num}", {name: (row[name] or "").strip() for name in COLUMNS}


def _of_workbook(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook

    with path.open("rb") as file:  # openpyxl leaves open what it cannot read
        book = load_workbook(file, read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = sheet.iter_rows(values_only=True)
            names = [str(name) for name in next(rows, ())]
            where = f"{path.name}, sheet {sheet.title}"
            _refuse_other_columns(where, names)
            for number, cells in enumerate(rows, start=2):
                row = dict(zip(names, cells, strict=False))
                yield f"{where}, row {number}", {name: _text(row.get(name)) for name in COLUMNS}


def _refuse_other_columns(where: str, names: Container[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise UsageError(f"{where}: has no column {', '.join(missing)}; return the list with its columns")


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    return str(cell).strip()
