"""check-define on anybody's define.xml: faults with their lines, both ways with the datasets, and no
traceback on a hostile file.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pipeline.checks.define import against_data, against_values
from pipeline.checks.define import file as define_file
from pipeline.cli import app
from pipeline.errors import DropError, UsageError
from pipeline.formats.xpt.layout import Column
from pipeline.formats.xpt.write import write
from pipeline.profile import widths
from pipeline.publish import datasets
from pipeline.publish.define import write as define
from pipeline.publish.define.model import Layer, Package
from pipeline.study import Study
from tests.conftest import ROOT
from tests.support import define_study as small

LAYERS: tuple[Layer, Layer] = ("sdtm", "adam")
SAMPLES = os.environ.get(
    "DEFINE_SAMPLES", ""
)  # a folder of define.xml files of others; none may be committed here


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["check-define", *(str(w) for w in words)])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return small.package(small.study(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def sent(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A define.xml of SDTM beside its transport files; read only."""
    folder = tmp_path_factory.mktemp("sent")
    define.write(package, "sdtm", folder)
    (folder / "acrf.pdf").write_bytes(b"%PDF")
    for name in ("DM", "AE", "SUPPAE"):
        transport(package, name, small.frames()[name], folder)
    return folder


def transport(package: Package, name: str, frame: pd.DataFrame, folder: Path) -> None:
    spec, width = package.specs[name], widths(package.specs, package.profile)
    columns = [
        Column(n, v.label, width[name, n], v.is_text, v.format or "")
        for n, v in spec.published.items()
        if n in frame
    ]
    held = frame[[c.name for c in columns]]
    write(
        folder / f"{name.lower()}.xpt",
        name,
        spec.label,
        columns,
        [held],
        package.study.protocol.declared_build_time,
    )


# --- both ways
def test_the_define_of_a_build_and_its_datasets_differ_in_nothing(study: Study, built: Path) -> None:
    """An independent reading of what define_truth compares in each build: here of the files, there of the
    profile.
    """
    for layer in LAYERS:
        folder = datasets.folder(study, built / "latest", layer)
        assert define_file.check(folder / "define.xml", folder) == []


def test_the_define_of_a_build_and_its_dataset_json_differ_in_nothing(
    study: Study, few_built: Path, tmp_path: Path
) -> None:
    """A date that the transport file counts is ISO 8601 there; the same records as lines say the same."""
    for layer in LAYERS:
        define_xml = datasets.folder(study, few_built / "latest", layer) / "define.xml"
        as_objects = few_built / "latest" / "dataset-json" / layer
        assert len([*as_objects.glob("*.json")]) > 4
        assert define_file.check(define_xml, as_objects) == []
        as_lines = tmp_path / layer
        as_lines.mkdir()
        for path in as_objects.glob("*.json"):
            metadata = json.loads(path.read_text(encoding="utf-8"))
            records = metadata.pop("rows")
            lines = [json.dumps(line, ensure_ascii=False) for line in (metadata, *records)]
            (as_lines / f"{path.stem}.ndjson").write_text("\n".join(lines), encoding="utf-8")
        assert define_file.check(define_xml, as_lines) == []


def test_a_small_define_and_its_datasets_differ_in_nothing(sent: Path) -> None:
    assert define_file.check(sent / "define.xml", sent) == []


