"""What DM of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.subjects import complete_days, latest_date
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT


def last_contact(
    usubjid: pd.Series,
    eos: pd.DataFrame,
    surv: pd.DataFrame,
    death: pd.DataFrame,
    randomized: pd.DataFrame,
    treatment: pd.DataFrame,
    visits: pd.DataFrame,
    scans: pd.DataFrame,
    events: pd.DataFrame,
    medications: pd.DataFrame,
) -> pd.Series:
    """Last date of contact: the latest date of the end-of-study form, of a survival contact that learnt
    whether the participant is alive, or of death; of a participant who is still in the study at the data
    cut-off also of randomization, the end of a treatment, a visit, a scan, an event or a medication.

    It is the date of the last record, and so later than the death where a contact learnt of the death later.

    Takes     participants; end-of-study forms; survival contacts; deaths; randomizations; ends of
              treatment; visits; scans; starts and ends of events and medications.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, 5.2 (DM, assumption on RFICDTC and RFPENDTC: the last date of any record).
    """
    status_known = surv[surv["STATUS"].isin(["Alive", "Dead"])]
    records = pd.concat([eos, status_known, death], ignore_index=True)
    columns = ["END_DATE", "LAST_CONTACT", "CONTACT_DATE", "DEATH_DATE"]
    contact = latest_date(usubjid, records, columns)

    kinds = (randomized, treatment, visits, scans, events, medications)
    of_records = [complete_days(of_kind) for of_kind in kinds]
    with_contact = [pd.DataFrame({SUBJECT: usubjid, "date": contact}), *of_records]
    last_record = latest_date(usubjid, pd.concat(with_contact, ignore_index=True), ["date"])
    in_study = _has_not_ended(usubjid, eos, randomized) & ~usubjid.isin(death[SUBJECT])
    return contact.mask(in_study, last_record)


def _has_not_ended(usubjid: pd.Series, eos: pd.DataFrame, randomized: pd.DataFrame) -> pd.Series:
    """Whether no end of the study is known but that of a screening before randomization."""
    end = dates.last_day(latest_date(usubjid, eos, ["END_DATE"]))
    randomized_on = dates.day(lookup.value_of_subject(usubjid, randomized, "RAND_DATE"))
    return end.isna() | end.lt(randomized_on)


def actual_arm(usubjid: pd.Series, planned: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """Code of the arm whose treatments the participant received: any NK infusion makes it NKT, trastuzumab
    alone makes it T.

    Takes     participants; planned arm; treatments received.
    Returns   arm code; missing for a participant who was not randomized or never dosed.
    Source    SDTMIG 3.4, DM, ACTARMCD; specs/study.yaml, assumption actual-arm.
    """
    given_cells = usubjid.isin(exposure.loc[exposure["EXTRT"].eq("NK CELLS"), "USUBJID"])
    dosed = usubjid.isin(exposure["USUBJID"])
    arm = pd.Series("T", index=usubjid.index, dtype="str").mask(given_cells, "NKT")
    return arm.where(dosed & planned.notna())
