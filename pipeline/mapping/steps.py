"""A mapping file becomes a flat list of steps, one a line, names resolved. Order, values, lineage and origins are read from this list."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pipeline.errors import SpecError
from pipeline.study import Study
from pipeline.study import models as m
from pipeline.study.located import nearest

Function = Callable[..., Any]
Library = Mapping[str, Mapping[str, Function]]  # layer -> its public functions by name
Node = tuple[str, str]  # (dataset, variable); variable "" is the set of the dataset's records


@dataclass(frozen=True)
class Input:
    """A variable or raw field that a step reads."""

    frame: str  # a form or a dataset
    column: str
    own: bool  # of this record alone; else of all records of the subject

    @property
    def node(self) -> Node:
        return self.frame, self.column


@dataclass(frozen=True, eq=False)
class Step:
    """One line of a mapping after names are resolved."""

    node: Node
    block: int | None  # None: all blocks at once
    verb: str  # constant, copy, codelist, date, derive; "rows" for a block's records
    what: Any  # the constant, the codelist's name, the function, or the form or dataset that records come from
    inputs: Mapping[str, tuple[Input, ...]]  # by parameter
    place: tuple[str, tuple[str | int, ...]]  # file and path, for messages
    name: str = ""  # of the function, as the mapping calls it
    source: str = ""  # the form or dataset of the block; "" where a function makes the records
    frames: frozenset[str] = frozenset()  # parameters that take a frame of the subject's records
    where: Mapping[str, str | list[str]] | None = None
    tables: Mapping[str, Any] | None = None  # parameters that take a part of specs/
    table_names: Mapping[str, str] | None = None
    carried: tuple[Input, ...] = ()  # variables of the source dataset that stay beside its records; needed first, read by later steps


@dataclass(frozen=True)
class Plan:
    """All steps of a study in an order in which each comes after what it reads."""

    steps: tuple[Step, ...]
    datasets: tuple[str, ...]

    @cached_property
    def by_node(self) -> dict[Node, list[Step]]:
        found: dict[Node, list[Step]] = {}
        for s in self.steps:
            found.setdefault(s.node, []).append(s)
        return found

    @cached_property
    def order(self) -> list[Node]:
        """The nodes, each after what it reads; a cycle is graphlib's CycleError, which `plan` turns into a refusal."""
        known = set(self.datasets)
        needs: dict[Node, set[Node]] = {}
        for node, made in self.by_node.items():
            reads = {i for s in made for ii in (*s.inputs.values(), s.carried) for i in ii if i.frame in known and i.column != "USUBJID"}
            needs[node] = {i.node for i in reads if i.node in self.by_node} | {(i.frame, "") for i in reads}
            needs[node] |= {(s.what, "") for s in made if s.verb == "rows" and not s.name and s.what in known}
            if node[1]:
                needs[node].add((node[0], ""))
            needs[node].discard(node)
        return list(TopologicalSorter({n: sorted(needs[n]) for n in sorted(needs)}).static_order())


def plan(study: Study, library: Library) -> Plan:
    """The study's mappings as steps, resolved and in order.

    Raises    SpecError with every fault: unknown names, missing or ambiguous ones, wrong parameters, cycles.
    """
    steps: list[Step] = []
    faults: list[str] = []
    for name, mapping in study.mappings.items():
        try:
            steps += _Resolver(study, mapping, library).steps()
        except SpecError as e:
            faults.append(str(e))
            steps = [s for s in steps if s.node[0] != name]
    if faults:
        raise SpecError("\n".join(faults))
    found = Plan(tuple(steps), tuple(study.mappings))
    try:
        found.order  # noqa: B018  a cycle is refused here and not in the middle of a build
    except CycleError as e:
        names = [".".join(n) if n[1] else f"the records of {n[0]}" for n in e.args[1]]
        place = found.by_node[e.args[1][0]][0].place
        raise study.error(*place, f"these need each other, so none can be worked out first: {' -> '.join(names)}") from None
    return found


