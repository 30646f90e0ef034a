"""What a change does to endpoints, by name: events and censorings, dates, responses of participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.review.records import Compared


def told(found: Compared) -> Iterator[str]:
    """A sentence for each way in which participants change, parameter by parameter; of datasets that have
    parameters.
    """
    if "PARAMCD" not in found.new or "PARAMCD" not in found.old or "USUBJID" not in found.new:
        return
    before = found.old.iloc[found.pairs[found.pairs >= 0]].reset_index(drop=True)
    after = found.new[found.pairs >= 0].reset_index(drop=True)
    for parameter in sorted({*found.old["PARAMCD"], *found.new["PARAMCD"]}):
        if not _once(found, parameter):
            continue
        mine = after["PARAMCD"].eq(parameter) & before["PARAMCD"].eq(parameter)
        counted: Counter[str] = Counter()
        for a, b in zip(before[mine].to_dict("records"), after[mine].to_dict("records"), strict=True):
            counted.update(_ways({str(k): v for k, v in a.items()}, {str(k): v for k, v in b.items()}))
        counted["gain a record"] = int(found.added["PARAMCD"].eq(parameter).sum())
        counted["lose their record"] = int(found.removed["PARAMCD"].eq(parameter).sum())
        for way, n in counted.items():
            if n:
                yield (
                    f"{found.name}.{parameter}: {n} participant{'s' if n > 1 else ''}"
                    f" {_of_one(way) if n == 1 else way}"
                )


def _once(found: Compared, parameter: str) -> bool:
    """Whether the parameter has one record a participant at most."""
    return all(
        not f.loc[f["PARAMCD"].eq(parameter), "USUBJID"].duplicated().any() for f in (found.old, found.new)
    )


def _ways(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if "CNSR" in old and "CNSR" in new:
        kinds = ["event" if r["CNSR"] == 0 else "censored" for r in (old, new)]
        if kinds[0] != kinds[1]:
            yield f"change from {kinds[0]} to {kinds[1]}"
        elif old["CNSR"] != new["CNSR"]:
            yield f"are censored for another reason (CNSR {old['CNSR']:g} to {new['CNSR']:g})"
    elif "AVALC" in old and "AVALC" in new and old["AVALC"] != new["AVALC"]:
        yield f"change from {old['AVALC'] or 'no value'} to {new['AVALC'] or 'no value'}"
    for column, said in (("ADT", "have another date"), ("STARTDT", "begin on another date")):
        a, b = old.get(column), new.get(column)
        if a != b and (a == a or b == b):  # a missing date is not itself
            yield said


def _of_one(way: str) -> str:
    """The sentence of one participant."""
    for many, one in (
        ("change ", "changes "),
        ("are ", "is "),
        ("have ", "has "),
        ("begin ", "begins "),
        ("gain ", "gains "),
        ("lose their", "loses the"),
    ):
        if way.startswith(many):
            return one + way.removeprefix(many)
    return way
