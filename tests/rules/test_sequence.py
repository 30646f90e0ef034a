"""--SEQ: 1, 2, 3 ... within a subject, in the order of the dataset's keys (SDTMIG 3.4, 4.1.5)."""

from __future__ import annotations

from pathlib import Path

import pyreadstat

from pipeline.derivations.sequence import sequence
from pipeline.study import Study
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


def test_the_order_that_numbers_records_is_that_of_the_keys(study: Study) -> None:
    """define.xml gives the keys, the Method of --SEQ the variables: a reviewer may sort by either.

    In ADaM an assessment stands by its date before its name, A10 after A9; the date is no key.
    """
    for name, mapping in study.mappings.items():
        rules = mapping.variables.values()
        orders = [r.of["records"] for r in rules if r.derive == "sequence" and isinstance(r.of, dict)]
        keys = [k for k in study.datasets[name].keys if k not in ("STUDYID", "USUBJID", f"{name}SEQ")]
        for order in orders:
            assert [variable for variable in order if variable != "ADT"] == keys, name


def test_a_file_has_the_order_of_its_sequence_numbers(built: Path) -> None:
    numbered = 0
    for path in (built / "m5").rglob("*.xpt"):
        data = pyreadstat.read_xport(path)[0]
        number = f"{path.stem.upper()}SEQ" if f"{path.stem.upper()}SEQ" in data else "ASEQ"
        if number in data and "USUBJID" in data:
            numbered += 1
            order = data[["USUBJID", number]]
            expected = order.sort_values(["USUBJID", number], ignore_index=True)
            assert order.to_numpy().tolist() == expected.to_numpy().tolist(), path.stem
    assert numbered > 20


def test_numbers_are_sorted_as_numbers() -> None:
    assert shown(sequence(records("USUBJID VISITNUM", ("one", 10.0), ("one", 9.0)))) == [2, 1]
