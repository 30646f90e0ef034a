"""The committed drop, read back from its XPT files: what a reader of the raw forms expects of its odd
participants, typed by hand.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from tests.conftest import DROP

FOLDERS = {"adsl": "analysis/adam/datasets", "adtte": "analysis/adam/datasets"}


@pytest.fixture(scope="module")
def read(built: Path) -> dict[str, pd.DataFrame]:
    """Every dataset of the build, as an independent reader gives it."""
    home = built / "m5" / "datasets" / "nct02843126"
    return {p.stem: pyreadstat.read_xport(p)[0] for p in home.rglob("*.xpt")}


def of(frame: pd.DataFrame, number: str) -> pd.DataFrame:
    return frame[frame["USUBJID"].eq(f"NCT02843126-{number}")]


@pytest.mark.parametrize(
    ("number", "arm", "actual", "reason"),
    [
        ("FD-001", "NKT", "NKT", ""),
        ("FD-005", "", "", "SCREEN FAILURE"),
        ("FD-007", "T", "NKT", ""),  # randomized to trastuzumab, given NK cells
        ("FD-017", "T", "", "ASSIGNED, NOT TREATED"),
    ],
)
def test_the_arm_variables(
    read: dict[str, pd.DataFrame], number: str, arm: str, actual: str, reason: str
) -> None:
    dm = of(read["dm"], number)
    assert dm[["ARMCD", "ACTARMCD", "ARMNRS"]].to_numpy().tolist() == [[arm, actual, reason]]


def test_a_person_screened_again_has_one_usubjid_and_dm_holds_the_enrolment(
    read: dict[str, pd.DataFrame],
) -> None:
    dm = of(read["dm"], "FD-009")
    assert dm[["SUBJID", "RFICDTC", "DTHDTC"]].to_numpy().tolist() == [
        ["FD-014", "2016-08-30", "2016-11-27"]
    ]  # RFICDTC: the first of two consents
    assert of(read["dm"], "FD-014").empty
    consents = of(read["ds"], "FD-009").query("DSDECOD == 'INFORMED CONSENT OBTAINED'")
    assert consents["DSSPID"].tolist() == ["ENROL-FD-009-1", "ENROL-FD-014-1"]


def test_dm_holds_thirty_randomized_and_four_screen_failures(read: dict[str, pd.DataFrame]) -> None:
    assert read["dm"]["ARMNRS"].eq("SCREEN FAILURE").sum() == 4
    assert read["dm"]["ARMCD"].ne("").sum() == 30
    assert read["adsl"]["RANDFL"].value_counts().to_dict() == {"Y": 30, "N": 4}
    assert read["dm"]["RFICDTC"].min() == "2016-07-01"


def test_a_participant_who_was_never_dosed_has_no_reference_start(read: dict[str, pd.DataFrame]) -> None:
    dm = of(read["dm"], "FD-017")
    assert dm[["RFSTDTC", "RFXSTDTC", "RFXENDTC", "RFENDTC"]].to_numpy().tolist() == [
        ["", "", "", "2017-03-03"]
    ]
    assert of(read["ds"], "FD-017")["DSSTDY"].isna().all()


def test_a_death_known_to_the_month_is_imputed_and_flagged_in_adam_only(
    read: dict[str, pd.DataFrame],
) -> None:
    assert of(read["dm"], "FD-022")["DTHDTC"].tolist() == ["2017-09"]
    adsl = of(read["adsl"], "FD-022")
    # last contact 09 AUG 2017, death UN SEP 2017: the first day of September is later
    assert adsl[["DTHDT", "DTHDTF"]].astype("str").to_numpy().tolist() == [["2017-09-01", "D"]]
    survival = of(read["adtte"], "FD-022").query("PARAMCD == 'OS'")
    assert survival[["AVAL", "CNSR"]].to_numpy().tolist() == [
        [250.0, 0.0]
    ]  # 26 DEC 2016 to 01 SEP 2017, both counted


@pytest.mark.parametrize(
    ("number", "visit", "lesion", "collected", "unit", "standard"),
    [
        ("FD-026", "SCREENING", "T01", "2.0", "cm", 20.0),
        ("FD-026", "SCREENING", "T02", "1.6", "cm", 16.0),
        ("FD-013", "WEEK 12", "T01", "TOO SMALL TO MEASURE", "", 5.0),
        ("FD-003", "WEEK 12", "T01.2", "11", "mm", 11.0),
        ("FD-006", "WEEK 12", "T02/T03", "27", "mm", 27.0),
    ],
)
def test_a_measurement(
    read: dict[str, pd.DataFrame],
    number: str,
    visit: str,
    lesion: str,
    collected: str,
    unit: str,
    standard: float,
) -> None:
    tr = of(read["tr"], number)
    row = tr[tr["VISIT"].eq(visit) & tr["TRLNKID"].eq(lesion)]
    assert row[["TRORRES", "TRORRESU", "TRSTRESN", "TRSTRESU"]].to_numpy().tolist() == [
        [collected, unit, standard, "mm"]
    ]


@pytest.mark.parametrize(
    ("number", "lesion", "test"),
    [
        ("FD-003", "T01.1", "TUSPLIT"),
        ("FD-003", "T01.2", "TUSPLIT"),
        ("FD-006", "T02/T03", "TUMERGE"),
        ("FD-003", "T01", "TUMIDENT"),
    ],
)
def test_split_and_merged_lesions_are_identified_as_such(
    read: dict[str, pd.DataFrame], number: str, lesion: str, test: str
) -> None:
    tu = of(read["tu"], number)
    assert tu.loc[tu["TULNKID"].eq(lesion), "TUTESTCD"].tolist() == [test]


@pytest.mark.parametrize(
    ("form", "field", "number", "dataset", "variable", "record"),
    [
        ("ae", "TERM", "FD-025", "ae", "AETERM", "AEDECOD == 'Rash'"),
        ("dv", "DESCRIPTION", "FD-010", "dv", "DVTERM", "DVSTDTC == '2016-10-24'"),
    ],
)
def test_a_long_text_goes_on_in_supp_and_joins_back_exactly(
    read: dict[str, pd.DataFrame],
    form: str,
    field: str,
    number: str,
    dataset: str,
    variable: str,
    record: str,
) -> None:
    raw = pd.read_csv(DROP / f"{form}.csv", dtype="str", keep_default_na=False)
    [long_text] = [t.strip() for t in raw.loc[raw["SUBJECT"].eq(number), field] if len(t) > 200]
    [row] = of(read[dataset], number).query(record).to_dict("records")
    supp = of(read[f"supp{dataset}"], number)
    mine = supp["IDVARVAL"].astype("float64").eq(row[f"{dataset.upper()}SEQ"])
    more = supp[mine & supp["QNAM"].eq(f"{variable}1")]["QVAL"].tolist()
    assert " ".join([row[variable], *more]) == long_text
    assert len(row[variable].encode()) <= 200 and len(more) == 1


def test_chinese_texts_are_published_in_their_translation(read: dict[str, pd.DataFrame]) -> None:
    terms = of(read["ae"], "FD-023")["AETERM"].tolist()
    assert "Chills after infusion" in terms and "Mild numbness of both hands" in terms
    for name, frame in read.items():
        texts = [v for c in frame for v in frame[c] if isinstance(v, str)]
        assert all(map(str.isascii, texts)), name


def test_a_partial_start_stays_partial_and_has_no_study_day(read: dict[str, pd.DataFrame]) -> None:
    ae = of(read["ae"], "FD-001").query("AESPID == 'AE-FD-001-3'")
    assert ae["AESTDTC"].tolist() == ["2016-07"] and ae["AESTDY"].isna().all()


def test_a_progression_leads_back_to_the_assessment_that_shows_it(read: dict[str, pd.DataFrame]) -> None:
    [event] = of(read["adtte"], "FD-007").query("PARAMCD == 'PFS'").to_dict("records")
    assert (event["SRCDOM"], event["SRCVAR"], event["EVNTDESC"], event["TTERULE"]) == (
        "ADRS",
        "ADT",
        "PROGRESSIVE DISEASE",
        "A6 EVENT",
    )
    [response] = of(read["adrs"], "FD-007").query(f"ASEQ == {event['SRCSEQ']}").to_dict("records")
    assert (response["PARAMCD"], response["AVALC"], response["ADT"]) == ("PD", "Y", event["ADT"])
    [seen] = of(read["adta"], "FD-007").query(f"ASEQ == {response['SRCSEQ']}").to_dict("records")
    assert (response["SRCDOM"], seen["OVRLRESP"], seen["PDDT"]) == ("ADTA", "PD", event["ADT"])


# Read off specs/simulation.yaml by hand: what was planted on each, and what follows under each convention.
ENDPOINTS = {
    # participant: (best response, at week 12, PFS, PFSE)
    "FD-009 died before the first scan": ("FD-009", "NE", "N", ("A3 EARLY DEATH", 0), ("E6 EVENT", 0)),
    "FD-008 began new therapy before progression": (
        "FD-008",
        "SD",
        "N",
        ("A4 NEW ANTICANCER THERAPY", 3),
        ("E6 EVENT", 0),
    ),
    "FD-016 missed two scans, then progressed": (
        "FD-016",
        "SD",
        "N",
        ("A5 MISSED ASSESSMENTS", 4),
        ("E6 EVENT", 0),
    ),
    "FD-034 missed two scans, then died": (
        "FD-034",
        "SD",
        "N",
        ("A5 MISSED ASSESSMENTS", 4),
        ("E6 EVENT", 0),
    ),
    "FD-018 has complete response with a normal node": (
        "FD-018",
        "CR",
        "Y",
        ("A7 NO EVENT", 1),
        ("E7 NO EVENT", 1),
    ),
    "FD-024 was lost in response": ("FD-024", "PR", "Y", ("A7 NO EVENT", 5), ("E7 NO EVENT", 5)),
    "FD-030 has non-target disease only": ("FD-030", "NON-CR/NON-PD", "N", ("A6 EVENT", 0), ("E6 EVENT", 0)),
    "FD-017 was never dosed": ("FD-017", "SD", "N", ("A6 EVENT", 0), ("E6 EVENT", 0)),
}


@pytest.mark.parametrize(
    ("number", "best", "week12", "documented", "observed"), ENDPOINTS.values(), ids=ENDPOINTS
)
def test_the_endpoints_of_an_odd_participant(
    read: dict[str, pd.DataFrame],
    number: str,
    best: str,
    week12: str,
    documented: tuple[str, int],
    observed: tuple[str, int],
) -> None:
    response = of(read["adrs"], number).set_index("PARAMCD")["AVALC"]
    assert (response["BOR"], response["RSPW12"]) == (best, week12)
    survival = of(read["adtte"], number).set_index("PARAMCD")
    for parameter, expected in (("PFS", documented), ("PFSE", observed)):
        assert (survival.loc[parameter, "TTERULE"], survival.loc[parameter, "CNSR"]) == expected
