"""Time to event in an explanation: the candidates, what the rules asked of them, and the one that decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.explain import rules
from pipeline.explain.nodes import Node, Table
from pipeline.finished.build import Record

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.explain.trace import Trace

Frames = Mapping[str, "pd.DataFrame"]
# parameter, what its mapping says, the participant's records by dataset -> candidates and facts (see
# adam.considered)
Considered = Callable[[Mapping[str, Any], Mapping[str, Any], Frames], Any]
COLUMNS = ("source", "date", "decides", "what", "record", "number", "collected")


def decision(trace: Trace, record: Record, rule: Mapping[str, Any], note: str, role: str) -> Node:
    """The record of a time-to-event parameter: the rule that decided, all candidates, and the chain of the
    one that won.
    """
    build = trace.build
    endpoint = build.study["endpoints"][record.dataset]
    parameter = next(p for p in endpoint["parameters"] if p["code"] == rule["endpoint"])
    found = trace.considered(parameter, endpoint, frames(trace, record, rule))
    told = {
        n: build.value(record, n)
        for n in ("TTERULE", "EVNTDESC", "CNSDTDSC", "CNSR", "ADT", "SRCDOM", "SRCVAR", "SRCSEQ")
    }
    rows, winner = [], None
    for one in found.candidates.to_dict("records"):
        won = (one["SRCDOM"], one["SRCVAR"], _whole(one["SRCSEQ"])) == (
            told["SRCDOM"],
            told["SRCVAR"],
            told["SRCSEQ"],
        )
        won = won and (one["form"], one["record"]) == (record.form, record.record)
        origin = build.raw_record(one["form"], record.usubjid, one["record"])
        rows.append([one["kind"], _day(one["ADT"]), "yes" if won else "", one["EVNTDESC"], f"{one['SRCDOM']}.{one['SRCVAR']}",
                     _whole(one["SRCSEQ"]), origin.place if origin else one["form"]])  # fmt: skip
        winner = winner or (one if won else None)
    facts = [("decided by", str(told["TTERULE"])), *found.facts]
    if told["CNSDTDSC"]:
        facts.append(("its date is", str(told["CNSDTDSC"])))
    parts = [*_chain(trace, record, winner)]
    begun = parameter["start"] if parameter["start"] not in endpoint["sources"] else None
    parts += [trace.cell(r, begun, "time begins") for r in build.records("ADSL", record.usubjid)[:1] if begun]
    name = f"{record.dataset}, {parameter['code']}"
    return Node(
        "decision",
        name,
        role=role,
        note=note,
        rule=rules.shown(build, rule),
        table=Table(COLUMNS, rows),
        facts=facts,
        parts=parts,
    )


def frames(trace: Trace, record: Record, rule: Mapping[str, Any]) -> Frames:
    """The participant's published records of the datasets that the parameter draws on, with KEY, as the
    function took them.
    """
    import pandas as pd

    build = trace.build
    columns: dict[str, list[str]] = {}
    for i in rule["inputs"]:
        columns.setdefault(i["from"], []).append(i["name"])
    made: dict[str, pd.DataFrame] = {}
    for dataset, names in columns.items():
        records = build.records(dataset, record.usubjid)
        about = build.study["datasets"][dataset]["variables"]
        held = {
            "USUBJID": [r.usubjid for r in records],
            "form": [r.form for r in records],
            "record": [r.record for r in records],
        }
        made[dataset] = pd.DataFrame({n: pd.Series(v, dtype="str") for n, v in held.items()}).assign(
            **{n: _typed(build.values(records, n), about[n]["type"]) for n in names if n != "USUBJID"}
        )
    return made


def _typed(values: list[Any], kind: str) -> pd.Series:
    import pandas as pd

    if kind in ("date", "datetime"):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="str"), format="ISO8601")).astype(
            "datetime64[s]"
        )
    return pd.Series(values, dtype="str" if kind in ("text", "iso") else "float64")


def _chain(trace: Trace, record: Record, winner: Mapping[str, Any] | None) -> Any:
    """The cell that the winner's date stands in."""
    if winner is None:
        return
    dataset, variable, number = winner["SRCDOM"], winner["SRCVAR"], _whole(winner["SRCSEQ"])
    known = trace.build.study["datasets"][dataset]["variables"]
    sequence = next((n for n in (f"{dataset}SEQ", "ASEQ") if n in known), None)
    records = trace.build.records(dataset, record.usubjid)
    numbers = trace.build.values(records, sequence) if sequence else [None] * len(records)
    for one, its in zip(records, numbers, strict=True):
        if its == number and (one.form, one.record) == (winner["form"], winner["record"]):
            yield trace.cell(one, variable, "decides")


def _whole(number: Any) -> int | None:
    return int(number) if isinstance(number, int | float) and number == number else None


def _day(moment: Any) -> str | None:
    return None if moment != moment or moment is None else str(moment)[:10]
