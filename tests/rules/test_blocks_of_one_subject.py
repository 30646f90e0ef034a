"""A build in blocks of one subject has the bytes of a build in one block."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline import stages as run
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import DROP, ROOT, quiet
from tests.support import reading
from tests.support.outputs import manifest

pytestmark = pytest.mark.long

ODD = ("FD-005", "FD-009", "FD-014", "FD-017", "FD-022")  # FD-009 and FD-014 are one person


def test_blocks_of_one_subject_do_not_change_a_byte(study: Study, tmp_path: Path, prove: bool) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(DROP, drop)
    for path in [] if prove else drop.glob("*.csv"):
        form = pd.read_csv(path, dtype="str", keep_default_na=False)
        form[form["SUBJECT"].isin(ODD)].to_csv(path, index=False, lineterminator="\n")
    assert len(reading.runs(study, drop, 1)) == (34 if prove else 4)
    for name, workers in (("whole", Workers()), ("apart", Workers(block=1))):
        run.build(study, ROOT, drop, tmp_path / name, workers, quiet)
    assert manifest(tmp_path / "apart") == manifest(tmp_path / "whole")
