"""Stage 4: what is wrong with the datasets of a block, as findings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.facts import Facts
from pipeline.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Dataset
from pipeline.validate import rules, schemas


def block(study: Study, specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """What schemas and rules object to in one block of subjects.

    Takes     the published datasets with KEY, SUPP-- included.
    """
    found: list[Finding] = []
    for name, spec in specs.items():
        found += schemas.check(spec, study.codelists, frames[name])
    return found + rules.check(study, {n: f for n, f in frames.items() if n in study.mappings})


def terms(study: Study, specs: Mapping[str, Dataset], facts: Facts) -> list[Finding]:
    """A warning for each value outside an extensible codelist, once for the whole study.

    Takes     the facts of all blocks.
    """
    found: list[Finding] = []
    for (dataset, variable), column in facts.columns.items():
        codelist = study.codelists.get(specs[dataset].variables[variable].codelist or "")
        if codelist and codelist.extensible:
            message = "not in the extensible codelist; published as collected and marked as an extended value"
            found += [
                Finding("TERM-NEW", "warning", dataset, variable, "", t, message, "") for t in sorted(column.terms - codelist.terms.keys())
            ]
    return found
