"""A study that describes no drop has a plain one: its contracts are met, and nothing more is said."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.records import collected_dates
from pipeline.simulator import simulate
from pipeline.study import Study, load
from pipeline.study.faults import Fault
from tests.conftest import ROOT
from tests.support.short_study import short_study

Rows = list[dict[str, str]]
VISITS = """\
visits:
  - {name: VISIT 1, number: 1, day: 1}
  - {name: VISIT 2, number: 2, day: 15}
  - {name: UNSCHEDULED, number: 900, series: true}
"""
WITH_VISITS = "keys: [VISITNAME]\nvisit: VISITNAME\ntext: [PATNUM, VISITNAME, DRUGAD]\n"
DEATH = "keys: [PATNUM]\ntext: [PATNUM, CAUSE]\ndate: {YYYY-MM-DD: [DIED]}\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return short_study(tmp_path_factory.mktemp("study"), {"specs/raw/death.yaml": DEATH})


@pytest.fixture(scope="module")
def drop(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(study, tmp_path_factory.mktemp("drop"), 16)


def written(study: Study, out: Path, subjects: int, seed: int = 1) -> Path:
    simulate(study, out, subjects, seed)
    return out


def rows(drop: Path, form: str) -> Rows:
    with (drop / f"{form}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def dates(study: Study, form: str, row: dict[str, str]) -> Iterator[str]:
    """The dates of a record in their order, as ISO 8601, but for that of birth."""
    for name, field in study.forms[form].fields.items():
        if field.type == "date" and row[name] and name != "BIRTH":
            yield str(collected_dates.iso_from(row[name], str(field.format), field.partial))


def test_a_file_for_each_form_holds_the_columns_of_its_contract(study: Study, drop: Path) -> None:
    assert sorted(path.stem for path in drop.iterdir()) == sorted(study.forms)
    for name, form in study.forms.items():
        assert list(rows(drop, name)[0]) == list(form.in_file.fields)


def test_a_participant_is_once_in_the_form_that_enrols_and_twice_in_one_without_visits(drop: Path) -> None:
    numbers = [row["PATNUM"] for row in rows(drop, "dm_raw")]
    assert numbers == [f"01-{n:03d}" for n in range(1, 17)]
    assert [row["PATNUM"] for row in rows(drop, "ae_raw")] == [n for n in numbers for _ in range(2)]


def test_a_form_that_names_its_visit_has_a_record_a_planned_visit(tmp_path: Path) -> None:
    text = (short_study(tmp_path / "plain").contents["specs/study.yaml"]).decode() + VISITS
    changed = {"specs/study.yaml": text, "specs/raw/seen.yaml": WITH_VISITS}
    drop = written(short_study(tmp_path / "study", changed), tmp_path / "drop", 2)
    assert [(row["PATNUM"], row["VISITNAME"]) for row in rows(drop, "seen")] == [
        ("01-001", "VISIT 1"), ("01-001", "VISIT 2"), ("01-002", "VISIT 1"), ("01-002", "VISIT 2"),
    ]  # fmt: skip


def test_one_of_eight_participants_has_died(drop: Path) -> None:
    assert [row["PATNUM"] for row in rows(drop, "death")] == ["01-008", "01-016"]


def test_an_answer_is_one_of_the_contract_or_of_the_codelist_that_reads_it(study: Study, drop: Path) -> None:
    assert {row["IT.AESER"] for row in rows(drop, "ae_raw")} == {"Yes", "No"}
    spellings = {s for value, term in study.codelists["SEX"].terms.items() for s in term.spellings(value)}
    assert {row["IT.SEX"] for row in rows(drop, "dm_raw")} <= spellings


def test_the_dates_of_a_record_do_not_go_back_nor_pass_the_cut_off(study: Study, drop: Path) -> None:
    for form in study.forms:
        for row in rows(drop, form):
            told = list(dates(study, form, row))
            assert told == sorted(told)
            assert all(day <= study.protocol.cutoff.isoformat() for day in told)


def test_a_participant_was_born_30_to_69_years_before_consent(drop: Path) -> None:
    for row in rows(drop, "dm_raw"):
        born, consent = (datetime.strptime(row[f], "%m/%d/%Y") for f in ("BIRTH", "COL_DT"))  # noqa: DTZ007
        assert 30 <= consent.year - born.year <= 69


def test_the_same_seed_gives_the_same_bytes_and_a_larger_drop_begins_with_them(
    study: Study, drop: Path, tmp_path: Path
) -> None:
    again, small = written(study, tmp_path / "again", 16), written(study, tmp_path / "small", 4)
    other = written(study, tmp_path / "other", 16, seed=2)
    for path in drop.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()
        assert path.read_bytes().startswith((small / path.name).read_bytes())
    assert (other / "dm_raw.csv").read_bytes() != (drop / "dm_raw.csv").read_bytes()


def test_faults_cannot_be_planted_in_a_drop_that_nothing_describes(study: Study, tmp_path: Path) -> None:
    fault = Fault.model_construct(id="F", rule="RAW-DATE")
    with pytest.raises(SpecError, match=re.escape("specs/simulation.yaml: says nothing of the drop")):
        simulate(study, tmp_path / "drop", 4, 1, [fault])


def test_a_study_that_describes_its_drop_has_the_one_that_it_describes(tmp_path: Path) -> None:
    simulate(load(ROOT), tmp_path / "drop", 2, 1, ())
    assert (tmp_path / "drop" / "planted.json").is_file()
