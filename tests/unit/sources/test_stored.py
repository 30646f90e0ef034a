"""A drop on disk gives each run of subjects its records, and runs are about equally long."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from pipeline import sources
from pipeline.sources import files, stored
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import reading


@pytest.mark.parametrize("group", [50_000, 7], ids=["one group a form", "many groups a form"])
def test_the_runs_of_a_drop_have_each_record_once_and_the_subjects_in_order(
    study: Study, sample: sources.Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    monkeypatch.setattr(stored, "GROUP", group)
    drop = sources.store(study, DROP, tmp_path, 9)
    runs = [sources.run(study, drop.folder, run).forms for run in drop.runs]
    assert len(runs) > 2
    for form, whole in sample.forms.items():
        joined = pd.concat([run[form] for run in runs], ignore_index=True)
        pd.testing.assert_frame_equal(joined, whole, obj=form)
    subjects = [{s for frame in run.values() for s in frame["USUBJID"]} for run in runs]
    assert all(max(before) < min(after) for before, after in pairwise(subjects))
    assert set(drop.received.hashes) == {path.name for path in DROP.iterdir()}


def test_a_record_of_nobody_and_a_repetition_are_findings_once_and_belong_to_no_run(
    study: Study, few: Path, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(few, drop)
    for name, subject in (("ae", "FD-999"), ("vs", "")):
        form = pd.read_csv(drop / f"{name}.csv", dtype="str", keep_default_na=False)
        form.loc[3, "SUBJECT"] = subject
        form.to_csv(drop / f"{name}.csv", index=False, lineterminator="\n")
    with (drop / "kps.csv").open("a", encoding="utf-8") as file:
        file.write((drop / "kps.csv").read_text(encoding="utf-8").splitlines(keepends=True)[1])
    in_memory = reading.understood(study, files.read(study, drop))
    on_disk = sources.store(study, drop, tmp_path / "stored", 2)
    parts = [on_disk.rest, *(sources.run(study, on_disk.folder, run) for run in on_disk.runs)]
    assert Counter(finding for part in parts for finding in part.findings) == Counter(in_memory.findings)
    for strangers in (on_disk.rest.strangers, in_memory.strangers):
        assert {form: n for form, n in strangers.items() if n} == {"ae": 1, "kps": 1, "vs": 1}


def test_forms_that_come_before_the_enrolment_wait_for_it(study: Study, few: Path, tmp_path: Path) -> None:
    reading = sources._Storing(study, few, stored.Writer(tmp_path))
    frames = files.read(study, few)
    enrolment = study.protocol.subjects.form
    for form in [*(f for f in frames if f != enrolment), enrolment]:
        reading.take(form, frames[form])
    assert set(reading.strangers) == set(study.forms)
    assert not any(reading.strangers.values())


def sizes(subjects: list[str], size: int) -> list[int]:
    ends = [-1, *(subjects.index(e) for e in sources._last_of_runs(subjects, size))]
    return [b - a for a, b in pairwise(ends)]


@pytest.mark.parametrize(("size", "least", "most"), [(1, 1, 1), (2, 1, 2), (20, 15, 25), (400, 300, 500)])
def test_a_run_has_three_to_five_quarters_of_the_size_and_the_last_may_be_shorter(
    size: int, least: int, most: int
) -> None:
    *others, last = sizes([f"S-{n:05d}" for n in range(1999)], size)
    assert min(others) >= least
    assert max(*others, last) <= most
    assert sum(others) + last == 1999


@pytest.mark.parametrize(
    ("size", "subjects", "cells", "expected"),
    [
        (1200, 3000, 22_000_000, 1200),  # 7,333 cells a subject, as in the sample
        (1200, 3000, 30_000_000, 1200),  # 10,000 a subject: 12,000,000 a run
        (1200, 3000, 30_100_000, 600),
        (1200, 300, 30_000_000, 75),  # 100,000 a subject
        (1200, 2, 40_000_000, 1),  # a subject that alone has more
        (1, 2, 100, 1),
        (1200, 0, 0, 1200),
    ],
)
def test_a_run_of_subjects_with_many_records_is_halved_until_it_fits(
    size: int, subjects: int, cells: int, expected: int
) -> None:
    assert sources._that_fits(size, subjects, cells) == expected


def test_a_new_subject_leaves_nearly_all_runs_as_they_are() -> None:
    subjects = [f"S-{n:05d}" for n in range(0, 8000, 2)]
    before = runs(subjects)
    changed = [len(runs(sorted([*subjects, f"S-{n:05d}"])) - before) for n in range(1, 8000, 400)]
    assert sum(n == 1 for n in changed) >= 18
    assert max(changed) <= 3


def runs(subjects: list[str]) -> set[tuple[str, ...]]:
    ends = [-1, *(subjects.index(e) for e in sources._last_of_runs(subjects, 400))]
    return {tuple(subjects[a + 1 : b + 1]) for a, b in pairwise(ends)}


def test_a_drop_without_subjects_has_no_run() -> None:
    assert sources._last_of_runs([], 400) == []
