"""What the tumour domains TU, TR and RS share."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import KEY
from pipeline.study.models import Unit


def assessment(
    usubjid: pd.Series,
    folder: pd.Series,
    lesions: pd.DataFrame,
    others: pd.DataFrame,
    responses: pd.DataFrame,
) -> pd.Series:
    """Number of the tumour assessment, A1 (baseline), A2 ... in the order of its first scan, so that lesions
    and response can be joined.

    Takes     the visit as typed; visit and date of every target, non-target and response record of the
              subject.
    Returns   A and a number; missing where the visit has no dated tumour record.
    Source    SDTMIG 3.4, 6.3.12 (TRLNKGRP, RSLNKGRP).
    """
    parts = [[f[c] for c in f if c not in KEY] for f in (lesions, others, responses)]
    who = pd.concat([f["USUBJID"] for f in (lesions, others, responses)], ignore_index=True)
    visit = pd.concat([_same(v) for v, _ in parts], ignore_index=True)
    day = pd.concat([dates.first_day(d) for _, d in parts], ignore_index=True)
    at = lookup.sorted_places([who, day, visit])
    at = at[day.notna().to_numpy()[at]]  # the scans of a subject in order
    subject, seen = lookup.value_ranks(who)[at], lookup.value_ranks(visit)[at]
    _, first = np.unique(subject * (len(who) + 1) + seen, return_index=True)
    first = np.sort(first)
    number = lookup.place_within_group(subject[first]) + 1
    label = pd.array([f"A{n}" for n in range(1, int(number.max(initial=0)) + 1)], dtype="str")
    scans = at[first]
    place = lookup.place_among(
        [usubjid, _same(folder)], [pd.Series(c.array.take(scans)) for c in (who, visit)]
    )
    return pd.Series(label.take(np.append(number - 1, -1)[place], allow_fill=True), index=usubjid.index)


def _same(folder: pd.Series) -> pd.Series:
    return map_distinct(folder, lambda typed: " ".join(typed.upper().split()))


def converted(value: pd.Series, unit: pd.Series, target: str, units: dict[str, Unit]) -> pd.Series:
    """Each number in the target unit, exactly: decimal text times a decimal factor, so that 2.30 cm is 23 mm
    and no float touches it.

    Takes     decimal text and its unit as collected; the table of specs/units.yaml.
    Returns   decimal text; missing where the number is missing or the table does not lead from its unit to
              the target.
    """
    pair = value.str.cat(unit, sep=" ", na_rep="")
    return map_distinct(pair.where(value.notna()), lambda text: _exact(text, target, units))


def _exact(text: str, target: str, units: dict[str, Unit]) -> str | None:
    number, _, unit = text.partition(" ")
    if unit == target:
        return number
    known = units.get(unit)
    if known is None or known.to != target:
        return None
    product = Decimal(number) * Decimal(known.factor)
    return f"{product.normalize():f}"
