"""A row that an export wrote twice is an error, which a study may take as a warning; then one goes on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.errors import SpecError
from tests.support import small_builds

TWICE = small_builds.DROP["dose.csv"] + "01,V1,Yes,01 MAR 2018,100,DRUG\n"
SEVERITY = "severity: {%s: {is: warning, reason: The vendor writes rows twice}}\n"


@pytest.mark.parametrize("tolerated", [False, True])
def test_a_repeated_row_stops_a_build_unless_the_study_takes_it_as_a_warning(
    tmp_path: Path, tolerated: bool
) -> None:
    files = {"specs/waivers.yaml": SEVERITY % "RAW-REPEATED"} if tolerated else {}
    report = small_builds.report_of(tmp_path, "one", files, {"dose.csv": TWICE})
    assert report.content["state"] == ("published" if tolerated else "refused")
    (findings,) = report.home.rglob("findings.csv")
    rows = csv.DictReader(findings.read_text("utf-8").splitlines())
    told = [row for row in rows if row["rule"] == "RAW-REPEATED"]
    assert [(row["severity"], row["source"]) for row in told] == [
        ("warning" if tolerated else "error", f"dose, S1-01, 01|V1#{number}") for number in (1, 2)
    ]


def test_records_of_one_key_that_differ_stay_an_error(tmp_path: Path) -> None:
    files = {"specs/waivers.yaml": SEVERITY % "RAW-DUPLICATE"}
    with pytest.raises(SpecError, match="RAW-DUPLICATE stays an error"):
        small_builds.report_of(tmp_path, "one", files)
