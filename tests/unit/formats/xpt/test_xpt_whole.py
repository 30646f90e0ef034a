"""A transport file of version 5 is whole, or is cut short: told from its bytes, since it does not say how
many rows it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import pyreadstat
import pytest

from pipeline.formats import UnreadableError
from pipeline.formats.xpt import whole
from pipeline.formats.xpt.read import read

RECORD = 80
TEXTS: Mapping[str, Sequence[object]] = {"A": ["x" * 22] * 2}
NUMBERS: Mapping[str, Sequence[object]] = {"A": [1.0, 0.0, 0.0]}


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
        ({"A": ["x", " ", "x"]}, 3),
    ],
)
def test_the_rows_of_a_whole_file_are_counted_without_the_blanks_behind_them(
    tmp_path: Path, content: Mapping[str, Sequence[object]], rows: int
) -> None:
    path = written(tmp_path, content)
    assert (whole.rows(path), read(path).rows) == (rows, rows)


def test_zero_bytes_behind_the_rows_are_no_rows_where_a_variable_is_text(tmp_path: Path) -> None:
    for content, rows in ((TEXTS, 2), (NUMBERS, 10)):  # of numbers, each 8 zero bytes are a row
        path = written(tmp_path, content)
        data = path.read_bytes()
        path.write_bytes(data.rstrip(b" ") + b"\0" * (len(data) - len(data.rstrip(b" "))))
        assert whole.rows(path) == rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b[:-RECORD], "ends within row 2"),
        (lambda b: b[:-1], "and not whole records of 80"),
        (lambda b: b + b"\n", "and not whole records of 80"),
        (lambda b: b[: 5 * RECORD], "does not describe its variables"),
        (lambda b: b + b[3 * RECORD :], "holds 2 datasets"),
        (lambda b: b + b"X" * RECORD, "ends within row 3"),
        (lambda _: b"", "is empty"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    """Of two rows of 200 bytes, in five records of 80."""
    path = written(tmp_path, {"A": ["x" * 200] * 2})
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UnreadableError, match=message):
        whole.rows(path)
    with pytest.raises(UnreadableError):
        read(path)


def test_of_version_8_the_rows_that_it_announces_are_due(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": ["x" * 200] * 4}, version=8)
    assert (whole.rows(path), read(path).rows) == (None, 4)
    path.write_bytes(path.read_bytes()[: -5 * RECORD])
    with pytest.raises(UnreadableError):
        read(path)
