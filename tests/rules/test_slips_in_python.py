"""Slips of one token planted in the rules that are written in Python: each is noticed by a test that states
the rule, or by the line of a mapping that it changes.

Every day 15 are planted, each alone, and each must fail the test that states its rule; `make prove` plants
200 chosen by the seed. `survivors.tsv` lists those that make no difference, with why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.conftest import ROOT
from tests.support import code_mutants, forked
from tests.support.code_mutants import LINES, Slip

UNIT = "tests/unit/derivations/statistics/test_{}.py"
RULES_OF_CHECKS = ("tests/unit/checks/datasets/test_rules.py",)
PERIODS = "tests/unit/derivations/test_periods.py"
RECIST = "recist_lesions recist_overall irecist recist_target recist_twice"
# by file: the tests that state its rules, all of them tests/rules/test_NAME.py
STATED = {
    "mappings/adam/adlb.py": LINES,
    "mappings/adam/adsl.py": "subject_level",
    "mappings/sdtm/cp.py": "cp",
    "mappings/sdtm/dm.py": "arms",
    "mappings/sdtm/lb.py": "lb",
    "mappings/sdtm/se.py": "se",
    "mappings/sdtm/sv.py": "sv",
    "pipeline/derivations/adam/__init__.py": "response_parameters",
    "pipeline/derivations/adam/adverse_events.py": "adverse_events",
    "pipeline/derivations/adam/assessments.py": "tumour_assessments evaluators",
    "pipeline/derivations/adam/baseline.py": "baseline_values",
    "pipeline/derivations/adam/basic.py": "basic_structure",
    "pipeline/derivations/adam/before_treatment.py": "tumour_assessments baseline_values",
    "pipeline/derivations/adam/considered.py": "explain",
    "pipeline/derivations/adam/course.py": "analysis_windows",
    "pipeline/derivations/adam/deaths.py": "deaths",
    "pipeline/derivations/adam/deviations.py": "analysis_sets",
    "pipeline/derivations/adam/evaluators.py": "evaluators",
    "pipeline/derivations/adam/exposure.py": "exposure_parameters",
    "pipeline/derivations/adam/evidence.py": "progression_free_survival",
    "pipeline/derivations/adam/immune.py": "tumour_assessments",
    "pipeline/derivations/adam/laboratory.py": "laboratory_grades",
    "pipeline/derivations/adam/milestones.py": "subject_level",
    "pipeline/derivations/adam/numbered.py": "reported_assessments tumour_assessments evaluators",
    "pipeline/derivations/adam/occurrences.py": "occurrences",
    "pipeline/derivations/adam/periods.py": PERIODS,
    "pipeline/derivations/adam/populations.py": "analysis_sets",
    "pipeline/derivations/adam/progression.py": "progression_free_survival evaluators",
    "pipeline/derivations/adam/reported.py": "reported_assessments",
    "pipeline/derivations/adam/response.py": "response_parameters evaluators",
    "pipeline/derivations/adam/response_records.py": "response_parameters evaluators",
    "pipeline/derivations/adam/scheduled.py": "tumour_assessments",
    "pipeline/derivations/adam/subject.py": "subject_level",
    "pipeline/derivations/adam/toxicity.py": "laboratory_grades",
    "pipeline/derivations/adam/tte.py": "time_to_event",
    "pipeline/derivations/adam/windows.py": "analysis_windows",
    "pipeline/derivations/dated.py": "first_and_last_dates",
    "pipeline/derivations/looked_up.py": "values_of_other_forms",
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
    "pipeline/derivations/sdtm/arms.py": "arms",
    "pipeline/derivations/sdtm/comments.py": "comments",
    "pipeline/derivations/sdtm/dosing.py": "exposure",
    "pipeline/derivations/sdtm/elements.py": "se epochs_and_elements",
    "pipeline/derivations/sdtm/epochs.py": "epoch",
    "pipeline/derivations/sdtm/findings.py": "findings tumours lb vs",
    "pipeline/derivations/sdtm/identifiers.py": "events ec",
    "pipeline/derivations/sdtm/lesions.py": "tumours lesions_of_others",
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
OF_CURVES = ("curves", "estimate", "proportional_hazards", "restricted_mean")
STATISTICS |= {f"pipeline/derivations/statistics/{n}.py": UNIT.format("curves") for n in OF_CURVES}
STATISTICS |= {
    f"pipeline/derivations/statistics/{n}.py": UNIT.format("counts")
    for n in ("averages", "incidence", "two_by_two")
}
SUBJECTS = "pipeline/derivations/sdtm/subjects.py"
OF_SUBJECT = "pipeline/checks/datasets/rules/shapes/subject.py"
CLEAN = f"{RULES_OF_CHECKS[0]}::test_clean_data_have_no_finding"
ONCOLOGY = "pipeline/derivations/oncology"
# slips that a total alone noticed once, or that a bound invites: file, text, the token in it, what stands in
# its place, and the test that states the rule
PLANTED = {
    "an end of study on the day of randomization does not count": (
        SUBJECTS, "dates.last_day(ends[end]).ge(randomized_on)", "ge", "gt",
        "arms::test_the_reference_period_ends_when_a_randomized_participant_leaves_the_study"),
    "what may begin before the death begins after it": (
        OF_SUBJECT, "dates.first_day_of_text(text).to_numpy() > last_of_dm", "first", "last", CLEAN),
    "a partial date of death is its first day": (
        OF_SUBJECT, '"last": dates.last_day(dm[dm_date])', "last_day", "first_day", CLEAN),
    "a reported sum may be half a millimetre off": (
        f"{ONCOLOGY}/reconcile.py", "SAME_SUM_MM: Final = 0.005", "0.005", "0.5",
        "reconciliation::test_a_disagreement_has_its_class"),
    "an assessment that could not be evaluated is adequate": (
        "pipeline/derivations/adam/assessments.py", "others_assessed & evaluated", " & evaluated", "",
        "tumour_assessments::test_without_a_scan_before_the_first_dose_there_is_no_baseline"),
    "a rise of 20 % is no progression": (
        f"{ONCOLOGY}/recist.py", ".ge(reference * fraction.numerator)", "ge", "gt",
        "recist_target::test_bounds_of_the_sum_are_met_exactly"),
    "stable disease must last longer than its minimum": (
        f"{ONCOLOGY}/best.py", "dt.days.ge(rules.minimum_sd_days)", "ge", "gt",
        "best_response::test_unconfirmed_best_response"),
    "a progression is not confirmed on the first day on which it can be": (
        f"{ONCOLOGY}/irecist.py", "days_since_first.ge(rules.confirm_from_days)", "ge", "gt",
        "irecist::test_a_progression_must_be_confirmed"),
    "a fifth target is one too many": (
        f"{ONCOLOGY}/baseline.py", "in_all.gt(rules.max_targets)", "gt", "ge",
        "recist_lesions::test_five_targets_and_two_of_an_organ"),
    "the latest event counts": (
        "pipeline/derivations/adam/tte.py", 'lookup.first_of_subject(dated, "ADT", "rank")', "first", "last",
        "time_to_event::test_progression_free_survival"),
    "treatment that ends with its last planned dose is not completed": (
        "pipeline/derivations/adam/subject.py", "status.mask(ended.ge(planned)", "ge", "gt",
        "subject_level::test_treatment_is_completed_when_each_product_of_the_planned_arm_is"),
    "a contact on the day of the cut-off is none": (
        "pipeline/derivations/adam/milestones.py", 'days["day"].le(pd.Timestamp(cutoff))', "le", "lt",
        "subject_level::test_the_last_day_on_which_the_participant_was_seen_or_heard_of"),
    "a result at the lower limit is low": (
        "pipeline/derivations/sdtm/findings.py", "is_low = most.lt(lower)", "lt", "le",
        "findings::test_the_limits_decide_where_a_result_lies_and_else_the_flag"),
    "a visit was due before informed consent": (
        "pipeline/derivations/sdtm/epochs.py", "due.lt(participation)", "lt", "gt",
        "epoch::test_what_was_not_done_belongs_to_the_epoch_in_which_it_was_due"),
    "a time of day stands behind a date that is not complete": (
        "pipeline/derivations/sdtm/timing.py", "date.str.len().eq(10)", "eq", "ne",
        "study_day::test_date_and_time_are_as_precise_as_collected"),
}  # fmt: skip


def judges_of(file: str) -> tuple[str, ...]:
    """The tests that judge a file; what a mapping makes of the participants of `mapping_lines` comes last."""
    if file.startswith("pipeline/checks/"):
        return RULES_OF_CHECKS
    if file in STATISTICS:
        return (STATISTICS[file],)
    assert file in STATED, f"{file} has rules: name the tests that state them in STATED"
    return (*(n if "/" in n else f"tests/rules/test_{n}.py" for n in STATED[file].split()), LINES)


def test_every_file_of_rules_has_tests_that_state_them() -> None:
    files = {slip.file for slip in code_mutants.all_slips(ROOT)}
    tests = {test for file in files for test in judges_of(file)}
    assert {name for name in (*tests, *STATED, *STATISTICS) if not (ROOT / name).is_file()} == set()


def slip_of(file: str, line: str, old: str, new: str) -> Slip:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.count(line) == 1, f"{file} no longer holds {line} once"
    at = text.index(line) + line.index(old)
    start = text.rfind("\n", 0, at) + 1
    return Slip(file, "", text.count("\n", 0, at) + 1, len(text[start:at].encode("utf-8")), old, new)


def node_of(told: str) -> str:
    """The test as pytest names it."""
    name, _, function = told.partition("::")
    return f"{name if '/' in name else f'tests/rules/test_{name}.py'}::{function}"


def test_each_of_fifteen_slips_fails_the_test_that_states_its_rule() -> None:
    slips = [(slip_of(*slip), node_of(told)) for *slip, told in PLANTED.values()]
    nothing = replace(slips[0][0], new=slips[0][0].old)
    *found, of_nothing = forked.noticed([*((slip, [test]) for slip, test in slips), (nothing, [slips[0][1]])])
    assert of_nothing is None
    assert [str(test).partition("[")[0] for test in found] == [test for _, test in slips]
    assert len(PLANTED) == 15


def test_97_of_100_slips_are_noticed(prove: bool, seed: int) -> None:
    if not prove:
        pytest.skip("200 slips: make prove")
    every = code_mutants.all_slips(ROOT)
    unnoticed = unnoticed_of(code_mutants.chosen(every, 200, seed))
    assert len(unnoticed) <= 6, "\n".join(unnoticed)
    known = [slip for slip in every if slip.key in code_mutants.survivors()]
    assert unnoticed_of(known) == [str(slip) for slip in known], "one of them can be noticed"


def unnoticed_of(slips: Sequence[Slip]) -> list[str]:
    """Those of the slips, each planted alone, with which all tests pass."""
    tests = forked.noticed([(slip, judges_of(slip.file)) for slip in slips])
    return [str(slip) for slip, test in zip(slips, tests, strict=True) if test is None]
