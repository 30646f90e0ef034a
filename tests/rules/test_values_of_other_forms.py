"""A value of another form: by its name where that form has one record of each participant, else by a key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.derivations.looked_up import value_of
from pipeline.errors import SpecError
from pipeline.formats.xpt.read import read
from pipeline.mapping.inputs import inputs_of_use
from pipeline.mapping.steps import Input
from pipeline.plan import plan_of
from pipeline.study import load
from pipeline.workers import Workers
from tests.conftest import ROOT
from tests.support import minimal
from tests.support.short_study import FILES, STUDY, short_drop, short_study
from tests.support.small_study import steps_of
from tests.support.tables import records, shown, text

RAND = "keys: [PATNUM]\ntext: [PATNUM, KIT]\n"
VISITS = "keys: [DAY]\ntext: [PATNUM, KIT]\ndate: {YYYY-MM-DD: [DAY]}\n"
READS = {
    "mappings/sdtm/ex.yaml": FILES["mappings/sdtm/ex.yaml"].replace("{copy: DRUGAD}", "{copy: rand.KIT}")
}


def test_each_participant_has_the_value_of_the_own_record_or_none(tmp_path: Path) -> None:
    aside = {
        "mappings/set_aside.yaml": FILES["mappings/set_aside.yaml"] + "  - {from: rand, reason: read by EX}\n"
    }
    study = short_study(tmp_path / "study", {**READS, **aside, "specs/raw/rand.yaml": RAND})
    drop = short_drop(tmp_path / "drop", {"rand.csv": "PATNUM,KIT\n702-1001,K2\n"})  # 701-1001 has none
    out = tmp_path / "out"
    stages.build(study, tmp_path / "study", drop, out, Workers(), lambda _: None, ())
    ex = read(out / "m5" / "datasets" / "s1" / "tabulations" / "sdtm" / "ex.xpt")
    names = [column.name for column in ex.columns]
    shown = {name: list(ex.values(names.index(name))) for name in ("USUBJID", "EXTRT")}
    assert shown == {"USUBJID": ["01-701-1001", "01-702-1001"], "EXTRT": ["", "K2"]}


@pytest.mark.parametrize(
    ("contract", "study"),
    [(VISITS, STUDY), (RAND.replace("[PATNUM]\nt", "row\nt"), STUDY),
     (RAND, STUDY.replace("number: PATNUM,", "number: PATNUM, earlier: STUDY,"))],
    ids=["a key of its own", "rows that nothing tells apart", "people with two numbers"],
)  # fmt: skip
def test_a_form_that_may_hold_many_is_taken_as_a_list(tmp_path: Path, contract: str, study: str) -> None:
    changed = {**READS, "specs/raw/rand.yaml": contract, "specs/study.yaml": study}
    with pytest.raises(SpecError, match=r"ex.yaml:7:3: rand may hold many records .* \[rand.KIT\]"):
        steps_of(short_study(tmp_path, changed))


CE = """\
dataset: CE
from: AE
variables:
  CETERM:  {copy: AE.AETERM}
  CESTDTC: {copy: AE.AESTDTC}
  CESTDY:  {derive: study_day, of: {date: AE.AESTDTC, reference: DM.RFSTDTC}}
"""


def test_a_dataset_from_another_reads_the_own_record_of_it_by_its_name_in_a_function_too(
    tmp_path: Path,
) -> None:
    study = minimal.study(tmp_path, {"mappings/sdtm/ce.yaml": CE})
    (step,) = plan_of(study).by_node["CE", "CESTDY"]
    assert step.inputs["date"] == (Input("AE", "AESTDTC", True),)
    assert step.inputs["reference"] == (Input("DM", "RFSTDTC", False),)


# --- of many records, by a key
LESIONS = records(
    "USUBJID TULNKID TULOC",
    ("one", "T01", "LIVER"),
    ("one", "T02", None),
    ("one", "T02", "LYMPH NODE"),  # of several the first that has a value
    ("one", "T02", "LUNG"),
    ("two", "T01", "BONE"),
    ("two", None, "BRAIN"),
)


@pytest.mark.parametrize(
    ("usubjid", "lesion", "location"),
    [
        ("one", "T01", "LIVER"),
        ("two", "T01", "BONE"),  # the key is the participant's own
        ("one", "T02", "LYMPH NODE"),
        ("one", "T03", None),
        ("two", None, None),  # a missing key has no record
        ("three", "T01", None),
    ],
)
def test_a_lesion_has_the_value_of_the_record_with_its_key(
    usubjid: str, lesion: str | None, location: str | None
) -> None:
    assert shown(value_of(text(usubjid), text(lesion), LESIONS)) == [location]


def test_the_method_and_the_lineage_name_the_record_that_was_looked_up(tmp_path: Path) -> None:
    root = tmp_path / "study"
    shutil.copytree(ROOT / "examples" / "oncology", root, ignore=shutil.ignore_patterns("drop"))
    path = root / "mappings" / "sdtm" / "tr.yaml"
    location = "{derive: value_of, of: {key: TRLNKID, records: [TU.TULNKID, TU.TULOC]}}"
    lines = path.read_text(encoding="utf-8") + f"  TRLOC:    {location}\n"
    path.write_text(lines.replace("{node: NODE}}", "{node: TRLOC}, with: {yes: [LYMPH NODE]}}", 1), "utf-8")
    study = load(root)
    steps = plan_of(study).by_node
    assert inputs_of_use(study, steps["TR", "TRLOC"][0]) == [
        "key = TR.TRLNKID",
        "records = TU.TULNKID, TU.TULOC",
        "usubjid = TR.USUBJID",
    ]
    assert steps["TR", "TRTESTCD"][0].inputs["node"] == (Input("TR", "TRLOC", True),)
