"""Blocks of subjects go to this process or to a pool of them; the result does not depend on which."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline import GC_THRESHOLDS
from pipeline.errors import MachineError

T = TypeVar("T")
R = TypeVar("R")

_context: list[Any] = []  # in a process of the pool: the context it was given when it began


@dataclass(frozen=True)
class Workers:
    """How many processes work, and about how many subjects a block has: the subjects decide where it ends
    (`sources.store`), and it has fewer where they have many records. Blocks of 600 take a sixth more time,
    those of 3,000 half as much memory again.
    """

    processes: int = 1
    block: int = 1200

    def map(self, function: Callable[[Any, T], R], context: Any, items: Iterable[T]) -> Iterator[R]:
        """`function(context, item)` of each item, in the order of the items. One item alone is not worth
        another process.

        Takes     a function of module level; a context that pickles, sent once to each process.
        Raises    what the function raises; MachineError where a process was killed.
        """
        work = list(items)
        if self.processes == 1 or len(work) == 1:
            yield from (function(context, item) for item in work)
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes, spawn, initializer=_begin, initargs=(context,)) as pool:
            try:
                with _deaf():
                    results = pool.map(_apply, [(function, item) for item in work])
                yield from results
            except BrokenProcessPool:
                raise MachineError(
                    "a process of the build was killed, or memory was too small; fewer --workers need less"
                ) from None
            except BaseException:
                for process in multiprocessing.active_children():
                    process.kill()  # else the pool waits for the blocks that are begun
                raise


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are begun here do not hear Ctrl-C, which a terminal sends to all: each would show it in
    a traceback. The command that began them ends them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(context: Any) -> None:
    _context[:] = [context]
    gc.set_threshold(*GC_THRESHOLDS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A command that is killed cannot end its processes: each would wait for work for ever, or write into the
    folder of the next build.
    """
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _apply(work: tuple[Callable[[Any, T], R], T]) -> R:
    function, item = work
    return function(_context[0], item)
