"""What changes while it is built is never certified: the bytes that are read are the bytes that are hashed,
and before anything is shown the drop and the study are looked at again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline import sources, verify
from pipeline import stages as run
from pipeline.checks import datasets as checks
from pipeline.checks.drop import check
from pipeline.checks.drop.check import Request
from pipeline.cli import app
from pipeline.errors import DropError, SpecError
from pipeline.sources import files
from pipeline.sources.received import receive
from pipeline.study import Study, load
from pipeline.study.models import RawFile
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.rules.test_formats import SOME
from tests.support import small_builds
from tests.support.drop_writers import FORMATS
from tests.support.drops import of_subjects

Change = Callable[[Path], object]
DM = "latest/m5/datasets/s1/tabulations/sdtm/dm.xpt"
READ, BEFORE_PUBLISHING = "tabulate, analyse, check", "publish"  # the stages in which something changes


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study, its drop and a good build of it; read only."""
    return small_builds.built(tmp_path_factory.mktemp("original"), "small").parent


@pytest.fixture
def small(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "small", symlinks=True))


def changing(home: Path, stage: str, change: Change) -> Callable[[str], None]:
    """Tells of no stage, and changes something in a folder when one begins."""

    def progress(begun: str) -> None:
        if begun.startswith(stage):
            change(home)

    return progress


def build(small: Path, progress: Callable[[str], None]) -> run.Report:
    study = load(small / "study")
    return run.build(study, small / "study", small / "drop", small / "out", Workers(), progress)


def edit(name: str) -> Change:
    """Another value of the same length, in a file of the same size and time."""

    def change(home: Path) -> None:
        path = home / name
        times = path.stat()
        content = path.read_bytes()
        path.write_bytes(content.replace(b"Female", b"Femalf").replace(b"100", b"101"))
        assert path.read_bytes() != content
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    return change


def write(name: str, text: str) -> Change:
    return lambda home: (home / name).write_text(text, encoding="utf-8")


def remove(name: str) -> Change:
    return lambda home: (home / name).unlink()


