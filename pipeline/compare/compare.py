"""What differs between a finished build and datasets that somebody else made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.compare import attributes, pairs, tables, values
from pipeline.compare.attributes import Attribute
from pipeline.compare.pairs import Pairs
from pipeline.compare.shown import shown
from pipeline.compare.tables import Table
from pipeline.compare.values import Tolerance
from pipeline.errors import UsageError
from pipeline.finished.folder import Folder
from pipeline.study.located import nearest

FIRST = 5  # records that are shown of each kind of difference


def compared(build: Folder, folder: Path, wanted: Sequence[str], within: Tolerance) -> dict[str, Any]:
    """What differs between the datasets of a build and those of a folder.

    Takes     a finished build; a folder, searched with all folders in it, or one file; the datasets to
              compare, none for all of both; how far numbers may be apart.
    Returns   plain data, as `--json` prints it, with the values of the first records that differ.
    Raises    UsageError where there is nothing to compare; DropError for a file that cannot be read.
    """
    books: Mapping[str, Any] = build.mapping_book["datasets"]
    files = _files(folder)
    _refuse_unknown(wanted, [*books, *files])
    chosen = set(wanted) or {*books, *files}
    both = [name for name in books if name in files and name in chosen]
    datasets = [
        dataset(
            tables.read(build.transport_file(name)), tables.read(files[name]), books[name]["keys"], within
        )
        for name in both
    ]
    only_in_build = [name for name in books if name in chosen and name not in files]
    only_in_folder = sorted(name for name in files if name in chosen and name not in books)
    return {
        "study": build.study_id,
        "build": build.name,
        "folder": folder.name,
        "tolerance": str(within),
        "equal": all(d["equal"] for d in datasets) and not only_in_build and not only_in_folder,
        "only_in_build": only_in_build,
        "only_in_folder": only_in_folder,
        "datasets": datasets,
    }


# --- files
def _files(folder: Path) -> dict[str, Path]:
    """The file of each dataset in a folder; a dataset is called by its file, as SAS does."""
    if not folder.exists():
        raise UsageError(f"{folder}: no such file or folder")
    found = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.is_file())
    files: dict[str, Path] = {}
    for path in found:
        if path.suffix.lower() not in tables.SUFFIXES:
            continue
        name = path.stem.upper()
        if name in files:
            raise UsageError(
                f"{folder}: holds {name} twice, as {files[name].relative_to(folder)} and"
                f" {path.relative_to(folder)}; name a folder that has each dataset once"
            )
        files[name] = path
    if not files:
        raise UsageError(f"{folder}: no dataset here; expected files {', '.join(tables.SUFFIXES)}")
    return files


def _refuse_unknown(wanted: Iterable[str], known: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"{name}: neither the build nor the folder has it{nearest(name, known)}")


# --- one dataset
def dataset(ours: Table, theirs: Table, keys: Sequence[str], within: Tolerance) -> dict[str, Any]:
    """What differs between two files of one dataset.

    Takes     the build's dataset and the other one; the keys of the dataset; how far numbers may be apart.
    Returns   plain data, with the values of the first records that differ.
    """
    pairing = pairs.paired(ours, theirs, keys)
    differing = [*attributes.differing(ours, theirs), *_order_of_records(pairing)]
    variables = [*_variables(ours, theirs, pairing, within)]
    only_in_ours = pairing.only_in_ours(len(ours.frame))
    only_in_theirs = pairing.only_in_theirs(len(theirs.frame))
    only_ours = [v for v in ours.variables if v not in theirs.variables]
    only_theirs = [v for v in theirs.variables if v not in ours.variables]
    anything = [differing, variables, only_ours, only_theirs]
    return {
        "dataset": ours.name,
        "file": theirs.file.name,
        "equal": not any(anything) and not len(only_in_ours) and not len(only_in_theirs),
        "records_in_build": len(ours.frame),
        "records_in_folder": len(theirs.frame),
        "paired": len(pairing.ours),
        "keys": [*pairing.keys],
        "notes": [*pairing.notes],
        "attributes": [asdict(attribute) for attribute in differing],
        "variables_only_in_build": only_ours,
        "variables_only_in_folder": only_theirs,
        "records_only_in_build": _records(ours, only_in_ours, pairing.keys),
        "records_only_in_folder": _records(theirs, only_in_theirs, pairing.keys),
        "variables": variables,
    }


def _order_of_records(pairing: Pairs) -> Iterator[Attribute]:
    """The first two records that stand in another order in the other file."""
    turned = np.flatnonzero(np.diff(pairing.theirs) < 0)
    if len(turned):
        first, second = turned[0], turned[0] + 1
        ours, theirs = (
            f"records {side[first] + 1}, {side[second] + 1}" for side in (pairing.ours, pairing.theirs)
        )
        yield Attribute("", "order of records", ours, theirs)


def _records(table: Table, places: np.ndarray, keys: Sequence[str]) -> dict[str, Any]:
    first = [{"record": int(p) + 1, "key": _key(table, int(p), keys)} for p in places[:FIRST]]
    return {"count": len(places), "first": first}


def _variables(ours: Table, theirs: Table, pairing: Pairs, within: Tolerance) -> Iterator[dict[str, Any]]:
    """The variables with a value that differs in a record of both."""
    for name, variable in ours.variables.items():
        if name not in theirs.variables or name in pairing.keys:
            continue
        left = ours.frame[name].iloc[pairing.ours].reset_index(drop=True)
        right = theirs.frame[name].iloc[pairing.theirs].reset_index(drop=True)
        if variable.text != theirs.variables[name].text:
            continue  # told as a difference of type
        places = np.flatnonzero(values.differing(left, right, within))
        if not len(places):
            continue
        yield {
            "variable": name,
            "differing": len(places),
            "largest": None if variable.text else _largest(left, right),
            "first": [_difference(ours, theirs, pairing, name, int(p)) for p in places[:FIRST]],
        }


def _largest(left: Any, right: Any) -> float | None:
    """The largest distance of two numbers; None where one of each pair is missing."""
    distances = (left - right).abs().dropna()
    return float(distances.max()) if len(distances) else None


def _difference(ours: Table, theirs: Table, pairing: Pairs, name: str, place: int) -> dict[str, Any]:
    our_place, their_place = int(pairing.ours[place]), int(pairing.theirs[place])
    return {
        "record_in_build": our_place + 1,
        "record_in_folder": their_place + 1,
        "key": _key(ours, our_place, pairing.keys),
        "build": shown(ours, name, our_place),
        "folder": shown(theirs, name, their_place),
    }


def _key(table: Table, place: int, keys: Sequence[str]) -> dict[str, Any]:
    return {key: shown(table, key, place) for key in keys if key != "STUDYID"}
