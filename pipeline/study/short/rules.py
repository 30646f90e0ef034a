"""What the engine fills in where a study says nothing: the lines of pipeline/standards/rules.yaml.

No line looks at data: the same files give the same lines. What a study writes wins, and `leave_out` turns a
line off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from pipeline.standards.tables import SHIPPED
from pipeline.study import located
from pipeline.study.located import nearest
from pipeline.study.short.mappings import Draft, Spec

FILE = "rules.yaml"
OF_NAMES = OF_RELATIONS = "rule 7"  # of names, what one block writes says nothing of the others
DATASET, KEYS, VISIT = "DATASET", "KEYS", "VISIT OF FORM"
CODELISTS = "specs.codelists."
# parts of specs/ that may be empty: a study that converts no unit has no table of them
MAY_BE_EMPTY = ("units", "translations")


class Lists(Protocol):
    """The study's code lists, to which those that a rule needs are added."""

    def named(self, code: str) -> str | None:
        """The list of an NCI code; None where no terminology of the study has it."""

    def of_tests(self, dataset: str, variable: str) -> str | None:
        """The list of a variable, with the decode of each term; None where it has none."""


@dataclass(frozen=True)
class Known:
    """What a study has, as far as a line may read it."""

    listed: Mapping[str, Collection[str]]  # the variables of each dataset whose spec lists them all
    guide_has: Callable[[Draft, str], bool]  # whether the guide has a variable in a dataset
    specs: Any  # the protocol
    visits: Mapping[str, str]  # form -> the field that names the visit
    lists: Lists

    def takes(self, draft: Draft, variable: str) -> bool:
        """Whether the dataset may have a variable."""
        listed = self.listed.get(draft.dataset)
        return self.guide_has(draft, variable) if listed is None else variable in listed


def fill(drafts: Mapping[str, Draft], known: Known) -> None:
    """Adds every line that can be worked out to the drafts, until no more can.

    Takes     the drafts by dataset; what the study has.
    """
    changed = True
    while changed:
        changed = False
        for draft in drafts.values():
            for rule, variable, lines in _of_dataset(draft):
                if variable in draft.left_out or not known.takes(draft, variable):
                    continue
                filler = _Filler(draft, drafts, known)
                if variable not in draft.variables:
                    changed |= filler.first(rule, variable, lines)
                elif rule == OF_NAMES and (without := draft.blocks_without(variable)):
                    changed |= filler.first(rule, variable, lines, without)
    for draft in drafts.values():
        _refuse_what_no_rule_gives(draft)


def relations(drafts: Mapping[str, Draft]) -> dict[str, dict[str, str]]:
    """The relations of whole datasets of which the study maps both ends, by their ids."""
    mapped = {f"{name}.{variable}" for name, draft in drafts.items() for variable in draft.variables}
    known: Mapping[str, dict[str, str]] = _book()[OF_RELATIONS]["relations"]
    return {name: ends for name, ends in known.items() if mapped.issuperset(ends)}


def sequence_numbers(draft: Draft, keys: Sequence[str]) -> None:
    """Completes the lines whose records are ordered by the keys of the dataset."""
    for path, variable, line in draft.lines():
        if path in draft.rules and line.get("of", {}).get("records") == KEYS:
            own = [key for key in keys if key not in ("STUDYID", "USUBJID", variable)]
            line["of"] = {"records": own or ["USUBJID"]}


@cache
def _book() -> Mapping[str, Any]:
    path = SHIPPED.parent / FILE
    content: Mapping[str, Any] = located.parsed(path.read_text(encoding="utf-8"), FILE, FILE).value
    return content


def _of_dataset(draft: Draft) -> Iterator[tuple[str, str, list[Spec]]]:
    """Rule, variable and lines, the first of them first."""
    for rule, scopes in _book().items():
        for scope, lines in scopes.items():
            if scope in (draft.layer, draft.dataset):
                for name, said in lines.items():
                    variable = name.replace("--", draft.dataset)
                    yield rule, variable, said if isinstance(said, list) else [said]


