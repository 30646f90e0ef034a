"""What a name in a mapping file means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import SpecError
from pipeline.mapping import functions
from pipeline.mapping.own_functions import compiled
from pipeline.mapping.steps import Function, Input, Library
from pipeline.study import Study, defaults
from pipeline.study import models as m
from pipeline.study.located import KeyPath, nearest


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

    # --- what a name means
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
