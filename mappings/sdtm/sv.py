"""What SV of this study needs beyond the library."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT, values_of


def start_of_visit(
    usubjid: pd.Series,
    number: pd.Series,
    occurred: pd.Series,
    date: pd.Series,
    consent: pd.Series,
    cp: pd.DataFrame,
    ec: pd.DataFrame,
    gf: pd.DataFrame,
    ie: pd.DataFrame,
    lb: pd.DataFrame,
    mi: pd.DataFrame,
    pr: pd.DataFrame,
    rs: pd.DataFrame,
    tr: pd.DataFrame,
    tu: pd.DataFrame,
    vs: pd.DataFrame,
) -> pd.Series:
    """The first date collected under the visit: that of the visit itself, or of an earlier assessment,
    sample, image or dose of the visit.

    The date of anything else before informed consent does not enter, for it is of an earlier test whose
    result was taken over; nor does a partial one. A visit that did not take place has the date of its form,
    if there is one.

    Takes     VISITNUM, SVOCCUR and date of the visit as its form has it; date of informed consent; number of
              visit and dates of the records of each dataset with visits.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, 5.5 (SV, assumptions 11 and 13).
    """
    assessments = [cp, ec, gf, ie, lb, mi, pr, rs, tr, tu, vs]
    return _furthest(usubjid, number, occurred, date, consent, assessments, last=False)


def end_of_visit(
    usubjid: pd.Series,
    number: pd.Series,
    occurred: pd.Series,
    date: pd.Series,
    consent: pd.Series,
    cp: pd.DataFrame,
    ec: pd.DataFrame,
    gf: pd.DataFrame,
    ie: pd.DataFrame,
    lb: pd.DataFrame,
    mi: pd.DataFrame,
    pr: pd.DataFrame,
    rs: pd.DataFrame,
    tr: pd.DataFrame,
    tu: pd.DataFrame,
    vs: pd.DataFrame,
) -> pd.Series:
    """The last date collected under the visit: that of the visit itself, or of a later assessment, sample,
    image or dose of the visit.

    The date of anything else before informed consent does not enter, for it is of an earlier test whose
    result was taken over; nor does a partial one. A visit that did not take place has the date of its form,
    if there is one.

    Takes     VISITNUM, SVOCCUR and date of the visit as its form has it; date of informed consent; number of
              visit and dates of the records of each dataset with visits.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, 5.5 (SV, assumptions 11 and 13).
    """
    assessments = [cp, ec, gf, ie, lb, mi, pr, rs, tr, tu, vs]
    return _furthest(usubjid, number, occurred, date, consent, assessments, last=True)


def _furthest(
    usubjid: pd.Series,
    number: pd.Series,
    occurred: pd.Series,
    date: pd.Series,
    consent: pd.Series,
    assessments: Sequence[pd.DataFrame],
    last: bool,
) -> pd.Series:
    """The first or the last day of each visit among its own date and those of its assessments."""
    visits = pd.DataFrame({SUBJECT: usubjid, "VISITNUM": number})
    days = [visits.assign(day=dates.day(date), own=True)]
    for records in assessments:
        visit, *dated = values_of(records)
        days += [
            pd.DataFrame(
                {SUBJECT: records[SUBJECT], "VISITNUM": records[visit], "day": dates.day(records[d])}
            ).assign(own=False)
            for d in dated
        ]
    collected = pd.concat(days, ignore_index=True)
    consents = pd.DataFrame({SUBJECT: usubjid, "day": dates.day(consent)})
    consented = lookup.value_of_subject(collected[SUBJECT], consents, "day")
    before_consent = collected["day"].lt(consented) & ~collected["own"]
    collected = collected[collected["day"].notna() & ~before_consent].drop(columns="own")

    on = [SUBJECT, "VISITNUM"]
    days_of_visit = collected.groupby(on, dropna=False)["day"]
    furthest_day = days_of_visit.max() if last else days_of_visit.min()
    furthest = lookup.joined(visits, furthest_day.reset_index(), on)
    covered = furthest["day"].notna() & ~occurred.eq("N")
    return date.mask(covered, dates.to_iso(furthest["day"]))


def occurred_as_recorded(planned: pd.Series) -> pd.Series:
    """Y for a planned survival contact, for the form records only contacts that took place; missing for one
    that was not planned.

    Takes     SVPRESP.
    Returns   Y or missing.
    Source    SDTMIG 3.4, 5.5 (SV, SVOCCUR).
    """
    return planned


def day_of_contact(date: pd.Series) -> pd.Series:
    """The date of a survival contact, which begins and ends on it: nothing but the survival status is asked.

    Takes     date of the contact.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, 5.5 (SV, assumption 11).
    """
    return date