SEX = 'Name="SEX" DataType="text" Length="1"'
TOLD = [  # a change of define.xml, and all that the comparison with the data finds
    (('xlink:href="dm.xpt"', 'xlink:href="dmx.xpt"'), "DEF-DATASET DM"),
    (('Name="DM" Domain="DM"', 'Name="DD" Domain="DD"'), "DEF-DATASET DD"),
    ((">Demographics<", ">Demography<"), "DEF-LABEL DM"),
    ((">Sex<", ">Gender<"), "DEF-LABEL DM.SEX"),
    ((SEX, 'Name="GENDER" DataType="text" Length="1"'), "DEF-VARIABLE DM.GENDER, DEF-VARIABLE DM.SEX"),
    (('ItemOID="IT.DM.SEX" OrderNumber="4"', 'ItemOID="IT.DM.SEX" OrderNumber="6"'), "DEF-VARIABLE DM"),
    ((' def:HasNoData="Yes"', ""), "DEF-NODATA DM.DTHFL"),
    (('ItemOID="IT.DM.SEX"', 'ItemOID="IT.DM.SEX" def:HasNoData="Yes"'), "DEF-NODATA DM.SEX"),
    (('def:ArchiveLocationID="LF.DM"', 'def:ArchiveLocationID="LF.DM" def:HasNoData="Yes"'), "DEF-NODATA DM"),
    (
        (
            'ItemOID="IT.AE.AELOC" OrderNumber="7" Mandatory="No"',
            'ItemOID="IT.AE.AELOC" OrderNumber="7" Mandatory="Yes"',
        ),
        "DEF-MANDATORY AE.AELOC",
    ),
    ((SEX, 'Name="SEX" DataType="integer" Length="1"'), "DEF-TYPE DM.SEX"),
    ((SEX, 'Name="SEX" DataType="text" Length="2"'), "DEF-TYPE DM.SEX"),
    (
        ('Name="AETERM" DataType="text" Length="17"', 'Name="AETERM" DataType="text" Length="4"'),
        "DEF-TYPE AE.AETERM",
    ),
    (
        ('Name="A/B SYMPTOM" DataType="text" Length="4"', 'Name="A/B SYMPTOM" DataType="text" Length="3"'),
        "DEF-TYPE AE.AETERM.A/B SYMPTOM",
    ),
    (
        ('Name="AESEQ" DataType="integer" Length="2"', 'Name="AESEQ" DataType="integer" Length="1"'),
        "DEF-TYPE AE.AESEQ",
    ),
    (
        (
            'Name="AESIZE" DataType="float" Length="4" SignificantDigits="2"',
            'Name="AESIZE" DataType="integer" Length="4"',
        ),
        "DEF-TYPE AE.AESIZE",
    ),
    (('Name="AESTDTC" DataType="partialDate"', 'Name="AESTDTC" DataType="date"'), "DEF-TYPE AE.AESTDTC"),
    (('CodedValue="F"', 'CodedValue="M"'), "DEF-TERM DM.SEX"),
    (
        ("<CheckValue>EVENT<", "<CheckValue>EVENTS<"),
        "DEF-VALUES AE.AEDECOD, DEF-VALUES AE.AEDECOD.EVENT, DEF-VALUES AE.AESTDTC, "
        "DEF-VALUES AE.AESTDTC.EVENT, DEF-VALUES AE.AETERM, "
        "DEF-VALUES AE.AETERM.EVENT",
    ),
    (("<CheckValue>AEREL2<", "<CheckValue>NONE<"), "DEF-VALUES SUPPAE.QVAL, DEF-VALUES SUPPAE.QVAL.AEREL2"),
    ((' KeySequence="2"', ""), "DEF-KEY DM"),
]


