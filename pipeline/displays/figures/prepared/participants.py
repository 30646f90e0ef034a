"""The flow of participants through the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.displays.figures.flow import Box, Flow


@dataclass(frozen=True)
class Stage:
    """A box: its words, the column that tells whether a participant is in it, and the one with the reason."""

    label: str
    column: str
    reason: str | None = None


def flow(
    participants: pd.DataFrame,
    order: Sequence[str],
    excluded: str,
    reason: str | None,
    stages: Sequence[Stage],
    title: str,
) -> Flow:
    """Those screened, those not allocated by reason, and arm by arm the boxes of each stage.

    Takes     a record a participant: arm (missing where none was allocated), a column of true and false for
              each stage, and columns of reasons; the arms in their order; the words of who was not allocated
              and the column of the reason; the stages; the title.
    """
    allocated = participants[participants["arm"].notna()]
    others = participants[participants["arm"].isna()]
    arms = []
    for arm in order:
        of_arm = allocated[allocated["arm"].eq(arm)]
        boxes = [_box(stage.label, of_arm[of_arm[stage.column]], stage.reason) for stage in stages]
        arms.append((Box(arm, len(of_arm)), *boxes))
    return Flow(
        title,
        Box("Assessed for eligibility", len(participants)),
        _box(excluded, others, reason),
        Box("Randomized" if len(order) > 1 else "Enrolled", len(allocated)),
        tuple(arms),
    )


def _box(label: str, participants: pd.DataFrame, reason: str | None) -> Box:
    """The box with the reasons, the most frequent first; without a reason is a reason too."""
    if reason is None:
        return Box(label, len(participants))
    counts = participants[reason].fillna("no reason given").value_counts()
    parts = sorted(((str(name), int(n)) for name, n in counts.items()), key=lambda part: (-part[1], part[0]))
    return Box(label, len(participants), tuple(parts))