class _Resolver:
    """Resolves the names of one mapping file."""

    def __init__(self, study: Study, mapping: m.Mapping, library: Library) -> None:
        self.study = study
        self.mapping = mapping
        self.spec = study.datasets[mapping.dataset]
        self.file = f"mappings/{self.spec.layer}/{mapping.dataset.lower()}.yaml"
        own = compiled(study, mapping.dataset)
        shared = library[self.spec.layer]
        for twice in sorted(own.keys() & shared.keys()):
            where = f"{self.file[:-5]}.py:{own[twice].__code__.co_firstlineno}:1"
            raise SpecError(f"{where}: {twice} is also the name of a function of the library; one name, one function")
        self.functions: Mapping[str, Function] = {**shared, **own}
        self.faults: list[str] = []

    def steps(self) -> list[Step]:
        found = [s for s in self._steps() if s]
        mapped = {*self.mapping.variables, *(v for b in self.mapping.records for v in b.variables)}
        for name, variable in self.spec.variables.items():
            if name not in mapped and variable.core == "Req" and name != "USUBJID":
                self.fault((), f"{self.spec.dataset}.{name} is required by its spec, and nothing maps it")
        if self.faults:
            raise SpecError("\n".join(dict.fromkeys(self.faults)))
        return found

    def _steps(self) -> Iterator[Step | None]:
        for i, parameter in enumerate(self.mapping.parameters):
            yield self.event_rows(i, parameter)
        for i, block in enumerate(self.mapping.records):
            path = ("records", i)
            yield self.rows(i, block, path)
            for variable, rule in block.variables.items():
                if variable in self.mapping.variables:
                    self.fault((*path, "variables", variable), f"{variable} is mapped for this block and for all blocks")
                yield from self.value(variable, rule, [i], (*path, "variables", variable))
        blocks = list(range(len(self.mapping.records) or len(self.mapping.parameters)))
        for variable, rule in self.mapping.variables.items():
            yield from self.value(variable, rule, blocks, ("variables", variable), common=True)

    def fault(self, path: tuple[str | int, ...], message: str) -> None:
        self.faults.append(str(self.study.error(self.file, path, message)))

    # --- records ---------------------------------------------------------------------------------------------------------------
    def source(self, block: int) -> str:
        """The form or dataset whose records the block takes; "" where a function makes them."""
        if self.mapping.parameters:
            return ""
        taken = self.mapping.records[block].from_
        return taken if isinstance(taken, str) else ""

    def fields(self, source: str) -> set[str]:
        if source in self.study.forms:
            return set(self.study.forms[source].fields)
        return set(self.study.datasets[source].variables) if source in self.study.datasets else set()

    def rows(self, i: int, block: m.Records, path: tuple[str | int, ...]) -> Step | None:
        node = (self.spec.dataset, "")
        if isinstance(block.from_, m.Derivation):
            function = self.function(block.from_.derive, (*path, "from", "derive"))
            if function is None:
                return None
            inputs, frames, tables, names = self.bind(function, block.from_.of, None, (*path, "from"))
            return Step(node, i, "rows", function, inputs, (self.file, path), block.from_.derive, "", frames, block.where, tables, names)
        known = {*self.study.forms, *self.study.mappings} - {self.spec.dataset}
        if block.from_ not in known:
            self.fault((*path, "from"), f"{block.from_} is neither a form nor another dataset with a mapping{nearest(block.from_, known)}")
            return None
        for field in block.where:
            if field not in self.fields(block.from_):
                self.fault((*path, "where", field), f"{field} is not a field of {block.from_}{nearest(field, self.fields(block.from_))}")
        tested = tuple(Input(block.from_, c, True) for c in block.where)
        carried = tuple(Input(block.from_, c, True) for c in sorted({*block.where, *self.used(i, block)}))
        return Step(node, i, "rows", block.from_, {"where": tested}, (self.file, path), "", block.from_, where=block.where, carried=carried)

    def used(self, i: int, block: m.Records) -> set[str]:
        """The fields of its source that a block's variables read: they are carried beside the records."""
        source = self.source(i)
        if source not in self.study.datasets:
            return set()
        found: set[str] = set()
        for variable, rule in {**self.mapping.variables, **block.variables}.items():
            for name in _single_names(rule):
                prefix, _, rest = name.rpartition(".")
                if prefix == source or (
                    not prefix and name in self.fields(source) and not (rule.derive and self.is_variable(name, variable))
                ):
                    found.add(rest)
        return found

    def event_rows(self, i: int, parameter: m.TimeToEvent) -> Step | None:
        path: tuple[str | int, ...] = ("parameters", i)
        function = self.functions.get("time_to_event")
        if function is None:
            self.fault(path, "parameters need a function time_to_event in the library")
            return None
        if "ADSL" not in self.study.mappings:
            self.fault((*path, "start"), f"{parameter.start} is read from ADSL, which has no mapping; write mappings/adam/adsl.yaml")
            return None
        asked: dict[str, dict[str, tuple[str | int, ...]]] = {"ADSL": {parameter.start: (*path, "start")}}  # column -> its place
        asked["ADSL"].update({c: (*path, "where", c) for c in parameter.where})
        for kind, sources in (("events", parameter.events), ("censors", parameter.censors)):
            for j, s in enumerate(sources):
                if s.dataset not in self.study.mappings:
                    hint = nearest(s.dataset, self.study.mappings)
                    self.fault((*path, kind, j, "dataset"), f"{s.dataset} is not a dataset with a mapping{hint}")
                    continue
                here = (*path, kind, j)
                columns = {s.date: (*here, "date"), **{c: (*here, "where", c) for c in s.where}}
                sequence = f"{s.dataset}SEQ"
                if sequence in self.study.datasets[s.dataset].variables:
                    columns[sequence] = here
                asked.setdefault(s.dataset, {}).update({c: p for c, p in columns.items() if c not in asked.get(s.dataset, {})})
        inputs = {}
        for dataset, places in asked.items():
            for c, place in places.items():
                if c not in self.study.datasets[dataset].variables:
                    self.fault(place, f"{dataset} has no variable {c}{nearest(c, self.study.datasets[dataset].variables)}")
            inputs[dataset] = tuple(Input(dataset, c, False) for c in places)
        tables = {"parameter": parameter}
        frames = frozenset(inputs)
        return Step((self.spec.dataset, ""), i, "rows", function, inputs, (self.file, path), "time_to_event", "", frames, None, tables)

    # --- values ----------------------------------------------------------------------------------------------------------------
    def value(
        self, variable: str, rule: m.Rule, blocks: list[int], path: tuple[str | int, ...], common: bool = False
    ) -> Iterator[Step | None]:
        if variable not in self.spec.variables:
            self.fault(path, f"{self.spec.dataset} has no variable {variable} in its spec{nearest(variable, self.spec.variables)}")
            return
        if variable == "USUBJID":
            self.fault(path, "USUBJID is resolved when the drop is read; no mapping sets it")
            return
        by_block = not common or any(self.reads_field(n, variable, rule) for n in _single_names(rule))
        for block in blocks if by_block else [None]:
            yield self.step(variable, rule, block, path)

    def reads_field(self, name: str, variable: str, rule: m.Rule) -> bool:
        if rule.derive is None:
            prefix = name.rpartition(".")[0]
            return prefix not in self.study.mappings or prefix in {self.source(b) for b in range(len(self.mapping.records))}
        if name.startswith("specs."):
            return False
        if "." in name:
            return name.partition(".")[0] not in self.study.datasets
        return name != "USUBJID" and not self.is_variable(name, variable)

    def is_variable(self, name: str, variable: str) -> bool:
        return name in self.spec.variables and name != variable

    def step(self, variable: str, rule: m.Rule, block: int | None, path: tuple[str | int, ...]) -> Step | None:
        node = (self.spec.dataset, variable)
        verbs = [v for v in ("constant", "copy_", "codelist", "date", "derive") if getattr(rule, v) is not None]
        if len(verbs) != 1:
            self.fault(path, f"{variable} needs exactly one of constant, copy, codelist, date, derive")
            return None
        source = self.source(block) if block is not None else ""
        place = (self.file, path)
        if rule.constant is not None:
            return Step(node, block, "constant", self.constant(variable, rule.constant, path), {}, place, str(rule.constant), source)
        if rule.derive is not None:
            function = self.function(rule.derive, (*path, "derive"))
            of = {"of": rule.of} if isinstance(rule.of, str) else rule.of or {}
            if function is None:
                return None
            inputs, frames, tables, names = self.bind(function, of, block, path, variable)
            return Step(node, block, "derive", function, inputs, place, rule.derive, source, frames, None, tables, names)
        verb = verbs[0].rstrip("_")
        if verb == "codelist" and (rule.codelist not in self.study.codelists or not isinstance(rule.of, str)):
            self.fault((*path, "codelist"), f"{rule.codelist}: codelist needs a list of specs/codelists.yaml and a field `of:`"
                       f"{nearest(str(rule.codelist), self.study.codelists)}")  # fmt: skip
            return None
        name = rule.of if verb == "codelist" else rule.copy_ if verb == "copy" else rule.date
        one = self.field(str(name), block, path)
        if one is None:
            return None
        self.fits(verb, variable, one, path)
        return Step(node, block, verb, rule.codelist, {"of": (one,)}, place, str(name), source)

    def fits(self, verb: str, variable: str, one: Input, path: tuple[str | int, ...]) -> None:
        """A field whose contract is of another type would fail in the middle of a build, on the first record that shows it."""
        if one.frame not in self.study.forms:
            return
        collected = self.study.forms[one.frame].fields[one.column].type
        said = f"{one.frame}.{one.column} is {collected} in its contract"
        if verb == "date" and collected != "date":
            self.fault(path, f"{said}; the verb date needs a date")
        spec = self.spec.variables[variable]
        if verb == "copy" and not spec.is_text and collected not in ("number", "integer"):
            self.fault(path, f"{said}, and {variable} is {spec.type} in its spec; correct one of them, or derive the value")

    def constant(self, variable: str, value: str | float, path: tuple[str | int, ...]) -> Any:
        """A constant, or (`study.id`) a fact of specs/study.yaml."""
        found = (
            self.table("specs." + value.removeprefix("study."), path) if isinstance(value, str) and value.startswith("study.") else value
        )
        spec = self.spec.variables[variable]
        fits = isinstance(found, str) if spec.is_text else isinstance(found, int | float) and spec.dtype == "float64"
        if found is not None and not fits:
            self.fault(path, f"{value} is no constant for {variable}, which is {spec.type} in its spec")
        return found

    def table(self, name: str, path: tuple[str | int, ...]) -> Any:
        """A part of specs/ by its name: specs.visits, specs.parameters.minimum_sd_days, specs.translations."""
        here: Any = self.study.protocol
        for part in name.split(".")[1:]:
            if isinstance(here, dict) and part in here:
                here = here[part]
            elif isinstance(here, m.Frozen) and part in type(here).model_fields:
                here = getattr(here, part)
            elif here is self.study.protocol and part in ("codelists", "translations", "forms", "units"):
                here = getattr(self.study, part)
            else:
                known = list(here) if isinstance(here, dict) else list(type(here).model_fields) if isinstance(here, m.Frozen) else []
                self.fault(path, f"{name}: specs/study.yaml has no {part} there{nearest(part, known)}")
                return None
        return here.value if isinstance(here, m.Parameter) else here

    def function(self, name: str, path: tuple[str | int, ...]) -> Function | None:
        if name not in self.functions:
            self.fault(path, f"no function {name} in pipeline/{self.spec.layer} or {self.file[:-5]}.py{nearest(name, self.functions)}")
            return None
        return self.functions[name]

    def bind(
        self, function: Function, of: Mapping[str, str | list[str]], block: int | None, path: tuple[str | int, ...], variable: str = ""
    ) -> tuple[dict[str, tuple[Input, ...]], frozenset[str], dict[str, Any], dict[str, str]]:
        """The inputs of a use of a function: a name binds a Series, a list a frame, specs.x a part of specs/."""
        inputs: dict[str, tuple[Input, ...]] = {}
        frames: set[str] = set()
        tables: dict[str, Any] = {}
        names: dict[str, str] = {}
        wanted = {n: _shape(p) for n, p in inspect.signature(function).parameters.items()}
        for missing in wanted.keys() - of.keys():
            self.fault(path, f"{function.__name__} needs {missing} (a {wanted[missing]}); `of:` does not give it")
        for parameter, bound in of.items():
            here = (*path, "of", parameter)
            if parameter not in wanted:
                self.fault(here, f"{function.__name__} has no parameter {parameter}{nearest(parameter, wanted)}")
                continue
            shape = "frame" if isinstance(bound, list) else "table" if bound.startswith("specs.") else "Series"
            if shape != wanted[parameter]:
                self.fault(here, f"{function.__name__} takes {parameter} as a {wanted[parameter]}, and a {shape} is given")
            elif isinstance(bound, list):
                columns = [self.many(n, block, here, variable) for n in bound]
                found = tuple(c for c in columns if c)
                if len({c.frame for c in found}) > 1:
                    self.fault(here, "one list names columns of one form or dataset")
                inputs[parameter] = found
                frames.add(parameter)
            elif shape == "table":
                tables[parameter] = self.table(bound, here)
                names[parameter] = bound
            else:
                one = self.one(bound, block, here, variable)
                if one:
                    inputs[parameter] = (one,)
        return inputs, frozenset(frames), tables, names

    def one(self, name: str, block: int | None, path: tuple[str | int, ...], variable: str) -> Input | None:
        """What a name of `derive` means: a variable of this dataset, else a field of the block's source, or DATASET.VARIABLE."""
        if "." not in name or name.split(".")[0] not in {*self.study.forms, *self.study.datasets}:
            source = self.source(block) if block is not None else ""
            is_field = name in self.fields(source)
            if name == "USUBJID" or (self.is_variable(name, variable) and not is_field):
                return Input(self.spec.dataset, name, True)
            if self.is_variable(name, variable) and is_field and source in self.study.forms:
                mine = self.spec.dataset
                self.fault(path, f"{name} is a field of {source} and a variable of {mine}: write {source}.{name} or {mine}.{name}")
                return None
            if self.is_variable(name, variable) and is_field:
                return Input(self.spec.dataset, name, True)
        return self.field(name, block, path)

    def field(self, name: str, block: int | None, path: tuple[str | int, ...]) -> Input | None:
        prefix, _, column = name.partition(".")
        if not column or prefix not in {*self.study.forms, *self.study.datasets}:
            prefix, column = (self.source(block) if block is not None else ""), name
            if not prefix:
                return Input("", column, True)  # of a record that a function made
        elif prefix in self.study.datasets and prefix not in self.study.mappings:
            self.fault(path, f"{prefix} has no mapping, so {name} is never worked out; write the mapping, or take the value from elsewhere")
            return None
        elif prefix == self.spec.dataset:
            if column not in self.spec.variables:
                self.fault(path, f"{prefix} has no variable {column}{nearest(column, self.spec.variables)}")
                return None
            return Input(prefix, column, True)
        if prefix not in {*self.study.forms, *self.study.datasets}:
            return None  # the block's `from` is told already
        if column not in self.fields(prefix):
            known = {*self.fields(prefix), *self.spec.variables}
            elsewhere = {f"{d}.{v}" for d in self.study.mappings for v in self.study.datasets[d].variables} if "." in column else set()
            self.fault(path, f"{column} is not a field of {prefix}{nearest(column, known | elsewhere)}")
            return None
        if block is not None and (prefix == self.source(block) or (prefix in self.study.forms and not self.source(block))):
            return Input(prefix, column, True)  # of this record, or of the raw record that a function picked
        if prefix in self.study.forms:
            self.fault(path, f"{prefix} may hold many records of a participant: take them as a list, [{prefix}.{column}]")
            return None
        if [k for k in self.study.datasets[prefix].keys if k != "STUDYID"] != ["USUBJID"]:
            self.fault(path, f"{prefix} holds many records of a participant: take them as a list, [{prefix}.{column}]")
            return None
        return Input(prefix, column, False)

    def many(self, name: str, block: int | None, path: tuple[str | int, ...], variable: str) -> Input | None:
        prefix, _, column = name.partition(".")
        if not column:
            prefix, column = self.spec.dataset, name
            if column not in self.spec.variables and block is not None:
                prefix = self.source(block)
        sources = {*self.study.forms, *self.study.mappings}
        if prefix not in sources:
            self.fault(path, f"{prefix or name} is neither a form nor a dataset with a mapping{nearest(prefix, sources)}")
            return None
        known = self.fields(prefix)
        if column not in known:
            self.fault(path, f"{prefix} has no {column}{nearest(column, known)}")
            return None
        if (prefix, column) == (self.spec.dataset, variable):
            self.fault(path, f"{variable} cannot be worked out from itself")
            return None
        return Input(prefix, column, False)


