"""Every oddity that the sample must hold is in the files, at the record that planted.json names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

Forms = dict[str, list[dict[str, str]]]
Entry = dict[str, str]

# oddity -> what the named field of the named record looks like, and how often it was planted
EXPECTED = {
    "mixed-case": (r"cycle 2 day 1|YES", 2),
    "trailing-blank": (r".+ +", 2),
    "partial-date": (r"UN ([A-Z]{3}|UNK) \d{4}", 5),
    "six-lesions": (r"NT01", 1),
    "split-lesion": (r"Split", 2),
    "merged-lesions": (r"Merged", 1),
    "dose-missed": (r"No", 2),
    "dose-reduced": (r"6\.5|[23]\d\d", 2),
    "equivocal-new-lesion": (r"Equivocal", 1),
    "too-small-to-measure": (r"Too small to measure", 1),
    "two-missed-scans": (r"No", 2),
    "complete-response-with-node": (r"Complete response", 1),
    "chinese-verbatim": (r"[\u4e00-\u9fff]+", 2),
    "chinese-comment": (r"[\u4e00-\u9fff]+", 3),
    "chinese-result": (r"阳性\(\+\)|阴性", 2),
    "lost-to-follow-up": (r"Lost to follow-up", 1),
    "unit-conversion": (r"cm|g/dL|mg/dL", 3),
    "unscheduled-scan": (r"\d\d [A-Z]{3} \d{4}", 1),
    "visit-not-done": (r".+", 1),
    "scan-after-progression": (r"Progressive disease", 1),
    "comparator-given-other-product": (r"Yes", 1),
    "new-therapy-before-progression": (r"\d\d [A-Z]{3} \d{4}", 1),
    "death-before-first-scan": (r"\d\d [A-Z]{3} \d{4}", 1),
    "death-after-two-missed": (r"\d\d [A-Z]{3} \d{4}", 1),
    "disagreement-threshold": (r"Stable disease", 1),
    "disagreement-nadir": (r"Partial response", 1),
    "disagreement-node-size": (r"Partial response", 1),
    "disagreement-lesion-missing": (r"Stable disease", 1),
    "disagreement-new-lesion-not-carried": (r"No", 1),
    "disagreement-non-target-pd": (r"Non-CR/Non-PD", 1),
    "disagreement-assessment-after-pd": (r"Stable disease", 1),
    "disagreement-arithmetic-of-the-reported-sum": (r"46", 1),
    "partial-after-complete-response": (r"Partial response", 1),
    "never-dosed": (r"No", 1),
    "below-quantification": (r"<5", 1),
    "above-quantification": (r">1000", 1),
    "test-not-done": (r"No", 1),
    "long-text": (r".{201,}", 2),
    "comment": (
        r".{100,200}",
        1,
    ),  # with a comment over 200 bytes CO would have COVAL1, which other checkers do not know
    "outside-extensible-codelist": (r"Acupoint injection|Sternal soft tissue", 2),
    "region-not-scanned": (r"No", 1),
    "non-target-disease-only": (r"Not applicable", 1),
    "withdrawal": (r"Withdrawal by subject", 1),
    "re-screened": (r"FD-009", 1),
}


@pytest.fixture(scope="session")
def planted(drop: Path) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in json.loads((drop / "planted.json").read_text(encoding="utf-8")):
        found[entry["oddity"]].append(entry)
    return found


def rows_at(forms: Forms, entry: Entry) -> list[dict[str, str]]:
    named = {"SUBJECT": entry["subject"], "FOLDER": entry["folder"], "RECORD": entry["record"]}
    named |= {"LESION": entry["lesion"]} if "lesion" in entry else {}
    return [r for r in forms[entry["form"]] if all(r[k] == v for k, v in named.items())]


def test_the_list_holds_the_oddities_that_the_sample_must_have(planted: dict[str, list[Entry]]) -> None:
    assert {oddity: len(entries) for oddity, entries in planted.items()} == {
        oddity: n for oddity, (_, n) in EXPECTED.items()
    }


@pytest.mark.parametrize("oddity", EXPECTED)
def test_an_oddity_is_in_the_file_where_the_list_says(
    forms: Forms, planted: dict[str, list[Entry]], oddity: str
) -> None:
    for entry in planted[oddity]:
        values = [r[entry["field"]] for r in rows_at(forms, entry)]
        assert len(values) == 1, entry
        assert re.fullmatch(EXPECTED[oddity][0], values[0]), entry


def test_the_never_dosed_participant_got_nothing(forms: Forms, planted: dict[str, list[Entry]]) -> None:
    subject = planted["never-dosed"][0]["subject"]
    assert [r["GIVEN"] for r in forms["tras"] + forms["nk"] if r["SUBJECT"] == subject] == ["No"]


def test_the_one_who_died_first_has_a_baseline_scan_only(
    forms: Forms, planted: dict[str, list[Entry]]
) -> None:
    subject = planted["death-before-first-scan"][0]["subject"]
    assert {r["FOLDER"].strip().upper() for r in forms["img"] if r["SUBJECT"] == subject} == {"SCREENING"}
    assert [r["OUTCOME"] for r in forms["ae"] if r["SUBJECT"] == subject and r["GRADE"] == "Grade 5"] == [
        "Fatal"
    ]


def test_progression_follows_two_missed_assessments(forms: Forms, planted: dict[str, list[Entry]]) -> None:
    subject = planted["two-missed-scans"][0]["subject"]
    told = [
        (r["FOLDER"].strip().upper(), r["OVERALL"].lower()) for r in forms["resp"] if r["SUBJECT"] == subject
    ]
    assert told == [
        ("WEEK 6", "stable disease"),
        ("WEEK 12", "stable disease"),
        ("WEEK 48", "progressive disease"),
    ]


def test_the_new_lesion_was_equivocal_before_it_was_certain(
    forms: Forms, planted: dict[str, list[Entry]]
) -> None:
    subject = planted["equivocal-new-lesion"][0]["subject"]
    told = [
        (r["FOLDER"].strip().upper(), r["CERTAINTY"].capitalize())
        for r in forms["nl"]
        if r["SUBJECT"] == subject
    ]
    assert told == [("WEEK 12", "Equivocal"), ("WEEK 24", "Unequivocal")]
