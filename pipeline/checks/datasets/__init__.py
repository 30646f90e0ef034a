"""Stage 4: what is wrong with the datasets, as findings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.checks.datasets import baseline, deviations, known, response, rules
from pipeline.derivations.adam.before_treatment import Baseline
from pipeline.derivations.oncology.recist import Recist
from pipeline.errors import SpecError
from pipeline.profile import Profile
from pipeline.records import numbers as as_number
from pipeline.records.findings import Finding
from pipeline.study import Study, drafts
from pipeline.study.located import nearest
from pipeline.study.models import Dataset
from pipeline.study.parameters import unfit_for

Frames = Mapping[str, pd.DataFrame]


def refuse_faults(study: Study) -> None:
    """Holds what the study says to these checks against what they ask for, before any work: parameters by
    their types, rules by their names.

    Raises    SpecError with every fault.
    """
    faults = [*known.unknown_rules(study), *deviations.unfit(study)]
    for rules_asked, needed in ((Baseline, baseline.NEEDED), (Recist, response.NEEDED)):
        if all(name in study.mappings for name in needed):
            faults += unfit_for(study, rules_asked)
    if faults:
        raise SpecError("\n".join(dict.fromkeys(faults)))


def block(study: Study, specs: Mapping[str, Dataset], frames: Frames) -> list[Finding]:
    """What schemas and rules object to in one block of subjects.

    Takes     the published datasets with KEY, SUPP-- included.
    """
    mapped = {name: frame for name, frame in frames.items() if name in study.mappings}
    return [
        *_against_schemas(study, specs, frames),
        *rules.check(study, frames),
        *baseline.check(study, frames),
        *response.check(study, frames),
        *deviations.check(study, mapped),
    ]


def study_level(study: Study, specs: Mapping[str, Dataset], frames: Frames) -> list[Finding]:
    """What is wrong with the datasets, or the parts of datasets, that are about the study as a whole."""
    return [*_against_schemas(study, specs, frames), *rules.related_datasets(specs, frames)]


def whole(study: Study, specs: Mapping[str, Dataset], profile: Profile) -> list[Finding]:
    """What can only be judged with all subjects together.

    Takes     the profile of all blocks and of the study-level datasets.
    """
    findings = [*terms(study, specs, profile), *units(specs, profile), *rules.one_to_one(profile)]
    return [*findings, *unconfirmed(study)]


def _against_schemas(study: Study, specs: Mapping[str, Dataset], frames: Frames) -> list[Finding]:
    from pipeline.checks.datasets import schemas  # and pandera with it, for which lint need not wait

    findings: list[Finding] = []
    for name, frame in frames.items():
        findings += schemas.check(specs[name], study.codelists, frame)
    return findings


def terms(study: Study, specs: Mapping[str, Dataset], profile: Profile) -> list[Finding]:
    """A warning for each value outside an extensible codelist, with the nearest known term, and for each that
    is allowed beside the terms of a closed one, once for the whole study.

    Takes     the profile of all blocks.
    """
    findings: list[Finding] = []
    for (dataset, variable), column in profile.columns.items():
        codelist = study.codelists.get(specs[dataset].variables[variable].codelist or "")
        if codelist is None:
            continue
        for value in sorted(column.terms & codelist.beside.keys()):
            message = (
                f"not a term of its closed codelist; published for this reason: {codelist.beside[value]}"
            )
            findings.append(Finding("TERM-BESIDE", "warning", dataset, variable, "", value, message, ""))
        if not codelist.extensible:
            continue
        new = [value for value in sorted(column.terms - codelist.terms.keys()) if not as_number.read(value)]
        for value in new:  # a number among results in words is no term
            message = "not in the extensible codelist; published all the same and marked as an extended value"
            message += nearest(value, codelist.terms)
            findings.append(Finding("TERM-NEW", "warning", dataset, variable, "", value, message, ""))
    return findings


def units(specs: Mapping[str, Dataset], profile: Profile) -> list[Finding]:
    """An error for each unit beside the commonest standard unit of a test, and for numbers without a unit
    beside others that have one; each at its first record.

    Takes     the profile of all blocks, in which a standard unit stands by the short name of its test.
    Source    FDA Business Rules 1.5, FB3001.
    """
    findings: list[Finding] = []
    for (dataset, variable, group), column in profile.groups.items():
        by_test = specs[dataset].variables[variable].by == (f"{dataset}TESTCD",)
        if variable != f"{dataset}STRESU" or not by_test or not column.terms:
            continue
        used = {unit: profile.units.get((dataset, group[0], unit), (0, "")) for unit in column.terms}
        commonest = max(sorted(used), key=lambda unit: used[unit][0])
        key, value = f"{dataset}TESTCD={group[0]}", ", ".join(sorted(used))
        for unit in sorted(used.keys() - {commonest}):
            message = (
                f"more than one standard unit for one test: {_in_use(unit, *used[unit])} beside"
                f" {_in_use(commonest, *used[commonest])}; add the conversion to specs/units.yaml, or query"
                " the unit"
            )
            findings.append(
                Finding("UNIT-ONE", "error", dataset, variable, key, value, message, used[unit][1])
            )
        if (dataset, group[0], "") in profile.units:
            records, source = profile.units[dataset, group[0], ""]
            lacking = _in_use("none", records, source)
            message = (
                f"a number without a unit: {lacking} beside"
                f" {_in_use(commonest, *used[commonest])}; query the unit"
            )
            findings.append(Finding("UNIT-MISSING", "error", dataset, variable, key, "", message, source))
    return findings


def unconfirmed(study: Study) -> list[Finding]:
    """A warning for each file of the study that holds drafted lines."""
    lines: dict[str, list[int]] = {}
    for draft in drafts.left(study.contents):
        lines.setdefault(draft.file, []).append(draft.line)
    return [
        Finding("STUDY-DRAFT", "warning", "", "", "", "", _drafted(numbers), f"{file}:{numbers[0]}")
        for file, numbers in lines.items()
    ]


def _drafted(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers))
    which = f"line {shown} is" if len(numbers) == 1 else f"lines {shown} are"
    return f"{which} drafted and not confirmed; correct what is wrong, and take `{drafts.MARK}` away"


def _in_use(unit: str, records: int, source: str) -> str:
    """A unit with the number of its records and the participant of the first."""
    if not records:
        return unit
    _, subject, _ = source.split(", ", 2)
    return f"{unit} ({'1 record' if records == 1 else f'{records} records'}, first of {subject})"
