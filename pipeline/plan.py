"""What a study asks for, worked out from its files alone: the steps of its mappings, and the specs of what
may be published.
"""

from __future__ import annotations

from functools import lru_cache

from pipeline.derivations import adam, sdtm
from pipeline.derivations.sdtm import supp, trial_design
from pipeline.mapping import resolve
from pipeline.mapping.steps import Plan
from pipeline.study import Study
from pipeline.study.models import Dataset

LIBRARY = {"sdtm": sdtm.FUNCTIONS, "adam": adam.FUNCTIONS}


@lru_cache(maxsize=4)
def plan_of(study: Study) -> Plan:
    """The study's steps, resolved once a process."""
    return resolve.plan(study, LIBRARY)


def publishable(study: Study) -> dict[str, Dataset]:
    """The specs of all datasets that may be published, in the order of the package: the trial's design, SDTM
    with each SUPP-- behind its parent, ADaM.
    """
    mapped = {n: s for n, s in study.datasets.items() if n in study.mappings}
    supplements = supp.specs(mapped)
    specs = {n: study.datasets[n] for n in trial_design.names(study)}
    for name, spec in mapped.items():
        specs[name] = spec
        if f"SUPP{name}" in supplements:
            specs[f"SUPP{name}"] = supplements[f"SUPP{name}"]
    return specs
