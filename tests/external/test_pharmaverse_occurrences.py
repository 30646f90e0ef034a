"""Occurrence data by the project's functions on SDTM that others made, beside the ADaM that they published of
it, cell by cell: adverse events, medication and medical history of the pharmaverse.

Every column that both have and that is worked out is compared. Where a cell differs, the table below says
where, how often and why, and no cell may differ elsewhere. What ADSL gives is compared in
test_pharmaverse.py.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import pytest

from pipeline.derivations import dated
from pipeline.derivations.adam import basic, milestones, occurrences
from pipeline.records.measures import Conditions
from pipeline.study import Study
from tests.support import pharmaverse

Frames = dict[str, pd.DataFrame]
SDTM = {"ADAE": "AE", "ADCM": "CM", "ADMH": "MH"}
# days after the last dose that still count as under treatment, as their programs have it
DAYS_AFTER = {"ADAE": 30, "ADCM": 0, "ADMH": 0}
WORDING = {
    ("ADAE", "ADURU"): "the unit is a term of the terminology here, DAYS; there it is days",
    ("ADCM", "ADURU"): "the unit is a term of the terminology here, DAYS; there it is days",
    (
        "ADAE",
        "AREL",
    ): "the strongest of several causalities here; their study asks for one, and AREL is AEREL",
    ("ADCM", "ANL01FL"): "what is analysed is each study's own choice",
    ("ADMH", "ANL01FL"): "what is analysed is each study's own choice",
}


COMPARED = {
    "ADAE": "ASTDT ASTDTF AENDT AENDTF ASTDY AENDY ADURN TRTEMFL AOCCIFL",
    "ADCM": "ASTDT ASTDTF AENDT AENDTF ASTDY AENDY ADURN PREFL ONTRTFL FUPFL AOCCPFL",
    "ADMH": "ASTDT AENDT ASTDY AENDY AOCCFL AOCCSFL AOCCPFL",
}


class Difference(NamedTuple):
    """Cells that differ in one part of a dataset, and no other cells of these columns."""

    dataset: str
    columns: str
    where: str
    cells: int  # of each column
    reason: str


DIFFERENCES = (
    Difference(
        "ADCM",
        "ONTRTFL",
        "PREFL == 'Y' and (AENDT.isna() or AENDT >= TRTSDT)",
        6_020,
        "what began before the first dose and went on is under treatment here; there it must begin under it",
    ),
    Difference(
        "ADMH",
        "ASTDT ASTDY",
        "ASTDT.isna() and MHSTDTC.notna()",
        648,
        "a partial start is the first day that it can mean here; there it is missing",
    ),
    Difference(
        "ADMH",
        "AOCCSFL AOCCPFL",
        "MHDECOD.isna()",
        254,
        "what is not coded is of no kind here, of one kind there",
    ),
    Difference(
        "ADMH",
        "AOCCSFL",
        "MHDECOD.notna()",
        358,
        "without a complete start the condition with the lowest number is first here, another there",
    ),
    Difference("ADMH", "AOCCPFL", "MHDECOD.notna() and ASTDT.isna()", 18, "as AOCCSFL"),
)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pharmaverse.adsl(pharmaverse.sdtm())


@pytest.fixture(scope="module")
def theirs() -> Frames:
    return {name: pharmaverse.stored("pharmaverseadam", name.lower()) for name in SDTM}


@pytest.fixture(scope="module")
def ours(people: pd.DataFrame, theirs: Frames) -> Frames:
    return {name: occurrences_of(name, people, theirs[name]) for name in SDTM}


def occurrences_of(dataset: str, people: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The records of a dataset of occurrences. Of theirs only the starts are used, and only to tell which
    record is the first, since they decide it without the partial ones.
    """
    domain, days = SDTM[dataset], DAYS_AFTER[dataset]
    given = pharmaverse.identified(pharmaverse.stored("pharmaversesdtm", domain.lower()), domain)
    begins, ends = given[f"{domain}STDTC"], given[f"{domain}ENDTC"]
    treated, last_dose, left, died = (
        pharmaverse.of_participant(given, people, column) for column in ("TRTSDT", "TRTEDT", "EOSDT", "DTHDT")
    )
    start = occurrences.start_of_occurrence(begins, ends, treated)
    if dataset == "ADMH":
        start = occurrences.start_before_treatment(begins)
    end = occurrences.end_of_occurrence(ends, left, died)
    during = (start, end, treated, last_dose)
    made = given.assign(
        ASTDT=start,
        ASTDTF=milestones.imputation_flag(begins),
        AENDT=end,
        AENDTF=milestones.imputation_flag(ends),
        ASTDY=basic.analysis_day(start, treated),
        AENDY=basic.analysis_day(end, treated),
        ADURN=dated.days_between(start, end),
        PREFL=occurrences.pre_treatment_flag(start, treated),
        ONTRTFL=occurrences.on_treatment_flag(*during, on_treatment_days=days),
        TRTEMFL=occurrences.treatment_emergent_flag(*during, on_treatment_days=days),
        FUPFL=occurrences.follow_up_flag(start, last_dose, on_treatment_days=days),
    )
    return with_first_records(dataset, made, theirs)


