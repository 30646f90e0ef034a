"""What the tumour domains TU, TR and RS share."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from pipeline import dates, order
from pipeline.sdtm.timing import KEY
from pipeline.study.models import Unit


def assessment(usubjid: pd.Series, folder: pd.Series, lesions: pd.DataFrame, others: pd.DataFrame, responses: pd.DataFrame) -> pd.Series:
    """Number of the tumour assessment, A1 (baseline), A2 ... in the order of its first scan, so that lesions and response can be joined.

    Takes     the visit as typed; visit and date of every target, non-target and response record of the subject.
    Returns   A and a number; missing where the visit has no dated tumour record.
    Source    SDTMIG 3.4, 6.3.12 (TRLNKGRP, RSLNKGRP).
    """
    parts = [
        f[["USUBJID", *(c for c in f if c not in KEY)]].set_axis(["USUBJID", "visit", "date"], axis="columns")
        for f in (lesions, others, responses)
    ]
    scans = pd.concat(parts, ignore_index=True)
    scans = scans.assign(visit=_same(scans["visit"]), date=dates.first_day(scans["date"]))
    dated = scans[scans["date"].notna()]
    first = dated.iloc[order.positions(dated[c] for c in ("USUBJID", "date", "visit"))].drop_duplicates(["USUBJID", "visit"])
    number = order.within(order.rank(first["USUBJID"])) + 1
    label = pd.array([*(f"A{n}" for n in number), None], dtype="str")
    place = order.among([usubjid, _same(folder)], [first["USUBJID"], first["visit"]])
    return pd.Series(label.take(place, allow_fill=True), index=usubjid.index)


def _same(folder: pd.Series) -> pd.Series:
    return dates.each(folder, lambda typed: " ".join(typed.upper().split()))


def converted(value: pd.Series, unit: pd.Series, target: str, units: dict[str, Unit]) -> pd.Series:
    """Each number in the target unit, exactly: decimal text times a decimal factor, so that 2.30 cm is 23 mm and no float touches it.

    Takes     decimal text and its unit as collected; the table of specs/units.yaml.
    Returns   decimal text; missing where the number is missing or the table does not lead from its unit to the target.
    """
    pair = value.str.cat(unit, sep=" ", na_rep="")
    return dates.each(pair.where(value.notna()), lambda text: _exact(text, target, units))


def _exact(text: str, target: str, units: dict[str, Unit]) -> str | None:
    number, _, unit = text.partition(" ")
    if unit == target:
        return number
    known = units.get(unit)
    if known is None or known.to != target:
        return None
    product = Decimal(number) * Decimal(known.factor)
    return f"{product.normalize():f}"
