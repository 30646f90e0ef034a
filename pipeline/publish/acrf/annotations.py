"""What the annotated CRF writes beside each field: the SDTM variables of its mapping, with their conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pipeline.mapping.steps import Plan, Step
from pipeline.study import Study
from pipeline.study.models import Dataset

NOT_SUBMITTED = "[NOT SUBMITTED]"
_COLLECTED = ("copy", "codelist", "date")
# Variables that the sponsor works out: beside a field they say nothing of where its answer stands.
_WORKED_OUT = re.compile(
    r"(EPOCH|VISITDY|VISIT|RF(ST|EN|XST|XEN|PEN)DTC)|..(SEQ|TEST|STRES[CNU]|DY|STDY|ENDY|LOBXFL|NRIND|LNKGRP|LNKID|DECOD|ENTPT)"
)
_TELLS_APART = (
    "TESTCD",
    "TSTDTL",
    "TERM",
    "TRT",
    "DECOD",
    "CAT",
    "SCAT",
    "GRPID",
    "ORRES",
)  # what may name the records of a block, in this order
_SHOWN = 3  # variables that one field may help to derive, before the rest are counted


@dataclass(frozen=True)
class Note:
    """One annotation: its text, and the domain whose colour it has; none for what is of every domain or of
    none.
    """

    domain: str
    text: str


@dataclass(frozen=True)
class Annotated:
    """A form as it is annotated: its domains with what all their records have in common, and the notes of
    each field.
    """

    domains: Mapping[str, tuple[Note, ...]]  # first of each the domain with its label
    fields: Mapping[str, tuple[Note, ...]]


@lru_cache(maxsize=2)
def annotations_of(study: Study, plan: Plan) -> Annotations:
    """The annotations of a study, made once: its CRF shows them and its reviewer's guide counts them."""
    return Annotations(study, plan)


class Annotations:
    """Answers what stands on the page of each form."""

    def __init__(self, study: Study, plan: Plan) -> None:
        self.study = study
        self.plan = plan
        self.steps = [s for s in plan.steps if study.datasets[s.node[0]].layer == "sdtm"]

    @cached_property
    def readers(self) -> dict[tuple[str, str], list[Step]]:
        """The steps that read each field of each form."""
        found: dict[tuple[str, str], list[Step]] = {}
        for s in self.steps:
            for node in dict.fromkeys(i.node for ii in s.inputs.values() for i in ii):
                found.setdefault(node, []).append(s)
        return found

    @cached_property
    def forms(self) -> dict[str, Annotated]:
        """The annotations of each form."""
        return {name: self.form(name) for name in self.study.forms}

    @cached_property
    def together(self) -> dict[str, set[str]]:
        """Every domain that a form feeds, in order of name, with those that share a form with it."""
        found: dict[str, set[str]] = {
            d: set() for d in sorted({d for a in self.forms.values() for d in a.domains})
        }
        for annotated in self.forms.values():
            for d in annotated.domains:
                found[d] |= annotated.domains.keys() - {d}
        return found

    @cached_property
    def continued(self) -> set[tuple[str, str]]:
        """Variables in which a long text goes on: not a question of their own."""
        return {
            (n, c)
            for n, spec in self.study.datasets.items()
            for v in spec.variables.values()
            for c in v.continued
        }

    def form(self, name: str) -> Annotated:
        """The annotations of a form.

        Source    CDISC Metadata Submission Guidelines 2.0, annotated CRF; what it writes for a field that no
                  dataset holds.
        """
        placed = {f: self.placed(name, f) for f in self.study.forms[name].fields}
        blocks: dict[str, set[int]] = {}
        for s in (s for steps in placed.values() for s in steps):
            blocks.setdefault(s.node[0], set()).update(self.of_blocks(s))
        page = _Page(self, name, {d: sorted(blocks[d]) for d in sorted(blocks)})
        fields = {f: page.notes(f, steps) for f, steps in placed.items()}
        domains = sorted({n.domain for notes in fields.values() for n in notes if n.domain} | blocks.keys())
        return Annotated({d: page.heading(d) for d in domains}, fields)

    def placed(self, form: str, field: str) -> list[Step]:
        """The steps by which an answer stands in a variable: as it is, recoded, or put together with others
        of its record.
        """
        person = (
            field == self.study.protocol.subjects.number
        )  # it finds records, and is no answer, wherever a function reads it
        found = []
        for s in self.readers.get((form, field), []):
            own = any(i.own for ii in s.inputs.values() for i in ii if i.node == (form, field))
            direct = s.verb in _COLLECTED or (
                s.verb == "derive" and own and not person and not _WORKED_OUT.fullmatch(s.node[1])
            )
            if direct and s.node not in self.continued:
                found.append(s)
        results = {(s.node[0], s.block) for s in found if s.node[1][2:] == "ORRES"}
        return [s for s in found if not (s.node[1][2:] == "STRESC" and (s.node[0], s.block) in results)]

    def of_blocks(self, s: Step) -> set[int]:
        """The blocks of the mapping whose records a step is of."""
        return (
            {s.block}
            if s.block is not None
            else {r.block for r in self.rows(s.node[0]) if r.block is not None}
        )

    def rows(self, dataset: str) -> list[Step]:
        return self.plan.by_node.get((dataset, ""), [])

    @cached_property
    def fixed(self) -> dict[str, list[Step]]:
        """The steps of each dataset that give a constant; facts of the protocol say nothing of a record."""
        found: dict[str, list[Step]] = {}
        for s in self.steps:
            if s.verb == "constant" and s.node[1] != "DOMAIN" and not s.name.startswith("study."):
                found.setdefault(s.node[0], []).append(s)
        return found

    def constants(self, dataset: str, block: int) -> dict[str, str]:
        """What is the same in each record of a block and says something of it."""
        return {s.node[1]: str(s.what) for s in self.fixed.get(dataset, ()) if s.block in (None, block)}

    def where(self, dataset: str, block: int) -> str:
        """The condition of a block in the words of the form; that a field is answered goes without saying."""
        rows = next(r for r in self.rows(dataset) if r.block == block)
        told = [
            f"{f} = {_listed(v)}" for f, v in (rows.where or {}).items() if v not in ("present", "absent")
        ]
        return " and ".join(told)