def _single_names(rule: m.Rule) -> Iterable[str]:
    """The names in a rule that stand for one value of this record."""
    if rule.derive is not None:
        bound = {"of": rule.of} if isinstance(rule.of, str) else rule.of or {}
        return [b for b in bound.values() if isinstance(b, str)]
    return [n for n in (rule.copy_, rule.date, rule.of if rule.codelist else None) if isinstance(n, str)]


def _shape(parameter: inspect.Parameter) -> str:
    kind = str(parameter.annotation)
    return "frame" if "DataFrame" in kind else "Series" if "Series" in kind else "table"


_COMPILED: dict[tuple[str, str], dict[str, Function]] = {}


def compiled(study: Study, dataset: str) -> dict[str, Function]:
    """The functions of mappings/<layer>/<dataset>.py, compiled once a process from the text the study carries."""
    source = study.functions.get(dataset)
    if source is None:
        return {}
    file = f"mappings/{study.datasets[dataset].layer}/{dataset.lower()}.py"
    if (file, source) not in _COMPILED:
        space: dict[str, Any] = {"__name__": file.removesuffix(".py").replace("/", ".")}
        try:
            exec(compile(source, file, "exec", dont_inherit=True), space)  # noqa: S102  the study's own functions are code
        except SyntaxError as e:
            raise SpecError(f"{file}:{e.lineno}:{e.offset}: {e.msg}") from None
        except (ImportError, NameError, AttributeError) as e:
            line = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == file][-1]
            raise SpecError(f"{file}:{line}:1: {e}") from None
        _COMPILED[file, source] = {
            n: f for n, f in space.items() if inspect.isfunction(f) and not n.startswith("_") and f.__code__.co_filename == file
        }
    return _COMPILED[file, source]
