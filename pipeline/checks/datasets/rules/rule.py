"""A rule as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.checks.datasets.rules.shapes.parts import Broken


@dataclass(frozen=True)
class Rule:
    id: str
    covers: tuple[str, ...]  # published ids of CDISC (CG) and FDA (FB) rules that ask the same
    severity: str
    shape: Callable[..., Broken]
    arguments: Mapping[str, Any]
    message: str

    @property
    def message_with_ids(self) -> str:
        return f"{self.message} ({', '.join(self.covers)})" if self.covers else self.message


def rule(
    id_: str,
    covers: str,
    shape: Callable[..., Broken],
    message: str,
    severity: str = "error",
    **arguments: Any,
) -> Rule:
    """A row of a table of rules.

    Takes     our id, the published ids with blanks between them, the shape, what is wrong and what to do, and
              the arguments of the shape.
    """
    return Rule(id_, tuple(covers.split()), severity, shape, arguments, message)
