"""Makes the steps of a study from its mapping files, or refuses them with every fault."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from graphlib import CycleError
from typing import Any

from pipeline.errors import SpecError
from pipeline.mapping import functions
from pipeline.mapping.endpoints import Endpoints
from pipeline.mapping.steps import Input, Library, Plan, Step
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study import models as m
from pipeline.study.frozen import as_text
from pipeline.study.located import KeyPath, nearest, nearest_or_all

VERBS = {"constant": "constant", "copy": "copy_", "codelist": "codelist", "date": "date", "derive": "derive"}


def plan(study: Study, library: Library) -> Plan:
    """The study's mappings as steps, resolved and in order.

    Raises    SpecError with every fault: unknown names, missing or ambiguous ones, wrong parameters, cycles.
    """
    steps: list[Step] = []
    faults: list[str] = []
    for mapping in study.mappings.values():
        try:
            steps += _Resolver(study, mapping, library).steps()
        except SpecError as e:
            faults.append(str(e))
    if faults:
        raise SpecError("\n".join(faults))
    resolved = Plan(tuple(steps), tuple(study.mappings))
    faults = list(dict.fromkeys(_never_worked_out(study, resolved)))
    if faults:
        raise SpecError("\n".join(faults))
    try:
        resolved.order  # noqa: B018  a cycle is refused here and not in the middle of a build
    except CycleError as e:
        cycle = e.args[1]
        names = [".".join(node) if node[1] else f"the records of {node[0]}" for node in cycle]
        place = resolved.by_node[cycle[0]][0].place
        message = f"these need each other, so none can be worked out first: {' -> '.join(names)}"
        fields = list(dict.fromkeys(field for node in cycle for field in _fields_of_name(study, *node)))
        if fields:
            message += f"; a field of the form is written {', '.join(fields)}"
        raise study.error(*place, f"{message}; take one of them from elsewhere") from None
    return resolved


def _fields_of_name(study: Study, dataset: str, variable: str) -> list[str]:
    """The fields of the forms behind a dataset that have the name of one of its variables."""
    sources = [str(block.from_) for block in study.mappings[dataset].records]
    return [f"{form}.{variable}" for form in sources if variable in _fields(study, form)]


def _fields(study: Study, form: str) -> Container[str]:
    return study.forms[form].fields if form in study.forms else ()


def _never_worked_out(study: Study, resolved: Plan) -> Iterator[str]:
    """A fault for each line that reads a variable which stands in a spec and which no mapping gives."""
    for step in resolved.steps:
        for read in (i for inputs in step.inputs.values() for i in inputs):
            if (
                read.frame in resolved.datasets
                and read.column not in KEY
                and read.node not in resolved.by_node
            ):
                message = f"{'.'.join(read.node)} is in its spec, and no line of its mapping gives it"
                yield str(study.error(*step.place, f"{message}; map it, or take the value from elsewhere"))


class _Resolver(Endpoints):
    """Makes the steps of one mapping file."""

    def steps(self) -> list[Step]:
        """The steps of the file.

        Raises    SpecError with every fault of the file.
        """
        if not self.mapping.blocks:
            self.fault(
                (), f"nothing makes the records of {self.spec.dataset}; name their source under `records:`"
            )
        steps = [step for step in self._steps() if step]
        mapped = {*self.mapping.variables, *(step.node[1] for step in steps)}
        for block in self.mapping.records:
            mapped |= set(block.variables)
        for step in steps:
            self.check_layer(step)
        for name, variable in self.spec.variables.items():
            if name not in mapped and variable.core == "Req" and name != "USUBJID":
                self.fault((), f"{self.spec.dataset}.{name} is required by its spec, and nothing maps it")
        if self.faults:
            raise SpecError("\n".join(dict.fromkeys(self.faults)))
        return steps

    def check_layer(self, step: Step) -> None:
        """Refuses an analysis dataset that reads a raw form, and a tabulation that reads an analysis dataset:
        what is analysed stands in SDTM, and data flow one way.
        """
        read = {i.frame for inputs in step.inputs.values() for i in inputs}
        if step.verb == "rows" and not step.name:
            read.add(str(step.what))
        raw = read & set(self.study.forms)
        analysed = {name for name, spec in self.study.datasets.items() if spec.layer == "adam"}
        for form in sorted(raw) if self.spec.layer == "adam" else ():
            message = f"{self.spec.dataset} is an analysis dataset and reads the raw form {form}"
            self.fault(step.place[1], f"{message}; tabulate the field in SDTM and read it from there")
        for dataset in sorted(read & analysed) if self.spec.layer == "sdtm" else ():
            message = f"{self.spec.dataset} is a tabulation and reads the analysis dataset {dataset}"
            self.fault(step.place[1], f"{message}; read the form or the SDTM dataset behind it")

    def _steps(self) -> Iterator[Step | None]:
        """The steps in the order of the file; None in the place of each that has a fault."""
        for i, parameter in enumerate(self.mapping.parameters):
            yield self.event_rows(i, parameter)
        for i in range(len(self.mapping.response_parameters)):
            yield from self.response(i)
        for i, block in enumerate(self.mapping.records):
            yield self.rows(i, block, ("records", i))
            for variable, rule in block.variables.items():
                path = ("records", i, "variables", variable)
                if variable in self.mapping.variables:
                    self.fault(path, f"{variable} is mapped for this block and for all blocks")
                yield from self.value(variable, rule, [i], path)
        blocks = list(range(self.mapping.blocks))
        for variable, rule in self.mapping.variables.items():
            yield from self.value(variable, rule, blocks, ("variables", variable), common=True)

    # --- records
    def rows(self, i: int, block: m.Records, path: KeyPath) -> Step | None:
        """The step that makes the records of a block."""
        node, place = (self.spec.dataset, ""), (self.file, path)
        if isinstance(block.from_, m.Derivation):
            name = block.from_.derive
            function = self.function(name, (*path, "from", "derive"))
            if function is None:
                return None
            bound = self.bind(function, block.from_.of, None, (*path, "from"), with_=block.from_.with_)
            given = [read.column for inputs in bound.inputs.values() for read in inputs]
            for field, at in _columns_of_conditions(block, path):
                self.check_made(field, i, at)
                if name not in self.own and not functions.made_by(function) and field not in given:
                    message = f"the records that {name} makes have no field {field}; it is given"
                    self.fault(at, f"{message} {', '.join(given)}")
            return Step(node, i, "rows", function, bound.inputs, place, name, "", frozenset(bound.frames),
                        block.where, block.unless, bound.tables, bound.table_names,
                        frozenset(bound.defaults))  # fmt: skip
        known = {*self.study.forms, *self.study.mappings} - {self.spec.dataset}
        if block.from_ not in known:
            message = f"{block.from_} is neither a form nor another dataset with a mapping"
            self.fault((*path, "from"), message + nearest_or_all(block.from_, known))
            return None
        fields = self.fields(block.from_)
        asked = dict(_columns_of_conditions(block, path))
        for field, at in asked.items():
            if field not in fields:
                message = f"{field} is not a field of {block.from_}{nearest(field, fields)}"
                self.fault(at, message)
        self.check_values(block.from_, block.where, (*path, "where"))
        for j, where in enumerate(block.unless):
            self.check_values(block.from_, where, (*path, "unless", j))
        read = tuple(Input(block.from_, field, True) for field in asked)
        return Step(node, i, "rows", block.from_, {"where": read}, place, "", block.from_,
                    where=block.where, unless=block.unless)  # fmt: skip

    def response(self, i: int) -> Iterator[Step | None]:
        """The steps of a response parameter: its records, and the variables that these alone have."""
        path = ("response_parameters", i)
        parameter, source = self.mapping.response_parameters[i], self.response_source(i)
        if source is None:
            return
        if parameter.derive:
            yield self.response_rows(i, source)
        else:
            copied = m.Records.model_validate(
                {"from": source.dataset, "where": source.where | parameter.where}
            )
            yield self.rows(i, copied, path)
        for variable, rule in self.response_rules(i, source):
            yield from self.value(variable, rule, [i], path)

    # --- variables
    def value(
        self, variable: str, rule: m.Rule, blocks: list[int], path: KeyPath, common: bool = False
    ) -> Iterator[Step | None]:
        """The steps of a variable: one for each block, or one for all where no block's field is read."""
        if variable not in self.spec.variables:
            message = f"{self.spec.dataset} has no variable {variable} in its spec"
            self.fault(path, message + nearest(variable, self.spec.variables))
            return
        if variable == "USUBJID":
            self.fault(path, "USUBJID is resolved when the drop is read; no mapping sets it")
            return
        by_block = not common or any(self.reads_field(name, variable, rule) for name in _names(rule))
        for block in blocks if by_block else [None]:
            yield self.step(variable, rule, block, path)

    def reads_field(self, name: str, variable: str, rule: m.Rule) -> bool:
        """Whether a name stands for a field of the record that a block was made from."""
        if rule.derive is None:
            prefix = name.rpartition(".")[0]
            sources = {self.source(block) for block in range(self.mapping.blocks)}
            return prefix not in self.study.mappings or prefix in sources
        if name.startswith("specs."):
            return False
        if "." in name:
            prefix = name.partition(".")[0]
            return prefix not in self.study.datasets or self.is_of_own_record(prefix)
        return name != "USUBJID" and not self.is_variable(name, variable)

    def is_of_own_record(self, dataset: str) -> bool:
        """Whether the records of a block are those of a dataset with several records of a participant."""
        keys = [key for key in self.study.datasets[dataset].keys if key != "STUDYID"]
        sources = {self.source(block) for block in range(self.mapping.blocks)}
        return dataset in sources and keys != ["USUBJID"]

    def step(self, variable: str, rule: m.Rule, block: int | None, path: KeyPath) -> Step | None:
        """The step of a rule in a block."""
        node, place = (self.spec.dataset, variable), (self.file, path)
        verbs = [verb for verb, field in VERBS.items() if getattr(rule, field) is not None]
        if len(verbs) != 1:
            self.fault(path, f"{variable} needs exactly one of {', '.join(VERBS)}")
            return None
        verb = verbs[0]
        if rule.with_ and verb != "derive":
            self.fault((*path, "with"), "`with:` gives values to a function; only `derive` takes it")
        source = self.source(block)
        if rule.constant is not None:
            constant = self.constant(variable, rule.constant, path)
            return Step(node, block, "constant", constant, {}, place, as_text(rule.constant), source)
        if rule.derive is not None:
            function = self.function(rule.derive, (*path, "derive"))
            if function is None:
                return None
            bound = self.bind(function, _bindings(rule), block, path, variable, with_=rule.with_)
            return Step(node, block, "derive", function, bound.inputs, place, rule.derive, source,
                        frozenset(bound.frames), None, (), bound.tables, bound.table_names,
                        frozenset(bound.defaults))  # fmt: skip
        if verb == "codelist" and (rule.codelist not in self.study.codelists or not isinstance(rule.of, str)):
            message = f"{rule.codelist}: codelist needs a list of specs/codelists.yaml and a field `of:`"
            self.fault((*path, "codelist"), message + nearest(str(rule.codelist), self.study.codelists))
            return None
        name = {"copy": rule.copy_, "date": rule.date, "codelist": rule.of}[verb]
        before = len(self.faults)
        read = self.field(str(name), block, path)
        if read is None:
            if len(self.faults) > before:
                self.explain_own_list(variable, rule, path)
            return None
        self.check_type(verb, variable, read, path)
        return Step(node, block, verb, rule.codelist, {"of": (read,)}, place, str(name), source)

    def explain_own_list(self, variable: str, rule: m.Rule, path: KeyPath) -> None:
        """Adds to the fault of a field what `codelist: FIELD` means, where a list may have been meant."""
        if rule.codelist and self.study.located[self.file].rule_of(path):
            codelist = self.study.codelists[rule.codelist]
            called = f"{rule.codelist} ({codelist.code})" if codelist.code else rule.codelist
            meant = f"without `of:`, `codelist` names the field; the list is {variable}'s own, {called}"
            self.faults[-1] = f"{self.faults[-1]}; {meant}"

    def check_type(self, verb: str, variable: str, read: Input, path: KeyPath) -> None:
        """Refuses a field whose contract is of another type than the variable needs.

        Otherwise the build would fail half-way, on the first record that shows it.
        """
        if read.frame not in self.study.forms:
            return
        collected = self.study.forms[read.frame].fields[read.column].type
        contract = f"{read.frame}.{read.column} is {collected} in its contract"
        if verb == "date" and collected != "date":
            self.fault(path, f"{contract}; the verb date needs a date")
        spec = self.spec.variables[variable]
        if verb == "copy" and collected == "date" and spec.type == "iso":
            message = f"write {{date: {read.column}}}, for {variable} is in ISO 8601"
            self.fault(path, f"{contract}, and `copy` takes it as it was written; {message}")
        if verb == "copy" and not spec.is_text and collected not in ("number", "integer"):
            message = f"{variable} is {spec.type} in its spec; correct one of them, or derive the value"
            self.fault(path, f"{contract}, and {message}")

    def constant(self, variable: str, value: str | float, path: KeyPath) -> Any:
        """A constant, or (`study.id`) a fact of specs/study.yaml."""
        constant: Any = value
        if isinstance(value, str) and value.startswith("study."):
            constant = self.table("specs." + value.removeprefix("study."), path)
        spec = self.spec.variables[variable]
        if spec.is_text:
            constant = as_text(value) if constant is value else constant
            fits = isinstance(constant, str)
        else:
            fits = isinstance(constant, int | float) and spec.dtype == "float64"
        labels = self.study.labels(self.spec.dataset, variable)
        if variable == "DOMAIN":
            labels = (self.spec.dataset,)
        if fits and labels and constant not in labels:
            self.fault(path, f"{value} is not a value of {variable}{nearest(str(constant), labels)}")
        if constant is not None and not fits:
            self.fault(path, f"{value} cannot be a constant of {variable}, which is {spec.type} in its spec")
        return constant


def _columns_of_conditions(block: m.Records, path: KeyPath) -> Iterator[tuple[str, KeyPath]]:
    """Each column by which a block takes its records, with a place where the file names it."""
    named = [((*path, "where", name), name) for name in block.where]
    named += [((*path, "unless", j, name), name) for j, where in enumerate(block.unless) for name in where]
    yield from {name: place for place, name in reversed(named)}.items()


def _bindings(rule: m.Rule) -> dict[str, m.Binding]:
    """What the parameters of a derivation are bound to."""
    return {"of": rule.of} if isinstance(rule.of, str) else rule.of or {}


def _names(rule: m.Rule) -> Iterable[str]:
    """The names in a rule that stand for one value of this record."""
    if rule.derive is not None:
        names: list[object] = [*_bindings(rule).values()]
    else:
        names = [rule.copy_, rule.date, rule.of if rule.codelist else None]
    return [name for name in names if isinstance(name, str)]
