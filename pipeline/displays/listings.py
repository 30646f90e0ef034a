"""Listings: the records themselves, as text."""

from __future__ import annotations

import pandas as pd

from pipeline.displays import whole_texts
from pipeline.displays.content import Listed
from pipeline.displays.counts import as_text
from pipeline.displays.participants import ADSL, PLACE, SUBJECT, Scope
from pipeline.study.displays import Display


def listing(scope: Scope, display: Display) -> Listed:
    """The records of the population that meet the condition, in the order of their dataset.

    A variable that the dataset has not is that of the participant in ADSL. Texts are whole, with their parts
    in SUPP--; dates are ISO 8601.
    """
    assert display.listing
    asked = display.listing
    own = [v for v in asked.columns if v in scope.study.datasets[asked.dataset].variables]
    of_participant = [v for v in asked.columns if v not in own]
    records = whole_texts.records(scope, asked.dataset, asked.where, own)
    if of_participant:
        participants = scope.records(ADSL, {}, of_participant)[[SUBJECT, *of_participant]]
        records = records.merge(participants, how="left", on=SUBJECT, validate="many_to_one")
    columns = [as_shown(records.sort_values(PLACE)[v]) for v in asked.columns]
    rows = [*zip(*columns, strict=True)]
    return Listed(display, scope.population, list(asked.columns.values()), rows)


def as_shown(values: pd.Series) -> list[str]:
    """Values as a listing has them: dates in ISO 8601, an empty text where there is none.

    Takes     a column of a dataset.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        is_day = values.dropna().eq(values.dropna().dt.normalize()).all()
        values = values.dt.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M")
    return as_text(values).fillna("").tolist()
