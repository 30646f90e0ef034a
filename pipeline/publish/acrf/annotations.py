"""What the annotated CRF writes beside each field: SDTM variables of its mapping, with their conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pipeline.mapping.steps import Plan, Step
from pipeline.records.conditions import STATES, Condition, is_negated, negated, texts
from pipeline.study import Study
from pipeline.study.models import Dataset

NOT_SUBMITTED = "[NOT SUBMITTED]"
_COLLECTED = ("copy", "codelist", "date")
# Variables that the sponsor works out: beside a field they do not say where its answer is.
_WORKED_OUT = re.compile(
    r"(EPOCH|VISITDY|VISIT|RF(ST|EN|XST|XEN|PEN)DTC)"
    r"|..(SEQ|TEST|STRES[CNU]|DY|STDY|ENDY|LOBXFL|NRIND|LNKGRP|LNKID|DECOD|ENTPT)"
)
# What may name the records of a block, in this order.
_NAMES_RECORDS = ("TESTCD", "TSTDTL", "TERM", "TRT", "DECOD", "CAT", "SCAT", "GRPID", "ORRES")
_DERIVED_SHOWN = 3  # variables that one field helps to derive, before the rest are counted


@dataclass(frozen=True)
class Note:
    """One annotation: its text, and the domain whose colour it has, "" for none."""

    domain: str
    text: str


@dataclass(frozen=True)
class Annotated:
    """The annotations of a form: its domains, with what their records share, and each field's notes."""

    domains: Mapping[str, tuple[Note, ...]]  # of each domain first its name with its label
    fields: Mapping[str, tuple[Note, ...]]


@lru_cache(maxsize=2)
def annotations_of(study: Study, plan: Plan) -> Annotations:
    """The annotations of a study, made once: its CRF shows them and its reviewer's guide counts them.

    Takes     a study and its resolved mapping.
    Returns   the notes of each field of each form.
    """
    return Annotations(study, plan)


class Annotations:
    """Answers what is annotated on the page of each form."""

    def __init__(self, study: Study, plan: Plan) -> None:
        self.study = study
        self.plan = plan
        self.steps = [s for s in plan.steps if study.datasets[s.node[0]].layer == "sdtm"]

    @cached_property
    def forms(self) -> dict[str, Annotated]:
        """The annotations of each form."""
        return {name: self.form(name) for name in self.study.forms}

    @cached_property
    def together(self) -> dict[str, set[str]]:
        """Every domain that a form feeds, in order of name, with those that share a form with it."""
        domains = sorted({d for annotated in self.forms.values() for d in annotated.domains})
        neighbours: dict[str, set[str]] = {d: set() for d in domains}
        for annotated in self.forms.values():
            for d in annotated.domains:
                neighbours[d] |= annotated.domains.keys() - {d}
        return neighbours

    def form(self, name: str) -> Annotated:
        """The annotations of a form.

        Source    CDISC Metadata Submission Guidelines 2.0, annotated CRF; what it writes for a field that no
                  dataset holds.
        """
        steps_of = {field: self.holding(name, field) for field in self.study.forms[name].fields}
        blocks: dict[str, set[int]] = {}
        for steps in steps_of.values():
            for step in steps:
                blocks.setdefault(step.node[0], set()).update(self.blocks_of(step))
        page = _Page(self, name, {d: sorted(blocks[d]) for d in sorted(blocks)})
        fields = {field: page.notes(field, steps) for field, steps in steps_of.items()}
        noted = {note.domain for notes in fields.values() for note in notes if note.domain}
        return Annotated({d: page.heading(d) for d in sorted(noted | blocks.keys())}, fields)

    @cached_property
    def readers(self) -> dict[tuple[str, str], list[Step]]:
        """The steps that read each field of each form."""
        readers: dict[tuple[str, str], list[Step]] = {}
        for step in self.steps:
            for node in dict.fromkeys(i.node for inputs in step.inputs.values() for i in inputs):
                readers.setdefault(node, []).append(step)
        return readers

    @cached_property
    def continuations(self) -> set[tuple[str, str]]:
        """Variables in which a long text goes on: no question of their own."""
        return {
            (name, continuation)
            for name, spec in self.study.datasets.items()
            for variable in spec.variables.values()
            for continuation in variable.continued
        }

    def holding(self, form: str, field: str) -> list[Step]:
        """The steps that put an answer into a variable: unchanged, recoded, or with others of its record."""
        steps = [s for s in self.readers.get((form, field), []) if self._holds(s, form, field)]
        # The standard result repeats the original one.
        with_original = {(s.node[0], s.block) for s in steps if s.node[1][2:] == "ORRES"}
        return [s for s in steps if s.node[1][2:] != "STRESC" or (s.node[0], s.block) not in with_original]

    def _holds(self, step: Step, form: str, field: str) -> bool:
        if step.node in self.continuations:
            return False
        if step.verb in _COLLECTED:
            return True
        # The subject number finds records and is no answer, wherever a function reads it.
        is_subject_number = field == self.study.protocol.subjects.number
        if step.verb != "derive" or is_subject_number or _WORKED_OUT.fullmatch(step.node[1]):
            return False
        return any(i.own and i.node == (form, field) for inputs in step.inputs.values() for i in inputs)

    def blocks_of(self, step: Step) -> set[int]:
        """The blocks of the mapping whose records a step makes values for."""
        if step.block is not None:
            return {step.block}
        return {row.block for row in self.rows(step.node[0]) if row.block is not None}

    def rows(self, dataset: str) -> list[Step]:
        """The steps that make the records of a dataset."""
        return self.plan.by_node.get((dataset, ""), [])

    @cached_property
    def constant_steps(self) -> dict[str, list[Step]]:
        """The steps of each dataset that give a constant; facts of the protocol say nothing of a record."""
        constants: dict[str, list[Step]] = {}
        for step in self.steps:
            dataset, variable = step.node
            if step.verb == "constant" and variable != "DOMAIN" and not step.name.startswith("study."):
                constants.setdefault(dataset, []).append(step)
        return constants

    def constants(self, dataset: str, block: int) -> dict[str, str]:
        """What is the same in each record of a block and says something of it."""
        steps = self.constant_steps.get(dataset, ())
        return {s.node[1]: str(s.what) for s in steps if s.block in (None, block)}

    def where(self, dataset: str, block: int) -> str:
        """The condition of a block in the words of the form; that a field is answered goes without saying."""
        rows = next(row for row in self.rows(dataset) if row.block == block)
        parts = [_asked(field, value) for field, value in self.conditions(dataset, block).items()]
        for excepted in rows.unless:
            if len(excepted) == 1:
                parts += [_asked(f, negated(c)) for f, c in excepted.items() if _of_answers(c)]
            else:
                parts.append(f"not ({' and '.join(_asked(*condition) for condition in excepted.items())})")
        return " and ".join(parts)

    def conditions(self, dataset: str, block: int) -> dict[str, Condition]:
        """The answers that a block's records have in its `where`, by field."""
        rows = next(row for row in self.rows(dataset) if row.block == block)
        return {field: value for field, value in (rows.where or {}).items() if _of_answers(value)}


