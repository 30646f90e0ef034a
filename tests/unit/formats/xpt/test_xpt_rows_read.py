"""A transport file of version 5 does not say how many rows it holds: its bytes tell, and whether it is cut
short.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import pyreadstat
import pytest

from pipeline.formats import UnreadableError
from pipeline.formats.xpt.read import read

RECORD = 80
TEXTS: Mapping[str, Sequence[object]] = {"A": ["x" * 22] * 2}
NUMBERS: Mapping[str, Sequence[object]] = {"A": [1.0, 0.0, 0.0]}
MIXED: Mapping[str, Sequence[object]] = {"A": ["x", " "], "B": [1.0, 0.0]}


def written(folder: Path, content: Mapping[str, Sequence[object]], version: Literal[5, 8] = 5) -> Path:
    path = folder / "ae.xpt"
    pyreadstat.write_xport(pd.DataFrame(content), path, table_name="AE", file_format_version=version)
    return path


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ({"A": ["x"] * 3}, 3),
        (TEXTS, 2),  # 44 bytes, and 36 blanks: one more row of 22 would fit into them
        ({"A": ["x" * 80] * 2}, 2),
        ({"A": ["x" * 200] * 5, "B": [1.0] * 5}, 5),
        (NUMBERS, 3),  # rows of zeros are rows
        (MIXED, 2),
        ({"A": ["x", " ", "x"]}, 3),
    ],
)
def test_the_rows_are_counted_without_the_blanks_behind_them(
    tmp_path: Path, content: Mapping[str, Sequence[object]], rows: int
) -> None:
    assert read(written(tmp_path, content)).rows == rows


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (TEXTS, 2),  # no text holds a zero byte
        (MIXED, 2),  # but a number may be zero, behind a text that is blank
        (NUMBERS, 10),  # and numbers alone: each 8 zero bytes are one
    ],
)
def test_zero_bytes_behind_the_rows_are_filling_where_a_variable_is_text(
    tmp_path: Path, content: Mapping[str, Sequence[object]], rows: int
) -> None:
    path = written(tmp_path, content)
    data = path.read_bytes()
    filled = data.rstrip(b" ")
    path.write_bytes(filled + b"\0" * (len(data) - len(filled)))
    assert read(path).rows == rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b[:-RECORD], "ends within a row"),
        (lambda b: b[:-1], "ends within a record of 80 bytes"),
        (lambda b: b + b"\n", "ends within a record of 80 bytes"),
        (lambda b: b + b[3 * RECORD :], "holds 2 datasets"),
        (lambda b: b + b"X" * RECORD, "ends within a row"),
        (lambda _: b"", "it is empty or of another kind"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    """Of two rows of 200 bytes, in five records of 80."""
    path = written(tmp_path, {"A": ["x" * 200] * 2})
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UnreadableError, match=message):
        read(path)


def test_of_version_8_the_rows_that_it_announces_are_due(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": ["x" * 200] * 4}, version=8)
    assert read(path).rows == 4
    path.write_bytes(path.read_bytes()[: -5 * RECORD])
    with pytest.raises(UnreadableError):
        read(path)
