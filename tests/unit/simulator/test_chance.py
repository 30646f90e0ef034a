from __future__ import annotations

from itertools import islice

import pytest

from pipeline.errors import SpecError
from pipeline.simulator.draw import Draw
from pipeline.simulator.people import screened
from pipeline.simulator.plants import plant
from pipeline.study import Study


def test_the_stream_of_chance_is_the_same_on_every_machine() -> None:
    draw = Draw("2843126/FD-001")
    assert [draw.integer(1, 6) for _ in range(12)] == [1, 5, 5, 4, 4, 1, 1, 2, 3, 6, 1, 6]


def test_what_is_drawn_from_a_branch_changes_nothing_beside_it() -> None:
    draw = Draw("2843126/FD-001")
    branch = draw.branch("laboratory")
    assert [(draw.integer(1, 6), branch.integer(1, 6))[0] for _ in range(12)] == [
        1,
        5,
        5,
        4,
        4,
        1,
        1,
        2,
        3,
        6,
        1,
        6,
    ]


def test_weights_of_nothing_are_never_picked() -> None:
    draw = Draw("weights")
    assert {draw.weighted({"never": 0.0, "always": 1.0}) for _ in range(200)} == {"always"}


def test_thirty_are_randomized_in_equal_arms_among_thirty_five_numbers(study: Study) -> None:
    log = list(screened(study.simulation, ["NKT", "T"], 1, 30))
    assert len(log) == 35
    assert [s.number for s in log if s.failure] == [5, 9, 12, 20, 28]
    assert [sum(s.arm == arm for s in log) for arm in ("NKT", "T")] == [15, 15]
    assert [(s.subject, s.earlier) for s in log if s.earlier] == [("FD-014", "FD-009")]
    assert next(s.person for s in log if s.subject == "FD-009") == "FD-014"


def test_a_longer_screening_log_begins_with_the_same_entries(study: Study) -> None:
    short = list(screened(study.simulation, ["NKT", "T"], 1, 12))
    assert short == list(islice(screened(study.simulation, ["NKT", "T"], 1, 60), len(short)))


def test_a_plant_whose_record_does_not_exist_is_refused() -> None:
    said = {"oddity": "dose-missed", "form": "dose", "where": {"GIVEN": "No"}, "field": "GIVEN"}
    with pytest.raises(SpecError, match="dose-missed: S-1 has no such dose record"):
        plant([("dose", {"FOLDER": "DAY 1", "RECORD": "1", "GIVEN": "Yes"})], "S-1", [said])


def test_a_plant_changes_the_record_it_names_and_no_other() -> None:
    rows = [
        ("ae", {"FOLDER": "X", "RECORD": "1", "D": "04 MAY 2016"}),
        ("ae", {"FOLDER": "X", "RECORD": "2", "D": "05 MAY 2016"}),
    ]
    said = {
        "oddity": "partial-date",
        "form": "ae",
        "where": {"RECORD": "2"},
        "field": "D",
        "change": "no day",
    }
    entries = [p.entry() for p in plant(rows, "S-1", [said])]
    assert [r["D"] for _, r in rows] == ["04 MAY 2016", "UN MAY 2016"]
    assert entries == [
        {
            "oddity": "partial-date",
            "form": "ae",
            "subject": "S-1",
            "folder": "X",
            "record": "2",
            "field": "D",
            "note": "",
        }
    ]
