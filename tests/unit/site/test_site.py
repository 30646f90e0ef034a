"""The site of a build: what its data hold equals what the build published, and its pages load nothing from
outside.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from pipeline.finished.build import Build
from pipeline.site import chunks, facts
from pipeline.site.write import owner
from tests.support.drops import DROP

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"


def content(path: Path) -> Any:
    """What a data file hands to the pages."""
    call = re.fullmatch(r'site\.\w+\("([\w.-]+)","([A-Za-z0-9+/=]+)"\);\n', path.read_text(encoding="ascii"))
    assert call
    return json.loads(gzip.decompress(base64.b64decode(call[2])))


def values(part: dict[str, Any], name: str) -> list[Any]:
    """A column of a data file, a value for each record."""
    distinct, codes = part["columns"][name]
    of_records = codes if isinstance(codes, list) else [codes] * part["rows"]
    return [distinct[code] if 0 <= code < len(distinct) else None for code in of_records]


@pytest.fixture(scope="module")
def site(few_built: Path) -> Path:
    return few_built / "site"


# --- columns
@pytest.mark.parametrize(
    ("texts", "codes", "expected"),
    [
        (["A", "B"], [0, 1, 0], ["A", "B", "A"]),
        (["A", ""], [0, 1, 0], ["A", None, "A"]),
        (["", "A"], [0, 0, 1], [None, None, "A"]),
        (["A"], [0, 0, 0], ["A", "A", "A"]),
        ([""], [0, 0], [None, None]),
    ],
)
def test_a_column_of_texts_has_its_values_back(
    texts: list[str], codes: list[int], expected: list[str | None]
) -> None:
    part = chunks.part({"X": chunks.of_texts(texts, np.array(codes, dtype="int64"))}, 0)
    assert values({"rows": len(codes), "columns": part}, "X") == expected


def test_a_column_of_numbers_has_whole_numbers_without_a_fraction() -> None:
    column = chunks.of_numbers(np.array([1.0, np.nan, 2.5, 1.0]))
    assert values({"rows": 4, "columns": chunks.part({"X": column}, 0)}, "X") == [1, None, 2.5, 1]
    assert [type(value) for value in column.values] == [int, float]


def test_a_file_holds_4000_records_and_the_next_one_goes_on() -> None:
    column = {"X": chunks.of_numbers(np.arange(4_001, dtype="float64"))}
    assert [*chunks.starts(4_001)] == [0, 4_000]
    assert values({"rows": 1, "columns": chunks.part(column, 4_000)}, "X") == [4_000]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([3.0, 3.0, np.nan], {"missing": 1, "distinct": 1, "frequent": [[3, 2]]}),
        ([np.nan], {"missing": 1, "distinct": 0, "frequent": []}),
    ],
)
def test_a_distribution_counts_missing_and_frequent_values(
    numbers: list[float], expected: dict[str, Any]
) -> None:
    assert facts.distribution(chunks.of_numbers(np.array(numbers))) == expected


def test_many_numbers_are_shown_in_classes_that_hold_them_all() -> None:
    found = facts.distribution(chunks.of_numbers(np.arange(100, dtype="float64")))
    assert (found["from"], found["to"], found["classes"]) == (0, 99, [5] * 20)


@pytest.mark.parametrize(
    ("severity", "message", "expected"),
    [
        ("warning", "the reported sum is not the sum; query the site", "site"),
        ("warning", "a label never seen before; add it to specs/raw", "study's files"),
        ("waived", "nothing to do; query the site", "nobody: waived"),
        ("warning", "tells of what is so", "nobody: for the reviewer"),
    ],
)
def test_a_finding_has_the_one_who_can_mend_it(severity: str, message: str, expected: str) -> None:
    assert owner(severity, message) == expected


# --- the data of a build
@pytest.mark.parametrize("dataset", ["AE", "LB", "ADSL", "ADTTE", "SUPPAE", "TS"])
def test_each_record_of_a_dataset_is_there_as_another_reader_reads_it(
    few_built: Path, site: Path, dataset: str
) -> None:
    build = Build.opened(few_built)
    types = build.study_facts["datasets"][dataset]["variables"]
    frame, _ = pyreadstat.read_xport(build.transport_file(dataset), disable_datetime_conversion=True)
    parts = [content(path) for path in sorted((site / "data" / "records").glob(f"{dataset}-*.js"))]
    for name in frame:
        expected = frame[name]
        if types[name]["type"] == "date":
            expected = pd.Timestamp("1960-01-01") + pd.to_timedelta(frame[name], unit="D")
            expected = expected.dt.strftime("%Y-%m-%d")
        if types[name]["type"] == "datetime":
            expected = pd.Timestamp("1960-01-01") + pd.to_timedelta(frame[name], unit="s")
            expected = expected.dt.strftime("%Y-%m-%dT%H:%M:%S")
        wanted = [None if pd.isna(value) or value == "" else value for value in expected]
        assert [value for part in parts for value in values(part, str(name))] == wanted, name


def test_a_finding_names_form_site_and_line_of_its_record(site: Path, few: Path) -> None:
    found = content(site / "data" / "findings" / "findings.js")
    found["columns"]["raw"] = content(site / "data" / "lines" / "_findings.js")
    columns = {name: values(found, name) for name in found["columns"]}
    # participant FD-010 did not get the first infusion of the fourth block
    place = columns["value"].index("Cell product failed release testing")
    assert (columns["rule"][place], columns["form"][place]) == ("DEV-DOSE-MISSED", "nk")
    assert columns["record"][place] == "FD-010|NK 4|1"
    file, _, line = columns["raw"][place].partition(":")
    collected = (few / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert collected.startswith("01,FD-010,NK 4,")
    assert "Cell product failed release testing" in collected
    assert columns["site"][place] == "01"


def test_each_raw_record_is_there_as_it_was_collected_with_its_line(site: Path) -> None:
    part = content(site / "data" / "raw" / "ae-0.js")
    lines = content(site / "data" / "lines" / "ae.js")
    collected = {tuple(line.split(",")[1:5:3]) for line in (DROP / "ae.csv").read_text("utf-8").splitlines()}
    assert part["rows"] == len(lines["lines"])
    assert lines["files"] == "ae.csv"
    assert set(zip(values(part, "SUBJECT"), values(part, "RECORD"), strict=True)) <= collected


def test_the_study_tells_how_many_records_each_dataset_has_and_of_whom(few_built: Path, site: Path) -> None:
    study = content(site / "data" / "study" / "study.js")
    report = json.loads((few_built / "report" / "report.json").read_text(encoding="utf-8"))
    assert {name: facts["records"] for name, facts in study["datasets"].items()} == {
        d["dataset"]: d["records"] for d in report["datasets"]
    }
    [file] = study["datasets"]["AE"]["files"]
    assert (file["first"], file["last"]) == ("NCT02843126-FD-001", "NCT02843126-FD-022")


def test_the_candidates_of_a_time_to_event_have_the_record_that_decided(few_built: Path, site: Path) -> None:
    considered = content(site / "data" / "decisions" / "ADTTE.js")
    frame, _ = pyreadstat.read_xport(Build.opened(few_built).transport_file("ADTTE"))
    assert len(frame) > 0
    for record in frame.to_dict("records"):
        of_participant = considered[record["PARAMCD"]][record["USUBJID"]]["candidates"]
        number = None if pd.isna(record["SRCSEQ"]) else int(record["SRCSEQ"])
        source = (record["SRCDOM"], record["SRCVAR"], number)
        assert source in {(c[3], c[4], c[5]) for c in of_participant}, record["PARAMCD"]


# --- the pages
def test_no_page_loads_anything_from_outside_or_holds_a_script_or_a_style(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert f'content="{POLICY}"' in text
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", text)


def test_each_link_of_a_page_leads_to_a_file_of_the_build(site: Path) -> None:
    for page in sorted(site.rglob("*.html")):
        for target in re.findall(r'(?:href|src)="([^"#]+)', page.read_text(encoding="utf-8")):
            if not target.startswith("data:"):
                assert (page.parent / target).resolve().is_file(), f"{page.name}: {target}"


def test_the_style_sheet_is_small_and_names_no_address(site: Path) -> None:
    sheet = (site / "site.css").read_text(encoding="utf-8")
    assert len(sheet.encode()) < 20_000
    assert "url(" not in sheet


def test_a_text_of_a_participant_stays_text_in_every_file(site: Path) -> None:
    for script in sorted((site / "data").rglob("*.js")):
        content(script)  # one call with a name and letters of Base64: nothing that a browser could run
