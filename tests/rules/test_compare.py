"""`compare` finds each kind of difference between a build and the files of others, and none in equal ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.compare import text, values
from pipeline.compare.compare import dataset
from pipeline.compare.tables import read
from pipeline.errors import DropError
from tests.support import small_builds
from tests.support.sas_files import Rows, Variable, sas7bdat, xpt

KEYS = ["STUDYID", "USUBJID", "AETERM"]
VARIABLES = [
    Variable("STUDYID", 2, text=True, label="Study Identifier"),
    Variable("USUBJID", 6, text=True, label="Unique Subject Identifier"),
    Variable("AETERM", 12, text=True, label="Reported Term for the Adverse Event"),
    Variable("AESEV", 8, text=True, label="Severity/Intensity"),
    Variable("ASTDT", format="DATE9", label="Analysis Start Date"),
    Variable("AVAL", label="Analysis Value"),
]
ROWS: Rows = [
    ["S1", "S1-01", "HEADACHE", "MILD", 20668, 1.5],
    ["S1", "S1-01", "NAUSEA", "SEVERE", 20669, None],
    ["S1", "S1-02", "RASH", "MILD", None, 0.3],
]

Found = dict[str, Any]


@pytest.fixture
def found(tmp_path: Path) -> Any:
    """What differs between the records above and others, both as transport files."""

    def compare(
        rows: Rows = ROWS,
        variables: Sequence[Variable] = VARIABLES,
        ours: Rows = ROWS,
        keys: Sequence[str] = KEYS,
        tolerance: str | None = None,
    ) -> Found:
        paths = [tmp_path / name / "ae.xpt" for name in ("build", "folder")]
        for path, content in zip(paths, (xpt(VARIABLES, ours), xpt(variables, rows)), strict=True):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return dataset(read(paths[0]), read(paths[1]), keys, values.tolerance(tolerance))

    return compare


def rows_with(place: int, column: str, value: Any) -> Rows:
    names = [variable.name for variable in VARIABLES]
    changed = [[*row] for row in ROWS]
    changed[place][names.index(column)] = value
    return changed


def variables_with(name: str, **changes: Any) -> Sequence[Variable]:
    return [Variable(**{**vars(v), **changes}) if v.name == name else v for v in VARIABLES]


def differences(found: Found) -> dict[str, list[tuple[Any, Any]]]:
    """By variable the values of the build and of the other file."""
    return {v["variable"]: [(f["build"], f["folder"]) for f in v["first"]] for v in found["variables"]}


def attributes(found: Found) -> list[tuple[str, str, str, str]]:
    return [(a["variable"], a["attribute"], a["ours"], a["theirs"]) for a in found["attributes"]]


# --- equal
def test_equal_files_are_silent(found: Any) -> None:
    outcome = found()
    assert outcome["equal"]
    assert outcome["paired"] == 3
    empty = [outcome[kind] for kind in ("attributes", "notes", "variables", "variables_only_in_build")]
    assert empty == [[], [], [], []]


# --- values
def test_a_text_that_differs_is_shown_with_place_and_key(found: Any) -> None:
    outcome = found(rows_with(1, "AESEV", "MODERATE"))
    assert not outcome["equal"]
    assert outcome["variables"] == [
        {
            "variable": "AESEV",
            "differing": 1,
            "largest": None,
            "first": [
                {
                    "record_in_build": 2,
                    "record_in_folder": 2,
                    "key": {"USUBJID": "S1-01", "AETERM": "NAUSEA"},
                    "build": "SEVERE",
                    "folder": "MODERATE",
                }
            ],
        }
    ]


def test_case_counts_and_blanks_behind_a_text_do_not(found: Any) -> None:
    assert differences(found(rows_with(0, "AESEV", "Mild"))) == {"AESEV": [("MILD", "Mild")]}
    assert found(rows_with(0, "AESEV", "MILD  "))["equal"]


def test_a_missing_value_differs_from_a_value_and_not_from_a_missing_one(found: Any) -> None:
    assert differences(found(rows_with(0, "AVAL", None))) == {"AVAL": [(1.5, None)]}
    assert differences(found(rows_with(1, "AVAL", 2.0))) == {"AVAL": [(None, 2)]}
    assert differences(found(rows_with(2, "AESEV", ""))) == {"AESEV": [("MILD", None)]}
    assert found(rows_with(1, "AVAL", b"A"))["equal"], "a special missing value is missing"


def test_a_date_is_shown_as_a_date(found: Any) -> None:
    assert differences(found(rows_with(0, "ASTDT", 20670))) == {"ASTDT": [("2016-08-02", "2016-08-04")]}


TOLERANCES = [
    # of 0.3: the other number, the tolerance, whether they are equal
    (0.1 + 0.2, None, True),
    (0.30000000000001, None, False),
    (0.31, "absolute:0.02", True),
    (0.33, "absolute:0.02", False),
    (0.303, "relative:0.01", True),
    (0.304, "relative:0.01", False),
    (-0.3, "relative:0.01", False),
    (0.3, "absolute:0", True),
]


@pytest.mark.parametrize(("number", "tolerance", "equal"), TOLERANCES)
def test_numbers_are_equal_within_the_tolerance(
    found: Any, number: float, tolerance: str | None, equal: bool
) -> None:
    assert found(rows_with(2, "AVAL", number), tolerance=tolerance)["equal"] is equal


def test_the_largest_distance_is_told(found: Any) -> None:
    rows = [["S1", "S1-01", "HEADACHE", "MILD", 20668, 2.0], *rows_with(2, "AVAL", 7.3)[1:]]
    assert [(v["differing"], v["largest"]) for v in found(rows)["variables"]] == [(2, 7.0)]


# --- records and variables
def test_records_that_only_one_has_are_told_and_the_others_compared(found: Any) -> None:
    outcome = found([ROWS[0], ["S1", "S1-03", "FEVER", "MILD", None, None], ROWS[2]])
    assert outcome["paired"] == 2
    assert outcome["records_only_in_build"] == {
        "count": 1,
        "first": [{"record": 2, "key": {"USUBJID": "S1-01", "AETERM": "NAUSEA"}}],
    }
    assert outcome["records_only_in_folder"]["first"][0]["key"] == {"USUBJID": "S1-03", "AETERM": "FEVER"}
    assert outcome["variables"] == []


def test_variables_that_only_one_has_are_told(found: Any) -> None:
    variables = [*VARIABLES[:5], Variable("AVALC", 8, text=True)]
    outcome = found([[*row[:5], "x"] for row in ROWS], variables)
    assert outcome["variables_only_in_build"] == ["AVAL"]
    assert outcome["variables_only_in_folder"] == ["AVALC"]


def test_records_in_another_order_are_paired_by_key_and_the_order_is_told(found: Any) -> None:
    outcome = found([ROWS[2], ROWS[0], ROWS[1]])
    assert outcome["variables"] == []
    assert attributes(outcome) == [("", "order of records", "records 2, 3", "records 3, 1")]


# --- attributes
ATTRIBUTES = {
    "label": (
        variables_with("AVAL", label="Analysis value"),
        ("AVAL", "label", "Analysis Value", "Analysis value"),
    ),
    "length": (variables_with("AETERM", width=20), ("AETERM", "length", "12", "20")),
    "format": (variables_with("ASTDT", format="MMDDYY10"), ("ASTDT", "format", "DATE9", "MMDDYY10")),
}


@pytest.mark.parametrize(("variables", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_an_attribute_that_differs_is_told(
    found: Any, variables: Sequence[Variable], expected: tuple[str, ...]
) -> None:
    outcome = found(variables=variables)
    assert attributes(outcome) == [expected]
    assert not outcome["equal"]


def test_another_type_is_told_and_its_values_are_not_compared(found: Any) -> None:
    outcome = found([[*row[:5], "1.5"] for row in ROWS], variables_with("AVAL", text=True))
    assert attributes(outcome) == [("AVAL", "type", "number", "text")]
    assert outcome["variables"] == []


def test_another_order_of_variables_is_told(found: Any) -> None:
    outcome = found([[*row[:4], row[5], row[4]] for row in ROWS], [*VARIABLES[:4], *VARIABLES[:3:-1]])
    assert attributes(outcome) == [("", "order of variables", "ASTDT", "AVAL")]
    assert outcome["variables"] == []


def test_another_name_or_label_of_the_dataset_is_told(tmp_path: Path) -> None:
    paths = [tmp_path / "ae.xpt", tmp_path / "adae.xpt"]
    for path, name in zip(paths, ("AE", "ADAE"), strict=True):
        path.write_bytes(xpt(VARIABLES, ROWS, name=name))
    outcome = dataset(read(paths[0]), read(paths[1]), KEYS, values.Tolerance())
    assert attributes(outcome) == [("", "name", "AE", "ADAE")]


# --- keys that do not tell records apart
def test_records_of_equal_keys_are_paired_as_they_agree_and_it_is_told(found: Any) -> None:
    doses = [["S1", "S1-01", "RASH", severity, None, None] for severity in ("MILD", "SEVERE", "MODERATE")]
    theirs = [["S1", "S1-01", "RASH", severity, None, None] for severity in ("SEVERE", "FATAL", "MILD")]
    outcome = found(theirs, ours=doses)
    assert differences(outcome) == {"AESEV": [("MODERATE", "FATAL")]}
    assert outcome["notes"] == [
        "keys are not unique: 2 records of the build and 2 of ae.xpt repeat a key; records of equal keys are"
        " paired where they agree in the other variables, and then in the order of the files"
    ]


def test_a_variable_that_always_differs_tells_no_records_apart(found: Any) -> None:
    ours = [*ROWS, ["S1", "S1-03", "RASH", "MILD", 1, 1.0], ["S1", "S1-03", "RASH", "MILD", 2, 1.0]]
    theirs = [
        ["S1", row[1], row[2], str(row[3]).lower(), row[4], row[5]] for row in [*ours[:3], ours[4], ours[3]]
    ]
    outcome = found(theirs, ours=ours)
    assert [(v["variable"], v["differing"]) for v in outcome["variables"]] == [("AESEV", 5)]


def test_a_number_that_each_program_gives_is_no_key_where_others_are(tmp_path: Path) -> None:
    variables = [*VARIABLES[:3], Variable("AESEQ")]
    paths = [tmp_path / name / "ae.xpt" for name in ("build", "folder")]
    for path, numbers in zip(paths, ([1, 2, 1], [2, 1, 1]), strict=True):
        path.parent.mkdir()
        rows = [[*row[:3], number] for row, number in zip(ROWS, numbers, strict=True)]
        path.write_bytes(xpt(variables, rows))
    tables = [read(path) for path in paths]
    by_term = dataset(tables[0], tables[1], [*KEYS, "AESEQ"], values.Tolerance())
    assert by_term["keys"] == KEYS
    assert differences(by_term) == {"AESEQ": [(1, 2), (2, 1)]}
    by_number = dataset(tables[0], tables[1], ["USUBJID", "AESEQ"], values.Tolerance())
    assert differences(by_number) == {"AETERM": [("HEADACHE", "NAUSEA"), ("NAUSEA", "HEADACHE")]}


def test_a_key_that_one_file_does_not_have_is_left_out_and_it_is_told(found: Any) -> None:
    outcome = found(keys=["STUDYID", "USUBJID", "AETERM", "AESPID"])
    assert outcome["keys"] == KEYS
    assert outcome["notes"] == ["the key AESPID is not in both files with one type, and was left out"]
    assert outcome["equal"]


def test_without_a_key_records_are_paired_in_their_order_and_it_is_told(found: Any) -> None:
    outcome = found(rows_with(1, "AESEV", "MILD"), keys=["AESPID"])
    assert differences(outcome) == {"AESEV": [("SEVERE", "MILD")]}
    assert outcome["notes"][-1] == "no key is in ae.xpt: records are paired in the order of the files"


# --- kinds of files
def as_json(rows: Rows) -> str:
    types = {"ASTDT": {"dataType": "date", "targetDataType": "integer", "displayFormat": "DATE9."}}
    columns = [
        {
            "itemOID": v.name,
            "name": v.name,
            "label": v.label,
            **types.get(
                v.name, {"dataType": "string", "length": v.width} if v.text else {"dataType": "double"}
            ),
        }
        for v in VARIABLES
    ]
    days = {20668: "2016-08-02", 20669: "2016-08-03", 20670: "2016-08-04", None: None}
    return json.dumps(
        {
            "datasetJSONVersion": "1.1.0",
            "records": len(rows),
            "name": "AE",
            "label": "",
            "columns": columns,
            "rows": [[*row[:4], days[row[4]], row[5]] for row in rows],  # type: ignore[index]
        }
    )


def test_dataset_json_is_compared_as_a_transport_file(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ae.xpt", tmp_path / "ae.json"
    ours.write_bytes(xpt(VARIABLES, ROWS))
    theirs.write_text(as_json(ROWS), encoding="utf-8")
    assert dataset(read(ours), read(theirs), KEYS, values.Tolerance())["equal"]
    theirs.write_text(as_json(rows_with(0, "ASTDT", 20670)), encoding="utf-8")
    outcome = dataset(read(ours), read(theirs), KEYS, values.Tolerance())
    assert differences(outcome) == {"ASTDT": [("2016-08-02", "2016-08-04")]}


def test_a_sas_dataset_is_compared_as_a_transport_file(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ae.xpt", tmp_path / "ae.sas7bdat"
    unlabelled = [Variable(v.name, v.width, v.text, v.format) for v in VARIABLES]
    ours.write_bytes(xpt(unlabelled, ROWS))
    theirs.write_bytes(sas7bdat(unlabelled, ROWS))
    assert dataset(read(ours), read(theirs), KEYS, values.Tolerance())["equal"]
    theirs.write_bytes(sas7bdat(unlabelled, rows_with(2, "AVAL", 0.4)))
    outcome = dataset(read(ours), read(theirs), KEYS, values.Tolerance())
    assert differences(outcome) == {"AVAL": [(0.3, 0.4)]}


def test_a_damaged_file_is_refused_without_a_value(tmp_path: Path) -> None:
    path = tmp_path / "ae.xpt"
    path.write_bytes(xpt(VARIABLES, ROWS)[:-20])
    with pytest.raises(DropError, match=r"^ae\.xpt: ends within a record of 80 bytes"):
        read(path)


# --- the command
@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_builds.built(tmp_path_factory.mktemp("small"), "build")


@pytest.fixture
def theirs(built: Path, tmp_path: Path) -> Path:
    """The datasets of the build as if somebody else had made them."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    for path in sorted(built.glob("latest/m5/**/*.xpt")):
        shutil.copy(path, folder)
    return folder


