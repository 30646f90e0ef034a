"""TU and TR of a form of lesions: what was identified, and what was measured at each assessment."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

from pipeline.drafting import blocks, recognition, slots, text
from pipeline.drafting.blocks import Block, Line, available, call, constant, lines_of
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import Drafted
from pipeline.drafting.recognition import Standards
from pipeline.drafting.slots import Slot

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
    side_by_side = slots.of_form(form)
    if side_by_side:
        for slot in side_by_side:
            yield _slot(form, dataset, slot, standards, passed)
        return
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
    lines = [_identifier(form, line) for line in lines]
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


def _identifier(form: Drafted, line: Line) -> Line:
    """The identifier of a lesion whose form, one of several, numbers its lesions from 1."""
    if line.variable[2:] != "LNKID" or not form.part or form.fields[line.fields[0]].type != "integer":
        return line
    of = call("lesion_identifier", {"lesion": text.scalar(line.fields[0])})
    value = f"{of[:-1]}, with: {{prefix: {_LETTERS[form.part]}}}}}"
    return Line(line.variable, value, f"{line.evidence}; the forms number their lesions from 1", line.fields)


def _with_form(form: Drafted, line: Line) -> Line:
    """A line whose fields name their form, as of records that a function makes."""
    value = line.value
    for field in line.fields:
        value = value.replace(f": {text.scalar(field)}", f": {text.scalar(f'{form.name}.{field}')}")
    return Line(line.variable, value, line.evidence, line.fields)


_LETTERS = {"target": "T", "non-target": "NT", "new": "NEW"}


def _slot(form: Drafted, dataset: str, slot: Slot, standards: Standards, passed: Collection[str]) -> Block:
    """A record of one of several lesions that stand side by side: where it was identified (TU), or at each
    assessment at which its field is filled (TR).
    """
    part, asked = form.part or "target", slot.asked
    assert asked is not None
    lesion = constant(f"{_LETTERS.get(part, 'L')}{slot.number:02}")
    proposals = recognition.proposed(form, dataset, standards, passed)
    of_slots = {
        f.name for one in slots.of_form(form) for f in (one.size, one.site, one.node, one.status) if f
    }
    common = [line for p in proposals if p.field not in of_slots for line in lines_of(form, dataset, p)]
    said = [Line(f"{dataset}LNKID", lesion, f"the number in {asked.name}")]
    if dataset == "TU":
        said.append(Line("TUTESTCD", constant("TUMIDENT"), "the form: lesions"))
        said += [Line(name, constant(part.upper()), f"the form: {part}") for name in ("TUORRES", "TUSTRESC")]
        if slot.site:
            site = text.scalar(slot.site.name)
            said.append(Line("TULOC", f"{{codelist: {site}}}", f"name: {slot.site.words}", (slot.site.name,)))
        where = slots.identified_where(form, slot)
    else:
        said.append(Line("TRGRPID", constant(part.upper()), f"the form: {part} lesions"))
        if slot.size:
            words_beside = slot.size if slot.size.type in ("text", "code") else None  # NE among the numbers
            status = slot.status or words_beside
            said += _of_diameter(form, slot.size, status, slot.node, of_slots | {*passed})
        elif slot.status:
            said += _of_state(slot.status, slot.node)
        status = slot.status or slot.size
        said += _not_done(status if status and status.type in ("text", "code") else None, None)
        where = f"{{{text.scalar(asked.name)}: present}}"
    given = {line.variable for line in said}
    common = [line for line in common if line.variable not in given]
    evaluator = f"{dataset}EVAL"
    if not any(line.variable == evaluator for line in common):
        said.append(Line(evaluator, constant("INVESTIGATOR"), "the form is the site's"))
    return Block(dataset, form.name, (*said, *common), where=where)


def _measured(form: Drafted, part: str, where: str, standards: Standards, passed: Collection[str]) -> Block:
    """A record a lesion and assessment: the diameter of a target lesion, the state of any other."""
    proposals = recognition.proposed(form, "TR", standards, passed)
    given = ("TRORRES", "TRORRESU", "TRREASND")
    lines = [line for p in proposals if p.variable not in given for line in lines_of(form, "TR", p)]
    lines = [_identifier(form, line) for line in lines]
    measured = _diameter(form, passed) if part == "target" else _state(form, part, passed)
    said = [Line("TRGRPID", constant(part.upper()), f"the form: {part} lesions"), *measured]
    lesion = next((line.fields[0] for line in lines if line.variable == "TRLNKID"), None)
    if lesion and not where and form.fields[lesion].filled < form.collected.records:
        where = f"{{{text.scalar(lesion)}: present}}"
    if not any(line.variable == "TREVAL" for line in lines):
        said.append(Line("TREVAL", constant("INVESTIGATOR"), "the form is the site's"))
    return Block("TR", form.name, (*said, *lines), where=where)


def _node(form: Drafted) -> Field | None:
    return blocks.first(form, r"node|nodal|lymph", "code")


def _diameter(form: Drafted, passed: Collection[str]) -> Iterator[Line]:
    diameter = blocks.first(form, r"diam|size|longest|measure|length|axis", "number", "integer", but=passed)
    status = blocks.first(form, r"status|state|evaluab|present", "code", "text", but=passed)
    reason = blocks.first(form, "reason", but=passed)
    if diameter is not None:
        yield from _of_diameter(form, diameter, status, _node(form), passed)
        yield from _not_done(status, reason)


def _of_diameter(
    form: Drafted, diameter: Field, status: Field | None, node: Field | None, passed: Collection[str]
) -> Iterator[Line]:
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
        value = call("millimetres", {"number": "TRSTRESN"})
        yield Line("TRORRESU", value, "no field names the unit: look at the numbers")
    elif available("unit_of_number", (*of, "unit")):
        of_unit = {**of, "unit": as_input(unit.name)}
        yield Line("TRORRESU", call("unit_of_number", of_unit), f"the unit of {diameter.name}", (unit.name,))
    else:
        yield Line("TRORRESU", f"{{codelist: {text.scalar(unit.name)}}}", "its words", (unit.name,))
    if unit is not None and available("diameter_in_mm", (*of, "unit")):
        of |= {"unit": as_input(unit.name)}
        yield Line("TRSTRESC", call("diameter_in_mm", of), "RECIST counts in mm", fields)
    elif available("diameter_in_mm", of):
        yield Line("TRSTRESC", call("diameter_in_mm", of), "RECIST counts in mm", fields)


def _state(form: Drafted, part: str, passed: Collection[str]) -> Iterator[Line]:
    status = blocks.first(form, r"status|state|result|present|certain|assess", "code", "text", but=passed)
    node, reason = _node(form), blocks.first(form, "reason", but=passed)
    if status is None and part == "new":
        said = "UNEQUIVOCAL"
        yield Line("TRTESTCD", constant("TUMSTATE"), "the form: new lesions")
        yield from (Line(name, constant(said), "a new lesion is one") for name in ("TRORRES", "TRSTRESC"))
    if status is None:
        return
    name, evidence = text.scalar(status.name), f"answers of {status.name}"
    if part == "new":
        yield Line("TRTESTCD", constant("TUMSTATE"), "the form: new lesions")
        yield Line("TRORRES", f"{{copy: {name}}}", evidence, (status.name,))
        yield Line("TRSTRESC", f"{{codelist: {name}}}", evidence, (status.name,))
        return
    yield from _of_state(status, node)
    yield from _not_done(status, reason)


def _of_state(status: Field, node: Field | None) -> Iterator[Line]:
    name, evidence = text.scalar(status.name), f"answers of {status.name}"
    yield _test(node, "state_test", "TUMSTATE")
    if available("state_as_collected", ("status",)):
        yield Line("TRORRES", call("state_as_collected", {"status": name}), evidence, (status.name,))
    else:
        yield Line("TRORRES", f"{{copy: {name}}}", evidence, (status.name,))
    of = {"status": name} | ({"node": text.scalar(node.name)} if node else {})
    if available("state", of):
        fields = (status.name, *([node.name] if node else []))
        yield Line("TRSTRESC", call("state", of), evidence, fields)
    else:
        yield Line("TRSTRESC", f"{{codelist: {name}}}", evidence, (status.name,))


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
