"""What an explanation says that the verb copy did to a collected text."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.explain.rewriting import UNCHANGED, of_copy

TRANSLATED: dict[str, Any] = {
    "how": "translated",
    "collected": "输注后寒战",
    "value": "Chills after infusion",
}
FOLDED: dict[str, Any] = {"how": "folded", "collected": "“chills”", "value": '"chills"'}
LONG = "a long text " * 20
CASES: dict[str, tuple[Any, list[Any], list[dict[str, Any]], str]] = {
    # the published value, what it may be a copy of, how it was rewritten
    "the text as it stands": ("Fever", ["Fever"], [], UNCHANGED),
    "nothing of nothing": (None, [None], [], UNCHANGED),
    "a number of another dataset": (5.0, [5.0], [], UNCHANGED),
    "a value of one of several records": ("B", ["A", "B"], [], UNCHANGED),
    "a number": (5.0, ["5.0"], [], "The value, as a number."),
    "a whole number": (90200009, ["90200009"], [], "The value, as a number."),
    "a number with a comma": (36.7, ["36,7"], [], "The value, as a number."),
    "blanks": ("Fever", [" Fever "], [], "The value, without blanks around it."),
    "blanks alone": (None, ["  "], [], "The value, without blanks around it."),
    "what cannot be seen": (
        "Fever", ["Fe\u200bver"], [], "The value, without characters that cannot be seen.",
    ),
    "both": (
        "Fever", ["Fe\u200bver "], [],
        "The value, without blanks around it and characters that cannot be seen.",
    ),
    "a translation": ("Chills after infusion", ["输注后寒战"], [TRANSLATED], "The value, translated."),
    "a translation of a text with blanks": (
        "Chills after infusion", [" 输注后寒战"], [TRANSLATED],
        "The value, without blanks around it, translated.",
    ),
    "a translation in a record that a function made": (
        "Chills after infusion", [None], [TRANSLATED], "The value, translated.",
    ),
    "typographic characters": (
        '"chills"', ["“chills”"], [FOLDED], "The value, with its typographic characters in ASCII.",
    ),
    "a label": ("Alive", ["alive"], [], "The value, as its contract spells it."),
    "the first part of a long text": (
        LONG[:199], [LONG.strip()], [], "The value, a part of it, as one value holds no more.",
    ),
    "a code that stands for no value": (
        None, ["NI"], [], "The value, left out, as it stands for no value.",
    ),
    "what nobody foresaw is not called a copy": ("B", ["A"], [], "The value, changed on its way."),
}  # fmt: skip


@pytest.mark.parametrize(("value", "sources", "applied", "said"), CASES.values(), ids=CASES)
def test_a_copy_is_called_unchanged_only_where_it_is(
    value: Any, sources: list[Any], applied: list[dict[str, Any]], said: str
) -> None:
    assert of_copy(value, sources, applied) == said
