"""Dataset-JSON reads as the form would have shown it, or is refused with its name, the record and the column,
and without what it holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import DropError
from pipeline.sources import dataset_json
from tests.support.forms import DATE, SLASHED, a_form, cells, refused

FORM = a_form("SUBJECT", VALUE="number", DAY=DATE)
SECRET = "Wang Xiulan"


def content(
    rows: list[list[Any]], *types: str, names: tuple[str, ...] = ("SUBJECT", "VALUE", "DAY")
) -> dict[str, Any]:
    told = [
        {"itemOID": f"IT.{n}", "name": n, "label": n, "dataType": t}
        for n, t in zip(names, types or ("string", "double", "date"), strict=True)
    ]
    return {
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.AE",
        "records": len(rows),
        "name": "AE",
        "columns": told,
        "rows": rows,
    }


def with_column(whole: dict[str, Any], **stated: str) -> dict[str, Any]:
    """The same, with more said of the last column."""
    whole["columns"][-1] |= stated
    return whole


def written(folder: Path, whole: dict[str, Any], suffix: str) -> Path:
    path = folder / f"ae.{suffix}"
    if suffix == "json":
        path.write_text(json.dumps(whole), encoding="utf-8")
    else:
        head = {k: v for k, v in whole.items() if k != "rows"}
        path.write_text(
            "".join(json.dumps(line) + "\n" for line in [head, *whole.get("rows", [])]), encoding="utf-8"
        )
    return path


READ: dict[str, tuple[dict[str, Any], list[list[str | None]]]] = {
    "a dataset without records": (content([]), []),
    "text, number and date": (content([["01", 6.1, "2016-08-02"]]), [["01", "6.1", "02 AUG 2016"]]),
    "nothing and an empty text are missing": (content([["", None, None]]), [[None, None, None]]),
    "a whole number written as a decimal one": (content([["01", 500.0, None]]), [["01", "500", None]]),
    "a whole number of any length": (
        content([["01", 12345678901234567890, None]], "string", "integer", "date"),
        [["01", "12345678901234567890", None]],
    ),
    "a number in scientific notation": (content([["01", 1.5e-05, None]]), [["01", "0.000015", None]]),
    "thousands in a decimal, between which the standard writes a comma": (
        content([["01", "1,020.50", None]], "string", "decimal", "date"),
        [["01", "1020.50", None]],
    ),
    "a day alone under datetime": (
        content([["01", None, "2016-08-02"]], "string", "double", "datetime"),
        [["01", None, "02 AUG 2016"]],
    ),
    "a month and a year alone, as the form would have shown them": (
        content([["01", None, "2016-08"], ["02", None, "2016"]]),
        [["01", None, "UN AUG 2016"], ["02", None, "UN UNK 2016"]],
    ),
    "a month that is none": (content([["01", None, "2016-13"]]), [["01", None, "2016-13"]]),
    "a date for a number is a date all the same": (
        with_column(
            content([["01", None, "2016-08-02"]]), targetDataType="integer", displayFormat="E8601DA."
        ),
        [["01", None, "02 AUG 2016"]],
    ),
    "a number under a format of days": (
        with_column(content([["01", None, 20668]], "string", "double", "integer"), displayFormat="DATE9."),
        [["01", None, "02 AUG 2016"]],
    ),
    "a week and a day without hyphens go on as text, which the contract refuses": (
        content([["01", None, "2014-W01-4"], ["02", None, "20140102"]]),
        [["01", None, "2014-W01-4"], ["02", None, "20140102"]],
    ),
    "a decimal keeps its places": (
        content([["01", "6.10", None]], "string", "decimal", "date"),
        [["01", "6.10", None]],
    ),
    "a partial date as text": (
        content([["01", None, "UN AUG 2016"]], "string", "double", "string"),
        [["01", None, "UN AUG 2016"]],
    ),
    "a day that is none goes on as text, which the contract refuses": (
        content([["01", None, "2016-02-31"]]),
        [["01", None, "2016-02-31"]],
    ),
    "the number one and the text 1 are not mixed up": (
        content([["1", 1, None], ["01", 1.0, None]]),
        [["1", "1", None], ["01", "1", None]],
    ),
    "truth": (content([[True, None, None]], "boolean", "double", "date"), [["TRUE", None, None]]),
    "columns in another order": (
        content([["2016-08-02", "01", 1]], "date", "string", "integer", names=("DAY", "SUBJECT", "VALUE")),
        [["01", "1", "02 AUG 2016"]],
    ),
}


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
@pytest.mark.parametrize(("whole", "expected"), READ.values(), ids=READ.keys())
def test_a_sound_file_reads_as_the_form_would_have_shown_it(
    tmp_path: Path, whole: dict[str, Any], expected: list[list[str | None]], suffix: str
) -> None:
    frame = dataset_json.read(written(tmp_path, whole, suffix), FORM)
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == expected


def test_times_moments_and_the_laboratory_s_dates_read_in_their_formats(tmp_path: Path) -> None:
    form = a_form(SUBJECT=SLASHED, VALUE="time", DAY="stamp")
    whole = content(
        [["2016-08-02", "09:05:00", "2016-08-02T09:30:00"], ["2016-08-02", "09:05:07", "2016-08-02T09:30"]],
        "date",
        "time",
        "datetime",
    )
    assert cells(dataset_json.read(written(tmp_path, whole, "json"), form)) == [
        ["2016/8/2", "09:05", "2016-08-02 09:30"],
        ["2016/8/2", "09:05:07", "2016-08-02 09:30"],
    ]


@pytest.mark.parametrize(
    ("json_number", "text"),
    [
        ("2.0", "2"),
        ("2e0", "2"),
        ("1e2", "100"),
        ("1E+2", "100"),
        ("100.00e-1", "10"),
        ("-0.0", "0"),
        ("12345678901234567890.0", "12345678901234567890"),
    ],
)
@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_a_whole_number_is_whole_however_json_writes_it(
    tmp_path: Path, json_number: str, text: str, suffix: str
) -> None:
    whole = content([["01", 77, None]], "string", "integer", "date")
    path = written(tmp_path, whole, suffix)
    path.write_text(path.read_text().replace(" 77,", f" {json_number},"))
    assert cells(dataset_json.read(path, FORM)) == [["01", text, None]]


@pytest.mark.parametrize("json_number", ["1.5", "2.000000000000000000001", "1e-3", "1e400", "1e999999999"])
def test_what_is_no_whole_number_is_refused_in_a_column_of_them(tmp_path: Path, json_number: str) -> None:
    path = written(tmp_path, content([["01", 77, None]], "string", "integer", "date"), "json")
    path.write_text(path.read_text().replace(" 77,", f" {json_number},"))
    with refused(f"ae.json: record 1: column VALUE holds no integer, as its dataType says{AGAIN}"):
        dataset_json.read(path, FORM)


@pytest.mark.parametrize("records", ["3.0", "3e0"])
def test_the_number_of_records_may_be_written_with_a_point(tmp_path: Path, records: str) -> None:
    path = written(tmp_path, content([["01", 1, None]] * 3), "json")
    path.write_text(path.read_text().replace('"records": 3', f'"records": {records}'))
    assert len(dataset_json.read(path, FORM)) == 3


MOMENTS: dict[str, tuple[str, str]] = {
    "minutes": ("2016-08-02T09:30", "2016-08-02 09:30"),
    "seconds of none": ("2016-08-02T09:30:00", "2016-08-02 09:30"),
    "a day alone, of which no midnight is made": ("2016-08-02", "2016-08-02"),
    "the end of a day, of which no midnight of the next is made": ("2016-08-02T24:00", "2016-08-02T24:00"),
    "a part of a day": ("2016-08", "2016-08"),
    "an hour alone": ("2016-08-02T09", "2016-08-02T09"),
    "a day that is none": ("2016-02-31T09:30", "2016-02-31T09:30"),
    "more digits of a second than a clock has": (
        "2016-08-02T09:30:00.1234567",
        "2016-08-02T09:30:00.1234567",
    ),
}


@pytest.mark.parametrize(("value", "text"), MOMENTS.values(), ids=MOMENTS.keys())
def test_a_moment_reads_as_collected_and_the_contract_objects_to_what_is_none(
    tmp_path: Path, value: str, text: str
) -> None:
    whole = content([[None, None, value]], "string", "double", "datetime")
    form = a_form("SUBJECT", VALUE="number", DAY="stamp")
    assert cells(dataset_json.read(written(tmp_path, whole, "json"), form)) == [[None, None, text]]


def test_24_00_goes_on_as_text_and_a_clock_of_another_zone_is_refused(tmp_path: Path) -> None:
    form = a_form("SUBJECT", VALUE="number", DAY="time")
    whole = content([["01", None, "24:00:00"]], "string", "double", "time")
    assert cells(dataset_json.read(written(tmp_path, whole, "json"), form)) == [["01", None, "24:00:00"]]
    for value, what in (("09:30:00Z", "time"), ("2016-08-02T09:30:00+08:00", "datetime")):
        whole = content([["01", None, None], ["02", None, value]], "string", "double", what)
        kind = {"time": "a time", "datetime": "a moment"}[what]
        with refused(
            f"ae.json, record 2: column DAY holds {kind} with a time zone; export it as the clock on site"
            " showed it",
            value,
        ):
            dataset_json.read(written(tmp_path, whole, "json"), form)


def test_a_number_under_a_format_that_shows_a_part_is_refused(tmp_path: Path) -> None:
    whole = with_column(
        content([["01", None, 20668]], "string", "double", "integer"), displayFormat="MONYY7."
    )
    with refused(
        "ae.json: column DAY has the format MONYY7., which shows a part of a day; export it as text"
    ):
        dataset_json.read(written(tmp_path, whole, "json"), FORM)
    whole = with_column(content([["01", None, 0.5]], "string", "double", "double"), displayFormat="DATE9.")
    with refused(
        "ae.json, record 1: column DAY holds a part of a day beside the day; export the day alone, or export"
        " it as text"
    ):
        dataset_json.read(written(tmp_path, whole, "json"), FORM)


def test_a_dataset_longer_than_one_piece_keeps_each_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_json, "PIECE", 2)
    for n in range(6):
        whole = content([[f"{i}", i, None] for i in range(n)])
        assert cells(dataset_json.read(written(tmp_path, whole, "ndjson"), FORM)) == [
            [f"{i}", f"{i}", None] for i in range(n)
        ]
    with refused(
        "ae.json: record 5: column SUBJECT holds no string, as its dataType says; export it as"
        " Dataset-JSON 1.1"
    ):
        dataset_json.read(written(tmp_path, content([*[["x", 1, None]] * 4, [7, 1, None]]), "json"), FORM)


def test_a_dataset_without_records_may_leave_out_its_rows(tmp_path: Path) -> None:
    whole = content([])
    del whole["rows"]
    assert cells(dataset_json.read(written(tmp_path, whole | {"rows": []}, "ndjson"), FORM)) == []
    (tmp_path / "ae.json").write_text(json.dumps(whole))
    assert cells(dataset_json.read(tmp_path / "ae.json", FORM)) == []


AGAIN = "; export it as Dataset-JSON 1.1"
ONE = content([[SECRET, 6.1, "2016-08-02"]])
REFUSED: dict[str, tuple[Any, str]] = {
    "version 1.0": (ONE | {"datasetJSONVersion": "1.0.0"}, "Dataset-JSON 1.0.0, where 1.1 is read"),
    "version 1.0 as it is built": (
        {
            "datasetJSONVersion": "1.0.0",
            "clinicalData": {"itemGroupData": {"IG.AE": {"itemData": [[SECRET]]}}},
        },
        "Dataset-JSON 1.0.0, where 1.1 is read",
    ),
    "no version": (
        {k: v for k, v in ONE.items() if k != "datasetJSONVersion"},
        "its attribute datasetJSONVersion states no version",
    ),
    "columns that are no list": (ONE | {"columns": {}}, "columns is no array of columns"),
    "a column without a name": (ONE | {"columns": [{}]}, "column 1 has no name of its own"),
    "a column there twice": (content([], names=("DAY", "VALUE", "DAY")), "column 3 has no name of its own"),
    "a type that is none": (
        content([], "string", "double", "moment"),
        (
            "column DAY has no dataType; expected one of string, decimal, boolean, URI, integer, float,"
            " double, date, time, datetime"
        ),
    ),
    "a record cut short": (
        ONE | {"rows": [[SECRET]]},
        "record 1 is no array of 3 values, as many as there are columns",
    ),
    "a record that is an object": (
        ONE | {"rows": [{"SUBJECT": SECRET}]},
        "record 1 is no array of 3 values, as many as there are columns",
    ),
    "fewer records than announced": (
        ONE | {"records": 2},
        "holds 1 records where its attribute records says otherwise; it is cut short or damaged",
    ),
    "a number in a column of text": (
        content([["x", 1, None], [7, 1, None]]),
        "record 2: column SUBJECT holds no string, as its dataType says",
    ),
    "a text in a column of numbers": (
        content([["x", SECRET, None]]),
        "record 1: column VALUE holds no double, as its dataType says",
    ),
    "half of a whole number": (
        content([["x", 1.5, None]], "string", "integer", "date"),
        "record 1: column VALUE holds no integer, as its dataType says",
    ),
    "truth in a column of numbers": (
        content([["x", True, None]]),
        "record 1: column VALUE holds no double, as its dataType says",
    ),
    "a list for a value": (
        content([["x", [SECRET], None]]),
        "record 1: column VALUE holds no double, as its dataType says",
    ),
    "no number": (content([["x", float("nan"), None]]), "holds NaN or infinity, which JSON does not have"),
}


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
@pytest.mark.parametrize(("whole", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_dataset_json_1_1_is_refused(
    tmp_path: Path, whole: dict[str, Any], expected: str, suffix: str
) -> None:
    with refused(f"ae.{suffix}: {expected}{AGAIN}", SECRET):
        dataset_json.read(written(tmp_path, whole, suffix), FORM)


UNREAD = "it is cut short, damaged or of another kind: export it again"
BROKEN: dict[str, tuple[str, str]] = {
    "an empty file": ("", f"no JSON at line 1, column 1; {UNREAD}"),
    "a CSV file under the name": (f"SUBJECT,VALUE\n{SECRET},1\n", f"no JSON at line 1, column 1; {UNREAD}"),
    "a file cut in its second line": ('{"records":\n', f"no JSON at line 2, column 1; {UNREAD}"),
    "a list": ("[]", f"does not begin with an object of metadata{AGAIN}"),
    "a name there twice": (
        '{"datasetJSONVersion": "1.1.0", "rows": [], "rows": []}',
        f"an object holds the same name twice{AGAIN}",
    ),
    "rows that are no list": (
        '{"datasetJSONVersion": "1.1.0", "rows": 1}',
        f"rows is no array of records{AGAIN}",
    ),
    "brackets without end": ("[" * 100_000, f"brackets within brackets without end; {UNREAD}"),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_json_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "ae.json").write_text(text, encoding="utf-8")
    with refused(f"ae.json: {expected}", SECRET):
        dataset_json.read(tmp_path / "ae.json", FORM)


def test_lines_that_are_none_are_refused_with_their_number(tmp_path: Path) -> None:
    path = written(tmp_path, content([[SECRET, 6.1, None]] * 3), "ndjson")
    path.write_text(path.read_text()[:-10])
    with refused(f"ae.ndjson: no JSON at line 4, column 18; {UNREAD}", SECRET):
        dataset_json.read(path, FORM)


def test_blank_lines_and_line_ends_of_windows_say_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, content([["01", 6.1, None], ["02", None, None]]), "ndjson")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\n")
    assert cells(dataset_json.read(path, FORM)) == [["01", "6.1", None], ["02", None, None]]


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_a_byte_order_mark_is_passed_over(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, content([["01", 6.1, None]]), suffix)
    path.write_text("\ufeff" + path.read_text(), encoding="utf-8")
    assert cells(dataset_json.read(path, FORM)) == [["01", "6.1", None]]


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_a_file_cut_short_anywhere_is_refused_and_never_read_in_part(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path, content([[SECRET, 6.1, "2016-08-02"]] * 3), suffix)
    whole = path.read_bytes().strip()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DropError) as caught:
            dataset_json.read(path, FORM)
        assert SECRET not in str(caught.value)


def test_another_encoding_and_a_number_of_endless_digits_are_refused_in_time(tmp_path: Path) -> None:
    spoils: list[Callable[[str], bytes]] = [
        lambda t: t.encode("utf-16"),
        lambda t: t.replace("01", "王").encode("gb18030"),
    ]
    for spoil in spoils:
        (tmp_path / "ae.json").write_bytes(spoil(json.dumps(content([["01", 1, None]]), ensure_ascii=False)))
        with refused("ae.json: not in UTF-8, as JSON is; export it in UTF-8"):
            dataset_json.read(tmp_path / "ae.json", FORM)
    started = time.process_time()
    (tmp_path / "ae.json").write_text(
        json.dumps(content([["01", 7, None]])).replace(" 7,", f" {'9' * 1_000_000}.5,")
    )
    with refused("ae.json, record 1: column VALUE holds infinity, which is no number; export it as text"):
        dataset_json.read(tmp_path / "ae.json", FORM)
    assert time.process_time() - started < 2


def test_a_value_of_no_text_and_a_wrong_column_are_refused(tmp_path: Path) -> None:
    whole = content([["01", 1, None], ["01", 1, "2016-08-02T09:30"]], "string", "double", "datetime")
    with refused(
        "ae.ndjson, record 2: column DAY holds a date with a time where the contract says date; export what"
        " the form asks for"
    ):
        dataset_json.read(written(tmp_path, whole, "ndjson"), FORM)
    with refused(
        "ae.json: column DAY is missing; export it, or change specs/raw\n"
        "ae.json: column DOSE is not in the contract; add it to specs/raw so that it is not lost in silence"
    ):
        dataset_json.read(written(tmp_path, content([], names=("SUBJECT", "VALUE", "DOSE")), "json"), FORM)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with refused("ae.json: cannot be read (No such file or directory); check that the file may be opened"):
        dataset_json.read(tmp_path / "ae.json", FORM)
