"""A drop is the same drop in every format: the same records are read, and the same build comes out, byte for
byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import stages as run
from pipeline.sources import files
from pipeline.study import Study
from pipeline.study.models import RawFile
from pipeline.workers import Workers
from tests.conftest import DROP, ROOT, quiet
from tests.support import reading
from tests.support.drop_writers import FORMATS
from tests.support.outputs import manifest

BUILT = ("parquet", "xlsx")  # in each run of the tests; the others in `make prove`
# Participants whose records are read in each run; all of them in `make prove`.
SOME = ("FD-001", "FD-007", "FD-009", "FD-010", "FD-014", "FD-017", "FD-025")
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
        forms = {}
        for form in study.forms.values():
            file = RawFile.model_validate(declared(form))
            forms[form.form] = form.model_copy(update={"file": file})
        return replace(study, forms=writer(frames, forms, drop) or forms), drop

    return write


@pytest.mark.parametrize("name", FORMATS)
def test_a_drop_reads_the_same_in_every_format(
    study: Study, collected: Frames, written: Written, name: str, prove: bool
) -> None:
    frames = collected
    if not prove:
        frames = {n: f[f["SUBJECT"].isin(SOME)].reset_index(drop=True) for n, f in collected.items()}
    expected = reading.understood(study, frames)
    read = reading.read(*written(name, frames))
    assert list(read.forms) == list(expected.forms)
    for form, frame in expected.forms.items():
        pd.testing.assert_frame_equal(read.forms[form], frame, obj=form, check_column_type=False)
    assert Counter(read.findings) == Counter(expected.findings)
    assert read.strangers == expected.strangers


@pytest.mark.long
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
    source, built = (DROP, request.getfixturevalue("built")) if prove else (few, few_built)
    declared, drop = written(name, files.read(study, source))
    out, editions = tmp_path / "out", tuple(manifest(built)["editions"])
    run.build(declared, ROOT, drop, out, Workers(), quiet, editions)
    assert manifest(out)["outputs"] == manifest(built)["outputs"]


def test_a_drop_whose_blanks_r_wrote_as_na_reads_as_the_drop_where_na_is_declared(
    study: Study, collected: Frames
) -> None:
    """NA of the laboratory is sodium, an answer that its contract lists."""
    some = {n: f[f["SUBJECT"].isin(SOME)].reset_index(drop=True) for n, f in collected.items()}
    forms = {n: f.model_copy(update={"missing": {"NA": "Not available"}}) for n, f in study.forms.items()}
    of_r = {}
    for name, frame in some.items():
        asked = [column for column in frame if column not in forms[name].header]
        of_r[name] = frame.fillna(dict.fromkeys(asked, "NA"))
    read, expected = reading.understood(replace(study, forms=forms), of_r), reading.understood(study, some)
    for form, frame in expected.forms.items():
        pd.testing.assert_frame_equal(read.forms[form], frame, obj=form)
    sodium = some["lab"]["TEST_CODE"].eq("NA").sum()
    assert read.forms["lab"]["TEST_CODE"].eq("NA").sum() == sodium > 0
    assert Counter(read.findings) == Counter(expected.findings)
    counted = {form for form, *_, label in read.respelled if label == "missing (Not available)"}
    assert {"ae", "lab", "cm"} <= counted