@pytest.mark.parametrize(("change", "expected"), TOLD)
def test_what_define_tells_otherwise_than_the_data_is_found(
    sent: Path, tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    content = (sent / "define.xml").read_text(encoding="utf-8")
    if "KeySequence" in change[0]:
        change = (' KeySequence="2"', "") if content.count(change[0]) else change
    assert change[0] in content
    (tmp_path / "define.xml").write_text(content.replace(*change, 1), encoding="utf-8")
    alone = set(define_file.check(tmp_path / "define.xml"))
    found = [f for f in define_file.check(tmp_path / "define.xml", sent) if f not in alone]
    assert sorted({f"{f.rule} {f.dataset}.{f.variable}".rstrip(". ") for f in found}) == expected.split(", ")


def test_every_comparison_has_a_planted_difference() -> None:
    source = "\n".join(inspect.getsource(m) for m in (against_data, against_values))
    rules = set(re.findall(r'"(DEF-[A-Z]+)"', source))
    assert rules == {r.split(" ")[0] for _, told in TOLD for r in told.split(", ")} | {"DEF-RESULT"}  # below


SELECTING_NOTHING = {
    # what is asked for: (where clause, value in it, value in its place, dataset)
    "a parameter that is not there": ("WC.ADTTE.PARAMCD.PFS.ITTFL.Y", "PFS", "EFS", "ADTTE"),
    "a value that is no term": ("WC.ADAE.AESER.Y.SAFFL.Y", "Y", "YES", "ADAE"),
}


@pytest.mark.parametrize(
    ("clause", "old", "new", "dataset"), SELECTING_NOTHING.values(), ids=SELECTING_NOTHING
)
def test_an_analysis_that_selects_nothing_is_found(
    study: Study, few_built: Path, tmp_path: Path, clause: str, old: str, new: str, dataset: str
) -> None:
    """That nobody of these four has a serious event is no fault: Y is a term of AESER."""
    folder = datasets.folder(study, few_built / "latest", "adam")
    content = (folder / "define.xml").read_text(encoding="utf-8")
    start = content.index(f'<def:WhereClauseDef OID="{clause}">')
    (tmp_path / "define.xml").write_text(
        content[:start] + content[start:].replace(f">{old}<", f">{new}<", 1), encoding="utf-8"
    )
    [found] = define_file.check(tmp_path / "define.xml", folder)
    assert (found.rule, found.message.split(";")[0]) == (
        "DEF-RESULT",
        f"{dataset}: the where clause of an analysis selects no record",
    )


@pytest.mark.parametrize(
    ("comparator", "values", "rows"),
    [
        ("EQ", ["10"], [False, True, False]),
        ("NE", ["10"], [True, False, True]),
        ("IN", ["9", "1"], [True, False, True]),
        ("NOTIN", ["9"], [False, True, True]),
        ("LT", ["9"], [False, False, True]),
        ("LE", ["9"], [True, False, True]),
        ("GT", ["9"], [False, True, False]),
        ("GE", ["9.0"], [True, True, False]),
        ("EQ", ["ten"], None),
    ],
)
def test_a_where_clause_selects_records_by_its_comparator(
    sent: Path, tmp_path: Path, comparator: str, values: list[str], rows: list[bool] | None
) -> None:
    """Of AESEQ, which is 9, 10 and 1: the row of the value list is told where no record is selected, or where
    some are left over.
    """
    content = (sent / "define.xml").read_text(encoding="utf-8")
    told = "".join(f"<CheckValue>{v}</CheckValue>" for v in values)
    for old in ("EVENT", "A/B SYMPTOM"):
        check = (
            '<RangeCheck Comparator="EQ" SoftHard="Soft"'
            f' def:ItemOID="IT.AE.AECAT"><CheckValue>{old}</CheckValue>'
        )
        assert check in content
        new = f'<RangeCheck Comparator="{comparator}" SoftHard="Soft" def:ItemOID="IT.AE.AESEQ">{told}'
        content = content.replace(check, new)
    (tmp_path / "define.xml").write_text(content, encoding="utf-8")
    found = [
        f
        for f in define_file.check(tmp_path / "define.xml", sent)
        if (f.rule, f.variable) == ("DEF-VALUES", "AETERM")
    ]
    left = rows.count(False) if rows else 0
    assert [f.message.split(" ")[0] for f in found] == ([str(left)] if left else [])


def test_files_on_one_side_only_and_files_that_are_none_are_found(
    package: Package, sent: Path, tmp_path: Path
) -> None:
    for path in sent.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "ae.xpt").rename(tmp_path / "AE.XPT")  # the case of a name says nothing
    (tmp_path / "dm.xpt").write_bytes(b"no transport file")
    transport(package, "SUPPAE", small.frames()["SUPPAE"], tmp_path)
    (tmp_path / "suppae.xpt").rename(tmp_path / "zz.xpt")
    found = define_file.check(tmp_path / "define.xml", tmp_path)
    assert [(f.rule, f.dataset, f.message.split(";")[0]) for f in found] == [
        ("DEF-DATASET", "ZZ", "zz.xpt is in the folder and not in define.xml"),
        ("DEF-DATASET", "DM", "dm.xpt: no SAS transport file"),
        ("DEF-DATASET", "SUPPAE", "suppae.xpt is not in the folder"),
    ]


