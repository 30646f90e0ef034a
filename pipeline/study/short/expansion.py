"""All mappings of a study from the short form to the long one; the specs and code lists that they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import SpecError
from pipeline.standards.guides import TAKEN
from pipeline.study.located import Located
from pipeline.study.short import blocks, remaining, rules, settled, specs
from pipeline.study.short.lists import CodeLists
from pipeline.study.short.mappings import Draft, Spec, draft
from pipeline.study.standard import Standards
from pipeline.study.standard.datasets import class_of_analysis, usual_of_analysis
from pipeline.study.standard.declared import IDENTIFIERS

OWN_LIST = "rule 3"
BLOCKS_IN_ORDER = ("ADTA", "ADRS", "ADTTE")  # each after those that it reads
RELREC = "RELREC"
LISTS_OF_QUALIFIERS = ("C66734", "C78735")  # of RDOMAIN and QEVAL in SUPP--: DOMAIN, EVAL


@dataclass(frozen=True)
class Expanded:
    """Files of a study in the long form, by their names."""

    mappings: Mapping[str, Located] = field(default_factory=dict)
    specs: Mapping[str, Located] = field(default_factory=dict)  # of datasets whose variables no file lists
    codelists: Mapping[str, Spec] = field(default_factory=dict)  # that specs/codelists.yaml does not have
    faults: Mapping[str, list[str]] = field(default_factory=dict)  # of each mapping
    relations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of whole datasets, by id

    def mapping(self, name: str) -> Located | None:
        """A mapping in its long form; None where it is none that could be read.

        Raises    SpecError with the faults of its short form.
        """
        if self.faults.get(name):
            raise SpecError("\n".join(self.faults[name]))
        return self.mappings.get(name)


# what a variable that is copied from one analysis dataset into another takes along
CARRIED_OVER = ("label", "type", "format", "codelist", "max_length")


def by_themselves(mappings: Iterable[Located]) -> Expanded:
    """The mappings of a study whose other files cannot be read: their own faults alone can be told."""
    drafts = [d for file in mappings if (d := draft(file, file.file.split("/")[1]))]
    remaining.settle({d.dataset: d for d in drafts})
    return Expanded(
        {d.file.file: d.located() for d in drafts}, faults={d.file.file: d.faults for d in drafts}
    )


def expand(
    mappings: Iterable[Located],
    given: Mapping[str, Located | None],
    codelists: CodeLists,
    protocol: Any,
    visits: Mapping[str, str],
) -> Expanded:
    """Every mapping in its long form.

    Takes     the mappings that could be read; the specs, None for one that could not; the code lists;
              specs/study.yaml; by form the field that names the visit.
    """
    given = dict(given)
    taken: dict[str, blocks.Block] = {}
    drafts: dict[str, Draft] = {}
    for said in mappings:
        spec_file, file = said.file.replace("mappings/", "specs/", 1), said
        if blocks.used(said):
            block = blocks.opened(said, given.get(spec_file), protocol)
            taken[str(block.mapping.get("dataset"))] = block
            given[spec_file], file = block.located_spec(), block.located()
        if d := draft(file, said.file.split("/")[1]):
            drafts[d.dataset] = d
            d.rules |= file.rules
    remaining.settle(drafts)
    relations = {} if protocol.relations or RELREC in drafts else rules.relations(drafts)
    if relations:
        drafts[RELREC] = _related(drafts["TR"].file, relations)
    of_dataset = {name: given.get(_spec_file(d)) for name, d in drafts.items()}
    study = _Study(drafts, of_dataset, codelists)
    filled = {n: d for n, d in drafts.items() if _spec_file(d) not in given or specs.is_spec(of_dataset[n])}
    rules.fill(filled, study.known(protocol, visits))
    for d in filled.values():
        study.complete(d)
    of_blocks = study.settle(taken, study.known(protocol, visits))
    if any(_has_qualifiers(spec) for spec in given.values()):
        for code in LISTS_OF_QUALIFIERS:
            codelists.named(code)
    made = {
        _spec_file(d): study.spec(d)
        for name, d in filled.items()
        if not specs.lists_all(of_dataset[name]) and study.can_be_made(d)
    }
    return Expanded(
        {d.file.file: d.located() for d in drafts.values()},
        made | of_blocks,
        codelists.added,
        {d.file.file: d.faults for d in drafts.values()},
        relations,
    )


def _has_qualifiers(spec: Located | None) -> bool:
    """Whether a variable of a spec goes to SUPP--: a supplemental qualifier, or a text that may be long."""
    said = spec.value.get("variables") if spec is not None and isinstance(spec.value, dict) else None
    named = said if isinstance(said, list) else [said]
    of_variables = [v for entry in named if isinstance(entry, dict) for v in entry.values()]
    return any(isinstance(v, dict) and (v.get("supp") or v.get("long")) for v in of_variables)


def _related(beside: Located, relations: Mapping[str, Mapping[str, str]]) -> Draft:
    """The mapping of RELREC, which no file has: its records are of whole datasets, and TR is one of each."""
    linked = next(end for ends in relations.values() for end in ends if end.startswith("TR."))
    copied = ("RDOMAIN", "IDVAR", "IDVARVAL", "RELTYPE", "RELID")
    value = {
        "dataset": RELREC,
        "records": [{"from": {"derive": "related_datasets", "of": {"records": [linked]}}}],
        "variables": {name: {"copy": name} for name in copied},
    }
    file = beside.file.replace("/tr.yaml", "/relrec.yaml")
    shown = beside.shown.replace("/tr.yaml", "/relrec.yaml")
    made = Draft(Located(file, shown, {}, {}), "sdtm", RELREC, long=value)
    made.rules[()] = rules.OF_RELATIONS
    return made


def _spec_file(draft: Draft) -> str:
    return f"specs/{draft.layer}/{draft.dataset.lower()}.yaml"


@dataclass(frozen=True)
class _Study:
    """The drafts of a study with the specs that it has."""

    drafts: Mapping[str, Draft]
    given: Mapping[str, Located | None]
    codelists: CodeLists

    @property
    def standards(self) -> Standards:
        return self.codelists.standards

    def known(self, protocol: Any, visits: Mapping[str, str]) -> rules.Known:
        listed = {name: _names(spec) for name, spec in self.given.items() if spec and specs.lists_all(spec)}
        return rules.Known(listed, self.may_have, protocol, visits, self)

    def may_have(self, draft: Draft, variable: str) -> bool:
        """Whether the guide has a variable in a dataset, or takes it there as identifier or timing."""
        if draft.layer == "sdtm":
            facts = self.standards.variable("sdtm", draft.dataset, variable)
            guide = self.standards.sdtm
            own = guide.datasets[draft.dataset].variables if facts and guide else {}
            return facts is not None and (variable in own or facts.role in TAKEN)
        return variable in IDENTIFIERS or bool(self.standards.own_variable(self.class_of(draft), variable))

    def class_of(self, draft: Draft) -> tuple[str, str]:
        """Class and subclass of an analysis dataset, in capitals."""
        spec = self.given[draft.dataset]
        said = spec.value if spec is not None and isinstance(spec.value, dict) else {}
        return class_of_analysis(draft.dataset, said)

    # --- code lists
    def named(self, code: str) -> str | None:
        return self.codelists.named(code)

    def of_tests(self, dataset: str, variable: str) -> str | None:
        name = self.list_of(self.drafts[dataset], variable)
        return self.codelists.with_decodes(name) if name else None

    def list_of(self, draft: Draft, variable: str) -> str | None:
        """The list of a variable: that of its spec, else its own."""
        said = _attributes(self.given[draft.dataset], variable)
        if "codelist" in said:
            return str(said["codelist"]) if said["codelist"] else None
        facts = self.standards.variable(draft.layer, draft.dataset, variable, self.class_of(draft))
        return self.codelists.of_variable(variable, facts)

    # --- blocks
    def settle(self, taken: Mapping[str, blocks.Block], known: rules.Known) -> dict[str, Located]:
        """Holds each block against what the study has; the specs of their datasets, by file."""
        listed = dict(known.listed)

        def has(dataset: str, variable: str) -> bool:
            if dataset not in self.drafts:
                return False
            return variable == "USUBJID" or variable in listed.get(dataset, self.drafts[dataset].variables)

        def gives(dataset: str, variable: str, term: str) -> bool:
            drafted = self.drafts.get(dataset)
            lines = [line for _, name, line in drafted.lines() if name == variable] if drafted else []
            return any(line.get("constant", term) == term for line in lines)

        made: dict[str, Located] = {}
        for name in (n for n in BLOCKS_IN_ORDER if n in taken):
            block, draft = taken[name], self.drafts[name]
            if not block.faults:
                settled.settle(block, draft, has, gives)
                self.codelists.add_short(block.codelists, block.file)
                block.spec["variables"] = [self._listed(v) for v in block.spec["variables"]]
            draft.faults += block.faults
            listed[name] = [variable for v in block.spec["variables"] for variable in v]
            made[_spec_file(draft)] = block.located_spec()
        return made

    def _listed(self, variable: Spec) -> Spec:
        """A variable of a block, with the study's list in the place of the code of one."""
        ((name, attributes),) = variable.items()
        code = str(attributes.get("codelist", ""))
        if not re.fullmatch(r"C\d+", code):
            return variable
        return {name: {**attributes, "codelist": self.codelists.named(code)}}

    # --- what the drafts lack
    def complete(self, draft: Draft) -> None:
        """Gives each line of a codelist that names its field alone the variable's own list, and the numbers
        of records their order.
        """
        for path, variable, line in list(draft.lines()):
            if "codelist" in line and "of" not in line:
                name = self.list_of(draft, variable)
                if name is None:
                    own = f"{variable} has no code list of its own"
                    field = line["codelist"]
                    message = f"{own}; write {{copy: {field}}}, or {{codelist: LIST, of: {field}}}"
                    draft.fault(path, message)
                    continue
                line |= {"codelist": name, "of": line["codelist"]}
                draft.rules[*path, "codelist"] = OWN_LIST
                draft.places[*path, "of"] = draft.places[*path, "codelist"]
        rules.sequence_numbers(draft, specs.keys(draft, self.given[draft.dataset], self.standards))

    def can_be_made(self, draft: Draft) -> bool:
        """Whether the standards know enough of a dataset to make its spec."""
        if self.given[draft.dataset] is not None:
            return True
        if draft.layer == "adam":
            return draft.dataset in usual_of_analysis()
        guide = self.standards.sdtm
        return guide is not None and draft.dataset in guide.datasets

    def spec(self, draft: Draft) -> Located:
        """The spec of a dataset whose variables no file lists, with the code list of each."""
        given = self.given[draft.dataset]
        draft.faults += specs.only_overridden(draft, given)
        lists: dict[str, str | None] = {}
        for variable in specs.variables(draft, given, self.standards):
            facts = self.standards.variable(draft.layer, draft.dataset, variable, self.class_of(draft))
            name = self.list_of(draft, variable) if facts and facts.codelists else None
            if name and "codelist" not in _attributes(given, variable):
                lists[variable] = name
        lists |= {v: self.codelists.together(v, names) for v, names in _named_lists(draft).items()}
        result = f"{draft.dataset}STRESC"
        if any("codelist" not in line for _, variable, line in draft.lines() if variable == result):
            lists[result] = None  # its list is of results in words, and here are numbers too
        return specs.made(draft, given, self.standards, lists, self._carried_over(draft))

    def _carried_over(self, draft: Draft) -> dict[str, Spec]:
        """What the spec of another analysis dataset says of a variable that is copied from there, where the
        standard does not know it.
        """
        carried: dict[str, Spec] = {}
        for _, variable, line in draft.lines() if draft.layer == "adam" else ():
            dataset, _, of = str(line.get("copy", "")).rpartition(".")
            is_analysis = dataset in self.drafts and self.drafts[dataset].layer == "adam"
            said = _attributes(self.given.get(dataset), of) if is_analysis else {}
            if said and not self.standards.variable("adam", draft.dataset, variable, self.class_of(draft)):
                carried[variable] = {key: said[key] for key in CARRIED_OVER if key in said}
        return carried


def _named_lists(draft: Draft) -> dict[str, list[str]]:
    """The lists of each variable that is recoded, each once: one of it in each block of records."""
    named: dict[str, list[str]] = {}
    for _, variable, line in draft.lines():
        if "codelist" in line and "of" in line:
            named.setdefault(variable, []).append(str(line["codelist"]))
    return {variable: list(dict.fromkeys(lists)) for variable, lists in named.items()}


def _names(spec: Located) -> list[str]:
    return [next(iter(item)) if isinstance(item, dict) else str(item) for item in spec.value["variables"]]


def _attributes(spec: Located | None, variable: str) -> Spec:
    """What a spec says of a variable, whichever form it has."""
    said = spec.value.get("variables") if spec is not None and isinstance(spec.value, dict) else None
    for item in said if isinstance(said, list) else [said]:
        if isinstance(item, dict) and isinstance(item.get(variable), dict):
            return dict(item[variable])
    return {}
