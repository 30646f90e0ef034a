"""Whatever a drop holds, the commands read it or refuse it: no traceback, no hang, no value shown, no half
build, no formula in a CSV.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pandas as pd
import pyreadstat
import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.formats.csv.write import FORMULA
from pipeline.sources import delimited
from pipeline.study.models import Form
from tests.support import small_builds, small_study
from tests.support.damage import BOMBS, FORMULAS, damaged, hostile
from tests.support.drop_writers import FORMATS, as_is, to_csv

SECONDS = 10
# What a writer of the tests raises for a value that its format cannot hold.
UNWRITABLE = (
    *(ValueError, TypeError, KeyError, OverflowError),
    *(pyreadstat.PyreadstatError, pyreadstat.ReadstatError),
)
PLAIN = (to_csv(",", "utf-8"), as_is())
SECRET = "Wang Xiulan"
HEADER = """\
fields:
  SITE:    {question: Site, type: text}
  SUBJECT: {question: Subject number, type: text, origin: Assigned}
  FOLDER:  {question: Visit, type: text}
  FORM:    {question: Form, type: text}
  RECORD:  {question: Record, type: text}
"""


class HangError(BaseException):
    """Not an error that the program could take for one of its own."""


@contextmanager
def in_time() -> Iterator[None]:
    """Ends what takes more than ten seconds of the processor, or stands still for a minute: another's load is
    no hang.
    """

    def stop(_: int, frame: FrameType | None) -> None:
        raise HangError(f"more than {SECONDS} s, at {frame}")

    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, SECONDS),
        (signal.ITIMER_REAL, signal.SIGALRM, 6 * SECONDS),
    )
    before = [signal.signal(number, stop) for _, number, _ in timers]
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


@dataclass(frozen=True)
class Site:
    """A study, the records of its drop, and the folder in which a command works."""

    root: Path
    frames: dict[str, pd.DataFrame]
    forms: dict[str, Form]

    def call(self, command: str) -> Result:
        out = self.root / "out"
        shutil.rmtree(out, ignore_errors=True)
        drop, study = self.root / "drop", self.root / "study"
        words = [command, str(drop), "--out", str(out), "--study", str(study), "--quiet"]
        with in_time():
            return CliRunner().invoke(app, words)

    def judge(self, command: str, told: str) -> Result:
        """Runs the command and holds it to what must be true whatever the drop is."""
        result = self.call(command)
        assert result.exception is None or isinstance(result.exception, SystemExit), (told, result.exception)
        assert result.exit_code in (0, 1, 4), (told, result.output)
        assert SECRET not in result.output, told
        out = self.root / "out"
        if command == "build":
            assert (out / "latest").is_dir() == (result.exit_code == 0), told
            builds = [path for path in out.glob("builds/*") if path.name != ".lock"]
            assert len(builds) == (result.exit_code == 0), told
        assert not formulas(out), told
        return result


def formulas(out: Path) -> list[str]:
    """Cells of the CSV files below a folder that a spreadsheet would run."""
    csv.field_size_limit(10_000_000)
    found = []
    for path in out.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found += [cell for row in csv.reader(file) for cell in row if cell.startswith(FORMULA)]
    return found


def site(root: Path, name: str) -> Site:
    """The small study with the drop in one of the formats."""
    writer, declared = {**FORMATS, "plain csv": PLAIN}[name]
    study = small_study.small_study(root / "plain", {**small_builds.FILES, "specs/raw/header.yaml": HEADER})
    frames = {}
    for form in ("enrol", "dose", "lab"):
        lines = [
            line.split(",", 2)
            for line in small_builds.DROP[f"{form}.csv"].replace("DRUG\n", f"{SECRET}\n").splitlines()
        ]
        rows = [f"S1,{a},{b or 'V0'},{form.upper()},{n},{rest}" for n, (a, b, rest) in enumerate(lines[1:])]
        (root / f"{form}.csv").write_text(
            "\n".join([f"SITE,SUBJECT,FOLDER,FORM,RECORD,{lines[0][2]}", *rows]) + "\n", encoding="utf-8"
        )
        frames[form] = delimited.read(root / f"{form}.csv", study.forms[form])
    (root / "drop").mkdir()
    forms = writer(frames, dict(study.forms), root / "drop") or study.forms
    events = json.dumps(dict(next(iter(forms.values())).events))
    files = {
        f"specs/raw/{n}.yaml": small_builds.file(f"specs/raw/{n}.yaml") + f"file: {json.dumps(declared(f))}\n"
        for n, f in forms.items()
    }
    small_study.small_study(
        root / "study",
        {**small_builds.FILES, "specs/raw/header.yaml": f"{HEADER}events: {events}\n", **files},
    )
    return Site(root, frames, dict(forms))


@pytest.mark.parametrize("name", FORMATS)
def test_a_hostile_drop_is_read_or_refused(tmp_path: Path, name: str, seed: int, prove: bool) -> None:
    """8 drops of each of 14 formats, 366 with --prove: with the bombs more than 100, and more than 5,000."""
    here = site(tmp_path, name)
    drop = here.root / "drop"
    assert here.judge("build", "as it was").exit_code == 0
    whole = {p: p.read_bytes() for p in sorted(drop.iterdir())}
    drawn = random.Random(f"{seed} {name}")
    for number in range(366 if prove else 8):
        told = f"{name}, seed {seed}, number {number}"
        if number % 5:
            path = drawn.choice(list(whole))
            path.write_bytes(damaged(whole[path], drawn))
        else:
            _rewritten(here, name, drawn)
        here.judge("check-drop" if number % 8 == 7 else "build", told)
        for path in drop.iterdir():
            path.unlink()
        for path, content in whole.items():
            path.write_bytes(content)


def _rewritten(here: Site, name: str, drawn: random.Random) -> None:
    """One form in another wording, written by the format's own writer where it can hold it."""
    form = drawn.choice(list(here.frames))
    frame = hostile(here.frames[form], drawn)
    held = here.forms[form].model_copy(
        update={"fields": {n: f for n, f in here.forms[form].fields.items() if n in frame}}
    )
    with suppress(*UNWRITABLE):  # the drop stays as far as it came
        FORMATS[name][0]({**here.frames, form: frame}, {**here.forms, form: held}, here.root / "drop")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_for_what_it_is_or_read(tmp_path: Path, name: str) -> None:
    file, content, told = BOMBS[name]
    here = site(tmp_path, "plain csv" if file != "trial.xml" else "odm")
    for path in (here.root / "drop").glob("*" if file == "trial.xml" else "dose.*"):
        path.unlink()
    (here.root / "drop" / file).write_bytes(content())
    result = here.judge("build", name)
    assert result.exit_code in ((4,) if told else (0, 1)), result.output
    assert told in result.output


def test_a_formula_in_a_cell_is_escaped_in_every_csv(tmp_path: Path) -> None:
    here = site(tmp_path, "tsv")
    spoilt = here.frames["enrol"].copy()
    spoilt["GENDER"] = FORMULAS[: len(spoilt)]
    FORMATS["tsv"][0]({**here.frames, "enrol": spoilt}, here.forms, here.root / "drop")
    for command in ("build", "check-drop"):
        assert here.judge(command, "formulas").exit_code == 1
        told = "".join(p.read_text(encoding="utf-8") for p in (here.root / "out").rglob("*.csv"))
        assert all(f"'{formula[:4]}" in told for formula in FORMULAS[: len(spoilt)]), command
