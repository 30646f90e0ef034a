"""What a name in a mapping file means."""

from __future__ import annotations

import inspect
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pipeline.errors import SpecError
from pipeline.mapping import failures, functions
from pipeline.mapping.steps import Function, Input, Library
from pipeline.records import columns
from pipeline.study import Study, defaults, parameters
from pipeline.study import models as m
from pipeline.study.located import KeyPath, nearest

# the parts of specs/ that a function may take without a line of the mapping
PARTS = (
    "arms", "criteria", "cutoff", "elements", "epochs", "evaluators", "important_deviations",
    "tumour_schedule", "units", "visits",
)  # fmt: skip


@dataclass
class Bound:
    """What the parameters of a function are bound to in one use of it."""

    inputs: dict[str, tuple[Input, ...]] = field(default_factory=dict)
    frames: set[str] = field(default_factory=set)  # the parameters that take a frame
    tables: dict[str, Any] = field(default_factory=dict)  # parts of specs/
    table_names: dict[str, str] = field(default_factory=dict)
    defaults: set[str] = field(default_factory=set)  # the parameters that the line leaves out


class Names:
    """Resolves the names of one mapping file, and gathers its faults."""

    def __init__(self, study: Study, mapping: m.Mapping, library: Library) -> None:
        self.study = study
        self.mapping = mapping
        self.spec = study.datasets[mapping.dataset]
        self.file = f"mappings/{self.spec.layer}/{mapping.dataset.lower()}.yaml"
        own = compiled(study, mapping.dataset)
        shared = library[self.spec.layer]
        for name in sorted(own.keys() & shared.keys()):
            place = f"{study.shown(self.file[:-5])}.py:{own[name].__code__.co_firstlineno}:1"
            message = f"{name} is also the name of a function of the library; one name, one function"
            raise SpecError(f"{place}: {message}")
        self.own = own.keys()
        self.functions: Mapping[str, Function] = {**shared, **own}
        self.faults: list[str] = []

    def fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.study.error(self.file, path, message)))

    def check_values(self, source: str, where: m.Where, path: KeyPath) -> None:
        """Refuses a value of a condition that no record can have."""
        for place, message in self.study.unknown_labels(source, where, path):
            self.fault(place, message)

    # --- what the file speaks of
    def source(self, block: int | None) -> str:
        """The form or dataset whose records a block takes; "" where a function makes them."""
        if block is None or self.mapping.parameters:
            return ""
        if self.mapping.response_parameters:
            parameter = self.mapping.response_parameters[block]
            copied = None if parameter.derive else self.mapping.responses.get(parameter.source)
            return copied.dataset if copied else ""
        source = self.mapping.records[block].from_
        return source if isinstance(source, str) else ""

    def fields(self, source: str) -> set[str]:
        """The fields of a form, or the variables of a dataset."""
        if source in self.study.forms:
            return set(self.study.forms[source].fields)
        return set(self.study.datasets[source].variables) if source in self.study.datasets else set()

    def is_source(self, name: str) -> bool:
        """Whether the name is that of a form or of a dataset."""
        return name in self.study.forms or name in self.study.datasets

    def is_variable(self, name: str, variable: str) -> bool:
        """Whether the name is that of another variable of this dataset."""
        return name in self.spec.variables and name != variable

    def table(self, name: str, path: KeyPath) -> Any:
        """A part of specs/ by its name: specs.visits, specs.units, specs.parameters.minimum_sd_days."""
        if name == "specs.parameters":
            # as a whole they would say neither what a derivation depends on nor what its Method must give
            self.fault(path, "bind each parameter by its name, specs.parameters.NAME, and not all of them")
            return None
        part: Any = self.study.protocol
        for key in name.split(".")[1:]:
            if isinstance(part, dict) and key in part:
                part = part[key]
            elif isinstance(part, m.Frozen) and key in type(part).model_fields:
                part = getattr(part, key)
            elif part is self.study.protocol and key in ("codelists", "translations", "forms", "units"):
                part = getattr(self.study, key)
            elif part is self.study.protocol.parameters and (asked := defaults.decision(key)):
                # the plan's own: what is missing, and not the line that names it, is the fault
                self.faults.append(str(self.study.error(defaults.STUDY, ("parameters",), asked)))
                return None
            else:
                known: list[str] = []
                if isinstance(part, dict):
                    known = list(part)
                elif isinstance(part, m.Frozen):
                    known = list(type(part).model_fields)
                self.fault(path, f"{name}: specs/study.yaml has no {key} there{nearest(key, known)}")
                return None
        return part.value if isinstance(part, m.Parameter) else part

    def function(self, name: str, path: KeyPath) -> Function | None:
        """A function of the library or of the dataset's own file."""
        if name not in self.functions:
            places = f"in the library (cdisc-pipeline functions) or in {self.file[:-5]}.py"
            self.fault(path, f"no function {name} {places}{nearest(name, self.functions)}")
            return None
        return self.functions[name]

    # --- what a name is bound to
    def bind(
        self,
        function: Function,
        of: Mapping[str, m.Binding],
        block: int | None,
        path: KeyPath,
        variable: str = "",
        bound_elsewhere: Container[str] = (),
        with_: Mapping[str, Any] | None = None,
    ) -> Bound:
        """The inputs of one use of a function.

        A name binds a Series, a list of names a frame, and specs.x a part of specs/; `with` gives values
        themselves. What neither gives has its default: `usubjid` is USUBJID, a parameter that is named as a
        part or a parameter of specs/study.yaml takes that one, any other the default of the function.
        """
        bound = Bound()
        signature, needed = functions.parameters(function), functions.needed(function)
        shapes = functions.shapes(function)
        given = {_parameter(name, shapes): value for name, value in (with_ or {}).items()}
        self.give(function, given, of, shapes, bound, path)
        conditions = {column for value in given.values() if isinstance(value, dict) for column in value}
        for name, shape in shapes.items():
            if name in of or name in given or name in bound_elsewhere:
                continue
            if (own_name := self.of_own_name(name, shape)) is not None:
                of = {**of, name: own_name}
            elif name in needed:
                self.fault(path, f"{function.__name__} needs {name}; write {_AS_GIVEN[shape].format(name)}")
                continue
            elif signature[name].default is not None:
                bound.tables[name], bound.table_names[name] = signature[name].default, ""
            bound.defaults.add(name)
        for parameter, binding in of.items():
            place = (*path, "of", parameter)
            if parameter not in shapes:
                message = _no_parameter(function, parameter, shapes)
                self.fault(place, message)
                continue
            shape = _shape_of_binding(binding)
            if shape != shapes[parameter]:
                takes = f"{function.__name__} takes {parameter} as {_SHAPES[shapes[parameter]]}"
                self.fault(place, f"{takes}, and {_SHAPES[shape]} is given")
            elif isinstance(binding, list):
                found = [self.column_of_frame(name, block, place, variable) for name in binding]
                bound.inputs[parameter] = tuple(column for column in found if column)
                bound.frames.add(parameter)
                if len({column.frame for column in bound.inputs[parameter]}) > 1:
                    self.fault(place, "one list names columns of one form or dataset")
                elif all(found):
                    listed = bound.inputs[parameter]
                    unfit = functions.unfit_columns(self.study, function, parameter, listed, conditions)
                    for at, message in unfit:
                        self.fault((*place, *at), message)
            elif shape == "table":
                bound.tables[parameter] = self.table(binding, place)
                bound.table_names[parameter] = binding
                self.check_table(function, parameter, binding, bound.tables[parameter], place)
            else:
                value = self.value_of_record(binding, block, place, variable)
                if value:
                    bound.inputs[parameter] = (value,)
        return bound

    def of_own_name(self, parameter: str, shape: str) -> str | None:
        """What a parameter takes that the mapping leaves out: what the study has under the parameter's name.

        `usubjid` is the participant; `minimum_sd_days` specs.parameters.minimum_sd_days; `visits`, `units`,
        `cutoff` that part of specs/; `lesion_status` the list LESION STATUS of specs/codelists.yaml.
        """
        if shape != "table":
            return "USUBJID" if parameter == "usubjid" else None
        if parameter in self.study.protocol.parameters or defaults.decision(parameter):
            return m.PARAMETERS + parameter
        if parameter in PARTS:
            return f"specs.{parameter}"
        words = parameter.upper().replace("_", " ")
        return f"specs.codelists.{words}" if words in self.study.codelists else None

    def give(
        self,
        function: Function,
        given: Mapping[str, Any],
        of: Mapping[str, m.Binding],
        shapes: Mapping[str, str],
        bound: Bound,
        path: KeyPath,
    ) -> None:
        """Binds the values that stand on the line itself."""
        annotations = columns.types(function)
        for parameter, value in given.items():
            place = (*path, "with", parameter.rstrip("_"))
            if parameter not in shapes:
                message = _no_parameter(function, parameter, shapes)
                self.fault(place, message)
            elif shapes[parameter] != "table":
                takes = f"{function.__name__} takes {parameter} as {_SHAPES[shapes[parameter]]}"
                self.fault(place, f"{takes} under `of:`, and no value of `with:`")
            elif parameter in of:
                self.fault(place, f"{parameter} stands in `of:` as well; delete one of them")
            else:
                annotation = annotations.get(parameter, Any)
                if not parameters.is_of(value, annotation):
                    takes = f"{function.__name__} takes {parameter} as {_in_words(annotation)}"
                    self.fault(place, f"{takes}, which this is not")
                    continue
                for within, message in parameters.not_among(self.study, value, annotation):
                    self.fault((*place, *within), message)
                bound.tables[parameter] = parameters.as_type(value, annotation)
                bound.table_names[parameter] = ""
                self.check_conditions(value, annotation, of, place)

    def check_conditions(
        self, value: Any, annotation: Any, of: Mapping[str, m.Binding], path: KeyPath
    ) -> None:
        """Refuses conditions on a column that the records of the function do not have."""
        for records in parameters.records_of_conditions(annotation):
            columns = of.get(records)
            known = [self.column_name(name) for name in columns] if isinstance(columns, list) else []
            for column in value:
                if column not in known:
                    message = f"{column} is not among the columns of `{records}`{nearest(column, known)}"
                    self.fault((*path, column), message)

    def column_name(self, name: str) -> str:
        """A column of a list without the form or dataset before it."""
        prefix, _, column = name.partition(".")
        return column if column and self.is_source(prefix) else name

    def check_table(self, function: Function, parameter: str, name: str, value: Any, path: KeyPath) -> None:
        """Refuses a part of specs/ that is not of the type with which the function asks for it: the build
        would fail half-way. A parameter is refused at its own place in specs/study.yaml.
        """
        annotation = columns.types(function).get(parameter, Any)
        own_name = name.removeprefix(m.PARAMETERS)
        if own_name != name:
            if own_name in self.study.protocol.parameters:
                self.faults += parameters.unfit(self.study, own_name, annotation)
        elif value is not None and not parameters.is_of(value, annotation):
            shown = functions.parameters(function)[parameter].annotation
            self.fault(path, f"{function.__name__} takes {parameter} as {shown}, which {name} is not")

    def value_of_record(self, name: str, block: int | None, path: KeyPath, variable: str) -> Input | None:
        """What a name of `derive` means: a variable of this dataset, else a field of the block's source, or
        DATASET.VARIABLE.
        """
        if "." not in name or not self.is_source(name.split(".")[0]):
            source = self.source(block)
            is_field = name in self.fields(source)
            is_variable = self.is_variable(name, variable)
            if is_variable and is_field and source in self.study.forms:
                dataset = self.spec.dataset
                message = f"{name} is a field of {source} and a variable of {dataset}"
                self.fault(path, f"{message}: write {source}.{name} or {dataset}.{name}")
                return None
            if is_variable or name == "USUBJID":
                return Input(self.spec.dataset, name, True)
        return self.field(name, block, path)

    def field(self, name: str, block: int | None, path: KeyPath) -> Input | None:
        """A field of the block's source, or what a prefix names: form.FIELD, DATASET.VARIABLE."""
        source = self.source(block)
        prefix, _, column = name.partition(".")
        if not column or not self.is_source(prefix) or name in self.fields(source):
            if not source:
                self.check_made(name, block, path)
                return Input("", name, True)  # of a record that a function made
            prefix, column = source, name
        elif prefix in self.study.datasets and prefix not in self.study.mappings:
            message = f"{prefix} has no mapping, so {name} is never worked out"
            self.fault(path, f"{message}; write the mapping, or take the value from elsewhere")
            return None
        elif prefix == self.spec.dataset:
            if column not in self.spec.variables:
                self.fault(path, f"{prefix} has no variable {column}{nearest(column, self.spec.variables)}")
                return None
            return Input(prefix, column, True)
        if not self.is_source(prefix):
            return None  # the block's `from` is wrong, which is a fault already
        if column not in self.fields(prefix):
            known = {*self.fields(prefix), *self.spec.variables} - {column}
            if "." in column:
                for dataset in self.study.mappings:
                    known |= {f"{dataset}.{v}" for v in self.study.datasets[dataset].variables}
            same_end = [field for field in self.fields(prefix) if field.endswith(f".{column}")]
            hint = nearest(column, same_end, 0.0) or nearest(column, known)
            elsewhere = [form for form, contract in self.study.forms.items() if column in contract.fields]
            if not hint and prefix in self.study.forms:
                hint = f"; specs/raw/{prefix}.yaml lists its fields"
            if elsewhere:
                hint = f"; it is a field of {', '.join(elsewhere)}, and a block takes the fields of one form"
            self.fault(path, f"{column} is not a field of {prefix}{hint}")
            return None
        if block is not None and (prefix == source or (prefix in self.study.forms and not source)):
            return Input(prefix, column, True)  # of this record, or of the raw record that a function picked
        as_list = f"take them as a list, [{prefix}.{column}]"
        if prefix in self.study.forms:
            if self.study.has_one_record(prefix):
                return Input(prefix, column, False)
            self.fault(path, f"{prefix} may hold many records of a participant: {as_list}")
            return None
        if [key for key in self.study.datasets[prefix].keys if key != "STUDYID"] != ["USUBJID"]:
            self.fault(path, f"{prefix} holds many records of a participant: {as_list}")
            return None
        return Input(prefix, column, False)

    def check_made(self, name: str, block: int | None, path: KeyPath) -> None:
        """Refuses a field that the function which makes the records of a block declares not to make."""
        made = self.mapping.records[block].from_ if block is not None and self.mapping.records else None
        function = self.functions.get(made.derive) if isinstance(made, m.Derivation) else None
        known = functions.made_by(function) if function else ()
        if function and known and name not in known:
            message = f"the records that {function.__name__} makes have no field {name}{nearest(name, known)}"
            self.fault(path, message)

    def column_of_frame(self, name: str, block: int | None, path: KeyPath, variable: str) -> Input | None:
        """A column of the subject's records: a variable of this dataset, else a field of the block's source,
        or what a prefix names.
        """
        prefix, _, column = name.partition(".")
        is_field = block is not None and name in self.fields(self.source(block))
        if not column or (is_field and "." in name):
            prefix, column = self.spec.dataset, name
            if column not in self.spec.variables and block is not None:
                prefix = self.source(block)
        sources = {*self.study.forms, *self.study.mappings}
        if prefix not in sources:
            message = f"{prefix or name} is neither a form nor a dataset with a mapping"
            self.fault(path, message + nearest(prefix, sources))
            return None
        known = self.fields(prefix)
        if column not in known:
            self.fault(path, f"{prefix} has no {column}{nearest(column, known)}")
            return None
        if (prefix, column) == (self.spec.dataset, variable):
            self.fault(path, f"{variable} cannot be worked out from itself")
            return None
        return Input(prefix, column, False)


