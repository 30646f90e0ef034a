"""Blocks of subjects go to this process or to a pool of them; the result does not depend on which."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_held: list[Any] = []  # the context of this process of the pool


@dataclass(frozen=True)
class Workers:
    """How many processes, and how many subjects a block has, more or less: where it ends depends on them (`sources.blocks`)."""

    processes: int = 1
    block: int = 600

    def map(self, function: Callable[[Any, T], R], context: Any, items: Iterable[T]) -> Iterator[R]:
        """`function(context, item)` of each item, in the order of the items.

        Takes     a function of module level; a context that pickles, sent once to each process.
        """
        if self.processes == 1:
            yield from (function(context, item) for item in items)
            return
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.processes, spawn, initializer=_enter, initargs=(context,)) as pool:
            yield from pool.map(_apply, ((function, item) for item in items))


def _enter(context: Any) -> None:
    _held[:] = [context]


def _apply(work: tuple[Callable[[Any, T], R], T]) -> R:
    function, item = work
    return function(_held[0], item)
