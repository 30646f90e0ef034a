"""Blocks of subjects go to this process or to a pool of them; the result does not depend on which."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline import GC_THRESHOLDS

T = TypeVar("T")
R = TypeVar("R")

_context: list[Any] = []  # in a process of the pool: the context it was given when it began


@dataclass(frozen=True)
class Workers:
    """How many processes work, and about how many subjects a block has: the subjects decide where it ends
    (`sources.store`). Blocks of 600 take a sixth more time, those of 3,000 half as much memory again.
    """

    processes: int = 1
    block: int = 1200

    def map(self, function: Callable[[Any, T], R], context: Any, items: Iterable[T]) -> Iterator[R]:
        """`function(context, item)` of each item, in the order of the items. One item alone is not worth
        another process.

        Takes     a function of module level; a context that pickles, sent once to each process.
        """
        work = list(items)
        if self.processes == 1 or len(work) == 1:
            yield from (function(context, item) for item in work)
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes, spawn, initializer=_begin, initargs=(context,)) as pool:
            yield from pool.map(_apply, [(function, item) for item in work])


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
