"""Vital signs and laboratory results by this project's functions on the SDTM of the CDISC pilot study, beside
the ADVS and ADLB that the pharmaverse published of it, cell by cell.

Baseline, change, and what held at baseline, and the grades of CTCAE 4.03. Every record of the SDTM is
compared; where a cell differs, the table below says where, how often and why, and no cell may differ
elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pandas as pd
import pytest

from pipeline.derivations.adam import basic, course, milestones, toxicity
from tests.support.pharmaverse import KEY, identified, stored

BY_DOSE: dict[str, Any] = {"baseline_reference": "first dose", "baseline_days_after_anchor": 0}
CTCAE: dict[str, Any] = {"ctcae_version": "4.03", "ctcae_conditions_assumed": []}
COURSE = ("ABLFL", "BASE", "CHG", "PCHG")
GRADES = ("ATOXGRL", "ATOXGRH", "BTOXGRL", "BTOXGRH")
COMPARED = {"ADVS": COURSE, "ADLB": (*COURSE, "BNRIND", *GRADES)}
RECORDS = {"ADVS": 29_643, "ADLB": 59_580}


class Difference(NamedTuple):
    """Cells that differ: all of a column in one part of a dataset. Ours have _ours behind their names."""

    dataset: str
    columns: str
    where: str
    cells: int  # of each column
    reason: str


DIFFERENCES = (
    Difference(
        "ADVS",
        "CHG PCHG",
        "AVISIT.isna() and CHG.isna()",
        4320,
        "there only a record of an analysis visit has a change",
    ),
    Difference("ADLB", "ABLFL", "LBTESTCD == 'COLOR'", 252, "there a result in words is no baseline"),
    Difference(
        "ADLB",
        "BASE CHG PCHG",
        "LBTESTCD in ('LYM', 'BASO') and BASE_ours.isna()",
        56,
        "there a baseline is worked out from the share of leukocytes",
    ),
    Difference(
        "ADLB",
        "CHG",
        "VISIT.str.startswith('UNSCHEDULED 1.') and CHG_ours.isna()",
        983,
        "there an unscheduled record before or at baseline has a change",
    ),
    Difference(
        "ADLB",
        "PCHG",
        "VISIT.str.startswith('UNSCHEDULED 1.') and PCHG_ours.isna()",
        927,
        "the same, where the baseline is not 0",
    ),
    Difference(
        "ADLB",
        " ".join(GRADES),
        "LBTESTCD == 'CA'",
        1828,
        "CTCAE grades corrected calcium, and so it is not graded here; there total calcium is",
    ),
    Difference("ADLB", "ATOXGRL BTOXGRL", "LBTESTCD == 'HGB'", 1809, "there mmol/L have no grade"),
    Difference("ADLB", "ATOXGRH BTOXGRH", "LBTESTCD == 'URATE'", 1828, "there umol/L have no grade"),
    Difference("ADLB", "ATOXGRL", "LBTESTCD == 'LYM'", 21, "there they are graded as CD4 lymphocytes"),
    Difference("ADLB", "ATOXGRH", "LBTESTCD == 'LYM'", 1796, "CD4 lymphocytes have no high grade"),
    Difference("ADLB", "BTOXGRL", "LBTESTCD == 'LYM'", 32, "as ATOXGRL, and of a baseline worked out"),
    Difference("ADLB", "BTOXGRH", "LBTESTCD == 'LYM'", 1768, "as ATOXGRH"),
    Difference(
        "ADLB",
        "ATOXGRL",
        "LBTESTCD == 'K' and ATOXGRL == '2' and ATOXGRL_ours == '1'",
        11,
        "grade 2 of hypokalemia asks for symptoms, which a result does not show",
    ),
)


# --- theirs and ours
@cache
def sdtm(domain: str) -> pd.DataFrame:
    return identified(stored("pharmaversesdtm", domain.lower()), domain)


@cache
def published(dataset: str) -> pd.DataFrame:
    """Their records of results; those that they work out of several are left out."""
    theirs = stored("pharmaverseadam", dataset.lower())
    sequence = f"{dataset[2:]}SEQ"
    return theirs[theirs["DTYPE"].isna() & theirs[sequence].notna()]


def with_course(results: pd.DataFrame, domain: str) -> pd.DataFrame:
    """Baseline and change of each result; of vital signs, of each position and time of its own."""
    participants = sdtm("DM")
    milestones_of_all = sdtm("DS")[[*KEY, "DSDECOD", "DSSTDTC"]]
    randomized = milestones.randomization_date(participants["USUBJID"], milestones_of_all)
    anchors = participants[KEY].assign(RANDDT=randomized)
    parameter = results[f"{domain}TESTCD"]
    if f"{domain}TPT" in results:
        parameter = parameter + " " + results[f"{domain}TPT"].fillna("")
    date = f"{domain}DTC"
    made = results.assign(PARAMCD=parameter, AVAL=results[f"{domain}STRESN"])
    made = made.assign(
        ABLFL=course.baseline_record(
            made[[*KEY, "PARAMCD", date, f"{domain}STRESC"]],
            anchors,
            participants[[*KEY, "RFXSTDTC"]],
            **BY_DOSE,
        )
    )
    made = made.assign(
        BASE=basic.baseline_value(made[[*KEY, "PARAMCD", "ABLFL", "AVAL"]]),
        CHG=course.change_since_baseline(made[[*KEY, "PARAMCD", date, "ABLFL", "AVAL"]]),
    )
    return made.assign(PCHG=basic.percent_change(made["CHG"], made["BASE"]))


def with_grades(results: pd.DataFrame) -> pd.DataFrame:
    """Range at baseline and grades; the range of a result is theirs, which is worked out from its limits."""
    ranges = published("ADLB").set_index(["USUBJID", "LBSEQ"])["ANRIND"]
    keys = pd.MultiIndex.from_frame(results[["USUBJID", "LBSEQ"]])
    made = results.assign(ANRIND=ranges.reindex(keys).to_numpy())

    def at_baseline(column: str) -> pd.Series:
        return course.value_at_baseline(made[[*KEY, "PARAMCD", "ABLFL", column]])

    made = made.assign(BNRIND=at_baseline("ANRIND"))
    result = (
        made["LBTESTCD"],
        made["LBSTRESN"],
        made["LBSTRESU"].replace("GI/L", "10^9/L"),
        made["LBSTNRLO"],
        made["LBSTNRHI"],
        made["BASE"],
        made["BNRIND"],
    )
    made = made.assign(
        ATOXGRL=toxicity.toxicity_grade_low(*result, **CTCAE),
        ATOXGRH=toxicity.toxicity_grade_high(*result, **CTCAE),
    )
    return made.assign(BTOXGRL=at_baseline("ATOXGRL"), BTOXGRH=at_baseline("ATOXGRH"))


def worked_out(dataset: str, results: pd.DataFrame) -> pd.DataFrame:
    made = with_course(results, dataset[2:])
    return with_grades(made) if dataset == "ADLB" else made


# --- comparison
def unexplained(dataset: str, results: pd.DataFrame) -> dict[str, int]:
    """Cells that differ beside those of the table, by column; and parts of the table that are not so."""
    key = ["USUBJID", f"{dataset[2:]}SEQ"]
    columns = COMPARED[dataset]
    mine = worked_out(dataset, results)[[*key, *columns]]
    both = published(dataset).merge(mine, how="outer", on=key, suffixes=("", "_ours"), validate="1:1")
    assert len(both) == RECORDS[dataset]
    found: dict[str, int] = {}
    for column in columns:
        differ = ~same(both[column], both[f"{column}_ours"])
        for told in DIFFERENCES:
            if told.dataset == dataset and column in told.columns.split():
                here = differ & both.index.isin(both.query(told.where).index)
                differ = differ & ~here
                if here.sum() != told.cells:
                    found[f"{column} where {told.where}"] = int(here.sum())
        if differ.any():
            found[column] = int(differ.sum())
    return found


def same(one: pd.Series, other: pd.Series) -> pd.Series:
    missing = one.isna() & other.isna()
    if one.dtype.kind == "f":
        return missing | (one - other).abs().lt(1e-6)
    return missing | one.eq(other).fillna(False).astype(bool)


@pytest.mark.parametrize("dataset", COMPARED)
def test_no_cell_differs_without_a_reason(dataset: str) -> None:
    assert unexplained(dataset, sdtm(dataset[2:])) == {}


PLANTED = {
    # dataset: participant, the day of whose results each is raised by 1, columns that show it
    "ADVS": ("01-701-1015", "2014-01-02", {"BASE", "CHG", "PCHG"}),
    "ADLB": ("01-701-1015", "2013-12-26", {"BASE", "CHG", "PCHG"}),
}


@pytest.mark.parametrize("dataset", PLANTED)
def test_a_changed_value_is_seen(dataset: str) -> None:
    participant, day, columns = PLANTED[dataset]
    domain = dataset[2:]
    spoilt = sdtm(domain).copy()
    here = spoilt["USUBJID"].eq(participant) & spoilt[f"{domain}DTC"].str.startswith(day, na=False)
    spoilt.loc[here, f"{domain}STRESN"] += 1
    assert here.any()
    assert columns <= {name.split()[0] for name in unexplained(dataset, spoilt)}