def test_a_document_that_is_not_there_is_found(sent: Path, tmp_path: Path) -> None:
    content = (sent / "define.xml").read_text(encoding="utf-8")
    for href, told in (
        ("acrf2.pdf", ["acrf2.pdf is missing"]),
        ("acrf.pdf#page=2", []),
        ("https://example.org/acrf.pdf", []),
        ("x" * 999, ["x" * 999 + " is missing"]),
    ):
        (tmp_path / "define.xml").write_text(
            content.replace('href="acrf.pdf"', f'href="{href}"'), encoding="utf-8"
        )
        found = define_file.check(tmp_path / "define.xml", sent)
        assert [(f.rule, f.message.split(";")[0]) for f in found] == [("DEF-FILE", t) for t in told]


def test_a_variable_of_the_file_alone_is_found(package: Package, sent: Path, tmp_path: Path) -> None:
    shutil.copy(sent / "define.xml", tmp_path)
    shutil.copy(sent / "acrf.pdf", tmp_path)
    for name, frame in small.frames().items():
        if name != "ADSL":
            transport(package, name, frame.drop(columns="AELOC", errors="ignore"), tmp_path)
    found = define_file.check(tmp_path / "define.xml", tmp_path)
    assert [(f.rule, f.variable, f.message) for f in found] == [
        ("DEF-VARIABLE", "AELOC", "is in define.xml and not in the file")
    ]


DM = {
    "datasetJSONVersion": "1.1.0",
    "name": "DM",
    "label": "Demographics",
    "records": 2,
    "columns": [
        {"name": "STUDYID", "label": "Study Identifier", "dataType": "string"},
        {"name": "USUBJID", "label": "Unique Subject Identifier", "dataType": "string"},
        {"name": "RFICDTC", "label": "Date/Time of Informed Consent", "dataType": "date"},
        {"name": "SEX", "label": "Sex", "dataType": "string"},
        {"name": "DTHFL", "label": "Subject Death Flag", "dataType": "string"},
    ],
}
WOMEN = [["S1", "S1-001", "2019-01-02", "F", None], ["S1", "S1-002", "2019-01-03", "F", ""]]
ONE_U = [WOMEN[0], ["S1", "S1-002", "2019-01-03", "U", ""]]


def as_object(rows: list[Any], **changed: Any) -> str:
    return json.dumps({**DM, "rows": rows, **changed})


def as_lines(rows: list[Any], **changed: Any) -> str:
    return "\n".join(json.dumps(line) for line in ({**DM, **changed}, *rows))


