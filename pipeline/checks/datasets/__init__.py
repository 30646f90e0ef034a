"""Stage 4: what is wrong with the datasets of a block, as findings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.checks.datasets import deviations, response, rules, schemas
from pipeline.profile import Profile
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.located import nearest
from pipeline.study.models import Dataset


def block(study: Study, specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """What schemas and rules object to in one block of subjects.

    Takes     the published datasets with KEY, SUPP-- included.
    """
    found = schema(study, specs, frames)
    found += rules.check(study, frames) + response.check(study, frames)
    return found + deviations.check(study, {n: f for n, f in frames.items() if n in study.mappings})


def whole(study: Study, specs: Mapping[str, Dataset], profile: Profile) -> list[Finding]:
    """What can only be told of all subjects together.

    Takes     the profile of all blocks and of the study-level datasets.
    """
    return [*terms(study, specs, profile), *units(specs, profile), *rules.one_to_one(profile)]


def schema(study: Study, specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """What the schemas object to in some datasets: those of a block of subjects, or those of the study as a
    whole.
    """
    return [f for name, frame in frames.items() for f in schemas.check(specs[name], study.codelists, frame)]


def study_level(
    study: Study, specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]
) -> list[Finding]:
    """What is wrong with the datasets, or the parts of datasets, that are told of the study as a whole."""
    return schema(study, specs, frames) + rules.related_datasets(specs, frames)


def terms(study: Study, specs: Mapping[str, Dataset], profile: Profile) -> list[Finding]:
    """A warning for each value outside an extensible codelist, with the nearest known term, once for the
    whole study.

    Takes     the profile of all blocks.
    """
    found: list[Finding] = []
    for (dataset, variable), column in profile.columns.items():
        codelist = study.codelists.get(specs[dataset].variables[variable].codelist or "")
        if codelist and codelist.extensible:
            message = "not in the extensible codelist; published as collected and marked as an extended value"
            found += [
                Finding(
                    "TERM-NEW",
                    "warning",
                    dataset,
                    variable,
                    "",
                    text,
                    message + nearest(text, codelist.terms),
                    "",
                )
                for text in sorted(column.terms - codelist.terms.keys())
            ]
    return found


def units(specs: Mapping[str, Dataset], profile: Profile) -> list[Finding]:
    """An error for each test whose standard results have more than one unit.

    Takes     the profile of all blocks, in which a standard unit stands by the short name of its test.
    Source    FDA Business Rules 1.5, FB3001.
    """
    message = (
        "more than one standard unit for one test; add the conversion to specs/units.yaml, or query the unit"
    )
    found: list[Finding] = []
    for (dataset, variable, group), column in profile.groups.items():
        if (
            variable == f"{dataset}STRESU"
            and specs[dataset].variables[variable].by == (f"{dataset}TESTCD",)
            and len(column.terms) > 1
        ):
            found.append(
                Finding(
                    "UNIT-ONE",
                    "error",
                    dataset,
                    variable,
                    f"{dataset}TESTCD={group[0]}",
                    ", ".join(sorted(column.terms)),
                    message,
                    "",
                )
            )
    return found