# the shapes of inputs, as a mapping writes them
_SHAPES = {"Series": "one name", "frame": "a list of names", "table": "a part of specs/"}
_AS_GIVEN = {
    "Series": "`of: {{{0}: NAME}}`",
    "frame": "`of: {{{0}: [NAME, NAME]}}`",
    "table": "`with: {{{0}: ...}}`, or `of: {{{0}: specs.NAME}}`",
}
_TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _in_words(annotation: Any) -> str:
    """A type as somebody says it who writes YAML: `a list of text`, `{number: text}`."""
    origin, parts = get_origin(annotation), [part for part in get_args(annotation) if part is not type(None)]
    if origin is Annotated or origin in (Union, UnionType):
        return _in_words(parts[0])
    if origin in (list, tuple, Sequence):
        return f"a list of {_in_words(parts[0])}"
    if origin in (dict, Mapping):
        return f"{{{_in_words(parts[0])}: {_in_words(parts[1])}}}"
    return _TYPES.get(annotation, str(getattr(annotation, "__name__", annotation)))


def _no_parameter(function: Function, parameter: str, shapes: Mapping[str, str]) -> str:
    """That a function has no parameter of a name: the one that is most like it, else all that it has."""
    hint = nearest(parameter, shapes) or f"; it has {', '.join(shapes)}"
    return f"{function.__name__} has no parameter {parameter}{hint}"


