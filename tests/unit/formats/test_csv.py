"""A cell that a spreadsheet would run as a formula is written behind an apostrophe."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.formats.csv import write as spreadsheet


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_written_behind_an_apostrophe(text: str, tmp_path: Path) -> None:
    spreadsheet.write(pd.DataFrame({"VALUE": pd.Series([text], dtype="str")}), tmp_path / "list.csv")
    back = pd.read_csv(tmp_path / "list.csv", dtype="str", keep_default_na=False, lineterminator="\n")
    assert back["VALUE"].tolist() == [f"'{text}"]


def test_other_text_and_blanks_stay_as_they_are() -> None:
    text = pd.Series(["5-10", "a=b", "", None, "阳性(+)"], dtype="str")
    assert spreadsheet.escaped(text).fillna("missing").tolist() == ["5-10", "a=b", "", "missing", "阳性(+)"]