def compare(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["compare", *map(str, words)])


def replaced(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, new, 1))


def test_equal_datasets_end_with_exit_code_0(built: Path, theirs: Path) -> None:
    result = compare(built, theirs)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Equal."
    assert "DM (dm.xpt): equal; 3 records by STUDYID, USUBJID" in result.stdout


def test_different_datasets_end_with_exit_code_1_and_say_where(built: Path, theirs: Path) -> None:
    replaced(theirs / "dm.xpt", b"1961-02", b"1961-03")
    result = compare(built, theirs)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    at = lines.index("DM (dm.xpt): different; 3 records by STUDYID, USUBJID")
    assert lines[at + 1 : at + 3] == [
        "  BRTHDTC: differs in 1 of 3 records",
        "    record 2 (USUBJID=S1-02): 1961-02 | 1961-03",
    ]
    assert lines[-1] == "Different."


def test_a_dataset_that_only_one_has_is_a_difference_unless_others_are_named(
    built: Path, theirs: Path
) -> None:
    (theirs / "dm.xpt").rename(theirs / "zz.xpt")
    result = compare(built, theirs)
    assert result.exit_code == 1
    assert "Only in the build: DM" in result.stdout
    assert "Only in theirs: ZZ" in result.stdout
    assert compare(built, theirs, "ex", "ADSL").exit_code == 0
    assert compare(built, theirs / "ex.xpt", "EX").exit_code == 0


