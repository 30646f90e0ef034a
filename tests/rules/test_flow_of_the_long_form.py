"""A value of the long form on one line: quotes only where YAML would read the value as another one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pipeline.study.located import Located
from pipeline.study.short.text import text

WRITTEN: dict[str, tuple[Any, str]] = {
    "a word": ("AESEV", "AESEV"),
    "words": ("Mild (grade 1)", "Mild (grade 1)"),
    "a word that YAML takes for yes or no": ("No", "'No'"),
    "a word that YAML takes for nothing": ("null", "'null'"),
    "a number as text": ("815", "'815'"),
    "a number": (815, "815"),
    "yes": (True, "true"),
    "nothing": (None, "null"),
    "no text": ("", "''"),
    "a colon": ("a: b", "'a: b'"),
    "a sign of a comment": ("a #b", "'a #b'"),
    "blanks at the end": ("a ", "'a '"),
    "a quote": ("it's", "it's"),
    "Chinese": ("体重", "体重"),
    "a list": (["Yes", "a, b", 1], "['Yes', 'a, b', 1]"),
    "terms": ({"N": {"collected": ["No"]}, "NO, NOT": {}}, "{N: {collected: ['No']}, 'NO, NOT': {}}"),
}


@pytest.mark.parametrize(("value", "written"), WRITTEN.values(), ids=WRITTEN)
def test_a_value_is_written_so_that_it_is_read_again(value: Any, written: str) -> None:
    line = text(Located("specs/x.yaml", "specs/x.yaml", {"key": value}, {("key",): (3, 6)}))
    assert line == f"key: {written}  # specs/x.yaml:3:6\n"
    assert yaml.safe_load(line) == {"key": value}
