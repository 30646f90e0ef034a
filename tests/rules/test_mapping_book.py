"""The mapping of a build as an auditor reads it: complete, with the recodings that took place, in four forms
that say the same.
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
from pipeline.finished import manifest as manifests
from pipeline.finished.folder import Folder
from pipeline.mapping_book import workbook
from pipeline.mapping_book.book import sheets
from pipeline.mapping_book.model import Entry, Field, Parameter, Recoding, Sheet, Target
from tests.conftest import DROP, ROOT


@pytest.fixture(scope="module")
def build(built: Path) -> Folder:
    return Folder.opened(built)


def target(build: Folder, name: str) -> Target:
    """A variable of the book."""
    (sheet,) = sheets(build, name)
    (only,) = sheet.targets
    return only


def entry(build: Folder, name: str) -> Entry:
    """The only rule of a variable."""
    (only,) = target(build, name).entries
    return only


# --- what the book says of a variable
def test_a_recoded_variable_shows_its_field_question_condition_and_recodings(build: Folder) -> None:
    units = target(build, "LB.LBORRESU")
    assert (units.label, units.type, units.core, units.codelist, units.origin) == (
        "Original Units",
        "text",
        "Exp",
        "UNIT",
        "Collected Vendor",
    )
    (rule,) = units.entries
    assert (rule.verb, rule.what, rule.sources) == ("codelist", "UNIT", ("Laboratory transfer (lab)",))
    assert rule.where == ("DONE is Yes and RESULT is present",)
    assert rule.fields == (Field("lab.UNIT", "Laboratory transfer (lab)", "Unit of result and limits"),)
    assert Recoding("cells/7.5mL", "/7.5 mL", 143) in rule.recodings


def test_a_function_is_shown_with_its_text_its_inputs_and_the_reason_of_its_parameter(build: Folder) -> None:
    rule = target(build, "tr.trstresc").entries[0]
    assert (rule.verb, rule.what, rule.place) == ("derive", "diameter_in_mm", "mappings/sdtm/tr.yaml:11:7")
    assert [(f.parameter, f.name, f.question) for f in rule.fields] == [
        ("status", "tl.STATUS", "Status"),
        ("diameter", "tl.DIAMETER", "Longest diameter; short axis of a lymph node"),
        ("unit", "tl.DIAMETER_UNIT", "Unit"),
    ]
    assert next(p for p in rule.parameters if p.name == "too_small_mm") == Parameter(
        "too_small_mm", "5 mm (default)", "A lesion faintly seen and too small to measure counts as 5 mm."
    )
    for part in (
        "The diameter in mm",
        "Takes     number as collected",
        "Returns   decimal text in mm",
        "Source    RECIST 1.1",
    ):
        assert part in rule.text


def test_a_label_collected_in_another_spelling_is_shown_beside_the_recoding(build: Folder) -> None:
    rules = [e for e in target(build, "EC.ECOCCUR").entries if any(f.name == "tras.GIVEN" for f in e.fields)]
    assert [r.respelled for r in rules] == [(Recoding("YES", "Yes", 1),)]


def test_the_events_and_the_convention_of_an_endpoint_are_shown(build: Folder) -> None:
    (adtte,) = sheets(build, "ADTTE")
    of_os = {p.name: (p.value, p.reason) for p in adtte.rows[0].parameters}
    assert of_os["event: death"] == ("ADSL.DTHDT where DTHFL is Y", "DEATH")
    assert of_os["censoring: alive"] == ("ADSL.LSTALVDT", "ALIVE AT LAST CONTACT")
    of_pfs = {p.name: p.value for p in adtte.rows[1].parameters}
    assert of_pfs["convention: missed"] == "windows: 2; before: progression, death"


def test_a_constant_of_the_protocol_a_supplemental_variable_and_a_predecessor_are_named_as_such(
    build: Folder,
) -> None:
    assert entry(build, "DM.STUDYID").what == "NCT02843126 (study.id)"
    assert (target(build, "ADSL.SEX").origin, entry(build, "ADSL.SEX").fields) == (
        "Predecessor DM.SEX",
        (Field("DM.SEX"),),
    )
    assert target(build, "AE.AERELNK").published == "SUPPAE"
    assert entry(build, "TA.ARMCD").what == "specs/study.yaml"


def test_parameters_are_those_that_a_function_names_and_not_all_of_the_study(build: Folder) -> None:
    (adrs,) = sheets(build, "ADRS")
    best = {p.name for e in adrs.rows if e.what == "best_overall_response" for p in e.parameters}
    assert "minimum_sd_days" in best
    assert not {"pr_fraction", "days_a_month"} & best


def test_every_variable_of_every_dataset_is_in_the_book(build: Folder, built: Path) -> None:
    report = json.loads((built / "report" / "report.json").read_text(encoding="utf-8"))
    by_name = {sheet.name: sheet for sheet in sheets(build)}
    assert list(by_name) == [d["dataset"] for d in report["datasets"]]
    for d in report["datasets"]:
        sheet = by_name[d["dataset"]]
        published = [t for t in sheet.targets if not t.published]
        assert (len(published), sheet.records) == (d["variables"], d["records"])
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


def test_each_recoding_has_the_count_of_the_drop(build: Folder) -> None:
    """Independent: the lines of the files, counted with csv; a label in another spelling is counted with its
    label.
    """
    book = build.mapping_book
    checked = 0
    for dataset, content in book["datasets"].items():
        blocks = {b["block"]: b for b in content["blocks"]}
        for variable, properties in content["variables"].items():
            for rule in properties["rules"]:
                block = blocks.get(rule.get("block"), {})
                form = block.get("source", "")
                if rule["verb"] != "codelist" or form not in book["forms"]:
                    continue
                (field,) = rule["of"]["of"]
                if not field.startswith(f"{form}."):
                    continue
                labels = {c.lower(): c for c in book["fields"][field].get("codes", ())}
                column = field.split(".")[1]
                where = block.get("where", {})
                texts = [line[column].strip() for line in lines(form) if meets(line, where)]
                counted = Counter(labels.get(text.lower(), text) for text in texts if text)
                of_rule = (dataset, variable, rule["block"])
                recodings = {
                    r["collected"]: r["records"]
                    for r in book["recodings"]
                    if (r["dataset"], r["variable"], r["block"]) == of_rule
                }
                assert recodings == counted, f"{dataset}.{variable} from {field}"
                checked += len(recodings)
    assert checked >= 150


def test_each_other_spelling_of_a_label_has_the_count_of_the_drop(build: Folder) -> None:
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for name, field in build.mapping_book["fields"].items():
        if field["type"] != "code":
            continue
        form, column = name.split(".")
        labels = {c.lower(): c for c in field.get("codes", ())}
        for line in lines(form):
            text = line[column]
            label = labels.get(text.strip().lower(), text.strip())
            if text.strip() and text != label:
                counted[form, column, text, label] += 1
    fields = build.mapping_book["fields"]
    respelled = [  # names of visits are respelled too, by the plan and not by labels of the form
        r for r in build.mapping_book["respelled"] if fields[f"{r['form']}.{r['field']}"]["type"] == "code"
    ]
    assert {(r["form"], r["field"], r["collected"], r["label"]): r["records"] for r in respelled} == counted
    assert counted["tras", "GIVEN", "YES", "Yes"] == 1


# --- what the build keeps
def test_the_build_keeps_specs_and_mappings_byte_by_byte(build: Folder) -> None:
    home = build.home / "lineage" / "study"
    manifest = manifests.read(build.home).content
    names = manifest["study"]
    assert {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()} == set(names)
    for name in names:
        assert (home / name).read_bytes() == (ROOT / name).read_bytes()
        assert f"lineage/study/{name}" in manifest["outputs"]


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


def test_json_says_what_the_book_says(build: Folder, built: Path) -> None:
    printed = json.loads(call(built, "LB.LBORRESU", "--json").stdout)
    (rule,) = printed["datasets"][0]["targets"][0]["entries"]
    by_codelist = {"how": "", "places": []}
    assert {"collected": "ng/mL", "value": "ug/L", "records": 143, **by_codelist} in rule["recodings"]


def test_an_unknown_dataset_or_variable_is_wrong_usage_with_the_nearest_word(
    built: Path, tmp_path: Path
) -> None:
    result = call(built, "ADTE")
    message = "ADTE: the build has no dataset ADTE; did you mean ADTTE?\n"
    assert (result.exit_code, result.stderr) == (2, message)
    result = call(built, "TR.TRMETHD")
    message = "TR.TRMETHD: TR has no variable TRMETHD; did you mean TRMETHOD?\n"
    assert (result.exit_code, result.stderr) == (2, message)
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


def test_the_workbook_has_a_sheet_per_dataset_and_the_same_bytes_each_time(
    build: Folder, built: Path, tmp_path: Path
) -> None:
    books = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for book in books:
        assert call(built, "--xlsx", book).exit_code == 0
    assert books[0].read_bytes() == books[1].read_bytes()
    with zipfile.ZipFile(books[0]) as z:
        assert {i.date_time for i in z.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    loaded = load_workbook(books[0])
    assert loaded.sheetnames == ["Overview", *build.mapping_book["datasets"], "Codelists", "Functions"]
    rows = {r[0]: r for r in loaded["LB"].iter_rows(min_row=2, values_only=True)}
    assert "cells/7.5mL -> /7.5 mL: 143" in str(rows["LBORRESU"])
    terms = [
        r
        for r in loaded["Codelists"].iter_rows(min_row=2, values_only=True)
        if r[0] == "UNIT" and r[3] == "ug/L"
    ]
    assert [(r[4], r[6], r[7]) for r in terms] == [("C67306", "ng/mL", 143)]


def test_a_text_that_looks_like_a_formula_is_text_in_the_workbook(build: Folder, tmp_path: Path) -> None:
    odd = '=HYPERLINK("x")'
    rule = Entry(
        variable="A",
        blocks=(),
        verb="codelist",
        verb_in_words="recoded",
        what=odd,
        sources=(),
        where=(),
        fields=(),
        recodings=(Recoding("+1", "@x", 2),),
        respelled=(),
        readings=(),
        function="",
        text="\x07bell",
        parameters=(),
        comment="-1",
        place="",
    )
    variable = Target("A", odd, "text", "Req", "", "", "", "", 0, (rule,))
    sheet = Sheet("XX", odd, "sdtm", "", 0, "", (), (variable,))
    workbook.write(build.mapping_book, [sheet], tmp_path / "odd.xlsx")
    content = io.BytesIO((tmp_path / "odd.xlsx").read_bytes())
    cells = {c.coordinate: c for row in load_workbook(content)["XX"].iter_rows(min_row=2) for c in row}
    assert (cells["B2"].value, cells["B2"].data_type, cells["B2"].quotePrefix) == (odd, "s", True)
    assert {c.data_type for c in cells.values()} <= {"s", "n"}
    assert cells["P2"].value == "\ufffdbell"
    with zipfile.ZipFile(content) as z:
        assert not any(b"<f>" in z.read(n) for n in z.namelist())
