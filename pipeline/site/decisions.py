"""The candidates of each time-to-event record, for all participants at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline.derivations.adam.considered import considered_of_all
from pipeline.finished.build import Build
from pipeline.site.chunks import Coded

# of a candidate: its kind, its date, what it is called, dataset, variable and number of its record, and
# the raw record that it is of
COLUMNS = ("kind", "ADT", "EVNTDESC", "SRCDOM", "SRCVAR", "SRCSEQ", "form", "record")
_KEY = {"USUBJID": "USUBJID", "form": "_form", "record": "_record"}


def sources(build: Build) -> set[str]:
    """The datasets from which times to events are decided."""
    rules = [r for name in build.study_facts["endpoints"] for r in build.variables[name]["rules"]]
    return {read["from"] for rule in rules for read in rule.get("inputs", ())}


def decisions(build: Build, dataset: str, columns: Mapping[str, Mapping[str, Coded]]) -> dict[str, Any]:
    """What was considered for each parameter of a dataset of times to events.

    Takes     a build; the dataset; the columns of the datasets that `sources` names.
    Returns   by code of the parameter and by participant: candidates in order of date as `COLUMNS`, and the
              facts that the rules ask for.
    """
    endpoint = build.study_facts["endpoints"][dataset]
    rules = {rule["endpoint"]: rule for rule in build.variables[dataset]["rules"] if "endpoint" in rule}
    read: dict[str, list[str]] = {}
    for variable in (v for rule in rules.values() for v in rule["inputs"]):
        read.setdefault(variable["from"], []).append(variable["name"])
    sources = {name: _frame(build, name, columns[name], variables) for name, variables in read.items()}
    return {
        parameter["code"]: _of_parameter(parameter, endpoint, sources)
        for parameter in endpoint["parameters"]
        if parameter["code"] in rules
    }


def _of_parameter(
    parameter: Mapping[str, Any], endpoint: Mapping[str, Any], sources: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    candidates, facts = considered_of_all(parameter, endpoint, sources)
    of_participant: dict[str, Any] = {s: {"candidates": [], "facts": told} for s, told in facts.items()}
    for row in _plain(candidates):
        of_participant.setdefault(row[0], {"candidates": [], "facts": ()})["candidates"].append(row[1:])
    return of_participant


def _plain(candidates: pd.DataFrame) -> Iterator[list[Any]]:
    """Participant, and the columns of a candidate, as JSON has them."""
    for candidate in candidates[["USUBJID", *COLUMNS]].itertuples(index=False):
        yield [_as_json(value) for value in candidate]


def _as_json(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return int(value) if isinstance(value, float) else value


def _frame(build: Build, dataset: str, columns: Mapping[str, Coded], variables: list[str]) -> pd.DataFrame:
    """Some variables of all records of a dataset, with the raw record that each is of."""
    types = build.study_facts["datasets"][dataset]["variables"]
    frame = {name: _series(columns[of], "text") for name, of in _KEY.items()}
    frame |= {name: _series(columns[name], types[name]["type"]) for name in variables if name not in frame}
    return pd.DataFrame(frame)


def _series(column: Coded, kind: str) -> pd.Series:
    values = pd.Series([*column.values, None], dtype="object").take(column.codes)
    values = values.reset_index(drop=True)
    if kind in ("date", "datetime"):
        return pd.to_datetime(values.astype("str"), format="ISO8601").astype("datetime64[s]")
    return values.astype("str" if kind in ("text", "iso") else "float64")
