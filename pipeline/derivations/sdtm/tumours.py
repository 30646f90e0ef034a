"""What the tumour domains TU, TR and RS share."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from pipeline.derivations.sdtm.visits import same_visit
from pipeline.records import dates, lookup
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Unit


def assessment(
    usubjid: pd.Series,
    folder: pd.Series,
    lesions: pd.DataFrame,
    others: pd.DataFrame,
    responses: pd.DataFrame,
) -> pd.Series:
    """Number of the tumour assessment, by which lesions and response can be joined.

    1. A visit with a dated record of a target lesion, a non-target lesion or a response is an assessment; it
       is dated by the first of them.
    2. The assessments of a participant are numbered by date: A1 (baseline), A2 ...

    Takes     the visit as typed; visit and date of every target lesion, non-target lesion and response record
              of the participant.
    Returns   A and a number; missing where the visit has no dated tumour record.
    Source    SDTMIG 3.4, 6.3.12 (TRLNKGRP, RSLNKGRP).
    """
    dated = pd.concat([_dated_visits(records) for records in (lesions, others, responses)], ignore_index=True)
    visits = lookup.first_of_each(dated[dated["day"].notna()], [SUBJECT, "visit"], "day")
    visits = lookup.in_order(visits, SUBJECT, "day", "visit")
    number = visits.groupby(SUBJECT).cumcount() + 1
    visits = visits.assign(label="A" + number.astype("str"))

    asked = pd.DataFrame({SUBJECT: usubjid, "visit": map_distinct(folder, same_visit)})
    return lookup.joined(asked, visits[[SUBJECT, "visit", "label"]], on=[SUBJECT, "visit"])["label"]


def _dated_visits(records: pd.DataFrame) -> pd.DataFrame:
    visit, date = values_of(records)
    return pd.DataFrame(
        {
            SUBJECT: records[SUBJECT],
            "visit": map_distinct(records[visit], same_visit),
            "day": dates.first_day(records[date]),
        }
    )


def converted(value: pd.Series, unit: pd.Series, target: str, units: dict[str, Unit]) -> pd.Series:
    """Each number in the target unit, exactly: decimal text times a decimal factor, so that 2.30 cm is 23 mm
    and no float touches it.

    Takes     decimal text and its unit as collected; the table of specs/units.yaml.
    Returns   decimal text; missing where the number is missing or the table does not lead from its unit to
              the target.
    """
    measurement = value.str.cat(unit, sep=" ", na_rep="")
    return map_distinct(measurement.where(value.notna()), lambda text: _exact(text, target, units))


def _exact(text: str, target: str, units: dict[str, Unit]) -> str | None:
    number, _, unit = text.partition(" ")
    if unit == target:
        return number
    conversion = units.get(unit)
    if conversion is None or conversion.to != target:
        return None
    product = Decimal(number) * Decimal(conversion.factor)
    return f"{product.normalize():f}"