@pytest.mark.parametrize(
    ("file", "content", "found"),
    [
        ("dm.json", as_object(WOMEN), []),
        ("dm.ndjson", as_lines(WOMEN), []),
        ("DM.JSON", as_object(WOMEN), []),  # the case of a name says nothing
        ("dm.json", as_object(ONE_U), ["DEF-TERM SEX"]),
        ("dm.ndjson", as_lines(ONE_U), ["DEF-TERM SEX"]),
        ("dm.json", as_object(WOMEN, label="Persons"), ["DEF-LABEL "]),
        ("dm.json", as_object(WOMEN, name="DD"), ["DEF-DATASET "]),
        ("dm.json", as_object(WOMEN[:1]), ["DEF-DATASET "]),  # announces 2 records
        ("dm.ndjson", as_lines(WOMEN[:1]), ["DEF-DATASET "]),
        ("dm.json", as_object([WOMEN[0], ["S1"]]), ["DEF-DATASET "]),
        ("dm.ndjson", as_lines(WOMEN)[:-9], ["DEF-DATASET "]),
        ("dm.json", "{}", ["DEF-DATASET "]),
        ("dm.json", "[1]", ["DEF-DATASET "]),
        ("dm.json", "no JSON", ["DEF-DATASET "]),
        ("dm.ndjson", "", ["DEF-DATASET "]),
        ("dm.json", '{"columns": 1, "rows": 2, "name": 3}', ["DEF-DATASET "]),
    ],
)
def test_dataset_json_is_compared_as_well(
    sent: Path, tmp_path: Path, file: str, content: str, found: list[str]
) -> None:
    for name in ("define.xml", "acrf.pdf", "ae.xpt", "suppae.xpt"):
        shutil.copy(sent / name, tmp_path)
    (tmp_path / file).write_text(content, encoding="utf-8")
    findings = define_file.check(tmp_path / "define.xml", tmp_path)
    assert [f"{f.rule} {f.variable}" for f in findings] == found


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ({"dataType": "date", "targetDataType": "integer"}, "2019-01-02", []),
        ({"dataType": "datetime", "targetDataType": "integer"}, "2019-01-02T10:30:00", []),
        ({"dataType": "date"}, "2019-01-02", ["is integer here, and text in the file"]),
        ({"dataType": "string"}, "2019-01-02", ["is integer here, and text in the file"]),
        ({"dataType": "integer"}, 21551, []),
        ({"dataType": "decimal", "targetDataType": "decimal"}, "21551", []),
    ],
)
def test_a_date_counted_from_1960_is_a_number_also_where_the_file_writes_it_as_iso_8601(
    package: Package, tmp_path: Path, column: dict[str, str], value: Any, found: list[str]
) -> None:
    define.write(package, "adam", tmp_path)
    for document in ("results.pdf",):
        (tmp_path / document).write_bytes(b"%PDF")
    columns = [
        {"name": "STUDYID", "label": "Study Identifier", "dataType": "string"},
        {"name": "USUBJID", "label": "Unique Subject Identifier", "dataType": "string"},
        {"name": "SEX", "label": "Sex", "dataType": "string"},
        {"name": "CONSDT", "label": "Date of Consent", **column},
    ]
    adsl = {"name": "ADSL", "label": "Subject-Level Analysis Dataset", "records": 1, "columns": columns}
    rows = [["S1", "S1-001", "F", value]]
    (tmp_path / "adsl.json").write_text(json.dumps({**adsl, "rows": rows}), encoding="utf-8")
    assert [f.message for f in define_file.check(tmp_path / "define.xml", tmp_path)] == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0.04, []),
        (0.039999999999999994, []),  # the double next to 0.04
        (0.30000000000000004, []),  # 0.1 + 0.2
        (0.041, ["SignificantDigits 2: a value has 3 digits after the point"]),
        (
            1e-7,
            ["SignificantDigits 2: a value has 7 digits after the point", "Length 4: a value has 8 digits"],
        ),
        (12345.0, ["Length 4: a value has 5 digits"]),
    ],
)
def test_a_double_is_compared_at_15_significant_digits(
    package: Package, sent: Path, tmp_path: Path, value: float, found: list[str]
) -> None:
    """Of AESIZE, a float of Length 4 with SignificantDigits 2."""
    for path in sent.iterdir():
        shutil.copy(path, tmp_path)
    ae = small.frames()["AE"].assign(AESIZE=value)
    transport(package, "AE", ae, tmp_path)
    messages = [f.message for f in define_file.check(tmp_path / "define.xml", tmp_path)]
    assert sorted(messages) == sorted(found)


def test_what_define_does_not_say_is_compared_with_nothing(sent: Path, tmp_path: Path) -> None:
    """A missing Length, or SignificantDigits, is told as missing, and not as 0."""
    content = (sent / "define.xml").read_text(encoding="utf-8")
    for said in (' Length="4" SignificantDigits="2"', ' Length="17" SASField'):
        assert said in content
        content = content.replace(said, " SASField" if "SASField" in said else "", 1)
    (tmp_path / "define.xml").write_text(content, encoding="utf-8")
    assert [(f.rule, f.variable, f.message) for f in define_file.check(tmp_path / "define.xml", sent)] == [
        ("DEF-LENGTH", "AETERM", "DataType text needs a Length"),
        ("DEF-LENGTH", "AESIZE", "DataType float needs SignificantDigits; add them"),
        ("DEF-LENGTH", "AESIZE", "DataType float needs a Length"),
    ]


