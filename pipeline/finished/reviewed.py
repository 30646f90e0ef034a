"""Whether a line of the mapping still says what it said when somebody reviewed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.study.models import PARAMETERS

Book = Mapping[str, Any]  # what lineage/mapping.json says

REVIEWED, CHANGED, GONE = "reviewed", "changed since", "gone"
_NO_CONTENT = ("filled", "place")  # what data or the lines of a file change, and no rule


def content_hash(book: Book, target: str) -> str | None:
    """A hash of what decides the values of a variable, or which records a dataset has: the spec, the rules
    with their conditions, the source of their functions, parameters and code lists.

    Takes     the mapping; DATASET.VARIABLE, or DATASET for its records.
    Returns   sha256: and 16 hexadecimal digits; None where the mapping has no such line.
    """
    dataset, _, variable = target.partition(".")
    entry = book["datasets"].get(dataset)
    if entry is None or (variable and variable not in entry["variables"]):
        return None
    said = entry["variables"][variable] if variable else {"rules": entry.get("blocks", [])}
    rules = [_without(rule) for rule in said["rules"]]
    used = [part for rule in rules for part in _used(book, rule)]
    lists = [book["codelists"].get(said.get("codelist", ""))]
    text = json.dumps([_without(said), rules, used, lists], sort_keys=True, ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def states(book: Book, reviews: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """What is so of each line that was reviewed: by whom, and whether it still says the same.

    Takes     the mapping of a build; the content of specs/reviews.yaml.
    """
    return {target: _state(book, target, review) for target, review in reviews.items()}


def _state(book: Book, target: str, review: Mapping[str, Any]) -> dict[str, str]:
    now = content_hash(book, target)
    state = REVIEWED if now == review["content"] else CHANGED
    told = {"by": str(review["by"]), "state": GONE if now is None else state}
    return {**told, "note": str(review["note"])} if review.get("note") else told


def _without(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in (*_NO_CONTENT, "rules")}


def _used(book: Book, rule: Mapping[str, Any]) -> Iterator[Any]:
    """The source of the function that a rule names, the parameters that it takes, and its code list."""
    function = book["functions"].get(rule.get("function", ""))
    if function:
        yield [function["source"], function["rest"]]
    for part in rule.get("specs", {}).values():
        parameter = book["parameters"].get(str(part).removeprefix(PARAMETERS))
        yield [part, parameter["value"] if parameter else None]
    yield book["codelists"].get(rule.get("codelist", ""))
