"""What a report of CDISC's rules engine means for a build. tests/support/core_report.json was recorded from a
run of version 0.16.0 over five datasets of the sample, cut to a few records: two rules with issues that we
waive, one that could not be worked out on DC, one that lacks --DTC in some datasets, two that passed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.checks.core.judge import Built, judge
from pipeline.checks.datasets import known, waivers
from pipeline.cli import app
from pipeline.study.waivers import Waiver
from tests.conftest import ROOT
from tests.support import small_builds, small_study

RECORDED = ROOT / "tests/support/core_report.json"
Json = dict[str, Any]


def waiver(rule: str, dataset: str, variable: str, *published: str, where: str = "") -> Waiver:
    return Waiver(
        rule=rule, dataset=dataset, variable=variable, published=published, owner="Programmer",
        reason="It is right as it is.", expires=date(2020, 1, 1), where={"USUBJID": where} if where else {},
    )  # fmt: skip


OURS = (
    waiver("REASON-WITH-END", "DM", "RFENDTC", "CG0530"),
    waiver("LIMIT-OF-CENSORED", "LB", "LBORNRHI", "CORE-000289"),
    waiver("CORE-000356", "DC", "USUBJID"),
)
BUILT = Built(
    variables={
        "AE": frozenset({"AESTDTC"}), "DC": frozenset({"ARM"}), "DM": frozenset({"RFENDTC", "ARMNRS"}),
        "IE": frozenset({"IEDTC"}), "LB": frozenset({"LBDTC"}),
    },
    records={"AE": 205, "DC": 1, "DM": 30, "IE": 1, "LB": 6000},
    findings=(), waivers=OURS, day=date(2019, 9, 12),
)  # fmt: skip


def recorded() -> Json:
    content: Json = json.loads(RECORDED.read_text(encoding="utf-8"))
    return content


def result(content: Json, rule: str) -> Json:
    (found,) = [r for r in content["report"]["results_data"] if r["id"] == rule]
    assert isinstance(found, dict)
    return found


def told(built: Built, content: Json) -> list[tuple[str, str, str, str]]:
    """Rule, dataset, kind, and what of ours answers it, in a word."""
    return [(t.rule, t.dataset, t.kind, t.as_.partition(":")[0]) for t in judge(built, content).told]


def test_issues_and_errors_are_waived_by_the_ids_under_which_the_engine_knows_them() -> None:
    outcome = judge(BUILT, recorded())
    assert told(BUILT, recorded()) == [
        ("CORE-000192", "DM", "issue", "waived"),
        ("CORE-000289", "LB", "issue", "waived"),
        ("CORE-000356", "DC", "error", "waived"),
    ]
    assert (outcome.rules, outcome.passed, outcome.out_of_scope, outcome.stops) == (6, 3, 0, False)
    (_, of_lb, _) = outcome.told
    assert (of_lb.published, of_lb.variables, of_lb.records) == (
        ("CG0181", "TIG0410"), ("LBORNRHI", "LBORRES"), 2
    )  # fmt: skip


NOT_WAIVED = {
    # what of the build changes: whether CORE-000192 on DM is answered
    "no waiver": (replace(BUILT, waivers=()), "new"),
    "of another dataset": (replace(BUILT, waivers=(waiver("R", "DC", "RFENDTC", "CG0530"),)), "new"),
    "of another variable": (replace(BUILT, waivers=(waiver("R", "DM", "ARM", "CG0530"),)), "new"),
    "of some records": (replace(BUILT, waivers=(waiver("R", "DM", "RFENDTC", "CG0530", where="S1"),)), "new"),
    "expired": (replace(BUILT, day=date(2020, 1, 2)), "new"),
    "its last day": (replace(BUILT, day=date(2020, 1, 1)), "waived"),
    "our own finding": (
        replace(BUILT, waivers=(), findings=({"rule": "REASON-WITH-END", "dataset": "DM"},)),
        "finding REASON-WITH-END",
    ),
    "our finding elsewhere": (
        replace(BUILT, waivers=(), findings=({"rule": "REASON-WITH-END", "dataset": "DC"},)), "new"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("built", "answer"), NOT_WAIVED.values(), ids=NOT_WAIVED)
def test_what_answers_an_issue(built: Built, answer: str) -> None:
    assert told(built, recorded())[0] == ("CORE-000192", "DM", "issue", answer)


def skips(rule: str, dataset: str, reason: str, message: str) -> Callable[[Json], None]:
    """The engine skipped this dataset, and no other was judged by the rule."""

    def change(content: Json) -> None:
        error = {"dataset": dataset, "error": reason, "message": message}
        each = {
            "executionStatus": "skipped",
            "dataset": dataset,
            "variables": [],
            "message": "",
            "errors": [error],
        }
        result(content, rule).update(results=[each], execution_status="skipped")

    return change


def nothing_judged(content: Json) -> None:
    result(content, "CORE-000351")["results"] = []


def a_rule_more(content: Json) -> None:
    content["rules"].append("CORE-000999")


def a_dataset_less(content: Json) -> None:
    content["report"]["Dataset_Details"].pop(0)


def fails(content: Json) -> None:
    result(content, "CORE-000351")["results"][-1].update(
        executionStatus="execution error", errors=[{"error": "Rule format error", "message": "S1-01"}]
    )


RULE = "CORE-000351"
STOPS: dict[str, tuple[Callable[[Json], None], tuple[str, str, str] | None]] = {
    # what the engine says otherwise: what is told of it
    "a rule is missing": (a_rule_more, ("CORE-000999", "*", "not run")),
    "a dataset was not read": (a_dataset_less, ("*", "AE", "not run")),
    "a rule judged nothing": (nothing_judged, (RULE, "*", "skipped")),
    "an error": (fails, (RULE, "DM", "error")),
    "a column that we have": (
        skips(RULE, "AE", "Column not found in data", "AESTDTC"),
        (RULE, "AE", "skipped"),
    ),
    "a column that we lack": (skips(RULE, "AE", "Column not found in data", "AEDTC"), None),
    "a column that is not named": (
        skips(RULE, "AE", "Column not found in data", "no key"),
        (RULE, "AE", "skipped"),
    ),
    "a dataset that we have": (
        skips(RULE, "AE", "Domain not found", "Domain LB is missing"),
        (RULE, "AE", "skipped"),
    ),
    "a dataset that we lack": (skips(RULE, "AE", "Domain not found", "Domain CO is missing"), None),
    "records called empty": (skips(RULE, "AE", "Empty dataset", "is empty"), (RULE, "AE", "skipped")),
    "out of scope": (skips(RULE, "AE", "Outside scope", "does not apply"), None),
    "the schema was not used": (skips(RULE, "AE", "Schema validation is off", ""), (RULE, "AE", "skipped")),
    "a reason that nobody knows": (skips(RULE, "AE", "Tired", ""), (RULE, "AE", "skipped")),
}


@pytest.mark.parametrize(("change", "expected"), STOPS.values(), ids=STOPS)
def test_what_was_not_judged_stops_unless_there_is_nothing_to_judge_it_by(
    change: Callable[[Json], None], expected: tuple[str, str, str] | None
) -> None:
    content = recorded()
    change(content)
    new = [t[:3] for t in told(BUILT, content) if t[3] == "new"]
    assert new == ([expected] if expected else [])
    assert judge(BUILT, content).stops == (expected is not None)


# --- the command
PROGRAM = """\
#!{python}
import json, pathlib, sys
words = sys.argv[1:]
recorded = json.loads(pathlib.Path({report!r}).read_text(encoding="utf-8"))
if words[0] == "list-rules":
    print(json.dumps([{{"core_id": rule}} for rule in recorded["rules"]]))
