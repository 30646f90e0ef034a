"""TR as others write it: which result of a lesion counts where an assessment has several, never by the order
in which they stand.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.derivations.oncology.tumours import lesions, other_axis, results_of_lesions
from tests.support.tables import records, shown

TU = "USUBJID TULNKID TULOC TUNODE"
TR = "USUBJID TRGRPID TRLNKID TRLNKGRP TRTESTCD TRSTRESC TRSTAT TRDTC"
FIRST = pd.DataFrame({"USUBJID": ["one"], "TRLNKGRP": ["A1"], "assessment": [0]})
Row = tuple[str | None, ...]


def target(test: str, size: str | None, day: str = "01", lesion: str = "T01") -> Row:
    not_done = None if size else "NOT DONE"
    return ("one", "TARGET", lesion, "A1", test, size, not_done, f"2016-08-{day}")


def other(role: str, test: str, result: str | None, day: str = "01") -> Row:
    not_done = None if result else "NOT DONE"
    return ("one", role, "L01", "A1", test, result, not_done, f"2016-08-{day}")


def tr(*rows: Row) -> pd.DataFrame:
    results = records(TR, *rows)
    return results.assign(TRSTRESN=pd.to_numeric(results["TRSTRESC"], errors="coerce"))


LIVER = ("one", "T01", "LIVER", "N")
NODE = ("one", "T01", "LYMPH NODE", "Y")
SIZES = {
    # rule: (the lesion in TU, its results, size, node, assessed)
    "of a node the short axis": (NODE, [target("LDIAM", "30"), target("LPERP", "18")], 18, True, True),
    "of another lesion the longest diameter": (
        LIVER,
        [target("LDIAM", "30"), target("LPERP", "18")],
        30,
        False,
        True,
    ),
    "a node by its location, where TU does not say": (
        ("one", "T01", "AXILLARY LYMPH NODE", None),
        [target("LDIAM", "30"), target("LPERP", "18")],
        18,
        True,
        True,
    ),
    "TU says it is none, whatever its location": (
        ("one", "T01", "LYMPH NODE", "N"),
        [target("LDIAM", "30"), target("LPERP", "18")],
        30,
        False,
        True,
    ),
    "another lesion by its location": (
        ("one", "T01", "LIVER", None),
        [target("LDIAM", "30"), target("LPERP", "18")],
        30,
        False,
        True,
    ),
    "a node where the short axis alone was ever measured": (
        ("one", "T01", "NECK", None),
        [target("LPERP", "18")],
        18,
        True,
        True,
    ),
    "a node measured by its longest diameter alone was not assessed": (
        NODE,
        [target("LDIAM", "30")],
        None,
        True,
        False,
    ),
    "nor another lesion by its short axis alone": (LIVER, [target("LPERP", "18")], None, False, False),
    "the short axis not done, and the longest diameter measured": (
        NODE,
        [target("LDIAM", "30"), target("LPERP", None)],
        None,
        True,
        False,
    ),
    "a result that was done before one that was not": (
        LIVER,
        [target("LDIAM", None, "09"), target("LDIAM", "30", "01")],
        30,
        False,
        True,
    ),
    "of two scans the later": (
        LIVER,
        [target("LDIAM", "30", "01"), target("LDIAM", "32", "02")],
        32,
        False,
        True,
    ),
    "other tests of the lesion count for nothing": (
        LIVER,
        [target("VOLUME", "900"), target("LDIAM", "30"), target("SUVMAX", "7")],
        30,
        False,
        True,
    ),
}


@pytest.mark.parametrize(("tu", "rows", "mm", "node", "done"), SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_the_size_of_a_target(
    tu: Row, rows: list[Row], mm: float | None, node: bool, done: bool, turned: bool
) -> None:
    identified = records(TU, tu)
    results = results_of_lesions(tr(*(rows[::-1] if turned else rows)), identified)
    lesion = lesions(results, FIRST)
    assert shown(lesion["mm"]) == [mm]
    assert lesion[["node", "done"]].to_numpy().tolist() == [[node, done]]


OTHERS = {
    # rule: (role, results, state, size, assessed)
    "a new lesion with its certainty and its size": (
        "NEW",
        [other("NEW", "TUMSTATE", "UNEQUIVOCAL"), other("NEW", "LDIAM", "14")],
        "UNEQUIVOCAL",
        14,
        True,
    ),
    "a new-lesion target is a new lesion": (
        "NEW",
        [other("NEW TARGET", "TUMSTATE", "UNEQUIVOCAL"), other("NEW TARGET", "LDIAM", "14")],
        "UNEQUIVOCAL",
        14,
        True,
    ),
    "a new lesion with a size and no certainty cannot be read": (
        "NEW",
        [other("NEW", "LDIAM", "14")],
        None,
        14,
        False,
    ),
    "a non-target lesion by its state, though it was measured": (
        "NON-TARGET",
        [other("NON-TARGET", "LDIAM", "14"), other("NON-TARGET", "TUMSTATE", "PRESENT")],
        "PRESENT",
        14,
        True,
    ),
    "a state reported before one not done": (
        "NON-TARGET",
        [other("NON-TARGET", "TUMSTATE", None, "03"), other("NON-TARGET", "TUMSTATE", "ABSENT", "01")],
        "ABSENT",
        None,
        True,
    ),
}


@pytest.mark.parametrize(("role", "rows", "state", "mm", "done"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_the_state_of_other_lesions(
    role: str, rows: list[Row], state: str | None, mm: float | None, done: bool, turned: bool
) -> None:
    identified = records(TU, ("one", "L01", "LUNG", "N"))
    results = results_of_lesions(tr(*(rows[::-1] if turned else rows)), identified)
    lesion = lesions(results, FIRST)
    assert lesion["role"].tolist() == [role]
    assert (shown(lesion["state"]), shown(lesion["mm"]), lesion["done"].tolist()) == ([state], [mm], [done])


def test_where_no_result_can_be_read_the_scan_is_that_of_the_test_that_fits() -> None:
    rows = tr(target("LDIAM", "30", "09"), target("LPERP", None, "02"))
    lesion = lesions(results_of_lesions(rows, records(TU, NODE)), FIRST)
    assert shown(lesion["date"]) == ["2016-08-02"]


def test_the_state_of_a_node_is_that_of_a_node_where_another_was_recorded_too() -> None:
    rows = tr(
        other("NON-TARGET", "TUMSTATE", "PRESENT", "09"), other("NON-TARGET", "LNSTATE", "ABSENT", "02")
    )
    results = results_of_lesions(rows, records(TU, ("one", "L01", "LYMPH NODE", "Y")))
    assert shown(lesions(results, FIRST)["state"]) == ["ABSENT"]


OTHER_AXIS = {
    # rule: (the lesion in TU, its results, whether each is reported)
    "a node by its longest diameter alone": (NODE, [target("LDIAM", "30")], [True]),
    "another lesion by its short axis alone": (LIVER, [target("LPERP", "18")], [True]),
    "not beside the size that counts": (
        LIVER,
        [target("LDIAM", "30"), target("LPERP", "18")],
        [False, False],
    ),
    "not the size that counts": (LIVER, [target("LDIAM", "30")], [False]),
    "not one that was not done": (NODE, [target("LDIAM", None)], [False]),
    "nor the one that fits and was not done": (NODE, [target("LPERP", None)], [False]),
    "not a test that is no size": (LIVER, [target("VOLUME", "900")], [False]),
    "not of a non-target lesion, which is not measured": (
        ("one", "L01", "LYMPH NODE", "Y"),
        [other("NON-TARGET", "LDIAM", "14")],
        [False],
    ),
}


@pytest.mark.parametrize(("tu", "rows", "expected"), OTHER_AXIS.values(), ids=OTHER_AXIS)
def test_a_size_by_the_other_axis_alone_is_reported(tu: Row, rows: list[Row], expected: list[bool]) -> None:
    assert other_axis(results_of_lesions(tr(*rows), records(TU, tu))).tolist() == expected