def _refuse_what_no_rule_gives(draft: Draft) -> None:
    given = [variable for _, variable, _ in _of_dataset(draft)]
    mapped = [variable for path, variable, _ in draft.lines() if path not in draft.rules]
    for variable in draft.left_out:
        path = ("leave_out", variable)
        if variable in mapped:
            draft.faults.append(str(draft.file.error(path, f"{variable} is mapped; delete one of the two")))
        elif variable not in given:
            message = f"no rule gives {variable}, so there is nothing to leave out{nearest(variable, given)}"
            draft.faults.append(str(draft.file.error(path, message)))


class _Unavailable(Exception):  # noqa: N818  no fault: the line is not taken
    """Something that a line reads is not there."""


@dataclass(frozen=True)
class _Filler:
    """Writes the lines of rules for one dataset."""

    draft: Draft
    drafts: Mapping[str, Draft]
    known: Known

    def first(
        self, rule: str, variable: str, lines: Sequence[Spec], blocks: Sequence[int] | None = None
    ) -> bool:
        """Adds the first line that can be worked out, to some blocks where they are named; whether any was
        added.
        """
        for line in lines:
            try:
                of_blocks = self.written(line)
            except _Unavailable:
                continue
            if blocks is not None:
                of_blocks = [(block, written) for block in blocks for _, written in of_blocks[:1]]
            for block, written in of_blocks:
                self.draft.add(variable, written, rule, block)
            return bool(of_blocks)
        return False

    def written(self, line: Spec) -> list[tuple[int | None, Spec]]:
        """The line for all blocks; for each block where it reads the block's form."""
        if VISIT not in (line.get("of") or {}).values():
            return [(None, self.line(line, ""))]
        forms = [self.form_of(block) for block in self.draft.blocks]
        if not forms or any(form not in self.known.visits for form in forms):
            raise _Unavailable
        fields = [f"{form}.{self.known.visits[form]}" for form in forms]
        if len(set(fields)) == 1:
            return [(None, self.line(line, fields[0]))]
        return [(i, self.line(line, field)) for i, field in enumerate(fields)]

    def form_of(self, block: Spec) -> str:
        """The form that a block's records are of; "" where a function makes them of several."""
        source = block.get("from")
        if not isinstance(source, dict):
            return str(source)
        of = source.get("of")
        bound = (
            [name for names in of.values() if isinstance(names, list) for name in names]
            if isinstance(of, dict)
            else []
        )
        forms = {str(name).partition(".")[0] for name in bound}
        return forms.pop() if len(forms) == 1 else ""

    def line(self, line: Spec, visit: str) -> Spec:
        written: Spec = {}
        for key, part in line.items():
            if key == "of":
                written[key] = {parameter: self.bound(names, visit) for parameter, names in part.items()}
            else:
                written[key] = part if key == "derive" else self.name(part)
        return written

    def bound(self, names: Any, visit: str) -> Any:
        if names == KEYS:
            return KEYS
        if names == VISIT:
            return visit
        return [self.name(name) for name in names] if isinstance(names, list) else self.name(names)

    def name(self, name: str) -> str:
        """A name as the mapping of the dataset writes it.

        Raises    _Unavailable where the study does not have what it names.
        """
        if name == DATASET:
            return self.draft.dataset
        if name.startswith(CODELISTS):
            return CODELISTS + self.codelist(name.removeprefix(CODELISTS))
        name = name.replace("--", self.draft.dataset)
        prefix, _, rest = name.partition(".")
        if prefix in ("specs", "study"):
            there = bool(getattr(self.known.specs, rest, None)) or rest in MAY_BE_EMPTY
        else:
            there = self.has(prefix, rest) if rest else self.has(self.draft.dataset, name)
        if not there:
            raise _Unavailable
        return name

    def has(self, dataset: str, variable: str) -> bool:
        if dataset not in self.drafts:
            return False
        there = self.known.listed.get(dataset, self.drafts[dataset].variables)
        return variable == "USUBJID" or variable in there

    def codelist(self, name: str) -> str:
        lists, dataset = self.known.lists, self.draft.dataset
        variable = name.replace("--", dataset)
        if variable != name and not self.has(dataset, variable):
            raise _Unavailable
        found = lists.named(name) if variable == name else lists.of_tests(dataset, variable)
        if found is None:
            raise _Unavailable
        return found
