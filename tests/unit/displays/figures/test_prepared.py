"""From records to the numbers of a figure: tables of a few participants, and what can be counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.displays.figures.course import Station
from pipeline.displays.figures.edish import Peak
from pipeline.displays.figures.flow import Box
from pipeline.displays.figures.forest import Subgroup
from pipeline.displays.figures.prepared import participants, safety, time_to_event, tumours
from pipeline.displays.figures.spider import Course
from pipeline.displays.figures.swimmer import Lane
from pipeline.displays.figures.waterfall import Bar

ORDER = ("NK", "T")
ARMS = pd.Series({"responded": "NK", "grew": "NK", "no_scan": "NK", "control": "T", "never_dosed": "T"})
NONE = float("nan")


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


# --- time to event
TIMES = table(
    "USUBJID arm time is_event age",
    ("a", "NK", 2.0, True, "<50"),
    ("b", "NK", 8.0, False, "<50"),
    ("c", "NK", 4.0, True, ">=50"),
    ("d", "T", 1.0, True, "<50"),
    ("e", "T", 3.0, True, None),
)


def test_curves_numbers_at_risk_and_who_leaves() -> None:
    figure = time_to_event.kaplan_meier(TIMES, ORDER, "T", "PFS", "Months", "Share, %")
    treated, control = figure.arms
    assert figure.until == 8.0
    assert [step.time for step in treated.steps] == [2, 4]
    assert [step.share for step in treated.steps] == pytest.approx([2 / 3, 1 / 3])
    assert [(one.subject, one.time, one.is_event) for one in treated.leaving] == [
        ("a", 2.0, True),
        ("b", 8.0, False),
        ("c", 4.0, True),
    ]
    assert treated.leaving[1].share == pytest.approx(1 / 3)
    assert (treated.participants, treated.events, control.events) == (3, 2, 2)
    assert treated.at_risk == (3, 3, 3, 2, 2, 1, 1, 1, 1)  # at 0, 1 ... 8 months
    assert (control.steps[-1].share, control.steps[-1].low) == (0.0, None)


def test_the_notes_tell_medians_and_the_comparison() -> None:
    figure = time_to_event.kaplan_meier(TIMES, ORDER, "T", "PFS", "Months", "Share, %")
    assert [note.split(":")[0] for note in figure.notes] == ["Median, NK", "Median, T", "NK versus T"]
    assert figure.notes[0].startswith("Median, NK: 4.0 (")
    # T: half survive from 1 to 3, an event ends it; the lower limit alone is reached
    assert figure.notes[1] == "Median, T: 2.0 (1.0, NE) months"


def test_an_empty_arm_and_no_event_are_not_estimable() -> None:
    only = TIMES[TIMES["arm"].eq("NK")].assign(is_event=False)
    figure = time_to_event.kaplan_meier(only, ORDER, "T", "PFS", "Months", "Share, %")
    assert figure.notes == (
        "Median, NK: not estimable",
        "Median, T: not estimable",
        "NK versus T: hazard ratio not estimable, log-rank p not estimable",
    )
    assert figure.arms[1].at_risk == (0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_hazard_ratios_of_subgroups_count_events_and_participants() -> None:
    age = ("Age", "age", ("<50", ">=50"))
    rows = time_to_event.hazard_ratios(TIMES, "NK", "T", "All", [age])
    assert [(row.label, row.indent, row.counts) for row in rows] == [
        ("All", 0, ("2/3", "2/2")),
        ("Age", 0, ()),
        ("<50", 1, ("1/2", "1/1")),
        (">=50", 1, ("1/1", "0/0")),
        ("Missing", 1, ("0/0", "1/1")),
    ]
    assert rows[0].value is not None
    assert (rows[3].value, rows[4].value) == (None, None)


def test_rate_differences_of_subgroups_are_percentage_points() -> None:
    rows = time_to_event.rate_differences(TIMES, "NK", "T", "All", [("Age", "age", ("<50", ">=50"))])
    # 2 of 3 against 2 of 2; 1 of 2 against 1 of 1
    assert [row.value for row in rows] == pytest.approx([-100 / 3, None, -50.0, None, None])
    assert rows[3] == Subgroup(">=50", 1, ("1/1", "0/0"), None, None, None)


# --- tumours
CHANGES = table(
    "USUBJID month change",
    ("responded", 3.0, -40.0),
    ("responded", 1.5, -20.0),
    ("responded", 0.0, NONE),
    ("grew", 1.5, 10.0),
    ("grew", 3.0, 35.0),
    ("no_scan", 1.5, NONE),
    ("screened", 1.5, -10.0),
    ("control", 1.5, 0.0),
)


def test_the_best_change_is_the_lowest_after_baseline() -> None:
    best = pd.Series({"responded": "PR", "grew": "PD"})
    figure = tumours.waterfall(CHANGES, best, ARMS, ORDER, "Best", "%")
    assert set(figure.bars) == {
        Bar("responded", "NK", -40.0, "PR"),
        Bar("grew", "NK", 10.0, "PD"),
        Bar("control", "T", 0.0, ""),
    }
    assert figure.without == 2


def test_changes_stand_in_the_order_of_time() -> None:
    figure = tumours.spider(CHANGES, pd.Series({"grew": 3.0}), ARMS, ORDER, "Change", "Months", "%")
    assert figure.courses == (
        Course("control", "T", ((1.5, 0.0),), None),
        Course("grew", "NK", ((1.5, 10.0), (3.0, 35.0)), 3.0),
        Course("responded", "NK", ((1.5, -20.0), (3.0, -40.0)), None),
    )
    assert figure.without == 2


def test_a_lane_has_what_happened_and_no_more() -> None:
    people = table(
        "USUBJID label arm end first_dose last_dose progression death is_ongoing",
        ("died", "FD-1", "NK", 18.0, 0.1, 5.0, 8.0, 20.0, False),
        ("never_dosed", "FD-2", "T", 1.0, NONE, NONE, NONE, NONE, True),
        ("no_end", "FD-3", "T", NONE, NONE, NONE, NONE, NONE, False),
    )
    doses = table("USUBJID month", ("died", 5.0), ("died", 0.1), ("died", NONE))
    seen = table("USUBJID month response", ("died", 3.0, "PR"), ("died", 1.5, "SD"))
    figure = tumours.swimmer(people, doses, seen, ORDER, "Swimmer", "Months", "alive")
    assert figure.lanes == (
        Lane(
            "died", "FD-1", "NK", 20.0, (0.1, 5.0), (0.1, 5.0), ((1.5, "SD"), (3.0, "PR")), 8.0, 20.0, False
        ),
        Lane("never_dosed", "FD-2", "T", 1.0, None, (), (), None, None, True),
    )


# --- safety
def test_a_participant_counts_once_a_term_and_rare_terms_are_left_out() -> None:
    events = table(
        "USUBJID term",
        ("responded", "Chills"),
        ("responded", "Chills"),
        ("grew", "Chills"),
        ("control", "Chills"),
        ("control", "Nausea"),
        ("grew", None),
        ("screened", "Nausea"),
    )
    figure = safety.event_dots(events, ARMS, ORDER, "T", 50, "Events", ("fewer", "more"))
    (chills, nausea) = figure.terms
    assert figure.sizes == (3, 2)
    assert (chills.term, chills.participants) == ("Chills", (2, 1))
    assert chills.shares == pytest.approx((200 / 3, 50))
    assert chills.difference == pytest.approx(100 / 6)
    assert (nausea.participants, nausea.difference) == ((0, 1), -50.0)
    none = safety.event_dots(events, ARMS, ORDER, "T", 70, "Events", ("fewer", "more"))
    assert none.terms == ()


def test_a_difference_needs_both_arms() -> None:
    only = ARMS[ARMS.eq("NK")]
    events = table("USUBJID term", ("grew", "Chills"))
    (term,) = safety.event_dots(events, only, ORDER, "T", 0, "Events", ("fewer", "more")).terms
    assert term.participants == (1, 0)
    assert term.shares[1] is None
    assert (term.difference, term.low, term.high) == (None, None, None)


def test_a_peak_needs_both_values() -> None:
    values = table(
        "USUBJID is_bilirubin multiple",
        ("grew", False, 1.0),
        ("grew", False, 3.5),
        ("grew", True, 0.5),
        ("control", False, 1.0),
        ("control", True, NONE),
        ("screened", False, 9.0),
    )
    figure = safety.edish(values, ARMS, ORDER, "Liver")
    assert figure.peaks == (Peak("grew", "NK", 3.5, 0.5),)
    assert figure.without == 4


VALUES = table(
    "arm parameter time value",
    ("NK", "CD3", 0.0, 1.0),
    ("NK", "CD3", 0.0, 2.0),
    ("NK", "CD3", 0.0, 3.0),
    ("NK", "CD3", 0.0, 10.0),
    ("NK", "CD3", 3.0, 5.0),
    ("T", "CD3", 3.0, NONE),
    ("T", "CD3", NONE, 5.0),
    ("T", "CD4", 3.0, 7.0),
)


def test_the_middle_is_the_median_with_quartiles() -> None:
    figure = safety.course(VALUES, ORDER, "median", "Course", "Weeks")
    assert [panel.label for panel in figure.panels] == ["CD3", "CD4"]
    treated, control = figure.panels[0].courses
    assert treated == (Station(0.0, 4, 2.5, 1.75, 4.75), Station(3.0, 1, 5.0, None, None))
    assert control == ()


def test_the_middle_is_the_mean_with_its_limits() -> None:
    figure = safety.course(VALUES, ORDER, "mean", "Course", "Weeks")
    first = figure.panels[0].courses[0][0]
    # mean 4, standard deviation (50 / 3) ** 0.5, t 3.182 with 3 degrees of freedom
    assert (first.middle, first.low, first.high) == pytest.approx((4.0, -2.496, 10.496), abs=5e-4)
    assert np.isclose(first.participants, 4)


# --- participants
def test_the_flow_counts_each_stage_by_arm() -> None:
    people = table(
        "USUBJID arm treated stopped reason failure",
        ("a", "NK", True, False, None, None),
        ("b", "NK", True, True, "DEATH", None),
        ("c", "T", False, True, None, None),
        ("d", None, False, False, None, "SCREEN FAILURE"),
    )
    stages = [
        participants.Stage("Treated", "treated", None, (("and stopped", "stopped"),)),
        participants.Stage("Stopped", "stopped", "reason"),
    ]
    parts = [("received treatment", "treated")]
    figure = participants.flow(people, ORDER, "Not randomized", "failure", parts, stages, "Flow")
    assert figure.screened == Box("Assessed for eligibility", 4)
    assert figure.excluded == Box("Not randomized", 1, (("SCREEN FAILURE", 1),))
    assert figure.allocated == Box("Randomized", 3)
    assert figure.arms == (
        (
            Box("NK", 2, (("received treatment", 2),)),
            Box("Treated", 2, (("and stopped", 1),)),
            Box("Stopped", 1, (("DEATH", 1),)),
        ),
        (
            Box("T", 1, (("received treatment", 0),)),
            Box("Treated", 0, (("and stopped", 0),)),
            Box("Stopped", 1, (("no reason given", 1),)),
        ),
    )
