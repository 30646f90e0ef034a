"""A live extract holds what happened after the data cut-off: it is set aside and counted, and the data are as
they stood on the day.

FD-006 died on 19 NOV 2018: the death form, the end of study and the contact that learnt of it are dated then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline import stages as run
from pipeline.cli import app
from pipeline.explain import explain
from pipeline.mapping import cutoff
from pipeline.records.count import Count
from pipeline.records.findings import Finding
from pipeline.sources import Drop
from pipeline.stages import one_block
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support.door import changed
from tests.support.drops import of_subjects
from tests.support.explained import considered
from tests.support.tables import shown

REASON = "Dated after the data cut-off of 2018-11-18"
Built = tuple[dict[str, pd.DataFrame], dict[str, Count], list[Finding]]


def cut_on(study: Study, day: str, records: str = "set aside") -> Study:
    """The study with another cut-off, and what becomes of records after it."""
    after = study.protocol.after_cutoff
    assert after is not None
    changed = {
        "cutoff": date.fromisoformat(day),
        "after_cutoff": after.model_copy(update={"records": records}),
    }
    return replace(study, protocol=study.protocol.model_copy(update=changed))


@pytest.fixture(scope="module")
def day_before_the_death(study: Study, sample: Drop) -> Built:
    return one_block(cut_on(study, "2018-11-18"), sample.forms)


def rows(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    return frame[frame["USUBJID"].str.endswith(subject)]


def test_a_death_after_the_cut_off_is_not_known(day_before_the_death: Built) -> None:
    frames, counts, _ = day_before_the_death
    assert shown(rows(frames["DM"], "006")["DTHFL"]) == [None]
    assert shown(rows(frames["DM"], "006")["DTHDTC"]) == [None]
    overall = frames["ADTTE"][frames["ADTTE"]["PARAMCD"].eq("OS")]
    assert shown(rows(overall, "006")["CNSR"]) == [1]
    assert dict(counts["death"].set_aside)[REASON] > 0
    died_by_then = int(frames["DM"]["DTHFL"].eq("Y").sum())
    assert (counts["death"].read, counts["death"].published) == (15, died_by_then)


def test_each_record_is_published_or_set_aside_and_nothing_refuses_the_build(
    day_before_the_death: Built,
) -> None:
    _, counts, findings = day_before_the_death
    not_adding_up = {
        form: count
        for form, count in counts.items()
        if count.read != count.published + sum(dict(count.set_aside).values())
    }
    assert not_adding_up == {}
    assert {f.rule for f in findings if f.severity == "error"} == set()


def test_nothing_is_dated_after_the_cut_off(day_before_the_death: Built, study: Study) -> None:
    late = {
        f"{name}.{variable}"
        for name, frame in day_before_the_death[0].items()
        if name in study.datasets
        for variable, spec in study.datasets[name].variables.items()
        if spec.type == "iso" and variable in frame and frame[variable].str[:10].gt("2018-11-18").any()
    }
    assert late == set()


def test_who_is_still_in_the_study_has_the_last_contact_as_reference_end(day_before_the_death: Built) -> None:
    participants = day_before_the_death[0]["DM"]
    assert shown(rows(participants, "006")["RFENDTC"]) == ["2018-10-01"]
    assert shown(rows(participants, "005")["RFENDTC"]) == [None]  # a screen failure


def test_the_rule_can_be_turned_off(study: Study, sample: Drop) -> None:
    _, counts, findings = one_block(cut_on(study, "2018-11-18", records="refuse"), sample.forms)
    assert "AFTER-CUT-OFF" in {f.rule for f in findings if f.severity == "error"}
    assert counts["death"] == Count(15, 15, ())


def test_a_participant_enrolled_after_the_cut_off_is_set_aside_with_all_records(
    study: Study, sample: Drop
) -> None:
    # FD-035 gave consent in 2017, after the 30 others who were randomized
    forms = cutoff.cut(cut_on(study, "2016-12-20"), sample.forms).forms
    numbers = {number.strip() for form in forms.values() for number in form["SUBJECT"]}
    assert "FD-021" in numbers
    assert "FD-035" not in numbers


# --- one record
def a_form(study: Study, sample: Drop, name: str, *changes: dict[str, str | None]) -> pd.DataFrame:
    """Records of one form, each like its first one but for these fields."""
    first: dict[str, Any] = {str(field): value for field, value in sample.forms[name].iloc[0].items()}
    return pd.DataFrame([first | change for change in changes], columns=list(sample.forms[name])).astype(
        "str"
    )


RECORDS: dict[str, tuple[str, list[dict[str, str | None]], list[bool]]] = {
    # rule: (form, records, whether each is set aside); the cut-off is 2018-11-18
    "on the day of the cut-off it stays": ("vs", [{"VISIT_DATE": "2018-11-18"}], [False]),
    "the day after it does not": ("vs", [{"VISIT_DATE": "2018-11-19"}], [True]),
    "a partial date that can be before it stays": ("cm", [{"START_DATE": "2018-11"}], [False]),
    "a partial date that cannot does not": ("cm", [{"START_DATE": "2018-12"}], [True]),
    "an event that began before it stays": (
        "ae",
        [{"START_DATE": "2018-11-01", "END_DATE": "2018-12-24"}],
        [False],
    ),
    "a lesion without a date goes with its visit": (
        "ntl",
        [
            {"FOLDER": "WEEK 96", "SCAN_DATE": "2018-12-24"},
            {"FOLDER": "week 96 ", "SCAN_DATE": None},
            {"FOLDER": "WEEK 72", "SCAN_DATE": None},
        ],
        [True, True, False],
    ),
}


@pytest.mark.parametrize(("form", "records", "expected"), RECORDS.values(), ids=RECORDS)
def test_a_record_is_cut_by_its_own_date(
    study: Study,
    sample: Drop,
    form: str,
    records: list[dict[str, str | None]],
    expected: list[bool],
) -> None:
    forms = {"enrol": sample.forms["enrol"], form: a_form(study, sample, form, *records)}
    set_aside = cutoff.cut(cut_on(study, "2018-11-18"), forms).set_aside
    assert set_aside.get(form, pd.Series([False] * len(expected))).tolist() == expected


def test_an_end_after_the_cut_off_is_left_out_with_a_warning(study: Study, sample: Drop) -> None:
    ends: list[dict[str, str | None]] = [
        {"START_DATE": "2018-11-01", "END_DATE": "2018-11-18"},
        {"START_DATE": "2018-11-01", "END_DATE": "2018-11-19"},
    ]
    forms = {"enrol": sample.forms["enrol"], "ae": a_form(study, sample, "ae", *ends)}
    after = cutoff.cut(cut_on(study, "2018-11-18"), forms)
    assert shown(after.forms["ae"]["END_DATE"]) == ["2018-11-18", None]
    assert [(f.rule, f.severity) for f in after.findings if f.variable == "END_DATE"] == [
        ("CUT-OFF-DATE", "warning")
    ]


# --- what other records say of the time after the cut-off
FATAL: dict[str, str | None] = {
    "START_DATE": "2018-11-01", "END_DATE": "2018-11-19", "ONGOING": "No", "OUTCOME": "Fatal",
    "GRADE": "Grade 5", "SERIOUS": "Yes", "S_DEATH": "Yes", "S_LIFE": None, "S_HOSP": None, "S_DISAB": None,
    "S_CONG": None, "S_MEDICAL": None, "ACN_TRAS": "Not applicable", "ACN_NK": "Not applicable",
}  # fmt: skip
NOT_OVER = {"END_DATE": None, "ONGOING": "Yes", "OUTCOME": "Not recovered/not resolved"}
NOT_FATAL: dict[str, str | None] = {**NOT_OVER, "GRADE": None, "SERIOUS": "No", "S_DEATH": "No"}
ANSWERS: dict[str, tuple[str, dict[str, str | None], dict[str, str | None]]] = {
    # rule: (form, the record as collected, what differs on 2018-11-18); FD-006 died on 2018-11-19
    "an event that ended later was ongoing and not resolved": (
        "ae", {**FATAL, "OUTCOME": "Recovered/resolved", "GRADE": "Grade 2", "SERIOUS": "No",
               "S_DEATH": "No"},
        NOT_OVER),
    "an event that ended later keeps the grade and seriousness that it had": (
        "ae", {**FATAL, "OUTCOME": "Recovered/resolved", "GRADE": "Grade 4", "S_DEATH": None,
               "S_LIFE": "Yes"},
        NOT_OVER),
    "an event that was fatal later was neither over nor fatal": ("ae", FATAL, NOT_FATAL),
    "nor was it where its end has no date": ("ae", {**FATAL, "END_DATE": None}, NOT_FATAL),
    "nor where its end may be earlier": ("ae", {**FATAL, "END_DATE": "2018-11"}, NOT_FATAL),
    "what was serious for another reason too is serious": (
        "ae", {**FATAL, "S_HOSP": "Yes"}, {**NOT_FATAL, "SERIOUS": "Yes"}),
    "an event that was over on the day stays as it is": (
        "ae", {**FATAL, "END_DATE": "2018-11-18", "OUTCOME": "Recovered/resolved", "GRADE": "Grade 3",
               "S_DEATH": "No", "S_HOSP": "Yes"}, {}),
    "a product whose treatment ended later was not withdrawn": (
        "ae", {"START_DATE": "2018-11-01", "END_DATE": "2018-11-02", "OUTCOME": "Recovered/resolved",
               "GRADE": "Grade 3", "SERIOUS": "No", "S_DEATH": None, "ACN_TRAS": "Drug withdrawn",
               "ACN_NK": "Drug withdrawn"},
        {"ACN_TRAS": "Unknown"}),
    "a medication that ended later was ongoing": (
        "cm", {"START_DATE": "2018-11-01", "END_DATE": "2018-12", "ONGOING": "No"},
        {"END_DATE": None, "ONGOING": "Yes"}),
    "a condition that ended later was ongoing": (
        "mhx", {"START_DATE": "2012", "END_DATE": "2019", "ONGOING": "No"},
        {"END_DATE": None, "ONGOING": "Yes"}),
}  # fmt: skip


@pytest.mark.parametrize(("form", "record", "differs"), ANSWERS.values(), ids=ANSWERS)
def test_a_record_that_stays_says_what_was_so_on_the_day(
    study: Study,
    sample: Drop,
    form: str,
    record: dict[str, str | None],
    differs: dict[str, str | None],
) -> None:
    death = sample.forms["death"]
    of_who_died = death[death["USUBJID"].str.endswith("006")]
    assert shown(of_who_died["DEATH_DATE"]) == ["2018-11-19"]
    same_person = {name: of_who_died.iloc[0][name] for name in ("USUBJID", "SUBJECT")}
    eot = a_form(
        study,
        sample,
        "eot",
        {**same_person, "PRODUCT": "Trastuzumab", "END_DATE": "2018-11-19", "REASON": "Adverse event"},
        {**same_person, "PRODUCT": "NK cells", "END_DATE": "2018-11-18", "REASON": "Adverse event"},
    )
    forms = {
        "enrol": sample.forms["enrol"],
        "death": death,
        "eot": eot,
        form: a_form(study, sample, form, {**same_person, **record}),
    }
    after = cutoff.cut(cut_on(study, "2018-11-18"), forms)
    (stood,) = after.forms[form][list(record)].astype("object").to_dict("records")
    assert {str(f): None if pd.isna(v) else v for f, v in stood.items()} == {**record, **differs}
    assert after.as_it_stood[form].tolist() == [bool(differs)]
    told = {f.variable for f in after.findings if f.dataset == form}
    assert told == {field for field, value in differs.items() if value != record[field]}


def test_an_end_for_a_death_that_was_not_known_is_set_aside(study: Study, sample: Drop) -> None:
    ends = [{"END_DATE": "2018-11-10", "REASON": "Death"}, {"END_DATE": "2018-11-10", "REASON": "Completed"}]
    death = sample.forms["death"]
    of_who_died = death[death["USUBJID"].str.endswith("006")]
    same_person = {name: of_who_died.iloc[0][name] for name in ("USUBJID", "SUBJECT")}
    for form in ("eos", "eot"):
        records = a_form(study, sample, form, *({**same_person, **end} for end in ends))
        forms = {"enrol": sample.forms["enrol"], "death": death, form: records}
        assert cutoff.cut(cut_on(study, "2018-11-18"), forms).set_aside[form].tolist() == [True, False]
        assert not cutoff.cut(cut_on(study, "2018-11-19"), forms).set_aside[form].any()


def test_a_fatal_event_that_began_before_the_cut_off_builds_and_is_counted(
    study: Study, sample: Drop
) -> None:
    events = sample.forms["ae"]
    fatal = events["USUBJID"].str.endswith("006") & ~events.duplicated("USUBJID")
    assert int(fatal.sum()) == 1
    events = events.assign(**{f: events[f].mask(fatal, v) for f, v in FATAL.items() if v is not None})
    forms = {**sample.forms, "ae": events}

    frames, counts, findings = one_block(cut_on(study, "2018-11-18"), forms)
    assert {f.rule for f in findings if f.severity == "error"} == set()
    assert {f.rule for f in findings if "PARTICIPATION" in f.rule} == set()
    events = rows(frames["AE"], "006")
    event = events[events["AESTDTC"].eq("2018-11-01")]
    published = ["AEENDTC", "AEOUT", "AESDTH", "AETOXGR", "AEENRTPT", "AEENTPT"]
    assert [shown(event[name]) for name in published] == [
        [None],
        ["NOT RECOVERED/NOT RESOLVED"],
        ["N"],
        [None],
        ["ONGOING"],
        ["2018-11-01"],  # the last record of FD-006
    ]
    assert counts["ae"].as_it_stood == 1


def test_an_extract_without_later_records_is_left_as_it_is(study: Study, sample: Drop) -> None:
    after = cutoff.cut(study, sample.forms)
    assert [name for name, form in after.forms.items() if not form.equals(sample.forms[name])] == []
    assert not any(late.any() for late in after.set_aside.values())
    assert after.findings == []
    assert not any(changed.any() for changed in after.as_it_stood.values())


# --- an explanation of what was cut
@pytest.fixture(scope="module")
def cut_build(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of FD-006, whose first event was fatal a day after the cut-off."""
    home = tmp_path_factory.mktemp("cut")
    drop = of_subjects(home / "drop", "FD-006")
    in_form = {**FATAL, "START_DATE": "01 NOV 2018", "END_DATE": "19 NOV 2018"}
    changed(drop, "ae.csv", {"RECORD": "1"}, {f: v for f, v in in_form.items() if v is not None})
    report = run.build(cut_on(study, "2018-11-18"), ROOT, drop, home / "out", Workers(), quiet, ("fda",))
    assert report.content["state"] == "published", report.content["findings"]
    return home / "out"


