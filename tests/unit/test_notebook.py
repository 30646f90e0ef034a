"""A build from a notebook: of files and of frames, with what it left as frames."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

import pipeline
from pipeline.errors import DropError, UsageError
from pipeline.notebook import Built, build
from pipeline.study import Study
from tests.support import small_builds
from tests.support.small_study import small_study


def _study(root: Path, **files: str) -> Study:
    small_study(root, {**small_builds.FILES, **files})
    return Study.load(str(root))


def _frames() -> dict[str, pd.DataFrame]:
    return {
        name.removesuffix(".csv"): pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
        for name, text in small_builds.DROP.items()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    home = tmp_path_factory.mktemp("notebook")
    return build(_study(home / "study"), _frames(), home / "out")


def test_study_build_and_schema_are_imported_from_the_package() -> None:
    assert pipeline.build is build
    assert pipeline.Study is Study
    assert callable(pipeline.schema)
    with pytest.raises(AttributeError, match="nothing"):
        pipeline.nothing  # noqa: B018


def test_a_drop_of_frames_gives_the_datasets_with_missing_values_and_dates(built: Built) -> None:
    assert not built.refused
    assert built.datasets == ("DM", "EX", "ADSL")
    dm = built.dataset("DM")
    assert list(dm["SEX"]) == ["F", "M", "F"]
    assert list(dm["BRTHDTC"]) == ["1960-02-03", "1961-02", "1962-05-04"]
    assert list(dm["RFSTDTC"].isna()) == [False, False, True]
    adsl = built.dataset("ADSL")
    assert list(adsl["TRTSDT"]) == [pd.Timestamp("2018-03-01"), pd.Timestamp("2018-03-02"), pd.NaT]


def test_numbers_and_dates_of_a_frame_are_read_as_the_form_would_show_them(tmp_path: Path) -> None:
    frames = _frames()
    frames["lab"] = frames["lab"].assign(VALUE=[5])
    doses = frames["dose"]
    numbers = pd.to_numeric(doses["MG"].mask(doses["MG"].eq("")))
    days = pd.to_datetime(doses["DAY"].mask(doses["DAY"].eq("")), format="%d %b %Y")
    frames["dose"] = doses.assign(MG=numbers, DAY=days)
    ex = build(_study(tmp_path / "study"), frames, tmp_path / "out").dataset("EX")
    assert list(ex["EXDOSE"]) == [100.0, 100.0, 90.0]
    assert list(ex["EXSTDTC"]) == ["2018-03-01", "2018-03-22", "2018-03-02"]


def test_a_contract_that_declares_a_kind_of_file_takes_frames_too(tmp_path: Path) -> None:
    lab = small_builds.file("specs/raw/lab.yaml") + "file: {format: csv}\n"
    study = _study(tmp_path / "study", **{"specs/raw/lab.yaml": lab})
    assert not build(study, _frames(), tmp_path / "out").refused


def test_a_refused_drop_has_findings_and_no_datasets(tmp_path: Path) -> None:
    frames = _frames()
    frames["enrol"] = frames["enrol"].assign(GENDER="unknown to the form")
    refused = build(_study(tmp_path / "study"), frames, tmp_path / "out")
    assert refused.refused
    assert refused.datasets == ()
    assert "RAW-CODE" in set(refused.findings["rule"])
    with pytest.raises(UsageError, match="DM: no dataset of this build"):
        refused.dataset("DM")


def test_a_form_or_dataset_that_does_not_exist_is_told_with_the_nearest(built: Built, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ADLS: no dataset of this build; did you mean ADSL"):
        built.dataset("ADLS")
    with pytest.raises(DropError, match="doses: no form of specs/raw has this name; did you mean dose"):
        build(built.study, {"doses": pd.DataFrame()}, tmp_path / "out")


def test_a_column_of_several_types_is_refused_without_a_value(built: Built, tmp_path: Path) -> None:
    mixed = _frames() | {"lab": pd.DataFrame({"SUBJECT": ["01"], "VALUE": [object()]})}
    with pytest.raises(DropError, match="lab: the frame cannot be read as a form") as refusal:
        build(built.study, mixed, tmp_path / "out")
    assert "object at" not in str(refusal.value)
