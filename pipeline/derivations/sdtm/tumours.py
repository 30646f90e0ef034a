"""TU, TR and RS: lesions, their tests, and the assessments at which they were seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import pandas as pd

from pipeline.derivations.sdtm.visits import normalized_visit
from pipeline.records import dates, lookup, numbers
from pipeline.records.answers import YES, Words, is_yes
from pipeline.records.columns import Date, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.study.models import Unit

DatedVisits = Annotated[pd.DataFrame, Placed("visit", Date("date"))]


def first_record_of_lesion(
    lesions: Annotated[pd.DataFrame, Placed("lesion", Date("date of imaging"))],
) -> pd.DataFrame:
    """The record of each lesion at the assessment where it was first seen: the earliest dated one. A record
    that names no lesion, such as the answer that there is no new one, is of none.

    Takes     lesion records with lesion and date of imaging.
    Returns   one record per lesion, with its identity and the lesion.
    Source    SDTMIG 3.4, 6.3.12 (TU holds each lesion once).
    """
    lesion, date = values_of(lesions)
    dated = lesions.assign(day=dates.first_day(lesions[date]))[lesions[lesion].notna()]
    return lookup.first_of_each(dated, [SUBJECT, lesion], "day")[[*KEY, lesion]]


def lesion_identifier(lesion: pd.Series, prefix: str) -> pd.Series:
    """The identifier of a lesion whose form numbers its lesions from 1: the prefix and the number in two
    digits, T01; what is no number stands behind the prefix as it is.

    Takes     number of the lesion as collected; what tells the lesions of this form from those of others.
    Returns   TULNKID, TRLNKID.
    Source    SDTMIG 3.4, 6.3.12 (--LNKID names one lesion of the participant).
    """
    return map_distinct(lesion, lambda number: f"{prefix}{number.strip().zfill(2)}")


def diameter_test(node: pd.Series, yes: Words = YES) -> pd.Series:
    """LPERP, the short axis, for a lymph node; LDIAM, the longest diameter, for any other target lesion.

    Takes     whether the lesion is a lymph node, as collected; the words for yes.
    Returns   TRTESTCD.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1.1 and 4.3.1.
    """
    return pd.Series("LDIAM", index=node.index, dtype="str").mask(is_yes(node, yes), "LPERP")


def state_test(node: pd.Series, yes: Words = YES) -> pd.Series:
    """LNSTATE for a lymph node, TUMSTATE for any other non-target lesion.

    Takes     whether the lesion is a lymph node, as collected; the words for yes.
    Returns   TRTESTCD.
    Source    SDTMIG 3.4, 6.3.12, TRTESTCD.
    """
    return pd.Series("TUMSTATE", index=node.index, dtype="str").mask(is_yes(node, yes), "LNSTATE")


def millimetres(number: pd.Series) -> pd.Series:
    """Millimetres, for every result that is a number.

    Takes     TRSTRESN.
    Returns   mm or missing.
    Source    SDTMIG 3.4, TRSTRESU.
    """
    return pd.Series("mm", index=number.index, dtype="str").where(number.notna())


def assessments_not_done(
    images: Annotated[pd.DataFrame, Placed("subject number", "visit", "done", "reason not done")],
    yes: Words = YES,
) -> pd.DataFrame:
    """One record for each tumour assessment at which no region was imaged, with the reason given for the
    first region.

    Where some regions were imaged, the lesions of the others have records of their own that say that they
    were not assessed; each region is in PR.

    Takes     subject number, visit as typed, done or not, and reason not done, of each region; the words for
              yes.
    Returns   subject number, visit and reason, with the identity of the first region's record.
    Source    SDTMIG 3.4, 4.5.1.2 (tests not done: --TESTCD ends in ALL).
    """
    number, typed_visit, done, reason = values_of(images)
    visit = map_distinct(images[typed_visit], normalized_visit)
    imaged = is_yes(images[done], yes).groupby([images[number], visit]).transform("any")
    missed = lookup.in_order(images.assign(visit=visit)[~imaged], SUBJECT)
    return missed.drop_duplicates([number, "visit"])[[*KEY, number, typed_visit, reason]]


def assessment(
    usubjid: pd.Series,
    visit: pd.Series,
    lesions: DatedVisits,
    others: DatedVisits | None = None,
    new: DatedVisits | None = None,
    responses: DatedVisits | None = None,
    *,
    reader: str = "",
) -> pd.Series:
    """Number of the tumour assessment, by which lesions and response can be joined.

    1. A visit with a dated record of a target lesion, a non-target lesion, a new lesion or a response is an
       assessment; it is dated by the first of them.
    2. The assessments of a participant are numbered by date: A1 (baseline), A2 ...; those of a reader beside
       the investigator bear the name of the reader, R1-A1, R1-A2 ...

    Takes     the visit as typed; visit and date of every record of a lesion form of the participant; where
              they are forms of their own, of non-target lesions, new lesions and responses too; the name of
              the reader, where it is not the investigator.
    Returns   A and a number; missing where the visit has no dated tumour record.
    Source    SDTMIG 3.4, 6.3.12 (TRLNKGRP, RSGRPID, RSLNKGRP).
    """
    forms = [form for form in (lesions, others, new, responses) if form is not None]
    dated = pd.concat([_dated_visits(records) for records in forms], ignore_index=True)
    visits = lookup.first_of_each(dated[dated["day"].notna()], [SUBJECT, "visit"], "day")
    number = lookup.number_within_subject(visits, "day", "visit")
    prefix = f"{reader}-" if reader else ""
    visits = visits.assign(label=map_distinct(number, lambda place: f"{prefix}A{place:.0f}"))

    asked = pd.DataFrame({SUBJECT: usubjid, "visit": map_distinct(visit, normalized_visit)})
    return lookup.value_of_match(asked, visits, [SUBJECT, "visit"], "label")


def _dated_visits(records: pd.DataFrame) -> pd.DataFrame:
    visit, date = values_of(records)
    return pd.DataFrame(
        {
            SUBJECT: records[SUBJECT],
            "visit": map_distinct(records[visit], normalized_visit),
            "day": dates.first_day(records[date]),
        }
    )


def converted(value: pd.Series, unit: pd.Series, target: str, units: dict[str, Unit]) -> pd.Series:
    """Each number in the target unit, exactly: decimal text times a decimal factor, so that 2.30 cm is 23 mm
    and no float touches it.

    Takes     decimal text and its unit as collected; the table of specs/units.yaml.
    Returns   decimal text; missing where there is no number, or the table does not lead from its unit to the
              target.
    """
    measurement = value.str.cat(unit, sep=" ", na_rep="")
    return map_distinct(measurement.where(value.notna()), lambda text: _exact(text, target, units))


def _exact(text: str, target: str, units: dict[str, Unit]) -> str | None:
    number, _, unit = text.partition(" ")
    if unit == target:
        return number
    conversion = units.get(unit)
    if conversion is None or conversion.to != target or not numbers.is_number(number):
        return None
    product = (Decimal(number) - Decimal(conversion.subtract or 0)) * Decimal(conversion.factor)
    return f"{product.normalize():f}"