def _parameter(name: str, shapes: Container[str]) -> str:
    """The parameter of a name: `else`, a word of Python, is its parameter `else_`."""
    return f"{name}_" if name not in shapes and f"{name}_" in shapes else name


def _shape_of_binding(binding: m.Binding) -> str:
    """What a mapping gives to a parameter."""
    if isinstance(binding, list):
        return "frame"
    return "table" if binding.startswith("specs.") else "Series"


_COMPILED: dict[tuple[str, str], dict[str, Function]] = {}  # by file and source text


def compiled(study: Study, dataset: str) -> dict[str, Function]:
    """The functions of mappings/<layer>/<dataset>.py, from the text that the study carries.

    They are compiled once in a process: a study goes to workers as text, for functions loaded from a path
    cannot be pickled.
    """
    source = study.functions.get(dataset)
    if source is None:
        return {}
    file = f"mappings/{study.datasets[dataset].layer}/{dataset.lower()}.py"
    if (file, source) not in _COMPILED:
        names: dict[str, Any] = {"__name__": file.removesuffix(".py").replace("/", ".")}
        shown = study.shown(file)
        try:
            exec(compile(source, file, "exec", dont_inherit=True), names)  # noqa: S102  the study's own code
        except SyntaxError as e:
            if e.filename != file:  # of a module that it imports
                raise SpecError(f"{shown}:{failures.line(e, file)}:1: {failures.told(e)}") from None
            raise SpecError(f"{shown}:{e.lineno or 1}:{e.offset or 1}: {e.msg}") from None
        except (Exception, SystemExit) as e:
            # no data are read yet, so the message holds no participant's value
            raise SpecError(f"{shown}:{failures.line(e, file)}:1: {failures.told(e)}") from None
        functions = {name: value for name, value in names.items() if inspect.isfunction(value)}
        _COMPILED[file, source] = {
            name: function
            for name, function in functions.items()
            if not name.startswith("_") and function.__code__.co_filename == file  # not one that it imports
        }
    return _COMPILED[file, source]
