"""What a check leaves for those who read it afterwards: the outcome stands in OUT whatever the exit code, a
form that cannot be read leaves the others checked, and machines find file and line.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner, Result

from pipeline.checks.drop.door import SHAPES
from pipeline.checks.drop.shapes import Drop
from pipeline.cli import app
from pipeline.study import Study
from pipeline.study import door as across_forms
from tests.conftest import ROOT
from tests.support.door import changed, checked, rows, small

EVENT = {"SUBJECT": "FD-001", "RECORD": "1"}
VITALS = {"SUBJECT": "FD-001", "FOLDER": "CYCLE 3 DAY 1"}
ALL = ("--format", "html,csv,junit,sarif")
FILES = ("check.html", "queries.csv", "junit.xml", "check.sarif", "check.json")


def call(drop: Path, out: Path, *more: str) -> Result:
    study = () if "--study" in more else ("--study", str(ROOT))
    return CliRunner().invoke(app, ["check-drop", str(drop), "--out", str(out), *study, *ALL, *more])


def with_a_column_more(file: Path) -> None:
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([f"{head},MOOD", *(f"{line},good" for line in lines)]) + "\n", encoding="utf-8")


def told(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "check.json").read_text(encoding="utf-8"))
    return content


# --- a form that cannot be read
@pytest.fixture(scope="module")
def partly_read(study: Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A drop that lacks a file, has an unknown column in another, and a wrong cell in two more."""
    home = tmp_path_factory.mktemp("partly")
    drop = small(home / "drop")
    (drop / "lab.csv").unlink()
    with_a_column_more(drop / "ae.csv")
    changed(drop, "vs.csv", VITALS, {"PULSE": "8931"})
    changed(drop, "cm.csv", EVENT, {"START_DATE": "soon"})
    return call(drop, home / "out", "--quiet"), home / "out"


def test_forms_that_cannot_be_read_are_queries_and_the_others_are_checked(
    partly_read: tuple[Result, Path],
) -> None:
    result, out = partly_read
    assert result.exit_code == 4, "a build could not read the drop either"
    assert told(out)["unread"] == ["ae", "lab"]
    assert {(q["rule"], q["form"], q["file"], q["line"]) for q in rows(out / "queries.csv")} == {
        ("RAW-FILE", "ae", "ae.csv", ""),
        ("RAW-FILE", "lab", "lab.csv", ""),
        ("RAW-RANGE", "vs", "vs.csv", line_of(out.parent / "drop/vs.csv", "8931")),
        ("RAW-DATE", "cm", "cm.csv", line_of(out.parent / "drop/cm.csv", "soon")),
    }


