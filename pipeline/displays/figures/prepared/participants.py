"""The flow of participants through the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.displays.figures.flow import Box, Flow


@dataclass(frozen=True)
class Stage:
    """A box: its words, the column that tells who is in it, the one with the reason, and parts of it, each by
    its words and its column.
    """

    label: str
    column: str
    reason: str | None = None
    parts: tuple[tuple[str, str], ...] = ()


def flow(
    participants: pd.DataFrame,
    order: Sequence[str],
    excluded: str,
    reason: str | None,
    allocated_parts: Sequence[tuple[str, str]],
    stages: Sequence[Stage],
    title: str,
) -> Flow:
    """Those screened, those not allocated by reason, and arm by arm the boxes of each stage.

    Takes     a record a participant: arm (missing where none was allocated), columns of true and false for
              stages and parts, and columns of reasons; the arms in their order; the words of who was not
              allocated and the column of the reason; the parts of the box of an arm; the stages; the title.
    """
    allocated = participants[participants["arm"].notna()]
    others = participants[participants["arm"].isna()]
    arms = []
    for arm in order:
        of_arm = allocated[allocated["arm"].eq(arm)]
        boxes = [_box(s.label, of_arm[of_arm[s.column]], s.reason, s.parts) for s in stages]
        arms.append((_box(arm, of_arm, None, allocated_parts), *boxes))
    return Flow(
        title,
        Box("Assessed for eligibility", len(participants)),
        _box(excluded, others, reason),
        Box("Randomized" if len(order) > 1 else "Enrolled", len(allocated)),
        tuple(arms),
    )


def _box(
    label: str, participants: pd.DataFrame, reason: str | None, parts: Sequence[tuple[str, str]] = ()
) -> Box:
    """The box with its parts and the reasons, the most frequent first; without a reason is a reason too."""
    told = [(words, int(participants[column].sum())) for words, column in parts]
    if reason is not None:
        counts = participants[reason].fillna("no reason given").value_counts()
        reasons = [(str(name), int(n)) for name, n in counts.items()]
        told += sorted(reasons, key=lambda part: (-part[1], part[0]))
    return Box(label, len(participants), tuple(told))
