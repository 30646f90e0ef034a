"""Invariants of the design: a subject stands alone, nothing is lost, same input same bytes, outputs appear
whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import build as run
from pipeline import sources
from pipeline.mapping import resolve
from pipeline.mapping.interpret import tabulate
from pipeline.mapping.steps import Plan
from pipeline.profile import Profile, profile_of
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import DROP, ROOT, quiet
from tests.support import reading


def manifest(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return content


def tree(out: Path) -> dict[str, str]:
    """Every file of a folder with its hash, every link with its target."""
    content = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_symlink():
            content[name] = str(path.readlink())
        elif path.is_file():
            content[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return content


# --- 1: a subject stands alone
def test_blocks_of_subjects_and_processes_do_not_change_a_byte(
    study: Study, built: Path, tmp_path: Path, prove: bool
) -> None:
    for block, processes, blocks in [(20, 2, 2), *([(5, 1, 8), (2, 2, 23)] if prove else [])]:
        assert len(reading.runs(study, DROP, block)) == blocks
        run.build(study, ROOT, DROP, tmp_path / str(blocks), Workers(processes, block), quiet)
        assert manifest(tmp_path / str(blocks)) == manifest(built), (
            f"{blocks} blocks on {processes} processes"
        )


ODD = ("FD-005", "FD-009", "FD-014", "FD-017", "FD-022")  # FD-009 and FD-014 are one person


def test_blocks_of_one_subject_do_not_change_a_byte(study: Study, tmp_path: Path, prove: bool) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(DROP, drop)
    for path in [] if prove else drop.glob("*.csv"):
        form = pd.read_csv(path, dtype="str", keep_default_na=False)
        form[form["SUBJECT"].isin(ODD)].to_csv(path, index=False, lineterminator="\n")
    assert len(reading.runs(study, drop, 1)) == (34 if prove else 4)
    for name, workers in (("whole", Workers()), ("apart", Workers(block=1))):
        run.build(study, ROOT, drop, tmp_path / name, workers, quiet)
    assert manifest(tmp_path / "apart") == manifest(tmp_path / "whole")


def test_a_derivation_of_single_values_gives_each_record_the_value_it_gives_alone(
    study: Study, sample: sources.Drop
) -> None:
    plan = resolve.plan(study, run.LIBRARY)
    calls: list[tuple[str, Callable[..., pd.Series], Mapping[str, Any], pd.Series]] = []

    def recorded(name: str, function: Callable[..., pd.Series]) -> Callable[..., pd.Series]:
        def call(**given: Any) -> pd.Series:
            value = function(**given)
            calls.append((name, function, given, value))
            return value

        return call

    watched = [
        replace(s, what=recorded(s.name, s.what)) if s.verb == "derive" and not s.frames else s
        for s in plan.steps
    ]
    tabulate(study, Plan(tuple(watched), plan.datasets), sample.forms)
    assert len({name for name, *_ in calls}) >= 15
    for name, function, given, value in calls:
        for at in value.index[:: max(1, len(value) // 12)]:
            alone = function(**{p: g.loc[[at]] if isinstance(g, pd.Series) else g for p, g in given.items()})
            assert alone.astype(value.dtype).equals(value.loc[[at]]) or (
                pd.isna(alone.iloc[0]) and pd.isna(value.loc[at])
            ), name


@pytest.fixture(scope="session")
def participants(study: Study, few: Path) -> sources.Drop:
    return reading.read(study, few)


def test_the_profiles_of_blocks_merge_to_the_same_whole_in_any_order(study: Study, few: Path) -> None:
    specs = run.publishable(study)
    parts = []
    for block in reading.runs(study, few, 1)[:2]:
        frames, counted, found = run.one_block(study, block.forms)
        parts.append(profile_of(specs, frames, counted, found))
    a, b = parts
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(Profile()) == Profile().merge(a).merge(b)


# --- 2: nothing is lost in silence
def test_each_row_of_the_accounting_adds_up_and_counts_every_line_of_the_drop(built: Path) -> None:
    accounting = json.loads((built / "report" / "report.json").read_text(encoding="utf-8"))["accounting"]
    assert {a["form"] for a in accounting} == {p.stem for p in DROP.glob("*.csv")}
    for a in accounting:
        assert a["read"] == a["published"] + sum(a["set_aside"].values()), a["form"]
        assert a["read"] == len(pd.read_csv(DROP / f"{a['form']}.csv", dtype="str")), a["form"]


def lost(study: Study, sample: sources.Drop) -> set[str]:
    return {f.rule for f in run.one_block(study, sample.forms)[2] if f.rule.startswith("RECORD-")}


def without_deviations(study: Study) -> Study:
    """The study without DV, so that nothing publishes the records of form dv."""
    return replace(study, mappings={n: m for n, m in study.mappings.items() if n != "DV"})


def test_a_record_that_nothing_publishes_and_nothing_sets_aside_is_an_error(
    study: Study, participants: sources.Drop
) -> None:
    assert lost(without_deviations(study), participants) == {"RECORD-LOST"}


def test_a_record_that_is_published_and_also_set_aside_is_an_error(
    study: Study, participants: sources.Drop
) -> None:
    more = study.set_aside[0].model_copy(update={"from_": "ae", "where": {}, "reason": "planted"})
    assert lost(replace(study, set_aside=(*study.set_aside, more)), participants) == {"RECORD-TWICE"}


def test_a_record_that_two_entries_set_aside_is_an_error(study: Study, participants: sources.Drop) -> None:
    one = study.set_aside[0].model_copy(update={"from_": "dv", "where": {}, "reason": "planted"})
    assert lost(replace(without_deviations(study), set_aside=(*study.set_aside, one)), participants) == set()
    assert lost(replace(without_deviations(study), set_aside=(*study.set_aside, one, one)), participants) == {
        "RECORD-ASIDE-TWICE"
    }


# --- 4: same input, same bytes
@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4711"},
    ],
    ids=["Shanghai", "St. John's"],
)
def test_time_zone_locale_and_hash_seed_do_not_change_a_byte(
    few: Path, few_built: Path, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    words = [
        "build",
        str(few),
        "--out",
        str(tmp_path / "out"),
        "--study",
        str(ROOT),
        "--edition",
        "fda",
        "--quiet",
    ]
    command = [sys.executable, "-m", "pipeline", *words]
    subprocess.run(command, env={**os.environ, **surroundings}, cwd=ROOT, check=True)
    assert manifest(tmp_path / "out") == manifest(few_built)


def test_the_order_of_lines_in_the_files_does_not_change_a_byte_of_the_outputs(
    study: Study, few: Path, few_built: Path, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(few, drop)
    for path in drop.glob("*.csv"):
        pd.read_csv(path, dtype="str", keep_default_na=False).iloc[::-1].to_csv(
            path, index=False, lineterminator="\n"
        )
    run.build(study, ROOT, drop, tmp_path / "out", Workers(), quiet, ("fda",))
    assert manifest(tmp_path / "out")["inputs"] != manifest(few_built)["inputs"]
    assert manifest(tmp_path / "out")["outputs"] == manifest(few_built)["outputs"]


def test_the_manifest_names_every_file_of_the_build_and_nothing_of_the_machine(built: Path) -> None:
    content = manifest(built)
    latest = (built / "latest").resolve()
    files = {p.relative_to(latest).as_posix() for p in latest.rglob("*") if p.is_file()}
    assert files == {*content["outputs"], *content["lines"], "manifest.json", "build-info.json"}
    for name, sha in content["outputs"].items():
        assert hashlib.sha256((latest / name).read_bytes()).hexdigest() == sha
    for path in latest.rglob("*"):
        if path.is_file() and path.name != "build-info.json":
            assert str(ROOT).encode() not in path.read_bytes(), path.name


# --- 6: outputs appear whole or not at all
def test_a_build_killed_at_any_moment_leaves_the_last_good_one_whole(
    study: Study, few: Path, few_built: Path, tmp_path: Path, prove: bool
) -> None:
    out = tmp_path / "out"
    shutil.copytree(few_built, out, symlinks=True)
    words = ["build", str(few), "--out", str(out), "--study", str(ROOT), "--edition", "fda", "--quiet"]
    command = [sys.executable, "-m", "pipeline", *words]
    killed = 0
    for moment in range(24 if prove else 6):
        builds = set((out / "builds").iterdir())
        process = subprocess.Popen(command, cwd=ROOT)
        while process.poll() is None and not (out / "builds" / ".staging").exists():
            time.sleep(0.01)
        waited = 0
        while (
            process.poll() is None
            and waited < 8 * moment
            and set((out / "builds").iterdir()) - {out / "builds" / ".staging"} == builds
        ):
            time.sleep(0.02)
            waited += 1
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        latest = (out / "latest").resolve()
        manifested = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
        expected = manifested["outputs"] | manifested["lines"]
        assert {n: hashlib.sha256((latest / n).read_bytes()).hexdigest() for n in expected} == expected
        assert {p.relative_to(latest).as_posix() for p in latest.rglob("*") if p.is_file()} == {
            *expected,
            "manifest.json",
            "build-info.json",
        }
    assert killed, "no build was killed while it worked"
    run.build(study, ROOT, few, out, Workers(), quiet, ("fda",))
    assert manifest(out) == manifest(few_built)


def test_a_refused_build_changes_nothing_but_its_own_folder(
    study: Study, built: Path, tmp_path: Path, spoilt: Callable[..., Path]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built, out, symlinks=True)
    before = tree(out)
    report = run.build(
        study, ROOT, spoilt("ae.csv", lambda t: t.replace("Grade 1", "Grade 9", 1)), out, Workers(), quiet
    )
    assert report.refused
    assert {n: h for n, h in tree(out).items() if not n.startswith("refused/")} == before
    assert (out / "refused" / "findings.csv").is_file()


def test_only_the_last_two_builds_are_kept(study: Study, few: Path, few_built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(few_built, out, symlinks=True)
    for _ in range(2):
        run.build(study, ROOT, few, out, Workers(), quiet)
    assert len([p for p in (out / "builds").iterdir() if p.is_dir()]) == 2
    assert (out / "latest").resolve().is_dir()
