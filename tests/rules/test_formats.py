"""A drop is the same drop in every format: the same records are read, and the same build comes out, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import run, sources
from pipeline.partitions import Workers
from pipeline.sources import files
from pipeline.study import Study
from pipeline.study.models import RawFile
from tests.conftest import DROP, ROOT, quiet
from tests.rules.test_invariants import manifest
from tests.support.drop_writers import FORMATS

BUILT = ("parquet",)  # in each run of the tests; the others in `make prove`
Written = Callable[[str], tuple[Study, Path]]


@pytest.fixture
def written(study: Study, tmp_path: Path) -> Written:
    def write(name: str) -> tuple[Study, Path]:
        """The committed drop in one format, and the study whose contracts declare it."""
        writer, declared = FORMATS[name]
        drop = tmp_path / "drop"
        drop.mkdir()
        forms = {n: f.model_copy(update={"file": RawFile.model_validate(declared)}) for n, f in study.forms.items()}
        writer(files.read(study, DROP), forms, drop)
        return replace(study, forms=forms), drop

    return write


@pytest.mark.parametrize("name", FORMATS)
def test_a_drop_reads_the_same_in_every_format(sample: sources.Drop, written: Written, name: str) -> None:
    read = sources.read(*written(name))
    assert list(read.forms) == list(sample.forms)
    for form, frame in sample.forms.items():
        pd.testing.assert_frame_equal(read.forms[form], frame, obj=form)
    assert read.findings == sample.findings
    assert read.strangers == sample.strangers


@pytest.mark.parametrize("name", FORMATS)
def test_a_drop_gives_the_same_outputs_in_every_format_byte_for_byte(
    built: Path, written: Written, tmp_path: Path, name: str, prove: bool
) -> None:
    if name not in BUILT and not prove:
        pytest.skip("built in `make prove`; what is read is compared in each run")
    study, drop = written(name)
    run.build(study, ROOT, drop, tmp_path / "out", Workers(), quiet)
    assert manifest(tmp_path / "out")["outputs"] == manifest(built)["outputs"]