@dataclass(frozen=True)
class _Page:
    """One form: for each domain on it the blocks that its records come from."""

    all: Annotations
    form: str
    blocks: Mapping[str, list[int]]

    def heading(self, domain: str) -> tuple[Note, ...]:
        """The domain with label and condition, and the constants of all its records from this form."""
        spec = self.all.study.datasets[domain]
        blocks = self.blocks.get(domain)
        if not blocks:  # the form feeds it by way of a derivation alone
            return (Note(domain, f"{domain} = {spec.label}"),)
        wheres = {self.all.where(domain, b) for b in blocks}
        condition = "".join(f" when {where}" for where in wheres if where) if len(wheres) == 1 else ""
        notes = [Note(domain, f"{domain} = {spec.label}{condition}")]
        first, *others = (self.all.constants(domain, b) for b in blocks)
        for name, value in first.items():
            if not name.endswith("TEST") and all(c.get(name) == value for c in others):
                notes.append(Note(domain, f"{self.variable(spec, name)} = {value}"))
        return tuple(notes)

    def notes(self, field: str, steps: list[Step]) -> tuple[Note, ...]:
        """Where the answer to one question is; if nowhere, what it helps to work out; if nothing, that it is
        not submitted.

        Takes     the steps that put the answer into a variable.
        """
        blocks: dict[tuple[str, str], set[int]] = {}
        for step in steps:
            blocks.setdefault(step.node, set()).update(self.all.blocks_of(step))
        with_other_records = {s.node for s in steps if s.frames}
        notes = []
        if field == self.all.study.protocol.subjects.number:
            notes.append(Note("", "USUBJID"))
        for node, of_blocks in blocks.items():
            domain, variable = node
            derived = " (derived)" if node in with_other_records else ""
            notes.append(Note(domain, self.holds(domain, variable, of_blocks) + derived))
            notes += self.units(domain, variable, of_blocks)
        for domain, of_form in self.blocks.items():
            for block in of_form:
                notes += self.decided(field, domain, block)
        if notes:
            notes += self.derived_in_dm(field, {domain for domain, _ in blocks})
        else:
            notes += self.derived(field)
        return tuple(notes) or (Note("", NOT_SUBMITTED),)

    def holds(self, domain: str, variable: str, blocks: set[int]) -> str:
        """The variable that holds an answer in the records of these blocks, with what tells them apart."""
        name = self.variable(self.all.study.datasets[domain], variable)
        condition = self.condition(domain, blocks)
        return f"{name} when {condition}" if condition else name

    def units(self, domain: str, variable: str, blocks: set[int]) -> list[Note]:
        """The unit of a result, where it is one in these records and another in others of the form."""
        if variable != f"{domain}ORRES":
            return []
        name = f"{domain}ORRESU"
        unit_of = {b: self.all.constants(domain, b).get(name) for b in self.blocks[domain]}
        units = sorted({unit for b in blocks if (unit := unit_of.get(b))})
        if len(set(unit_of.values())) == 1 or not units:
            return []
        return [Note(domain, f"{name} = {_listed(units)}")]

    def decided(self, field: str, domain: str, block: int) -> Iterator[Note]:
        """The constants of those records that an answer, alone or as the last of several, decides."""
        conditions = list(self.all.conditions(domain, block))
        if not conditions or conditions[-1] != field:
            return
        others = [self.all.constants(domain, b) for b in self.blocks[domain]]
        for name, value in self.all.constants(domain, block).items():
            is_topic = name in (f"{domain}TESTCD", f"{domain}TEST")  # which is noted with the result
            if not is_topic and any(c.get(name) != value for c in others):
                yield Note(domain, f"{name} = {value} when {self.all.where(domain, block)}")

    def variable(self, spec: Dataset, name: str) -> str:
        """A variable as an annotation names it: in SUPP-- where it is supplemental, with its domain where its
        name does not tell.
        """
        if spec.variables[name].supp:
            return f"{name} in SUPP{spec.dataset}"
        if len(self.blocks) < 2 or name.startswith(spec.dataset):
            return name
        return f"{spec.dataset}.{name}"

    def condition(self, domain: str, blocks: set[int]) -> str:
        """What tells these blocks from the others of the form: a constant of theirs, or their condition."""
        of_form = self.blocks[domain]
        if set(of_form) <= blocks:
            return ""
        constants = {b: self.all.constants(domain, b) for b in of_form}
        for suffix in _NAMES_RECORDS:
            name = f"{domain}{suffix}"
            if all(name in c for c in constants.values()):
                own = dict.fromkeys(constants[b][name] for b in sorted(blocks))
                others = {c[name] for b, c in constants.items() if b not in blocks}
                if not others & own.keys():
                    return f"{name} = {_listed(own)}"
        wheres = dict.fromkeys(self.all.where(domain, b) for b in sorted(blocks))
        return " or ".join(filter(None, wheres))

    def derived_in_dm(self, field: str, domains: set[str]) -> list[Note]:
        """What an answer that a variable holds helps to derive of the person in DM."""
        if "DM" in domains:
            return []
        names = [s.node[1] for s in self._derivations(field) if s.node[0] == "DM"]
        return [Note("DM", f"DM.{n} (derived)") for n in dict.fromkeys(names) if not _WORKED_OUT.fullmatch(n)]

    def derived(self, field: str) -> list[Note]:
        """What an answer that no variable holds helps to derive, or the records that it selects."""
        domains: dict[str, list[str]] = {}  # by variable
        for step in self._derivations(field):
            of_variable = domains.setdefault(step.node[1], [])
            if step.node[0] not in of_variable:
                of_variable.append(step.node[0])
        if not domains:
            steps = self.all.readers.get((self.form, field), [])
            selected = dict.fromkeys(s.node[0] for s in steps if not s.node[1])
            return [Note(d, f"selects records of {d}") for d in selected]
        every = {d for of_variable in domains.values() for d in of_variable}
        colour = every.pop() if len(every) == 1 else ""
        shown = list(domains.items())[:_DERIVED_SHOWN]
        notes = [Note(colour, f"{_name_of(variable, owners)} (derived)") for variable, owners in shown]
        if len(domains) > len(shown):
            notes.append(Note("", f"and {len(domains) - len(shown)} more (derived)"))
        return notes

    def _derivations(self, field: str) -> list[Step]:
        steps = self.all.readers.get((self.form, field), [])
        return [s for s in steps if s.node[1] and s.verb == "derive"]


def _name_of(variable: str, domains: list[str]) -> str:
    if len(domains) > 1 or variable.startswith(domains[0]):
        return variable
    return f"{domains[0]}.{variable}"


def _of_answers(condition: Condition) -> bool:
    """Whether a condition names answers, and not only whether there is one."""
    return not set(texts(condition)) <= set(STATES)


def _asked(field: str, condition: Condition) -> str:
    return f"{field} {'not' if is_negated(condition) else '='} {_listed(texts(condition))}"


def _listed(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
