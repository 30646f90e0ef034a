"""What the engine's report means for a build. The engine ends with 0 whatever it finds and shows a rule that
it skipped much like one that passed; here everything that was not judged stops, unless there is nothing in
the build that it could have been judged by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pipeline.checks.datasets.rules import RULES
from pipeline.errors import UsageError
from pipeline.study.waivers import Waiver

Kind = Literal["issue", "error", "skipped", "not run"]
Json = Mapping[str, Any]
SUCCESS, SKIPPED, ISSUE = "success", "skipped", "issue reported"
OUT_OF_SCOPE, NO_COLUMN, NO_DATASET, EMPTY = (
    "Outside scope",
    "Column not found in data",
    "Domain not found",
    "Empty dataset",
)
EVERY = "*"  # a rule that did not run at all


@dataclass(frozen=True)
class Built:
    """What the build holds, as far as the engine's report is held against it."""

    variables: Mapping[str, frozenset[str]]  # by dataset of SDTM
    records: Mapping[str, int]  # by dataset of SDTM
    findings: Sequence[Mapping[str, str]]  # the rows of findings.csv
    waivers: tuple[Waiver, ...]
    day: date  # of the declared build time, by which a waiver expires


@dataclass(frozen=True, order=True)
class Told:
    """One thing that the engine says of a dataset, or does not say."""

    rule: str  # CORE-000192
    published: tuple[str, ...]  # CG0530
    dataset: str
    kind: Kind
    message: str
    variables: tuple[str, ...] = ()
    records: int = 0
    as_: str = "new"  # new, finding RULE, or waived: REASON

    @property
    def stops(self) -> bool:
        """Whether nothing of ours answers it."""
        return self.as_ == "new"


@dataclass(frozen=True)
class Outcome:
    rules: int
    passed: int
    out_of_scope: int  # rules for which the build has nothing that they could judge
    told: tuple[Told, ...]

    @property
    def stops(self) -> bool:
        return any(told.stops for told in self.told)


def judge(built: Built, recorded: Json) -> Outcome:
    """The report of the engine, each thing that it tells as ours, waived or new.

    Takes     the build; what `engine.run` returned.
    Raises    UsageError where it is no report of the engine with the reasons of what it skipped.
    """
    try:
        report = recorded["report"]
        results = {str(rule["id"]): rule for rule in report["results_data"]}
        cdisc = {str(rule["core_id"]): _ids(rule) for rule in report["Rules_Report"]}
        read = {_name(dataset["filename"]) for dataset in report["Dataset_Details"]}
        expected = {str(rule) for rule in recorded["rules"]}
        told = [*_not_run(built, expected, results.keys(), read)]
        passed = out_of_scope = 0
        for rule, result in results.items():
            of_rule = [*_of_rule(built, rule, cdisc.get(rule, ()), result)]
            told += of_rule
            judged = any(each["executionStatus"] == SUCCESS for each in result["results"])
            passed += judged and not of_rule
            out_of_scope += not judged and not of_rule
    except (KeyError, TypeError, AttributeError):
        raise UsageError(
            "no report of the engine in JSON with its raw results (-of json -rr) beside the list of its rules"
        ) from None
    answered = tuple(sorted(_answered(built, one) for one in told))
    return Outcome(len(expected | results.keys()), passed, out_of_scope, answered)


def _not_run(built: Built, expected: set[str], ran: Any, read: set[str]) -> Iterator[Told]:
    for rule in sorted(expected - ran):
        yield Told(rule, (), EVERY, "not run", "the engine has this rule, and its report does not")
    for dataset in sorted(built.records.keys() - read):
        yield Told(EVERY, (), dataset, "not run", "the engine did not read this dataset")


def _of_rule(built: Built, rule: str, published: tuple[str, ...], result: Json) -> Iterator[Told]:
    if not result["results"]:
        message = result["message"] if result["execution_status"] == SKIPPED else "judged no dataset"
        yield Told(rule, published, EVERY, "skipped", str(message))
        return
    nowhere = all(each["executionStatus"] == SKIPPED for each in result["results"])
    for each in result["results"]:
        dataset, status, errors = _name(each["dataset"]), each["executionStatus"], each["errors"]
        if status == ISSUE:
            variables = tuple(sorted(each["variables"]))
            yield Told(rule, published, dataset, "issue", str(each["message"]), variables, len(errors))
        elif status == SKIPPED:
            for error in errors:
                if why := _could_be_judged(built, dataset, error, nowhere):
                    yield Told(rule, published, dataset, "skipped", why)
        elif status != SUCCESS:
            # what the engine adds to the name of an error may hold values
            names = ", ".join(sorted({str(error.get("error")) for error in errors}))
            yield Told(rule, published, dataset, "error", names or status)


def _could_be_judged(built: Built, dataset: str, error: Json, nowhere: bool) -> str:
    """Why the engine could have judged a dataset that it skipped; empty where it could not.

    A rule has nothing to judge where the dataset is out of its scope, where the build lacks the variable or
    the dataset, and where other datasets were judged and no record of this one was left.
    """
    reason, named = error.get("error"), str(error.get("message", ""))
    if reason == OUT_OF_SCOPE:
        return ""
    if reason == NO_COLUMN:
        # the name alone, or in quotes; a name that is not known may be one of the build
        name = named.strip("'\" ")
        has = name in built.variables.get(dataset, frozenset()) or not name.isidentifier()
        return f"column not found: {name if name.isidentifier() else 'not named'}" if has else ""
    if reason == NO_DATASET:
        words = {word.strip("'\".,") for word in named.split()}
        there = sorted(words & built.records.keys())
        return f"domain not found: {', '.join(there)}" if there else ""
    if reason == EMPTY:
        return "called empty, and has records" if nowhere and built.records.get(dataset) else ""
    return str(reason)


def _answered(built: Built, told: Told) -> Told:
    """What the engine tells with what of ours answers it: a waiver, or a finding of a rule that asks the
    same.
    """
    ids = {told.rule, *told.published}
    for waiver in built.waivers:
        named = {waiver.rule, *waiver.published}
        fits = waiver.dataset == told.dataset and (not told.variables or waiver.variable in told.variables)
        # a waiver of some records cannot answer for what the engine tells of a dataset
        holds = not waiver.where and waiver.expires >= built.day
        if ids & named and fits and holds:
            return replace(told, as_=f"waived: {waiver.reason}")
    if told.kind == "issue":
        same = {rule.id for rule in RULES if ids & {*rule.covers}}
        ours = {f["rule"] for f in built.findings if f["dataset"] == told.dataset and f["rule"] in same}
        if ours:
            return replace(told, as_=f"finding {', '.join(sorted(ours))}")
    return told


def _ids(rule: Json) -> tuple[str, ...]:
    ids = f"{rule.get('cdisc_rule_id') or ''},{rule.get('fda_rule_id') or ''}".split(",")
    return tuple(sorted({id_.strip() for id_ in ids} - {""}))


def _name(file: str) -> str:
    """A dataset by its file."""
    return str(file).rpartition("/")[2].partition(".")[0].upper()
