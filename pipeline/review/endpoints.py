"""What a change does to endpoints, by name: events and censorings, dates, responses of participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline.records.count import counted
from pipeline.review.records import Compared

# how a sentence about several participants begins, and how one about a single participant does
_SINGULAR = {"change ": "changes ", "are ": "is ", "have ": "has ", "begin ": "begins ", "gain ": "gains ",
             "lose their ": "loses the "}  # fmt: skip


def sentences(dataset: Compared) -> Iterator[str]:
    """A sentence for each way in which participants change, parameter by parameter, in datasets that have
    parameters with at most one record per participant.

    Takes     a dataset of two builds, its records paired.
    Returns   sentences without participants' values.
    """
    if "PARAMCD" not in dataset.new or "PARAMCD" not in dataset.old or "USUBJID" not in dataset.new:
        return
    before, after = dataset.before_and_after()
    for parameter in sorted({*dataset.old["PARAMCD"], *dataset.new["PARAMCD"]}):
        if _has_several_records(dataset.old, parameter) or _has_several_records(dataset.new, parameter):
            continue
        both = before["PARAMCD"].eq(parameter).to_numpy() & after["PARAMCD"].eq(parameter).to_numpy()
        ways: Counter[str] = Counter()
        for was, now in zip(before[both].to_dict("records"), after[both].to_dict("records"), strict=True):
            ways.update(_ways(was, now))
        ways["gain a record"] = int(dataset.added["PARAMCD"].eq(parameter).sum())
        ways["lose their record"] = int(dataset.removed["PARAMCD"].eq(parameter).sum())
        for way, number in ways.items():
            if number:
                words = way if number > 1 else _in_singular(way)
                yield f"{dataset.name}.{parameter}: {counted(number, 'participant')} {words}"


def _has_several_records(records: pd.DataFrame, parameter: str) -> bool:
    """Whether a participant has more than one record of the parameter."""
    of_parameter = records[records["PARAMCD"].eq(parameter)]
    return bool(of_parameter["USUBJID"].duplicated().any())


def _ways(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> Iterator[str]:
    """In which ways the record of a participant changed."""
    if "CNSR" in was and "CNSR" in now:
        kind_before, kind_after = _kind(was["CNSR"]), _kind(now["CNSR"])
        if kind_before != kind_after:
            yield f"change from {kind_before} to {kind_after}"
        elif was["CNSR"] != now["CNSR"]:
            yield f"are censored for another reason (CNSR {was['CNSR']:g} to {now['CNSR']:g})"
    elif "AVALC" in was and "AVALC" in now and was["AVALC"] != now["AVALC"]:
        yield f"change from {was['AVALC'] or 'no value'} to {now['AVALC'] or 'no value'}"
    if _differ(was.get("ADT"), now.get("ADT")):
        yield "have another date"
    if _differ(was.get("STARTDT"), now.get("STARTDT")):
        yield "begin on another date"


def _kind(censoring: float) -> str:
    return "event" if censoring == 0 else "censored"


def _differ(was: Any, now: Any) -> bool:
    """Whether two dates differ; two missing ones do not."""
    both_missing = pd.isna(was) and pd.isna(now)
    return not both_missing and was != now


def _in_singular(way: str) -> str:
    """The same of one participant."""
    for plural, singular in _SINGULAR.items():
        if way.startswith(plural):
            return singular + way.removeprefix(plural)
    return way
