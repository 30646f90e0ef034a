"""What changed between two finished builds: the mapping by meaning, raw records, data, endpoints, documents,
and what explains it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

import pandas as pd

from pipeline.errors import UsageError
from pipeline.finished.folder import Folder
from pipeline.review import define, displays, endpoints, files, guides, meaning, raw, records
from pipeline.review.causes import Causes
from pipeline.review.records import Compared

_EPOCH = pd.Timestamp("1960-01-01")  # day 0 of a date in a transport file


@dataclass(frozen=True)
class Cell:
    """A value that changed, or (`variable` empty) a record that was added or removed."""

    dataset: str
    variable: str
    key: str
    old: str
    new: str


@dataclass(frozen=True)
class Review:
    """What changed as plain data, which holds no participant's values, and (if asked for) every changed
    cell.
    """

    content: Mapping[str, Any]
    cells: list[Cell]

    def cells_as_csv(self) -> str:
        """The cells as a table."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(field.name for field in fields(Cell))
        writer.writerows(astuple(cell) for cell in self.cells)
        return text.getvalue()


def review(old: Folder, new: Folder, with_cells: bool = False) -> Review:
    """Compares two builds of one study.

    Raises    UsageError where they are of different studies.
    """
    if old.study_id != new.study_id:
        raise UsageError(
            f"the builds are of different studies, {old.study_id} and {new.study_id}; name two builds of one"
        )
    changes = [*meaning.changes(old.mapping_book, new.mapping_book), *files.changes(old, new)]
    raw_forms = list(raw.forms(old, new))
    causes = Causes(old, new, changes, raw_forms)
    datasets: list[dict[str, Any]] = []
    of_time: list[str] = []  # endpoints of time to event come first
    others: list[str] = []
    cells: list[Cell] = []
    for name in dict.fromkeys([*old.mapping_book["datasets"], *new.mapping_book["datasets"]]):
        compared = records.compared(name, old, new)
        if compared is None or not _is_changed(compared):
            continue
        datasets.append(_dataset(compared, causes))
        told = of_time if name in new.study_facts["endpoints"] else others
        told += endpoints.sentences(compared)
        if with_cells:
            cells += _cells(compared, new)
    content = {
        "study": new.study_id,
        "builds": [old.name, new.name],
        "mapping": [change.as_data() for change in changes],
        "raw": [form.as_data() for form in raw_forms],
        "datasets": datasets,
        "endpoints": [*of_time, *others],
        "displays": list(displays.displays(old, new)),
        "define": list(define.items(old, new)),
        "guides": list(guides.paragraphs(old, new)),
        "unexplained": [
            f"{dataset['dataset']}.{variable}".rstrip(".")
            for dataset in datasets
            for variable, explained in dataset["explained"].items()
            if explained["nothing"]
        ],
    }
    parts = ("mapping", "raw", "datasets", "displays", "define", "guides")
    changed = any(content[part] for part in parts)
    return Review({"changed": changed, **content}, cells)


def _is_changed(compared: Compared) -> bool:
    same_variables = set(compared.old) == set(compared.new)
    return bool(len(compared.added) or len(compared.removed) or compared.changed or not same_variables)


def _dataset(compared: Compared, causes: Causes) -> dict[str, Any]:
    """What changed in a dataset, and what explains it."""
    name, added, removed = compared.name, compared.added, compared.removed
    explained = {}
    if len(added) or len(removed):
        explained[""] = causes.of_records(name, added) + causes.of_records(name, removed)
    for variable, is_changed in compared.changed.items():
        explained[variable] = causes.of_cells(name, variable, *compared.before_and_after(is_changed))
    return {
        "dataset": name,
        "added": len(added),
        "removed": len(removed),
        "variables": {variable: int(is_changed.sum()) for variable, is_changed in compared.changed.items()},
        "columns_added": [column for column in compared.new if column not in compared.old],
        "columns_removed": [column for column in compared.old if column not in compared.new],
        "explained": {variable: cause.as_data() for variable, cause in explained.items()},
    }


# --- cells
def _cells(compared: Compared, new: Folder) -> Iterator[Cell]:
    """Each record that was added or removed and each changed cell, with the record's key."""
    dataset = new.mapping_book["datasets"].get(compared.name, {"keys": [], "variables": {}})
    keys = [k for k in dict.fromkeys(["USUBJID", *dataset["keys"]]) if k in compared.new and k != "STUDYID"]
    types = {variable: properties["type"] for variable, properties in dataset["variables"].items()}
    for key in _keys(compared.added, keys, types):
        yield Cell(compared.name, "", key, "", "record added")
    for key in _keys(compared.removed, keys, types):
        yield Cell(compared.name, "", key, "record removed", "")
    for variable, is_changed in compared.changed.items():
        before, after = compared.before_and_after(is_changed)
        kind = types.get(variable, "")
        records_keys = _keys(after, keys, types)
        for key, was, now in zip(records_keys, before[variable], after[variable], strict=True):
            yield Cell(compared.name, variable, key, _shown(was, kind), _shown(now, kind))


def _keys(dataset: pd.DataFrame, keys: list[str], types: Mapping[str, str]) -> Iterator[str]:
    """The key of each record in words, without missing parts."""
    for row in dataset[[key for key in keys if key in dataset]].to_dict("records"):
        parts = [(key, _shown(value, types.get(str(key), ""))) for key, value in row.items()]
        yield ", ".join(f"{key} = {value}" for key, value in parts if value)


def _shown(value: Any, kind: str) -> str:
    """A published value in words: a date as ISO 8601, a number without a needless point."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if kind == "date":
        return (_EPOCH + pd.Timedelta(days=int(value))).date().isoformat()
    return f"{value:.12g}"