CUT = [  # what is done to a transport file of version 5, and what is told of it
    (lambda b: b[:-80], "ends within a row; it is cut short: export it again"),
    (lambda b: b[:-1], "ends within a record of 80 bytes; it is cut short: export it again"),
    (lambda b: b[:800], "ends within its head; it is cut short: export it again"),
    (lambda b: b[:80], "holds 0 datasets, expected one; export one file per dataset"),
    (lambda _: b"", "no SAS transport file; it is empty or of another kind: export it again"),
    (lambda b: b + b[240:], "holds 2 datasets, expected one; export one file per dataset"),
    (lambda b: b + b"X" * 80, "ends within a row; it is cut short: export it again"),
]


@pytest.mark.parametrize(("change", "message"), CUT)
def test_a_transport_file_that_is_not_whole_is_found(
    sent: Path, tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    for path in sent.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "ae.xpt").write_bytes(change((sent / "ae.xpt").read_bytes()))
    [found] = define_file.check(tmp_path / "define.xml", tmp_path)
    assert (found.rule, found.dataset, found.message) == ("DEF-DATASET", "AE", f"ae.xpt: {message}")


def test_dataset_json_that_define_does_not_have_is_found_and_other_json_is_not(
    sent: Path, tmp_path: Path
) -> None:
    for path in sent.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "settings.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "zz.json").write_text(as_object(WOMEN), encoding="utf-8")
    (tmp_path / "dm.json").write_text(as_object(ONE_U), encoding="utf-8")  # dm.xpt is compared
    (tmp_path / "folder.xpt").mkdir()
    assert [f.message for f in define_file.check(tmp_path / "define.xml", tmp_path)] == [
        "zz.json is in the folder and not in define.xml; describe it, or remove it"
    ]


# --- the command
def test_a_fault_is_printed_with_file_line_rule_and_place(sent: Path, tmp_path: Path) -> None:
    content = (
        (sent / "define.xml")
        .read_text(encoding="utf-8")
        .replace(' Length="1" SASFieldName="SEX"', ' SASFieldName="SEX"')
    )
    path = tmp_path / "theirs.xml"
    path.write_text(content, encoding="utf-8")
    line = content.split('ItemDef OID="IT.DM.SEX"')[0].count("\n") + 1
    result = call(path)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        f"theirs.xml:{line}: error: DEF-LENGTH: DM.SEX: DataType text needs a Length",
        "errors: 1 errors, 0 warnings (DEF-LENGTH 1)",
    ]
    told = json.loads(call(path, "--json").stdout)
    assert (told["state"], told["errors"], told["warnings"]) == ("errors", 1, 0)
    assert told["findings"][0]["line"] == line
    assert call(path, "--json").exit_code == 1


def test_equal_faults_are_one_line_with_their_places_below_it(sent: Path, tmp_path: Path) -> None:
    content = (sent / "define.xml").read_text(encoding="utf-8")
    changed = re.sub(r' Length="\d+" (SASFieldName="(STUDYID|USUBJID|IDVAR|QNAM)")', r" \1", content)
    path = tmp_path / "theirs.xml"
    path.write_text(changed, encoding="utf-8")

    def line(item: str) -> int:
        return changed.split(f'ItemDef OID="IT.{item}"')[0].count("\n") + 1

    first, *others = (
        "DM.STUDYID", "DM.USUBJID", "AE.STUDYID", "AE.USUBJID", "SUPPAE.STUDYID", "SUPPAE.USUBJID",
        "SUPPAE.IDVAR", "SUPPAE.QNAM",
    )  # fmt: skip
    places = ", ".join(f"line {line(item)} {item}" for item in others)
    assert call(path).stdout.splitlines() == [
        f"theirs.xml:{line(first)}: error: DEF-LENGTH: {first}: DataType text needs a Length",
        f"    7 more of it: {places}",
        "errors: 8 errors, 0 warnings (DEF-LENGTH 8)",
    ]
    assert len(json.loads(call(path, "--json").stdout)["findings"]) == 8


