"""Forms and fields are asked for as the study writes them, or in any other case."""

from __future__ import annotations

import pytest

from pipeline.explain import find

KNOWN = ("TARGET", "ae", "IT.AETERM", "Panel")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("TARGET", "TARGET"),
        ("target", "TARGET"),
        ("AE", "ae"),
        ("it.aeterm", "IT.AETERM"),
        ("PANEL", "Panel"),
        ("Panels", "PANELS"),  # none like it: told with the nearest name
    ],
)
def test_a_name_is_found_in_any_case(typed: str, expected: str) -> None:
    assert find.as_written(typed, KNOWN) == expected
