"""Criteria of eligibility that stand side by side in one record of a form: INCL01, INCL02, EXCL01."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.drafting import blocks, recognition, text
from pipeline.drafting.blocks import Block, Line, constant
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import Drafted
from pipeline.drafting.recognition import Standards

DATASET: Final = "IE"
FEWEST: Final = 2  # criteria: a single number in a name says nothing
_LONGEST: Final = 8  # characters of IETESTCD
_NAMED: Final = re.compile(r"(?:ie)?(?P<kind>in|ex)(?:c|cl|clusion)?_?0*\d{1,3}(?:_?yn)?")
_OPPOSITE: Final = {"Y": "N", "N": "Y", "YES": "NO", "NO": "YES", "1": "0", "0": "1"}
_YES: Final = ("Y", "YES", "1")


@dataclass(frozen=True)
class Asked:
    """A criterion by the field that asks it, and the answer of who may not take part."""

    field: Field
    code: str
    category: str  # INCLUSION, EXCLUSION
    not_met: str  # as the form writes it: no of an inclusion, yes of an exclusion

    @property
    def result(self) -> str:
        return "N" if self.category == "INCLUSION" else "Y"

    @property
    def met(self) -> str:
        return _as_written(_OPPOSITE[self.not_met.upper()], self.not_met)


def of_form(form: Drafted) -> list[Asked]:
    """The criteria that a form asks side by side, in its order; none where it does not.

    Takes     the form; each field that is named for a criterion must be answered by yes and no alone.
    """
    found = [asked for field in form.fields.values() if (asked := _asked(form, field)) is not None]
    return found if len(found) >= FEWEST else []


def _asked(form: Drafted, field: Field) -> Asked | None:
    name = field.name.rpartition(".")[2]
    match = _NAMED.fullmatch(name.lower())
    texts = form.collected.column(field.name).texts.dropna().str.strip()
    answers = sorted({answer for answer in texts.unique() if answer})
    if match is None or not answers or not {answer.upper() for answer in answers} <= _OPPOSITE.keys():
        return None
    is_inclusion = match["kind"].startswith("in")
    of_yes = next((answer for answer in answers if answer.upper() in _YES), "")
    of_no = next((answer for answer in answers if answer.upper() not in _YES), "")
    given, other = (of_no, of_yes) if is_inclusion else (of_yes, of_no)
    not_met = given or _as_written(_OPPOSITE[other.upper()], other)
    return Asked(field, name.upper()[:_LONGEST], "INCLUSION" if is_inclusion else "EXCLUSION", not_met)


def _as_written(answer: str, like: str) -> str:
    """An answer in the case in which the form writes the other one."""
    if like.islower():
        return answer.lower()
    return answer.capitalize() if len(like) > 1 and like.istitle() else answer


def of_eligibility(form: Drafted, standards: Standards, passed: Collection[str]) -> Iterator[Block]:
    """A block for each criterion, of the records that do not meet it."""
    criteria = of_form(form)
    fields = {one.field.name for one in criteria}
    proposals = recognition.proposed(form, DATASET, standards, passed)
    others = [p for p in proposals if p.field not in fields and p.verb not in ("test", "response")]
    common = [line for p in others for line in blocks.lines_of(form, DATASET, p)]
    given = {line.variable for line in common}
    for one in criteria:
        name = text.scalar(one.field.name)
        of_name = f"name: {one.field.words}"
        lines = [
            Line("IETESTCD", constant(one.code), of_name, (one.field.name,)),
            Line("IETEST", blocks.call("criterion_text", {"code": "IETESTCD"}), "`criteria` of the study"),
            Line("IECAT", constant(one.category), of_name),
            Line("IEORRES", constant(one.result), "the criterion is not met"),
            Line("IESTRESC", "{copy: IE.IEORRES}", "as collected"),
        ]
        lines = [line for line in lines if line.variable not in given]
        yield Block(DATASET, form.name, (*lines, *common), where=f"{{{name}: {text.scalar(one.not_met)}}}")


def of_study(forms: Sequence[Drafted]) -> Iterator[str]:
    """`criteria` of specs/study.yaml, of which TI is made and IETEST is taken."""
    asked = [one for form in forms if DATASET in form.domains for one in of_form(form)]
    if asked:
        yield "criteria:"
    for one in asked:
        said = {"code": one.code, "category": one.category}
        said |= {"text": text.scalar(one.field.label or "TEXT"), "version": '"1"'}
        yield text.drafted(f"  - {text.flow_map(said)}", "the criterion in full, of the protocol")


def set_aside(forms: Sequence[Drafted]) -> str | None:
    """The text of mappings/set_aside.yaml: who meets all criteria has no record in IE. None without such a
    form.
    """
    entries = []
    for form in forms:
        asked = of_form(form) if DATASET in form.domains else []
        if asked:
            where = {one.field.name: text.scalar(one.met) for one in asked}
            said = {"from": text.scalar(form.name), "where": text.flow_map(where)}
            said["reason"] = "All criteria were met"
            entries.append(text.drafted(f"  - {text.flow_map(said)}", "IE has criteria that are not met"))
    return text.file([text.schema_line("set_aside", 1), "entries:", *entries]) if entries else None