def with_first_records(dataset: str, made: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The flags of first and worst records, by the starts that they have."""
    number = f"{SDTM[dataset]}SEQ"
    key = ["USUBJID", number]
    from_theirs = ["ASTDT", *(["ONTRTFL"] if dataset == "ADCM" else [])]
    records = made.drop(columns=from_theirs).merge(theirs[[*key, *from_theirs]], on=key, validate="1:1")
    assert records[key].equals(made[key])

    def first(*kind: str, where: Conditions) -> pd.Series:
        columns = ["USUBJID", "form", "record", *where, "ASTDT", number, *kind]
        return occurrences.first_occurrence(records[columns], kind, where)

    if dataset == "ADCM":
        return made.assign(AOCCPFL=first("CMDECOD", where={"ONTRTFL": "Y"}))
    if dataset == "ADMH":
        return made.assign(
            AOCCFL=first(where={}), AOCCSFL=first("MHBODSYS", where={}), AOCCPFL=first("MHDECOD", where={})
        )
    severity = records["AESEV"].map({"MILD": 1.0, "MODERATE": 2.0, "SEVERE": 3.0})
    columns = ["USUBJID", "form", "record", "TRTEMFL", "severity", "ASTDT", number]
    graded = records.assign(severity=severity)[columns]
    worst = occurrences.first_worst_occurrence(graded, "severity", where={"TRTEMFL": "Y"})
    return made.assign(AOCCIFL=worst)


# --- comparison
def differing(dataset: str, column: str, both: pd.DataFrame) -> list[str]:
    """The records with a cell that differs and that no difference tells, and the differences that are not as
    they are told.
    """
    differ = ~same(both[column], both[f"{column}_ours"])
    found = []
    for d in DIFFERENCES:
        if d.dataset == dataset and column in d.columns.split():
            here = differ & both.index.isin(both.query(d.where).index)
            differ &= ~here
            if here.sum() != d.cells:
                found.append(f"{dataset}.{column}: {here.sum()} cells, not {d.cells}, where {d.where}")
    keys = both.loc[differ, ["USUBJID", f"{SDTM[dataset]}SEQ"]]
    return found + [f"{dataset}.{column} {who} {number:g}" for who, number in keys.itertuples(index=False)]


def same(one: pd.Series, other: pd.Series) -> pd.Series:
    """Equal, or both missing."""
    return one.isna() & other.isna() | one.eq(other).fillna(False).astype(bool)


def side_by_side(
    dataset: str, columns: list[str], people: pd.DataFrame, mine: pd.DataFrame, yours: pd.DataFrame
) -> pd.DataFrame:
    key = ["USUBJID", f"{SDTM[dataset]}SEQ"]
    yours = yours.assign(TRTSDT=pharmaverse.of_participant(yours, people, "TRTSDT"))
    mine = mine[[*key, *columns]]
    both = yours.merge(mine, how="outer", on=key, suffixes=("", "_ours"), validate="1:1")
    assert len(both) == len(yours) == len(mine)
    return both


@pytest.mark.parametrize("dataset", SDTM)
def test_no_cell_differs_without_a_reason(
    people: pd.DataFrame, ours: Frames, theirs: Frames, dataset: str
) -> None:
    columns = COMPARED[dataset].split()
    both = side_by_side(dataset, columns, people, ours[dataset], theirs[dataset])
    assert [record for column in columns for record in differing(dataset, column, both)] == []


@pytest.mark.parametrize("dataset", SDTM)
def test_every_column_of_both_that_is_worked_out_is_compared_or_listed(
    study: Study, people: pd.DataFrame, theirs: Frames, dataset: str
) -> None:
    """But for those that are carried from SDTM or from ADSL."""
    carried = {*people, "TRTP", "TRTA", *pharmaverse.stored("pharmaversesdtm", SDTM[dataset].lower())}
    both = {c for c in study.datasets[dataset].published if c in theirs[dataset]}
    listed = {column for of, column in WORDING if of == dataset}
    assert both - carried == {*COMPARED[dataset].split()} | listed


def test_a_cell_that_differs_is_seen(people: pd.DataFrame, ours: Frames, theirs: Frames) -> None:
    shifted = ours["ADCM"].assign(ASTDY=ours["ADCM"]["ASTDY"].add(1.0), ONTRTFL=None)
    both = side_by_side("ADCM", ["ASTDY", "ONTRTFL"], people, shifted, theirs["ADCM"])
    assert len(differing("ADCM", "ASTDY", both)) == int(theirs["ADCM"]["ASTDY"].notna().sum())
    assert differing("ADCM", "ONTRTFL", both)[0].startswith("ADCM.ONTRTFL: 0 cells, not 6020, where PREFL")
