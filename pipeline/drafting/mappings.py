"""The mapping of a dataset as a draft: blocks of lines, and as comments what nothing is proposed for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.drafting import blocks, completion, criteria, text, tumours
from pipeline.drafting.blocks import Block, Line, constant
from pipeline.drafting.forms import Drafted
from pipeline.drafting.recognition import Standards
from pipeline.study.drafts import WHY
from pipeline.study.located import nearest

KIND = "mapping"


def file_name(dataset: str) -> str:
    """The file of a mapping below the study's folder."""
    return f"mappings/sdtm/{dataset.lower()}.yaml"


def drafted(
    forms: Sequence[Drafted], standards: Standards, passed: Collection[str]
) -> dict[str, list[Block]]:
    """The blocks of each dataset that a form feeds.

    Takes     the forms of a drop; the fields that say where a record belongs, and nothing of the participant.
    """
    found: dict[str, list[Block]] = {}
    for form in forms:
        for dataset in form.domains:
            if dataset in ("TU", "TR"):
                made = [*tumours.of_lesions(form, dataset, standards, passed)]
            elif dataset == criteria.DATASET and criteria.of_form(form):
                made = [*criteria.of_eligibility(form, standards, passed)]
            else:
                made = [*blocks.of_form(form, dataset, standards, passed)]
            found.setdefault(dataset, []).extend(made)
    _add_milestones(found, forms)
    _add_reference_dates(found, forms)
    _add_assessments(found, {form.name: form for form in forms})
    return {dataset: made for dataset, made in sorted(found.items()) if made}


def _add_milestones(found: dict[str, list[Block]], forms: Sequence[Drafted]) -> None:
    """The consent that DM dates is a record of DS too, and a death date on any form is DM's."""
    consents = [(b, line) for b in found.get("DM", ()) for line in b.lines if line.variable == "RFICDTC"]
    for block, line in consents[:1]:
        what = constant("INFORMED CONSENT OBTAINED")
        said = [Line(name, what, f"DM.RFICDTC: {line.evidence}") for name in ("DSTERM", "DSDECOD")]
        lines = (*said, Line("DSSTDTC", line.value, line.evidence, line.fields))
        where = f"{{{text.scalar(line.fields[0])}: present}}"
        found.setdefault("DS", []).insert(0, Block("DS", block.form, lines, where=where))


def _add_reference_dates(found: dict[str, list[Block]], forms: Sequence[Drafted]) -> None:
    """What DM takes from other forms: the date of death, the end of participation."""
    if not found.get("DM"):
        return
    first = found["DM"][0]
    given = {line.variable for line in first.lines}
    added: list[Line] = []
    deaths = [
        (form, name, field)
        for form in forms
        for name, field in form.fields.items()
        if field.is_date and re.search(r"death|died|dth", f"{field.words} {field.words_of_label}")
    ]
    if deaths and "DTHDTC" not in given:
        form, name, field = deaths[0]
        of = blocks.call("first_date", {"records": text.flow([f"{form.name}.{name}"])})
        if field.format.endswith("partial"):
            of = f"{of[:-1]}, with: {{partial: true}}}}"
        added.append(Line("DTHDTC", of, f"name: {name} of {form.name}"))
    if found.get("DS") and "RFPENDTC" not in given:
        of = blocks.call("last_date", {"records": "[DS.DSSTDTC]"})
        added.append(Line("RFPENDTC", of, "the last date of disposition"))
        if any(line.variable == "EXENDTC" for block in found.get("EX", ()) for line in block.lines):
            of = blocks.call("last_date", {"records": "[EX.EXENDTC]"})
            added.append(Line("RFENDTC", of, "the last dose; who was never dosed has none"))
        else:
            added.append(Line("RFENDTC", of, "the last date of disposition"))
    if "ARMCD" not in given:
        added += _arms(forms)
    found["DM"][0] = replace(first, lines=(*first.lines, *added))


def _arms(forms: Sequence[Drafted]) -> Iterator[Line]:
    """The arm of a participant where the form that randomizes has it."""
    for form in forms:
        field = blocks.arm_of(form)
        if field is not None and form.part == "randomization":
            of = blocks.call("arm_code", {"collected": f"{form.name}.{field.name}"})
            if form.keys != (form.subject,):
                of = blocks.call("planned_arm", {"randomized": text.flow([f"{form.name}.{field.name}"])})
            yield Line("ARMCD", of, f"name: {field.name} of {form.name}")
            yield Line("ACTARMCD", "{copy: DM.ARMCD}", "as planned: is there anybody who got another one?")
            return


