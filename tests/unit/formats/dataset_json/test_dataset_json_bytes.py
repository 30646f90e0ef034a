"""Dataset-JSON gives back every text, number and date that it was written from, or refuses it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import PipelineError
from pipeline.formats.dataset_json.write import write

Types = Mapping[str, str]


def written(types: Types, *frames: pd.DataFrame) -> bytes:
    file = BytesIO()
    write(file, {"name": "XX"}, types, frames)
    return file.getvalue()


def read(types: Types, *frames: pd.DataFrame) -> list[list[Any]]:
    rows: list[list[Any]] = json.loads(written(types, *frames), parse_constant=pytest.fail)["rows"]
    return rows


TEXT = [
    *("plain", "", None, '"', "\\", '\\"', "a\tb", "a\nb", "\0", "\x1f", "\x7f"),
    *("\u4e73\u817a", "\U0001f9ec", "\u2028", "null", "]", ",[", "1e5", " x "),
]
NUMBERS = [
    *(0.0, 1.0, -7.0, 0.1, 1 / 3, 2 / 3, math.pi, 1e-7, 1e15, 1e16, 1e21, 1e22, 1e23, 5.4e-79, 7.2e75),
    *(2.0**53, -(2.0**53) - 2, 2.0**62, 2.0**63, -(2.0**63), 5e-324, 1.7976931348623157e308),
    *(math.nextafter(1, 0), math.nextafter(1, 2), 123456789.12345679),
]


def test_a_hostile_text_is_read_as_it_was() -> None:
    assert read({"T": "text"}, pd.DataFrame({"T": pd.Series(TEXT, dtype="str")})) == [[v] for v in TEXT]


def test_a_hostile_number_is_read_as_the_same_double() -> None:
    *numbers, missing = read({"N": "float"}, pd.DataFrame({"N": np.array([*NUMBERS, math.nan])}))
    assert [float(v).hex() for (v,) in numbers] == [v.hex() for v in NUMBERS]
    assert missing == [None]
    assert read({"N": "float"}, pd.DataFrame({"N": np.array([-0.0])})) == [[0]]


def test_a_whole_number_is_written_as_one() -> None:
    file = written({"N": "integer"}, pd.DataFrame({"N": [7.0, math.nan, -2.0]}))
    assert file == b'{"name":"XX","rows":[\n[7],\n[null],\n[-2]\n]}\n'


def test_dates_and_times_are_iso_8601() -> None:
    days = np.array(["2016-02-29", "1582-01-01", "3999-12-31", "NaT"], "datetime64[s]")
    moments = np.array(["2016-02-29T23:59:59", "1959-12-31T00:00:01", "NaT", "1960-01-01"], "datetime64[s]")
    times = [0.0, 86_399.0, math.nan, 34_200.0]
    frame = pd.DataFrame({"D": pd.Series(days), "M": pd.Series(moments), "T": times})
    assert read({"D": "date", "M": "datetime", "T": "time"}, frame) == [
        ["2016-02-29", "2016-02-29T23:59:59", "00:00:00"],
        ["1582-01-01", "1959-12-31T00:00:01", "23:59:59"],
        ["3999-12-31", None, None],
        [None, "1960-01-01T00:00:00", "09:30:00"],
    ]


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("float", math.inf, "XX.V: a number is infinite"),
        ("float", -math.inf, "XX.V: a number is infinite"),
        ("time", -1.0, "XX.V: a time is not within a day"),
        ("time", 86_400.0, "XX.V: a time is not within a day"),
        ("time", 0.5, "XX.V: a time is not within a day"),
    ],
)
def test_what_json_or_iso_8601_cannot_say_is_refused_without_its_value(
    kind: str, value: float, why: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        written({"V": kind}, pd.DataFrame({"V": [1.0, value]}))
    assert str(caught.value).startswith(why)
    assert "-1" not in str(caught.value)


def test_how_the_records_are_cut_into_frames_leaves_no_trace() -> None:
    types = {"T": "text", "N": "float"}
    records = pd.DataFrame({"T": pd.Series(["a", None, "c"], dtype="str"), "N": [1.5, 2.0, math.nan]})
    once = written(types, records)
    assert once == b'{"name":"XX","rows":[\n["a",1.5],\n[null,2],\n["c",null]\n]}\n'
    assert written(types, records[:1], records[:0], records[1:]) == once
    assert written(types, records[:0], records) == once


def test_a_dataset_without_records_has_no_rows() -> None:
    types = {"T": "text"}
    assert read(types, pd.DataFrame({"T": pd.Series([], dtype="str")})) == []
    assert read(types) == []
