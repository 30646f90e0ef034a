"""What lineage/ says of the datasets that describe the trial."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd


def test_what_the_study_file_says_names_it_and_what_is_counted_in_the_data_names_its_raw_fields(
    built: Path,
) -> None:
    variables = json.loads((built / "lineage" / "variables.json").read_text(encoding="utf-8"))
    assert variables["TA.ETCD"] == {"rules": [{"verb": "study", "file": "specs/study.yaml"}], "raw": []}
    assert variables["TS.TSVAL"]["rules"] == variables["TA.ETCD"]["rules"]
    assert {"enrol.CONSENT_DATE (any record of the study)", "rand.ARM_CODE (any record of the study)"} <= set(
        variables["TS.TSVAL"]["raw"]
    )


def test_a_record_of_the_trials_design_names_its_line(built: Path) -> None:
    records = pd.read_parquet(built / "lineage" / "records" / "te.parquet")
    assert list(records["ETCD"]) == ["FUP", "NKTRAS", "SCRN", "TRAS"]
    assert set(records["form"]) == {"specs/study.yaml"}
    assert records["record"].str.fullmatch(r"line \d+").all()
