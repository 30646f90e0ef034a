"""The edges of each shape of a check across forms, over forms of a few records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest

from pipeline.checks.drop.door import SHAPES
from pipeline.checks.drop.shapes import Drop
from pipeline.study import Study
from pipeline.study.door import Check
from tests.support.door import drop

RAND = {"RAND_DATE": "01 MAR 2017"}


def holds(given: Drop, **said: Any) -> list[bool]:
    """Whether each case holds, in the order of the records."""
    check = Check.model_validate({"id": "R", "severity": "error", "expected": "-", "question": "-.", **said})
    cases = pd.concat(list(SHAPES[check.shape](given, check)))
    return [bool(h) for h in cases.sort_values(["form", "at"], kind="stable")["holds"]]


# --- dates
CONSENT = {
    "shape": "dated",
    "of": [{"form": "ae", "field": "START_DATE"}],
    "by": [{"form": "enrol", "field": "CONSENT_DATE"}],
    "pick": "first",
}


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("09 JUL 2016", [False]),
        ("10 JUL 2016", [True]),
        ("UN JUL 2016", [True]),  # may be of that day or later
        ("UN JUN 2016", [False]),
        ("UN UNK 2016", [True]),
        ("31 FEB 2016", []),  # no date: asked about as such
        ("", []),
    ],
)
def test_an_event_is_before_consent_only_if_no_reading_of_its_date_is_after(
    study: Study, start: str, told: list[bool]
) -> None:
    given = drop(study, enrol=[{"CONSENT_DATE": "10 JUL 2016"}], ae=[{"START_DATE": start}])
    assert holds(given, **CONSENT) == told


def test_of_two_consents_of_a_person_the_first_counts(study: Study) -> None:
    given = drop(
        study,
        enrol=[{"CONSENT_DATE": "10 JUL 2016"}, {"CONSENT_DATE": "01 JUN 2016"}],
        ae=[{"START_DATE": "05 JUN 2016"}],
    )
    assert holds(given, **CONSENT) == [True]


def test_without_a_date_to_compare_with_nothing_is_asked(study: Study) -> None:
    assert holds(drop(study, ae=[{"START_DATE": "05 JUN 2016"}]), **CONSENT) == []


def test_a_dose_on_the_day_of_a_death_known_to_the_month_is_not_after_it(study: Study) -> None:
    doses = [{"GIVEN": "yes", "DOSE_DATE": "30 MAR 2017"}, {"GIVEN": "Yes", "DOSE_DATE": "01 APR 2017"}]
    said = {
        "shape": "dated",
        "side": "not after",
        "of": [{"form": "tras", "field": "DOSE_DATE", "where": {"GIVEN": "Yes"}}],
    }
    given = drop(study, tras=doses, death=[{"DEATH_DATE": "UN MAR 2017"}])
    assert holds(given, **said, by=[{"form": "death", "field": "DEATH_DATE"}]) == [True, False]


@pytest.mark.parametrize(
    ("deaths", "ended", "told"),
    [
        (["10 APR 2019"], "10 APR 2019", [True]),
        (["10 APR 2019"], "18 APR 2019", [False]),
        (["UN APR 2019"], "18 APR 2019", [True]),
        (["UN APR 2019"], "01 MAY 2019", [False]),
        (["10 APR 2019"], "UN APR 2019", [True]),
        (["10 APR 2019", "12 APR 2019"], "10 APR 2019", [True]),  # that there are two is another question
        (["10 APR 2019", "12 APR 2019"], "12 APR 2019", [True]),
        (["10 APR 2019", "12 APR 2019"], "11 APR 2019", [False]),
        ([], "18 APR 2019", []),
        (["10 APR 2019"], "", []),
    ],
)
def test_participation_that_ends_by_death_ends_on_the_date_of_the_death(
    study: Study, deaths: list[str], ended: str, told: list[bool]
) -> None:
    given = drop(
        study,
        death=[{"RECORD": str(n), "DEATH_DATE": day} for n, day in enumerate(deaths, start=1)],
        eos=[{"REASON": "Death", "END_DATE": ended}],
    )
    said = {
        "shape": "dated",
        "side": "same",
        "of": [{"form": "eos", "field": "END_DATE", "where": {"REASON": "Death"}}],
        "by": [{"form": "death", "field": "DEATH_DATE"}],
    }
    assert holds(given, **said) == told


@pytest.mark.parametrize(
    ("end", "told"), [("01 MAR 2017", [True]), ("28 FEB 2017", [False]), ("UN MAR 2017", [True]), ("", [])]
)
def test_a_record_ends_when_it_begins_or_later(study: Study, end: str, told: list[bool]) -> None:
    given = drop(study, ae=[{"START_DATE": "01 MAR 2017", "END_DATE": end}])
    assert (
        holds(given, shape="ordered", of=[{"form": "ae", "field": "START_DATE", "then": "END_DATE"}]) == told
    )


@pytest.mark.parametrize(
    ("day", "visit", "told"),
    [
        ("05 APR 2017", "WEEK 6", [True]),  # day 36, the first of the window
        ("04 APR 2017", "WEEK 6", [False]),
        ("19 APR 2017", "week 6 ", [True]),  # day 50, the last
        ("20 APR 2017", "WEEK 6", [False]),
        ("28 FEB 2017", "SCREENING", [True]),  # day -1
        ("01 MAR 2017", "SCREENING", [False]),  # day 1: there is no day 0
        ("01 FEB 2017", "SCREENING", [True]),  # day -28
        ("31 JAN 2017", "SCREENING", [False]),
        ("01 JAN 2018", "UNSCHEDULED 01", []),
    ],
)
def test_a_scan_is_within_the_window_of_its_visit(
    study: Study, day: str, visit: str, told: list[bool]
) -> None:
    given = drop(study, rand=[RAND], img=[{"FOLDER": visit, "SCAN_DATE": day}])
    assert holds(given, shape="window", of=[{"form": "img", "field": "SCAN_DATE"}]) == told


def test_visits_are_in_turn_within_their_kind(study: Study) -> None:
    visits = [
        {"FOLDER": "CYCLE 2 DAY 1", "VISIT_DATE": "01 MAR 2017"},
        {"FOLDER": "CYCLE 3 DAY 1", "VISIT_DATE": "28 FEB 2017"},  # before cycle 2
        {"FOLDER": "WEEK 6", "VISIT_DATE": "20 FEB 2017"},  # a scan: of another kind
        {"FOLDER": "UNSCHEDULED 01", "VISIT_DATE": "01 JAN 2016"},  # may be at any time
    ]
    assert holds(
        drop(study, visit=visits), shape="in_turn", of=[{"form": "visit", "field": "VISIT_DATE"}]
    ) == [True, False, True]


# --- references
def test_a_record_is_accompanied_by_one_of_the_same_visit(study: Study) -> None:
    given = drop(
        study,
        visit=[{"FOLDER": "NK 2", "DONE": "Yes"}, {"FOLDER": "NK 4", "DONE": "yes"}],
        vs=[{"FOLDER": "nk  4"}],
    )
    said = {
        "shape": "accompanied",
        "of": [{"form": "visit", "field": "DONE", "where": {"DONE": "Yes"}}],
        "same": ["FOLDER"],
    }
    assert holds(given, **said, by=[{"form": "vs", "field": "VISIT_DATE"}]) == [False, True]


def test_one_of_several_partners_is_enough(study: Study) -> None:
    said = {"shape": "accompanied", "of": [{"form": "rand", "field": "RAND_DATE"}]}
    by = [
        {"form": "tras", "field": "GIVEN", "where": {"GIVEN": "Yes"}},
        {"form": "eot", "field": "REASON", "where": {"REASON": "Never dosed"}},
    ]
    assert holds(drop(study, rand=[RAND], eot=[{"REASON": "Never dosed"}]), **said, by=by) == [True]
    assert holds(drop(study, rand=[RAND], tras=[{"GIVEN": "No"}]), **said, by=by) == [False]


def test_an_answer_asks_for_another(study: Study) -> None:
    said = {
        "shape": "implies",
        "of": [{"form": "tras", "field": "DOSE_DATE", "where": {"GIVEN": "Yes"}}],
        "then": {"DOSE_DATE": "present"},
    }
    given = drop(
        study, tras=[{"GIVEN": "Yes"}, {"GIVEN": "Yes", "DOSE_DATE": "01 MAR 2017"}, {"GIVEN": "No"}]
    )
    assert holds(given, **said) == [False, True]


# --- lesions
def lesion(folder: str, name: str, day: str, **cells: str) -> dict[str, str]:
    return {
        "FOLDER": folder,
        "LESION": name,
        "SCAN_DATE": day,
        "STATUS": "Measured",
        "DIAMETER": "20",
        "DIAMETER_UNIT": "mm",
        **cells,
    }


REPEATED: dict[str, Any] = {
    "shape": "repeated", "of": [{"form": "tl", "field": "LESION", "replaces": "FROM_LESION"}],
    "by": [{"form": "img", "field": "SCAN_DATE", "where": {"DONE": "Yes"}}],
}  # fmt: skip


def test_a_target_lesion_is_told_of_at_each_later_assessment(study: Study) -> None:
    lesions = [
        lesion("SCREENING", "T01", "01 MAR 2017"),
        lesion("SCREENING", "T02", "01 MAR 2017"),
        lesion("WEEK 6", "t01", "12 APR 2017"),
    ]
    assert holds(drop(study, tl=lesions), **REPEATED) == [True, False]


def test_an_assessment_without_any_lesion_counts_where_imaging_was_done(study: Study) -> None:
    images = [
        {"FOLDER": "WEEK 6", "DONE": "Yes", "SCAN_DATE": "12 APR 2017"},
        {"FOLDER": "WEEK 12", "DONE": "No"},
    ]
    assert holds(drop(study, tl=[lesion("SCREENING", "T01", "01 MAR 2017")], img=images), **REPEATED) == [
        False
    ]


def test_a_merged_lesion_that_separates_again_is_due_no_more(study: Study) -> None:
    lesions = [
        lesion("SCREENING", "T01", "01 MAR 2017"),
        lesion("SCREENING", "T02", "01 MAR 2017"),
        lesion("WEEK 6", "T01+T02", "12 APR 2017", EVENT="Merged", FROM_LESION="T01+T02"),
        lesion("WEEK 12", "T01", "24 MAY 2017"),
        lesion("WEEK 12", "T02", "24 MAY 2017"),
        lesion("WEEK 24", "T01", "16 AUG 2017"),
        lesion("WEEK 24", "T02", "16 AUG 2017"),
    ]
    assert holds(drop(study, tl=lesions), **REPEATED) == []


def test_a_lesion_that_was_split_or_merged_is_due_no_more(study: Study) -> None:
    lesions = [
        lesion("SCREENING", "T01", "01 MAR 2017"),
        lesion("SCREENING", "T02", "01 MAR 2017"),
        lesion("WEEK 6", "T01/T02", "12 APR 2017", EVENT="Merged", FROM_LESION="T01 / t02"),
        lesion("WEEK 12", "T01/T02", "24 MAY 2017"),
    ]
    assert holds(drop(study, tl=lesions), **REPEATED) == [True]


SUMMED: dict[str, Any] = {
    "shape": "summed", "of": [{"form": "resp", "field": "SUM"}],
    "by": [{"form": "tl", "field": "DIAMETER", "unit": "DIAMETER_UNIT", "where": {"STATUS": "present"}}],
    "counted": {"Too small to measure": 5, "Disappeared": 0}, "unknown": ["Not assessed"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("second", "reported", "told"),
    [
        ({"DIAMETER": "12.4"}, "32.4", [True]),
        ({"DIAMETER": "12.4"}, "32.5", [False]),
        ({"DIAMETER": "1.24", "DIAMETER_UNIT": "cm"}, "32.4", [True]),
        ({"DIAMETER": "", "STATUS": "Too small to measure"}, "25", [True]),
        ({"DIAMETER": "", "STATUS": "disappeared"}, "20", [True]),
        ({"DIAMETER": "", "STATUS": "Not assessed"}, "20", []),  # the sum is not known
        ({"DIAMETER": "12"}, "", []),
    ],
)
def test_a_reported_sum_is_the_sum_of_its_lesions(
    study: Study, second: dict[str, str], reported: str, told: list[bool]
) -> None:
    lesions = [lesion("WEEK 6", "T01", "12 APR 2017"), lesion("WEEK 6", "T02", "12 APR 2017", **second)]
    assert holds(drop(study, tl=lesions, resp=[{"FOLDER": "WEEK 6", "SUM": reported}]), **SUMMED) == told


# --- results and eligibility
@pytest.mark.parametrize(
    ("result", "unit", "told"),
    [
        ("121", "g/L", [True]),
        ("12.1", "g/L", [False]),
        ("12.1", "g/dL", [True]),
        ("<5", "g/L", []),
        ("121", "U/L", []),
        ("", "g/L", []),
    ],
)
def test_a_result_is_possible_in_its_unit(study: Study, result: str, unit: str, told: list[bool]) -> None:
    given = drop(study, lab=[{"TEST_CODE": "HGB", "RESULT": result, "UNIT": unit}])
    ranges = {"HGB g/L": [25, 250], "HGB g/dL": [2.5, 25]}
    source = {"form": "lab", "field": "RESULT", "test": "TEST_CODE", "unit": "UNIT"}
    assert holds(given, shape="plausible", of=[source], ranges=ranges) == told


def blood(day: str, result: str, unit: str = "g/L") -> dict[str, str]:
    return {"TEST_CODE": "HGB", "SAMPLE_DATE": day, "RESULT": result, "UNIT": unit}


HAEMOGLOBIN: dict[str, Any] = {
    "shape": "eligible",
    "take": "last",
    "least": 80,
    "of": [
        {"form": "lab", "field": "RESULT", "test": "TEST_CODE", "unit": "UNIT", "where": {"TEST_CODE": "HGB"}}
    ],
}


def test_the_last_value_before_randomization_decides(study: Study) -> None:
    samples = [blood("2017/2/1", "70"), blood("2017/2/20", "80"), blood("2017/3/1", "60")]
    assert holds(drop(study, rand=[RAND], lab=samples), **HAEMOGLOBIN) == [True]


def test_a_value_is_compared_in_the_unit_of_the_criterion(study: Study) -> None:
    assert holds(drop(study, rand=[RAND], lab=[blood("2017/2/20", "7.9", "g/dL")]), **HAEMOGLOBIN) == [False]
    assert holds(drop(study, rand=[RAND], lab=[blood("2017/2/20", "8.0", "g/dL")]), **HAEMOGLOBIN) == [True]


def test_who_was_not_randomized_need_not_be_eligible(study: Study) -> None:
    assert holds(drop(study, lab=[blood("2017/2/20", "60")]), **HAEMOGLOBIN) == []


@pytest.mark.parametrize(("targets", "others", "told"), [(1, 0, True), (5, 1, True), (5, 2, False)])
def test_lesions_of_all_forms_are_counted_together(
    study: Study, targets: int, others: int, *, told: bool
) -> None:
    forms = {
        "tl": [{"FOLDER": "SCREENING", "LESION": f"T{n}"} for n in range(targets)],
        "ntl": [{"FOLDER": "SCREENING", "LESION": f"NT{n}"} for n in range(others)],
    }
    of = [{"form": f, "field": "LESION", "where": {"FOLDER": "SCREENING"}} for f in ("tl", "ntl")]
    assert holds(
        drop(study, rand=[RAND], **forms), shape="eligible", take="count", of=of, least=1, most=6
    ) == [told]


def test_a_performance_status_is_the_number_its_text_begins_with(study: Study) -> None:
    status = "60 - Requires occasional assistance, but is able to care for most of his personal needs."
    given = drop(study, rand=[RAND], kps=[{"ASSESS_DATE": "20 FEB 2017", "STATUS": status}])
    assert holds(given, shape="eligible", take="last", of=[{"form": "kps", "field": "STATUS"}], least=70) == [
        False
    ]


# --- a response and the first dose
FIRST_DOSE = {
    "shape": "dated",
    "side": "after",
    "pick": "first",
    "of": [{"form": "resp", "field": "ASSESS_DATE"}],
    "by": [{"form": "tras", "field": "DOSE_DATE", "where": {"GIVEN": "Yes"}}],
}


@pytest.mark.parametrize(
    ("assessed", "told"),
    [("13 JUL 2016", [False]), ("14 JUL 2016", [False]), ("15 JUL 2016", [True])],
)
def test_a_response_is_after_the_day_of_the_first_dose(study: Study, assessed: str, told: list[bool]) -> None:
    doses = [{"GIVEN": "Yes", "DOSE_DATE": "04 AUG 2016"}, {"GIVEN": "Yes", "DOSE_DATE": "14 JUL 2016"}]
    assert holds(drop(study, tras=doses, resp=[{"ASSESS_DATE": assessed}]), **FIRST_DOSE) == told


def test_of_the_never_dosed_no_response_is_asked_about(study: Study) -> None:
    refused = [{"GIVEN": "No", "DOSE_DATE": "14 JUL 2016"}]
    assert holds(drop(study, tras=refused, resp=[{"ASSESS_DATE": "01 JUL 2016"}]), **FIRST_DOSE) == []


# --- records alike
def test_one_date_belongs_to_one_visit(study: Study) -> None:
    scans = [
        {"FOLDER": "WEEK 6", "SCAN_DATE": "19 AUG 2016"},
        {"FOLDER": "week 6 ", "SCAN_DATE": "19 AUG 2016"},  # the same visit
        {"FOLDER": "WEEK 12", "SCAN_DATE": "19 AUG 2016"},
        {"FOLDER": "WEEK 12", "SCAN_DATE": "28 SEP 2016"},
        {"FOLDER": "WEEK 24"},
    ]
    said = {"shape": "alone", "of": [{"form": "img", "field": "SCAN_DATE"}], "per": "FOLDER"}
    assert holds(drop(study, img=scans), **said) == [True, True, False, True]


def test_an_event_is_the_same_event_if_term_dates_and_grade_are(study: Study) -> None:
    event = {"TERM": "Rash", "START_DATE": "19 AUG 2016", "GRADE": "Grade 1"}
    events = [event, event, {**event, "GRADE": "Grade 2"}, {**event, "END_DATE": "20 AUG 2016"}]
    said = {
        "shape": "alone",
        "of": [{"form": "ae", "field": "TERM"}],
        "same": ["TERM", "START_DATE", "END_DATE", "GRADE"],
    }
    assert holds(drop(study, ae=events), **said) == [True, False, True, True]


# --- answers that agree
def test_a_fatal_event_is_fatal_by_all_its_answers(study: Study) -> None:
    fatal = {"GRADE": "Grade 5", "OUTCOME": "Fatal", "S_DEATH": "Yes"}
    events = [fatal, {**fatal, "OUTCOME": "Unknown"}, {**fatal, "S_DEATH": ""}, {"GRADE": "Grade 4"}]
    said = {
        "shape": "implies",
        "of": [{"form": "ae", "field": "GRADE", "where": {"GRADE": "Grade 5"}}],
        "then": {"OUTCOME": "Fatal", "S_DEATH": "Yes"},
    }
    assert holds(drop(study, ae=events), **said) == [True, False, False]


@pytest.mark.parametrize(
    ("amount", "told"),
    [("328", [True]), ("", [False]), ("３２８", [True])],
    ids=["number", "blank", "no number"],
)
def test_an_amount_that_cannot_be_read_is_there_all_the_same(
    study: Study, amount: str, told: list[bool]
) -> None:
    said = {
        "shape": "implies",
        "of": [{"form": "tras", "field": "GIVEN_MG", "where": {"GIVEN": "Yes"}}],
        "then": {"GIVEN_MG": "present"},
    }
    assert holds(drop(study, tras=[{"GIVEN": "Yes", "GIVEN_MG": amount}]), **said) == told


@pytest.mark.parametrize(("died", "told"), [("27 NOV 2016", [True]), ("UN NOV 2016", [False])])
def test_a_date_of_death_is_complete(study: Study, died: str, told: list[bool]) -> None:
    said = {
        "shape": "implies",
        "of": [{"form": "death", "field": "DEATH_DATE"}],
        "then": {"DEATH_DATE": "complete"},
    }
    assert holds(drop(study, death=[{"DEATH_DATE": died}]), **said) == told


# --- a reason and what bears it out
EVENT = {"form": "ae", "field": "PT", "date": "START_DATE", "until": "END_DATE"}
COUNT = {"form": "lab", "field": "RESULT", "test": "TEST_CODE", "unit": "UNIT", "date": "SAMPLE_DATE"}
BORNE_OUT = {
    "shape": "borne_out",
    "of": [
        {"form": "tras", "field": "REASON", "date": "DOSE_DATE"},
    ],
    "by": [{"form": "visit", "field": "VISIT_DATE"}],
    "within": 7,
    "reasons": [
        {
            "words": ["fever"],
            "by": [
                {**EVENT, "words": ["pyrexia"]},
                {"form": "vs", "field": "TEMP", "date": "VISIT_DATE", "least": 38},
            ],
        },
        {
            "words": ["neutrop"],
            "by": [{**EVENT, "words": ["neutrop"]}, {**COUNT, "where": {"TEST_CODE": "NEU#"}, "below": 1.8}],
        },
    ],
}
FEVER = {"FOLDER": "CYCLE 4 DAY 1", "GIVEN": "No", "REASON": "Fever on the planned day"}
LOW_TOO = {**FEVER, "REASON": "Fever of 38.9 C and neutrophils of 1.1"}
HELD = {"FOLDER": "CYCLE 4 DAY 1", "DONE": "Yes", "VISIT_DATE": "24 NOV 2016"}
PYREXIA = {"PT": "Pyrexia", "START_DATE": "20 NOV 2016", "END_DATE": "25 NOV 2016"}
COUNTED = {"TEST_CODE": "NEU#", "UNIT": "10^9/L", "RESULT": "1.10", "SAMPLE_DATE": "2016/11/24"}


@pytest.mark.parametrize(
    ("forms", "told"),
    [
        ({"tras": [FEVER], "visit": [HELD]}, [False]),
        ({"tras": [FEVER], "visit": [HELD], "ae": [PYREXIA]}, [True]),
        ({"tras": [FEVER], "visit": [HELD], "ae": [{**PYREXIA, "PT": "Nausea"}]}, [False]),
        ({"tras": [FEVER], "visit": [HELD], "ae": [{**PYREXIA, "END_DATE": ""}]}, [True]),  # under way
        # over eight days before, seven days before
        ({"tras": [FEVER], "visit": [HELD],
          "ae": [{**PYREXIA, "START_DATE": "12 NOV 2016", "END_DATE": "16 NOV 2016"}]}, [False]),
        ({"tras": [FEVER], "visit": [HELD],
          "ae": [{**PYREXIA, "START_DATE": "12 NOV 2016", "END_DATE": "17 NOV 2016"}]}, [True]),
        ({"tras": [FEVER], "visit": [HELD],
          "ae": [{"PT": "Pyrexia", "START_DATE": "UN NOV 2016", "END_DATE": "UN NOV 2016"}]}, [True]),
        ({"tras": [FEVER], "visit": [HELD], "vs": [{"TEMP": "37.9", "VISIT_DATE": "24 NOV 2016"}]}, [False]),
        ({"tras": [FEVER], "visit": [HELD], "vs": [{"TEMP": "38", "VISIT_DATE": "24 NOV 2016"}]}, [True]),
        # each complaint that the reason names
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA]}, [False]),
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA], "lab": [COUNTED]}, [True]),
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA], "lab": [{**COUNTED, "RESULT": "1.91"}]},
         [False]),
        # a result below or above a limit of quantification: all that it can mean is low
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA], "lab": [{**COUNTED, "RESULT": "<0.50"}]},
         [True]),
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA], "lab": [{**COUNTED, "RESULT": "< 1.8"}]},
         [True]),
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA], "lab": [{**COUNTED, "RESULT": "<2.0"}]},
         [False]),
        ({"tras": [LOW_TOO], "visit": [HELD], "ae": [PYREXIA], "lab": [{**COUNTED, "RESULT": ">1.0"}]},
         [False]),
        # the visit was not held, so the day is unknown
        ({"tras": [FEVER], "ae": [{**PYREXIA, "START_DATE": "01 MAR 2017", "END_DATE": ""}]}, [True]),
        ({"tras": [FEVER]}, [False]),
        # nothing that a record could bear out; a word that begins with fever is one
        ({"tras": [{**FEVER, "REASON": "Participant could not travel"}]}, [True]),
        ({"tras": [{**FEVER, "REASON": "Feverish since morning"}]}, [False]),
        ({"tras": [{**FEVER, "REASON": ""}]}, []),
    ],
)  # fmt: skip
def test_a_reason_that_names_a_complaint_is_borne_out_by_a_record_of_these_days(
    study: Study, forms: Mapping[str, Sequence[Mapping[str, str]]], told: list[bool]
) -> None:
    assert holds(drop(study, **forms), **BORNE_OUT) == told
