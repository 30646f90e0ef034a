"""The fields of raw forms that no line of a mapping reads: collected, and in no dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.finished.folder import Folder


def unread(build: Folder) -> dict[str, list[str]]:
    """By form the fields that no line reads, in the order of the contract.

    The subject number tells whose a record is, so it is read in every form.

    Takes     a finished build.
    """
    read: set[str] = set()
    for rule in _rules(build.mapping_book):
        read.update(*rule.get("of", {}).values())
    for entry in build.mapping_book["set_aside"]:
        read |= {f"{entry['from']}.{field}" for field in entry["where"]}
    subjects = build.study_facts["subjects"]
    numbers = {subjects["number"], subjects["earlier"]}
    found: dict[str, list[str]] = {}
    for name in build.mapping_book["fields"]:
        form, _, field = name.partition(".")
        if name not in read and field not in numbers:
            found.setdefault(form, []).append(field)
    return found


def _rules(book: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every rule of the mapping: of records, and of variables."""
    for dataset in book["datasets"].values():
        yield from dataset["blocks"]
        for variable in dataset["variables"].values():
            yield from variable["rules"]
