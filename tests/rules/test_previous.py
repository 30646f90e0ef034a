"""A build that continues another one: numbers of records stay, gone ones are not used again, and a form that
lost much is refused. Three drops of the small study, one after the other.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyarrow import parquet

from pipeline import verify
from pipeline.errors import UsageError
from pipeline.finished import tables
from pipeline.finished.folder import Folder
from pipeline.finished.manifest import file_hash
from tests.conftest import quiet
from tests.support import small_builds
from tests.support.small_builds import DROP

HEAD = "SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT\n"
DOSES = {  # by name of the drop, the doses of 01 and 02
    "first": ("01,V1,Yes,01 MAR 2018,100,DRUG\n01,V2,Yes,22 MAR 2018,101,DRUG\n"
              "02,V1,yes,02 MAR 2018,90,DRUG\n02,V2,No,,,\n"),
    # of 01 V2 is gone; of 02 V0 came before V1
    "second": ("01,V1,Yes,01 MAR 2018,100,DRUG\n"
               "02,V0,Yes,01 FEB 2018,80,DRUG\n02,V1,yes,02 MAR 2018,90,DRUG\n02,V2,No,,,\n"),
    # of 01 V3 came, and V2 is there again; of 02 V0 is gone and V9 came
    "third": ("01,V1,Yes,01 MAR 2018,100,DRUG\n01,V2,Yes,22 MAR 2018,101,DRUG\n"
              "01,V3,Yes,12 APR 2018,102,DRUG\n"
              "02,V1,yes,02 MAR 2018,90,DRUG\n02,V9,Yes,01 MAY 2018,95,DRUG\n02,V2,No,,,\n"),
}  # fmt: skip
NUMBERS = {  # EXSEQ by dose in mg
    "first": {100: 1, 101: 2, 90: 1},
    "second": {100: 1, 80: 2, 90: 1},
    "third": {100: 1, 101: 3, 102: 4, 90: 1, 95: 3},
    "second without the first": {100: 1, 80: 1, 90: 2},
}
SUPPLEMENT = {
    "specs/codelists.yaml": small_builds.file("specs/codelists.yaml")
    + "DOMAIN: {name: Domain, terms: {EX: {}}}\nEVAL: {name: Evaluator, terms: {INVESTIGATOR: {}}}\n",
    "specs/sdtm/ex.yaml": small_builds.file("specs/sdtm/ex.yaml")
    + "  EXVISIT: {label: Visit of the dose, type: text, supp: true}\n",
    "mappings/sdtm/ex.yaml": small_builds.file("mappings/sdtm/ex.yaml") + "  EXVISIT: {copy: FOLDER}\n",
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The three builds, each of which continues the one before, and the second by itself."""
    root = tmp_path_factory.mktemp("previous")
    made: dict[str, Path] = {}
    before = None
    for name, doses in DOSES.items():
        drop = {"dose.csv": HEAD + doses}
        before = made[name] = small_builds.built(root, name, SUPPLEMENT, drop, previous=before)
    by_itself = {"dose.csv": HEAD + DOSES["second"]}
    made["second without the first"] = small_builds.built(root, "by itself", SUPPLEMENT, by_itself)
    return made


@pytest.mark.parametrize("name", NUMBERS)
def test_a_record_keeps_its_number_and_a_gone_one_s_is_not_used_again(
    builds: dict[str, Path], name: str
) -> None:
    ex = tables.published(Folder.opened(builds[name]), "EX")
    assert dict(zip(ex["EXDOSE"].astype(int), ex["EXSEQ"].astype(int), strict=True)) == NUMBERS[name]


def test_what_refers_to_a_record_follows_its_number(builds: dict[str, Path]) -> None:
    supp = tables.published(Folder.opened(builds["third"]), "SUPPEX")
    assert set(zip(supp["USUBJID"], supp["IDVARVAL"].astype(float), supp["QVAL"], strict=True)) == {
        ("S1-01", 1, "V1"), ("S1-01", 3, "V2"), ("S1-01", 4, "V3"), ("S1-02", 1, "V1"), ("S1-02", 3, "V9"),
    }  # fmt: skip


def test_a_build_remembers_the_highest_number_of_gone_records(builds: dict[str, Path]) -> None:
    gone = parquet.read_table(Folder.opened(builds["second"]).home / "lineage" / "numbers.parquet")
    assert gone.to_pylist() == [{"dataset": "EX", "USUBJID": "S1-01", "number": 2.0}]
    for name in ("first", "third"):
        assert not (Folder.opened(builds[name]).home / "lineage" / "numbers.parquet").exists()


def test_the_manifest_names_the_build_that_is_continued(builds: dict[str, Path]) -> None:
    first, second = (Folder.opened(builds[name]).home for name in ("first", "second"))
    manifest = json.loads((second / "manifest.json").read_text("utf-8"))
    assert manifest["continues"] == file_hash(first / "manifest.json")
    assert "continues" not in json.loads((first / "manifest.json").read_text("utf-8"))


def test_a_rebuild_takes_the_same_build_before_and_refuses_without_it(builds: dict[str, Path]) -> None:
    second = builds["second"]
    drop = second.parent / "drop"
    outcome = verify.verify(second, drop, True, quiet, builds["first"])
    assert (outcome.rebuilt, outcome.differences) == (True, ())
    with pytest.raises(UsageError, match="name that build with --previous"):
        verify.verify(second, drop, True, quiet)
    with pytest.raises(UsageError, match="which this one continues; name that build"):
        verify.verify(second, drop, True, quiet, builds["third"])
    with pytest.raises(UsageError, match="continues no other; leave out --previous"):
        verify.verify(builds["first"], drop, True, quiet, second)


# --- forms that lost much: two of three participants and three of four records are within 20 % of none
LOST = [
    # the doses that are left; how many percent may go; what the refusal says
    ("01,V1,Yes,01 MAR 2018,100,DRUG\n", 20,
     "4 records of 2 participants before, 1 record of 1 participant now"),
    ("", 99, "4 records of 2 participants before, 0 records of 0 participants now"),
    (DOSES["first"].replace("02,V2,No,,,\n", ""), 25, ""),
    (DOSES["first"].replace("02,V2,No,,,\n", ""), 24,
     "4 records of 2 participants before, 3 records of 2 participants now"),
    ("", 100, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("doses", "percent", "told"), LOST, ids=["one left", "none", "at 25", "at 24", "at 100"]
)
def test_a_form_that_lost_more_than_its_share_refuses_the_build(
    builds: dict[str, Path], tmp_path: Path, doses: str, percent: int, told: str
) -> None:
    protocol = {"specs/study.yaml": f"{small_builds.file('specs/study.yaml')}lost_percent: {percent}\n"}
    drop = {**DROP, "dose.csv": HEAD + doses}
    report = small_builds.report_of(
        tmp_path, "lost", {**SUPPLEMENT, **protocol}, drop, previous=builds["first"]
    )
    found = [f["message"] for f in report.content["findings"]["by_rule"] if f["rule"] == "FORM-LOST"]
    assert [message.partition(";")[0] for message in found] == ([told] if told else [])
    assert not told or report.refused
