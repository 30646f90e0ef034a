"""The order of lines in the files of a drop changes no output."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline import stages as run
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support.outputs import manifest

pytestmark = pytest.mark.long


def test_the_order_of_lines_in_the_files_does_not_change_a_byte_of_the_outputs(
    study: Study, few: Path, few_built: Path, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(few, drop)
    for path in drop.glob("*.csv"):
        pd.read_csv(path, dtype="str", keep_default_na=False).iloc[::-1].to_csv(
            path, index=False, lineterminator="\n"
        )
    run.build(study, ROOT, drop, tmp_path / "out", Workers(), quiet, ("fda",))
    assert manifest(tmp_path / "out")["inputs"] != manifest(few_built)["inputs"]
    assert manifest(tmp_path / "out")["outputs"] == manifest(few_built)["outputs"]
