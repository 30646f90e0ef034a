"""Baseline: who has none, and whose is too old or was finished after treatment began."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Set
from typing import Any

import pandas as pd

from pipeline.checks.datasets.present import has_all
from pipeline.derivations.adam.before_treatment import Baseline, reference_day
from pipeline.profile import Profile
from pipeline.records import lookup
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.parameters import chosen

Frames = Mapping[str, pd.DataFrame]
NONE = "RECIST-NO-BASELINE"
NEEDED = ("ADSL", "ADTA")
_READS = ("ADSL.TRTSDT", "ADTA.ABLFL", "ADTA.ASTDT", "ADTA.AENDT")


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each participant who was randomized, or in a study without randomization dosed, and has
    no assessment at baseline, and for each baseline that is older than the study allows or has a scan after
    treatment began.

    Such a baseline is used all the same: RECIST asks for a date and does not say what to do without it.

    Takes     the datasets of one block of subjects with KEY.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.2.
    """
    if not has_all(frames, _READS):
        return []
    rules = chosen(Baseline, study.protocol.parameters)
    adsl, adta = frames["ADSL"], frames["ADTA"]
    if "RANDDT" not in adsl:  # in a study without randomization treatment begins everything
        adsl = adsl.assign(RANDDT=adsl["TRTSDT"])
    participants = adsl[adsl["RANDDT"].notna()]
    baselines = adta[adta["ABLFL"].eq("Y")]
    return [*_without(participants, baselines, rules), *_at_the_wrong_time(participants, baselines, rules)]


def _without(participants: pd.DataFrame, baselines: pd.DataFrame, rules: Baseline) -> Iterator[Finding]:
    without = participants[~participants["USUBJID"].isin(baselines["USUBJID"])]
    for row in without.to_dict("records"):
        message = (
            f"no tumour assessment {_until(row, rules)}, so there is no baseline: no response can be worked"
            " out and progression-free survival is censored at randomization; query the dates of the scans"
        )
        yield Finding(
            NONE, "warning", "ADTA", "ABLFL", f"USUBJID={row['USUBJID']}", "", message, _source(row)
        )


def _until(participant: Mapping[Hashable, Any], rules: Baseline) -> str:
    dosed = pd.notna(participant["TRTSDT"])
    if dosed and rules.baseline_reference == "first dose":
        return "before the first dose"
    return f"by {rules.baseline_days_after_anchor} days after randomization"


def _at_the_wrong_time(
    participants: pd.DataFrame, baselines: pd.DataFrame, rules: Baseline
) -> Iterator[Finding]:
    dates = participants[["USUBJID", "RANDDT", "TRTSDT"]]
    dated = lookup.joined(baselines[["USUBJID", "form", "record", "ASTDT", "AENDT"]], dates, on=["USUBJID"])
    reference = reference_day(dated["RANDDT"], dated["TRTSDT"], baseline_reference=rules.baseline_reference)
    counted_from_dose = reference.eq(dated["TRTSDT"])
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
            value = f"{row['days']:g} {direction} {'the first dose' if row['of_dose'] else 'randomization'}"
            key = f"USUBJID={row['USUBJID']}, ASMTN=0"
            yield Finding(rule, "warning", "ADTA", variable, key, value, message, _source(row))


def _source(row: Mapping[Hashable, Any]) -> str:
    return f"{row['form']}, {row['USUBJID']}, {row['record']}"


def by_cause(profile: Profile) -> Set[Finding]:
    """The findings of all blocks; where no participant of the study has a baseline, one finding says so in
    the place of one for each participant.
    """
    without = {f for f in profile.findings if f.rule == NONE}
    flag = profile.columns.get(("ADTA", "ABLFL"))
    if len(without) < 2 or (flag is not None and flag.filled):
        return profile.findings
    message = (
        "no participant of the study has a tumour assessment at baseline, so no response can be worked out;"
        " query the dates of the scans, or correct `baseline_reference` in specs/study.yaml"
    )
    value = f"{len(without)} participants"
    return (profile.findings - without) | {Finding(NONE, "warning", "ADTA", "ABLFL", "", value, message, "")}
