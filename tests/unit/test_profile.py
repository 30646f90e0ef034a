"""The profile is all that crosses blocks: merging is maximum, union or sum, so neither the order nor the size
of the blocks means anything.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.profile import Column, Profile, profile_of, widths
from pipeline.records.count import Count
from pipeline.records.findings import Finding
from pipeline.study.models import Dataset, Variable
from tests.support.tables import days, numbers, records, text

# --- merging
small = st.integers(0, 9)
letters = st.sampled_from("xyz")
words = st.frozensets(letters)
columns = st.builds(
    lambda filled, width, whole, decimals, *sets: Column(filled, width, whole + decimals, decimals, *sets),
    *([small] * 4),
    words,
    words,
    st.frozensets(small, max_size=3),
)
reasons = st.dictionaries(st.sampled_from(["not given", "to come"]), small).map(
    lambda d: tuple(sorted(d.items()))
)
findings = st.frozensets(st.builds(Finding, st.sampled_from(["A", "B"]), *([st.just("")] * 7)), max_size=2)
some_profiles = st.builds(
    Profile,
    st.dictionaries(st.sampled_from(["AE", "DM"]), small),
    st.dictionaries(st.tuples(st.sampled_from(["AE", "DM"]), st.just("USUBJID")), columns),
    st.dictionaries(st.tuples(st.just("AE"), st.just("AETERM"), st.tuples(st.sampled_from("xy"))), columns),
    st.dictionaries(st.sampled_from(["ae", "dm"]), st.builds(Count, small, small, reasons)),
    findings,
    st.dictionaries(
        st.just(("AE", "AETESTCD", "AETEST")), st.frozensets(st.tuples(letters, letters), max_size=3)
    ),
    small,
    st.sampled_from(["", "2016-08-01", "2016-09"]),
    st.dictionaries(
        st.tuples(st.just("AE"), st.just("AESEV"), small, st.sampled_from("xy"), st.just("MILD")), small
    ),
)


@settings(deadline=None, max_examples=60)
@given(some_profiles, some_profiles, some_profiles)
def test_merging_is_associative_and_commutative_and_nothing_adds_nothing(
    a: Profile, b: Profile, c: Profile
) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(Profile()) == a


def test_merging_adds_counts_takes_the_longest_and_unites_terms() -> None:
    one = Profile(
        {"AE": 2},
        {("AE", "AESER"): Column(2, 1, terms=frozenset("Y"), blocks=frozenset({0}))},
        accounting={"ae": Count(3, 2, (("to come", 1),))},
    )
    two = Profile(
        {"AE": 1, "DM": 1},
        {("AE", "AESER"): Column(1, 3, terms=frozenset("N"), blocks=frozenset({1}))},
        accounting={"ae": Count(1, 1, ())},
    )
    assert one.merge(two) == Profile(
        {"AE": 3, "DM": 1},
        {("AE", "AESER"): Column(3, 3, terms=frozenset("YN"), blocks=frozenset({0, 1}))},
        accounting={"ae": Count(4, 3, (("to come", 1),))},
    )


def test_digits_hold_the_longest_number_before_the_point_and_behind_it() -> None:
    # 4.25 needs 3 digits and 10 needs 2; one format for both, 10.25, needs 4
    assert Column(1, 4, 3, 2) | Column(1, 2, 2, 0) == Column(2, 4, 4, 2)


# --- of one block
SPEC = Dataset.model_validate(
    {
        "dataset": "LB",
        "label": "Laboratory",
        "class": "FINDINGS",
        "structure": "One record per test",
        "keys": ["USUBJID", "LBTESTCD"],
        "variables": {
            "USUBJID": {"label": "Subject", "type": "text", "max_length": 20},
            "LBTESTCD": {"label": "Test", "type": "text", "max_length": 8},
            "LBORRES": {"label": "Result", "type": "text", "by": ["LBTESTCD"]},
            "LBSTRESN": {"label": "Number", "type": "float"},
            "LBDTC": {"label": "Date", "type": "iso"},
            "LBFAST": {"label": "Fasting", "type": "text", "codelist": "NY"},
            "LBCOM": {"label": "Comment", "type": "text", "supp": True},
        },
    }
)


def lab(*rows: tuple[str | float | None, ...]) -> pd.DataFrame:
    return (
        records("USUBJID LBTESTCD LBORRES LBSTRESN LBDTC LBFAST", *rows)
        .assign(block=[i % 2 for i in range(len(rows))])
        .astype({"LBSTRESN": "float64"})
    )


BLOODS = lab(
    ("one", "CEA", "<5", None, "2016-08-12", "Y"),
    ("one", "WBC", "4.25", 4.25, "2016-08-12T09:30", None),
    ("two", "WBC", "10", 10.0, "2016-08", "N"),
    ("two", "CTC", None, None, None, None),
)

VALUES = {
    # rule: (values, type in the spec, whether it has a codelist, what the data say of it)
    "text is as wide as its longest value in bytes": (text("ab", None, "abc"), "text", False, Column(2, 3)),
    "a Chinese character has three bytes": (text("病"), "text", False, Column(1, 3)),
    "with a codelist its terms": (text("Y", "N", "Y"), "text", True, Column(3, 1, terms=frozenset("YN"))),
    "precision of dates": (
        text("2016-08-12", "2016", "2016-08-12T09:30"),
        "iso",
        False,
        Column(3, 16, kinds=frozenset({"date", "partial", "datetime"})),
    ),
    "a whole number has its digits": (numbers(7.0, 120.0, None), "integer", False, Column(2, 3, 3, 0)),
    "the sign has width and is no digit": (numbers(-28.0), "integer", False, Column(1, 3, 2, 0)),
    "decimals as many as the values need": (numbers(4.25, 10.0), "float", False, Column(2, 4, 4, 2)),
    "a hundredth is no float's noise": (numbers(0.1), "float", False, Column(1, 3, 2, 1)),
    "a small number is written out": (numbers(0.0000001), "float", False, Column(1, 9, 8, 7)),
    "and so is a large one": (numbers(1e16), "float", False, Column(1, 17, 17, 0)),
    "days are counted and not read": (
        days("2016-08-12", "2016-08-12", "2017-01-01"),
        "date",
        False,
        Column(3, 8),
    ),
    "a number with a codelist": (
        numbers(1.0, 2.0),
        "integer",
        True,
        Column(2, 1, 1, 0, terms=frozenset({"1", "2"})),
    ),
    "a date of analysis": (days("2016-08-12", None), "date", False, Column(1, 8)),
    "missing in every record": (text(None, None), "text", True, Column()),
    "no records": (text(), "text", True, Column()),
}


@pytest.mark.parametrize(("values", "kind", "coded", "expected"), VALUES.values(), ids=VALUES)
def test_the_profile_of_a_variable(values: pd.Series, kind: str, coded: bool, expected: Column) -> None:
    spec = spec_of("LB", X={"type": kind, "codelist": "NY" if coded else None})
    frame = pd.DataFrame({"X": values, "block": np.zeros(len(values), dtype="int64")})
    profile = profile_of({"LB": spec}, {"LB": frame}, {}, [])
    blocks = frozenset({0} if expected.filled else ())
    assert profile.columns["LB", "X"] == replace(expected, blocks=blocks)


def test_the_profile_of_a_block() -> None:
    profile = profile_of({"LB": SPEC}, {"LB": BLOODS}, {"lab": Count(5, 4, (("to come", 1),))}, [])
    assert profile.records == {"LB": 4}
    assert profile.accounting == {"lab": Count(5, 4, (("to come", 1),))}
    assert ("LB", "LBCOM") not in profile.columns, "it is published in SUPP--"
    assert profile.columns["LB", "LBTESTCD"].terms == {"CEA", "WBC", "CTC"}, (
        "the values that name value level"
    )
    assert profile.columns["LB", "LBORRES"] == Column(3, 4, blocks=frozenset({0, 1}))
    assert profile.columns["LB", "LBFAST"] == Column(2, 1, terms=frozenset("YN"), blocks=frozenset({0}))
    assert profile.groups == {
        ("LB", "LBORRES", ("CEA",)): Column(1, 2, kinds=frozenset({"text"}), blocks=frozenset({0})),
        ("LB", "LBORRES", ("CTC",)): Column(),
        ("LB", "LBORRES", ("WBC",)): Column(
            2, 4, 4, 2, kinds=frozenset({"number"}), blocks=frozenset({0, 1})
        ),
    }


@pytest.mark.parametrize(
    ("texts", "kinds", "digits", "decimals"),
    [
        (("4.25", "10"), {"number"}, 4, 2),
        (("-3", "0"), {"number"}, 1, 0),
        (("2019-07-01",), {"date"}, 0, 0),
        (("2019-07-01", "2019-07"), {"text"}, 0, 0),
        (("4.25", "<5"), {"text"}, 0, 0),
        (("007",), {"text"}, 0, 0),  # a name, not a number
        (("1e5", "4."), {"text"}, 0, 0),
        (("1234567890123456",), {"text"}, 0, 0),  # more digits than a double is sure of
    ],
)
def test_the_texts_of_a_group_are_numbers_or_dates_where_all_of_them_are(
    texts: tuple[str, ...], kinds: set[str], digits: int, decimals: int
) -> None:
    rows = lab(*(("one", "CEA", t, None, None, None) for t in texts))
    column = profile_of({"LB": SPEC}, {"LB": rows}, {}, []).groups["LB", "LBORRES", ("CEA",)]
    assert (column.kinds, column.digits, column.decimals) == (frozenset(kinds), digits, decimals)


def test_the_profiles_of_blocks_merged_are_the_profile_of_the_whole() -> None:
    whole = profile_of({"LB": SPEC}, {"LB": BLOODS}, {}, [])
    for cuts in ([0, 2, 4], [0, 1, 2, 3, 4], [0, 0, 4]):
        parts = [profile_of({"LB": SPEC}, {"LB": BLOODS.iloc[a:b]}, {}, []) for a, b in pairwise(cuts)]
        assert reduce(Profile.merge, parts) == whole


# --- widths
def spec_of(dataset: str, **variables: dict[str, object]) -> Dataset:
    return SPEC.model_copy(
        update={
            "dataset": dataset,
            "variables": {
                n: Variable.model_validate({"label": n, "type": "text", **v}) for n, v in variables.items()
            },
        }
    )


def test_a_variable_of_one_name_has_one_width_in_all_datasets() -> None:
    specs = {
        "DM": spec_of("DM", USUBJID={}, SEX={}),
        "AE": spec_of("AE", USUBJID={}, AETERM={}),
        "ADSL": spec_of("ADSL", USUBJID={}, AGE={"type": "integer"}),
    }
    profile = Profile(
        {"DM": 2, "AE": 1, "ADSL": 2},
        {
            ("DM", "USUBJID"): Column(2, 6),
            ("DM", "SEX"): Column(2, 1),
            ("AE", "USUBJID"): Column(1, 5),
            ("AE", "AETERM"): Column(),  # missing in every record
            ("ADSL", "USUBJID"): Column(2, 6),
            ("ADSL", "AGE"): Column(2, 2, 2),
        },
    )
    assert widths(specs, profile) == {
        ("DM", "USUBJID"): 6,
        ("DM", "SEX"): 1,
        ("AE", "USUBJID"): 6,  # as in DM
        ("AE", "AETERM"): 1,  # a transport file has no text of width 0
        ("ADSL", "USUBJID"): 6,
        ("ADSL", "AGE"): 8,  # a number has 8 bytes
    }


def test_a_supplemental_value_is_as_wide_as_in_its_own_dataset() -> None:
    specs = {
        "SUPPAE": spec_of("SUPPAE", USUBJID={}, QVAL={}, QEVAL={}),
        "SUPPDM": spec_of("SUPPDM", USUBJID={}, QVAL={}),
        "DM": spec_of("DM", USUBJID={}),
    }
    profile = Profile(
        {"SUPPAE": 1, "SUPPDM": 1, "DM": 1},
        {
            ("SUPPAE", "QVAL"): Column(1, 150),
            ("SUPPDM", "QVAL"): Column(1, 12),
            ("SUPPAE", "USUBJID"): Column(1, 5),
            ("SUPPDM", "USUBJID"): Column(1, 5),
            ("DM", "USUBJID"): Column(1, 6),
        },
    )
    width = widths(specs, profile)
    assert (width["SUPPAE", "QVAL"], width["SUPPDM", "QVAL"]) == (150, 12)
    assert width["SUPPAE", "USUBJID"] == width["SUPPDM", "USUBJID"] == 6
    assert width["SUPPAE", "QEVAL"] == 1, "missing in every record"


def test_a_dataset_without_records_keeps_the_widths_of_its_spec() -> None:
    specs = {
        "AE": spec_of(
            "AE", AETERM={}, AESER={"max_length": 1}, AESTDTC={"type": "iso"}, AESEQ={"type": "integer"}
        )
    }
    assert widths(specs, Profile({"AE": 0})) == {
        ("AE", "AETERM"): 200,
        ("AE", "AESER"): 1,
        ("AE", "AESTDTC"): 26,
        ("AE", "AESEQ"): 8,
    }
