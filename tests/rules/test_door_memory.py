"""A query keeps its number; the next check says what is new, open and answered; a drop that was received is
not changed in silence.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.records.queries import Query, number, numbered, remembered
from pipeline.study import Study
from tests.support.door import Checked, changed, checked, small

DIED = {"SUBJECT": "FD-006"}
TREATED = {"SUBJECT": "FD-001", "FOLDER": "CYCLE 3 DAY 1"}


@pytest.fixture(scope="module")
def drops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two drops: in the second one fault is mended, one is there still, one is new, and records have moved
    within their file.
    """
    home = tmp_path_factory.mktemp("drops")
    first, second = small(home / "2019-01-01"), small(home / "2019-02-01")
    changed(first, "vs.csv", TREATED, {"TEMP": "47.1", "PULSE": "300"})
    changed(second, "vs.csv", TREATED, {"TEMP": "48.2"})
    changed(second, "rand.csv", DIED, {"ARM_CODE": ""})
    lines = (second / "vs.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (second / "vs.csv").write_text("".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    return first, second


@pytest.fixture(scope="module")
def one(study: Study, drops: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Checked:
    return checked(study, drops[0], tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two(
    study: Study, drops: tuple[Path, Path], one: Checked, tmp_path_factory: pytest.TempPathFactory
) -> Checked:
    return checked(study, drops[1], tmp_path_factory.mktemp("two"), against=one.home)


def states(found: Checked) -> dict[tuple[str, str], str]:
    return {(q["rule"], q["field"]): q["state"] for q in found.queries}


def numbers(found: Checked) -> dict[tuple[str, str], str]:
    return {(q["rule"], q["field"]): q["query"] for q in found.queries}


def test_a_first_check_has_new_queries_only(one: Checked) -> None:
    assert states(one) == {("RAW-RANGE", "TEMP"): "new", ("RAW-RANGE", "PULSE"): "new"}


def test_the_next_check_says_which_are_new_still_open_and_answered(two: Checked) -> None:
    assert states(two) == {
        ("RAW-RANGE", "TEMP"): "open",
        ("RAW-RANGE", "PULSE"): "answered",
        ("RAW-REQUIRED", "ARM_CODE"): "new",
    }
    assert {s: two.outcome["queries"][s] for s in ("new", "open", "answered")} == {
        "new": 1,
        "open": 1,
        "answered": 1,
    }


def test_a_query_keeps_its_number_although_its_record_moved_and_its_value_changed(
    one: Checked, two: Checked
) -> None:
    assert numbers(one)["RAW-RANGE", "TEMP"] == numbers(two)["RAW-RANGE", "TEMP"]


def test_an_answered_query_that_comes_back_is_new_under_its_old_number(
    study: Study, drops: tuple[Path, Path], one: Checked, two: Checked, tmp_path: Path
) -> None:
    back = checked(study, drops[0], tmp_path, against=two.home)
    assert states(back)["RAW-RANGE", "PULSE"] == "new"
    assert numbers(back)["RAW-RANGE", "PULSE"] == numbers(one)["RAW-RANGE", "PULSE"]
    assert back.outcome["known"] == "This drop was checked before."


def test_the_same_check_twice_writes_the_same_bytes(
    study: Study, drops: tuple[Path, Path], one: Checked, tmp_path: Path
) -> None:
    again = checked(study, drops[0], tmp_path)
    assert {p.name: p.read_bytes() for p in again.home.iterdir()} == {
        p.name: p.read_bytes() for p in one.home.iterdir()
    }


def test_a_changed_file_under_an_old_date_is_an_error(
    study: Study, drops: tuple[Path, Path], one: Checked, tmp_path: Path
) -> None:
    drop = tmp_path / drops[0].name
    shutil.copytree(drops[0], drop)
    changed(drop, "vs.csv", TREATED, {"TEMP": "37.1"})
    found = checked(study, drop, tmp_path / "out", against=one.home)
    (query,) = [q for q in found.queries if q["rule"] == "LOCKED-CHANGED"]
    assert (query["severity"], query["identity"], query["found"]) == ("error", "vs.csv", "has changed")
    assert found.outcome["state"] == "stopped"
    after = checked(study, drop, tmp_path / "more", against=found.home)
    assert "LOCKED-CHANGED" in after.rules(), "what came first under a date is what it stands for"


def test_the_same_bytes_under_another_date_are_recognised(
    study: Study, drops: tuple[Path, Path], one: Checked, tmp_path: Path
) -> None:
    drop = tmp_path / "2019-03-01"
    shutil.copytree(drops[0], drop)
    assert (
        checked(study, drop, tmp_path / "out", against=one.home).outcome["known"]
        == "This drop is byte for byte the drop 2019-01-01."
    )


def test_a_drop_that_is_built_already_is_recognised_by_its_hashes(
    study: Study, built: Path, tmp_path: Path
) -> None:
    from tests.conftest import DROP

    (build,) = [p.name for p in (built / "builds").iterdir() if p.is_dir()]
    assert (
        checked(study, DROP, tmp_path, built=built).outcome["known"]
        == f"This drop is built already: build {build}."
    )


def test_against_a_folder_without_a_check_is_wrong_usage(
    study: Study, drops: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"holds no check\.json of a check"):
        checked(study, drops[0], tmp_path / "out", against=tmp_path)


# --- numbers
def query(**cells: str) -> Query:
    said: dict[str, Any] = {
        "rule": "RAW-DATE",
        "form": "ae",
        "subject": "S-1",
        "visit": "WEEK 6",
        "record": "1",
        "field": "START",
        "name": "S-1|1",
        "value": "x",
        "value_class": "text",
        "found": "",
        "expected": "a date",
        "question": "Why?",
    } | cells
    return Query(severity="error", place=1, known=True, **said)


def test_the_number_does_not_depend_on_the_value_nor_on_words_and_blanks() -> None:
    (one,) = numbered("S", [query()])
    (other,) = numbered(
        "S", [query(value="y", question="Which?", expected="a day", record="7", visit=" week  6")]
    )
    assert one.id == other.id


@pytest.mark.parametrize("part", ["rule", "form", "name", "field", "visit"])
def test_the_number_depends_on_rule_form_record_visit_and_field(part: str) -> None:
    assert len({q.id for q in numbered("S", [query(), query(**{part: "other"})])}) == 2


def test_two_faults_of_one_name_have_two_numbers() -> None:
    assert len({q.id for q in numbered("S", [query(value="x"), query(value="y")])}) == 2


def test_a_number_has_one_spelling() -> None:
    assert number(("S", "RAW-DATE", "ae", "S-1|1", "WEEK 6", "START")) == numbered("S", [query()])[0].id
    assert len(numbered("S", [query()])[0].id) == 14


def test_what_was_answered_before_and_is_not_back_is_told_no_more() -> None:
    (now,) = numbered("S", [query()])
    (answered,) = remembered([], {now.id: now})
    assert answered.state == "answered"
    assert remembered([], {now.id: answered}) == []
