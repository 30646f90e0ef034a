"""SUPP--: what a standard variable cannot hold goes on in supplemental qualifiers, and joins back exactly
(SDTMIG 3.4, 4.5.3 and 8.4).
"""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.datasets import schemas
from pipeline.checks.datasets.messages import LENGTH
from pipeline.derivations.sdtm import supp
from pipeline.study.models import Dataset
from tests.support.tables import records, text

# --- cutting a text
CUTS = {
    # rule, at a limit of 10 bytes: (text, its parts)
    "a text that fits is one part": ("ten bytes.", ["ten bytes."]),
    "at the last blank that fits": ("aaa bbb ccc ddd", ["aaa bbb", "ccc ddd"]),
    "a part may be as long as the limit": ("aaaaaaaaaa b", ["aaaaaaaaaa", "b"]),
    "and not one byte longer": ("aaaaaaaaaaa b", []),
    "as many parts as it takes": ("aaaa bbbb cccc dddd eeee", ["aaaa bbbb", "cccc dddd", "eeee"]),
    "never between two blanks: the join puts one back": ("aaaa bb  cc dd", ["aaaa", "bb  cc dd"]),
    "bytes count, not characters": ("ääää öö", ["ääää", "öö"]),  # 13 bytes
    "a sign of three bytes is not cut in two": ("病灶边 界不", ["病灶边", "界不"]),
    "no blank, no cut": ("aaaaaaaaaaaaaaa", []),
    "no blank in a later part": ("aaa bbbbbbbbbbbbbbb", []),
    "a blank at the end is no place to cut": ("aaaaaaaaaa ", []),
    "nothing": ("", [""]),
}


@pytest.mark.parametrize(("text", "expected"), CUTS.values(), ids=CUTS)
def test_a_text_is_cut_at_single_blanks_or_not_at_all(text: str, expected: list[str]) -> None:
    assert supp.split(text, limit=10) == expected


WORDS = st.text(st.sampled_from("abäß灶\U0001f600 "), max_size=60) | st.lists(
    st.text(st.sampled_from("xyz灶"), min_size=1, max_size=4)
).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(WORDS, st.integers(4, 30))
def test_the_parts_join_back_exactly_and_each_fits(text: str, limit: int) -> None:
    parts = supp.split(text, limit)
    assert all(len(p.encode()) <= limit for p in parts)
    if parts:
        assert " ".join(parts) == text
        assert all(p == p.strip(" ") for p in parts[1:-1]), (
            "a transport file does not keep blanks at the end of a text"
        )
    else:
        assert len(text.encode()) > limit


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.text(st.sampled_from("abcäö病"), min_size=1, max_size=12), min_size=1, max_size=200).map(
        " ".join
    )
)
def test_a_text_of_words_can_always_be_cut_at_200_bytes(text: str) -> None:
    parts = supp.split(text)
    assert parts
    assert " ".join(parts) == text
    assert all(len(p.encode()) <= 200 for p in parts)


# --- records
AE = Dataset.model_validate(
    {
        "dataset": "AE",
        "label": "Adverse Events",
        "class": "EVENTS",
        "structure": "One record per adverse event per subject",
        "keys": ["STUDYID", "USUBJID", "AESEQ"],
        "variables": {
            "STUDYID": {"label": "Study Identifier", "type": "text"},
            "USUBJID": {"label": "Unique Subject Identifier", "type": "text"},
            "AESEQ": {"label": "Sequence Number", "type": "integer"},
            "AETERM": {"label": "Reported Term", "type": "text", "long": True},
            "AERELNK": {
                "label": "Causality to NK Cells",
                "type": "text",
                "supp": True,
                "evaluator": "INVESTIGATOR",
            },
            "AECOMMNT": {"label": "Comment", "type": "text", "supp": True, "long": True},
        },
    }
)
DM = AE.model_copy(
    update={
        "dataset": "DM",
        "keys": ("STUDYID", "USUBJID"),
        "variables": {n: v for n, v in AE.variables.items() if n in ("STUDYID", "USUBJID", "AERELNK")},
    }
)
ORIGINS = {"AETERM": "Collected", "AERELNK": "Collected", "AECOMMNT": "Derived"}
SIXTY = "a" * 59  # with a blank, 60 bytes
LONG = " ".join([SIXTY] * 7)  # 7 x 60 - 1 = 419 bytes: three parts of 3, 3 and 1 words
TWICE = " ".join([SIXTY] * 3)  # 179 bytes