def cut(name: str) -> Change:
    return lambda home: os.truncate(home / name, (home / name).stat().st_size // 2)


def link(name: str) -> Change:
    """The file becomes a link to one outside the drop that holds the same bytes."""

    def change(home: Path) -> None:
        outside = home.parent / "elsewhere"
        (home / name).rename(outside)
        (home / name).symlink_to(outside)

    return change


def folder(name: str) -> Change:
    return lambda home: (home / name).mkdir()


CHANGES: dict[str, tuple[Change, str]] = {
    "edited, of the same size and time": (edit("enrol.csv"), "enrol.csv: was changed"),
    "edited, of another size": (write("dose.csv", "SUBJECT\n"), "dose.csv: was changed"),
    "cut short": (cut("dose.csv"), "dose.csv: was changed"),
    "removed": (remove("lab.csv"), "lab.csv: was removed"),
    "added": (write("late.csv", "SUBJECT\n"), "late.csv: was added"),
    "replaced by a link to the same bytes": (link("lab.csv"), "lab.csv: was changed"),
    "added, a folder": (folder("more"), "more: was added"),
    "gone with its folder": (shutil.rmtree, "dose.csv: was removed"),
}


LATE = ("edited, of the same size and time", "removed", "added")  # the others are looked for in the same way


@pytest.mark.parametrize(
    ("stage", "name"), [*((READ, name) for name in CHANGES), *((BEFORE_PUBLISHING, name) for name in LATE)]
)
def test_a_drop_that_changes_during_a_build_is_refused_and_the_last_good_build_stays(
    small: Path, stage: str, name: str
) -> None:
    change, told = CHANGES[name]
    before = (small / "out/latest").readlink()
    with pytest.raises(
        DropError, match=f"^{told} after it was read; nothing is shown of a drop that changes"
    ):
        build(small, changing(small / "drop", stage, change))
    assert (small / "out/latest").readlink() == before
    assert verify.verify(small / "out", None, False, quiet).differences == ()
    assert [path.name for path in (small / "out/builds").iterdir() if path.is_dir()] == [before.name]


def test_the_command_ends_with_4_and_names_the_file(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed_meanwhile(study: Study, specs: object, frames: object) -> list[object]:
        edit("enrol.csv")(small / "drop")
        return []

    monkeypatch.setattr(checks, "study_level", changed_meanwhile)
    command = ["build", str(small / "drop"), "--out", str(small / "out"), "--study", str(small / "study")]
    result = CliRunner().invoke(app, [*command, "--quiet"])
    assert (result.exit_code, result.stderr) == (
        4,
        (
            "enrol.csv: was changed after it was read; nothing is shown of a drop that changes; run again"
            " once it is complete\n"
        ),
    )


def test_a_build_that_findings_refuse_is_not_shown_of_a_drop_that_changed(small: Path) -> None:
    twice = "01,V1,Yes,01 MAR 2018,100,DRUG\n"  # a record that is there twice refuses the build
    with (small / "drop/dose.csv").open("a", encoding="utf-8") as file:
        file.write(twice)
    assert build(small, quiet).refused
    shutil.rmtree(small / "out/refused")
    with pytest.raises(DropError, match=r"^enrol\.csv: was changed"):
        build(small, changing(small / "drop", READ, edit("enrol.csv")))
    assert not (small / "out/refused").exists()


def test_the_bytes_that_are_read_are_the_bytes_that_are_hashed(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is changed while it is read, and then changed back, is built as it was hashed."""
    enrolment = small / "drop/enrol.csv"
    hashed = hashlib.sha256(enrolment.read_bytes()).hexdigest()
    published = (small / "out" / DM).read_bytes()
    read_each = files.read_each

    def changed_and_changed_back(study: Study, drop: Path, take: files.Take) -> None:
        content = enrolment.read_bytes()
        edit("enrol.csv")(small / "drop")
        read_each(study, drop, take)
        enrolment.write_bytes(content)

    monkeypatch.setattr(sources.files, "read_each", changed_and_changed_back)
    build(small, quiet)
    assert (small / "out" / DM).read_bytes() == published
    manifest = json.loads((small / "out/manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["enrol.csv"] == hashed
    assert verify.verify(small / "out", small / "drop", False, quiet).differences == ()


def test_the_hash_of_a_file_is_that_of_its_bytes(small: Path) -> None:
    (small / "drop/notes.txt").write_bytes(b"abc")
    with receive(small / "drop") as received:
        assert (received.copies / "notes.txt").read_bytes() == b"abc"
    # FIPS 180-2, appendix B.1
    assert received.hashes["notes.txt"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert not received.copies.exists()


@pytest.mark.parametrize("name", FORMATS)
def test_in_every_format_what_is_read_is_what_was_hashed(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every file is emptied as soon as it has been hashed: its records are read all the same, and each file
    is named before anything is shown.
    """
    writer, declared = FORMATS[name]
    collected = files.read(study, of_subjects(tmp_path / "csv", *SOME))
    drop = tmp_path / "drop"
    drop.mkdir()
    forms = {
        form.form: form.model_copy(update={"file": RawFile.model_validate(declared(form))})
        for form in study.forms.values()
    }
    study = replace(study, forms=writer(collected, forms, drop) or forms)
    expected = {form: len(frame) for form, frame in files.read(study, drop).items()}
    names = sorted(path.name for path in drop.iterdir())
    read: dict[str, pd.DataFrame] = {}
    with receive(drop) as received:
        for path in drop.iterdir():
            path.write_bytes(b"")
        files.read_each(study, received.copies, read.__setitem__)
    assert {form: len(frame) for form, frame in read.items()} == expected
    with pytest.raises(DropError) as refused:
        received.refuse_changes()
    assert [line.partition(": ")[0] for line in str(refused.value).splitlines()] == names


STUDY_CHANGES: dict[str, tuple[Change, str]] = {
    "a spec": (write("specs/units.yaml", "# a comment\n{}\n"), "specs/units.yaml: was changed"),
    "a mapping": (remove("mappings/sdtm/ex.yaml"), "mappings/sdtm/ex.yaml: was removed"),
    "a function": (write("mappings/sdtm/dm.py", "x = 1\n"), "mappings/sdtm/dm.py: was changed"),
    "a file that there was not": (write("specs/displays.yaml", "{}\n"), "specs/displays.yaml: was added"),
}


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        *((READ, name) for name in STUDY_CHANGES),
        *((BEFORE_PUBLISHING, name) for name in list(STUDY_CHANGES)[:2]),
    ],
)
def test_a_study_that_changes_during_a_build_is_refused(small: Path, stage: str, name: str) -> None:
    change, told = STUDY_CHANGES[name]
    before = (small / "out/latest").readlink()
    message = f"^{small / 'study'}/{told} after it was read; nothing is shown of a study that changes"
    with pytest.raises(SpecError, match=message):
        build(small, changing(small / "study", stage, change))
    assert (small / "out/latest").readlink() == before


def test_a_build_keeps_the_study_as_it_was_read(small: Path) -> None:
    """The study is changed between its loading and the build, and changed back before the end."""
    study = load(small / "study")
    spec = small / "study/specs/sdtm/dm.yaml"
    content = spec.read_bytes()
    spec.write_bytes(content.replace(b"Demographics", b"Other"))

    def change_back(stage: str) -> None:
        if stage.startswith(BEFORE_PUBLISHING):
            spec.write_bytes(content)

    run.build(study, small / "study", small / "drop", small / "out", Workers(), change_back)
    assert (small / "out/latest/lineage/study/specs/sdtm/dm.yaml").read_bytes() == content
    assert verify.verify(small / "out", small / "drop", False, quiet).differences == ()


def test_a_check_of_a_drop_that_changes_writes_nothing(few: Path, study: Study, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(few, drop)
    change = changing(drop, "judge", write("kps.csv", "SUBJECT\n"))
    with pytest.raises(DropError, match=r"^kps\.csv: was changed after it was read"):
        check.check(study, ROOT, drop, Request(tmp_path / "out", ["csv"]), change)
    assert not (tmp_path / "out").exists()


VERIFIED = {
    "edited": (edit("enrol.csv"), ("changed", "enrol.csv")),
    "removed": (remove("lab.csv"), ("missing", "lab.csv")),
    "added": (write("late.csv", "x"), ("added", "late.csv")),
    "added, a folder": (folder("more"), ("added", "more")),
}


@pytest.mark.parametrize(("change", "difference"), VERIFIED.values(), ids=VERIFIED.keys())
def test_verify_compares_the_set_of_files_and_their_bytes(
    small: Path, change: Change, difference: tuple[str, str]
) -> None:
    change(small / "drop")
    found = verify.verify(small / "out", small / "drop", False, quiet).differences
    assert [(d.where, d.what, d.file) for d in found] == [("inputs", *difference)]
