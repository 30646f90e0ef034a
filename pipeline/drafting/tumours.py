"""TU and TR of a form of lesions: what was identified, and what was measured at each assessment."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

from pipeline.drafting import blocks, recognition, text
from pipeline.drafting.blocks import Block, Line, available, call, constant, lines_of
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import Drafted
from pipeline.drafting.recognition import Standards

_PARTS = ("target", "non-target", "new")
_IS = {
    "non-target": re.compile(r"non|ntl", re.IGNORECASE),
    "new": re.compile(r"new", re.IGNORECASE),
    "target": re.compile(r"target|^tl?$", re.IGNORECASE),
}


def group_of(form: Drafted) -> tuple[Field, dict[str, str]] | None:
    """The field that tells target, non-target and new lesions apart, and its label of each."""
    for field in form.fields.values():
        found: dict[str, str] = {}
        for label in field.labels:
            part = next((part for part in ("non-target", "new", "target") if _IS[part].search(label)), None)
            if part and part not in found:
                found[part] = label
        if len(found) > 1 and not re.search("response|overall", field.words):
            return field, found
    return None


def of_lesions(form: Drafted, dataset: str, standards: Standards, passed: Collection[str]) -> Iterator[Block]:
    """The blocks of a form of lesions."""
    if dataset == "TU":
        yield _identified(form, standards, passed)
        return
    group = group_of(form)
    if group is None:
        yield _measured(form, form.part or "target", "", standards, passed)
        return
    field, labels = group
    for part in _PARTS:
        if part in labels:
            where = f"{{{text.scalar(field.name)}: {text.scalar(labels[part])}}}"
            yield _measured(form, part, where, standards, passed)


def _identified(form: Drafted, standards: Standards, passed: Collection[str]) -> Block:
    """One record a lesion: the first of each."""
    proposals = recognition.proposed(form, "TU", standards, passed)
    lesion = next((p.field for p in proposals if p.variable == "TULNKID"), None)
    date = next((p.field for p in proposals if p.variable == "TUDTC"), None)
    lines = [line for p in proposals if p.variable != "TUSTRESC" for line in lines_of(form, "TU", p)]
    group = group_of(form)
    said = [Line("TUTESTCD", constant("TUMIDENT"), "the form: lesions")]
    if group is not None:
        field = text.scalar(group[0].name)
        evidence = f"answers {', '.join(group[1].values())}"
        said.append(Line("TUORRES", f"{{copy: {field}}}", evidence, (group[0].name,)))
        said.append(Line("TUSTRESC", f"{{codelist: {field}}}", evidence, (group[0].name,)))
    else:
        part = constant((form.part or "target").upper())
        said += [Line(name, part, f"the form: {form.part or 'lesions'}") for name in ("TUORRES", "TUSTRESC")]
    if not any(line.variable == "TUEVAL" for line in lines):
        said.append(Line("TUEVAL", constant("INVESTIGATOR"), "the form is the site's"))
    if form.visit:
        visit = text.scalar(form.visit)
        for name, function in (("VISITNUM", "visit_number"), ("VISIT", "visit_name")):
            said.append(Line(name, call(function, {"visit": visit}), "the visit of the form", (form.visit,)))
    source = ""
    if lesion and date:
        records = text.flow([f"{form.name}.{lesion}", f"{form.name}.{date}"])
        source = call("first_record_of_lesion", {"lesions": records})
        lines = [_with_form(form, line) for line in lines]
        said = [_with_form(form, line) for line in said]
    unknown = tuple((p.variable, p.codelist, p.unknown) for p in proposals if p.unknown)
    return Block("TU", form.name, (*said, *lines), source=source, unknown=unknown)


def _with_form(form: Drafted, line: Line) -> Line:
    """A line whose fields name their form, as of records that a function makes."""
    value = line.value
    for field in line.fields:
        value = value.replace(f": {text.scalar(field)}", f": {text.scalar(f'{form.name}.{field}')}")
    return Line(line.variable, value, line.evidence, line.fields)


def _measured(form: Drafted, part: str, where: str, standards: Standards, passed: Collection[str]) -> Block:
    """A record a lesion and assessment: the diameter of a target lesion, the state of any other."""
    proposals = recognition.proposed(form, "TR", standards, passed)
    given = ("TRORRES", "TRORRESU", "TRREASND")
    lines = [line for p in proposals if p.variable not in given for line in lines_of(form, "TR", p)]
    measured = _diameter(form, passed) if part == "target" else _state(form, part, passed)
    said = [Line("TRGRPID", constant(part.upper()), f"the form: {part} lesions"), *measured]
    if not any(line.variable == "TREVAL" for line in lines):
        said.append(Line("TREVAL", constant("INVESTIGATOR"), "the form is the site's"))
    return Block("TR", form.name, (*said, *lines), where=where)


def _node(form: Drafted) -> Field | None:
    return blocks.first(form, r"node|nodal|lymph", "code")


def _diameter(form: Drafted, passed: Collection[str]) -> Iterator[Line]:
    diameter = blocks.first(form, r"diam|size|longest|measure|length|axis", "number", "integer", but=passed)
    status = blocks.first(form, r"status|state|evaluab|present", "code", "text", but=passed)
    node, reason = _node(form), blocks.first(form, "reason", but=passed)
    if diameter is None:
        return
    name, of_diameter = text.scalar(diameter.name), f"numbers in {diameter.name}"
    as_input = partial(blocks.as_input, form, "TR")
    yield _test(node, "diameter_test", "LDIAM")
    unit_name = blocks.unit_beside(form, diameter.name)
    unit = form.fields[unit_name] if unit_name else blocks.first(form, "unit", but=passed)
    of = {"diameter": as_input(diameter.name)}
    fields: tuple[str, ...] = (diameter.name,)
    if status:
        of["status"] = as_input(status.name)
        fields = (*fields, status.name)
    if available("diameter_as_collected", of):
        yield Line("TRORRES", call("diameter_as_collected", of), of_diameter, fields)
    else:
        yield Line("TRORRES", f"{{copy: {name}}}", of_diameter, fields)
    if unit is None:
        yield Line("TRORRESU", constant("mm"), "no field names the unit: look at the numbers")
    elif available("unit_of_number", (*of, "unit")):
        of_unit = {**of, "unit": as_input(unit.name)}
        yield Line("TRORRESU", call("unit_of_number", of_unit), f"the unit of {diameter.name}", (unit.name,))
    else:
        yield Line("TRORRESU", f"{{codelist: {text.scalar(unit.name)}}}", "its words", (unit.name,))
    if unit is not None and available("diameter_in_mm", (*of, "unit")):
        of |= {"unit": as_input(unit.name)}
        yield Line("TRSTRESC", call("diameter_in_mm", of), "RECIST counts in mm", fields)
    yield from _not_done(status, reason)


def _state(form: Drafted, part: str, passed: Collection[str]) -> Iterator[Line]:
    status = blocks.first(form, r"status|state|result|present|certain|assess", "code", "text", but=passed)
    node, reason = _node(form), blocks.first(form, "reason", but=passed)
    if status is None:
        return
    name, evidence = text.scalar(status.name), f"answers of {status.name}"
    if part == "new":
        yield Line("TRTESTCD", constant("TUMSTATE"), "the form: new lesions")
        yield Line("TRORRES", f"{{copy: {name}}}", evidence, (status.name,))
        yield Line("TRSTRESC", f"{{codelist: {name}}}", evidence, (status.name,))
        return
    yield _test(node, "state_test", "TUMSTATE")
    if available("state_as_collected", ("status",)):
        yield Line("TRORRES", call("state_as_collected", {"status": name}), evidence, (status.name,))
    else:
        yield Line("TRORRES", f"{{copy: {name}}}", evidence, (status.name,))
    if node is not None and available("state", ("status", "node")):
        of = {"status": name, "node": text.scalar(node.name)}
        yield Line("TRSTRESC", call("state", of), evidence, (status.name, node.name))
    else:
        yield Line("TRSTRESC", f"{{codelist: {name}}}", evidence, (status.name,))
    yield from _not_done(status, reason)


def _test(node: Field | None, function: str, of_other: str) -> Line:
    """The test: of a lymph node another one."""
    if node is not None and available(function, ("node",)):
        value = call(function, {"node": text.scalar(node.name)})
        return Line("TRTESTCD", value, f"{node.name} tells lymph nodes", (node.name,))
    return Line("TRTESTCD", constant(of_other), "no field tells lymph nodes apart")


def _not_done(status: Field | None, reason: Field | None) -> Iterator[Line]:
    for function in ("not_done", "status_not_done"):
        if status is not None and available(function, ("status",)):
            of = {"status": text.scalar(status.name)}
            yield Line("TRSTAT", call(function, of), f"answers of {status.name}", (status.name,))
            break
    if status is not None and reason is not None and available("reason_not_done", ("status", "reason")):
        of = {"status": text.scalar(status.name), "reason": text.scalar(reason.name)}
        fields = (status.name, reason.name)
        yield Line("TRREASND", call("reason_not_done", of), f"its words: {reason.name}", fields)
