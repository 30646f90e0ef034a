"""IE, DV, SS, DD, DC and CO of the committed drop: records of a few participants, typed by hand from their
forms.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline import sources
from pipeline import stages as run
from pipeline.derivations.sdtm.subjects import earlier_screenings, end_of_screening
from pipeline.derivations.sdtm.terms import criterion_text, in_capitals
from pipeline.study import Study
from tests.support.tables import records, shown, text


@pytest.fixture(scope="module")
def made(study: Study, sample: sources.Drop) -> dict[str, pd.DataFrame]:
    return run.datasets_of(study, sample.forms)[0]


def rows(frame: pd.DataFrame, who: str, columns: str) -> list[tuple[Any, ...]]:
    mine = frame[frame["USUBJID"].eq(f"NCT02843126-{who}")]
    return list(zip(*(shown(mine[c]) for c in columns.split()), strict=True))


RECORDS = {
    # rule: (dataset, participant, variables, records)
    "an exclusion criterion that was met": (
        "IE",
        "FD-005",
        "IETESTCD IETEST IECAT IEORRES IESTRESC VISITNUM EPOCH IEDTC",
        [("EXCL02", "Patients with brain metastasis", "EXCLUSION", "Y", "Y", 1, "SCREENING", "2016-08-03")],
    ),
    "an inclusion criterion that was not, of the screening before the enrolment": (
        "IE",
        "FD-009",
        "IETESTCD IECAT IEORRES IESTRESC IEDTC",
        [("INCL04", "INCLUSION", "N", "N", "2016-09-06")],
    ),
    "the log of deviations as collected": (
        "DV",
        "FD-033",
        "DVTERM DVCAT EPOCH DVSTDTC",
        [
            ("Visit not done (CYCLE 6 DAY 1)", "VISIT OR ASSESSMENT MISSED", "TREATMENT", "2017-07-02"),
            ("Dose not given (TRAS, CYCLE 6 DAY 1)", "DOSING", "TREATMENT", "2017-07-02"),
        ],
    ),
    "a contact that reached nobody": (
        "SS",
        "FD-024",
        "SSTESTCD SSORRES SSSTRESC VISITNUM SSDTC",
        [("SURVSTAT", "Unknown", "UNKNOWN", 501, "2017-11-08")],
    ),
    "a status typed in small letters": (
        "SS",
        "FD-017",
        "SSORRES SSSTRESC VISIT",
        [("Dead", "DEAD", "SURVIVAL FOLLOW-UP 01")],
    ),
    "the cause of a death, as precise as its day is known": (
        "DD",
        "FD-022",
        "DDTESTCD DDORRES DDSTRESC DDRESCAT DDDTC DDDY",
        [
            (
                "PRCDTH",
                "Progression of breast cancer",
                "PROGRESSION OF BREAST CANCER",
                "DISEASE UNDER STUDY",
                "2017-09",
                None,
            )
        ],
    ),
    "the earlier screening of who was screened again": (
        "DC",
        "FD-009",
        "DOMAIN SUBJID RFICDTC RFPENDTC AGE SEX ARMCD ARMNRS RFSTDTC",
        [("DC", "FD-009", "2016-08-30", "2016-09-06", 62, "F", None, "SCREEN FAILURE", None)],
    ),
    "the enrolment is in DM": ("DM", "FD-009", "SUBJID", [("FD-014",)]),
    "and nobody else is in DC": ("DC", "FD-001", "SUBJID", []),
    "a comment on each of the two demography forms of a person": (
        "CO",
        "FD-009",
        "RDOMAIN IDVAR IDVARVAL COVAL COVAL1",
        [
            ("DM", None, None, "Lives outside the province; travel reimbursed", None),
            ("DC", "SUBJID", "FD-009", "Lives outside the province; travel reimbursed", None),
        ],
    ),
    "a comment in Chinese stands in its translation": (
        "CO",
        "FD-023",
        "RDOMAIN IDVAR COVAL",
        [
            ("DM", None, "Patient and family are informed"),
            ("AE", "AESEQ", "Improved with symptomatic treatment"),
            ("TR", "TRSEQ", "Lesion margin unclear"),
        ],
    ),
}


@pytest.mark.parametrize(("dataset", "who", "columns", "expected"), RECORDS.values(), ids=RECORDS)
def test_the_records_of_each_special_purpose_dataset(
    made: dict[str, pd.DataFrame], dataset: str, who: str, columns: str, expected: list[tuple[Any, ...]]
) -> None:
    assert rows(made[dataset], who, columns) == expected


def test_what_the_site_did_about_a_deviation_is_supplemental(made: dict[str, pd.DataFrame]) -> None:
    assert ("DVSEQ", "1", "DVACTION", "Site retrained; ethics committee informed") in rows(
        made["SUPPDV"], "FD-007", "IDVAR IDVARVAL QNAM QVAL"
    )


def test_each_participant_begins_with_screening_and_elements_follow_each_other(
    made: dict[str, pd.DataFrame],
) -> None:
    se = made["SE"].sort_values(["USUBJID", "SESEQ"])
    assert set(se.groupby("USUBJID")["ETCD"].first()) == {"SCRN"}
    following = se.groupby("USUBJID")["SESTDTC"].shift(-1)
    assert se.loc[following.notna(), "SEENDTC"].tolist() == following[following.notna()].tolist()


def test_only_a_person_with_an_earlier_number_was_screened_before() -> None:
    enrol = records(
        "USUBJID SUBJECT EARLIER_SUBJECT",
        ("screened_again", "FD-009", None),
        ("screened_again", "FD-014", "FD-009"),
        ("other", "FD-010", None),
    )
    assert earlier_screenings(enrol)["record"].tolist() == ["00"]


def test_a_screening_ends_with_the_form_of_its_own_number() -> None:
    eos = records(
        "USUBJID SUBJECT END_DATE",
        ("screened_again", "FD-009", "2016-09-06"),
        ("screened_again", "FD-014", "2016-11-27"),
    )
    assert shown(end_of_screening(text("FD-009", "FD-011"), eos)) == ["2016-09-06", None]


def test_a_criterion_that_the_protocol_does_not_have_has_no_text(study: Study) -> None:
    assert shown(criterion_text(text("EXCL01", "EXCL09"), study.protocol.criteria)) == [
        "Patients with cardiac pacemaker",
        None,
    ]


def test_the_cause_of_death_is_standardized_in_capitals() -> None:
    assert shown(in_capitals(text("Pneumonia", None))) == ["PNEUMONIA", None]
