"""What every check of names needs: a fault, the message for an unknown name, the terms of a variable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.study.located import KeyPath, nearest

if TYPE_CHECKING:
    from pipeline.study import Study
    from pipeline.study.datasets import Dataset

Fault = tuple[str, KeyPath, str]  # file, place in it, message
A_VISIT = "a visit of the study"


def unknown(name: str, what: str, known: Iterable[str]) -> str:
    """The message for a name that is not among the known ones: `what` says what it should be."""
    return f"{name} is not {what}{nearest(name, known)}"


def terms_of(study: Study, dataset: str, variable: str) -> list[str]:
    """The terms that a variable may have; none where it has no list."""
    spec = study.datasets[dataset].variables.get(variable) if dataset in study.datasets else None
    codelist = study.codelists.get(spec.codelist or "") if spec else None
    return list(codelist.terms) if codelist else []


def tests_of(study: Study, spec: Dataset) -> list[str]:
    """The terms that --TESTCD of a dataset may have."""
    test = spec.variables.get(f"{spec.dataset}TESTCD")
    codelist = study.codelists.get(test.codelist or "") if test else None
    return list(codelist.terms) if codelist else []
