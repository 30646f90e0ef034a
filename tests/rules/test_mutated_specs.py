"""Whatever is mistyped in the YAML of a study, it is told with its place before any work, or it builds:
nobody ever sees a traceback.
"""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline import stages as run
from pipeline.checks import datasets as checks
from pipeline.errors import PipelineError
from pipeline.mapping import resolve
from pipeline.study import Study, door, faults, load, located
from pipeline.study.located import Located
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support.mutated_specs import Mutant, mutants

pytestmark = pytest.mark.long

# A file or folder is told where it is missing, everything else with line and column.
PLACE = re.compile(r"\S+\.(yaml|py):\d+:\d+: .+|\S+: the file is missing")
SOME, MANY = 30, 6000  # mistakes in `make test` and in `make prove`
BUILT, BUILT_MANY = 2, 60  # builds of what is not refused


@pytest.fixture
def study_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of specs/ and mappings/ to spoil, of which a file is parsed again only where it changed."""
    for folder in ("specs", "mappings"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    parsed, known = located.parsed, dict[tuple[str, str], Located]()

    def parsed_once(text: str, name: str, shown: str) -> Located:
        if (name, text) not in known:
            known[name, text] = parsed(text, name, shown)
        return known[name, text]

    monkeypatch.setattr(located, "parsed", parsed_once)
    return tmp_path


def refused(home: Path) -> str:
    """What is told of the study before any work; "" where it has no fault."""
    try:
        study = load(home)
        resolve.plan(study, run.LIBRARY)
        checks.refuse_faults(study)
        door.load(home, study)
        faults.load(home, study)
    except PipelineError as error:
        assert error.exit_code == 3
        return str(error)
    return ""


def test_a_mistake_is_told_with_its_place_or_the_study_builds(
    study_copy: Path, few: Path, tmp_path: Path, prove: bool, seed: int
) -> None:
    every = list(mutants(study_copy))
    chosen = random.Random(seed).sample(every, MANY if prove else SOME)
    told: Counter[bool] = Counter()
    accepted: list[Mutant] = []
    for mutant in chosen:
        content = (study_copy / mutant.file).read_bytes()
        mutant.apply(study_copy)
        message = refused(study_copy)
        (study_copy / mutant.file).write_bytes(content)
        told[bool(message)] += 1
        assert [line for line in message.splitlines() if not PLACE.fullmatch(line)] == [], mutant
        if not message:
            accepted.append(mutant)
    print(f"{len(chosen)} of {len(every)} mistakes: {told[True]} refused, {told[False]} build")
    for mutant in accepted[: BUILT_MANY if prove else BUILT]:
        content = (study_copy / mutant.file).read_bytes()
        mutant.apply(study_copy)
        _builds_or_is_told(load(study_copy), study_copy, few, tmp_path / "out")
        (study_copy / mutant.file).write_bytes(content)


def _builds_or_is_told(study: Study, home: Path, drop: Path, out: Path) -> None:
    """A build ends with a package, with findings, or with a refusal: with no other exception."""
    try:
        report = run.build(study, home, drop, out, Workers(), quiet)
    except PipelineError:
        return
    assert report.content["state"] in ("published", "refused")
