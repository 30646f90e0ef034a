"""What the pages know of a study and its mapping: datasets, forms, rules with their parameters, and how
values are distributed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.explain import related, rules
from pipeline.finished.build import Build
from pipeline.finished.reviewed import states
from pipeline.records.conditions import in_words
from pipeline.site.chunks import Coded
from pipeline.study import located
from pipeline.study.reader import REVIEWS

FREQUENT = 12  # values that a distribution lists; a number with more is shown in classes
CLASSES = 20


def study(build: Build, columns: Mapping[str, Sequence[str]], files: Mapping[str, Any]) -> dict[str, Any]:
    """The datasets and forms with their columns, and the files that hold their records.

    Takes     a build; the names of the columns of each dataset; the files of each dataset and form, by
              `records` and `raw`, as `records.write` tells them.
    """
    book = build.mapping_book
    forms = {
        name: {
            **book["forms"].get(name, {"title": name}),
            "fields": form["fields"],
            "files": files["raw"].get(name, []),
        }
        for name, form in build.study_facts["forms"].items()
    }
    return {
        **book["study"],
        "datasets": {name: _dataset(build, name, columns[name], files["records"][name]) for name in columns},
        "forms": forms,
        "subjects": build.study_facts["subjects"],
    }


def _dataset(build: Build, name: str, columns: Sequence[str], files: list[dict[str, Any]]) -> dict[str, Any]:
    facts, of_book = build.study_facts["datasets"][name], build.mapping_book["datasets"].get(name, {})
    return {
        "label": facts["label"],
        "layer": facts["layer"],
        "class": of_book.get("class", ""),
        "structure": of_book.get("structure", ""),
        "keys": facts["keys"],
        "number": related.sequence_variable(build, name) or "",
        "parent": rules.parent_of(build, name),
        "records": sum(file["rows"] for file in files),
        "columns": [column for column in columns if not column.startswith("_")],
        "variables": {v: [facts_of["label"], facts_of["type"]] for v, facts_of in facts["variables"].items()},
        "files": files,
    }


def readers(build: Build) -> dict[str, list[str]]:
    """By FORM.FIELD the variables whose mapping reads the field of their own record."""
    found: dict[str, list[str]] = {}
    for variable, content in build.variables.items():
        for rule in content.get("rules", ()):
            for read in rule.get("inputs", ()):
                if "." in variable and read["from"] in build.study_facts["forms"]:
                    found.setdefault(f"{read['from']}.{read['name']}", []).append(variable)
    return {field: sorted(set(variables)) for field, variables in sorted(found.items())}


def overview(build: Build, dataset: str, mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each variable of a dataset in a line: what it is, and how its values are distributed.

    Takes     what `mapping_of` returns.
    """
    for name, properties in build.study_facts["datasets"][dataset]["variables"].items():
        of_mapping = mapping["variables"][name]
        found = of_mapping.get("distribution", {})
        yield {
            "name": name,
            "label": properties["label"],
            "type": properties["type"],
            "core": of_mapping.get("core", ""),
            "role": of_mapping.get("role", ""),
            "missing": found.get("missing"),
            "distinct": found.get("distinct"),
            "bars": [*_bars(found.get("classes", ()))],
            "frequent": "; ".join(f"{_short(value)} ({n})" for value, n in found.get("frequent", ())[:3]),
        }


def _bars(classes: Sequence[int]) -> Iterator[tuple[int, float, float]]:
    """Left edge, top and height of each bar of a picture of 20 in height."""
    for place, count in enumerate(classes):
        height = round(20 * count / max(classes), 1)
        yield 5 * place, round(20 - height, 1), height


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"


def reviews(build: Build) -> dict[str, dict[str, str]]:
    """By line of the mapping who reviewed it, and whether it still says the same; none where nobody did."""
    path = build.home / "lineage" / "study"
    if not (path / REVIEWS).is_file():
        return {}
    return states(build.mapping_book, located.read(path, REVIEWS).value)


