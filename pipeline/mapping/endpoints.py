"""Parameters that a mapping declares as data: time to event in ADTTE, responses in ADRS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.mapping.bindings import Bindings
from pipeline.mapping.steps import Input, Step
from pipeline.study import models as m
from pipeline.study.located import KeyPath, nearest
from pipeline.study.mappings import OPTIONAL_ROLES

CONVENTION_CODES = (1, 2, 3, 4, 5, 6, 9)  # the values of CNSR that a convention may set


class Endpoints(Bindings):
    """Finds what such a parameter reads, and where its value comes from."""

    def sequence(self, dataset: str) -> str | None:
        """The variable that numbers the records of a dataset."""
        variables = self.study.datasets[dataset].variables
        return next((name for name in (f"{dataset}SEQ", "ASEQ") if name in variables), None)

    def check_dataset(self, dataset: str, path: KeyPath) -> bool:
        """Whether the dataset has a mapping; one without is a fault."""
        if dataset in self.study.mappings:
            return True
        hint = nearest(dataset, self.study.mappings)
        self.fault(path, f"{dataset} is not a dataset with a mapping{hint}")
        return False

    # --- time to event
    def event_rows(self, i: int, parameter: m.TimeToEvent) -> Step | None:
        """The step that makes the records of a time-to-event parameter."""
        path: KeyPath = ("parameters", i)
        name = "progression_free" if parameter.convention else "time_to_event"
        function = self.functions.get(name)
        if function is None:
            self.fault(path, f"this parameter needs a function {name} in the library")
            return None
        if "ADSL" not in self.study.mappings:
            message = f"{parameter.start} is read from ADSL, which has no mapping"
            self.fault((*path, "start"), f"{message}; write mappings/adam/adsl.yaml")
            return None
        sources = {n: self.mapping.sources[n] for n in self.event_sources(parameter, path)}
        inputs = {}
        for dataset, places in self.event_variables(parameter, sources, path).items():
            known = self.study.datasets[dataset].variables
            for variable, place in places.items():
                if variable not in known:
                    self.fault(place, f"{dataset} has no variable {variable}{nearest(variable, known)}")
            inputs[dataset] = tuple(Input(dataset, variable, False) for variable in places)
        tables: dict[str, Any] = {"parameter": parameter, "event_sources": sources}
        if parameter.convention:
            protocol = self.study.protocol
            tables |= {"censoring": self.mapping.censoring}
            tables |= {"visits": protocol.visits, "cutoff": protocol.cutoff}
            tables |= {"anchor": protocol.anchor_variable}
        node, frames = (self.spec.dataset, ""), frozenset(inputs)
        return Step(node, i, "rows", function, inputs, (self.file, path), name, frames=frames, tables=tables)

    def event_sources(self, parameter: m.TimeToEvent, path: KeyPath) -> list[str]:
        """The names of the sources that a parameter draws on; a name that leads nowhere is a fault."""
        places: dict[str, KeyPath] = {}
        if parameter.convention:
            roles = parameter.convention.roles
            needed = [
                s for role, s in roles.items() if role not in OPTIONAL_ROLES or s in self.mapping.sources
            ]
            places = dict.fromkeys(needed, (*path, "convention"))
        for kind, names in (("events", parameter.events), ("censors", parameter.censors)):
            places |= {name: (*path, kind, i) for i, name in enumerate(names)}
        if parameter.convention:
            missed = parameter.convention.missed
            for name in missed.before if missed else ():
                places.setdefault(name, (*path, "convention", "missed", "before"))
            for code in CONVENTION_CODES:
                if code not in self.mapping.censoring:
                    place = ("censoring",) if self.mapping.censoring else path
                    message = f"`censoring` has no text for CNSR {code}, which a convention may set"
                    self.fault(place, message)
        known = self.mapping.sources
        for name, place in places.items():
            if name not in known:
                self.fault(place, f"{name} is not one of `sources`{nearest(name, known)}")
        if parameter.start in known:
            places.setdefault(parameter.start, (*path, "start"))
        return [name for name in places if name in known]

    def event_variables(
        self, parameter: m.TimeToEvent, sources: dict[str, m.EventSource], path: KeyPath
    ) -> dict[str, dict[str, KeyPath]]:
        """The variables that a parameter reads, by dataset, each with the place in the file that names it."""
        variables: dict[str, dict[str, KeyPath]] = {"ADSL": {v: (*path, "where", v) for v in parameter.where}}
        self.check_values("ADSL", parameter.where, (*path, "where"))
        if parameter.start not in self.mapping.sources:
            variables["ADSL"][parameter.start] = (*path, "start")
        if parameter.convention:
            variables["ADSL"] |= self.anchor(path)
        for name, source in sources.items():
            place: KeyPath = ("sources", name)
            if not self.check_dataset(source.dataset, (*place, "dataset")):
                continue
            self.check_values(source.dataset, source.where, (*place, "where"))
            of_dataset = variables.setdefault(source.dataset, {})
            of_dataset.setdefault(source.date, (*place, "date"))
            for variable in source.where:
                of_dataset.setdefault(variable, (*place, "where", variable))
            for variable in (f"{source.dataset}SEQ", "ASEQ"):
                if variable in self.study.datasets[source.dataset].variables:
                    of_dataset.setdefault(variable, place)
        return variables

    def anchor(self, path: KeyPath) -> dict[str, KeyPath]:
        """The variable from which planned visits are counted, with the place in the file that needs it."""
        variable = self.study.protocol.anchor_variable
        if variable:
            return {variable: (*path, "convention")}
        asked = "`anchor` is missing, the date of ADSL from which planned visits are counted"
        message = f"{asked}; a convention counts missed visits by it: write anchor: ADSL.RANDDT"
        self.faults.append(str(self.study.error("specs/study.yaml", ("visits",), message)))
        return {}

    # --- responses
    def response_source(self, i: int) -> m.ResponseSource | None:
        """The source of a response parameter; a name in it that leads nowhere is a fault."""
        name, known = self.mapping.response_parameters[i].source, self.mapping.responses
        if name not in known:
            place = ("response_parameters", i, "source")
            self.fault(place, f"{name} is not one of `responses`{nearest(name, known)}")
            return None
        source = known[name]
        if not self.check_dataset(source.dataset, ("responses", name, "dataset")):
            return None
        variables = self.study.datasets[source.dataset].variables
        for key in ("assessment", "number", "value", "date", "progression"):
            variable = getattr(source, key)
            if variable and variable not in variables:
                message = f"{source.dataset} has no variable {variable}{nearest(variable, variables)}"
                self.fault(("responses", name, key), message)
                return None
        for variable in source.where:
            if variable not in variables:
                message = f"{source.dataset} has no variable {variable}{nearest(variable, variables)}"
                self.fault(("responses", name, "where", variable), message)
                return None
        self.check_values(source.dataset, source.where, ("responses", name, "where"))
        return source

    def response_rows(self, i: int, source: m.ResponseSource) -> Step | None:
        """The step that makes the records of a response parameter by its function.

        The function takes the variables of ADSL as `subjects`, those of the source as `records`, the source
        itself as `source`, and the parameters of specs/study.yaml under their own names.
        """
        parameter = self.mapping.response_parameters[i]
        path: KeyPath = ("response_parameters", i)
        name = str(parameter.derive)
        function = self.function(name, (*path, "derive"))
        if function is None:
            return None
        variables = list(dict.fromkeys([*source.variables.values(), *source.where]))
        sequence = self.sequence(source.dataset)
        if sequence:
            variables.append(sequence)
        of: dict[str, m.Binding] = {
            "subjects": [f"ADSL.{variable}" for variable in parameter.subjects],
            "records": [f"{source.dataset}.{variable}" for variable in variables],
            **{rule: f"specs.parameters.{rule}" for rule in parameter.rules},
            **parameter.of,
        }
        bound = self.bind(function, of, None, path, bound_elsewhere=("source",))
        tables = {**bound.tables, "source": source}
        node, place = (self.spec.dataset, ""), (self.file, path)
        return Step(node, i, "rows", function, bound.inputs, place, name, "", frozenset(bound.frames),
                    None, (), tables, bound.table_names)  # fmt: skip

    def response_rules(self, i: int, source: m.ResponseSource) -> Iterator[tuple[str, m.Rule]]:
        """What the variables of a response parameter's records are, with the source that decided each.

        SRCVAR is the variable that AVALC comes from (ADaMIG 1.3, 3.3.9). Of a copy it is known here; of a
        record that a function draws, the function says it.
        """
        parameter = self.mapping.response_parameters[i]
        rules: dict[str, dict[str, Any]] = {"PARAMCD": {"constant": parameter.code}}
        if parameter.derive:
            for variable in ("AVALC", "ADT", "SRCDOM", "SRCVAR", "SRCSEQ"):
                rules[variable] = {"copy": variable}
        else:
            dataset, sequence = source.dataset, self.sequence(source.dataset)
            date = f"{dataset}.{source.date}"
            is_text = self.study.datasets[dataset].variables[source.date].is_text
            as_text = {"derive": "calendar_day", "of": {"date": date}}
            rules["ASMT"] = {"copy": f"{dataset}.{source.assessment}"}
            rules["AVALC"] = {"copy": f"{dataset}.{source.value}"}
            rules["ADT"] = as_text if is_text else {"copy": date}
            rules["SRCDOM"] = {"constant": dataset}
            rules["SRCVAR"] = {"constant": source.value}
            if sequence:
                rules["SRCSEQ"] = {"copy": f"{dataset}.{sequence}"}
        for variable, rule in rules.items():
            yield variable, m.Rule.model_validate(rule)