def events(*rows: tuple[str | float | None, ...]) -> pd.DataFrame:
    return records("USUBJID AESEQ AETERM AERELNK AECOMMNT", *rows, form="ae").assign(STUDYID="S1", block=0)


def qualifiers_of(
    frame: pd.DataFrame, spec: Dataset = AE
) -> tuple[pd.DataFrame, list[tuple[str | None, ...]], list[str]]:
    """The parent; of SUPP-- subject, variable and value that identify the parent, name and value; the rules
    of the findings.
    """
    parent, made, findings = supp.qualifiers(spec, frame, ORIGINS)
    shown = made[["USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QVAL"]].astype("object")
    return (
        parent,
        [tuple(r) for r in shown.where(shown.notna(), None).itertuples(index=False)],
        [f.rule for f in findings],
    )


def test_a_supplemental_qualifier_leaves_its_parent_and_names_its_record() -> None:
    parent, made, findings = qualifiers_of(
        events(
            ("one", 1.0, "Fever", "RELATED", None),
            ("one", 2.0, "Chills", None, None),
            ("two", 1.0, "Rash", "NOT RELATED", "seen"),
        )
    )
    assert made == [
        ("one", "AESEQ", "1", "AERELNK", "RELATED"),
        ("two", "AESEQ", "1", "AERELNK", "NOT RELATED"),
        ("two", "AESEQ", "1", "AECOMMNT", "seen"),
    ]
    assert list(parent) == ["USUBJID", "form", "record", "STUDYID", "AESEQ", "AETERM", "block"]
    assert parent["AETERM"].tolist() == ["Fever", "Chills", "Rash"]
    assert findings == []


def test_a_missing_qualifier_makes_no_record() -> None:
    _, made, _ = qualifiers_of(events(("one", 1.0, None, None, None)))
    assert made == []


def test_a_long_text_of_a_standard_variable_begins_in_the_parent_and_goes_on_in_supp() -> None:
    parent, made, _ = qualifiers_of(
        events(
            ("one", 1.0, LONG, None, None),
            ("one", 2.0, "Fever", None, None),
            ("one", 3.0, TWICE + " b", None, None),
        )
    )
    assert parent["AETERM"].tolist() == [TWICE, "Fever", TWICE + " b"]
    assert made == [("one", "AESEQ", "1", "AETERM1", TWICE), ("one", "AESEQ", "1", "AETERM2", SIXTY)]
    assert " ".join([TWICE, TWICE, SIXTY]) == LONG


def test_a_long_supplemental_text_is_numbered_within_eight_characters() -> None:
    _, made, _ = qualifiers_of(events(("one", 1.0, "Fever", None, LONG)))
    assert [(name, len(value or "")) for *_, name, value in made] == [
        ("AECOMMN1", 179),
        ("AECOMMN2", 59),
        ("AECOMMNT", 179),
    ]


def test_a_text_that_cannot_be_cut_is_a_finding_and_is_not_cut() -> None:
    parent, made, findings = qualifiers_of(
        events(("one", 1.0, "x" * 201, None, None), ("two", 1.0, LONG, None, None))
    )
    assert findings == ["TEXT-UNCUT"]
    assert parent["AETERM"].tolist() == ["x" * 201, TWICE]
    assert len(made) == 2


def test_the_finding_names_the_record_and_not_the_text() -> None:
    _, _, [finding] = supp.qualifiers(AE, events(("one", 1.0, "x" * 201, None, None)), ORIGINS)
    assert (finding.severity, finding.dataset, finding.variable, finding.source) == (
        "error",
        "AE",
        "AETERM",
        "ae, one, 00",
    )
    assert "x" * 20 not in f"{finding.message}{finding.value}{finding.key}"


