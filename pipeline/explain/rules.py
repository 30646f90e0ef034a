"""The rules of lineage as an explanation shows them, and the raw fields that lineage declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.explain.nodes import Rule
from pipeline.explain.rewriting import UNCHANGED
from pipeline.finished import raw_fields
from pipeline.finished.build import STUDY, Build, Record
from pipeline.finished.raw_fields import OF_SUBJECT, RawField

TEXTS = {  # of each verb but derive, whose text is the docstring of its function
    "constant": "The same value in each record.",
    "copy": UNCHANGED,
    "codelist": "The value recoded by the codelist {what}.",
    "date": "The collected date as ISO 8601, as precise as it was collected.",
    "rows": "One record for each record of {source}{condition}.",
    "study": "As specs/study.yaml says.",
}


def rule_of(build: Build, node: str, block: int) -> Mapping[str, Any] | None:
    """The rule of a variable, or of a dataset's records, in the records of a block; None where it has none.

    Takes     DATASET.VARIABLE or DATASET; a rule without a block is the rule of all blocks.
    """
    rules = build.variables.get(node, {}).get("rules", [])
    return next((rule for rule in rules if rule.get("block", block) == block), None)


def shown(build: Build, rule: Mapping[str, Any]) -> Rule:
    """A rule with its text, its function and the parameters that it takes.

    Takes     a finished build; a rule as variables.json has it.
    Returns   the rule with the value and reason of each parameter that it binds.
    """
    function = build.study_facts["functions"].get(rule.get("function"), {})
    what = str(rule.get("what", ""))
    condition = " that meets the condition" if rule.get("where") or rule.get("unless") else ""
    text = TEXTS.get(rule["verb"], "").format(what=what, source=rule.get("source", ""), condition=condition)
    return Rule(
        verb="derive" if rule["verb"] == "rows" and function else rule["verb"],
        what=what,
        text=function.get("text") or text,
        source=function.get("source", ""),
        place=rule.get("place", rule.get("file", "")),
        code=rule.get("function", ""),
        where=rule.get("where", {}),
        unless=rule.get("unless", ()),
        parameters=[*_parameters(build, rule)],
    )


def _parameters(build: Build, rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The parts of specs/ that the rule takes: parameters with value and reason, a constant, a codelist."""
    parameters = build.study_facts["parameters"]
    for name, part in rule.get("specs", {}).items():
        yield {"name": f"parameter {name}", "of": part, **parameters.get(part, {})}
    for name, value in rule.get("with", {}).items():
        default = " (default)" if name in rule.get("defaults", ()) else ""
        yield {"name": f"value {name}{default}", "value": value}
    if "value" in rule:
        yield {"name": f"constant {rule['what']}", "value": rule["value"], "place": STUDY}
    if "codelist" in rule:
        yield {"name": f"codelist {rule['what']}", "place": rule["codelist"]}


# --- raw fields
def fields_of_variable(build: Build, dataset: str, variable: str) -> list[RawField]:
    """The raw fields that lineage declares of a variable; of USUBJID those that identify the participant.

    Takes     a finished build; dataset and variable.
    Returns   form and field, and whether they are of this record or of all records of the participant.
    """
    if variable == "USUBJID":
        subjects = build.study_facts["subjects"]
        of_enrolment = [subjects["number"], subjects["earlier"], *subjects["other"]]
        enrolment = [RawField(subjects["form"], field, OF_SUBJECT) for field in of_enrolment if field]
        numbers = [RawField(form, subjects["number"]) for form in build.study_facts["forms"]]
        return sorted([*enrolment, *numbers])
    properties = build.study_facts["datasets"][dataset]["variables"].get(variable, {})
    return fields_of_node(build, f"{dataset}.{properties.get('part_of', variable)}")


def fields_of_node(build: Build, node: str) -> list[RawField]:
    """The raw fields that lineage declares of DATASET.VARIABLE, or of a dataset's set of records.

    Takes     a finished build; DATASET.VARIABLE, or DATASET. for the set of its records.
    Returns   as `fields_of_variable`.
    """
    return raw_fields.read(build.variables.get(node, {}).get("raw", []))


def fields_of_cell(build: Build, record: Record, variable: str) -> list[RawField]:
    """The raw fields behind a cell: those of its variable; in SUPP-- those of the variable of the parent that
    the record holds, and of the parent's set of records.

    Takes     a finished build; a published record and its variable.
    Returns   as `fields_of_variable`.
    """
    if record.form == STUDY:
        is_counted = is_counted_in_data(build, record)
        return fields_of_variable(build, record.dataset, variable) if is_counted else []
    parent = parent_of(build, record.dataset)
    if not parent or variable == "USUBJID":
        return fields_of_variable(build, record.dataset, variable)
    qualifiers = build.variables[record.dataset]["qualifiers"]
    variables = [qualifiers.get(build.value(record, "QNAM"), {}).get("of", "")]
    if variable == "IDVARVAL":
        variables.append(f"{parent}SEQ")
    fields = set(fields_of_node(build, parent))
    for name in variables:
        fields |= set(fields_of_variable(build, parent, name))
    return sorted(fields)


def parent_of(build: Build, dataset: str) -> str:
    """The dataset whose supplemental qualifiers a SUPP-- dataset holds; "" for any other dataset."""
    if not dataset.startswith("SUPP"):
        return ""
    return str(build.variables.get(dataset, {}).get("of", ""))


def is_counted_in_data(build: Build, record: Record) -> bool:
    """Whether a record of the trial summary is of a parameter that is counted in the data."""
    return record.dataset == "TS" and build.value(record, "TSPARMCD") in build.study_facts["counted"]
