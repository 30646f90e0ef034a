"""Slips of one token planted in the rules that are written in Python: each is noticed by a test that states
the rule, or by the line of a mapping that it changes.

`make prove` plants 200 chosen by the seed; every day a few that once slipped through.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import code_mutants
from tests.support.code_mutants import LINES, Slip

UNIT = "tests/unit/derivations/statistics/test_{}.py"
RULES_OF_CHECKS = ("tests/unit/checks/datasets/test_rules.py",)
RECIST = "recist_target recist_overall recist_lesions irecist recist_twice"
# by file: the tests that state its rules, all of them tests/rules/test_NAME.py
STATED = {
    "mappings/adam/adsl.py": "subject_level",
    "mappings/sdtm/cp.py": "cp",
    "mappings/sdtm/dm.py": "arms",
    "mappings/sdtm/lb.py": "lb",
    "mappings/sdtm/se.py": "se",
    "mappings/sdtm/sv.py": "sv",
    "pipeline/derivations/adam/__init__.py": "response_parameters",
    "pipeline/derivations/adam/assessments.py": "tumour_assessments evaluators",
    "pipeline/derivations/adam/basic.py": "basic_structure",
    "pipeline/derivations/adam/before_treatment.py": "tumour_assessments subject_level",
    "pipeline/derivations/adam/considered.py": "explain",
    "pipeline/derivations/adam/evaluators.py": "evaluators",
    "pipeline/derivations/adam/evidence.py": "progression_free_survival",
    "pipeline/derivations/adam/immune.py": "tumour_assessments",
    "pipeline/derivations/adam/milestones.py": "subject_level",
    "pipeline/derivations/adam/progression.py": "progression_free_survival evaluators",
    "pipeline/derivations/adam/response.py": "response_parameters evaluators",
    "pipeline/derivations/adam/response_records.py": "response_parameters evaluators",
    "pipeline/derivations/adam/scheduled.py": "tumour_assessments",
    "pipeline/derivations/adam/subject.py": "subject_level performance_status",
    "pipeline/derivations/adam/tte.py": "time_to_event",
    "pipeline/derivations/oncology/baseline.py": "recist_lesions tumour_assessments",
    "pipeline/derivations/oncology/best.py": "best_response recist_twice",
    "pipeline/derivations/oncology/irecist.py": "irecist recist_twice",
    "pipeline/derivations/oncology/lesions.py": f"{RECIST} tumour_assessments",
    "pipeline/derivations/oncology/recist.py": RECIST,
    "pipeline/derivations/oncology/reconcile.py": "reconciliation",
    "pipeline/derivations/oncology/responses.py": f"{RECIST} best_response",
    "pipeline/derivations/oncology/scans.py": f"{RECIST} tumour_assessments",
    "pipeline/derivations/oncology/succession.py": f"{RECIST} tumour_assessments",
    "pipeline/derivations/oncology/table.py": "recist_overall recist_twice",
    "pipeline/derivations/oncology/tumours.py": "lesions_of_others",
    "pipeline/derivations/sdtm/comments.py": "comments",
    "pipeline/derivations/sdtm/dosing.py": "exposure",
    "pipeline/derivations/sdtm/elements.py": "se",
    "pipeline/derivations/sdtm/epochs.py": "epoch",
    "pipeline/derivations/sdtm/findings.py": "findings tumours lb vs",
    "pipeline/derivations/sdtm/identifiers.py": "events ec",
    "pipeline/derivations/sdtm/ongoing.py": "events",
    "pipeline/derivations/sdtm/products.py": "events",
    "pipeline/derivations/sdtm/relrec.py": "relations",
    "pipeline/derivations/sdtm/subjects.py": "arms special_purpose",
    "pipeline/derivations/sdtm/supp.py": "supplemental comments",
    "pipeline/derivations/sdtm/terms.py": "cm arms se events pr findings special_purpose tumours",
    "pipeline/derivations/sdtm/timing.py": "study_day baseline_flag",
    "pipeline/derivations/sdtm/trial_design.py": "trial_design",
    "pipeline/derivations/sdtm/tumours.py": "tumours",
    "pipeline/derivations/sdtm/visits.py": "visits rp ec sv",
    "pipeline/derivations/sequence.py": "sequence basic_structure",
}
STATISTICS = {
    f"pipeline/derivations/statistics/{name}.py": UNIT.format(name)
    for name in ("agreement", "response", "survival")
}
SUBJECTS = "pipeline/derivations/sdtm/subjects.py"
SHAPES = "pipeline/checks/datasets/rules/shapes.py"
# slips that were once noticed by a total alone, or not at all: file, text, the token in it, and in its place
PLANTED = {
    "an end of study on the day of randomization does not count": (
        SUBJECTS, "dates.last_day(ends[end]).ge(randomized_on)", "ge", "gt"),
    "what may begin before the death begins after it": (
        SHAPES, "dates.first_day_of_text(text).to_numpy() > last_of_dm", "first", "last"),
    "a partial date of death is its first day": (
        SHAPES, '"last": dates.last_day(dm[dm_date])', "last_day", "first_day"),
    "a reported sum may be half a millimetre off": (
        "pipeline/derivations/oncology/reconcile.py", "SAME_SUM_MM: Final = 0.005", "0.005", "0.5"),
    "an assessment that could not be evaluated is adequate": (
        "pipeline/derivations/adam/assessments.py", "others_assessed & evaluated", " & evaluated", ""),
}  # fmt: skip
# slips that make no difference, each with the reason
ALIKE: dict[str, str] = {}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return code_mutants.copied(ROOT, tmp_path_factory.mktemp("project"))


def judges_of(file: str) -> tuple[str, ...]:
    """The tests that judge a file; what a mapping makes of the participants of `mapping_lines` comes last."""
    if file.startswith("pipeline/checks/"):
        return RULES_OF_CHECKS
    if file in STATISTICS:
        return (STATISTICS[file],)
    return (*(f"tests/rules/test_{name}.py" for name in STATED[file].split()), LINES)


def test_every_file_of_rules_has_tests_that_state_them() -> None:
    files = {slip.file for slip in code_mutants.all_slips(ROOT)}
    tests = {test for file in files for test in judges_of(file)}
    assert {name for name in (*tests, *STATED, *STATISTICS) if not (ROOT / name).is_file()} == set()


@pytest.mark.parametrize(("file", "line", "old", "new"), PLANTED.values(), ids=PLANTED)
def test_a_slip_is_noticed(project: Path, file: str, line: str, old: str, new: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.count(line) == 1, f"{file} no longer holds {line} once"
    at = text.index(line) + line.index(old)
    start = text.rfind("\n", 0, at) + 1
    slip = Slip(file, "", text.count("\n", 0, at) + 1, len(text[start:at].encode("utf-8")), old, new)
    assert code_mutants.noticed(project, slip, judges_of(file))


def test_97_of_100_slips_are_noticed(project: Path, prove: bool, seed: int) -> None:
    if not prove:
        pytest.skip("200 runs of tests: make prove")
    judges = {test for slip in code_mutants.all_slips(ROOT) for test in judges_of(slip.file)}
    assert code_mutants.passes(project, tuple(sorted(judges)))
    slips = [slip for slip in code_mutants.all_slips(ROOT) if slip.key not in ALIKE]
    planted = random.Random(seed).sample(slips, 200)
    unnoticed = [str(s) for s in planted if not code_mutants.noticed(project, s, judges_of(s.file))]
    assert len(unnoticed) <= 0.03 * len(planted), "\n".join(unnoticed)
