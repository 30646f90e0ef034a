"""The README says what the build says."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.readme import PLACE, README, tables


def test_the_counts_in_the_readme_are_those_of_the_build(built: Path) -> None:
    report = json.loads((built / "report" / "report.json").read_text(encoding="utf-8"))
    shown = PLACE.search(README.read_text(encoding="utf-8"))
    assert shown and shown[0] == tables(report), (
        "python -m tests.support.readme OUT writes the tables of the build in OUT"
    )
