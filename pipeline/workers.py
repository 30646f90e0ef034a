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

_held: list[Any] = []  # the context of this process of the pool


@dataclass(frozen=True)
class Workers:
    """How many processes, and how many subjects a block has, more or less: where it ends depends on them
    (`sources.store`).
    """

    processes: int = 1
    block: int = 600

    def map(self, function: Callable[[Any, T], R], context: Any, items: Iterable[T]) -> Iterator[R]:
        """`function(context, item)` of each item, in the order of the items; one item alone is not worth
        another process.

        Takes     a function of module level; a context that pickles, sent once to each process.
        """
        known = list(items)
        if self.processes == 1 or len(known) == 1:
            yield from (function(context, item) for item in known)
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes, spawn, initializer=_enter, initargs=(context,)) as pool:
            yield from pool.map(_apply, [(function, item) for item in known])


def _enter(context: Any) -> None:
    _held[:] = [context]
    gc.set_threshold(*GC_THRESHOLDS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Killed, the command cannot end its processes; each would wait for work for ever, or write where the
    next build works.
    """
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _apply(work: tuple[Callable[[Any, T], R], T]) -> R:
    function, item = work
    return function(_held[0], item)
