"""Work goes to this process or to a pool of them; the result does not depend on which."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pipeline import COLLECTED

T = TypeVar("T")
R = TypeVar("R")

_held: list[Any] = []  # the context of this process of the pool


@dataclass(frozen=True)
class Pool:
    """This process and those beside it. Each function that they work at is one of module level and takes the pool's context first."""

    context: Any
    beside: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Any, T], R], items: Iterable[T]) -> list[R]:
        """`function(context, item)` of each item, in their order: the others begin with the first, this process with the last."""
        known = list(items)
        if not self.beside or len(known) == 1:
            return [function(self.context, item) for item in known]
        begun = [self.beside.submit(_apply, (function, item)) for item in known]
        own = {at: function(self.context, known[at]) for at in reversed(range(len(known))) if begun[at].cancel()}
        return [own[at] if at in own else one.result() for at, one in enumerate(begun)]

    def start(self, function: Callable[[Any, T], R], item: T) -> Callable[[], R]:
        """What gives `function(context, item)` once it is asked for: worked out while this process goes on, or then where it is alone."""
        if self.beside:
            return self.beside.submit(_apply, (function, item)).result
        return partial(function, self.context, item)


@dataclass(frozen=True)
class Workers:
    """How many processes, and how many subjects a block has, more or less: where it ends depends on them (`sources.blocks`)."""

    processes: int = 1
    block: int = 600

    @contextmanager
    def pool(self, context: Any) -> Iterator[Pool]:
        """The processes at work, each told the context once. They end with the work, when it fails, and when this process is killed.

        Takes     a context that pickles.
        """
        if self.processes == 1:
            yield Pool(context)
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes - 1, spawn, initializer=_enter, initargs=(context,)) as beside:
            try:
                yield Pool(context, beside)
            except BaseException:
                for process in multiprocessing.active_children():
                    process.terminate()  # nobody waits for its result any more
                raise


def _enter(context: Any) -> None:
    _held[:] = [context]
    gc.set_threshold(*COLLECTED)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _apply(work: tuple[Callable[[Any, T], R], T]) -> R:
    function, item = work
    return function(_held[0], item)