elif {works}:
    out = words[words.index("-o") + 1]
    assert pathlib.Path(words[words.index("-dxp") + 1]).name == "define.xml" and "-rr" in words
    pathlib.Path(out + ".json").write_text(json.dumps(recorded["report"]), encoding="utf-8")
else:
    sys.exit("S1-01")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the small study, a report over its datasets, and two engines: one works, one fails."""
    home = tmp_path_factory.mktemp("core")
    small_builds.built(home, "S")
    content = recorded()
    content["report"]["Dataset_Details"] = [{"filename": "DM"}, {"filename": "EX"}]
    (home / "report.json").write_text(json.dumps(content), encoding="utf-8")
    for name in ("works", "fails"):
        (home / name / "resources" / "cache").mkdir(parents=True)
        program = home / name / "core"
        text = PROGRAM.format(python=sys.executable, report=str(home / "report.json"), works=name == "works")
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    return home


def call(home: Path, *words: str) -> Result:
    found = CliRunner().invoke(app, ["conform", str(home / "S" / "out"), *words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def test_a_run_and_its_record_say_the_same_and_stop_for_what_is_new(home: Path, tmp_path: Path) -> None:
    kept, junit = tmp_path / "kept.json", tmp_path / "core.xml"
    ran = call(home, "--core", str(home / "works"), "--record", str(kept), "--junit", str(junit))
    assert ran.exit_code == 1
    assert ran.stdout.splitlines()[0] == (
        "new: CORE-000192 (CG0530, TIG0623), DM.ARMNRS/RFENDTC: issue, 1 records:"
        " RFENDTC is not blank when ARMNRS is provided."
    )
    assert ran.stdout.splitlines()[-1] == (
        "6 rules: 3 passed, 0 had nothing to judge; 2 issue, 1 error, 0 skipped, 0 not run; 3 new"
    )
    assert call(home, "--report", str(kept)).stdout == ran.stdout
    as_json = json.loads(call(home, "--report", str(kept), "--json").stdout)
    assert (as_json["state"], [t["as"] for t in as_json["told"]]) == ("stopped", ["new"] * 3)
    assert 'tests="3" failures="3"' in junit.read_text(encoding="utf-8")
    assert "FD-017" not in ran.stdout + junit.read_text(encoding="utf-8"), "no participant is named"


REFUSED = {
    # words: (exit code, a part of the message)
    ("--core", "HOME/fails"): (5, "the engine ended with 1; run its validate by hand"),
    ("--core", "HOME"): (2, "expected the program core beside resources/cache"),
    (): (2, "give either --core HOME or --report FILE"),
    ("--report", "HOME/none.json"): (2, "no file, or not JSON"),
    ("--report", "HOME/S/out/manifest.json"): (2, "no report of the engine in JSON with its raw results"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_an_engine_that_fails_or_a_report_that_is_none_is_no_pass(home: Path, words: tuple[str, ...]) -> None:
    refused = call(home, *(w.replace("HOME", str(home)) for w in words))
    code, message = REFUSED[words]
    assert refused.exit_code == code
    assert message in refused.stderr
    assert "S1-01" not in refused.stderr


def test_a_waiver_of_a_rule_of_the_engine_is_known_and_no_build_calls_it_unused(tmp_path: Path) -> None:
    text = (
        "waivers:\n"
        "  - {rule: CORE-000356, dataset: DM, variable: SEX, owner: Programmer, expires: 2030-01-01,"
        " reason: The engine cannot.}\n"
    )
    study = small_study.small_study(tmp_path, {"specs/waivers.yaml": text})
    assert list(known.unknown_rules(study)) == []
    assert waivers.applied(study, ()) == frozenset()
