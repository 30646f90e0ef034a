"""The project's endpoints on SDTM that others made, beside the ADaM that they published of it, cell by cell.

The data are those of the pharmaverse: the CDISC pilot study, and for tumours eight of its participants with
lesions, measurements and responses invented for it. Every column that both have is compared; where a cell
differs, the table below says where, how often and why, and no cell may differ elsewhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
import pytest

from pipeline.records import dates
from pipeline.study import Study
from tests.support import pharmaverse

Frames = dict[str, pd.DataFrame]
RECORD = ["USUBJID", "PARAMCD", "VISIT"]
KEYS = {"ADSL": ["USUBJID"], "ADTR": RECORD, "ADRS": RECORD, "ADTTE": ["USUBJID", "PARAMCD"]}
SOURCE_NUMBERS = {"ADTR": ["TRSEQ"], "ADRS": ["RSSEQ"]}  # what SRCSEQ holds here, by the name of the source
WORDING = {
    ("ADTR", "PARAM"): "names of parameters are each study's own",
    ("ADTTE", "PARAM"): "names of parameters are each study's own",
    ("ADRS", "PARAM"): "names of parameters are each study's own",
    ("ADRS", "PARCAT1"): "categories of parameters are each study's own",
    ("ADRS", "ADTF"): "their template imputes dates of responses; here only dates of ADSL are imputed",
    ("ADRS", "ANL01FL"): "what is analysed is each study's own choice",
    ("ADTTE", "ASEQ"): "records are numbered in the order of each study's own parameters",
    ("ADSL", "TRTSDTM"): "their template imputes the time of a dose; here a time is collected or missing",
    ("ADSL", "TRTEDTM"): "their template imputes the time of a dose; here a time is collected or missing",
    ("ADSL", "DTHCAUS"): "their template takes it from AE and DS; here DD has it, and their data hold no DD",
    ("ADSL", "DTHCGR1"): "their template takes it from AE and DS; here DD has it, and their data hold no DD",
    ("ADSL", "AGEGR1"): "age groups are each study's own: <50, 50-64, >=65 here, 18-64, >64 there",
}


class Rest(NamedTuple):
    """Records that they have and we do not."""

    dataset: str
    where: str
    records: int
    reason: str


class Difference(NamedTuple):
    """Cells that differ: all of a column in one part of a dataset."""

    dataset: str
    columns: str
    where: str
    cells: int  # of each column
    reason: str


WITHOUT_COUNTERPART = (
    Rest(
        "ADRS", "SCRNFAIL == 'Y'", 12 * 52, "response is of randomized participants here, of all in DM there"
    ),
    Rest(
        "ADRS",
        "PARAMCD in ('BCP', 'CCB')",
        2 * 254,
        "no such parameters here: best response of CR or PR, benefit with confirmation",
    ),
    Rest(
        "ADRS",
        "PARAMCD == 'LSTA' and ADT.isna()",
        246,
        "who was never assessed has no last assessment here, an empty one there",
    ),
)
LESION = "PARAMCD != 'SDIAM'"
AT_BASELINE = "PARAMCD == 'SDIAM' and ABLFL == 'Y'"
IN_PART = "PARAMCD == 'SDIAM' and ANL01FL.isna()"
UNDER_WAY = (  # the one assessment with a partial date, 2014-02
    "USUBJID == '01-701-1015' and VISIT == 'WEEK 6'"
)
OPEN_DOSE = "OPENDOSE == 'Y'"
DIFFERENCES = (
    Difference(
        "ADSL",
        "TRTEDT TRTDURD",
        OPEN_DOSE,
        6,
        "a dose without a date of its end ends on the day of its start here, never there",
    ),
    Difference("ADSL", "LSTALVDT", OPEN_DOSE, 2, "follows from TRTEDT"),
    Difference(
        "ADSL",
        "EOSDT",
        "ARMCD == 'Scrnfail'",
        52,
        "a screen failure leaves the study on that day here; there it is SCRFDT alone",
    ),
    Difference("ADTR", "ABLFL", LESION, 40, "a lesion has a baseline here, only the sum has one there"),
    Difference("ADTR", "BASE", LESION, 156, "a lesion has a baseline here, only the sum has one there"),
    Difference("ADTR", "CHG PCHG", LESION, 116, "a lesion has a baseline here, only the sum has one there"),
    Difference(
        "ADTR", "CHG PCHG", AT_BASELINE, 6, "change begins after baseline here; it is 0 at baseline there"
    ),
    Difference(
        "ADTR",
        "AVAL CHG PCHG CHGNAD PCHGNAD",
        IN_PART,
        3,
        "a sum without one of its lesions is none here (ADTA has it as SUMPART)",
    ),
    Difference(
        "ADTR",
        "AVISIT AVISITN",
        UNDER_WAY,
        5,
        "windows go by date here, and 2014-02 is its first day; there the visit is as collected",
    ),
    Difference("ADRS", "AVISIT", UNDER_WAY, 1, "as in ADTR"),
    Difference(
        "ADRS",
        "AVISIT",
        "PARAMCD != 'OVR' and AVISIT.notna()",
        38,
        "only the record of one assessment has a visit here",
    ),
    Difference(
        "ADRS", "ADT RSSEQ", "PARAMCD == 'MDIS'", 8, "of the assessment at baseline here, of none there"
    ),
    Difference(
        "ADRS",
        "AVAL",
        "AVALC == 'MISSING'",
        492,
        "7 there; here a number stands for a response that was given",
    ),
    Difference(
        "ADRS",
        "AVALC AVAL ADT RSSEQ",
        "PARAMCD == 'LSTA' and ANL02FL.isna()",
        1,
        "nothing after progression counts here",
    ),
    Difference(
        "ADRS",
        "AVALC AVAL ADT RSSEQ",
        "PARAMCD == 'CBCP' and CONFIRMED == 'Y'",
        1,
        "N there beside a CBOR of PR: the published data disagree",
    ),
)
COPIED = {  # from DM by both: compared, but no proof of anything
    *(
        "STUDYID",
        "SUBJID",
        "SITEID",
        "COUNTRY",
        "AGE",
        "AGEU",
        "SEX",
        "RACE",
        "ETHNIC",
        "ARM",
        "ARMCD",
        "ACTARM",
        "ACTARMCD",
        "ARMNRS",
    ),
    *("TRT01P", "TRT01A", "DTHFL", "DTHDTC"),
}


class Compared(NamedTuple):
    cells: dict[str, int]  # by dataset, of columns that are worked out
    unexplained: list[str]
    unmet: list[str]  # differences that the tables tell and that are not there


@pytest.fixture(scope="module")
def given() -> Frames:
    return pharmaverse.sdtm()


@pytest.fixture(scope="module")
def theirs(given: Frames) -> Frames:
    """What they published, with what the tables above ask for."""
    found = pharmaverse.published()
    doses = given["EX"]
    open_ended = doses.loc[doses["EXENDTC"].isna(), "USUBJID"]
    confirmed = found["ADRS"].loc[
        found["ADRS"]["PARAMCD"].eq("CBOR") & found["ADRS"]["AVALC"].isin(["CR", "PR"]), "USUBJID"
    ]
    return {
        **found,
        "ADSL": found["ADSL"].assign(OPENDOSE=yes(found["ADSL"]["USUBJID"].isin(open_ended))),
        "ADTR": found["ADTR"].assign(VISIT=found["ADTR"]["AVISIT"].replace("BASELINE", "SCREENING")),
        "ADRS": (
            pharmaverse.one_record(found["ADRS"]).assign(
                SCRNFAIL=yes(found["ADRS"]["ARMCD"].eq("Scrnfail")),
                CONFIRMED=yes(found["ADRS"]["USUBJID"].isin(confirmed)),
            )
        ),
    }


@pytest.fixture(scope="module")
def ours(study: Study, given: Frames, theirs: Frames) -> Frames:
    return pharmaverse.analysed(study, given, theirs)


def yes(flags: pd.Series) -> pd.Series:
    return flags.map({True: "Y", False: "N"})


# --- comparison
def shared(study: Study, dataset: str, theirs: Frames) -> list[str]:
    """The columns that both have, but for those that are a matter of wording."""
    columns = [c for c in study.datasets[dataset].published if c in theirs[dataset]] + SOURCE_NUMBERS.get(
        dataset, []
    )
    return [c for c in columns if (dataset, c) not in WORDING]


def compared(study: Study, ours: Frames, theirs: Frames) -> Compared:
    found = Compared({}, [], [])
    for dataset, keys in KEYS.items():
        columns = [c for c in shared(study, dataset, theirs) if c not in keys]
        records = matched(dataset, ours[dataset][[*keys, *columns]], theirs[dataset], found)
        for column in columns:
            explained(dataset, column, records, found)
        derived = [c for c in columns if c not in COPIED]
        found.cells[dataset] = len(records) * len(derived)
    return found


def matched(dataset: str, mine: pd.DataFrame, yours: pd.DataFrame, found: Compared) -> pd.DataFrame:
    """Their records, each with ours beside it (`_ours`); those of one side are told."""
    keys = KEYS[dataset]
    rest = [r for r in WITHOUT_COUNTERPART if r.dataset == dataset]
    for r in rest:
        left_out = yours.query(r.where)
        yours = yours.drop(index=left_out.index)
        if len(left_out) != r.records:
            found.unmet.append(f"{dataset}: {len(left_out)} records, not {r.records}, where {r.where}")
    both = yours.merge(mine, how="outer", on=keys, suffixes=("", "_ours"), indicator=True, validate="1:1")
    found.unexplained.extend(
        f"{dataset}: record of one side {key}" for key in told(both.loc[both["_merge"].ne("both"), keys])
    )
    return both[both["_merge"].eq("both")].reset_index(drop=True)


def explained(dataset: str, column: str, records: pd.DataFrame, found: Compared) -> None:
    """Each cell of the column that differs must lie where a difference is told, and as many as it tells."""
    differ = ~same(records[column], records[f"{column}_ours"])
    for d in DIFFERENCES:
        if d.dataset == dataset and column in d.columns.split():
            here = differ & records.index.isin(records.query(d.where).index)
            differ = differ & ~here
            if here.sum() != d.cells:
                found.unmet.append(f"{dataset}.{column}: {here.sum()} cells, not {d.cells}, where {d.where}")
    found.unexplained.extend(f"{dataset}.{column} {key}" for key in told(records.loc[differ, KEYS[dataset]]))


def same(one: pd.Series, other: pd.Series) -> pd.Series:
    """Equal, or both missing; numbers to the last bits of a percentage."""
    missing = one.isna() & other.isna()
    if one.dtype.kind in "iuf":
        return missing | (one.astype("float64") - other.astype("float64")).abs().lt(1e-9)
    return missing | one.eq(other).fillna(False).astype(bool)


def told(keys: pd.DataFrame) -> list[str]:
    return [" ".join(str(v) for v in row) for row in keys.itertuples(index=False)]


# --- tests
def test_no_cell_differs_without_a_reason(study: Study, ours: Frames, theirs: Frames) -> None:
    found = compared(study, ours, theirs)
    assert found.unexplained == []
    assert found.unmet == []
    assert found.cells["ADSL"] >= 3_978  # 13 columns of 306 participants
    assert found.cells["ADTR"] >= 3_077  # 17 columns of 181 records
    assert found.cells["ADRS"] >= 16_212  # 7 columns of 2,316 records
    assert found.cells["ADTTE"] >= 4_608  # 9 columns of 512 records


def test_every_column_of_both_is_compared_or_listed(study: Study, ours: Frames, theirs: Frames) -> None:
    for dataset in KEYS:
        both = {c for c in study.datasets[dataset].published if c in theirs[dataset]}
        listed = {c for d, c in WORDING if d == dataset}
        assert both == set(shared(study, dataset, theirs)) - set(SOURCE_NUMBERS.get(dataset, [])) | listed
        assert set(shared(study, dataset, theirs)) <= set(ours[dataset])
    named = {(d.dataset, c) for d in DIFFERENCES for c in d.columns.split()}
    assert {(d, c) for d, c in named if c not in shared(study, d, theirs)} == set()


def test_a_sum_without_one_of_its_lesions_is_theirs_too_under_another_name(
    ours: Frames, theirs: Frames
) -> None:
    mine = ours["ADTR"][ours["ADTR"]["PARAMCD"].eq("SDIAM")].set_index(["USUBJID", "VISIT"])["SUMPART"]
    yours = theirs["ADTR"][theirs["ADTR"]["PARAMCD"].eq("SDIAM")].set_index(["USUBJID", "VISIT"])["AVAL"]
    assert len(yours) == 25
    assert same(yours, mine.reindex(yours.index)).all()


def test_the_response_worked_out_from_the_measurements_is_what_the_investigator_reported(
    ours: Frames,
) -> None:
    """In these data the reported responses follow from the measurements, each assessment standing by itself
    after a progression.
    """
    assessed = ours["ADTA"][ours["ADTA"]["IVOVRL"].notna()]
    assert len(assessed) == 22
    assert assessed["response"].tolist() == assessed["IVOVRL"].tolist()


PLANTED: dict[
    tuple[str, str, int, str, Any],
    str,
    # dataset, participant and record, variable, another value -> a cell that it changes; no participant twice
] = {
    ("EX", "01-701-1015", 3, "EXENDTC", "2014-07-03"): "ADSL.TRTEDT 01-701-1015",
    ("DM", "01-701-1211", 0, "DTHDTC", "2013-01-15"): "ADTTE.ADT 01-701-1211 OS",
    ("DM", "01-704-1445", 0, "DTHDTC", "2014-11"): "ADSL.DTHDTF 01-704-1445",
    ("DS", "01-701-1033", 2, "DSDECOD", "COMPLETED"): "ADSL.EOSSTT 01-701-1033",
    ("LB", "01-701-1023", 1, "LBDTC", "2012-10-01T09:00"): "ADSL.LSTALVDT 01-701-1023",
    ("TR", "01-701-1115", 32, "TRSTRESN", 36.0): "ADTR.NADIR 01-701-1115 SDIAM WEEK 6",
    ("RS", "01-701-1118", 12, "RSSTRESC", "SD"): "ADRS.AVALC 01-701-1118 CBOR ",
    ("RS", "01-701-1130", 6, "RSDTC", "2014-03-28"): "ADRS.AVALC 01-701-1130 CB ",
    ("RS", "01-701-1133", 9, "RSSTRESC", "SD"): "ADTTE.CNSR 01-701-1133 PFS",
}


def test_a_changed_value_is_seen(study: Study, given: Frames, theirs: Frames) -> None:
    spoilt = {domain: frame.copy() for domain, frame in given.items()}
    for domain, participant, number, variable, value in PLANTED:
        frame = spoilt[domain]
        here = frame["USUBJID"].eq(participant) & (frame[f"{domain}SEQ"].eq(number) if number else True)
        assert frame.loc[here, variable].ne(value).tolist() == [True]
        frame.loc[here, variable] = value
    seen = compared(study, pharmaverse.analysed(study, spoilt, theirs), theirs).unexplained
    assert [cell for cell in PLANTED.values() if cell not in seen] == []
    assert {cell.split()[1] for cell in seen} == {participant for _, participant, *_ in PLANTED}


def test_dates_are_compared_as_days(theirs: Frames) -> None:
    assert {theirs[d]["ADT"].dtype for d in ("ADTR", "ADRS", "ADTTE")} == {theirs["ADSL"]["TRTSDT"].dtype}
    assert str(theirs["ADSL"]["TRTSDT"].dtype) == dates.DAY
