"""What ADSL of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.records import lookup


def age_group(age: pd.Series) -> pd.Series:
    """Age in the groups <50, 50-64 and >=65 years.

    Takes     age in years.
    Returns   text; missing where the age is.
    Source    specs/study.yaml; ADaMIG 1.3, 3.2 (AGEGRy).
    """
    group = pd.Series("<50", index=age.index, dtype="str").mask(age.ge(50), "50-64").mask(age.ge(65), ">=65")
    return group.where(age.notna())


def age_group_number(group: pd.Series) -> pd.Series:
    """Order of the age group, 1 the youngest.

    Takes     AGEGR1.
    Returns   1, 2, 3.
    Source    ADaMIG 1.3, 3.2 (AGEGRyN).
    """
    return group.map({"<50": 1.0, "50-64": 2.0, ">=65": 3.0}).astype("float64")


def scan_schedule_anchor(randomized: pd.Series) -> pd.Series:
    """The date of randomization, from which scans are scheduled, so that a participant who was never dosed
    has a schedule too.

    Takes     date of randomization.
    Returns   date; missing for a screen failure.
    Source    specs/study.yaml, assumption scan-schedule.
    """
    return randomized


def her2_status(usubjid: pd.Series, stained: pd.DataFrame, counted: pd.DataFrame) -> pd.Series:
    """HER2 status: POSITIVE or NEGATIVE by immunohistochemistry; where that is equivocal, by amplification of
    the gene.

    Takes     participants; short name, category and standardized result of immunohistochemistry; the same of
              the FISH.
    Returns   POSITIVE, NEGATIVE, EQUIVOCAL; missing where no test decides.
    Source    specs/study.yaml, assumption receptor-status.
    """
    by_protein = _receptor_status(usubjid, stained, "HER2")
    category = counted["GFRESCAT"].where(counted["GFRESCAT"].notna(), counted["GFSTRESC"]).str.upper()
    gene = counted.assign(category=category)[counted["GFTESTCD"].eq("CPNUMVAR")]
    last = gene.drop_duplicates("USUBJID", keep="last")
    amplification = lookup.value_of_subject(usubjid, last, "category")
    by_gene = amplification.map({"AMPLIFIED": "POSITIVE", "NOT AMPLIFIED": "NEGATIVE"}).astype("str")
    protein_decides = by_protein.isin(["POSITIVE", "NEGATIVE"]) | by_gene.isna()
    return by_protein.where(protein_decides, by_gene)


def estrogen_receptor(usubjid: pd.Series, stained: pd.DataFrame) -> pd.Series:
    """Oestrogen receptor status by immunohistochemistry.

    Takes     participants; short name, category and standardized result of immunohistochemistry.
    Returns   POSITIVE, NEGATIVE; missing where it was not tested.
    Source    specs/study.yaml, assumption receptor-status.
    """
    return _receptor_status(usubjid, stained, "ESTRCPT")


def progesterone_receptor(usubjid: pd.Series, stained: pd.DataFrame) -> pd.Series:
    """Progesterone receptor status by immunohistochemistry.

    Takes     participants; short name, category and standardized result of immunohistochemistry.
    Returns   POSITIVE, NEGATIVE; missing where it was not tested.
    Source    specs/study.yaml, assumption receptor-status.
    """
    return _receptor_status(usubjid, stained, "PROGESTR")


def _receptor_status(usubjid: pd.Series, stained: pd.DataFrame, test: str) -> pd.Series:
    """The category of the last result of the test; where none was given, the result itself if it is a
    category.
    """
    category = stained["MIRESCAT"].where(stained["MIRESCAT"].notna(), stained["MISTRESC"]).str.upper()
    is_status = category.isin(["POSITIVE", "NEGATIVE", "EQUIVOCAL"])
    results = stained.assign(category=category)[stained["MITESTCD"].eq(test) & is_status]
    return lookup.value_of_subject(usubjid, lookup.last_of_subject(results, "MIDTC"), "category")


def trastuzumab_doses(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Number of doses of trastuzumab received.

    Takes     participants; treatment and dose of each administration received.
    Returns   whole number, 0 for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2.
    """
    return _number_of_doses(usubjid, doses, "TRASTUZUMAB")


def trastuzumab_total(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Sum of the doses of trastuzumab received.

    Takes     participants; treatment and dose of each administration received.
    Returns   mg/kg, 0 for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.2.
    """
    return _total_dose(usubjid, doses, "TRASTUZUMAB")


def nk_infusions(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Number of infusions of NK cells received.

    Takes     participants; treatment and dose of each administration received.
    Returns   whole number, 0 where there was none.
    Source    ADaMIG 1.3, 3.2.
    """
    return _number_of_doses(usubjid, doses, "NK CELLS")


def nk_total(usubjid: pd.Series, doses: pd.DataFrame) -> pd.Series:
    """Sum of the NK cells received.

    Takes     participants; treatment and dose of each administration received.
    Returns   10^9 cells, 0 where there was none.
    Source    ADaMIG 1.3, 3.2.
    """
    return _total_dose(usubjid, doses, "NK CELLS")


def _number_of_doses(usubjid: pd.Series, doses: pd.DataFrame, treatment: str) -> pd.Series:
    received = doses[doses["EXTRT"].eq(treatment)]
    return usubjid.map(received.groupby("USUBJID").size()).fillna(0.0).astype("float64")


def _total_dose(usubjid: pd.Series, doses: pd.DataFrame, treatment: str) -> pd.Series:
    received = doses[doses["EXTRT"].eq(treatment)]
    return usubjid.map(received.groupby("USUBJID")["EXDOSE"].sum()).fillna(0.0).astype("float64").round(2)
