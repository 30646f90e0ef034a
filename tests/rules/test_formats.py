"""A drop is the same drop in every format: the same records are read, and the same build comes out, byte for
byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import build as run
from pipeline import sources
from pipeline.sources import files
from pipeline.study import Study
from pipeline.study.models import RawFile
from pipeline.workers import Workers
from tests.conftest import DROP, ROOT, quiet
from tests.rules.test_invariants import manifest
from tests.support.drop_writers import FORMATS

BUILT = ("parquet", "xlsx")  # in each run of the tests; the others in `make prove`
SOME = (
    "FD-001",
    "FD-007",
    "FD-009",
    "FD-010",
    "FD-014",
    "FD-017",
    "FD-025",
)  # read in each run; everybody in `make prove`
Frames = Mapping[str, pd.DataFrame]
Written = Callable[[str, Frames], tuple[Study, Path]]


@pytest.fixture(scope="session")
def collected(study: Study) -> Frames:
    """The committed drop as collected."""
    return files.read(study, DROP)


@pytest.fixture
def written(study: Study, tmp_path: Path) -> Written:
    def write(name: str, frames: Frames) -> tuple[Study, Path]:
        """A drop in one format, and the study whose contracts declare it."""
        writer, declared = FORMATS[name]
        drop = tmp_path / "drop"
        drop.mkdir()
        forms = {
            n: f.model_copy(update={"file": RawFile.model_validate(declared(f))})
            for n, f in study.forms.items()
        }
        return replace(study, forms=writer(frames, forms, drop) or forms), drop

    return write


@pytest.mark.parametrize("name", FORMATS)
def test_a_drop_reads_the_same_in_every_format(
    study: Study, collected: Frames, written: Written, name: str, prove: bool
) -> None:
    frames = {
        n: f if prove else f[f["SUBJECT"].isin(SOME)].reset_index(drop=True) for n, f in collected.items()
    }
    expected = sources.understood(study, frames, {})
    read = sources.read(*written(name, frames))
    assert list(read.forms) == list(expected.forms)
    for form, frame in expected.forms.items():
        pd.testing.assert_frame_equal(read.forms[form], frame, obj=form)
    assert read.findings == expected.findings
    assert read.strangers == expected.strangers


@pytest.mark.parametrize("name", FORMATS)
def test_a_drop_gives_the_same_outputs_in_every_format_byte_for_byte(
    study: Study,
    few: Path,
    few_built: Path,
    written: Written,
    tmp_path: Path,
    name: str,
    prove: bool,
    request: pytest.FixtureRequest,
) -> None:
    if name not in BUILT and not prove:
        pytest.skip("built in `make prove`; what is read is compared in each run")
    collected, built = (
        (files.read(study, DROP), request.getfixturevalue("built"))
        if prove
        else (files.read(study, few), few_built)
    )
    declared, drop = written(name, collected)
    run.build(declared, ROOT, drop, tmp_path / "out", Workers(), quiet, tuple(manifest(built)["editions"]))
    assert manifest(tmp_path / "out")["outputs"] == manifest(built)["outputs"]