def test_an_explanation_says_what_was_collected_and_what_was_so_on_the_day(cut_build: Path) -> None:
    event = explain.explain(
        cut_build, "AE.AEOUT", ["USUBJID=NCT02843126-FD-006", "AESTDTC=2018-11-01"], considered
    )
    (raw,) = [node for node in event.root.walk() if node.kind == "raw"]
    assert (event.root.value, raw.value) == ("NOT RECOVERED/NOT RESOLVED", "Fatal")
    assert raw.note == "after the data cut-off; read as Not recovered/not resolved, which was so then"


def test_a_record_that_is_set_aside_explains_nothing_and_is_counted(cut_build: Path) -> None:
    flag = explain.explain(cut_build, "DM.DTHFL", ["USUBJID=NCT02843126-FD-006"], considered)
    (deaths,) = [node for node in flag.root.walk() if node.name == "death"]
    assert deaths.table is not None
    assert deaths.table.rows == []
    assert deaths.note == "1 record of the time after the data cut-off set aside"
    assert {behind.records for behind in flag.raw if behind.field.startswith("death")} == {0}

    result = CliRunner().invoke(app, ["impact", str(cut_build), "death.DEATH_DATE", "SUBJECT=FD-006"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "death.csv:2: this record is set aside, for it is of the time after the data cut-off;"
        " nothing depends on it\n"
    )
