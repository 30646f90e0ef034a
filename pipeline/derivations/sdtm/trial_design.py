"""The datasets that describe the trial and no participant: TA, TE, TI, TD, TS and TV, from specs/study.yaml
alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import pandas as pd

from pipeline.derivations.sdtm import supp
from pipeline.profile import Profile
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.design import Fact
from pipeline.study.models import Dataset, Visit

FILE = "specs/study.yaml"
ANCHOR = "ANCH1DT"  # date of randomization in ADSL
TERMINOLOGY = "CDISC CT"

Place = tuple[str | int, ...]
Row = tuple[Place, dict[str, object]]  # the part of specs/study.yaml that says it, and the values


def frames(study: Study, profile: Profile) -> dict[str, pd.DataFrame]:
    """The study-level datasets that have a spec, each with the line of specs/study.yaml that each record
    comes from.

    Takes     the profile of all participants: how many were randomized, and when the first of them consented.
    Returns   frames by dataset, in the order of the package, with form, record and block as all datasets
              have; USUBJID is "".
    Raises    SpecError where a text is longer than the TSVAL variables of the spec can hold.
    Source    SDTMIG 3.4, 7 (Trial Design Model Datasets).
    """
    made = {name: [*rows(study)] for name, rows in ROWS.items() if name in study.datasets}
    if "TS" in study.datasets:
        made["TS"] = [*_summary(study, profile)]
    return {n: _frame(study, study.datasets[n], made[n]) for n in names(study)}


def names(study: Study) -> list[str]:
    """The study-level datasets in the order of the package."""
    return [n for n in ("TA", "TE", "TI", "TD", "TS", "TV") if n in study.datasets]


def _frame(study: Study, spec: Dataset, rows: list[Row]) -> pd.DataFrame:
    located = study.located[FILE]
    constant = {"STUDYID": study.protocol.id, "DOMAIN": spec.dataset}
    told = [{**constant, **row} for _, row in rows]
    columns = {n: pd.Series([r.get(n) for r in told], dtype=v.dtype) for n, v in spec.variables.items()}
    identity = {
        "USUBJID": pd.Series("", index=range(len(rows)), dtype="str"),
        "form": pd.Series(FILE, index=range(len(rows)), dtype="str"),
        "record": pd.Series([f"line {located.at(place).split(':')[1]}" for place, _ in rows], dtype="str"),
    }
    made = pd.DataFrame({**identity, **columns}).assign(block=0)
    return made.sort_values(list(spec.keys), ignore_index=True, kind="stable")


def _arms(study: Study) -> Iterator[Row]:
    known = {e.code: e.name for e in study.protocol.elements}
    for a, arm in enumerate(study.protocol.arms):
        for i, step in enumerate(arm.elements):
            yield (
                ("arms", a, "elements", i),
                {
                    "ARMCD": arm.code,
                    "ARM": arm.name,
                    "TAETORD": i + 1,
                    "ETCD": step.element,
                    "ELEMENT": known[step.element],
                    "TABRANCH": step.branch,
                    "TATRANS": step.transition,
                    "EPOCH": step.epoch,
                },
            )


def _elements(study: Study) -> Iterator[Row]:
    for i, e in enumerate(study.protocol.elements):
        yield (
            ("elements", i),
            {"ETCD": e.code, "ELEMENT": e.name, "TESTRL": e.start, "TEENRL": e.end, "TEDUR": e.duration},
        )


def _criteria(study: Study) -> Iterator[Row]:
    for i, c in enumerate(study.protocol.criteria):
        yield (
            ("criteria", i),
            {"IETESTCD": c.code, "IETEST": c.text, "IECAT": c.category, "TIVERS": c.version},
        )


def _visits(study: Study) -> Iterator[Row]:
    """One record for each visit and arm that has it: the visits of this trial depend on the arm."""
    for i, visit in enumerate(study.visits):
        for arm in study.protocol.arms:
            if not visit.arms or arm.code in visit.arms:
                for planned in _planned(visit):
                    yield ("visits", i), {**planned, "ARMCD": arm.code, "ARM": arm.name}


def _planned(visit: Visit) -> Iterator[dict[str, object]]:
    if visit.series:
        for n in range(1, visit.planned + 1):
            rule = f"{n * (visit.every or 0)} days after {visit.starts}"
            yield {"VISITNUM": visit.number + n, "VISIT": f"{visit.name} {n:02d}", "TVSTRL": rule}
        return
    if visit.day is None:
        return
    anchor = "randomization" if visit.anchor == "randomization" else "the first dose"
    first, last = _moved(visit.day, -visit.before), _moved(visit.day, visit.after)
    rule = (
        f"The day of {anchor}"
        if visit.day == 1
        else f"From day {first} to day {last}, where day 1 is the day of {anchor}"
    )
    yield {"VISITNUM": visit.number, "VISIT": visit.name, "VISITDY": visit.day, "TVSTRL": rule}


def _moved(day: int, by: int) -> int:
    """The study day so many days later: there is no day 0."""
    counted = (day if day < 0 else day - 1) + by
    return counted if counted < 0 else counted + 1


def _assessments(study: Study) -> Iterator[Row]:
    """Runs of scans with one interval and one window; the first interval begins at the anchor."""
    scans = sorted(
        (v.day, v.before, v.after, i)
        for i, v in enumerate(study.visits)
        if v.scan and v.day is not None and v.day > 0
    )
    steps = [(b[0] - a[0], b[1], b[2], a[0] - 1, b[3]) for a, b in pairwise([(1, 0, 0, 0), *scans])]
    runs: list[list[tuple[int, int, int, int, int]]] = []
    for step in steps:
        if runs and runs[-1][-1][:3] == step[:3]:
            runs[-1].append(step)
        else:
            runs.append([step])
    for order, run in enumerate(runs, 1):
        interval, before, after, offset, visit = run[0]
        yield (
            ("visits", visit),
            {
                "TDORDER": order,
                "TDANCVAR": ANCHOR,
                "TDSTOFF": _duration(offset),
                "TDTGTPAI": _duration(interval),
                "TDMINPAI": _duration(interval - before),
                "TDMAXPAI": _duration(interval + after),
                "TDNUMRPT": len(run),
            },
        )


def _duration(days: int) -> str:
    return f"P{days // 7}W" if days and days % 7 == 0 else f"P{days}D"


def _summary(study: Study, profile: Profile) -> Iterator[Row]:
    parameters = study.codelists["TSPARMCD"].terms
    seen: dict[str, int] = {}
    for i, fact in enumerate(study.protocol.summary):
        seen[fact.parameter] = seen.get(fact.parameter, 0) + 1
        yield (
            ("summary", i),
            {
                "TSSEQ": seen[fact.parameter],
                "TSGRPID": fact.group,
                "TSPARMCD": fact.parameter,
                "TSPARM": parameters[fact.parameter].decode,
                **_value(study, value(fact, profile), ("summary", i)),
                "TSVALNF": fact.null,
                **_coded(study, fact),
            },
        )


def value(fact: Fact, profile: Profile) -> str | None:
    """The value of a parameter: the data's where they are asked and have one, else that of specs/study.yaml."""
    told = {"participants randomized": str(profile.randomized or ""), "first consent": profile.first_consent}
    return told.get(fact.data or "") or fact.value


