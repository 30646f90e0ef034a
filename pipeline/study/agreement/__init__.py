"""Checks the files of a study against each other: a name that one file uses must be defined in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.study import displayed, written
from pipeline.study.agreement import datasets, optional_files, protocol, visits

if TYPE_CHECKING:
    from pipeline.study import Study


def faults(study: Study) -> list[str]:
    """Every name that leads nowhere, each with file:line:column and the nearest right word."""
    checks = (
        datasets.strays,
        datasets.twice,
        protocol.subjects,
        protocol.collected_dates,
        visits.visits,
        visits.windows,
        protocol.grades,
        protocol.anchor,
        protocol.parameters,
        visits.after_cutoff,
        visits.schedule,
        visits.tumour_schedule,
        datasets.forms,
        written.faults,
        datasets.datasets,
        datasets.spellings,
        datasets.set_aside,
        protocol.design,
        protocol.treatments,
        protocol.evaluators,
        protocol.cutoff,
        protocol.limits,
        protocol.important_deviations,
        datasets.units,
        protocol.summary,
        optional_files.waivers,
        optional_files.guides,
        displayed.faults,
        optional_files.edition,
        optional_files.simulation,
    )
    return [*dict.fromkeys(str(study.error(*fault)) for check in checks for fault in check(study))]
