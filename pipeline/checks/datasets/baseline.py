"""Baseline: who has none, and whose is too old or was finished after treatment began."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Set
from typing import Any

import pandas as pd

from pipeline.checks.datasets.present import has_all
from pipeline.derivations.adam.before_treatment import Baseline, reference_day
from pipeline.profile import Profile
from pipeline.records import dates, lookup
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study.parameters import chosen

Frames = Mapping[str, pd.DataFrame]
NONE = "RECIST-NO-BASELINE"
NEEDED = ("ADSL", "ADTA")
LATER = " days later"  # the end of a finding's value: when the first scan came
FEW = 0.1  # of the participants: so many late scans are queries, more are a question to the plan
_READS = ("ADTA.ABLFL", "ADTA.ASTDT", "ADTA.AENDT")


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each participant with an anchor (without one in the study, who was randomized or, in a
    study without randomization, dosed) and without an assessment at baseline, and for each baseline that is
    older than the study allows or has a scan after treatment began.

    Such a baseline is used all the same: RECIST asks for a date and does not say what to do without it.

    Takes     the datasets of one block of subjects with KEY.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.2.
    """
    if "ADSL" not in frames or not has_all(frames, _READS):
        return []
    adsl, adta = frames["ADSL"], frames["ADTA"]
    anchors = (study.protocol.anchor_variable, "RANDDT", "TRTSDT")
    anchor = next((variable for variable in anchors if variable in adsl), None)
    if anchor is None:
        return []
    rules = chosen(Baseline, study.protocol.parameters)
    never = pd.Series(pd.NaT, index=adsl.index, dtype=dates.DAY)
    treated = adsl.get("TRTSDT", never)
    participants = adsl[KEY].assign(anchor=adsl[anchor], treated=treated)
    participants = participants[participants["anchor"].notna()]
    baselines = adta[adta["ABLFL"].eq("Y")]
    without = participants[~participants["USUBJID"].isin(baselines["USUBJID"])]
    return [*_without(without, adta, rules), *_at_the_wrong_time(participants, baselines, rules)]


def _without(without: pd.DataFrame, adta: pd.DataFrame, rules: Baseline) -> Iterator[Finding]:
    """A finding for each participant without a baseline; its value says how much later scans begin."""
    first_scans = lookup.first_of_subject(adta[adta["ASTDT"].notna()], "ASTDT")
    first_scan = lookup.value_of_subject(without["USUBJID"], first_scans, "ASTDT")
    reference = reference_day(
        without["anchor"], without["treated"], baseline_reference=rules.baseline_reference
    )
    days_later = (first_scan - reference).dt.days
    for row in without.assign(days_later=days_later).to_dict("records"):
        message = (
            f"no tumour assessment {_until(row, rules)}, so there is no baseline: no response can be worked"
            " out and progression-free survival is censored where time begins; query the dates of the scans"
        )
        later = f"{row['days_later']:g}{LATER}" if row["days_later"] > 0 else ""
        key = f"USUBJID={row['USUBJID']}"
        yield Finding(NONE, "warning", "ADTA", "ABLFL", key, later, message, _source(row))


def _until(participant: Mapping[Hashable, Any], rules: Baseline) -> str:
    dosed = pd.notna(participant["treated"])
    if dosed and rules.baseline_reference == "first dose":
        return "before the first dose"
    return f"by {rules.baseline_days_after_anchor} days after the date from which scans are planned"


def _at_the_wrong_time(
    participants: pd.DataFrame, baselines: pd.DataFrame, rules: Baseline
) -> Iterator[Finding]:
    starts = participants[["USUBJID", "anchor", "treated"]]
    dated = lookup.joined(baselines[["USUBJID", "form", "record", "ASTDT", "AENDT"]], starts, on=["USUBJID"])
    reference = reference_day(dated["anchor"], dated["treated"], baseline_reference=rules.baseline_reference)
    counted_from_dose = reference.eq(dated["treated"])
    days_before = (reference - dated["ASTDT"]).dt.days
    days_after = (dated["AENDT"] - reference).dt.days
    allowed_after = pd.Series(rules.baseline_days_after_anchor, index=dated.index)
    allowed_after = allowed_after.mask(counted_from_dose, 0)
    longest = rules.baseline_longest_days
    too_old = (
        f"baseline is taken at most {longest} days before treatment; query the date, or say why in the guide"
    )
    late = "a scan of the assessment at baseline was made after treatment began; query its date"
    faults = (
        ("RECIST-BASELINE-OLD", "ASTDT", days_before.gt(longest), days_before, "days before", too_old),
        ("RECIST-BASELINE-LATE", "AENDT", days_after.gt(allowed_after), days_after, "days after", late),
    )
    for rule, variable, broken, days, direction, message in faults:
        for row in dated.assign(days=days, of_dose=counted_from_dose)[broken].to_dict("records"):
            value = f"{row['days']:g} {direction} {'the first dose' if row['of_dose'] else 'the anchor'}"
            key = f"USUBJID={row['USUBJID']}, ASMTN=0"
            yield Finding(rule, "warning", "ADTA", variable, key, value, message, _source(row))


def _source(row: Mapping[Hashable, Any]) -> str:
    return f"{row['form']}, {row['USUBJID']}, {row['record']}"


def by_cause(study: Study, profile: Profile) -> Set[Finding]:
    """The findings of all blocks, with one in the place of many that have one cause.

    1. Where the first scans of more than one participant in ten came after the day that baseline is counted
       from, one finding says how many they are, how many days later, and which parameter decides.
    2. Where no participant of the study has a baseline, one finding says so.
    """
    without = {f for f in profile.findings if f.rule == NONE}
    late = {f for f in without if f.value.endswith(LATER)}
    anchored = profile.columns.get(("ADSL", study.protocol.anchor_variable))
    participants = anchored.filled if anchored is not None else len(without)
    if len(late) > 1 and len(late) > participants * FEW:
        return (profile.findings - late) | {_late(study, late, participants)}
    flag = profile.columns.get(("ADTA", "ABLFL"))
    if len(without) < 2 or (flag is not None and flag.filled):
        return profile.findings
    message = (
        "no participant of the study has a tumour assessment at baseline, so no response can be worked out;"
        " query the dates of the scans, or correct `baseline_reference` in specs/study.yaml"
    )
    value = f"{len(without)} participants"
    return (profile.findings - without) | {Finding(NONE, "warning", "ADTA", "ABLFL", "", value, message, "")}


def _late(study: Study, late: Set[Finding], participants: int) -> Finding:
    parameters = study.protocol.parameters
    by_dose = parameters["baseline_reference"].value == "first dose"
    until = "before the first dose" if by_dose else f"on or before {study.protocol.anchor}"
    days = sorted(int(f.value.removesuffix(LATER)) for f in late)
    span = f"{days[0]}" if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    message = (
        f"{len(late)} of {participants} participants have no scan {until}; their first is {span} days later,"
        " so no response can be worked out for them; see what the plan calls baseline, and correct"
        " `baseline_reference` or `baseline_days_after_anchor` in specs/study.yaml, parameters, or query"
        " the dates of the scans"
    )
    return Finding(NONE, "warning", "ADTA", "ABLFL", "", f"{len(late)} participants", message, "")
