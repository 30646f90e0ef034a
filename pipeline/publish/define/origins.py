"""Origins of published variables: of the mapping's steps, and of what no step makes (USUBJID, SUPP--, trial
design).
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.mapping.inputs import variables
from pipeline.mapping.origins import Origin, origin
from pipeline.mapping.steps import Input, Plan, Step
from pipeline.study import Study
from pipeline.study.models import Dataset, Variable

ASSIGNED = Origin("Assigned", "Sponsor")
PROTOCOL = Origin("Protocol", "Sponsor")
UNAVAILABLE = Origin("Not Available", "Sponsor")
SUMMARY = ("TSPARMCD",)  # `by` of the values of the trial summary
# Of the datasets that describe the trial: names and numbers that the sponsor gives to what the protocol says.
_ASSIGNED = re.compile(r"DOMAIN|\w+CD|TSSEQ|TSGRPID|TSPARM|TSVALNF|TSVCDREF|TSVCDVER")
_FROM_DATA = {
    "participants randomized": "Number of participants of DM with a planned arm.",
    "first consent": "Earliest informed consent (DM.RFICDTC) of a participant with a planned arm.",
}
_PERSON = (
    "Study identifier and the first subject number the person was given; one person keeps one identifier over"
    " screenings."
)


def _read(step: Step) -> list[Input]:
    return [i for inputs in step.inputs.values() for i in inputs]


@lru_cache(maxsize=4)
def origins_of(study: Study, plan: Plan) -> Origins:
    """The origins of a study, worked out once for define.xml, the mapping in words and the guides.

    Takes     a study and its resolved mapping.
    Returns   the origin of each variable and of each row of its value list.
    """
    return Origins(study, plan)


class Origins:
    """Answers where a variable comes from: as a whole, in some records, or block by block."""

    def __init__(self, study: Study, plan: Plan) -> None:
        self.study = study
        self.plan = plan
        self.worked_out: dict[tuple[str, str, frozenset[int]], Origin | None] = {}

    def parent(self, dataset: str) -> str:
        """The dataset that a SUPP-- belongs to; "" for any other dataset, of which the study has a spec."""
        if dataset in self.study.datasets:
            return ""
        return dataset.removeprefix("SUPP")

    def variable(self, dataset: str, variable: str) -> Origin | None:
        """The one origin of all its values; None where they differ and the origin is given at value level."""
        parent = self.parent(dataset)
        if parent and variable not in ("STUDYID", "USUBJID"):
            return None if variable == "QVAL" else ASSIGNED
        if not parent and dataset not in self.plan.datasets:  # specs/study.yaml gives its values
            if self._is_summary(dataset, variable):
                return None
            return ASSIGNED if _ASSIGNED.fullmatch(variable) else PROTOCOL
        if variable == "USUBJID":
            return self._person(parent or dataset)
        return self._of_steps(parent or dataset, variable, frozenset())

    def value(
        self, dataset: str, variable: str, values: tuple[str, ...], blocks: frozenset[int]
    ) -> tuple[Origin, ...]:
        """The origins of a variable for one value of its `by`: one, or none where records differ; for a
        supplemental qualifier each that occurs.

        Takes     the values of `by`; the blocks of the mapping whose records have them.
        """
        parent = self.parent(dataset)
        if not parent and self._is_summary(dataset, variable):
            return (self._summarized(values[0]),)
        if parent:
            variable = self.qualified(parent, values[0])
        single = self._of_steps(parent or dataset, variable, blocks)
        if single:
            return (single,)
        return self.each(parent, variable, blocks) if parent else ()

    def each(self, dataset: str, variable: str, blocks: frozenset[int] = frozenset()) -> tuple[Origin, ...]:
        """The origins of its blocks one by one, for values that nothing tells apart."""
        if self._is_summary(dataset, variable):
            parameters = [fact.parameter for fact in self.study.protocol.summary]
            return tuple(dict.fromkeys(self._summarized(p) for p in parameters))
        rows = self.plan.by_node[dataset, ""]
        origins = [origin(self.study, [step], rows) for step in self._steps(dataset, variable, blocks)]
        return tuple(dict.fromkeys(o for o in origins if o))

    def overall(self, spec: Dataset, variable: str) -> tuple[Origin, ...]:
        """The origins of a variable whose values are described one by one; what derived ones are worked out
        from is named together, and the value list has the algorithm of each.
        """
        origins = self.each(spec.dataset, variable)
        derived = [o for o in origins if o.type == "Derived"]
        if not derived:
            return origins
        rows = {row.block: row for row in self.plan.by_node[spec.dataset, ""]}
        steps = [s for s in self._steps(spec.dataset, variable, frozenset()) if s.verb != "constant"]
        makers = [rows[s.block] if not i.frame else s for s in steps for i in _read(s)]
        read = dict.fromkeys(i for maker in makers for i in _read(maker) if i.frame)
        by = " and ".join(spec.variables[variable].by)
        text = f"Differs by {by}; the value list has the algorithm of each. Inputs: "
        one = Origin("Derived", "Sponsor", method=f"{text}{variables(self.study, read)}.")
        return tuple(dict.fromkeys(one if o.type == "Derived" else o for o in origins))

    def qualified(self, parent: str, name: str) -> str:
        """The variable whose value SUPP-- holds under this QNAM: for AETERM1, which goes on with a long text,
        AETERM.
        """
        variables = self.study.datasets[parent].variables
        if name in variables:
            return name
        number = re.sub(r"^.*?(\d*)$", r"\1", name)
        return next(v for v in variables if variables[v].long and v[: 8 - len(number)] + number == name)

    def qualifiers(self, parent: str) -> dict[str, Variable]:
        """What SUPP-- can hold, by QNAM: supplemental variables, and the second part of long texts."""
        variables = self.study.datasets[parent].variables
        return {n if v.supp else f"{n[:7]}1": v for n, v in variables.items() if v.supp or v.long}

    def _is_summary(self, dataset: str, variable: str) -> bool:
        return self.study.datasets[dataset].variables[variable].by == SUMMARY

    def _person(self, dataset: str) -> Origin:
        if self.study.datasets[dataset].layer == "sdtm":
            return Origin("Derived", "Sponsor", method=_PERSON)
        return Origin("Predecessor", description="DM.USUBJID" if dataset == "ADSL" else "ADSL.USUBJID")

    def _summarized(self, parameter: str) -> Origin:
        """Of a parameter of the trial summary: derived if counted in the data, assigned if assumed."""
        facts = [f for f in self.study.protocol.summary if f.parameter == parameter]
        counted = [f.data for f in facts if f.data]
        if counted:
            return Origin("Derived", "Sponsor", method=_FROM_DATA[counted[0]])
        return ASSIGNED if any(f.assumption for f in facts) else PROTOCOL

    def _steps(self, dataset: str, variable: str, blocks: frozenset[int]) -> list[Step]:
        """The steps that make a variable, in these blocks or (none named) in all."""
        steps = self.plan.by_node.get((dataset, variable), [])
        return [s for s in steps if not blocks or s.block is None or s.block in blocks]

    def _of_steps(self, dataset: str, variable: str, blocks: frozenset[int]) -> Origin | None:
        key = dataset, variable, blocks
        if key not in self.worked_out:
            steps = self._steps(dataset, variable, blocks)
            rows = self.plan.by_node[dataset, ""]
            self.worked_out[key] = origin(self.study, steps, rows) if steps else UNAVAILABLE
        return self.worked_out[key]
