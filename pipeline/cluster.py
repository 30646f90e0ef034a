"""Blocks of subjects go to the machines of a cluster, by way of a Dask scheduler that somebody runs; the
result does not depend on it.

Machines and this process share the folder OUT: the blocks are read there and left there, and what goes over
the network is the study, which block is asked for, and its profile.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from distributed import CancelledError, Client, KilledWorker, WorkerPlugin, get_worker
from distributed.comm import CommClosedError

from pipeline.errors import MachineError

T = TypeVar("T")
R = TypeVar("R")

LIBRARIES = ("numpy", "pandas", "pyarrow")  # what makes the datasets
PATIENCE = 10  # seconds in which a scheduler must answer
LOST = "the scheduler was lost; OUT/latest is the last good build"


@dataclass(frozen=True)
class Cluster:
    """The address of a Dask scheduler, and about how many subjects a block has, as of `Workers`."""

    address: str
    block: int = 1200

    def map(self, function: Callable[[Any, T], R], context: Any, items: Iterable[T]) -> Iterator[R]:
        """`function(context, item)` of each item, in the order of the items. A block whose worker dies is
        given to another one.

        Takes     a function of module level; a context that pickles, sent once to each worker.
        Raises    what the function raises; MachineError where no scheduler answers or it is lost, where
                  workers have another version or do not see OUT, and where several workers died of one
                  block.
        """
        with self._client() as client:
            try:
                self._refuse_unfit(client)
                name = f"cdisc-pipeline-{uuid4()}"
                # in this way it reaches a worker that joins later too, and does not go with one that dies
                client.register_plugin(_Context(context), name=name)
                try:
                    futures = [client.submit(_apply, function, name, item, pure=False) for item in items]
                    for future in futures:
                        yield future.result()
                finally:
                    if client.status == "running":  # else the scheduler is lost, and its workers with it
                        client.unregister_worker_plugin(name)
            except KilledWorker:
                message = "several workers died of one block, most often of too little memory; give them more"
                raise MachineError(f"{self.address}: {message}") from None
            except FileNotFoundError as error:
                message = f"{error.filename}: a worker does not see this; OUT must be a folder that all share"
                raise MachineError(message) from None
            except (CancelledError, CommClosedError, TimeoutError):
                raise MachineError(f"{self.address}: {LOST}") from None

    def _client(self) -> Client:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told by this module
        try:
            return Client(self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, TimeoutError, ValueError):
            raise MachineError(f"{self.address}: no Dask scheduler answers at this address") from None

    def _refuse_unfit(self, client: Client) -> None:
        """A worker with other code, or other libraries, would make other datasets."""
        if not client.scheduler_info()["workers"]:
            raise MachineError(f"{self.address}: the scheduler has no worker; begin one first")
        try:
            programs = {self.address: client.run_on_scheduler(program), **client.run(program)}
        except ModuleNotFoundError:
            message = "the scheduler or a worker has no cdisc-pipeline; install it there"
            raise MachineError(f"{self.address}: {message}") from None
        others = sorted(place for place, found in programs.items() if found != program())
        if others:
            message = "another version of cdisc-pipeline or of its libraries is here; install the same ones"
            raise MachineError(f"{others[0]}: {message}")


class _Context(WorkerPlugin):
    """What all blocks of a build need, kept by each worker as long as the build lasts."""

    def __init__(self, context: Any) -> None:
        self.context = context


def _apply(function: Callable[[Any, T], R], name: str, item: T) -> R:
    """Runs on a worker."""
    kept = get_worker().plugins[name]
    assert isinstance(kept, _Context)
    return function(kept.context, item)


def program() -> str:
    """A hash of the program's own files and of the versions of the libraries that make datasets."""
    found = hashlib.sha256()
    home = Path(__file__).parent
    for path in sorted(home.rglob("*.py")):
        found.update(path.relative_to(home).as_posix().encode())
        found.update(path.read_bytes())
    for library in LIBRARIES:
        found.update(metadata.version(library).encode())
    return found.hexdigest()
