"""The mapping of a build as an auditor reads it: complete, with the recodings that really happened, in four
forms that say the same.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from openpyxl import load_workbook
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.finished.folder import Build, opened
from pipeline.mapping_book import workbook as mapping_xlsx
from pipeline.mapping_book.book import Entry, Field, Parameter, Recoding, Sheet, Target, sheets
from tests.conftest import DROP, ROOT


@pytest.fixture(scope="module")
def build(built: Path) -> Build:
    return opened(built)


def target(build: Build, name: str) -> Target:
    (sheet,) = sheets(build, name)
    (found,) = sheet.targets
    return found


def entry(build: Build, name: str) -> Entry:
    """The only rule of a variable."""
    (found,) = target(build, name).entries
    return found


# --- what is told of a variable
def test_a_recoded_variable_tells_its_field_question_condition_and_recodings(build: Build) -> None:
    found = target(build, "LB.LBORRESU")
    assert (found.label, found.type, found.core, found.codelist, found.origin) == (
        "Original Units",
        "text",
        "Exp",
        "UNIT",
        "Collected Vendor",
    )
    (rule,) = found.entries
    assert (rule.verb, rule.what, rule.sources) == ("codelist", "UNIT", ("Laboratory transfer (lab)",))
    assert rule.where == ("DONE is Yes and RESULT is present",)
    assert rule.fields == (Field("lab.UNIT", "Laboratory transfer (lab)", "Unit of result and limits"),)
    assert Recoding("cells/7.5mL", "/7.5 mL", 143) in rule.recodings


def test_a_function_is_told_with_its_words_its_inputs_and_the_reason_of_its_parameter(build: Build) -> None:
    rule = target(build, "tr.trstresc").entries[0]
    assert (rule.verb, rule.what, rule.place) == ("derive", "diameter_in_mm", "mappings/sdtm/tr.yaml:11:7")
    assert [(f.parameter, f.name, f.question) for f in rule.fields] == [
        ("status", "tl.STATUS", "Status"),
        ("diameter", "tl.DIAMETER", "Longest diameter; short axis of a lymph node"),
        ("unit", "tl.DIAMETER_UNIT", "Unit"),
    ]
    assert rule.parameters[0] == Parameter(
        "too_small_mm", "5 mm", "A lesion faintly seen and too small to measure counts as 5 mm."
    )
    for part in (
        "The diameter in mm",
        "Takes     status",
        "Returns   decimal text in mm",
        "Source    RECIST 1.1",
    ):
        assert part in rule.text


def test_a_label_collected_in_another_spelling_is_told_beside_the_recoding(build: Build) -> None:
    rules = [e for e in target(build, "EC.ECOCCUR").entries if any(f.name == "tras.GIVEN" for f in e.fields)]
    assert [r.respelled for r in rules] == [(Recoding("YES", "Yes", 1),)]


def test_the_events_and_the_convention_of_an_endpoint_are_told(build: Build) -> None:
    (adtte,) = sheets(build, "ADTTE")
    told = {p.name: (p.value, p.reason) for p in adtte.rows[0].parameters}
    assert told["event: death"] == ("ADSL.DTHDT where DTHFL is Y", "DEATH")
    assert told["censoring: alive"] == ("ADSL.LSTALVDT", "ALIVE AT LAST CONTACT")
    assert {p.name: p.value for p in adtte.rows[1].parameters}[
        "convention: missed"
    ] == "windows: 2; before: progression, death"


def test_a_constant_from_the_protocol_a_supplemental_variable_and_a_predecessor_are_told_as_such(
    build: Build,
) -> None:
    assert entry(build, "DM.STUDYID").what == "NCT02843126 (study.id)"
    assert (target(build, "ADSL.SEX").origin, entry(build, "ADSL.SEX").fields) == (
        "Predecessor DM.SEX",
        (Field("DM.SEX"),),
    )
    assert target(build, "AE.AERELNK").published == "SUPPAE"
    assert entry(build, "TA.ARMCD").what == "specs/study.yaml, at the line that the record names"


def test_parameters_are_those_that_a_function_names_and_not_all_of_the_study(build: Build) -> None:
    (adrs,) = sheets(build, "ADRS")
    best = {p.name for e in adrs.rows if e.what == "best_overall_response" for p in e.parameters}
    assert "minimum_sd_days" in best
    assert not {"pr_fraction", "days_a_month"} & best


def test_every_variable_of_every_dataset_is_in_the_book(build: Build, built: Path) -> None:
    report = json.loads((built / "report" / "report.json").read_text(encoding="utf-8"))
    found = {s.name: s for s in sheets(build)}
    assert list(found) == [d["dataset"] for d in report["datasets"]]
    for d in report["datasets"]:
        published = [t for t in found[d["dataset"]].targets if not t.published]
        assert (len(published), found[d["dataset"]].records) == (d["variables"], d["records"])
        assert all(t.entries and t.label for t in published)


# --- counts against the drop
def lines(form: str) -> list[dict[str, str]]:
    with (DROP / f"{form}.csv").open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def meets(line: Mapping[str, str], where: Mapping[str, Any]) -> bool:
    for field, wanted in where.items():
        value = line[field].strip()
        if wanted in ("present", "absent"):
            if bool(value) != (wanted == "present"):
                return False
        elif value.lower() not in [w.lower() for w in ([wanted] if isinstance(wanted, str) else wanted)]:
            return False
    return True


def test_each_recoding_has_the_count_of_the_drop(build: Build) -> None:
    """Independent: the lines of the files, counted with csv; a label in another spelling is counted with its
    label.
    """
    book = build.book
    checked = 0
    for dataset, told in book["datasets"].items():
        blocks = {b["block"]: b for b in told["blocks"]}
        for variable, v in told["variables"].items():
            for rule in v["rules"]:
                form = blocks.get(rule.get("block"), {}).get("source", "")
                (field,) = rule.get("of", {}).get("of", [""]) if rule["verb"] == "codelist" else [""]
                if form not in book["forms"] or not field.startswith(f"{form}."):
                    continue
                labels = {c.lower(): c for c in book["fields"][field].get("codes", ())}
                taken = [
                    line[field.split(".")[1]].strip()
                    for line in lines(form)
                    if meets(line, blocks[rule["block"]].get("where", {}))
                ]
                counted = Counter(labels.get(t.lower(), t) for t in taken if t)
                mine = [
                    r
                    for r in book["recodings"]
                    if (r["dataset"], r["variable"], r["block"]) == (dataset, variable, rule["block"])
                ]
                assert {r["collected"]: r["records"] for r in mine} == counted, (
                    f"{dataset}.{variable} from {field}"
                )
                checked += len(mine)
    assert checked >= 150


def test_each_other_spelling_of_a_label_has_the_count_of_the_drop(build: Build) -> None:
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for name, field in build.book["fields"].items():
        form, column = name.split(".")
        labels = {c.lower(): c for c in field.get("codes", ())}
        for line in lines(form) if field["type"] == "code" else []:
            text = line[column]
            if text.strip() and text != labels.get(text.strip().lower(), text.strip()):
                counted[form, column, text, labels.get(text.strip().lower(), text.strip())] += 1
    assert {
        (r["form"], r["field"], r["collected"], r["label"]): r["records"] for r in build.book["respelled"]
    } == counted
    assert counted["tras", "GIVEN", "YES", "Yes"] == 1


# --- what the build keeps
def test_the_build_keeps_specs_and_mappings_byte_by_byte(build: Build) -> None:
    names = build.manifest["study"]
    assert {
        p.relative_to(build.home / "lineage" / "study").as_posix()
        for p in build.files("lineage/study/**/*")
        if p.is_file()
    } == set(names)
    for name in names:
        assert (build.home / "lineage" / "study" / name).read_bytes() == (ROOT / name).read_bytes()
        assert f"lineage/study/{name}" in build.manifest["outputs"]


# --- forms of the answer
def call(*words: str | Path) -> Any:
    return CliRunner().invoke(app, ["mapping", *map(str, words)])


def test_the_terminal_shows_a_variable_with_all_that_it_rests_on(built: Path) -> None:
    result = call(built, "TR.TRSTRESC")
    assert result.exit_code == 0
    for shown in (
        "Longest diameter; short axis of a lymph node",
        "too_small_mm = 5",
        "Equivocal -> EQUIVOCAL: 1",
        "Returns   decimal text in mm",
    ):
        assert shown in result.stdout


def test_the_terminal_shows_a_dataset_with_its_records_variables_and_functions(built: Path) -> None:
    result = call(built, "sv")
    assert result.exit_code == 0
    for shown in ("SV: Subject Visits", "SVPRESP", "Records from", "Returns"):
        assert shown in result.stdout


def test_json_says_what_the_book_says(build: Build, built: Path) -> None:
    told = json.loads(call(built, "LB.LBORRESU", "--json").stdout)
    (rule,) = told["datasets"][0]["targets"][0]["entries"]
    assert {"collected": "ng/mL", "value": "ug/L", "records": 143} in rule["recodings"]


def test_an_unknown_dataset_or_variable_is_wrong_usage_with_the_nearest_word(
    built: Path, tmp_path: Path
) -> None:
    result = call(built, "ADTE")
    assert (result.exit_code, result.stderr) == (
        2,
        "ADTE: the build has no dataset ADTE; did you mean ADTTE?\n",
    )
    result = call(built, "TR.TRMETHD")
    assert (result.exit_code, result.stderr) == (
        2,
        "TR.TRMETHD: TR has no variable TRMETHD; did you mean TRMETHOD?\n",
    )
    assert call(tmp_path).exit_code == 2


def test_the_page_loads_nothing_from_outside_and_has_an_anchor_for_everything_it_links(
    built: Path, tmp_path: Path
) -> None:
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for page in pages:
        assert call(built, "--html", page).exit_code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    tree: Any = html.fromstring(pages[0].read_text(encoding="utf-8"))
    assert not tree.xpath("//link | //img | //iframe | //script[@src] | //@href[not(starts-with(., '#'))]")
    assert "@import" not in pages[0].read_text(encoding="utf-8")
    assert "url(" not in pages[0].read_text(encoding="utf-8")
    anchors = [str(a) for a in tree.xpath("//@id")]
    assert len(anchors) == len(set(anchors))
    assert {str(h)[1:] for h in tree.xpath("//@href")} <= set(anchors)
    (row,) = tree.xpath("//tr[@id='TR.TRSTRESC']")
    assert "too_small_mm = 5" in row.text_content()


def test_the_workbook_has_a_sheet_a_dataset_and_the_same_bytes_each_time(
    build: Build, built: Path, tmp_path: Path
) -> None:
    books = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for book in books:
        assert call(built, "--xlsx", book).exit_code == 0
    assert books[0].read_bytes() == books[1].read_bytes()
    with zipfile.ZipFile(books[0]) as z:
        assert {i.date_time for i in z.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    workbook = load_workbook(books[0])
    assert workbook.sheetnames == ["Overview", *build.book["datasets"], "Codelists", "Functions"]
    rows = {r[0]: r for r in workbook["LB"].iter_rows(min_row=2, values_only=True)}
    assert "cells/7.5mL -> /7.5 mL: 143" in str(rows["LBORRESU"])
    terms = [
        r
        for r in workbook["Codelists"].iter_rows(min_row=2, values_only=True)
        if r[0] == "UNIT" and r[3] == "ug/L"
    ]
    assert [(r[4], r[6], r[7]) for r in terms] == [("C67306", "ng/mL", 143)]


def test_a_text_that_looks_like_a_formula_is_text_in_the_workbook(build: Build, tmp_path: Path) -> None:
    odd = '=HYPERLINK("x")'
    rule = Entry(
        "A",
        (),
        "codelist",
        "recoded",
        odd,
        (),
        (),
        (),
        (Recoding("+1", "@x", 2),),
        (),
        "",
        "\x07bell",
        (),
        "-1",
        "",
    )
    sheet = Sheet(
        "XX", odd, "sdtm", "", 0, "", (), (Target("A", odd, "text", "Req", "", "", "", "", 0, (rule,)),)
    )
    mapping_xlsx.write(build.book, [sheet], tmp_path / "odd.xlsx")
    content = io.BytesIO((tmp_path / "odd.xlsx").read_bytes())
    cells = {c.coordinate: c for row in load_workbook(content)["XX"].iter_rows(min_row=2) for c in row}
    assert (cells["B2"].value, cells["B2"].data_type, cells["B2"].quotePrefix) == (odd, "s", True)
    assert {c.data_type for c in cells.values()} <= {"s", "n"}
    assert cells["P2"].value == "\ufffdbell"
    with zipfile.ZipFile(content) as z:
        assert not any(b"<f>" in z.read(n) for n in z.namelist())