def line_of(file: Path, text: str) -> str:
    (number,) = [n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    return str(number)


def test_a_file_that_cannot_be_read_is_told_with_what_to_do(partly_read: tuple[Result, Path]) -> None:
    column = (
        "ae.csv: column MOOD is not in the contract; add it to specs/raw so that it is not lost in silence"
    )
    missing = "lab.csv: the file is missing from the drop; export the form, with its header line alone"
    lines = partly_read[0].stderr.splitlines()
    assert lines[0].startswith(column)
    assert lines[1].startswith(missing)
    assert lines[2].startswith("cm.csv:")
    assert lines[-1].startswith("stopped: 3 errors, 1 warning; all are in ")


def test_a_check_across_forms_that_needs_an_unread_form_is_left_out(
    study: Study, partly_read: tuple[Result, Path]
) -> None:
    door = across_forms.load(ROOT, study)
    assert door is not None
    asked = {rule["rule"] for rule in told(partly_read[1])["by_rule"]}
    reads = {check.id: door.forms_of(check) for check in door.checks}
    assert {id_ for id_ in asked & reads.keys() if reads[id_] & {"ae", "lab"}} == set()
    assert {id_ for id_, forms in reads.items() if not forms & {"ae", "lab"}} <= asked


def test_each_check_across_forms_reads_the_forms_that_it_names_alone(study: Study) -> None:
    door = across_forms.load(ROOT, study)
    assert door is not None
    from tests.support.door import drop

    every = drop(study)
    for check in door.checks:
        named = {form: every.sheets[form] for form in door.forms_of(check)}
        list(SHAPES[check.shape](Drop(study, door, named), check))  # a form beside them would be a KeyError


def test_without_the_form_of_enrolment_no_record_is_anybodys(tmp_path: Path) -> None:
    drop = small(tmp_path / "drop")
    with_a_column_more(drop / "enrol.csv")
    changed(drop, "cm.csv", EVENT, {"START_DATE": "soon"})
    result = call(drop, tmp_path / "out")
    assert result.exit_code == 4
    assert {(q["rule"], q["form"]) for q in rows(tmp_path / "out/queries.csv")} == {("RAW-FILE", "enrol")}
    assert "cm" in told(tmp_path / "out")["unread"]
    assert "Not checked, because they cannot be read" in (tmp_path / "out/check.html").read_text()


def test_a_query_of_a_form_that_cannot_be_read_stays_open(study: Study, tmp_path: Path) -> None:
    first = small(tmp_path / "first")
    changed(first, "ae.csv", EVENT, {"START_DATE": "soon"})
    changed(first, "cm.csv", EVENT, {"START_DATE": "soon"})
    checked(study, first, tmp_path / "one")
    second = small(tmp_path / "second")
    with_a_column_more(second / "ae.csv")
    found = checked(study, second, tmp_path / "two", against=tmp_path / "one")
    states = {(q["form"], q["rule"]): q["state"] for q in found.queries}
    assert states[("ae", "RAW-DATE")] == "open"
    assert states[("cm", "RAW-DATE")] == "answered"


# --- every exit code
def clean(home: Path) -> tuple[Path, list[str]]:
    return small(home / "drop"), []


def with_a_warning(home: Path) -> tuple[Path, list[str]]:
    drop = small(home / "drop")
    changed(drop, "vs.csv", VITALS, {"PULSE": "8931"})
    return drop, []


def with_a_warning_that_stops(home: Path) -> tuple[Path, list[str]]:
    return with_a_warning(home)[0], ["--fail-on", "warnings"]


def with_an_error(home: Path) -> tuple[Path, list[str]]:
    drop = small(home / "drop")
    changed(drop, "cm.csv", EVENT, {"START_DATE": "soon"})
    return drop, []


def against_nothing(home: Path) -> tuple[Path, list[str]]:
    (home / "empty").mkdir()
    return small(home / "drop"), ["--against", str(home / "empty")]


def with_a_wrong_spec(home: Path) -> tuple[Path, list[str]]:
    for folder in ("specs", "mappings"):
        shutil.copytree(ROOT / folder, home / "study" / folder)
    contract = home / "study/specs/raw/ae.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("type: date", "type: dat", 1))
    return small(home / "drop"), ["--study", str(home / "study")]


def that_is_not_there(home: Path) -> tuple[Path, list[str]]:
    return home / "drop", []


def with_an_unknown_file(home: Path) -> tuple[Path, list[str]]:
    drop = small(home / "drop")
    (drop / "moods.csv").write_text("SUBJECT,MOOD\n", encoding="utf-8")
    return drop, []


OUTCOMES: dict[str, tuple[Callable[[Path], tuple[Path, list[str]]], int, str, set[str], str]] = {
    # drop: (how it is made, exit code, state, rules of the results, file and line of the first result)
    "a clean drop": (clean, 0, "passed", set(), ""),
    "a warning": (with_a_warning, 0, "passed", {"RAW-RANGE"}, "vs.csv"),
    "a warning that stops": (with_a_warning_that_stops, 1, "stopped", {"RAW-RANGE"}, "vs.csv"),
    "an error": (with_an_error, 1, "stopped", {"RAW-DATE"}, "cm.csv"),
    "compared with a folder that holds no check": (against_nothing, 2, "error", {"CHECK-USAGE"}, "drop"),
    "a wrong spec": (with_a_wrong_spec, 3, "error", {"CHECK-SPECS"}, "ae.yaml"),
    "no drop": (that_is_not_there, 4, "error", {"CHECK-DROP"}, "drop"),
    "an unknown file": (with_an_unknown_file, 4, "stopped", {"RAW-FILE"}, "moods.csv"),
}


@pytest.mark.parametrize(("made", "code", "state", "rules", "file"), OUTCOMES.values(), ids=OUTCOMES)
def test_the_outcome_is_written_whatever_the_exit_code(
    tmp_path: Path,
    made: Callable[[Path], tuple[Path, list[str]]],
    code: int,
    state: str,
    rules: set[str],
    file: str,
) -> None:
    drop, more = made(tmp_path)
    out = tmp_path / "out"
    result = call(drop, out, *more)
    assert result.exit_code == code
    assert {path.name for path in out.iterdir()} == set(FILES)
    assert (told(out)["state"], told(out)["exit_code"]) == (state, code)

    log = json.loads((out / "check.sarif").read_text(encoding="utf-8"))
    assert list(not_for_github(log)) == []
    (run,) = log["runs"]
    assert run["invocations"] == [{"executionSuccessful": state != "error", "exitCode": code}]
    assert {found["ruleId"] for found in run["results"]} == rules
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]]
    assert {place.rpartition("/")[2] for place in places} == ({file} if file else set())
    assert str(tmp_path) not in (out / "check.sarif").read_text(encoding="utf-8")

    junit = etree.fromstring((out / "junit.xml").read_bytes())
    assert (int(str(junit.get("failures"))) > 0) == (code > 0)
    assert f">{state}</span>" in (out / "check.html").read_text(encoding="utf-8")


