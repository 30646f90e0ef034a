"""CO: each comment stands beside its record; text over 200 bytes goes on in COVAL1 (SDTMIG 3.4, 5.1 and
4.5.3.2).
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import sources
from pipeline import stages as run
from pipeline.derivations.sdtm.comments import comments
from pipeline.derivations.sdtm.supp import continued, qualifiers
from pipeline.profile import Column, Profile
from pipeline.study import Study
from tests.support.tables import records, shown, text
from tests.support.tabulated import datasets, forms, rows

NOTES = records(
    "USUBJID COMMENT",
    ("one", "First"),
    ("one", None),
    ("other", "Second"),
    ("other", "Of no record"),
    form="ae",
)


def test_a_comment_names_the_record_its_form_became() -> None:
    events = records("USUBJID AESEQ", ("one", 10), ("one", 11), ("other", 2), form="ae")
    found = comments(NOTES, events)
    assert list(zip(found["USUBJID"], found["record"], found["VALUE"], strict=True)) == [
        ("one", "00", "10"),
        ("other", "02", "2"),
    ]


def test_a_form_that_became_two_records_has_its_comment_once() -> None:
    events = records("USUBJID AESEQ", ("one", 4), form="ae")
    assert shown(comments(NOTES, pd.concat([events.assign(AESEQ=9.0), events]))["VALUE"]) == ["4"]


def test_an_identifier_that_is_text_is_unchanged() -> None:
    assert shown(comments(NOTES, records("USUBJID SUBJID", ("one", "FD-009"), form="ae"))["VALUE"]) == [
        "FD-009"
    ]


def test_where_there_are_no_records_there_are_no_comments() -> None:
    assert len(comments(NOTES, records("USUBJID AESEQ", form="ae"))) == 0


LONG = {
    # rule: (the comment, COVAL, COVAL1)
    "short": ("Short", "Short", None),
    "exactly 200 bytes": ("a" * 200, "a" * 200, None),
    "cut at the last blank": ("a" * 150 + " " + "b" * 100, "a" * 150, "b" * 100),
    "none": (None, None, None),
}
UNFIT = {"no blank to cut at": "a" * 201, "more than two variables hold": " ".join(["a" * 199] * 3)}


def spread(study: Study, comment: str | None) -> tuple[list[str | None], list[str]]:
    spec = study.datasets["CO"]
    frame = records("USUBJID", ("one",)).assign(
        **{v: text(None) for v in spec.variables if v != "USUBJID"}, block=0
    )
    frame, found = continued(spec, frame.assign(COVAL=text(comment), COVAL1=text(comment)))
    return [shown(frame["COVAL"])[0], shown(frame["COVAL1"])[0]], [f.rule for f in found]


@pytest.mark.parametrize(("comment", "first", "second"), LONG.values(), ids=LONG)
def test_a_long_comment_is_cut_at_a_blank_and_continued(
    study: Study, comment: str | None, first: str | None, second: str | None
) -> None:
    assert spread(study, comment) == ([first, second], [])


@pytest.mark.parametrize("comment", UNFIT.values(), ids=UNFIT)
def test_a_comment_that_does_not_fit_is_an_error_and_not_cut(study: Study, comment: str) -> None:
    assert spread(study, comment) == ([None, None], ["TEXT-UNCUT"])


def test_a_supplemental_value_of_a_dataset_without_sequence_names_its_record_by_its_last_key(
    study: Study,
) -> None:
    spec = study.datasets["DC"]
    made = {v: text("x") if s.is_text else pd.Series([1.0]) for v, s in spec.variables.items()} | {
        "SUBJID": text("FD-009"),
        "USUBJID": text("one"),
    }
    frame = pd.DataFrame({"form": text("enrol"), "record": text("01"), **made}).assign(block=0)
    _, found, _ = qualifiers(spec, frame, dict.fromkeys(spec.variables, "Collected"))
    assert set(zip(found["QNAM"], found["IDVAR"], found["IDVARVAL"], strict=True)) == {
        ("STDTHER", "SUBJID", "FD-009"),
    }


@pytest.mark.parametrize(
    ("filled", "there"), [(0, False), (1, True)], ids=["no comment goes on", "one goes on"]
)
def test_the_second_variable_is_there_only_where_a_comment_goes_on_in_it(
    study: Study, filled: int, there: bool
) -> None:
    profile = Profile(
        records={"CO": 3},
        columns={("CO", "COVAL"): Column(filled=3), ("CO", "COVAL1"): Column(filled=filled)},
    )
    assert ("COVAL1" in run.with_records({"CO": study.datasets["CO"]}, profile)["CO"].variables) is there


def test_a_long_comment_on_an_event_of_the_sample_goes_on_in_coval1(
    study: Study, sample: sources.Drop
) -> None:
    long = " ".join(
        ["The dermatologist who was asked for advice thought a reaction to the drug more likely."] * 3
    )

    def longer(ae: pd.DataFrame) -> pd.DataFrame:
        return ae.assign(COMMENT=ae["COMMENT"].mask(ae["PT"].eq("Rash"), long))

    found = datasets(study, forms(sample, "FD-025", ae=longer), "CO")["CO"]
    [(first, second)] = rows(found, "COVAL COVAL1", RDOMAIN="AE")
    assert len(first) <= 200 and f"{first} {second}" == long
