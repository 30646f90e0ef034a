"""At the door a form that lost much is an error against the drop before; without one, a form without a record
that the schedule plans is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.checks.drop import check
from tests.conftest import quiet
from tests.support import small_builds, small_study
from tests.support.door import rows
from tests.support.small_builds import DROP

HEAD, *DOSES = DROP["dose.csv"].splitlines(keepends=True)
EMPTY = "SUBJECT,FOLDER,VALUE,BATCH\n"
TEN = DROP["enrol.csv"] + "".join(f"{number:02d},,,Female,03 FEB 1960\n" for number in range(4, 11))
NINE = TEN.rpartition("10,,,")[0]
SCHEDULE = "schedule: [{visits: [WEEK 6], forms: [lab]}]\n"
Asked = list[tuple[str, str, str]]


def asked(
    root: Path,
    name: str,
    forms: Mapping[str, str] | None = None,
    against: Path | None = None,
    built: Path | None = None,
) -> Asked:
    """Rule, file and state of what a check asks of whole forms of the small study."""
    protocol = small_builds.file("specs/study.yaml") + SCHEDULE
    study = small_study.small_study(root / "study", {**small_builds.FILES, "specs/study.yaml": protocol})
    drop = root / "drops" / name
    drop.mkdir(parents=True)
    for file, content in {**DROP, **{f"{form}.csv": text for form, text in (forms or {}).items()}}.items():
        (drop / file).write_text(content, encoding="utf-8")
    request = check.Request(root / "checks" / name, ("csv",), against, built)
    check.check(study, root / "study", drop, request, quiet)
    queries = rows(root / "checks" / name / "queries.csv")
    told = {"FORM-EMPTY": "state", "FORM-LOST": "state", "KEY-CHANGED": "found"}
    return [(q["rule"], q["file"], q[told[q["rule"]]]) for q in queries if q["rule"] in told]


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        ({}, []),
        ({"lab": EMPTY}, []),  # of three participants nobody need have one
        ({"lab": EMPTY, "enrol": TEN}, [("FORM-EMPTY", "lab.csv", "new")]),
        ({"lab": EMPTY, "enrol": NINE}, []),
        ({"dose": HEAD, "enrol": TEN}, []),  # no visit plans it
    ],
    ids=["whole", "three", "ten", "nine", "not planned"],
)
def test_without_a_drop_before_a_planned_form_of_a_header_alone_is_asked(
    tmp_path: Path, forms: dict[str, str], expected: Asked
) -> None:
    assert asked(tmp_path, "first", forms) == expected


def test_a_form_that_lost_much_is_asked_until_it_is_whole(tmp_path: Path) -> None:
    checks = tmp_path / "checks"
    less = {"dose": HEAD + "".join(DOSES[:2])}
    assert asked(tmp_path, "1") == []
    assert asked(tmp_path, "2", less, checks / "1") == [("FORM-LOST", "dose.csv", "new")]
    assert asked(tmp_path, "3", less, checks / "2") == [("FORM-LOST", "dose.csv", "open")]
    assert asked(tmp_path, "4", against=checks / "3") == [("FORM-LOST", "dose.csv", "answered")]
    assert asked(tmp_path, "5", against=checks / "4") == []


def test_the_current_build_is_a_drop_before(tmp_path: Path) -> None:
    built = small_builds.built(tmp_path, "built")
    less = {"dose": HEAD + "".join(DOSES[:2])}
    assert asked(tmp_path, "1", less, built=built) == [("FORM-LOST", "dose.csv", "new")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("01,V2", "01,V9", [("KEY-CHANGED", "dose.csv", "FOLDER was V2")]),
        ("01,V2,Yes,22 MAR 2018,100", "01,V9,No,22 APR 2018,90", []),  # little agrees: another dose
        ("01,V2,Yes,22 MAR 2018,100", "01,V2,Yes,22 MAR 2018,99", []),
    ],
    ids=["another visit", "another dose", "another amount"],
)
def test_a_record_under_another_key_than_in_the_build_is_asked(
    tmp_path: Path, old: str, new: str, expected: Asked
) -> None:
    built = small_builds.built(tmp_path, "built")
    assert asked(tmp_path, "1", {"dose": DROP["dose.csv"].replace(old, new)}, built=built) == expected