def mapping_of(
    build: Build, dataset: str, columns: Mapping[str, Coded], reviewed: Mapping[str, dict[str, str]]
) -> dict[str, Any]:
    """How a dataset is made: the rules of its records and variables, each with its words, inputs, parameters
    and recodings, who reviewed it, and how the values are distributed.
    """
    variables = build.study_facts["datasets"][dataset]["variables"]
    recodings: dict[str, list[list[Any]]] = {}
    for r in build.mapping_book["recodings"]:
        if r["dataset"] == dataset:
            recodings.setdefault(r["variable"], []).append([r["collected"], r["value"], r["records"]])
    return {
        "records": [*_rules(build, dataset)],
        "variables": {
            name: _variable(build, dataset, name, columns.get(name), recodings.get(name, []))
            for name in variables
        },
        "qualifiers": build.variables.get(dataset, {}).get("qualifiers", {}),
        "reviews": {
            target: review for target, review in reviewed.items() if target.partition(".")[0] == dataset
        },
    }


def _variable(
    build: Build, dataset: str, name: str, column: Coded | None, recodings: list[list[Any]]
) -> dict[str, Any]:
    properties = build.study_facts["datasets"][dataset]["variables"][name]
    of_book = build.mapping_book["datasets"].get(dataset, {}).get("variables", {}).get(name, {})
    node = f"{dataset}.{properties.get('part_of', name)}"
    content = {
        "core": of_book.get("core", ""),
        "role": of_book.get("role", ""),
        "comment": of_book.get("comment", ""),
        "origins": [origin["type"] for origin in of_book.get("origins", ())],
        "codelist": _codelist(build, properties.get("codelist", "")),
        "is_supplemental": bool(properties.get("supp")),
        "rules": [*_rules(build, node)],
        "raw": build.variables.get(node, {}).get("raw", []),
        "recodings": recodings,
        "distribution": distribution(column) if column else None,
    }
    return {key: value for key, value in content.items() if value not in ("", [], None, False)}


def _codelist(build: Build, name: str) -> dict[str, Any] | None:
    """A code list with its terms and their decodes."""
    found = build.mapping_book["codelists"].get(name)
    if not found:
        return None
    terms = [
        [term, facts.get("decode", facts.get("preferred", ""))] for term, facts in found["terms"].items()
    ]
    return {"name": found["name"], "code": found.get("code", ""), "terms": terms}


def _rules(build: Build, node: str) -> Iterator[dict[str, Any]]:
    """The rules of DATASET.VARIABLE, or of the records of DATASET."""
    for definition in build.variables.get(node, {}).get("rules", ()):
        shown = rules.shown(build, definition)
        parameters = [_parameter(part) for part in shown.parameters]
        inputs = [
            [read["as"], read["from"], read["name"], int(read["own"]), int(read["many"])]
            for read in definition.get("inputs", ())
        ]
        content = {
            "block": definition.get("block"),
            "verb": shown.verb,
            "what": shown.what,
            "text": shown.text,
            "source": shown.source,
            "place": shown.place,
            "code": shown.code,
            "where": in_words(shown.where, shown.unless),
            "parameters": parameters,
            "inputs": inputs,
            "endpoint": definition.get("endpoint", ""),
        }
        yield {key: value for key, value in content.items() if value not in ("", [], None)}


def _parameter(part: Mapping[str, Any]) -> list[str]:
    """Name, value with its unit, place and reason of a parameter."""
    value = f"{part['value']} {part.get('unit') or ''}".strip() if "value" in part else ""
    return [str(part["name"]), value, str(part.get("place") or ""), str(part.get("reason") or "")]


# --- distributions
def distribution(column: Coded) -> dict[str, Any]:
    """How many records have no value, how many distinct values there are, and how they are distributed: the
    most frequent ones, or of numbers that are many, how many lie in each of `CLASSES` classes of equal width.
    """
    counts = column.counts()
    content: dict[str, Any] = {
        "missing": int(len(column.codes) - counts.sum()),
        "distinct": int((counts > 0).sum()),
    }
    is_number = bool(column.values) and not any(isinstance(value, str) for value in column.values)
    if is_number and len(column.values) > FREQUENT:
        numbers = np.array(column.values, dtype="float64")
        in_class, bounds = np.histogram(numbers, bins=CLASSES, weights=counts)
        content |= {"classes": in_class.astype(int).tolist(), "from": bounds[0], "to": bounds[-1]}
        return content
    order = np.argsort(-counts, kind="stable")[:FREQUENT]
    content["frequent"] = [[column.values[place], int(counts[place])] for place in order if counts[place]]
    return content
