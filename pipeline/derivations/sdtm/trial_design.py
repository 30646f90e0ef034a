"""The datasets that describe the trial and no participant: TA, TE, TI, TD, TS and TV, from specs/study.yaml
alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from pipeline.derivations.sdtm import supp
from pipeline.profile import Profile
from pipeline.records import dates
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.design import TERMINOLOGIES, Fact
from pipeline.study.models import Dataset, Visit

FILE = "specs/study.yaml"
TERMINOLOGY = "CDISC CT"

Place = tuple[str | int, ...]
Row = tuple[Place, dict[str, object]]  # the part of specs/study.yaml that it comes from, and its values


def frames(study: Study, profile: Profile) -> dict[str, pd.DataFrame]:
    """The study-level datasets that have a spec, each with the line of specs/study.yaml from which each
    record comes.

    Takes     the profile of all participants: how many were randomized, and when the first of them consented.
    Returns   frames by dataset, in the order of the package, with form, record and block as all datasets
              have; USUBJID is "".
    Raises    SpecError where a text is longer than the TSVAL variables of the spec can hold.
    Source    SDTMIG 3.4, 7 (Trial Design Model Datasets).
    """
    rows = {name: list(rows_of(study)) for name, rows_of in ROWS.items() if name in study.datasets}
    if "TS" in study.datasets:
        rows["TS"] = list(_summary(study, profile))
    return {name: _frame(study, study.datasets[name], rows[name]) for name in names(study)}


def names(study: Study) -> list[str]:
    """The study-level datasets in the order of the package."""
    return [n for n in ("TA", "TE", "TI", "TD", "TS", "TV") if n in study.datasets]


def _frame(study: Study, spec: Dataset, rows: list[Row]) -> pd.DataFrame:
    lines = [study.located[FILE].line_number(place) for place, _ in rows]
    values = [{"STUDYID": study.protocol.id, "DOMAIN": spec.dataset, **row} for _, row in rows]
    columns = {
        "USUBJID": pd.Series("", index=range(len(rows)), dtype="str"),
        "form": pd.Series(FILE, index=range(len(rows)), dtype="str"),
        "record": pd.Series([f"line {line}" for line in lines], dtype="str"),
    }
    for name, variable in spec.variables.items():
        columns[name] = pd.Series([row.get(name) for row in values], dtype=variable.dtype)
    records = pd.DataFrame(columns).assign(block=0)
    return records.sort_values(list(spec.keys), ignore_index=True, kind="stable")


def _arms(study: Study) -> Iterator[Row]:
    names_of_elements = {e.code: e.name for e in study.protocol.elements}
    for a, arm in enumerate(study.protocol.arms):
        for i, step in enumerate(arm.elements):
            yield (
                ("arms", a, "elements", i),
                {
                    "ARMCD": arm.code,
                    "ARM": arm.name,
                    "TAETORD": i + 1,
                    "ETCD": step.element,
                    "ELEMENT": names_of_elements[step.element],
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
    """One record for each visit and arm that has it: the visits of a trial can depend on the arm."""
    for i, visit in enumerate(study.visits):
        for arm in study.protocol.arms:
            if visit.arms and arm.code not in visit.arms:
                continue
            for planned in _planned(visit):
                yield ("visits", i), {**planned, "ARMCD": arm.code, "ARM": arm.name}


def _planned(visit: Visit) -> Iterator[dict[str, object]]:
    if visit.series:
        for n in range(1, visit.planned + 1):
            rule = f"{n * (visit.every or 0)} days after {visit.starts}"
            yield {"VISITNUM": visit.number + n, "VISIT": f"{visit.name} {n:02d}", "TVSTRL": rule}
    elif visit.day is not None:
        yield {
            "VISITNUM": visit.number,
            "VISIT": visit.name,
            "VISITDY": visit.day,
            "TVSTRL": visit.starts or _start_rule(visit, visit.day),
        }
    elif visit.early or visit.starts:
        yield {
            "VISITNUM": visit.number,
            "VISIT": visit.name,
            "TVSTRL": visit.starts or "The end of treatment",
        }


def _start_rule(visit: Visit, day: int) -> str:
    anchor = "randomization" if visit.anchor == "randomization" else "the first dose"
    is_window = visit.anchor == "randomization" and (visit.before or visit.after)
    if day == 1 and not is_window:  # the first dose is given at its visit, whenever that is held
        return f"The day of {anchor}"
    first, last = dates.later_study_day(day, -visit.before), dates.later_study_day(day, visit.after)
    return f"From day {first} to day {last}, where day 1 is the day of {anchor}"


@dataclass(frozen=True)
class _Scan:
    """A planned assessment by imaging, and the interval since the one before it."""

    interval: int
    before: int
    after: int
    days_before: int  # from the anchor to the beginning of the interval
    visit: int  # its place in specs/study.yaml


def _assessments(study: Study) -> Iterator[Row]:
    """Runs of scans with one interval and one window; the first interval begins at the anchor."""
    days = {i: v.day for i, v in enumerate(study.visits) if v.scan and v.day is not None and v.day > 0}
    scans: list[_Scan] = []
    previous = 1  # the anchor is day 1
    for i, day in sorted(days.items(), key=lambda item: item[1]):
        visit = study.visits[i]
        scans.append(_Scan(day - previous, visit.before, visit.after, previous - 1, i))
        previous = day
    runs = groupby(scans, key=lambda scan: (scan.interval, scan.before, scan.after))
    for order, ((interval, before, after), run) in enumerate(runs, 1):
        first, *others = run
        yield (
            ("visits", first.visit),
            {
                "TDORDER": order,
                "TDANCVAR": study.protocol.anchor_variable or None,
                "TDSTOFF": _duration(first.days_before),
                "TDTGTPAI": _duration(interval),
                "TDMINPAI": _duration(interval - before),
                "TDMAXPAI": _duration(interval + after),
                "TDNUMRPT": 1 + len(others),
            },
        )


def _duration(days: int) -> str:
    return f"P{days // 7}W" if days and days % 7 == 0 else f"P{days}D"


def _summary(study: Study, profile: Profile) -> Iterator[Row]:
    parameters = study.codelists["TSPARMCD"].terms
    repeats: Counter[str] = Counter()
    for i, fact in enumerate(study.protocol.summary):
        repeats[fact.parameter] += 1
        yield (
            ("summary", i),
            {
                "TSSEQ": repeats[fact.parameter],
                "TSGRPID": fact.group,
                "TSPARMCD": fact.parameter,
                "TSPARM": parameters[fact.parameter].decode,
                **_value(study, value(fact, profile), ("summary", i)),
                "TSVALNF": fact.null,
                **_coded(study, fact),
            },
        )


def value(fact: Fact, profile: Profile) -> str | None:
    """The value of a parameter: that of the data where they are asked for it and have one, else that of
    specs/study.yaml.
    """
    if fact.data == "participants randomized" and profile.randomized:
        return str(profile.randomized)
    if fact.data == "first consent" and profile.first_consent:
        return profile.first_consent
    return fact.value


def differences(study: Study, profile: Profile) -> list[Finding]:
    """A warning for each parameter that has another value in the data than in specs/study.yaml; the value of
    the data is published.
    """
    if "TS" not in study.datasets:
        return []
    message = (
        "the data differ from specs/study.yaml, and their value is published; correct specs/study.yaml, or"
        " query the drop"
    )
    findings: list[Finding] = []
    for fact in study.protocol.summary:
        published = value(fact, profile)
        if published != fact.value:
            key = f"TSPARMCD={fact.parameter}"
            findings.append(
                Finding("SUMMARY-DATA", "warning", "TS", "TSVAL", key, str(published), message, FILE)
            )
    return findings


def without_codes(study: Study) -> list[Finding]:
    """A warning for each value of the summary that an outside terminology has codes for, and that has neither
    a code nor a reason.

    Source    SDTMIG 3.4, TS, TSVALCD; FDA Study Data Technical Conformance Guide, appendix B.
    """
    if "TS" not in study.datasets:
        return []
    findings: list[Finding] = []
    for fact in study.protocol.summary:
        terminology = TERMINOLOGIES.get(fact.parameter)
        if terminology and fact.value and not fact.code and not fact.uncoded:
            key = f"TSPARMCD={fact.parameter}"
            message = (
                f"the value is one of {terminology} and has no code; look the code up and add `code:`,"
                " `reference:` and `version:`, or say in `uncoded:` why there is none"
            )
            findings.append(Finding("SUMMARY-CODE", "warning", "TS", "TSVALCD", key, "", message, FILE))
    return findings


def _value(study: Study, text: str | None, place: Place) -> dict[str, object]:
    """TSVAL, and TSVAL1, TSVAL2 ... of a text over 200 bytes."""
    holders = [n for n in study.datasets["TS"].variables if re.fullmatch(r"TSVAL\d*", n)]
    parts = supp.split(text) if text else [None]
    if not 0 < len(parts) <= len(holders):
        has = ", ".join(holders)
        message = f"the value needs {len(parts)} variables of 200 bytes; specs/sdtm/ts.yaml has {has}"
        raise study.error(FILE, place, message)
    return dict(zip(holders, parts, strict=False))


def _coded(study: Study, fact: Fact) -> dict[str, object]:
    """The code of the value and the terminology that has it."""
    if not fact.codelist or not fact.value:
        return {"TSVALCD": fact.code, "TSVCDREF": fact.reference, "TSVCDVER": fact.version}
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
