"""Each cell takes the form that its contract promises, or is a finding that names the record; nothing is
guessed and nothing is lost.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.records.findings import Finding
from pipeline.sources.contract import respelled, typed
from pipeline.study.models import Form, RawField
from pipeline.study.raw import Numeric

FIELDS = {
    "text": RawField(question="Term", type="text"),
    "code": RawField(question="Grade", type="code", codes=("Grade 1", "Grade 2")),
    "open code": RawField(question="Method", type="code", codes=("CT scan",), closed=False),
    "number": RawField(question="Dose", type="number"),
    "integer": RawField(question="Age", type="integer"),
    "number with a comma": RawField(question="Dose", type="number", decimal=",", thousands="."),
    "whole number by thousands": RawField(question="Cells", type="integer", thousands=" "),
    "result": RawField(question="Result", type="text", numeric=Numeric()),
    "date": RawField(question="Dose date", type="date", format="dd MON yyyy"),
    "partial date": RawField(question="Start", type="date", format="dd MON yyyy", partial=True),
    "vendor's date": RawField(question="Sampled", type="date", format="yyyy/m/d"),
    "time": RawField(question="Start time", type="time"),
    "stamp": RawField(question="Entered", type="stamp"),
}


def a_form_of(field: RawField) -> Form:
    return Form(
        form="ae",
        title="Adverse events",
        source="Investigator",
        record="one per event",
        fields={"VALUE": field},
    )


def a_frame(*cells: str | None) -> pd.DataFrame:
    """One record of one subject for each cell."""
    numbers = range(1, len(cells) + 1)
    return pd.DataFrame(
        {
            "USUBJID": pd.Series(["S-01" for _ in numbers], dtype="str"),
            "form": pd.Series(["ae" for _ in numbers], dtype="str"),
            "record": pd.Series([f"01|{n}" for n in numbers], dtype="str"),
            "VALUE": pd.Series(list(cells), dtype="str"),
        }
    )


def checked(kind: str, *cells: str | None, required: bool = False) -> tuple[list[str | None], list[Finding]]:
    """A form ae of one field VALUE, one record of one subject for each cell."""
    form = a_form_of(FIELDS[kind].model_copy(update={"required": required}))
    frame = a_frame(*cells)
    found, findings = typed(form, frame)
    assert list(found) == list(frame)
    assert found["record"].tolist() == frame["record"].tolist()
    assert str(found["VALUE"].dtype) == "str"
    return [v if isinstance(v, str) else None for v in found["VALUE"]], findings


SOUND = [
    ("text", "Fever", "Fever"),
    ("text", "  Fever of 38 C ", "Fever of 38 C"),
    ("text", " ", None),
    ("text", None, None),
    ("code", "Grade 1", "Grade 1"),
    ("code", " grade  2", "Grade 2"),
    ("open code", "ct SCAN", "CT scan"),
    ("number", "8", "8"),
    ("number", " 54.50", "54.50"),
    ("number", "-0.5", "-0.5"),
    ("number", "+7", "+7"),
    ("number", ".5", ".5"),
    ("number with a comma", "1.234,5", "1.234,5"),
    ("number with a comma", "36,7", "36,7"),
    ("whole number by thousands", "1 204", "1 204"),
    ("result", "<5", "<5"),
    ("result", "Haemolysed", "Haemolysed"),
    ("integer", "64", "64"),
    ("date", "12 AUG 2016", "2016-08-12"),
    ("date", " 2 aug 2016 ", "2016-08-02"),
    ("date", "29 FEB 2016", "2016-02-29"),
    ("partial date", "UN AUG 2016", "2016-08"),
    ("partial date", "UN UNK 2016", "2016"),
    ("vendor's date", "2016/8/2", "2016-08-02"),
    ("time", "00:00", "00:00"),
    ("time", "23:59", "23:59"),
    ("stamp", "2016-08-12 09:30", "2016-08-12 09:30"),
]


@pytest.mark.parametrize(("kind", "cell", "expected"), SOUND)
def test_a_cell_that_keeps_its_contract_is_carried_without_a_finding(
    kind: str, cell: str | None, expected: str | None
) -> None:
    assert checked(kind, cell) == ([expected], [])


DATE = "no date of the calendar in the form dd MON yyyy; query the site"
PARTIAL = "no date of the calendar in the form dd MON yyyy, parts may be unknown; query the site"
BROKEN = [
    ("date", "31 FEB 2016", "RAW-DATE", DATE),
    ("date", "29 FEB 2017", "RAW-DATE", DATE),
    ("date", "00 AUG 2016", "RAW-DATE", DATE),
    ("date", "UN AUG 2016", "RAW-DATE", DATE),
    ("date", "12 AUG 16", "RAW-DATE", DATE),
    ("date", "2016-08-12", "RAW-DATE", DATE),
    ("date", "08/12/2016", "RAW-DATE", DATE),
    ("date", "12 AOU 2016", "RAW-DATE", DATE),
    ("date", "１２ AUG 2016", "RAW-DATE", DATE),
    ("partial date", "31 FEB 2016", "RAW-DATE", PARTIAL),
    ("partial date", "32 UNK 2016", "RAW-DATE", PARTIAL),
    (
        "vendor's date",
        "2016/2/31",
        "RAW-DATE",
        "no date of the calendar in the form yyyy/m/d; query the site",
    ),
    ("number", "<5", "RAW-TYPE", "not a number; query the site"),
    ("number", "1,5", "RAW-TYPE", "not a number; query the site"),
    ("number", "1e3", "RAW-TYPE", "not a number; query the site"),
    ("number", "5.", "RAW-TYPE", "not a number; query the site"),
    ("number", "1_000", "RAW-TYPE", "not a number; query the site"),
    (
        "number with a comma",
        "36.7",
        "RAW-TYPE",
        "not a number with a comma before the decimals and a point between thousands; query the site",
    ),
    ("number", "infinity", "RAW-TYPE", "not a number; query the site"),
    ("number", "１２", "RAW-TYPE", "not a number; query the site"),
    ("integer", "60.5", "RAW-TYPE", "not a whole number; query the site"),
    ("integer", "sixty", "RAW-TYPE", "not a whole number; query the site"),
    ("time", "24:00", "RAW-TYPE", "not a time of day, HH:MM; query the site"),
    ("time", "9:30", "RAW-TYPE", "not a time of day, HH:MM; query the site"),
    ("stamp", "2016-02-31 09:30", "RAW-TYPE", "not yyyy-mm-dd hh:mm; query the site"),
    ("stamp", "2016-08-12T09:30", "RAW-TYPE", "not yyyy-mm-dd hh:mm; query the site"),
]


@pytest.mark.parametrize(("kind", "cell", "rule", "message"), BROKEN)
def test_what_is_no_date_time_or_number_becomes_missing_and_its_text_stands_in_the_finding(
    kind: str, cell: str, rule: str, message: str
) -> None:
    assert checked(kind, cell) == (
        [None],
        [Finding(rule, "error", "ae", "VALUE", "", cell, message, "ae, S-01, 01|1")],
    )


def test_a_day_without_its_month_is_carried_and_is_a_warning() -> None:
    message = "a day without its month; it is published so, and counts as partial; query the site"
    assert checked("partial date", "27 UNK 2021") == (
        ["2021---27"],
        [Finding("RAW-DATE-MONTH", "warning", "ae", "VALUE", "", "27 UNK 2021", message, "ae, S-01, 01|1")],
    )


def test_a_label_outside_a_closed_list_stays_as_collected_and_stops_publication() -> None:
    message = "not one of the labels that the contract lists; query the site, or add the label to specs/raw"
    assert checked("code", "Mild") == (
        ["Mild"],
        [Finding("RAW-CODE", "error", "ae", "VALUE", "", "Mild", message, "ae, S-01, 01|1")],
    )


def test_a_finding_about_a_label_names_the_nearest_of_the_list() -> None:
    _, (finding,) = checked("code", "Grade 22")
    assert finding.message.endswith("; did you mean Grade 2?")


def test_a_label_outside_an_open_list_is_a_warning() -> None:
    message = "a label never seen before; add it to specs/raw and to the codelist if it is right"
    assert checked("open code", "Palpation") == (
        ["Palpation"],
        [Finding("RAW-CODE-NEW", "warning", "ae", "VALUE", "", "Palpation", message, "ae, S-01, 01|1")],
    )


@pytest.mark.parametrize("cell", [None, "", "   "])
def test_a_blank_where_the_contract_requires_a_value_is_an_error(cell: str | None) -> None:
    message = "the contract requires a value; query the site, or let the contract allow a blank"
    assert checked("text", cell, required=True) == (
        [None],
        [Finding("RAW-REQUIRED", "error", "ae", "VALUE", "", "", message, "ae, S-01, 01|1")],
    )


def test_a_required_value_that_breaks_its_type_is_one_finding() -> None:
    _, findings = checked("date", "31 FEB 2016", required=True)
    assert [f.rule for f in findings] == ["RAW-DATE"]


def test_every_cell_of_a_column_that_breaks_the_contract_is_a_finding_with_its_record() -> None:
    values, findings = checked("date", "31 FEB 2016", "12 AUG 2016", None, "31 FEB 2016", "soon")
    assert values == [None, "2016-08-12", None, None, None]
    assert [(f.value, f.source) for f in findings] == [
        ("31 FEB 2016", "ae, S-01, 01|1"),
        ("31 FEB 2016", "ae, S-01, 01|4"),
        ("soon", "ae, S-01, 01|5"),
    ]


DECLARED = {"NA": "Not available", "-999": "Not done"}


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("text", " NA ", None),
        ("text", "NAUSEA", "NAUSEA"),
        ("number", "-999", None),
        ("date", "NA", None),
        ("code", "NA", None),
        ("laboratory", "NA", "NA"),  # sodium, a label of the contract
        ("laboratory", "na", "NA"),
    ],
)
def test_a_code_that_the_study_declares_stands_for_no_value_unless_it_is_an_answer(
    kind: str, cell: str, expected: str | None
) -> None:
    fields = {**FIELDS, "laboratory": RawField(question="Test", type="code", codes=("NA", "K"))}
    form = a_form_of(fields[kind]).model_copy(update={"missing": DECLARED})
    frame = a_frame(cell)
    found, findings = typed(form, frame)
    assert [v if isinstance(v, str) else None for v in found["VALUE"]] == [expected]
    assert findings == []
    counted = [key[3:] for key in respelled(form, frame, found) if key[4].startswith("missing")]
    assert counted == ([(cell, f"missing ({DECLARED[cell.strip()]})")] if expected is None else [])


@pytest.mark.parametrize("word", ["NA", "NaN", "<NA>", "NULL"])
def test_such_a_word_in_a_text_stays_and_is_asked_about(word: str) -> None:
    found, (finding,) = checked("text", word)
    assert found == [word]
    assert (finding.rule, finding.severity) == ("RAW-WORD-FOR-MISSING", "warning")
    assert checked("text", "None", "N/A", "Nausea")[1] == []


def test_a_code_for_no_value_where_the_contract_requires_one_is_an_error() -> None:
    form = a_form_of(FIELDS["text"].model_copy(update={"required": True}))
    _, findings = typed(form.model_copy(update={"missing": DECLARED}), a_frame("NA"))
    assert [finding.rule for finding in findings] == ["RAW-REQUIRED"]


def test_the_columns_that_every_form_begins_with_have_no_such_codes() -> None:
    form = a_form_of(FIELDS["text"]).model_copy(update={"missing": DECLARED, "header": ("VALUE",)})
    found, _ = typed(form, a_frame("NA"))
    assert found["VALUE"].tolist() == ["NA"]


@pytest.mark.parametrize("word", ["NA", "NaN", "NULL", "."])
def test_a_word_that_programs_write_for_a_missing_value_is_told_to_be_declared(word: str) -> None:
    (finding,) = checked("number", word)[1]
    assert finding.message == (
        "not a number; query the site, or declare it under `missing` in the contract or the study where it"
        " stands for no value"
    )


def test_a_form_without_records_breaks_nothing() -> None:
    assert checked("date") == ([], [])
