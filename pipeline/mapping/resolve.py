"""Makes the steps of a study from its mapping files, or refuses them with every fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError
from typing import Any

from pipeline.errors import SpecError
from pipeline.mapping.endpoints import Endpoints
from pipeline.mapping.steps import Input, Library, Plan, Step
from pipeline.study import Study
from pipeline.study import models as m
from pipeline.study.located import nearest


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
        raise study.error(
            *place, f"these need each other, so none can be worked out first: {' -> '.join(names)}"
        ) from None
    return found


class _Resolver(Endpoints):
    """Makes the steps of one mapping file."""

    def steps(self) -> list[Step]:
        found = [s for s in self._steps() if s]
        mapped = {*self.mapping.variables, *(v for b in self.mapping.records for v in b.variables)}
        mapped |= {s.node[1] for s in found}
        for name, variable in self.spec.variables.items():
            if name not in mapped and variable.core == "Req" and name != "USUBJID":
                self.fault((), f"{self.spec.dataset}.{name} is required by its spec, and nothing maps it")
        if self.faults:
            raise SpecError("\n".join(dict.fromkeys(self.faults)))
        return found

    def _steps(self) -> Iterator[Step | None]:
        for i, parameter in enumerate(self.mapping.parameters):
            yield self.event_rows(i, parameter)
        for i in range(len(self.mapping.response_parameters)):
            yield from self.response(i)
        for i, block in enumerate(self.mapping.records):
            path = ("records", i)
            yield self.rows(i, block, path)
            for variable, rule in block.variables.items():
                if variable in self.mapping.variables:
                    self.fault(
                        (*path, "variables", variable),
                        f"{variable} is mapped for this block and for all blocks",
                    )
                yield from self.value(variable, rule, [i], (*path, "variables", variable))
        blocks = list(range(self.mapping.blocks))
        for variable, rule in self.mapping.variables.items():
            yield from self.value(variable, rule, blocks, ("variables", variable), common=True)

    def rows(self, i: int, block: m.Records, path: tuple[str | int, ...]) -> Step | None:
        node = (self.spec.dataset, "")
        if isinstance(block.from_, m.Derivation):
            function = self.function(block.from_.derive, (*path, "from", "derive"))
            if function is None:
                return None
            inputs, frames, tables, names = self.bind(function, block.from_.of, None, (*path, "from"))
            return Step(
                node,
                i,
                "rows",
                function,
                inputs,
                (self.file, path),
                block.from_.derive,
                "",
                frames,
                block.where,
                tables,
                names,
            )
        known = {*self.study.forms, *self.study.mappings} - {self.spec.dataset}
        if block.from_ not in known:
            self.fault(
                (*path, "from"),
                f"{block.from_} is neither a form nor another dataset with a"
                f" mapping{nearest(block.from_, known)}",
            )
            return None
        for field in block.where:
            if field not in self.fields(block.from_):
                self.fault(
                    (*path, "where", field),
                    f"{field} is not a field of {block.from_}{nearest(field, self.fields(block.from_))}",
                )
        tested = tuple(Input(block.from_, c, True) for c in block.where)
        return Step(
            node,
            i,
            "rows",
            block.from_,
            {"where": tested},
            (self.file, path),
            "",
            block.from_,
            where=block.where,
        )

    def response(self, i: int) -> Iterator[Step | None]:
        """The steps of a response parameter: its records, and the variables that these alone have."""
        path = ("response_parameters", i)
        parameter, source = self.mapping.response_parameters[i], self.response_source(i)
        if source is None:
            return
        if parameter.derive:
            yield self.response_rows(i, source)
        else:
            copied = m.Records.model_validate({"from": source.dataset, "where": parameter.where})
            yield self.rows(i, copied, path)
        for variable, rule in self.response_rules(i, source):
            yield from self.value(variable, rule, [i], path)

    def value(
        self,
        variable: str,
        rule: m.Rule,
        blocks: list[int],
        path: tuple[str | int, ...],
        common: bool = False,
    ) -> Iterator[Step | None]:
        if variable not in self.spec.variables:
            self.fault(
                path,
                f"{self.spec.dataset} has no variable {variable} in its"
                f" spec{nearest(variable, self.spec.variables)}",
            )
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
            return prefix not in self.study.mappings or prefix in {
                self.source(b) for b in range(self.mapping.blocks)
            }
        if name.startswith("specs."):
            return False
        if "." in name:
            return name.partition(".")[0] not in self.study.datasets
        return name != "USUBJID" and not self.is_variable(name, variable)

    def step(
        self, variable: str, rule: m.Rule, block: int | None, path: tuple[str | int, ...]
    ) -> Step | None:
        node = (self.spec.dataset, variable)
        verbs = [
            v for v in ("constant", "copy_", "codelist", "date", "derive") if getattr(rule, v) is not None
        ]
        if len(verbs) != 1:
            self.fault(path, f"{variable} needs exactly one of constant, copy, codelist, date, derive")
            return None
        source = self.source(block) if block is not None else ""
        place = (self.file, path)
        if rule.constant is not None:
            return Step(
                node,
                block,
                "constant",
                self.constant(variable, rule.constant, path),
                {},
                place,
                str(rule.constant),
                source,
            )
        if rule.derive is not None:
            function = self.function(rule.derive, (*path, "derive"))
            of = {"of": rule.of} if isinstance(rule.of, str) else rule.of or {}
            if function is None:
                return None
            inputs, frames, tables, names = self.bind(function, of, block, path, variable)
            return Step(
                node,
                block,
                "derive",
                function,
                inputs,
                place,
                rule.derive,
                source,
                frames,
                None,
                tables,
                names,
            )
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
        """A field whose contract is of another type would fail in the middle of a build, on the first record
        that shows it.
        """
        if one.frame not in self.study.forms:
            return
        collected = self.study.forms[one.frame].fields[one.column].type
        said = f"{one.frame}.{one.column} is {collected} in its contract"
        if verb == "date" and collected != "date":
            self.fault(path, f"{said}; the verb date needs a date")
        spec = self.spec.variables[variable]
        if verb == "copy" and not spec.is_text and collected not in ("number", "integer"):
            self.fault(
                path,
                f"{said}, and {variable} is {spec.type} in its spec; correct one of them, or derive the"
                " value",
            )

    def constant(self, variable: str, value: str | float, path: tuple[str | int, ...]) -> Any:
        """A constant, or (`study.id`) a fact of specs/study.yaml."""
        found = (
            self.table("specs." + value.removeprefix("study."), path)
            if isinstance(value, str) and value.startswith("study.")
            else value
        )
        spec = self.spec.variables[variable]
        fits = (
            isinstance(found, str)
            if spec.is_text
            else isinstance(found, int | float) and spec.dtype == "float64"
        )
        if found is not None and not fits:
            self.fault(path, f"{value} is no constant for {variable}, which is {spec.type} in its spec")
        return found


def _single_names(rule: m.Rule) -> Iterable[str]:
    """The names in a rule that stand for one value of this record."""
    if rule.derive is not None:
        bound = {"of": rule.of} if isinstance(rule.of, str) else rule.of or {}
        return [b for b in bound.values() if isinstance(b, str)]
    return [n for n in (rule.copy_, rule.date, rule.of if rule.codelist else None) if isinstance(n, str)]
