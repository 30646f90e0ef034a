"""The rules of lineage as an explanation tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.explain.nodes import Rule
from pipeline.finished.build import SHARE, STUDY, Published, Record

TEXTS = {
    "constant": "The same value in each record.",
    "copy": "The value as it stands.",
    "codelist": "The value recoded by the codelist {what}.",
    "date": "The collected date as ISO 8601, as precise as it was collected.",
    "rows": "One record for each record of {source}{condition}.",
    "study": "As specs/study.yaml says.",
}


def made_by(build: Published, node: str, block: int) -> Mapping[str, Any] | None:
    """The rule of a variable, or of a dataset's records, in the records of a block."""
    told = build.variables.get(node, {"rules": []})
    return next((r for r in told["rules"] if r.get("block", block) == block), None)


def shown(build: Published, rule: Mapping[str, Any]) -> Rule:
    """A rule with its text, its function and the parameters it takes."""
    function = build.study["functions"].get(rule.get("function"), {})
    what = str(rule.get("what", ""))
    text = function.get("text") or TEXTS.get(rule["verb"], "").format(
        what=what,
        source=rule.get("source", ""),
        condition=" that meets the condition" if rule.get("where") else "",
    )
    return Rule(
        verb="derive" if rule["verb"] == "rows" and function else rule["verb"],
        what=what,
        text=text,
        source=function.get("source", ""),
        place=rule.get("place", rule.get("file", "")),
        code=rule.get("function", ""),
        where=rule.get("where", {}),
        parameters=[*_parameters(build, rule)],
    )


def _parameters(build: Published, rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each parameter of specs/ that the rule takes, with its value and reason; of a codelist or a constant
    the place.
    """
    known = build.study["parameters"]
    for name, told in rule.get("specs", {}).items():
        yield {"name": f"parameter {name}", "of": told, **known.get(told, {})}
    if "value" in rule:
        yield {"name": f"constant {rule['what']}", "value": rule["value"], "place": STUDY}
    if "codelist" in rule:
        yield {"name": f"codelist {rule['what']}", "place": rule["codelist"]}


def raw_fields(build: Published, dataset: str, variable: str) -> list[str]:
    """The raw fields that lineage declares of a variable, as variables.json names them; of the participant
    those that resolve her.
    """
    told = build.study["datasets"][dataset]["variables"].get(variable, {})
    if variable == "USUBJID":
        who = build.study["subjects"]
        anyhow = [f"{who['form']}.{who[n]}{SHARE}" for n in ("number", "earlier")]
        return sorted([*anyhow, *(f"{form}.{who['number']}" for form in build.study["forms"])])
    found: list[str] = build.variables.get(f"{dataset}.{told.get('part_of', variable)}", {}).get("raw", [])
    return found


def declared(build: Published, record: Record, variable: str) -> list[str]:
    """The raw fields behind a cell: those of its variable, or of a SUPP-- value those of the parent's
    variable and record.
    """
    if record.form == STUDY:
        return raw_fields(build, record.dataset, variable) if counts(build, record) else []
    parent = build.variables.get(record.dataset, {}).get("of") if record.dataset.startswith("SUPP") else None
    if parent is None or variable == "USUBJID":
        return raw_fields(build, record.dataset, variable)
    found = set(build.variables.get(parent, {}).get("raw", []))
    qualifier = (
        build.variables[record.dataset]["qualifiers"].get(build.value(record, "QNAM"), {}).get("of", "")
    )
    names = [qualifier, *([f"{parent}SEQ"] if variable == "IDVARVAL" else [])]
    return sorted(found.union(*(raw_fields(build, parent, n) for n in names)))


def counts(build: Published, record: Record) -> bool:
    """Whether a record of the trial's design is of a parameter that is counted in the data."""
    return record.dataset == "TS" and build.value(record, "TSPARMCD") in build.study["counted"]
