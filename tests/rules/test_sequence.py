"""--SEQ: 1, 2, 3 ... within a subject, in the order of the dataset's keys (SDTMIG 3.4, 4.1.5)."""

from __future__ import annotations

from pipeline.derivations.sequence import sequence
from tests.support.tables import records, shown


def test_each_participant_begins_at_1_and_the_columns_sort_from_first_to_last() -> None:
    given = records(
        "USUBJID EXTRT EXSTDTC",
        ("one", "TRASTUZUMAB", "2016-09-02"),  # after the NK cells, and after the earlier dose
        ("two", "TRASTUZUMAB", "2016-08-01"),  # the other subject begins at 1 again
        ("one", "NK CELLS", "2016-10-01"),  # the treatment comes before the date
        ("one", "TRASTUZUMAB", "2016-08-12"),
    )
    assert shown(sequence(given)) == [3, 1, 1, 2]


def test_a_missing_value_comes_last() -> None:
    assert shown(sequence(records("USUBJID AESTDTC", ("one", None), ("one", "2016-08-12")))) == [2, 1]


def test_records_equal_in_the_keys_are_ordered_by_their_identity() -> None:
    given = records("USUBJID AESTDTC", ("one", "2016-08-12"), ("one", "2016-08-12"), ("one", "2016-08-12"))
    assert shown(sequence(given)) == [1, 2, 3]
    assert shown(sequence(given.assign(record=["02", "00", "01"]))) == [3, 1, 2]


def test_numbers_are_sorted_as_numbers() -> None:
    assert shown(sequence(records("USUBJID VISITNUM", ("one", 10.0), ("one", 9.0)))) == [2, 1]