def test_json_and_page_say_the_same_as_the_lines(built: Path, theirs: Path, tmp_path: Path) -> None:
    replaced(theirs / "dm.xpt", b"1961-02", b"1961-03")
    result = compare(built, theirs, "DM", "--json", "--html", tmp_path / "page.html")
    assert result.exit_code == 1
    content: Mapping[str, Any] = json.loads(result.stdout)
    assert content["equal"] is False
    page = html.fromstring((tmp_path / "page.html").read_text(encoding="utf-8"))
    cells = [str(cell.xpath("string()")) for cell in page.iter("td")]
    (found,) = content["datasets"][0]["variables"]
    assert cells[-3:] == [text.place(found["first"][0]), "1961-02", "1961-03"]
    assert "Different." in page.itertext()


WRONG = {
    "no folder": (["nowhere"], "nowhere: no such file or folder"),
    "no dataset in it": (["empty"], "empty: no dataset here; expected files .xpt, .sas7bdat, .json, .ndjson"),
    "an unknown dataset": (["theirs", "ADSLL"], "ADSLL: neither the build nor the folder has it"),
    "a tolerance without its kind": (
        ["theirs", "--tolerance", "0.01"],
        "--tolerance 0.01: expected absolute:NUMBER or relative:NUMBER, as absolute:0.01",
    ),
    "a tolerance below zero": (["theirs", "--tolerance", "absolute:-1"], "--tolerance absolute:-1: expected"),
    "a dataset twice": (["twice"], "twice: holds DM twice, as a/dm.xpt and b/dm.xpt; name a folder that has"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_wrong_usage_ends_with_exit_code_2(
    built: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(theirs.parent)
    Path("empty").mkdir()
    for name in ("a", "b"):
        Path("twice", name).mkdir(parents=True)
        shutil.copy(theirs / "dm.xpt", Path("twice", name))
    result = compare(built, *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_that_cannot_be_read_ends_with_exit_code_4(built: Path, theirs: Path) -> None:
    (theirs / "dm.xpt").write_bytes((theirs / "dm.xpt").read_bytes()[:-10])
    result = compare(built, theirs)
    assert result.exit_code == 4
    assert result.stderr.startswith("dm.xpt: ")