def test_a_check_that_cannot_be_made_forgets_nothing_of_the_last(study: Study, tmp_path: Path) -> None:
    drop, _ = with_an_error(tmp_path)
    before = checked(study, drop, tmp_path / "out").queries
    call(tmp_path / "not there", tmp_path / "out")
    after = checked(study, drop, tmp_path / "again", against=tmp_path / "out").queries
    assert [(q["query"], q["state"]) for q in after] == [(q["query"], "open") for q in before]


def test_the_first_ten_errors_are_told_and_where_the_rest_is(tmp_path: Path) -> None:
    drop = small(tmp_path / "drop")
    visits = sorted({row["FOLDER"] for row in rows(drop / "vs.csv") if row["SUBJECT"] == "FD-001"})[:12]
    for visit in visits:
        changed(drop, "vs.csv", {"SUBJECT": "FD-001", "FOLDER": visit}, {"PULSE": "many"})
    assert len(visits) == 12
    lines = call(drop, tmp_path / "out", "--quiet").stderr.splitlines()
    assert len(lines) == 12
    assert all(re.fullmatch(r"vs\.csv:\d+: RAW-TYPE: FD-001, PULSE: .+", line) for line in lines[:10])
    assert lines[10] == "and 2 more"
    assert lines[11] == f"stopped: 12 errors, 0 warnings; all are in {tmp_path / 'out/check.html'}"


