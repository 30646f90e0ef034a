"""Variables whose values come from different places, and nothing that says which: what define.xml cannot
describe, told of the mappings alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.mapping.steps import Plan
from pipeline.publish.define.origins import origins_of
from pipeline.study import Study
from pipeline.study.models import Dataset


def how(spec: Dataset, name: str) -> str:
    """What to write where a value is collected in some records and set or derived in others."""
    file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
    in_spec = f"`variables: {{{name}: {{by: [VARIABLE]}}}}` in {file}"
    if spec.layer != "sdtm" or spec.class_ == "SPECIAL PURPOSE":  # those have no --GRPID
        return in_spec
    group = f"{spec.dataset}GRPID"
    return f"{in_spec}; where none does, {group} with a constant of its own in each block of the mapping"


def by_nothing(spec: Dataset, name: str) -> str:
    """What is wrong with a variable of several origins that has no `by`."""
    return (
        "has origins that differ from record to record; say by which variables they can be told apart:"
        f" {how(spec, name)}"
    )


def faults(study: Study, specs: Iterable[Dataset], plan: Plan) -> Iterator[str]:
    """A fault for each variable of several origins that has no `by`, at its place in the spec.

    Takes     the study; the specs of what may be published; its mappings, resolved.
    Source    Define-XML 2.1, 5.3.11 (Origin: of a variable, or of each of its values).
    """
    origins = origins_of(study, plan)
    for spec in specs:
        for name in spec.published:
            if not origins.variable(spec.dataset, name) and not spec.variables[name].by:
                file = f"specs/{spec.layer}/{spec.dataset.lower()}.yaml"
                message = f"{spec.dataset}.{name} {by_nothing(spec, name)}"
                yield str(study.error(file, ("variables", name), message))
