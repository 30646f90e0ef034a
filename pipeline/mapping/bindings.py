"""What the parameters of a function are bound to in one line of a mapping."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pipeline.mapping import functions
from pipeline.mapping.names import Names
from pipeline.mapping.steps import Function, Input
from pipeline.records import columns
from pipeline.study import defaults, parameters
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


class Bindings(Names):
    """Binds the parameters of the functions of one mapping file, and gathers its faults."""

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
        named = {
            str(n)
            for value in given.values()
            for n in ([value] if isinstance(value, str) else _listed(value))
        }
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
                    unfit = functions.unfit_columns(
                        self.study, function, parameter, listed, conditions, named
                    )
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
        """Refuses a name, or a condition, of a column that the records of the function do not have."""
        for records in parameters.records_of_conditions(annotation):
            columns = of.get(records)
            known = [self.column_name(name) for name in columns] if isinstance(columns, list) else []
            for key, column in (
                enumerate(value) if isinstance(value, list) else zip(value, value, strict=True)
            ):
                if column not in known:
                    message = f"{column} is not among the columns of `{records}`{nearest(column, known)}"
                    self.fault((*path, key), message)

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


# the shapes of inputs, as a mapping writes them
_SHAPES = {"Series": "one name", "frame": "a list of names", "table": "a part of specs/"}
_AS_GIVEN = {
    "Series": "`of: {{{0}: NAME}}`",
    "frame": "`of: {{{0}: [NAME, NAME]}}`",
    "table": "`with: {{{0}: ...}}`, or `of: {{{0}: specs.NAME}}`",
}
_TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _listed(value: Any) -> Iterable[Any]:
    """What a list, or the keys of a mapping, name; nothing for a number or yes."""
    return value if isinstance(value, dict | list) else ()


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
