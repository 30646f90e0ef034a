"""Deviations that the data show: each planted one is a warning that says whether the log has it, and a
participant who kept to the protocol has none.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.checks.datasets import deviations
from pipeline.study import Study
from pipeline.study.models import Limit
from tests.support.tables import records

# Randomized on 2016-08-10, first dose on 2016-08-12: week 6 (day 43 +-7) lies from 2016-09-14 to 2016-09-28,
# cycle 2 (day 22 +-3) from 2016-08-30 to 2016-09-05, screening (day -28 to -1) from 2016-07-13 to 2016-08-09.
DM = records(
    "USUBJID RFXSTDTC ARMCD AGE",
    ("treated", "2016-08-12T09:30", "NKT", 50),
    ("other_arm", "2016-08-12", "T", 30),
    ("never_dosed", None, "T", 70),
    ("screen_failure", None, None, 82),  # not randomized, so nothing was broken
    form="enrol",
)
DS = records(
    "USUBJID DSDECOD DSSTDTC",
    ("treated", "INFORMED CONSENT OBTAINED", "2016-06-20"),  # an earlier screening
    *(
        (who, "INFORMED CONSENT OBTAINED", "2016-07-20")
        for who in ("treated", "other_arm", "never_dosed", "screen_failure")
    ),
    *((who, "RANDOMIZED", "2016-08-10") for who in ("treated", "other_arm", "never_dosed")),
    form="enrol",
)
DV = records(
    "USUBJID DVCAT DVSTDTC",
    ("other_arm", "VISIT OR ASSESSMENT MISSED", "2016-09-20"),
    ("other_arm", "VISIT OR ASSESSMENT OUT OF WINDOW", "2016-09-06"),
    ("other_arm", "DOSING", "2016-09-06"),
    ("other_arm", "ELIGIBILITY", "2016-08-10"),
)


def sv(
    who: str, number: float, date: str | None, occurred: str = "Y", reason: str | None = None
) -> pd.DataFrame:
    return records(
        "USUBJID VISITNUM SVSTDTC SVOCCUR SVREASOC", (who, number, date, occurred, reason), form="visit"
    )


def ex(who: str, treatment: str, date: str) -> pd.DataFrame:
    return records("USUBJID EXTRT EXSTDTC", (who, treatment, date), form="tras")


def ec(who: str, occurred: str, reason: str | None = None) -> pd.DataFrame:
    return records(
        "USUBJID ECTRT ECLNKID ECOCCUR ECREASOC ECSTDTC",
        (who, "TRASTUZUMAB", "TRAS-2", occurred, reason, None),
        form="tras",
    )


def ie(who: str, date: str) -> pd.DataFrame:
    return records("USUBJID IETESTCD IEORRES IEDTC", (who, "INCL04", "N", date), form="elig")


def lb(who: str, test: str, value: float, date: str = "2016-08-01") -> pd.DataFrame:
    """A value, after an earlier one that no limit allows: the last one counts."""
    return records(
        "USUBJID LBTESTCD LBDTC LBSTRESN", (who, test, "2016-07-21", 60), (who, test, date, value), form="lab"
    )


HAS, LACKS = "has it", "lacks it"
PLANTED = {
    # rule: (dataset, records, id of the finding, its key, its value, what the log says)
    "a visit a day too late": (
        "SV", sv("treated", 7, "2016-09-29"), "DEV-VISIT-WINDOW", "WEEK 6", "2016-09-29", LACKS),
    "a visit a day too early": (
        "SV", sv("treated", 7, "2016-09-13"), "DEV-VISIT-WINDOW", "WEEK 6", "2016-09-13", LACKS),
    "a visit out of window that the log has": (
        "SV", sv("other_arm", 4, "2016-09-06"), "DEV-VISIT-WINDOW", "CYCLE 2 DAY 1", "2016-09-06", HAS),
    "an entry of the log on another day is another deviation": (
        "SV", sv("other_arm", 4, "2016-09-07"), "DEV-VISIT-WINDOW", "CYCLE 2 DAY 1", "2016-09-07", LACKS),
    "screening on the day of randomization": (
        "SV", sv("treated", 1, "2016-08-10"), "DEV-VISIT-WINDOW", "SCREENING", "2016-08-10", LACKS),
    "the end of treatment too late": (
        "SV", sv("treated", 14, "2017-02-04"), "DEV-VISIT-WINDOW", "END OF TREATMENT", "2017-02-04", LACKS),
    "a scan is counted from randomization for a participant who was never dosed": (
        "SV", sv("never_dosed", 7, "2016-10-01"), "DEV-VISIT-WINDOW", "WEEK 6", "2016-10-01", LACKS),
    "a missed visit": (
        "SV", sv("treated", 7, None, "N", "Travel"), "DEV-VISIT-MISSED", "WEEK 6", "Travel", LACKS),
    "a missed visit without a reason": (
        "SV", sv("treated", 7, None, "N"), "DEV-VISIT-MISSED", "WEEK 6", "no reason given", LACKS),
    "a missed visit that the log has within its window": (
        "SV", sv("other_arm", 7, None, "N", "Travel"), "DEV-VISIT-MISSED", "WEEK 6", "Travel", HAS),
    "a dose between cycles": (
        "EX", ex("treated", "TRASTUZUMAB", "2016-09-06"),
        "DEV-DOSE-WINDOW", "TRASTUZUMAB", "2016-09-06", LACKS),
    "a dose between cycles that the log has": (
        "EX", ex("other_arm", "TRASTUZUMAB", "2016-09-06"),
        "DEV-DOSE-WINDOW", "TRASTUZUMAB", "2016-09-06", HAS),
    "trastuzumab on a day of cells alone": (
        "EX", ex("treated", "TRASTUZUMAB", "2016-08-19"),
        "DEV-DOSE-WINDOW", "TRASTUZUMAB", "2016-08-19", LACKS),
    "a dose not given": (
        "EC", ec("treated", "N", "Neutropenia"), "DEV-DOSE-MISSED", "TRAS-2", "Neutropenia", LACKS),
    "a dose not given without a reason, logged": (
        "EC", ec("other_arm", "N"), "DEV-DOSE-MISSED", "TRAS-2", "no reason given", HAS),
    "a criterion not met at the last screening": (
        "IE", ie("treated", "2016-08-01"), "DEV-ELIGIBILITY", "INCL04", "N", LACKS),
    "a criterion not met, logged": (
        "IE", ie("other_arm", "2016-08-01"), "DEV-ELIGIBILITY", "INCL04", "N", HAS),
    "too few platelets on the day of randomization": (
        "LB", lb("treated", "PLAT", 10, "2016-08-10"), "DEV-LIMIT", "INCL04", "10.0", LACKS),
    "what comes after randomization changes nothing": (
        "LB", lb("treated", "PLAT", 100, "2016-08-11"), "DEV-LIMIT", "INCL04", "60.0", LACKS),
    "too few platelets": (
        "LB", lb("treated", "PLAT", 79.9), "DEV-LIMIT", "INCL04", "79.9", LACKS),
    "a limit that excludes its own value": (
        "LB", lb("treated", "LDIAM", 50), "DEV-LIMIT", "INCL02", "50.0", LACKS),
}  # fmt: skip
KEPT = {
    "the last day of the window": ("SV", sv("treated", 7, "2016-09-28")),
    "the first day of the window": ("SV", sv("treated", 7, "2016-09-14")),
    "the first day of screening": ("SV", sv("treated", 1, "2016-07-13")),
    "the end of treatment when treatment ended early": ("SV", sv("treated", 14, "2016-10-01")),
    "a visit that the participant's arm does not have": ("SV", sv("other_arm", 3, "2016-12-01")),
    "an unscheduled visit": ("SV", sv("treated", 901, "2016-12-01")),
    "a partial date": ("SV", sv("treated", 7, "2017")),
    "a visit of a screen failure": ("SV", sv("screen_failure", 7, "2017-01-01")),
    "a dose within its cycle": ("EX", ex("treated", "TRASTUZUMAB", "2016-09-05T10:00")),
    "cells on their own day": ("EX", ex("treated", "NK CELLS", "2016-08-19")),
    "a dose given": ("EC", ec("treated", "Y")),
    "a criterion of an earlier screening": ("IE", ie("treated", "2016-07-01")),
    "a criterion of a screen failure": ("IE", ie("screen_failure", "2016-07-28")),
    "just enough platelets": ("LB", lb("treated", "PLAT", 80)),
    "a test that no limit names": ("LB", lb("treated", "WBC", 10)),
    "below the limit that excludes its own value": ("LB", lb("treated", "LDIAM", 49.9)),
    "a screen failure beyond a limit": ("LB", lb("screen_failure", "PLAT", 10)),
}


def deviations_of(study: Study, dataset: str, frame: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    limits = (
        Limit(criterion="AGE", variable="DM.AGE", least=30, most=70),
        Limit(criterion="INCL04", variable="LB.LBSTRESN", test="PLAT", least=80),
        Limit(criterion="INCL02", variable="LB.LBSTRESN", test="LDIAM", below=50),
    )
    limited = replace(study, protocol=study.protocol.model_copy(update={"limits": limits}))
    frames = {"DM": DM, "DS": DS, "DV": DV, dataset: frame}
    return [(f.rule, f.key, f.value, f.message) for f in deviations.check(limited, frames)]


@pytest.mark.parametrize(("dataset", "frame", "rule", "key", "value", "log"), PLANTED.values(), ids=PLANTED)
def test_a_deviation_is_a_warning(
    study: Study, dataset: str, frame: pd.DataFrame, rule: str, key: str, value: str, log: str
) -> None:
    [(found_rule, found_key, found_value, message)] = deviations_of(study, dataset, frame)
    assert (found_rule, found_key, found_value) == (rule, key, value)
    assert f"the log of deviations {log}" in message


@pytest.mark.parametrize(("dataset", "frame"), KEPT.values(), ids=KEPT)
def test_what_the_protocol_allows_is_no_deviation(study: Study, dataset: str, frame: pd.DataFrame) -> None:
    assert deviations_of(study, dataset, frame) == []


def test_an_age_beyond_the_limits_is_a_deviation_of_a_randomized_participant(study: Study) -> None:
    older = DM.assign(AGE=[71.0, 30.0, 70.0, 82.0])
    assert [x[:3] for x in deviations_of(study, "DM", older)] == [("DEV-LIMIT", "AGE", "71.0")]


def test_a_study_that_asks_for_none_gets_none(study: Study) -> None:
    silent = replace(study, protocol=study.protocol.model_copy(update={"deviations": {}}))
    assert deviations.check(silent, {"DM": DM, "DS": DS, "SV": sv("treated", 7, "2016-12-01")}) == []


def test_without_a_log_nothing_is_logged(study: Study) -> None:
    frames = {"DM": DM, "DS": DS, "SV": sv("other_arm", 4, "2016-09-06")}
    assert [f.message.endswith("lacks it: query the site") for f in deviations.check(study, frames)] == [True]


def test_a_deviation_that_the_study_has_no_variables_for_is_refused_at_its_line(study: Study) -> None:
    assert [*deviations.unfit(study)] == []
    dm = study.datasets["DM"]
    without = dm.model_copy(update={"variables": {n: v for n, v in dm.variables.items() if n != "RFXSTDTC"}})
    lacking = replace(study, datasets={**study.datasets, "DM": without})
    told = [*deviations.unfit(lacking)]
    expected = "visit window is found by DM.RFXSTDTC, which the study does not have; map it, or leave"
    assert any(expected in fault and "specs/study.yaml:" in fault for fault in told)
