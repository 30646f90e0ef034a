"""Deviations from the protocol: which of the log are important, and which of those keep a participant out of
the per-protocol set.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.study.models import ImportantDeviation


def important_deviation_flag(
    category: pd.Series, deviation_class: pd.Series, important_deviations: tuple[ImportantDeviation, ...]
) -> pd.Series:
    """Y for a deviation that is important: the study's list names its category and, where the entry names
    classes, its class.

    Takes     category and class of the deviation; the study's list of important deviations.
    Returns   Y or missing.
    Source    ICH E3, 10.2 (important protocol deviations); specs/study.yaml, important_deviations.
    """
    return record_flag(_are_listed(category, deviation_class, important_deviations))


def excluding_deviation_flag(
    category: pd.Series, deviation_class: pd.Series, important_deviations: tuple[ImportantDeviation, ...]
) -> pd.Series:
    """Y for an important deviation that keeps its participant out of the per-protocol set, as the study's
    list says.

    Takes     category and class of the deviation; the study's list of important deviations.
    Returns   Y or missing.
    Source    ICH E9, 5.2.2 (per protocol set); specs/study.yaml, important_deviations.
    """
    excluding = [entry for entry in important_deviations if entry.excludes]
    return record_flag(_are_listed(category, deviation_class, excluding))


def _are_listed(
    category: pd.Series, deviation_class: pd.Series, entries: Iterable[ImportantDeviation]
) -> pd.Series:
    listed = pd.Series(False, index=category.index)
    for entry in entries:
        of_category = category.eq(entry.category)
        listed |= of_category & deviation_class.isin(entry.classes) if entry.classes else of_category
    return listed
