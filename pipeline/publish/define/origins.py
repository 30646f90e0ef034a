"""Origins of published variables: of the mapping's steps, and of what no step makes (USUBJID, SUPP--)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pipeline.mapping.origins import Origin, origin
from pipeline.mapping.steps import Plan, Step
from pipeline.publish.define.codelists import SUMMARY
from pipeline.publish.define.types import is_supplemental
from pipeline.study import Study
from pipeline.study.models import Dataset, Variable

ASSIGNED = Origin("Assigned", "Sponsor")
PROTOCOL = Origin("Protocol", "Sponsor")
UNAVAILABLE = Origin("Not Available", "Sponsor")
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


class Origins:
    """Answers where a variable comes from: as a whole, in some records, or block by block."""

    def __init__(self, study: Study, plan: Plan, specs: Mapping[str, Dataset]) -> None:
        self.study = study
        self.plan = plan
        self.specs = specs
        self.known = _known(study, plan)

    def parent(self, dataset: str) -> str:
        """The dataset that a SUPP-- belongs to; "" for any other dataset."""
        return dataset.removeprefix("SUPP") if is_supplemental(self.specs[dataset]) else ""

    def variable(self, dataset: str, variable: str) -> Origin | None:
        """The one origin of all its values; None where they differ and the origin is told at value level."""
        parent = self.parent(dataset)
        if parent and variable not in ("STUDYID", "USUBJID"):
            return None if variable == "QVAL" else ASSIGNED
        if not parent and dataset not in self.plan.datasets:  # told in specs/study.yaml
            if self.specs[dataset].variables[variable].by == SUMMARY:
                return None
            return ASSIGNED if _ASSIGNED.fullmatch(variable) else PROTOCOL
        if variable == "USUBJID":
            return self._person(parent or dataset)
        return self._steps(parent or dataset, variable, frozenset())

    def value(
        self, dataset: str, variable: str, values: tuple[str, ...], blocks: frozenset[int]
    ) -> tuple[Origin, ...]:
        """The one origin of the values that records of these blocks have; of SUPP-- each that occurs; of
        others none where they differ.
        """
        parent = self.parent(dataset)
        if self.specs[dataset].variables[variable].by == SUMMARY:
            return (self._summarized(values[0]),)
        if parent:
            variable = self.qualified(parent, values[0])
        found = self._steps(parent or dataset, variable, blocks)
        return (found,) if found else self.each(parent, variable, blocks) if parent else ()

    def each(self, dataset: str, variable: str, blocks: frozenset[int] = frozenset()) -> tuple[Origin, ...]:
        """The origins of its blocks one by one, for values that nothing tells apart."""
        if self.specs[dataset].variables[variable].by == SUMMARY:
            return tuple(dict.fromkeys(self._summarized(f.parameter) for f in self.study.protocol.summary))
        rows = self.plan.by_node[dataset, ""]
        found = (origin(self.study, [s], rows) for s in self._made(dataset, variable, blocks))
        return tuple(dict.fromkeys(o for o in found if o))

    def qualified(self, parent: str, name: str) -> str:
        """The variable whose value SUPP-- holds under this QNAM: itself, or the long text that AETERM1 goes
        on with.
        """
        known = self.study.datasets[parent].variables
        if name in known:
            return name
        number = re.sub(r"^.*?(\d*)$", r"\1", name)
        return next(v for v in known if known[v].long and v[: 8 - len(number)] + number == name)

    def qualifiers(self, parent: str) -> dict[str, Variable]:
        """What SUPP-- can hold, by QNAM: the supplemental variables, and the second part of texts that may be
        long.
        """
        known = self.study.datasets[parent].variables
        return {n if v.supp else f"{n[:7]}1": v for n, v in known.items() if v.supp or v.long}

    def _person(self, dataset: str) -> Origin:
        if self.study.datasets[dataset].layer == "sdtm":
            return Origin("Derived", "Sponsor", method=_PERSON)
        return Origin("Predecessor", description="DM.USUBJID" if dataset == "ADSL" else "ADSL.USUBJID")

    def _summarized(self, parameter: str) -> Origin:
        """Of a parameter of the trial summary: what the data tell is derived, what no document says is
        assigned.
        """
        facts = [f for f in self.study.protocol.summary if f.parameter == parameter]
        told = next((f.data for f in facts if f.data), None)
        if told:
            return Origin("Derived", "Sponsor", method=_FROM_DATA[told])
        return ASSIGNED if any(f.assumption for f in facts) else PROTOCOL

    def _made(self, dataset: str, variable: str, blocks: frozenset[int]) -> list[Step]:
        """The steps that make a variable, in these blocks or (none named) in all."""
        made = self.plan.by_node.get((dataset, variable), [])
        return [s for s in made if not blocks or s.block is None or s.block in blocks]

    def _steps(self, dataset: str, variable: str, blocks: frozenset[int]) -> Origin | None:
        key = dataset, variable, blocks
        if key not in self.known:
            made = self._made(dataset, variable, blocks)
            self.known[key] = (
                origin(self.study, made, self.plan.by_node[dataset, ""]) if made else UNAVAILABLE
            )
        return self.known[key]


@lru_cache(maxsize=2)
def _known(study: Study, plan: Plan) -> dict[tuple[str, str, frozenset[int]], Origin | None]:
    """What was found out of a study, which its define.xml, its mapping book and its guides all ask for."""
    return {}