# --- what GitHub's code scanning asks of SARIF (its documented properties and limits)
REQUIRED = {
    # each object by the keys that lead to it: the keys that it must have, none of them empty
    "": ("$schema", "version", "runs"),
    "runs": ("tool", "results"),
    "runs.tool.driver": ("name", "rules"),
    "runs.tool.driver.rules": ("id", "shortDescription", "fullDescription", "help"),
    "runs.tool.driver.rules.shortDescription": ("text",),
    "runs.tool.driver.rules.fullDescription": ("text",),
    "runs.tool.driver.rules.help": ("text",),
    "runs.results": ("message", "locations", "partialFingerprints"),
    "runs.results.message": ("text",),
    "runs.results.locations": ("physicalLocation",),
    "runs.results.locations.physicalLocation": ("artifactLocation", "region"),
    "runs.results.locations.physicalLocation.artifactLocation": ("uri",),
    "runs.results.locations.physicalLocation.region": ("startLine", "startColumn", "endLine", "endColumn"),
}
MAY_BE_EMPTY = ("runs.results", "runs.tool.driver.rules")
# 25,000 results and rules of a run, 10 locations shown of a result, 20 tags of a rule
MOST = {
    "runs": 20,
    "runs.results": 25_000,
    "runs.tool.driver.rules": 25_000,
    "runs.results.locations": 10,
    "runs.tool.driver.rules.properties.tags": 20,
}
LONGEST = {
    "runs.tool.driver.rules.name": 255,
    "runs.tool.driver.rules.shortDescription.text": 1024,
    "runs.tool.driver.rules.fullDescription.text": 1024,
}


def not_for_github(log: dict[str, Any]) -> Iterator[str]:
    """What GitHub would not take."""
    if log.get("version") != "2.1.0":
        yield "version"
    yield from _lacking("", log)
    for result in (found for run in log.get("runs", ()) for found in run.get("results", ())):
        for location in result.get("locations", ()):
            uri = location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
            if re.match(r"/|[a-z]+:|\.\./", uri):
                yield "a file outside the repository"


def _lacking(path: str, found: Any) -> Iterator[str]:
    if isinstance(found, list):
        if len(found) > MOST.get(path, len(found)):
            yield f"{path}: too many"
        for each in found:
            yield from _lacking(path, each)
        return
    if isinstance(found, str) and len(found) > LONGEST.get(path, len(found)):
        yield f"{path}: too long"
    if isinstance(found, dict):
        for key in REQUIRED.get(path, ()):
            name = f"{path}.{key}".lstrip(".")
            if key not in found or (not found[key] and name not in MAY_BE_EMPTY):
                yield name
        for key, value in found.items():
            yield from _lacking(f"{path}.{key}".lstrip("."), value)


@pytest.fixture(scope="module")
def log(partly_read: tuple[Result, Path]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((partly_read[1] / "check.sarif").read_text(encoding="utf-8"))
    return content


def test_github_takes_it(log: dict[str, Any]) -> None:
    assert list(not_for_github(log)) == []


@pytest.mark.parametrize(
    "path", [f"{path}.{key}".lstrip(".") for path, keys in REQUIRED.items() for key in keys]
)
def test_what_github_would_miss_is_noticed(log: dict[str, Any], path: str) -> None:
    spoilt = json.loads(json.dumps(log))
    *keys, last = path.split(".")
    place = spoilt
    for key in keys:
        place = place[key][0] if isinstance(place[key], list) else place[key]
    del place[last]
    assert path in set(not_for_github(spoilt))


def test_each_result_names_its_file_among_the_artifacts_with_its_hash(log: dict[str, Any]) -> None:
    (run,) = log["runs"]
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        artifact = run["artifacts"][place["artifactLocation"]["index"]]
        assert artifact["location"]["uri"] == place["artifactLocation"]["uri"]
        assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    without_hash = [a["location"]["uri"] for a in run["artifacts"] if "hashes" not in a]
    assert without_hash == ["drop/lab.csv"], "the file that is not there"


def test_a_drop_named_from_where_the_command_runs_keeps_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drop, _ = with_an_error(tmp_path / "incoming of site 1")
    call(drop.relative_to(tmp_path), Path("out"))
    (result,) = json.loads(Path("out/check.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "incoming%20of%20site%201/drop/cm.csv"
    assert str(place["region"]["startLine"]) == line_of(drop / "cm.csv", "soon")
    case = etree.fromstring(Path("out/junit.xml").read_bytes()).find(".//testcase[failure]")
    assert case is not None
    assert case.get("file") == "incoming of site 1/drop/cm.csv"
    assert case.get("line") == line_of(drop / "cm.csv", "soon")
