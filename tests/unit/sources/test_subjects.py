"""What is said of a subject number that nobody has."""

from __future__ import annotations

import pytest

from pipeline.sources.subjects import hint

ENROLLED = ["FD-001", "FD-003", "FD-030"]
NUMBERS = {
    # rule: (subject number, what is said)
    "another number": ("FD-999", ""),
    "a zero-width space": (
        "FD-003\u200b", "; it holds U+200B (zero width space) at character 7; did you mean FD-003?"),
    "a hyphen of a word processor": (
        "FD\u2011003", "; it holds U+2011 (non-breaking hyphen) at character 3; did you mean FD-003?"),
    "a dash": ("FD\u2013003", "; it holds U+2013 (en dash) at character 3; did you mean FD-003?"),
    "a hard blank inside": (
        "FD\u00a0-003", "; it holds U+00A0 (hard blank) at character 3; did you mean FD-003?"),
    "a blank inside": ("FD -003", "; it holds U+0020 (blank) at character 3; did you mean FD-003?"),
    "small letters": ("fd-003", "; did you mean FD-003?"),
    "full-width digits": (
        "FD-００3",
        "; it holds U+FF10 (fullwidth digit zero) at character 4, U+FF10 (fullwidth digit zero) at character"
        " 5; did you mean FD-003?"),
    "a tab": ("FD-\t003", "; it holds U+0009 (control character) at character 4; did you mean FD-003?"),
    "no number at all": ("", ""),
}  # fmt: skip


@pytest.mark.parametrize(("number", "said"), NUMBERS.values(), ids=NUMBERS)
def test_what_cannot_be_seen_in_a_subject_number_is_told_by_its_code_point(number: str, said: str) -> None:
    assert hint(number, ENROLLED) == said
