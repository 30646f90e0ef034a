"""All checks that a define.xml is put to, and the rules by which they tell what they find."""

from __future__ import annotations

from pipeline.checks.define import analyses, datasets, elements, lists, whole
from pipeline.formats.define.read import Check

CHECKS: tuple[Check, ...] = (
    *whole.CHECKS,
    *datasets.CHECKS,
    *elements.CHECKS,
    *lists.CHECKS,
    *analyses.CHECKS,
)
