"""A change review names each kind of change by its meaning, and what explains each changed cell."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lxml import html
from typer.testing import CliRunner

from pipeline import stages as run
from pipeline.cli import app
from pipeline.finished.folder import Folder
from pipeline.review import endpoints, plain, text
from pipeline.review.compare import Cell, review
from pipeline.review.records import Compared, old_places
from pipeline.review.references import is_same_code
from pipeline.study import load
from pipeline.workers import Workers
from tests.conftest import DROP as SAMPLE
from tests.conftest import ROOT, quiet
from tests.support import outputs, small_builds
from tests.support.small_builds import DROP, file

Outcome = Mapping[str, Any]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_builds.built(tmp_path_factory.mktemp("small"), "before")


@pytest.fixture
def changed(before: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """The review after some files of the study or the drop changed: file -> (text, text in its place)."""

    def compare(changes: Mapping[str, tuple[str, str]]) -> Outcome:
        texts = {}
        for name, (old, new) in changes.items():
            text = DROP[name] if name.endswith(".csv") else file(name)
            assert old in text, f"{old} is not in {name}"
            texts[name] = text.replace(old, new)
        drop = {n: t for n, t in texts.items() if n.endswith(".csv")}
        after = small_builds.built(tmp_path, "after", {n: t for n, t in texts.items() if n not in drop}, drop)
        return review(Folder.opened(before), Folder.opened(after)).content

    return compare


def in_words(outcome: Outcome) -> list[str]:
    return [text.change(c) for c in outcome["mapping"]]


def data(outcome: Outcome) -> dict[str, dict[str, int]]:
    return {d["dataset"]: d["variables"] for d in outcome["datasets"]}


def causes(outcome: Outcome, dataset: str, variable: str) -> str:
    (changes,) = (d for d in outcome["datasets"] if d["dataset"] == dataset)
    return text.cause(changes["explained"][variable])


# --- nothing changed
def test_a_build_compared_with_itself_says_that_nothing_changed(before: Path) -> None:
    outcome = review(Folder.opened(before), Folder.opened(before)).content
    assert outcome["changed"] is False
    assert list(text.lines(outcome))[1:] == ["Nothing changed."]


def test_the_same_input_built_again_says_that_nothing_changed(changed: Callable[..., Outcome]) -> None:
    assert changed({})["changed"] is False


# --- specs and mappings by meaning
def test_a_new_spelling_is_named_and_explains_the_cells_that_it_recodes(before: Path, tmp_path: Path) -> None:
    word = {"enrol.csv": DROP["enrol.csv"].replace("Male", "lady")}
    contract = {
        "specs/raw/enrol.yaml": (
            file("specs/raw/enrol.yaml").replace("codes: [Female, Male]", "codes: [Female, Male, lady]")
        )
    }
    loose = {
        "specs/codelists.yaml": (
            file("specs/codelists.yaml").replace("M: {decode: Male}", "M: {decode: Male, collected: [lady]}")
        )
    }
    right = {"specs/codelists.yaml": file("specs/codelists.yaml").replace("[woman]", "[woman, lady]")}
    old, new = (
        small_builds.built(tmp_path, "old", {**contract, **loose}, word),
        small_builds.built(tmp_path, "new", {**contract, **right}, word),
    )
    outcome = review(Folder.opened(old), Folder.opened(new)).content
    assert in_words(outcome) == [
        "codelist SEX: spelling lady of F added",
        "codelist SEX: spelling lady of M removed",
    ]
    assert data(outcome) == {"DM": {"SEX": 1}, "ADSL": {"SEX": 1, "SEXN": 1}}
    assert causes(outcome, "ADSL", "SEXN") == "1 by mapping (1, 2)"
    assert outcome["unexplained"] == []


def test_a_changed_parameter_is_named_with_both_values_and_explains_what_is_worked_out_with_it(
    changed: Callable[..., Outcome],
) -> None:
    outcome = changed({"specs/study.yaml": ("value: 24", "value: 12")})
    assert in_words(outcome) == ["parameter per_day: value: 24 -> 12"]
    assert data(outcome) == {"ADSL": {"HOURS": 2}}
    assert causes(outcome, "ADSL", "HOURS") == "2 by mapping (1)"
    assert outcome["define"] == [{"layer": "ADaM", "item": "MT.ADSL.HOURS", "what": "Description"}], (
        "the Method gives the value"
    )


def test_a_changed_verb_is_named_with_both_rules_and_changes_the_origin_in_define(
    changed: Callable[..., Outcome],
) -> None:
    outcome = changed({"mappings/adam/adsl.yaml": ("{copy: DM.SEX}", "{codelist: SEX, of: DM.SEX}")})
    assert in_words(outcome) == [
        "variable ADSL.SEX: codelist: (none) -> SEX",
        "rule ADSL.SEX: verb: copy of DM.SEX -> codelist SEX of DM.SEX",
    ]
    assert data(outcome) == {}
    assert outcome["define"] == [{"layer": "ADaM", "item": "IT.ADSL.SEX", "what": "CodeListRef, Origin"}]


def test_another_source_field_is_named_as_such(changed: Callable[..., Outcome]) -> None:
    outcome = changed({"mappings/sdtm/ex.yaml": ("EXTRT:  {copy: PRODUCT}", "EXTRT:  {copy: FOLDER}")})
    assert in_words(outcome) == ["rule EX.EXTRT: source field: dose.PRODUCT -> dose.FOLDER"]
    assert data(outcome) == {"EX": {"EXTRT": 3}}
    assert causes(outcome, "EX", "EXTRT") == "3 by mapping (1)"


def test_a_removed_variable_is_named_with_the_rule_it_had(changed: Callable[..., Outcome]) -> None:
    outcome = changed({
        "specs/adam/adsl.yaml": ("  SEXN:    {label: Sex in words, type: text}\n", ""),
        "mappings/adam/adsl.yaml": ("  SEXN:    {codelist: SEX, of: SEX}\n", ""),
    })  # fmt: skip
    assert in_words(outcome) == ["variable ADSL.SEXN: removed: codelist SEX of DM.SEX -> (none)"]
    (adsl,) = outcome["datasets"]
    assert (adsl["columns_removed"], adsl["variables"]) == (["SEXN"], {})
    assert {"layer": "ADaM", "item": "IT.ADSL.SEXN", "what": "removed"} in outcome["define"]


def test_an_added_variable_is_named_with_its_rule(changed: Callable[..., Outcome]) -> None:
    outcome = changed({
        "specs/adam/adsl.yaml": ("  SEXN:", "  AGEU:    {label: Age unit, type: text}\n  SEXN:"),
        "mappings/adam/adsl.yaml": ("  SEXN:", "  AGEU:    {constant: YEARS}\n  SEXN:"),
    })  # fmt: skip
    assert in_words(outcome) == ["variable ADSL.AGEU: added: (none) -> constant YEARS"]


def test_label_length_and_core_are_named_and_change_no_cell(changed: Callable[..., Outcome]) -> None:
    old = "SEX:     {label: Sex, type: text, codelist: SEX}"
    new = "SEX:     {label: Sex of the person, type: text, max_length: 1, core: Req, codelist: SEX}"
    outcome = changed({"specs/sdtm/dm.yaml": (old, new)})
    assert in_words(outcome) == [
        "variable DM.SEX: label: Sex -> Sex of the person",
        "variable DM.SEX: max_length: (none) -> 1",
        "variable DM.SEX: core: Perm -> Req",
    ]
    assert data(outcome) == {}


def test_a_changed_function_is_named_and_its_text_apart_from_its_code(
    changed: Callable[..., Outcome],
) -> None:
    outcome = changed({"mappings/sdtm/dm.py": ('["EXSTDTC"].min()', '["EXSTDTC"].max()')})
    assert [(c["kind"], c["subject"], c["what"]) for c in outcome["mapping"]] == [
        ("function", "DM.first_dose", "code")
    ]
    assert data(outcome) == {"DM": {"RFSTDTC": 1}, "EX": {"EXSTDY": 2}, "ADSL": {"TRTSDT": 1}}
    assert outcome["unexplained"] == []
    assert causes(outcome, "ADSL", "TRTSDT") == "1 by mapping (1)"


def test_the_text_of_a_function_changes_its_method_and_no_value(changed: Callable[..., Outcome]) -> None:
    outcome = changed({"mappings/sdtm/dm.py": ("The earliest date of a dose.", "The first date of a dose.")})
    assert [(c["what"], c["can_change_values"]) for c in outcome["mapping"]] == [("text", False)]
    assert (data(outcome), [i["item"] for i in outcome["define"]]) == ({}, ["MT.DM.RFSTDTC"])


def test_code_beside_a_function_is_a_change_of_the_function(changed: Callable[..., Outcome]) -> None:
    outcome = changed(
        {"mappings/adam/adsl.py": ("import pandas as pd\n", "import pandas as pd\n\nLIMIT = 3\n")}
    )
    assert in_words(outcome) == [
        f"function ADSL.{name}: code beside it in the same file" for name in ("hours", "whole_day")
    ]
    assert data(outcome) == {}


def test_a_condition_of_a_block_is_named_and_explains_the_records_that_are_removed(
    changed: Callable[..., Outcome],
) -> None:
    outcome = changed({
        "mappings/sdtm/ex.yaml": ("where: {GIVEN: Yes}", "where: {GIVEN: Yes, FOLDER: V1}"),
        "mappings/set_aside.yaml": ("{from: dose, where: {GIVEN: No}, reason: Not given}",
                                    "{from: dose, where: {FOLDER: V2}, reason: Not the first}"),
    })  # fmt: skip
    assert "records EX: condition: GIVEN = Yes -> GIVEN = Yes; FOLDER = V1" in in_words(outcome)
    (ex,) = (d for d in outcome["datasets"] if d["dataset"] == "EX")
    assert (ex["added"], ex["removed"], ex["variables"]) == (0, 1, {})
    assert causes(outcome, "EX", "").startswith("1 by mapping")
    assert outcome["unexplained"] == []


def test_a_question_is_named_by_its_field(changed: Callable[..., Outcome]) -> None:
    outcome = changed({"specs/raw/dose.yaml": ("question: Milligrams", "question: Dose in mg")})
    assert in_words(outcome) == ["contract dose.MG: question: Milligrams -> Dose in mg"]


def test_a_part_of_the_protocol_is_called_by_its_name(changed: Callable[..., Outcome]) -> None:
    outcome = changed(
        {"specs/study.yaml": ("visits: [{name: WEEK 6, number: 7}]", "visits: [{name: WEEK 6, number: 8}]")}
    )
    assert in_words(outcome) == ["study specs/study.yaml: visits.WEEK 6.number: 7 -> 8"]


# --- the drop
def test_a_changed_raw_cell_explains_the_cells_that_depend_on_it(changed: Callable[..., Outcome]) -> None:
    outcome = changed({"dose.csv": ("02,V1,yes,02 MAR 2018", "02,V1,yes,03 MAR 2018")})
    assert outcome["raw"] == [{"form": "dose", "added": 0, "removed": 0, "cells": {"DAY": 1}}]
    assert data(outcome) == {"DM": {"RFSTDTC": 1}, "EX": {"EXSTDTC": 1}, "ADSL": {"TRTSDT": 1}}
    assert {causes(outcome, d, v) for d, vs in data(outcome).items() for v in vs} == {"1 by raw data"}
    assert in_words(outcome) == outcome["unexplained"] == []


def test_a_new_participant_is_records_added_and_no_cell_of_another(changed: Callable[..., Outcome]) -> None:
    outcome = changed(
        {
            "enrol.csv": ("01,,", "00,,,Male,01 JAN 1950\n01,,"),
            "dose.csv": ("01,V1", "00,V1,Yes,01 MAR 2018,80,DRUG\n01,V1"),
        }
    )
    assert {d["dataset"]: (d["added"], d["removed"], d["variables"]) for d in outcome["datasets"]} == {
        "DM": (1, 0, {}), "EX": (1, 0, {}), "ADSL": (1, 0, {})}  # fmt: skip
    assert {causes(outcome, d["dataset"], "") for d in outcome["datasets"]} == {"1 by raw data"}


def test_a_record_before_others_renumbers_them_and_is_not_taken_for_one_of_them(
    changed: Callable[..., Outcome],
) -> None:
    outcome = changed({"dose.csv": ("01,V1", "01,V0,Yes,01 FEB 2018,70,DRUG\n01,V1")})
    (ex,) = (d for d in outcome["datasets"] if d["dataset"] == "EX")
    assert (ex["added"], ex["removed"]) == (1, 0)
    assert ex["variables"] == {
        "EXSEQ": 2,
        "EXSTDY": 2,
    }  # of the later doses; their amounts and dates stay the same
    assert outcome["unexplained"] == []


def with_raw_records_of(other: Path, out: Path, copy: Path) -> Path:
    """A copy of the current build in `out` that has the raw records of another build."""
    shutil.copytree((out / "latest").resolve(), copy)
    shutil.rmtree(copy / "lineage" / "raw")
    shutil.copytree(other / "lineage" / "raw", copy / "lineage" / "raw")
    outputs.declare_as_built(copy)
    return copy


def test_a_change_that_nothing_accounts_for_is_a_finding(before: Path, tmp_path: Path) -> None:
    after = small_builds.built(
        tmp_path, "after", drop={"dose.csv": DROP["dose.csv"].replace("02 MAR 2018", "03 MAR 2018")}
    )
    copy = with_raw_records_of(before, after, tmp_path / "copy")  # as if the drop had been the same
    outcome = review(Folder.opened(before), Folder.opened(copy)).content
    assert outcome["unexplained"] == ["DM.RFSTDTC", "EX.EXSTDTC", "ADSL.TRTSDT"]
    assert causes(outcome, "EX", "EXSTDTC") == "1 UNEXPLAINED"


def test_one_cause_does_not_cover_for_another_participant(before: Path, tmp_path: Path) -> None:
    both = DROP["dose.csv"].replace("02 MAR 2018", "03 MAR 2018").replace("22 MAR 2018", "23 MAR 2018")
    one = small_builds.built(
        tmp_path, "one", drop={"dose.csv": DROP["dose.csv"].replace("02 MAR 2018", "03 MAR 2018")}
    )
    after = small_builds.built(tmp_path, "after", drop={"dose.csv": both})
    copy = with_raw_records_of(one, after, tmp_path / "copy")
    assert (
        causes(review(Folder.opened(before), Folder.opened(copy)).content, "EX", "EXSTDTC")
        == "1 by raw data; 1 UNEXPLAINED"
    )


# --- the reviewer's guides
def touched(outcome: Outcome) -> dict[str, tuple[list[str], list[str]]]:
    return {g["paragraph"]: (g["old"], g["new"]) for g in outcome["guides"]}


def test_one_more_record_names_the_paragraphs_that_count_it(changed: Callable[..., Outcome]) -> None:
    outcome = changed({"dose.csv": ("02,V2,No,,,\n", "02,V2,No,,,\n03,V1,Yes,05 MAR 2018,95,DRUG\n")})
    paragraphs = touched(outcome)
    assert paragraphs["csdrg.3.3.EX.facts"] == (
        ["One record per dose; 3 records. Keys: STUDYID, USUBJID, EXSEQ. Collected on: Doses (page 3)."],
        ["One record per dose; 4 records. Keys: STUDYID, USUBJID, EXSEQ. Collected on: Doses (page 3)."],
    )
    assert paragraphs["csdrg.3.1.accounting"] == (["Doses | 4 | 3 | 1"], ["Doses | 5 | 4 | 1"])
    assert not any(p.startswith("csdrg.3.3.DM") for p in paragraphs)
    assert "S1-03" not in json.dumps(outcome["guides"])
    lines = list(text.lines(outcome))
    assert "  csdrg.3.3.EX.facts (EX – Exposure): changed: 1 line removed, 1 added" in lines


def test_a_changed_parameter_names_its_row_of_the_guide(changed: Callable[..., Outcome]) -> None:
    outcome = changed({"specs/study.yaml": ("value: 24", "value: 12")})
    assert touched(outcome) == {
        "adrg.3.5.parameters": (
            ["per_day | 24 hours | Hours of a day | "],
            ["per_day | 12 hours | Hours of a day | "],
        )
    }


def test_a_paragraph_that_is_added_or_removed_is_named_as_such(before: Path, tmp_path: Path) -> None:
    notes = {"specs/guides.yaml": "datasets: {DM: {notes: One record a person.}}\n"}
    after = small_builds.built(tmp_path, "after", notes)
    outcome = review(Folder.opened(before), Folder.opened(after)).content
    assert [(c["subject"], c["can_change_values"]) for c in outcome["mapping"]] == [
        ("specs/guides.yaml", False)
    ]
    assert [g for g in outcome["guides"] if g["paragraph"] == "csdrg.3.3.DM.notes"] == [
        {
            "paragraph": "csdrg.3.3.DM.notes",
            "section": "DM – Demographics",
            "what": "added",
            "old": [],
            "new": ["One record a person."],
        }
    ]
    gone = review(Folder.opened(after), Folder.opened(before)).content
    assert [g["what"] for g in gone["guides"] if g["paragraph"] == "csdrg.3.3.DM.notes"] == ["removed"]
    page = tmp_path / "page.html"
    assert call(before, after, "--html", page).exit_code == 0
    assert "One record a person." in page.read_text(encoding="utf-8")


def test_a_build_without_guides_is_of_an_earlier_version(before: Path, tmp_path: Path) -> None:
    shutil.copytree((before / "latest").resolve(), tmp_path / "old")
    (tmp_path / "old" / "lineage" / "guides.json").unlink()
    outputs.declare_as_built(tmp_path / "old")
    result = call(tmp_path / "old", before)
    assert (result.exit_code, result.stderr) == (
        2,
        "old: this build has no lineage/guides.json, so an earlier version made it; build the drop again\n",
    )


# --- cells, pages, the command
def call(*words: str | Path) -> Any:
    return CliRunner().invoke(app, ["review-change", *map(str, words)])


def test_cells_are_listed_with_key_and_both_values_and_in_files_alone(before: Path, tmp_path: Path) -> None:
    after = small_builds.built(
        tmp_path, "after", drop={"dose.csv": DROP["dose.csv"].replace("02 MAR 2018,90", "03 MAR 2018,91")}
    )
    cells = review(Folder.opened(before), Folder.opened(after), with_cells=True).cells
    assert cells == [
        Cell("DM", "RFSTDTC", "USUBJID = S1-02", "2018-03-02", "2018-03-03"),
        Cell("EX", "EXDOSE", "USUBJID = S1-02, EXSEQ = 1", "90", "91"),
        Cell("EX", "EXSTDTC", "USUBJID = S1-02, EXSEQ = 1", "2018-03-02", "2018-03-03"),
        Cell("ADSL", "TRTSDT", "USUBJID = S1-02", "2018-03-02", "2018-03-03"),
    ]
    page = tmp_path / "page.html"
    assert call(before, after, "--cells").exit_code == 2
    result = call(before, after, "--cells", "--html", page)
    assert (result.exit_code, result.output) == (0, "")
    with page.with_suffix(".csv").open(encoding="utf-8", newline="") as f:
        assert list(csv.reader(f))[1] == ["DM", "RFSTDTC", "USUBJID = S1-02", "2018-03-02", "2018-03-03"]
    assert "S1-02" in page.read_text(encoding="utf-8")
    for shown in (call(before, after), call(before, after, "--json")):
        assert shown.exit_code == 0
        assert "S1-02" not in shown.output
        assert "2018-03" not in shown.output


def test_the_page_loads_nothing_from_outside_and_is_the_same_each_time(before: Path, tmp_path: Path) -> None:
    after = small_builds.built(
        tmp_path, "after", {"specs/study.yaml": file("specs/study.yaml").replace("value: 24", "value: 12")}
    )
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for page in pages:
        assert call(before, after, "--html", page).exit_code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    tree: Any = html.fromstring(pages[0].read_text(encoding="utf-8"))
    assert not tree.xpath("//link | //img | //script[@src] | //@href[not(starts-with(., '#'))]")
    assert "parameter" in tree.text_content()
    assert str(tmp_path) not in pages[0].read_text(encoding="utf-8")


def test_json_is_one_object_and_says_what_the_text_says(before: Path) -> None:
    result = call(before, before, "--json")
    assert (result.exit_code, json.loads(result.stdout)["changed"]) == (0, False)


def test_a_folder_without_a_build_and_another_study_are_wrong_usage(before: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = call(before, empty)
    assert (result.exit_code, result.stderr) == (
        2,
        f"{empty}: no finished build here; name a folder that `build --out` wrote, or one of its builds/\n",
    )
    other = small_builds.built(
        tmp_path, "other", {"specs/study.yaml": file("specs/study.yaml").replace("id: S1", "id: S2")}
    )
    result = call(before, other)
    assert (result.exit_code, result.stderr) == (
        2,
        "the builds are of different studies, S1 and S2; name two builds of one\n",
    )


@pytest.mark.parametrize(
    ("change", "fail_on", "code"),
    [
        ("", "changed", 0),
        ("", "unexplained", 0),
        ("01,V1,Yes,01 MAR 2018,90,DRUG", "changed", 1),
        ("01,V1,Yes,01 MAR 2018,90,DRUG", "unexplained", 0),  # the raw cell explains it
    ],
)
def test_the_exit_code_says_what_was_asked_of_it(
    before: Path, tmp_path: Path, change: str, fail_on: str, code: int
) -> None:
    drop = DROP["dose.csv"].replace("01,V1,Yes,01 MAR 2018,100,DRUG", change) if change else DROP["dose.csv"]
    after = small_builds.built(tmp_path, "after", drop={"dose.csv": drop})
    asked = ["review-change", str(before), str(after), "--fail-on", fail_on]
    assert CliRunner().invoke(app, asked).exit_code == code


def test_two_builds_of_one_folder_can_be_compared(before: Path) -> None:
    one = (before / "latest").resolve()
    assert call(one, before).stdout.endswith("Nothing changed.\n")


# --- endpoints
@pytest.mark.long
def test_endpoints_of_the_sample_are_called_by_name(built: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "study" / "specs")
    shutil.copytree(ROOT / "mappings", tmp_path / "study" / "mappings")
    death = 'dataset: ADSL, date: DTHDT, where: {DTHFL: "Y"'
    for name, old, new in (
        ("specs/study.yaml", "minimum_sd_days: {value: 35", "minimum_sd_days: {value: 60"),
        ("mappings/adam/adtte.yaml", death, death + ", SEX: M"),
    ):
        path = tmp_path / "study" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    run.build(load(tmp_path / "study"), tmp_path / "study", SAMPLE, tmp_path / "out", Workers(), quiet)
    outcome = review(Folder.opened(built), Folder.opened(tmp_path / "out")).content
    assert "ADRS.BOR: 3 participants change from SD to PD" in outcome["endpoints"]
    assert (
        "ADTTE.OS: 15 participants change from event to censored" in outcome["endpoints"]
    )  # the 15 of form death
    assert in_words(outcome) == [
        "event ADTTE: event source death.where.SEX: (none) -> M",
        "parameter minimum_sd_days: value: 35 -> 60",
    ]
    assert causes(outcome, "ADRS", "AVALC") == "16 by mapping (2)"
    assert outcome["unexplained"] == []


def frame(rows: list[tuple[Any, ...]], columns: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def test_an_event_that_becomes_a_censoring_a_date_and_a_lost_record_are_counted_apart() -> None:
    columns = "USUBJID PARAMCD CNSR ADT"
    old = frame(
        [
            ("a", "PFS", 0.0, 10.0),
            ("b", "PFS", 0.0, 20.0),
            ("c", "PFS", 1.0, 30.0),
            ("d", "OS", 1.0, 40.0),
            ("e", "OS", 0.0, 50.0),
        ],
        columns,
    )
    new = frame(
        [("a", "PFS", 1.0, 10.0), ("b", "PFS", 1.0, 20.0), ("c", "PFS", 0.0, 31.0), ("d", "OS", 3.0, 40.0)],
        columns,
    )
    adtte = Compared("ADTTE", old, new, np.array([0, 1, 2, 3]), {})
    assert sorted(endpoints.sentences(adtte)) == [
        "ADTTE.OS: 1 participant is censored for another reason (CNSR 1 to 3)",
        "ADTTE.OS: 1 participant loses the record",
        "ADTTE.PFS: 1 participant changes from censored to event",
        "ADTTE.PFS: 1 participant has another date",
        "ADTTE.PFS: 2 participants change from event to censored",
    ]


# --- pairs of records
@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        pytest.param(
            [("x", 1, "HGB")],
            [("y", 1, "HGB"), ("x", 2, "HGB")],
            [-1, 0],
            id="a number given anew is not identity",
        ),
        pytest.param(
            [("x", 1, "HGB"), ("x", 2, "WBC")],
            [("x", 1, "WBC"), ("x", 2, "HGB")],
            [1, 0],
            id="tests of one raw record",
        ),
        pytest.param([("x", 1, "HGB")], [("x", 1, "WBC")], [0], id="a raw record whose only key changed"),
        pytest.param(
            [("x", 1, "HGB"), ("x", 2, "HGB")],
            [("x", 1, "HGB")],
            [-1],
            id="which of two is left cannot be known",
        ),
        pytest.param(
            [("x", 1, "HGB")], [("y", 1, "HGB")], [0], id="another raw record picked for the same key"
        ),
        pytest.param([], [("x", 1, "HGB")], [-1], id="no record before"),
    ],
)
def test_records_are_paired_by_raw_record_and_key(old: list[Any], new: list[Any], pairs: list[int]) -> None:
    a, b = (
        frame([("p", "lab", r, s, t) for r, s, t in rows], "USUBJID form record LBSEQ LBTESTCD")
        for rows in (old, new)
    )
    assert old_places(a, b, ["USUBJID", "LBTESTCD", "LBSEQ"]).tolist() == pairs


def test_comments_and_docstrings_are_not_code() -> None:
    assert is_same_code(
        'def f(a):\n    """One."""\n    return a  # why', 'def f(a):\n    """Two."""\n\n    return (a)'
    )
    assert not is_same_code("def f(a):\n    return a", "def f(a):\n    return -a")


def test_entries_of_a_list_are_compared_by_their_names() -> None:
    old = {"visits": [{"name": "A", "day": 1}, {"name": "B", "day": 2}]}
    new = {"visits": [{"name": "B", "day": 3}, {"name": "A", "day": 1}]}
    assert list(plain.differences(old, new)) == [("visits.B.day", "2", "3")]