def _add_assessments(found: dict[str, list[Block]], forms: Mapping[str, Drafted]) -> None:
    """The number of the tumour assessment, by which lesions and responses are joined: TRLNKGRP, RSLNKGRP."""
    dated: dict[str, str] = {}
    for block in (*found.get("TR", ()), *found.get("RS", ())):
        date = next((line for line in block.lines if line.variable == f"{block.dataset}DTC"), None)
        visit, part = forms[block.form].visit, forms[block.form].part
        role = "responses" if block.dataset == "RS" else _ROLES.get(part, "lesions")
        if date is not None and visit and not (block.dataset == "RS" and part):
            names = [f"{block.form}.{visit}", f"{block.form}.{date.fields[0]}"]
            dated.setdefault(role, text.flow(names))
    for dataset, variables in (("TR", ("TRLNKGRP",)), ("RS", ("RSGRPID", "RSLNKGRP"))):
        for i, block in enumerate(found.get(dataset, ())):
            visit = forms[block.form].visit
            if visit is None or (dataset == "RS" and forms[block.form].part):
                continue
            of = {"visit": blocks.as_input(forms[block.form], dataset, visit), **dated}
            if not blocks.available("assessment", of):
                continue
            is_overall = any("OVRLRESP" in line.value for line in block.lines)
            added = [
                Line(name, blocks.call("assessment", of), "lesions and responses of one visit", (visit,))
                for name in variables
                if name != "RSLNKGRP" or is_overall
            ]
            found[dataset][i] = replace(block, lines=(*added, *block.lines))


_ROLES = {"non-target": "others", "new": "new"}


# --- text
def mapping(
    dataset: str,
    made: Sequence[Block],
    forms: Mapping[str, Drafted],
    standards: Standards,
    datasets: Collection[str],
) -> str:
    """The text of mappings/sdtm/<dataset>.yaml.

    Takes     the dataset; its blocks; the forms by name; the standards; the datasets of the draft.
    """
    facts = standards.guide.datasets[dataset]
    lacking = completion.rest(facts, made, forms, datasets)
    lines = [text.schema_line(KIND, 2), f"# {dataset}: {facts.structure.lower()}", f"dataset: {dataset}"]
    if len(made) == 1:
        whole = replace(made[0], lines=(*made[0].lines, *lacking.lines))
        lines += _block(whole, "")
    else:
        lines.append("records:")
        for block in made:
            first, *rest = _block(block, "    ")
            lines += [f"  - {first.strip()}", *rest]
        if lacking.lines:
            lines += ["variables:", *_lines(lacking.lines, "")]
    if lacking.not_collected:
        lines.append("not_collected:")
        why = WHY
        lines += [
            text.drafted(f"  {name}: {why}", "no field was recognized: map it, or say why it is not there")
            for name in lacking.not_collected
        ]
    if lacking.required:
        needed = f"Required, and no field was found: {', '.join(lacking.required)}; map each"
        lines += text.comment(needed)
    return text.file([*lines, *_comments(made, forms, standards)])


def _block(block: Block, indent: str) -> Iterator[str]:
    yield f"{indent}from: {block.source or text.scalar(block.form)}"
    if block.where:
        yield text.drafted(f"{indent}where: {block.where}", "records that have the answer")
    if block.each:
        yield f"{indent}each:"
        yield from (f"{indent}  - {line}" for line in block.each)
    if block.lines:
        yield f"{indent}variables:"
        yield from _lines(block.lines, indent)


def _lines(lines: Sequence[Line], indent: str) -> Iterator[str]:
    width = max(len(line.variable) for line in lines) + 1
    for line in lines:
        yield text.drafted(f"{indent}  {line.variable + ':':{width}} {line.value}", line.evidence)


def _comments(made: Sequence[Block], forms: Mapping[str, Drafted], standards: Standards) -> Iterator[str]:
    """What a person has to decide beside the drafted lines."""
    for block in made:
        for variable, codelist, answers in block.unknown:
            terms = _terms(codelist, standards)
            hints = "; ".join(f'"{answer}"{nearest(answer, terms)}' for answer in answers)
            yield from text.comment(
                f"{variable}: answers that are no terms of {codelist}, each to stand beside its term in"
                f" specs/codelists.yaml, {_code(codelist)}: {{TERM: [answer]}}: {hints}"
            )
    for name in dict.fromkeys(block.form for block in made):
        of_form = [block for block in made if block.form == name]
        used = {field for block in of_form for line in block.lines for field in line.fields}
        used |= {word for block in of_form for line in block.each for word in re.findall(r"[\w.]+", line)}
        form = forms[name]
        unread = [field for field in form.fields if field not in used | {form.subject, form.visit}]
        if unread:
            yield from text.comment(f"Fields of {name} that no line here reads: {', '.join(unread)}")


def _terms(codelist: str, standards: Standards) -> list[str]:
    return [*standards.terminology.terms(_code(codelist))]


def _code(codelist: str) -> str:
    """The NCI code of a list that is called by its name and code."""
    return codelist.rpartition("(")[2].rstrip(")")


def recoded(made: Mapping[str, Sequence[Block]], form: str) -> list[str]:
    """The fields of a form that a mapping recodes, or asks for a value of."""
    of_form = [block for blocks_ in made.values() for block in blocks_ if block.form == form]
    fields = [f for b in of_form for line in b.lines if "codelist:" in line.value for f in line.fields]
    asked = [word for b in of_form if "present" not in b.where for word in re.findall(r"[\w.]+", b.where)]
    return [*fields, *asked]


def variables(made: Mapping[str, Sequence[Block]], form: str) -> list[tuple[str, str]]:
    """Variable and field of each line that reads a field of a form."""
    of_form = [block for blocks_ in made.values() for block in blocks_ if block.form == form]
    return [(line.variable, field) for b in of_form for line in b.lines for field in line.fields]
