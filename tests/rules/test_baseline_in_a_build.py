"""Baseline from the raw forms to the analysis: scans moved about the first dose, and two records of one day.

FD-001 was randomized on 11 JUL 2016 and dosed for the first time on 14 JUL 2016; FD-017 was randomized on
14 NOV 2016 and never dosed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.checks import datasets as checks
from pipeline.records.findings import Finding
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import reading
from tests.support.drops import of_subjects
from tests.support.tabulated import datasets


def built(study: Study, drop: Path, *names: str) -> dict[str, pd.DataFrame]:
    return datasets(study, reading.read(study, drop).forms, *names)


def objections(study: Study, frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """What the checks of baseline and of response say of these datasets."""
    return [*checks.baseline.check(study, frames), *checks.response.check(study, frames)]


def with_scan_on(home: Path, number: str, collected: str, moved_to: str) -> Path:
    """The records of one participant, with the scans of one day moved to another."""
    drop = of_subjects(home, number)
    for form in ("tl", "ntl", "img"):
        file = drop / f"{form}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace(collected, moved_to), encoding="utf-8")
    return drop


MOVED = {
    # where the scan of screening goes: (participant, day, day moved to, dates of baseline, findings)
    "between randomization and the first dose": ("FD-001", "07 JUL 2016", "13 JUL 2016", ["2016-07-13"], []),
    "to the day of the first dose": ("FD-001", "07 JUL 2016", "14 JUL 2016", ["2016-07-14"], []),
    "behind the first dose": ("FD-001", "07 JUL 2016", "15 JUL 2016", [], ["RECIST-NO-BASELINE"]),
    "36 days before the first dose": (
        "FD-001",
        "07 JUL 2016",
        "08 JUN 2016",
        ["2016-06-08"],
        ["RECIST-BASELINE-OLD"],
    ),
    "never dosed: 7 days after randomization": ("FD-017", "03 NOV 2016", "21 NOV 2016", ["2016-11-21"], []),
    "never dosed: 8 days after randomization": (
        "FD-017",
        "03 NOV 2016",
        "22 NOV 2016",
        [],
        ["RECIST-NO-BASELINE"],
    ),
}


@pytest.mark.parametrize(("number", "day", "moved_to", "baseline", "expected"), MOVED.values(), ids=MOVED)
def test_a_scan_moved_about_the_first_dose(
    study: Study,
    tmp_path: Path,
    number: str,
    day: str,
    moved_to: str,
    baseline: list[str],
    expected: list[str],
) -> None:
    drop = with_scan_on(tmp_path / "drop", number, day, moved_to)
    frames = built(study, drop, "ADTA", "ADTR", "ADSL", "RS", "TR", "TU")
    adta, adtr, adsl = frames["ADTA"], frames["ADTR"], frames["ADSL"]
    for dataset in (adta, adtr[adtr["PARAMCD"].eq("SDIAM")]):
        of_baseline = dataset[dataset["ABLFL"].eq("Y")]
        assert of_baseline["ADT"].dt.strftime("%Y-%m-%d").tolist() == baseline
    assert adsl["SUMBL"].notna().tolist() == [bool(baseline)]
    found = [finding.rule for finding in objections(study, frames)]
    assert sorted(rule for rule in found if rule.startswith("RECIST")) == expected


def test_responses_follow_the_baseline_between_randomization_and_the_first_dose(
    study: Study, tmp_path: Path
) -> None:
    drop = with_scan_on(tmp_path / "drop", "FD-001", "07 JUL 2016", "13 JUL 2016")
    frames = built(study, drop, "ADTA", "ADTTE")
    later = frames["ADTA"].query("ASMTN > 0")
    assert later["BASE"].unique().tolist() == [22]
    assert later["OVRLRESP"].tolist() == ["SD", "PR", "PR", "PR", "PR", "PR", "PR", "PD"]
    pfs = frames["ADTTE"].query("PARAMCD == 'PFS'")
    assert pfs[["CNSR", "AVAL"]].to_numpy().tolist() == [[0, 840]]


def test_a_new_lesion_recorded_alone_is_a_progression(study: Study, tmp_path: Path) -> None:
    drop = of_subjects(tmp_path / "drop", "FD-001")
    rows = {
        "visit": "01,FD-001,UNSCHEDULED 01,VISIT,1,2016-11-02 09:00,Yes,01 NOV 2016,\n",
        "nl": (
            "01,FD-001,UNSCHEDULED 01,NL,1,2016-11-02 09:05,NEW01,Lung,Left,No,CT scan,01 NOV 2016,"
            "Unequivocal\n"
        ),
    }
    for form, row in rows.items():
        file = drop / f"{form}.csv"
        file.write_text(file.read_text(encoding="utf-8") + row, encoding="utf-8")
    frames = built(study, drop, "TR", "ADTTE")
    assert frames["TR"].query("TRGRPID == 'NEW'")["TRLNKGRP"].tolist() == ["A4"]
    pfs = frames["ADTTE"].query("PARAMCD == 'PFS'")
    assert pfs[["CNSR", "AVAL"]].to_numpy().tolist() == [[0, 114]]  # 11 JUL 2016 is day 1


# as a vendor sends them: a second sample of the day of the first dose, outside the schedule
UNPLANNED = (
    "01,FD-001,UNSCHEDULED 01,LAB,1,2016-07-17 14:42,L0001U01,HEMATOLOGY,NEU#,Neutrophils absolute,"
    "Whole blood,2016/7/14,,9.99,10^9/L,1.80,6.30,,Yes,\n"
)
VISIT = "01,FD-001,UNSCHEDULED 01,VISIT,1,2016-07-17 09:13,Yes,14 JUL 2016,\n"


def test_of_two_laboratory_results_of_the_last_day_before_dosing_one_is_flagged(
    study: Study, tmp_path: Path
) -> None:
    drop = of_subjects(tmp_path / "drop", "FD-001")
    for form, row in (("lab", UNPLANNED), ("visit", VISIT)):
        file = drop / f"{form}.csv"
        file.write_text(file.read_text(encoding="utf-8") + row, encoding="utf-8")
    frames = built(study, drop, "LB")
    lb = frames["LB"].query("LBTESTCD == 'NEUT' and LBDTC.str.startswith('2016-07-14')")
    assert len(lb) == 2
    assert lb["LBLOBXFL"].eq("Y").sum() == 1
    flags = frames["LB"][frames["LB"]["LBLOBXFL"].eq("Y")]
    assert not flags.duplicated(["USUBJID", "LBTESTCD", "LBSPEC"]).any()


def test_weight_and_height_at_baseline_are_those_of_the_vital_signs(study: Study) -> None:
    frames = built(study, DROP, "ADSL", "ADVS")
    adsl = frames["ADSL"].set_index("USUBJID")
    baseline = frames["ADVS"][frames["ADVS"]["ABLFL"].eq("Y")]
    for variable, parameter in (("WEIGHTBL", "WEIGHT"), ("HEIGHTBL", "HEIGHT")):
        of_parameter = baseline[baseline["PARAMCD"].eq(parameter)].set_index("USUBJID")["AVAL"]
        given = adsl[variable].dropna()
        assert len(given) == 30
        assert given.to_dict() == of_parameter.to_dict()
