"""Blocks on a Dask scheduler and two workers, which are processes of their own: the same bytes, a worker that
dies, a scheduler that is not there or is lost, and workers of another version.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="Dask is not installed: make .venv/dev")

from distributed import Client
from typer.testing import CliRunner

from pipeline import cluster
from pipeline import stages as run
from pipeline.cli import app
from pipeline.cluster import Cluster
from pipeline.errors import MachineError, SpecError
from pipeline.study import load
from pipeline.workers import Workers
from tests.conftest import quiet
from tests.support import small_builds
from tests.support.outputs import manifest, tree

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
PATHS = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
PATIENCE = 120  # seconds: a busy machine is no fault


@dataclass
class Machines:
    """A scheduler and its workers on the loopback of this machine."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def begin(self, *words: str, **settings: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]]
        process = subprocess.Popen(
            command,
            cwd=self.folder,  # a worker stands in another folder than the command
            env={**os.environ, "PYTHONPATH": PATHS, "PYTHONWARNINGS": "ignore", **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def scheduler(self, **settings: str) -> str:
        file = self.folder / "scheduler.json"
        self.begin(
            *("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"),
            *("--dashboard-address", ":0", "--scheduler-file", str(file)),
            **settings,
        )
        wait_for(file.is_file)
        return str(json.loads(file.read_text("utf-8"))["address"])

    def worker(self, address: str) -> subprocess.Popen[bytes]:
        return self.begin(
            *("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            *("--host", "127.0.0.1", "--local-directory", str(self.folder / "scratch")),
        )

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def wait_for(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    folder = tmp_path / "machines"
    folder.mkdir()
    made = Machines(folder)
    yield made
    made.end()


def with_two_workers(machines: Machines) -> str:
    address = machines.scheduler()
    for _ in range(2):
        machines.worker(address)
    wait_for_workers(address, 2)
    return address


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two workers, which all stay alive."""
    machines = Machines(tmp_path_factory.mktemp("machines"))
    yield with_two_workers(machines)
    machines.end()


def wait_for_workers(address: str, number: int) -> None:
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=PATIENCE)


# --- what workers are given; each is looked up by its name there
def squared(context: str, item: int) -> tuple[str, int]:
    return context, item * item


def refused(context: str, item: int) -> None:
    raise SpecError(f"{context}:{item}: wrong")


def contexts_kept(dask_worker: Any) -> list[str]:
    return [name for name in dask_worker.plugins if name.startswith("cdisc-pipeline-")]


def sees_nothing(context: str, item: int) -> None:
    raise FileNotFoundError(2, "No such file or directory", f"{context}/blocks/{item}")


def dies_once(context: tuple[Any, Any, str], item: Any) -> Any:
    """The worker that is given the first block dies of it, as a machine that is switched off."""
    function, given, marker = context
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return function(given, item)
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def dies(context: str, item: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def ends_the_scheduler(context: tuple[Any, Any, int], item: Any) -> Any:
    os.kill(context[2], signal.SIGKILL)
    time.sleep(PATIENCE)


@dataclass(frozen=True)
class Disturbed(Cluster):
    """A cluster on which each block is given to another function, with what belongs to it."""

    by: Any = None
    told: Any = None

    def map(self, function: Any, context: Any, items: Iterable[Any]) -> Iterator[Any]:
        return super().map(self.by, (function, context, self.told), items)


def build(home: Path, work: Cluster | Workers, out: str) -> dict[str, Any]:
    """The manifest of a build of the small study in blocks of one participant."""
    study = load(home / "study")
    report = run.build(study, home / "study", home / "drop", home / out, work, quiet)
    assert report.content["state"] == "published"
    return manifest(home / out)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of the small study, its drop and a build of it in `out`."""
    return small_builds.built(tmp_path, "small").parent


def test_results_come_in_the_order_of_the_items(address: str) -> None:
    assert list(Cluster(address).map(squared, "given", range(5))) == [("given", n) for n in (0, 1, 4, 9, 16)]
    with pytest.raises(SpecError, match=r"^study\.yaml:3: wrong$"):
        list(Cluster(address).map(refused, "study.yaml", [3]))
    with Client(address, set_as_default=False) as client:
        assert set(map(len, client.run(contexts_kept).values())) == {0}, "also after a refusal"


def test_a_build_on_a_cluster_is_the_same_to_the_byte(small: Path, address: str) -> None:
    alone = build(small, Workers(block=1), "alone")
    assert build(small, Cluster(address, 1), "shared") == alone


def test_a_worker_that_dies_takes_no_block_with_it(small: Path, machines: Machines) -> None:
    address = with_two_workers(machines)
    alone = build(small, Workers(block=1), "alone")
    disturbed = Disturbed(address, 1, dies_once, str(small / "died"))
    assert build(small, disturbed, "shared") == alone
    assert (small / "died").exists()


def test_a_scheduler_that_is_lost_leaves_the_last_good_build(small: Path, machines: Machines) -> None:
    address = with_two_workers(machines)
    before = tree(small / "out")
    disturbed = Disturbed(address, 1, ends_the_scheduler, machines.processes[0].pid)
    with pytest.raises(MachineError, match=r"the scheduler was lost; OUT/latest is the last good build$"):
        build(small, disturbed, "out")
    assert tree(small / "out") == before


def test_a_block_of_which_every_worker_dies_is_given_up(machines: Machines) -> None:
    address = machines.scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    machines.worker(address)
    wait_for_workers(address, 1)
    with pytest.raises(MachineError, match=r"several workers died of one block"):
        list(Cluster(address).map(dies, "", [0]))


def test_a_folder_that_a_worker_does_not_see_is_named(address: str) -> None:
    with pytest.raises(MachineError, match=r"^/shared/blocks/0: a worker does not see this; OUT must be"):
        list(Cluster(address).map(sees_nothing, "/shared", [0]))


def test_a_worker_of_another_version_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LIBRARIES", ("numpy",))
    with pytest.raises(MachineError, match=r"another version of cdisc-pipeline or of its libraries is here"):
        list(Cluster(address).map(squared, "", [0]))


def test_a_scheduler_without_workers_and_none_at_all_are_told_apart(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(MachineError, match=r"^tcp://127\.0\.0\.1:9: no Dask scheduler answers"):
        list(Cluster("tcp://127.0.0.1:9").map(squared, "", [0]))
    monkeypatch.setattr(cluster, "PATIENCE", 60)
    address = machines.scheduler()
    with pytest.raises(MachineError, match=r"the scheduler has no worker; begin one first$"):
        list(Cluster(address).map(squared, "", [0]))


def test_the_command_builds_on_a_cluster(small: Path, address: str) -> None:
    words = ["build", str(small / "drop"), "--study", str(small / "study"), "--out", str(small / "shared")]
    assert CliRunner().invoke(app, [*words, "--scheduler", address]).exit_code == 0
    twice = CliRunner().invoke(app, [*words, "--scheduler", address, "--workers", "2"])
    assert (twice.exit_code, "--workers are processes of this machine" in twice.stderr) == (2, True)
    nobody = CliRunner().invoke(app, [*words, "--scheduler", "nowhere"])
    assert nobody.exit_code == 5
    assert "Traceback" not in nobody.stderr
