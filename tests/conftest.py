"""What all tests share: the study, the committed drop, one build of it, and copies of it to spoil."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
import typer.testing
import yaml

from pipeline import sources
from pipeline import stages as run
from pipeline.study import Study, load
from pipeline.workers import Workers
from tests.support import installed as installation
from tests.support import reading
from tests.support.drops import DROP as DROP
from tests.support.drops import of_subjects

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the long tests too, as `make test-all` runs them")
    parser.addoption("--prove", action="store_true", help="exhaustive samples instead of those of every day")
    parser.addoption(
        "--prove-seed", type=int, default=20190701, help="seed of the random samples; it is printed"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long") or config.getoption("--prove"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="long: make test-all runs it"))


def pytest_report_header(config: pytest.Config) -> str:
    return f"prove: {config.getoption('--prove')}, seed: {config.getoption('--prove-seed')}"


@pytest.fixture(scope="session")
def prove(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--prove"))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--prove-seed"))


@pytest.fixture(scope="session", autouse=True)
def each_yaml_text_is_parsed_once() -> Iterator[None]:
    """Hundreds of tests load a study of 122 files of which they changed one: parsing is half of a load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "compose", lru_cache(maxsize=1000)(yaml.compose))
        yield


@pytest.fixture(scope="session", autouse=True)
def the_commands_are_made_once() -> Iterator[None]:
    """A process makes its commands once; a test that invokes one would make all of them each time, 40 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", lru_cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def study() -> Study:
    return load(ROOT)


@pytest.fixture(scope="session")
def sample(study: Study) -> sources.Drop:
    """The committed drop as read."""
    return reading.read(study, DROP)


def quiet(_: str) -> None:
    """A build that tells nobody of its stages."""


def made_once(shared: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first process of the tests makes, and that all of them read."""
    base = shared.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "is_made").exists():
            make(home)
            (home / "is_made").touch()
    return home


@pytest.fixture(scope="session")
def built(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one build of the committed drop; read only."""

    def build(home: Path) -> None:
        report = run.build(study, ROOT, DROP, home / "out", Workers(), quiet, in_full=True)
        assert report.content["state"] == "published", report.content["findings"]

    return made_once(tmp_path_factory, "built", build) / "out"


FEW = (
    "FD-001",
    "FD-010",
    "FD-017",
    "FD-022",
)  # one with many records, one with deviations, one never dosed, one who died on a day unknown


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed drop with the records of four participants."""
    home = made_once(tmp_path_factory, "few", lambda home: of_subjects(home / "drop", *FEW))
    return home / "drop"


@pytest.fixture(scope="session")
def few_built(study: Study, few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one build of the four participants, with the package for the FDA; read only."""

    def build(home: Path) -> None:
        report = run.build(study, ROOT, few, home / "out", Workers(), quiet, ("fda",))
        assert report.content["state"] == "published", report.content["findings"]

    return made_once(tmp_path_factory, "few_built", build) / "out"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the wheel of this checkout; read only."""
    return made_once(tmp_path_factory, "wheel", installation.install) / "site"


@pytest.fixture
def spoilt(tmp_path: Path) -> Callable[[str, Callable[[str], str]], Path]:
    """A copy of the committed drop in which one file's text was changed."""

    def spoil(name: str, change: Callable[[str], str]) -> Path:
        drop = tmp_path / "drop"
        if not drop.exists():
            shutil.copytree(DROP, drop)
        text = (drop / name).read_text(encoding="utf-8")
        changed = change(text)
        assert changed != text, "the change changed nothing"
        (drop / name).write_text(changed, encoding="utf-8")
        return drop

    return spoil
