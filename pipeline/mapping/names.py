"""What a name in a mapping file means."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Container, Mapping
from typing import Any

from pipeline.errors import SpecError
from pipeline.mapping.steps import Function, Input, Library
from pipeline.study import Study
from pipeline.study import models as m
from pipeline.study.located import nearest


class Names:
    """Resolves the names of one mapping file, and gathers its faults."""

    def __init__(self, study: Study, mapping: m.Mapping, library: Library) -> None:
        self.study = study
        self.mapping = mapping
        self.spec = study.datasets[mapping.dataset]
        self.file = f"mappings/{self.spec.layer}/{mapping.dataset.lower()}.yaml"
        own = compiled(study, mapping.dataset)
        shared = library[self.spec.layer]
        for twice in sorted(own.keys() & shared.keys()):
            where = f"{self.file[:-5]}.py:{own[twice].__code__.co_firstlineno}:1"
            raise SpecError(
                f"{where}: {twice} is also the name of a function of the library; one name, one function"
            )
        self.functions: Mapping[str, Function] = {**shared, **own}
        self.faults: list[str] = []

    def fault(self, path: tuple[str | int, ...], message: str) -> None:
        self.faults.append(str(self.study.error(self.file, path, message)))

    def source(self, block: int) -> str:
        """The form or dataset whose records the block takes; "" where a function makes them."""
        if self.mapping.parameters:
            return ""
        if self.mapping.response_parameters:
            parameter = self.mapping.response_parameters[block]
            copied = None if parameter.derive else self.mapping.responses.get(parameter.source)
            return copied.dataset if copied else ""
        taken = self.mapping.records[block].from_
        return taken if isinstance(taken, str) else ""

    def fields(self, source: str) -> set[str]:
        if source in self.study.forms:
            return set(self.study.forms[source].fields)
        return set(self.study.datasets[source].variables) if source in self.study.datasets else set()

    def is_variable(self, name: str, variable: str) -> bool:
        return name in self.spec.variables and name != variable

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
                known = (
                    list(here)
                    if isinstance(here, dict)
                    else list(type(here).model_fields)
                    if isinstance(here, m.Frozen)
                    else []
                )
                self.fault(path, f"{name}: specs/study.yaml has no {part} there{nearest(part, known)}")
                return None
        return here.value if isinstance(here, m.Parameter) else here

    def function(self, name: str, path: tuple[str | int, ...]) -> Function | None:
        if name not in self.functions:
            self.fault(
                path,
                f"no function {name} in pipeline/{self.spec.layer} or"
                f" {self.file[:-5]}.py{nearest(name, self.functions)}",
            )
            return None
        return self.functions[name]

    def bind(
        self,
        function: Function,
        of: Mapping[str, str | list[str]],
        block: int | None,
        path: tuple[str | int, ...],
        variable: str = "",
        given: Container[str] = (),
    ) -> tuple[dict[str, tuple[Input, ...]], frozenset[str], dict[str, Any], dict[str, str]]:
        """The inputs of a use of a function: a name binds a Series, a list a frame, specs.x a part of specs/.

        What is `given` the caller binds.
        """
        inputs: dict[str, tuple[Input, ...]] = {}
        frames: set[str] = set()
        tables: dict[str, Any] = {}
        names: dict[str, str] = {}
        wanted = {n: _shape(p) for n, p in inspect.signature(function).parameters.items()}
        for missing in [n for n in wanted if n not in of and n not in given]:
            self.fault(
                path, f"{function.__name__} needs {missing} (a {wanted[missing]}); `of:` does not give it"
            )
        for parameter, bound in of.items():
            here = (*path, "of", parameter)
            if parameter not in wanted:
                self.fault(
                    here, f"{function.__name__} has no parameter {parameter}{nearest(parameter, wanted)}"
                )
                continue
            shape = (
                "frame" if isinstance(bound, list) else "table" if bound.startswith("specs.") else "Series"
            )
            if shape != wanted[parameter]:
                self.fault(
                    here,
                    f"{function.__name__} takes {parameter} as a {wanted[parameter]}, and a {shape} is given",
                )
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
        """What a name of `derive` means: a variable of this dataset, else a field of the block's source, or
        DATASET.VARIABLE.
        """
        if "." not in name or name.split(".")[0] not in {*self.study.forms, *self.study.datasets}:
            source = self.source(block) if block is not None else ""
            is_field = name in self.fields(source)
            if name == "USUBJID" or (self.is_variable(name, variable) and not is_field):
                return Input(self.spec.dataset, name, True)
            if self.is_variable(name, variable) and is_field and source in self.study.forms:
                mine = self.spec.dataset
                self.fault(
                    path,
                    f"{name} is a field of {source} and a variable of {mine}: write {source}.{name} or"
                    f" {mine}.{name}",
                )
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
            self.fault(
                path,
                f"{prefix} has no mapping, so {name} is never worked out; write the mapping, or take the"
                " value from elsewhere",
            )
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
            elsewhere = (
                {f"{d}.{v}" for d in self.study.mappings for v in self.study.datasets[d].variables}
                if "." in column
                else set()
            )
            self.fault(path, f"{column} is not a field of {prefix}{nearest(column, known | elsewhere)}")
            return None
        if block is not None and (
            prefix == self.source(block) or (prefix in self.study.forms and not self.source(block))
        ):
            return Input(prefix, column, True)  # of this record, or of the raw record that a function picked
        if prefix in self.study.forms:
            self.fault(
                path,
                f"{prefix} may hold many records of a participant: take them as a list, [{prefix}.{column}]",
            )
            return None
        if [k for k in self.study.datasets[prefix].keys if k != "STUDYID"] != ["USUBJID"]:
            self.fault(
                path,
                f"{prefix} holds many records of a participant: take them as a list, [{prefix}.{column}]",
            )
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
            self.fault(
                path,
                f"{prefix or name} is neither a form nor a dataset with a mapping{nearest(prefix, sources)}",
            )
            return None
        known = self.fields(prefix)
        if column not in known:
            self.fault(path, f"{prefix} has no {column}{nearest(column, known)}")
            return None
        if (prefix, column) == (self.spec.dataset, variable):
            self.fault(path, f"{variable} cannot be worked out from itself")
            return None
        return Input(prefix, column, False)


def _shape(parameter: inspect.Parameter) -> str:
    kind = str(parameter.annotation)
    return "frame" if "DataFrame" in kind else "Series" if "Series" in kind else "table"


_COMPILED: dict[tuple[str, str], dict[str, Function]] = {}


def compiled(study: Study, dataset: str) -> dict[str, Function]:
    """The functions of mappings/<layer>/<dataset>.py, compiled once a process from the text the study
    carries.
    """
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
            n: f
            for n, f in space.items()
            if inspect.isfunction(f) and not n.startswith("_") and f.__code__.co_filename == file
        }
    return _COMPILED[file, source]