def test_origin_evaluator_and_label_are_those_of_the_variable() -> None:
    _, made, _ = supp.qualifiers(AE, events(("one", 1.0, LONG, "RELATED", "seen")), ORIGINS)
    told = (
        made.astype("object")
        .where(made.notna(), None)
        .set_index("QNAM")[["RDOMAIN", "QLABEL", "QORIG", "QEVAL"]]
    )
    assert list(told.loc["AERELNK"]) == ["AE", "Causality to NK Cells", "Collected", "INVESTIGATOR"]
    assert list(told.loc["AETERM1"]) == ["AE", "Reported Term 1", "Collected", None]  # one QNAM, one QLABEL
    assert list(told.loc["AECOMMNT"]) == ["AE", "Comment", "Derived", None]


def test_the_records_carry_the_identity_of_their_parent() -> None:
    _, made, _ = supp.qualifiers(AE, events(("one", 1.0, "Fever", "RELATED", None)), ORIGINS)
    assert made[["USUBJID", "form", "record", "block"]].values.tolist() == [["one", "ae", "00", 0]]


def test_a_dataset_of_one_record_a_subject_needs_no_sequence_number() -> None:
    frame = records("USUBJID AERELNK", ("one", "RELATED")).assign(STUDYID="S1", block=0)
    assert qualifiers_of(frame, DM)[1] == [("one", None, None, "AERELNK", "RELATED")]
    _, made, _ = supp.qualifiers(DM, frame, ORIGINS)
    assert {str(t) for t in made.drop(columns="block").dtypes} == {"str"}, "IDVAR and IDVARVAL are texts too"


# bytes at most (SDTMIG 3.4, 8.4: names of 8 characters, labels of 40); other values as in any text, 200
LIMITS = {"RDOMAIN": 2, "IDVAR": 8, "QNAM": 8, "QLABEL": 40}


@pytest.mark.parametrize(("variable", "limit"), LIMITS.items(), ids=LIMITS)
def test_names_and_labels_in_supp_have_their_limits(variable: str, limit: int) -> None:
    assert too_long(**{variable: "x" * limit}) == []
    assert too_long(**{variable: "x" * (limit + 1)}) == [variable]


def test_the_identifiers_in_supp_may_be_as_long_as_in_the_parent() -> None:
    longest = "x" * 200
    assert too_long(STUDYID=longest, USUBJID=longest, IDVARVAL=longest, QORIG=longest, QVAL=longest) == []
    assert too_long(USUBJID=longest + "x") == ["USUBJID"]


def too_long(**values: str) -> list[str]:
    """The variables of SUPPAE that are found too long in a record with these values."""
    _, made, _ = supp.qualifiers(AE, events(("one", 1.0, "Fever", "RELATED", None)), ORIGINS)
    changed = made.assign(**{name: text(value) for name, value in values.items()})
    findings = schemas.check(supp.specs({"AE": AE})["SUPPAE"], {}, changed)
    return [finding.variable for finding in findings if finding.rule == LENGTH]


def test_without_records_supp_is_empty_and_has_all_its_columns() -> None:
    empty = events(("one", 1.0, "Fever", "RELATED", None)).iloc[:0]
    parent, made, findings = supp.qualifiers(AE, empty, ORIGINS)
    assert (len(parent), len(made), findings) == (0, 0, [])
    assert {"RDOMAIN", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG", "QEVAL"} <= set(made)
    assert {str(t) for t in made.drop(columns="block").dtypes} == {"str"}


def test_only_a_dataset_that_can_need_supp_has_a_spec_of_it() -> None:
    plain = AE.model_copy(update={"dataset": "RS", "variables": {"STUDYID": AE.variables["STUDYID"]}})
    analysis = AE.model_copy(update={"dataset": "ADAE", "layer": "adam"})
    found = supp.specs({"AE": AE, "RS": plain, "ADAE": analysis})
    assert list(found) == ["SUPPAE"]
    assert found["SUPPAE"].label == "Supplemental Qualifiers for AE"
