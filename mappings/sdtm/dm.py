"""What DM of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.records import dates
from pipeline.study.design import Arm


def enrolment(enrol: pd.DataFrame) -> pd.DataFrame:
    """The enrolment record of each person: of a person screened again, the one whose number no later record
    names as the earlier one.

    Takes     enrolment records with subject number and earlier subject number.
    Returns   one record a person, with its identity.
    Source    SDTMIG 3.4, DM assumption 4.
    """
    return enrol[~enrol["SUBJECT"].isin(enrol["EARLIER_SUBJECT"])][["USUBJID", "form", "record"]]


def first_consent(usubjid: pd.Series, enrol: pd.DataFrame) -> pd.Series:
    """Date of the first informed consent of the person, over all her screenings.

    Takes     participants; enrolment records with the date of consent.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFICDTC; conformance rules CG0068 and CG0143 (the earliest consent in DS).
    """
    return _extreme(usubjid, enrol, ["CONSENT_DATE"], first=True)


def first_dose(usubjid: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """Date and time of the first dose of any study treatment; missing for a participant who was never dosed.

    A partial date does not count: as text, "2016-08" would sort before every day of August.

    Takes     participants; start of each dose received.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFSTDTC and RFXSTDTC.
    """
    return _extreme(usubjid, exposure, ["EXSTDTC"], first=True)


def last_dose(usubjid: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """Date and time at which the last dose of any study treatment ended (or began, where its end was not
    collected).

    Takes     participants; start and end of each dose received.
    Returns   ISO 8601 text; missing for a participant who was never dosed.
    Source    SDTMIG 3.4, DM, RFXENDTC.
    """
    return _extreme(usubjid, exposure, ["EXSTDTC", "EXENDTC"], first=False)


def end_of_study(usubjid: pd.Series, eos: pd.DataFrame, rand: pd.DataFrame) -> pd.Series:
    """Date on which a randomized participant left the study, as precise as it is known; missing for a screen
    failure.

    An end before randomization is that of an earlier screening and does not count.

    Takes     participants; end-of-study forms; randomizations.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFENDTC (required for all randomized, null for screen failures).
    """
    drawn = dates.day(rand.set_index("USUBJID")["RAND_DATE"]).reindex(eos["USUBJID"]).set_axis(eos.index)
    return _last_known(usubjid, eos[dates.last_day(eos["END_DATE"]).ge(drawn)])


def end_of_participation(
    usubjid: pd.Series, eos: pd.DataFrame, surv: pd.DataFrame, death: pd.DataFrame
) -> pd.Series:
    """Last date of contact: the latest date of the end-of-study form, a survival contact that learnt whether
    she lives, or death.

    Takes     participants; end-of-study forms; survival contacts; deaths.
    Returns   ISO 8601 text.
    Source    SDTMIG 3.4, DM, RFPENDTC.
    """
    names = {"END_DATE": "date", "LAST_CONTACT": "date", "CONTACT_DATE": "date", "DEATH_DATE": "date"}
    learnt = surv[surv["STATUS"].isin(["Alive", "Dead"])]
    known = [f[["USUBJID", c]].rename(columns=names) for f in (eos, learnt, death) for c in f if c in names]
    return _last_known(usubjid, pd.concat(known, ignore_index=True))


def date_of_death(usubjid: pd.Series, death: pd.DataFrame) -> pd.Series:
    """Date of death as precise as the death form gives it.

    Takes     participants; deaths.
    Returns   ISO 8601 text, partial where the form is; missing for a participant not known to have died.
    Source    SDTMIG 3.4, DM, DTHDTC.
    """
    return usubjid.map(death.set_index("USUBJID")["DEATH_DATE"]).astype("str")


def died(usubjid: pd.Series, death: pd.DataFrame) -> pd.Series:
    """Y for a participant with a death form, whether or not its date is complete.

    Takes     participants; deaths.
    Returns   Y or missing.
    Source    SDTMIG 3.4, DM, DTHFL.
    """
    return pd.Series("Y", index=usubjid.index, dtype="str").where(usubjid.isin(death["USUBJID"]))


def planned_arm(usubjid: pd.Series, rand: pd.DataFrame) -> pd.Series:
    """Code of the arm to which the participant was randomized; missing for a screen failure.

    Takes     participants; the randomization list.
    Returns   arm code.
    Source    SDTMIG 3.4, DM, ARMCD.
    """
    return usubjid.map(rand.set_index("USUBJID")["ARM_CODE"]).astype("str")


def actual_arm(usubjid: pd.Series, planned: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """Code of the arm whose treatments the participant received: any NK infusion makes it NKT, trastuzumab
    alone makes it T.

    Takes     participants; planned arm; treatments received.
    Returns   arm code; missing for a participant who was not randomized or never dosed.
    Source    SDTMIG 3.4, DM, ACTARMCD; specs/study.yaml, assumption actual-arm.
    """
    cells = usubjid.isin(exposure.loc[exposure["EXTRT"].eq("NK CELLS"), "USUBJID"].unique())
    dosed = usubjid.isin(exposure["USUBJID"].unique()) & planned.notna()
    return pd.Series("T", index=usubjid.index, dtype="str").mask(cells, "NKT").where(dosed)


def arm_name(code: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """Name of the arm whose code is given.

    Takes     arm code; the arms of the study.
    Returns   name; missing where the code is.
    Source    SDTMIG 3.4, DM, ARM and ACTARM.
    """
    return code.map({a.code: a.name for a in arms}).astype("str")


def reason_arm_is_null(planned: pd.Series, actual: pd.Series) -> pd.Series:
    """SCREEN FAILURE where no arm was assigned, ASSIGNED, NOT TREATED where an arm was assigned and no dose
    received.

    Takes     codes of planned and actual arm.
    Returns   term of the codelist; missing where both arms are known.
    Source    SDTMIG 3.4, DM, ARMNRS.
    """
    found = pd.Series("SCREEN FAILURE", index=planned.index, dtype="str").mask(
        planned.notna(), "ASSIGNED, NOT TREATED"
    )
    return found.where(planned.isna() | actual.isna())


def _last_known(usubjid: pd.Series, records: pd.DataFrame) -> pd.Series:
    """The date of the records whose last possible day is latest; of equal ones the most precise."""
    date = records.iloc[:, -1] if "date" not in records else records["date"]
    known = pd.DataFrame({"USUBJID": records["USUBJID"], "date": date, "last": dates.last_day(date)})
    known = known[known["last"].notna()].sort_values(
        ["USUBJID", "last", "date"], key=lambda c: c.str.len() if c.name == "date" else c
    )
    return usubjid.map(known.drop_duplicates("USUBJID", keep="last").set_index("USUBJID")["date"]).astype(
        "str"
    )


def _extreme(usubjid: pd.Series, records: pd.DataFrame, columns: list[str], first: bool) -> pd.Series:
    """The earliest or latest complete date, with its time, over some columns of each participant's records."""
    known = pd.concat(
        [records[["USUBJID", c]].rename(columns={c: "date"}) for c in columns], ignore_index=True
    )
    known = known[dates.day(known["date"]).notna()].sort_values(["USUBJID", "date"])
    by = known.groupby("USUBJID")["date"]
    return usubjid.map(by.first() if first else by.last()).astype("str")
