"""Time to event in an explanation: the candidates, what the rules asked of them, and the one that decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.explain.nodes import Table
from pipeline.explain.related import sequence_variable
from pipeline.finished.build import Build, Record

if TYPE_CHECKING:
    import pandas as pd

# parameter, what its mapping says, and the participant's records by dataset -> candidates and facts, as
# derivations.adam.considered returns them
Considered = Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, "pd.DataFrame"]], Any]
Cell = tuple[Record, str]  # a published record and a variable of it

COLUMNS = ("source", "date", "decides", "what", "record", "number", "collected")


@dataclass(frozen=True)
class Decision:
    """What was considered for a time-to-event record, and the cells that decided."""

    parameter: str
    candidates: Table
    facts: list[tuple[str, str]]
    deciding: list[Cell]  # where the deciding date is
    origin: list[Cell]  # where the date with which time begins is


def decision(build: Build, considered: Considered, record: Record, rule: Mapping[str, Any]) -> Decision:
    """How the record of a time-to-event parameter was decided, by the functions that decide in a build.

    Takes     the record; its rule of variables.json.
    """
    endpoint = build.study_facts["endpoints"][record.dataset]
    parameter = next(p for p in endpoint["parameters"] if p["code"] == rule["endpoint"])
    evidence = considered(parameter, endpoint, _sources(build, record, rule))
    candidates = evidence.candidates.to_dict("records")
    source = tuple(build.value(record, name) for name in ("SRCDOM", "SRCVAR", "SRCSEQ"))
    decides = [_source(c) == source and _is_of_raw_record(c, record) for c in candidates]
    rows = [_row(build, record, c, d) for c, d in zip(candidates, decides, strict=True)]
    winner = next((c for c, d in zip(candidates, decides, strict=True) if d), None)

    facts = [("decided by", str(build.value(record, "TTERULE"))), *evidence.facts]
    origin_of_date = build.value(record, "CNSDTDSC")
    if origin_of_date:
        facts.append(("its date is", str(origin_of_date)))

    start = parameter["start"]
    starts_in_adsl = start not in endpoint["sources"]
    subject = build.records("ADSL", record.usubjid)[:1] if starts_in_adsl else []
    return Decision(
        parameter=parameter["code"],
        candidates=Table(COLUMNS, rows),
        facts=facts,
        deciding=_deciding_cells(build, record, winner) if winner else [],
        origin=[(adsl, start) for adsl in subject],
    )


def _row(build: Build, record: Record, candidate: Mapping[str, Any], decides: bool) -> list[Any]:
    """A candidate as the table shows it."""
    domain, variable, number = _source(candidate)
    raw = build.raw_record(candidate["form"], record.usubjid, candidate["record"])
    return [
        candidate["kind"],
        _day(candidate["ADT"]),
        "yes" if decides else "",
        candidate["EVNTDESC"],
        f"{domain}.{variable}",
        number,
        raw.place if raw else candidate["form"],
    ]


def _source(candidate: Mapping[str, Any]) -> tuple[str, str, int | None]:
    """Dataset, variable and record number of a candidate, as a published record names them."""
    return candidate["SRCDOM"], candidate["SRCVAR"], _whole(candidate["SRCSEQ"])


def _is_of_raw_record(candidate: Mapping[str, Any], record: Record) -> bool:
    return (candidate["form"], candidate["record"]) == (record.form, record.record)


def _deciding_cells(build: Build, record: Record, winner: Mapping[str, Any]) -> list[Cell]:
    """The cell that holds the winner's date."""
    dataset, variable, number = _source(winner)
    records = build.records(dataset, record.usubjid)
    sequence = sequence_variable(build, dataset)
    numbers = build.values(records, sequence) if sequence else [None] * len(records)
    return [
        (r, variable)
        for r, n in zip(records, numbers, strict=True)
        if n == number and _is_of_raw_record(winner, r)
    ]


# --- the participant's records, as the functions take them
def _sources(build: Build, record: Record, rule: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """The participant's published records of the datasets that the parameter draws on, with KEY."""
    columns: dict[str, list[str]] = {}
    for read in rule["inputs"]:
        columns.setdefault(read["from"], []).append(read["name"])
    return {
        dataset: _frame(build, dataset, record.usubjid, [n for n in names if n != "USUBJID"])
        for dataset, names in columns.items()
    }


def _frame(build: Build, dataset: str, usubjid: str, variables: list[str]) -> pd.DataFrame:
    import pandas as pd

    records = build.records(dataset, usubjid)
    properties = build.study_facts["datasets"][dataset]["variables"]
    columns = {
        "USUBJID": pd.Series([r.usubjid for r in records], dtype="str"),
        "form": pd.Series([r.form for r in records], dtype="str"),
        "record": pd.Series([r.record for r in records], dtype="str"),
    }
    for variable in variables:
        columns[variable] = _typed(build.values(records, variable), properties[variable]["type"])
    return pd.DataFrame(columns)


def _typed(values: list[Any], kind: str) -> pd.Series:
    import pandas as pd

    if kind in ("date", "datetime"):
        dates = pd.to_datetime(pd.Series(values, dtype="str"), format="ISO8601")
        return dates.astype("datetime64[s]")
    return pd.Series(values, dtype="str" if kind in ("text", "iso") else "float64")


def _whole(number: Any) -> int | None:
    """A number that a frame holds as float; None where it is missing."""
    is_number = isinstance(number, int | float) and number == number
    return int(number) if is_number else None


def _day(moment: Any) -> str | None:
    """A date as ISO 8601; None where it is missing."""
    is_missing = moment is None or moment != moment
    return None if is_missing else str(moment)[:10]
