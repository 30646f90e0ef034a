"""Whose record it is, and which one: a person keeps one identifier over screenings, and no two records share
an identity in silence.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.records.findings import Finding
from pipeline.sources.identity import identified, persons
from pipeline.study import Study
from pipeline.study.models import Form, RawField
from tests.support.reading import with_key

STUDY_ID = "NCT02843126"
EARLIER = "the earlier subject number must be another number of this form; query the site"
STRANGER = "the subject has no record in form enrol; add the enrolment or correct the number"
EQUAL = "equal in everything to another record; one goes on; remove the other"
SAME_KEY = "the same SUBJECT, LINE as another record; query the site"
ONCE = "a person has at most one record of this form; query the site"
Cells = list[str | None]


def frame(columns: list[str], rows: list[Cells]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series([r[i] for r in rows], dtype="str") for i, c in enumerate(columns)})


def enrolled(study: Study, *rows: Cells) -> tuple[dict[str, str], list[Finding]]:
    return persons(study, frame(["SUBJECT", "EARLIER_SUBJECT"], list(rows)))


def of_ae(
    study: Study, *rows: Cells, keys: tuple[str, ...] = ("LINE",), once: bool = False
) -> tuple[list[list[str]], list[Finding]]:
    """A form ae of subject, line and term; 01 and 02 are one person, 03 another. Returns USUBJID, record and
    term of each record.
    """
    text = RawField(question="as typed", type="text")
    fields = dict.fromkeys(("SUBJECT", "LINE", "TERM"), text)
    form = Form(
        form="ae",
        title="Adverse events",
        source="Investigator",
        record="one per event",
        keys=keys,
        once=once,
        fields=fields,
    )
    known = {"01": "S-01", "02": "S-01", "03": "S-03"}
    collected = frame(["SUBJECT", "LINE", "TERM"], list(rows))
    records, findings = identified(study, form, collected, known)
    found = with_key(form, collected, records)
    assert list(found) == ["USUBJID", "form", "record", "SUBJECT", "LINE", "TERM"]
    assert found["form"].eq("ae").all()
    return found[["USUBJID", "record", "TERM"]].to_numpy().tolist(), findings


def listed(*findings: Finding) -> list[tuple[str, str, str, str]]:
    assert {f.severity for f in findings} <= {"error"}
    return [(f.rule, f.variable, f.message, f.source) for f in findings]


# --- persons
def test_each_subject_number_is_a_person_of_its_own(study: Study) -> None:
    assert enrolled(study, ["01", None], ["02", ""]) == ({"01": f"{STUDY_ID}-01", "02": f"{STUDY_ID}-02"}, [])


def test_a_person_screened_again_keeps_the_identifier_of_the_first_number(study: Study) -> None:
    found, findings = enrolled(study, ["05", "03"], ["03", "01"], ["01", None])
    assert (found, findings) == (dict.fromkeys(["01", "03", "05"], f"{STUDY_ID}-01"), [])


def test_blanks_around_a_number_do_not_make_another_person(study: Study) -> None:
    assert enrolled(study, ["01 ", None], ["02", " 01"])[0] == {
        "01": f"{STUDY_ID}-01",
        "02": f"{STUDY_ID}-01",
    }


def test_an_earlier_number_that_nobody_has_is_an_error(study: Study) -> None:
    found, findings = enrolled(study, ["01", None], ["02", "99"])
    assert found["02"] == f"{STUDY_ID}-02"
    assert findings == [
        Finding("RAW-EARLIER-SUBJECT", "error", "enrol", "EARLIER_SUBJECT", "", "99", EARLIER, "enrol, 02")
    ]


def test_earlier_numbers_in_a_circle_are_errors_and_end(study: Study) -> None:
    _, findings = enrolled(study, ["01", "02"], ["02", "01"], ["03", "03"])
    assert [(f.value, f.source) for f in findings] == [
        ("01", "enrol, 01"),
        ("02", "enrol, 02"),
        ("03", "enrol, 03"),
    ]


# --- records
def test_a_record_is_its_subject_number_and_its_key_fields_without_regard_to_case_and_blanks(
    study: Study,
) -> None:
    found, findings = of_ae(study, ["01", "cycle 1  day 1 ", "Fever"], ["01", None, "Cough"])
    assert (found, findings) == ([["S-01", "01|", "Cough"], ["S-01", "01|CYCLE 1 DAY 1", "Fever"]], [])


def test_records_come_in_the_order_of_their_identity_whatever_the_order_of_the_file(study: Study) -> None:
    rows: list[Cells] = [["03", "1", "a"], ["02", "1", "b"], ["01", "2", "c"], ["01", "1", "d"]]
    expected = [["S-01", "01|1", "d"], ["S-01", "01|2", "c"], ["S-01", "02|1", "b"], ["S-03", "03|1", "a"]]
    assert of_ae(study, *rows) == (expected, [])
    assert of_ae(study, *rows[::-1]) == (expected, [])


def test_two_numbers_of_one_person_may_have_the_same_line(study: Study) -> None:
    assert of_ae(study, ["01", "1", "a"], ["02", "1", "a"]) == (
        [["S-01", "01|1", "a"], ["S-01", "02|1", "a"]],
        [],
    )


@pytest.mark.parametrize(
    ("number", "source"), [("99", "ae, 99|7"), (None, "ae, (no subject number)|7"), ("0l", "ae, 0L|7")]
)
def test_a_subject_who_is_not_enrolled_is_an_error_and_goes_no_further(
    study: Study, number: str | None, source: str
) -> None:
    found, findings = of_ae(study, ["01", "1", "a"], [number, "7", "b"])
    assert found == [["S-01", "01|1", "a"]]
    assert listed(*findings) == [("RAW-SUBJECT", "SUBJECT", STRANGER, source)]


def test_a_subject_number_without_regard_to_case_is_another_number(study: Study) -> None:
    found, findings = of_ae(study, ["01 ", "1", "a"], ["fd-01", "1", "b"])
    assert found == [["S-01", "01|1", "a"]]
    assert listed(*findings) == [("RAW-SUBJECT", "SUBJECT", STRANGER, "ae, FD-01|1")]


def test_a_form_that_writes_every_number_otherwise_is_one_error_that_says_how(study: Study) -> None:
    found, findings = of_ae(study, ["S1-A01", "1", "a"], ["S1-A03", "1", "b"], ["S1-A03", "2", "c"])
    assert found == []
    (told,) = listed(*findings)
    assert told[0] == "RAW-SUBJECT"
    assert told[2] == (
        "no subject number of this form is one of enrol: they are written A9-A99, and those of enrol 99 (9 is"
        " a digit, A a letter); say how this form writes them, for example subject: {SITEID}-{SUBJID}, in"
        " specs/raw/ae.yaml, and the parts of a number, parts: {SITEID}-{SUBJID}, in specs/study.yaml; or"
        " export the form with the numbers of enrol; 3 records of the form"
    )


@pytest.mark.parametrize(
    "rows",
    [
        [["S1-A01", "1", "a"], ["01", "1", "b"], ["S1-A03", "2", "c"]],
        [["98", "1", "a"], ["99", "1", "b"]],
        [["S1-A01", "1", "a"], ["S1-A01", "2", "b"]],
    ],
    ids=["some fit", "written alike", "one participant"],
)
def test_otherwise_each_number_that_nobody_has_is_an_error_of_its_own(
    study: Study, rows: list[Cells]
) -> None:
    _, findings = of_ae(study, *rows)
    numbers = {row[0] for row in rows} - {"01"}
    assert [f.message.split(";")[0] for f in findings] == [STRANGER.split(";")[0]] * len(numbers)


ALIKE = (
    "the subject has no record in form enrol, but the number reads like one that has: it differs by case, by"
    " a blank, or by a character that cannot be seen or looks like another; correct the number"
)


@pytest.mark.parametrize("number", ["0\u200b1", "01\u200b", "\ufeff01", "0 1", "0\u00a01", "０１"])
def test_a_number_that_only_reads_like_an_enrolled_one_is_refused_and_the_finding_says_so(
    study: Study, number: str
) -> None:
    found, findings = of_ae(study, ["01", "1", "a"], [number, "7", "b"])
    assert found == [["S-01", "01|1", "a"]]
    assert listed(*findings) == [("RAW-SUBJECT", "SUBJECT", ALIKE, f"ae, {number}|7")]


def test_records_equal_in_everything_are_an_error_each(study: Study) -> None:
    found, findings = of_ae(study, ["01", "1", "a"], ["03", "1", "a"], ["01", "1", "a"])
    assert listed(*findings) == [
        ("RAW-REPEATED", "SUBJECT, LINE", EQUAL, "ae, S-01, 01|1#1"),
        ("RAW-REPEATED", "SUBJECT, LINE", EQUAL, "ae, S-01, 01|1#2"),
    ]
    assert found == [["S-01", "01|1#1", "a"], ["S-03", "03|1", "a"]]


def test_records_of_one_key_that_differ_are_an_error_each_numbered_by_their_fields(study: Study) -> None:
    rows: list[Cells] = [["01", "1", "b"], ["01", "1", "a"]]
    for given in (rows, rows[::-1]):
        found, findings = of_ae(study, *given)
        assert listed(*findings) == [
            ("RAW-DUPLICATE", "SUBJECT, LINE", SAME_KEY, "ae, S-01, 01|1#1"),
            ("RAW-DUPLICATE", "SUBJECT, LINE", SAME_KEY, "ae, S-01, 01|1#2"),
        ]
        assert found == [["S-01", "01|1#1", "a"]]


def test_a_form_that_a_person_has_once_is_an_error_under_a_second_number(study: Study) -> None:
    found, findings = of_ae(
        study, ["01", None, "a"], ["02", None, "b"], ["03", None, "c"], keys=(), once=True
    )
    assert listed(*findings) == [("RAW-ONCE", "SUBJECT", ONCE, "ae, S-01, 01")]
    assert found == [["S-01", "02", "b"], ["S-03", "03", "c"]]


def test_a_form_without_records_has_nobody(study: Study) -> None:
    assert of_ae(study) == ([], [])
