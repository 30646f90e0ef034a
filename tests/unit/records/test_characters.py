"""Characters of typography by the table, and characters that nobody can see."""

from __future__ import annotations

import pytest

from pipeline.records.characters import TYPOGRAPHIC, folded, foreign, trimmed

FOLDED = [
    ("patient’s own words", "patient's own words"),
    ("“unwell”", '"unwell"'),
    ("„unwell‟ «so»", '"unwell" "so"'),
    ("5–10 days — or more", "5-10 days - or more"),
    ("non‑serious", "non-serious"),
    ("−2.5", "-2.5"),
    ("and so on…", "and so on..."),
    ("10\u00a0mg\u2009daily", "10 mg daily"),
    ("10\u3000mg", "10 mg"),
    ("ＡＬＴ　＞１２０（Ｕ／Ｌ）", "ALT >120(U/L)"),
    ("ﬁrst, di\ufb00erent", "first, different"),
    ("≥38, ≤5, ±0.2, 2×", ">=38, <=5, +/-0.2, 2x"),
    ("Herceptin®", "Herceptin(R)"),
    ("fever，chills；no rash。", "fever,chills;no rash."),
]


@pytest.mark.parametrize(("text", "ascii_"), FOLDED)
def test_a_character_of_typography_becomes_the_ascii_of_the_table(text: str, ascii_: str) -> None:
    assert folded(text, TYPOGRAPHIC) == ascii_


@pytest.mark.parametrize("text", ["é", "ß", "µ", "°", "10⁹", "1½", "发热", "α"])
def test_letters_signs_and_raised_digits_are_for_the_study_to_decide(text: str) -> None:
    assert folded(text, TYPOGRAPHIC) == text


def test_what_a_study_adds_counts_and_wins() -> None:
    assert folded("café – 5 µg", {**TYPOGRAPHIC, "é": "e", "µ": "u", "–": " to "}) == "cafe  to  5 ug"


def test_the_table_is_ascii_for_single_characters_outside_it() -> None:
    assert all(len(character) == 1 and not character.isascii() for character in TYPOGRAPHIC)
    assert all(ascii_.isascii() and ascii_.isprintable() and ascii_ for ascii_ in TYPOGRAPHIC.values())


@pytest.mark.parametrize(
    ("text", "trimmed_text"),
    [
        ("  Fever ", "Fever"),
        ("Fe\u200bver\ufeff", "Fever"),
        ("\u200b Fever\u00a0", "Fever"),
        ("T01\u2060", "T01"),
        ("in\u00adfusion", "infusion"),
        ("two  blanks", "two  blanks"),
        (" \u200b ", ""),
    ],
)
def test_blanks_around_a_text_and_characters_without_width_are_left_out(text: str, trimmed_text: str) -> None:
    assert trimmed(text) == trimmed_text


def test_the_characters_outside_ascii_are_named_once_and_in_order() -> None:
    assert foreign("naïve café, naïve") == "ïé"
