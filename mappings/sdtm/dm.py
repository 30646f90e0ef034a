"""What DM of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.subjects import latest_date


def last_contact(usubjid: pd.Series, eos: pd.DataFrame, surv: pd.DataFrame, death: pd.DataFrame) -> pd.Series:
    """Last date of contact: the latest date of the end-of-study form, of a survival contact that learnt
    whether the participant is alive, or of death.

    It is the date of the last record, and so later than the death where a contact learnt of the death later.

    Takes     participants; end-of-study forms; survival contacts; deaths.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, 5.2 (DM, assumption on RFICDTC and RFPENDTC: the last date of any record).
    """
    status_known = surv[surv["STATUS"].isin(["Alive", "Dead"])]
    contacts = pd.concat([eos, status_known, death], ignore_index=True)
    return latest_date(usubjid, contacts, ["END_DATE", "LAST_CONTACT", "CONTACT_DATE", "DEATH_DATE"])


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