def differences(study: Study, profile: Profile) -> list[Finding]:
    """A warning for each parameter of which specs/study.yaml says other than the data do; the data's value is
    published.
    """
    message = (
        "the data say otherwise than specs/study.yaml, and their value is published; correct"
        " specs/study.yaml, or query the drop"
    )
    return [
        Finding(
            "SUMMARY-DATA",
            "warning",
            "TS",
            "TSVAL",
            f"TSPARMCD={fact.parameter}",
            str(value(fact, profile)),
            message,
            FILE,
        )
        for fact in study.protocol.summary
        if "TS" in study.datasets and value(fact, profile) != fact.value
    ]


def _value(study: Study, text: str | None, place: Place) -> dict[str, object]:
    """TSVAL, and TSVAL1, TSVAL2 ... of a text over 200 bytes."""
    holders = [n for n in study.datasets["TS"].variables if re.fullmatch(r"TSVAL\d*", n)]
    parts = supp.split(text) if text else [None]
    if not 0 < len(parts) <= len(holders):
        raise study.error(
            FILE,
            place,
            f"the value needs {len(parts)} variables of 200 bytes; specs/sdtm/ts.yaml has"
            f" {', '.join(holders)}",
        )
    return dict(zip(holders, parts, strict=False))


def _coded(study: Study, fact: Fact) -> dict[str, object]:
    """The code of the value and the terminology that has it."""
    if not fact.codelist or not fact.value:
        return {"TSVALCD": fact.code, "TSVCDREF": fact.reference}
    codelist = study.codelists[fact.codelist]
    version = next(s.version for s in study.protocol.standards if s.publishing_set == codelist.standard)
    return {"TSVALCD": codelist.terms[fact.value].code, "TSVCDREF": TERMINOLOGY, "TSVCDVER": version}


ROWS: Mapping[str, Callable[[Study], Iterator[Row]]] = {
    "TA": _arms,
    "TE": _elements,
    "TI": _criteria,
    "TD": _assessments,
    "TV": _visits,
}
