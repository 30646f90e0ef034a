"""A column by its distinct values: what is asked of a text is asked once."""

from __future__ import annotations

from pipeline.records.distinct import map_distinct, map_distinct_pairs, pair_counts
from tests.support.tables import shown, text


def test_each_distinct_text_is_asked_once_and_a_missing_one_never() -> None:
    asked: list[str] = []

    def length(value: str) -> float:
        asked.append(value)
        return float(len(value))

    assert shown(map_distinct(text("ab", None, "c", "ab"), length, "float64")) == [2.0, None, 1.0, 2.0]
    assert asked == ["ab", "c"]


def test_what_is_kept_is_asked_once_as_long_as_the_column_lives() -> None:
    asked: list[str] = []

    def doubled(value: str) -> str:
        asked.append(value)
        return value * 2

    column = text("ab", None, "c")
    for given in (column, column.set_axis([7, 8, 9]), column.copy(deep=False)):
        assert shown(map_distinct(given, doubled, keep=True)) == ["abab", None, "cc"]
    assert asked == ["ab", "c"]
    assert shown(map_distinct(text("ab"), doubled, keep=True)) == ["abab"]
    assert asked == ["ab", "c", "ab"]


def test_each_distinct_pair_is_asked_once_and_a_missing_part_is_none() -> None:
    asked: list[tuple[str | None, str | None]] = []

    def joined(left: str | None, right: str | None) -> str | None:
        asked.append((left, right))
        return f"{left}-{right}" if left and right else left

    left, right = text("a", "b", None, "a", "a", None), text("x", None, "x", "y", "x", None)
    assert shown(map_distinct_pairs(left, right, joined)) == ["a-x", "b", None, "a-y", "a-x", None]
    assert asked == [("a", "x"), ("b", None), (None, "x"), ("a", "y"), (None, None)]


def test_values_that_stand_together_are_counted_and_a_missing_one_stands_with_nothing() -> None:
    left, right = text("yes", "YES", "yes", None, "no"), text("Y", "Y", "Y", "Y", None)
    assert pair_counts(left, right) == {("yes", "Y"): 2, ("YES", "Y"): 1}
    assert pair_counts(text(), text()) == {}
