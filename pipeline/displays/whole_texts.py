"""Records with their texts as they were collected: whole, and with what SUPP-- has of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from pipeline.derivations.sdtm import supp
from pipeline.derivations.sdtm.identifiers import identifying_text
from pipeline.displays.participants import SUBJECT, Scope
from pipeline.study.frozen import Chosen
from pipeline.study.models import Dataset

IDENTIFIED, QUALIFIER, VALUE = "IDVARVAL", "QNAM", "QVAL"


def records(scope: Scope, dataset: str, where: Chosen, variables: Sequence[str]) -> pd.DataFrame:
    """The records of a dataset as `Scope.records`, each text whole.

    1. A text that was too long for its variable goes on in others of its dataset (AETERM1 of ADAE) or in
       SUPP-- (DVTERM1); the parts are joined by the blank at which they were cut.
    2. A variable that the study publishes in SUPP-- has its value there.

    Takes     the participants; the dataset; the condition; its variables, those of SUPP-- too.
    """
    spec = scope.study.datasets[dataset]
    own = [v for v in variables if v in spec.published]
    further = [part for v in own for part in spec.variables[v].continued]
    has_qualifiers = any(spec.variables[v].supp or spec.variables[v].long for v in variables)
    identifying = [supp.identifying_variable(spec)] if has_qualifiers else []
    found = scope.records(dataset, where, [*own, *further, *identifying])
    if has_qualifiers:
        found = _with_qualifiers(scope, spec, found, *identifying)
    for variable in variables:
        if variable not in found:  # a qualifier that no record has
            found = found.assign(**{variable: pd.Series(None, index=found.index, dtype="str")})
        for part in _further_parts(spec, variable, found):
            joined = found[variable] + (" " + found[part]).fillna("")
            found = found.assign(**{variable: joined})
    return found


def _with_qualifiers(scope: Scope, spec: Dataset, found: pd.DataFrame, identifier: str) -> pd.DataFrame:
    """Beside the records, a column for each qualifier of their SUPP--."""
    of_parent = found.assign(**{IDENTIFIED: identifying_text(found[identifier])})
    if identifier == SUBJECT:  # as in DM, where SUPP-- has no IDVARVAL
        of_parent = of_parent.assign(**{IDENTIFIED: ""})
    parent = [SUBJECT, IDENTIFIED]
    supplement = scope.read(f"SUPP{spec.dataset}", [*parent, QUALIFIER, VALUE])
    supplement = supplement.astype({IDENTIFIED: "str"}).fillna({IDENTIFIED: ""})
    for name, of_name in supplement.groupby(QUALIFIER):
        values = of_name[[*parent, VALUE]].rename(columns={VALUE: str(name)})
        of_parent = of_parent.merge(values, how="left", on=parent, validate="one_to_one")
    return of_parent


def _further_parts(spec: Dataset, variable: str, found: pd.DataFrame) -> Iterator[str]:
    """The columns in which a text goes on, in their order."""
    if spec.variables[variable].continued:
        yield from spec.variables[variable].continued
    number = 1
    while spec.variables[variable].long and supp.name_of_part(variable, number) in found:
        yield supp.name_of_part(variable, number)
        number += 1
