"""What forms usually write for the terms of CDISC's lists: pipeline/standards/spellings.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pipeline import standards
from pipeline.study.located import content, parsed, text

FILE = "pipeline/standards/spellings.yaml"


@cache
def usual_spellings() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By NCI code of a list and term, the spellings in the order of the file."""
    path = Path(standards.__file__).with_name(Path(FILE).name)
    value: Mapping[str, Mapping[str, Sequence[str]]] = parsed(
        text(content(path, FILE), FILE), FILE, FILE
    ).value
    return value
