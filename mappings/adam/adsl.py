"""What ADSL of this study needs beyond the library."""

from __future__ import annotations

import datetime
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.records import dates


def age_group(age: pd.Series) -> pd.Series:
    """Age in the groups <50, 50-64 and >=65 years.

    Takes     age in years.
    Returns   text; missing where the age is.
    Source    specs/study.yaml; ADaMIG 1.3, 3.2 (AGEGRy).
    """
    found = pd.Series("<50", index=age.index, dtype="str").mask(age.ge(50), "50-64").mask(age.ge(65), ">=65")
    return found.where(age.notna())


def age_group_number(group: pd.Series) -> pd.Series:
    """Order of the age group, 1 the youngest.

    Takes     AGEGR1.
    Returns   1, 2, 3.
    Source    ADaMIG 1.3, 3.2 (AGEGRyN).
    """
    return group.map({"<50": 1.0, "50-64": 2.0, ">=65": 3.0}).astype("float64")


def same_day(date: pd.Series) -> pd.Series:
    """The date of randomization, from which scans are scheduled, so that a participant who was never dosed
    has a schedule too.

    Takes     RANDDT.
    Returns   date.
    Source    specs/study.yaml, assumption scan-schedule.
    """
    return date


def milestone(usubjid: pd.Series, milestones: pd.DataFrame) -> pd.Series:
    """Date of randomization.

    Takes     participants; disposition records with term and date.
    Returns   date; missing for a screen failure.
    Source    ADaMIG 1.3, 3.2 (RANDDT).
    """
    drawn = milestones[milestones["DSDECOD"].eq("RANDOMIZED")].set_index("USUBJID")["DSSTDTC"]
    return dates.day(usubjid.map(drawn).astype("str"))


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Days from the first to the last exposure, both counted.

    Takes     dates.
    Returns   whole days.
    Source    ADaMIG 1.3, 3.2 (TRTDURD).
    """
    return dates.days_between(start, end)


def last_known_alive(
    usubjid: pd.Series,
    visits: pd.DataFrame,
    contacts: pd.DataFrame,
    ended: pd.DataFrame,
    cutoff: datetime.date,
) -> pd.Series:
    """Last day on which the participant is known to have been alive, never after the cut-off.

    It is the latest of a visit that took place, a contact with status alive, and the last contact of the
    end-of-study form.

    Takes     participants; visits; survival contacts; end-of-study forms; the date of the cut-off.
    Returns   date; missing where nothing is dated.
    Source    ADaMIG 1.3, 3.2 (LSTALVDT).
    """
    seen = [
        visits.loc[visits["DONE"].str.upper().eq("YES"), ["USUBJID", "VISIT_DATE"]].set_axis(
            ["USUBJID", "date"], axis="columns"
        ),
        contacts.loc[contacts["STATUS"].str.upper().eq("ALIVE"), ["USUBJID", "CONTACT_DATE"]].set_axis(
            ["USUBJID", "date"], axis="columns"
        ),
        ended[["USUBJID", "LAST_CONTACT"]].set_axis(["USUBJID", "date"], axis="columns"),
    ]
    known = pd.concat(seen, ignore_index=True)
    day = dates.day(known["date"])
    last = day.where(day.le(np.datetime64(cutoff, "s"))).groupby(known["USUBJID"]).max()
    return last.reindex(usubjid).set_axis(usubjid.index).astype(dates.DAY)


def her2_status(usubjid: pd.Series, stained: pd.DataFrame, counted: pd.DataFrame) -> pd.Series:
    """HER2 status: POSITIVE or NEGATIVE by immunohistochemistry; where that is equivocal, by amplification of
    the gene.

    Takes     participants; short name, category and standardized result of immunohistochemistry; the same of
              the FISH.
    Returns   POSITIVE, NEGATIVE, EQUIVOCAL; missing where no test decides.
    Source    specs/study.yaml, assumption receptor-status.
    """
    protein = _receptor(usubjid, stained, "HER2")
    gene = counted.assign(
        told=counted["GFRESCAT"].where(counted["GFRESCAT"].notna(), counted["GFSTRESC"]).str.upper()
    )
    read = (
        gene[gene["GFTESTCD"].eq("CPNUMVAR")]
        .drop_duplicates("USUBJID", keep="last")
        .set_index("USUBJID")["told"]
    )
    by_gene = usubjid.map(read).map({"AMPLIFIED": "POSITIVE", "NOT AMPLIFIED": "NEGATIVE"}).astype("str")
    decided = protein.isin(["POSITIVE", "NEGATIVE"]) | by_gene.isna()
    return protein.where(decided, by_gene)


def estrogen_receptor(usubjid: pd.Series, stained: pd.DataFrame) -> pd.Series:
    """Oestrogen receptor status by immunohistochemistry.

    Takes     participants; short name, category and standardized result of immunohistochemistry.
    Returns   POSITIVE, NEGATIVE; missing where it was not tested.
    Source    specs/study.yaml, assumption receptor-status.
    """
    return _receptor(usubjid, stained, "ESTRCPT")


def progesterone_receptor(usubjid: pd.Series, stained: pd.DataFrame) -> pd.Series:
    """Progesterone receptor status by immunohistochemistry.

    Takes     participants; short name, category and standardized result of immunohistochemistry.
    Returns   POSITIVE, NEGATIVE; missing where it was not tested.
    Source    specs/study.yaml, assumption receptor-status.
    """
    return _receptor(usubjid, stained, "PROGESTR")


def _receptor(usubjid: pd.Series, stained: pd.DataFrame, test: str) -> pd.Series:
    """The category of the last result of the test; where none was given, the result itself if it is a
    category.
    """
    told = stained["MIRESCAT"].where(stained["MIRESCAT"].notna(), stained["MISTRESC"]).str.upper()
    known = stained.assign(told=told)[
        stained["MITESTCD"].eq(test) & told.isin(["POSITIVE", "NEGATIVE", "EQUIVOCAL"])
    ]
    last = (
        known.sort_values(["USUBJID", "MIDTC", "record"])
        .drop_duplicates("USUBJID", keep="last")
        .set_index("USUBJID")["told"]
    )
    return usubjid.map(last).astype("str")


def trastuzumab_doses(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Number of doses of trastuzumab received.

    Takes     participants; treatment and dose of each administration received.
    Returns   whole number, 0 for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2.
    """
    return _doses(usubjid, doses, "TRASTUZUMAB", "size")


def trastuzumab_total(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Sum of the doses of trastuzumab received.

    Takes     participants; treatment and dose of each administration received.
    Returns   mg/kg, 0 for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2.
    """
    return _doses(usubjid, doses, "TRASTUZUMAB", "sum").round(2)


def nk_infusions(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Number of infusions of NK cells received.

    Takes     participants; treatment and dose of each administration received.
    Returns   whole number, 0 where there was none.
    Source    ADaMIG 1.3, 3.2.
    """
    return _doses(usubjid, doses, "NK CELLS", "size")


def nk_total(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Sum of the NK cells received.

    Takes     participants; treatment and dose of each administration received.
    Returns   10^9 cells, 0 where there was none.
    Source    ADaMIG 1.3, 3.2.
    """
    return _doses(usubjid, doses, "NK CELLS", "sum").round(2)


def _doses(
    usubjid: pd.Series, doses: pd.DataFrame, treatment: str, what: Literal["size", "sum"]
) -> pd.Series:
    given = doses[doses["EXTRT"].eq(treatment)].groupby("USUBJID")["EXDOSE"]
    return usubjid.map(given.size() if what == "size" else given.sum()).fillna(0.0).astype("float64")
