"""docs/keys.md has every key of every file of a study, and no other; it says which of them are needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline import yaml_schemas
from tests.conftest import ROOT

Node = dict[str, Any]
PAGE = (ROOT / "docs" / "keys.md").read_text("utf-8")
SECTIONS = {
    "study": "specs/study.yaml",
    "header": "specs/raw/header.yaml",
    "form": "specs/raw/FORM.yaml",
    "dataset": "specs/sdtm/DATASET.yaml, specs/adam/DATASET.yaml",
    "mapping": "mappings/sdtm/DATASET.yaml, mappings/adam/DATASET.yaml",
    "set_aside": "mappings/set_aside.yaml",
} | {
    kind: f"specs/{kind}.yaml"
    for kind in (
        "codelists", "units", "translations", "characters", "waivers", "reviews", "door", "guides",
        "displays", "nmpa", "simulation", "faults",
    )
}  # fmt: skip
SET_BY_THE_LOADER = {"part_of", "composed_of"}  # in the model, and in no file
# parts of one file that are those of another, to which the page points
ELSEWHERE = {"header": {"RawField", "Numeric"}, "nmpa": {"Answer"}}

# a term has so many short forms that the schema of a list does not name its long one
LOOSE = {("LIST", "terms", "TERM"): "Term"}
FUNCTIONS = {"derive"}  # one of the functions, which are too many for a page


def tables(kind: str) -> dict[tuple[str, ...], dict[str, str]]:
    """By the path in its heading each table of the section of a file: key -> the rest of its row."""
    _, _, rest = PAGE.partition(f"\n## {SECTIONS[kind]}\n")
    found: dict[tuple[str, ...], dict[str, str]] = {}
    path: tuple[str, ...] = ()
    for line in rest.partition("\n## ")[0].splitlines():
        if heading := re.fullmatch(r"### `(.+)`", line):
            path = tuple(heading[1].split("."))
            assert path not in found, f"{path} stands twice"
        elif row := re.fullmatch(r"\| `([^`]+)` (\|.+\|)", line):
            keys = found.setdefault(path, {})
            assert row[1] not in keys, f"{row[1]} stands twice"
            keys[row[1]] = row[2]
    return found


def reached(node: Node) -> Iterator[str]:
    """The parts of a file that a value may be, one of a list of, or under any name."""
    if "$ref" in node:
        yield node["$ref"].rpartition("/")[2]
    for part in node.get("anyOf", ()):
        yield from reached(part)
    for within in ("items", "additionalProperties"):
        if isinstance(node.get(within), dict):
            yield from reached(node[within])


def part_at(schema: Node, path: tuple[str, ...]) -> set[str]:
    """The names of the parts to which a path of keys leads; a name in capitals stands for any key."""
    if path in LOOSE:
        return {LOOSE[path]}
    nodes, defs = [schema], schema.get("$defs", {})
    names: set[str] = set()
    for i, key in enumerate(path):
        if key.isupper():
            names = names or {name for node in nodes for name in reached(node)}
        else:
            nodes = [node["properties"][key] for node in nodes if key in node.get("properties", {})]
            names = {name for node in nodes for name in reached(node)}
        if i + 1 < len(path) and not path[i + 1].isupper():
            nodes = [defs[name] for name in names]
    return names


def enumerated(node: Any) -> Iterator[str]:
    """The words of which a value must be one, wherever they stand in it."""
    if isinstance(node, dict):
        yield from (v for v in node.get("enum", ()) if isinstance(v, str) and len(v) > 1)
        for part in node.values():
            yield from enumerated(part)
    elif isinstance(node, list):
        for part in node:
            yield from enumerated(part)


def told(part: Node, rows: dict[str, str]) -> None:
    keys = {key: node for key, node in part["properties"].items() if key not in SET_BY_THE_LOADER}
    assert set(rows) == set(keys)
    assert {key for key, row in rows.items() if "*needed*" in row} == set(part.get("required", ()))
    for key, node in keys.items():
        for value in enumerated(node) if key not in FUNCTIONS else ():
            assert f"`{value}`" in rows[key], f"{key}: {value}"


def test_every_kind_of_file_has_a_section_and_nothing_else_does() -> None:
    assert set(SECTIONS) == set(yaml_schemas.KINDS)
    assert sorted(re.findall(r"^## (.+)$", PAGE, re.M)) == sorted(SECTIONS.values())


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_the_keys_of_a_file_are_those_of_its_model(kind: str) -> None:
    schema = yaml_schemas.schema(kind)
    tabled = tables(kind)
    top = tabled.pop((), None)
    if "properties" in schema:
        assert top is not None
        told(schema, top)
    if kind == "simulation":  # only what stands at its top
        assert not tabled
        return
    parts = {
        name: part
        for name, part in schema.get("$defs", {}).items()
        if "properties" in part and name not in ELSEWHERE.get(kind, set())
    }
    found: list[str] = []
    for path, rows in tabled.items():
        (name,) = part_at(schema, path) & parts.keys()
        found.append(name)
        told(parts[name], rows)
    assert sorted(found) == sorted(parts)


def test_what_the_page_leaves_to_another_section_is_the_same_there() -> None:
    of = {kind: yaml_schemas.schema(kind)["$defs"] for kind in ("header", "form", "nmpa", "guides")}
    assert all(of["header"][name] == of["form"][name] for name in ELSEWHERE["header"])
    assert all(of["nmpa"][name] == of["guides"][name] for name in ELSEWHERE["nmpa"])