def test_a_right_file_ends_with_exit_code_0(sent: Path) -> None:
    result = call(sent / "define.xml", "--data", sent)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "fine: 0 errors, 0 warnings\n", "")


def test_what_is_not_there_is_wrong_usage(sent: Path, tmp_path: Path) -> None:
    for words in (
        (tmp_path / "none.xml",),
        (tmp_path,),
        (sent / "define.xml", "--data", tmp_path / "none"),
        (sent / "define.xml", "--data", tmp_path / "file"),
    ):
        (tmp_path / "file").touch()
        result = call(*words)
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert str(tmp_path) in result.stderr
    with pytest.raises(UsageError):
        define_file.check(tmp_path / "none.xml")


ODM = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.0">{}</ODM>'
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
HOSTILE = {
    "nothing at all": ("", "is not XML"),
    "blanks": ("   \n", "is not XML"),
    "no XML": ("DM,AE\n1,2\n", "is not XML"),
    "cut off": (ODM.format("<Study>")[:-10], "is not XML"),
    "a thousand laughs": (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l11;</x>', ""),
    "a thousand laughs in an attribute": (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x a="&l11;"/>', ""),
    "a file of this machine": (
        '<!DOCTYPE ODM [<!ENTITY f SYSTEM "file:///etc/passwd">]><ODM>&f;</ODM>',
        "has a document type",
    ),
    "a page of the network": (
        '<!DOCTYPE ODM SYSTEM "http://127.0.0.1:9/x.dtd"><ODM/>',
        "has a document type",
    ),
    "deeper than anybody writes": ("<a>" * 100_000 + "</a>" * 100_000, "is not XML"),
    "another root": ("<html><body/></html>", "the root element is html; expected ODM"),
    "ODM of another namespace": (
        "<ODM/>",
        "the root element is ODM; expected ODM of http://www.cdisc.org/ns/odm/v1.3",
    ),
    "ODM that defines nothing": (
        "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3'/>",
        "without def:DefineVersion",
    ),
    "the version before": (
        ODM.format("<MetaDataVersion def:DefineVersion='2.0.0'/>"),
        "is Define-XML 2.0.0; expected 2.1",
    ),
    "the version before, by its namespace": (
        ODM.format("<Study/>"),
        "is ODM without def:DefineVersion, in the namespace of Define-XML 2.0; expected Define-XML 2.1",
    ),
    "the first version, of another ODM": (
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.2" xmlns:def="http://www.cdisc.org/ns/def/v1.0">'
        '<Study OID="S"><MetaDataVersion OID="M" def:DefineVersion="1.0.0"/></Study></ODM>',
        "is Define-XML 1.0.0; expected 2.1",
    ),
    "the first version, that says it nowhere but in its namespace": (
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.2"><Study OID="S">'
        '<MetaDataVersion OID="M" xmlns:def="http://www.cdisc.org/ns/def/v1.0"/></Study></ODM>',
        "in the namespace of Define-XML 1.0; expected Define-XML 2.1",
    ),
    "a version to come": (
        ODM.replace("v2.0", "v2.2").format("<MetaDataVersion def:DefineVersion='2.2.0'/>"),
        "is Define-XML 2.2.0; expected 2.1",
    ),
    "a version that is none": (
        ODM.replace("v2.0", "v2.1").format("<MetaDataVersion def:DefineVersion='2.1.x'/>"),
        "is Define-XML 2.1.x; expected 2.1",
    ),
    "an attribute that nobody can read": (
        f'<ODM a="{"x" * 10_000_001}"/>',
        "is not XML: an attribute or a text has over 10 million characters",
    ),
    "an encoding that there is not": ('<?xml version="1.0" encoding="klingon"?><ODM/>', "is not XML"),
}


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_in_one_line(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "define.xml").write_text(content, encoding="utf-8")
    result = call(tmp_path / "define.xml")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("define.xml:")
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "root:" not in result.stderr
    with pytest.raises(DropError):
        define_file.check(tmp_path / "define.xml")


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 10,
        "<ODM a='乳'/>".encode("gb18030"),
        "<ODM a='é'/>".encode("latin-1"),
        "<?xml version='1.0' encoding='utf-16'?><ODM/>".encode("latin-1"),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "define.xml").write_bytes(content)
    result = call(tmp_path / "define.xml")
    assert result.exit_code == 4
    assert result.stderr.startswith("define.xml:1: is not XML")


def test_a_define_in_another_encoding_that_it_names_is_read(sent: Path, tmp_path: Path) -> None:
    content = (
        (sent / "define.xml").read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    )
    (tmp_path / "define.xml").write_text(content, encoding="utf-16")
    assert call(tmp_path / "define.xml", "--data", sent).exit_code == 0


@pytest.mark.parametrize(
    "attribute",
    ["OID", "Name", "DataType", "Length", "ItemOID", "OrderNumber", "KeySequence", "Comparator", "Type"],
)
@pytest.mark.parametrize("value", [None, "-1", "ª²"])
def test_no_attribute_however_wrong_ends_in_a_traceback(
    sent: Path, tmp_path: Path, attribute: str, value: str | None
) -> None:
    content = (sent / "define.xml").read_text(encoding="utf-8")
    new = "" if value is None else f' {attribute}="{value}"'
    (tmp_path / "define.xml").write_text(re.sub(rf' {attribute}="[^"]*"', new, content), encoding="utf-8")
    result = call(tmp_path / "define.xml", "--data", sent)
    # without any OrderNumber the order is that of the file: a warning
    assert (result.exit_code, result.stderr) == (0 if (attribute, value) == ("OrderNumber", None) else 1, "")


@pytest.mark.parametrize(
    "element",
    [
        "ItemDef",
        "ItemRef",
        "ItemGroupDef",
        "CodeList",
        "CheckValue",
        "RangeCheck",
        "Standard",
        "leaf",
        "Origin",
    ],
)
def test_no_element_however_missing_ends_in_a_traceback(sent: Path, tmp_path: Path, element: str) -> None:
    content = (sent / "define.xml").read_text(encoding="utf-8")
    changed = re.sub(rf"<(/?)(def:)?{element}\b", r"<\1\2Other", content)
    assert changed != content
    (tmp_path / "define.xml").write_text(changed, encoding="utf-8")
    assert call(tmp_path / "define.xml", "--data", sent).exit_code == 1


def test_checking_a_file_loads_no_library_of_the_build(sent: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.checks.define import file as define_file; "
        f"define_file.check(Path({str(sent / 'define.xml')!r})); "
        "sys.exit(bool({'pandas', 'pandera', 'pydantic', 'jinja2', 'statsmodels'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode
        == 0
    )


# rules that fire, by the name of the file in the public examples of odmlib; these two are examples of CDISC
OF_OTHERS = {
    "definev21-adam.xml": set[str](),  # of 2019, with analysis results
    "define.xml": {"DEF-XSD", "DEF-UNUSED"},  # STDTMIG: a slip in it; no dataset follows its SDTMIG-MD
}


@pytest.mark.skipif(not SAMPLES, reason="DEFINE_SAMPLES names no folder of define.xml files of others")
def test_files_of_others_are_read_to_the_end() -> None:
    for path in sorted(Path(SAMPLES).glob("*.xml")):
        assert call(path).exit_code in (0, 1, 4), path
        if path.name in OF_OTHERS:
            assert {f.rule for f in define_file.check(path)} == OF_OTHERS[path.name], path