@dataclass(frozen=True)
class _Page:
    """One form: for each domain on it the blocks that its records come from."""

    all: Annotations
    form: str
    blocks: Mapping[str, list[int]]

    def heading(self, domain: str) -> tuple[Note, ...]:
        """The domain with its label and condition, and the constants that all its records from this form
        have.
        """
        spec, blocks = self.all.study.datasets[domain], self.blocks.get(domain)
        if not blocks:  # the form feeds it by way of a derivation alone
            return (Note(domain, f"{domain} = {spec.label}"),)
        wheres = list(dict.fromkeys(self.all.where(domain, b) for b in blocks))
        condition = f" when {wheres[0]}" if len(wheres) == 1 and wheres[0] else ""
        constants = [self.all.constants(domain, b) for b in blocks]
        common = {v: t for v, t in constants[0].items() if all(c.get(v) == t for c in constants)}
        notes = [f"{self.variable(spec, v)} = {t}" for v, t in common.items() if not v.endswith("TEST")]
        return (Note(domain, f"{domain} = {spec.label}{condition}"), *(Note(domain, n) for n in notes))

    def notes(self, field: str, placed: list[Step]) -> tuple[Note, ...]:
        """Where the answer to one question stands; if nowhere, what it helps to work out; if nothing, that it
        is not submitted.
        """
        found: dict[tuple[str, str], set[int]] = {}
        for s in placed:
            found.setdefault(s.node, set()).update(self.all.of_blocks(s))
        worked_out = {s.node for s in placed if s.frames}  # other records have a say in it
        notes = []
        for (d, v), blocks in found.items():
            notes.append(Note(d, self.placed(d, v, blocks) + (" (derived)" if (d, v) in worked_out else "")))
            notes += self.units(d, v, blocks)
        if field == self.all.study.protocol.subjects.number:
            notes.insert(0, Note("", "USUBJID"))
        notes += [n for d in self.blocks for b in self.blocks[d] for n in self.decided(field, d, b)]
        notes += self.derived(field, {d for d, _ in found}, bool(notes))
        return tuple(notes) or (Note("", NOT_SUBMITTED),)

    def placed(self, domain: str, variable: str, blocks: set[int]) -> str:
        condition = self.condition(domain, blocks)
        return self.variable(self.all.study.datasets[domain], variable) + (
            f" when {condition}" if condition else ""
        )

    def units(self, domain: str, variable: str, blocks: set[int]) -> list[Note]:
        """The unit of a result, where it is the same in these records and another in the others of the form."""
        unit = f"{domain}ORRESU"
        told = (
            {self.all.constants(domain, b).get(unit) for b in blocks}
            if variable == f"{domain}ORRES"
            else {None}
        )
        common = len({self.all.constants(domain, b).get(unit) for b in self.blocks[domain]}) == 1
        return (
            []
            if common or told == {None}
            else [Note(domain, f"{unit} = {_listed(sorted(t for t in told if t))}")]
        )

    def decided(self, field: str, domain: str, block: int) -> Iterator[Note]:
        """The constants of those records that an answer, alone or as the last of several, decides upon."""
        rows = next(r for r in self.all.rows(domain) if r.block == block)
        asked = [f for f, v in (rows.where or {}).items() if v not in ("present", "absent")]
        if asked and asked[-1] == field:
            for name, value in self.all.constants(domain, block).items():
                topic = name in (f"{domain}TESTCD", f"{domain}TEST")  # stands with the result
                if not topic and any(
                    self.all.constants(domain, b).get(name) != value for b in self.blocks[domain]
                ):
                    yield Note(domain, f"{name} = {value} when {self.all.where(domain, block)}")

    def variable(self, spec: Dataset, name: str) -> str:
        """A variable as an annotation names it: in SUPP-- where it is supplemental, with its domain where its
        name does not tell.
        """
        if spec.variables[name].supp:
            return f"{name} in SUPP{spec.dataset}"
        return name if len(self.blocks) < 2 or name.startswith(spec.dataset) else f"{spec.dataset}.{name}"

    def condition(self, domain: str, blocks: set[int]) -> str:
        """What tells these blocks from the others of the form: a constant of theirs, or their condition."""
        every = self.blocks[domain]
        if set(every) <= blocks:
            return ""
        constants = {b: self.all.constants(domain, b) for b in every}
        for name in (f"{domain}{n}" for n in _TELLS_APART):
            values = {b: c[name] for b, c in constants.items() if name in c}
            if len(values) == len(every) and not {values[b] for b in blocks} & {
                v for b, v in values.items() if b not in blocks
            }:
                return f"{name} = {_listed(list(dict.fromkeys(values[b] for b in sorted(blocks))))}"
        return " or ".join(dict.fromkeys(filter(None, (self.all.where(domain, b) for b in sorted(blocks)))))

    def derived(self, field: str, seen: set[str], placed: bool) -> list[Note]:
        """What the field helps to derive: of a field that is placed only what DM says of the person, else all
        of it.
        """
        steps = [s for s in self.all.readers.get((self.form, field), []) if s.node[1] and s.verb == "derive"]
        if placed:
            steps = [
                s
                for s in steps
                if s.node[0] == "DM" and "DM" not in seen and not _WORKED_OUT.fullmatch(s.node[1])
            ]
            return [Note("DM", f"DM.{n} (derived)") for n in dict.fromkeys(s.node[1] for s in steps)]
        names = dict.fromkeys(s.node[1] for s in steps)
        owners = {n: [*dict.fromkeys(s.node[0] for s in steps if s.node[1] == n)] for n in names}
        domain = owners[next(iter(names))][0] if len({o for oo in owners.values() for o in oo}) == 1 else ""
        told = [Note(domain, self.name(n, owners[n]) + " (derived)") for n in [*names][:_SHOWN]]
        if len(names) > _SHOWN:
            told.append(Note("", f"and {len(names) - _SHOWN} more (derived)"))
        rows = dict.fromkeys(s.node[0] for s in self.all.readers.get((self.form, field), []) if not s.node[1])
        return told or [Note(d, f"selects records of {d}") for d in rows]

    @staticmethod
    def name(variable: str, owners: list[str]) -> str:
        return variable if len(owners) > 1 or variable.startswith(owners[0]) else f"{owners[0]}.{variable}"


def _listed(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
