"""A rule as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.checks.datasets.rules import shapes


@dataclass(frozen=True)
class Rule:
    """One rule as data."""

    id: str
    covers: tuple[str, ...]  # published ids of CDISC (CG) and FDA (FB) rules that ask the same
    severity: str
    shape: Callable[..., shapes.Broken]
    arguments: Mapping[str, Any]
    message: str
    told: str = field(init=False)  # the message with the published ids

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "told", f"{self.message} ({', '.join(self.covers)})" if self.covers else self.message
        )


def rule(
    id_: str,
    covers: str,
    shape: Callable[..., shapes.Broken],
    message: str,
    severity: str = "error",
    **arguments: Any,
) -> Rule:
    """One row of a table of rules.

    Takes     our id, published ids with blanks between, shape, what is wrong and what to do, and what the
              shape is told.
    """
    return Rule(id_, tuple(covers.split()), severity, shape, arguments, message)
