"""A Parquet file reads as the form would have shown it, or is refused with its name, the record and the
column.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pipeline.sources import parquet
from tests.support.forms import DATE, a_form, cells, refused

FORM = a_form("SUBJECT", DAY=DATE, VALUE="number", CLOCK="time", MADE="stamp")
SECRET = "Wang Xiulan"
MOMENT = datetime(2016, 8, 2, 9, 5)  # noqa: DTZ001


def written(folder: Path, **columns: object) -> Path:
    path = folder / "ae.parquet"
    pq.write_table(pa.table({**{c: pa.array([None], pa.string()) for c in FORM.fields}, **columns}), path)
    return path


READ: dict[str, tuple[str, pa.Array, str | None]] = {
    "text": ("SUBJECT", pa.array([" 01 "]), " 01 "),
    "text of many repeats": ("SUBJECT", pa.array([" 01 "]).dictionary_encode(), " 01 "),
    "large text": ("SUBJECT", pa.array(["01"], pa.large_string()), "01"),
    "an empty text": ("SUBJECT", pa.array([""]), None),
    "nothing at all": ("SUBJECT", pa.nulls(1), None),
    "a date": ("DAY", pa.array([date(2016, 8, 2)]), "02 AUG 2016"),
    "a moment at midnight": (
        "DAY",
        pa.array([datetime(2016, 8, 2)], pa.timestamp("ns")),  # noqa: DTZ001
        "02 AUG 2016",
    ),
    "a whole number": ("VALUE", pa.array([6]), "6"),
    "a double": ("VALUE", pa.array([6.1]), "6.1"),
    "a single-precision number": ("VALUE", pa.array([6.1], pa.float32()), "6.1"),
    "no number": ("VALUE", pa.array([float("nan")]), None),
    "a decimal": ("VALUE", pa.array([Decimal("6.10")]), "6.10"),
    "a time": ("CLOCK", pa.array([time(9, 5)]), "09:05"),
    "a time in nanoseconds": ("CLOCK", pa.array([time(9, 5)], pa.time64("ns")), "09:05"),
    "a moment": ("MADE", pa.array([MOMENT], pa.timestamp("us")), "2016-08-02 09:05"),
}


@pytest.mark.parametrize(("field", "values", "expected"), READ.values(), ids=READ.keys())
def test_a_value_reads_as_the_form_would_have_shown_it(
    tmp_path: Path, field: str, values: pa.Array, expected: str | None
) -> None:
    frame = parquet.read(written(tmp_path, **{field: values}), FORM)
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == [[expected if f == field else None for f in FORM.fields]]


def test_a_file_without_records_and_one_in_many_pieces_are_read(tmp_path: Path) -> None:
    path = tmp_path / "ae.parquet"
    table = pa.table({f: pa.array([f"{i % 7}" for i in range(100)]) for f in FORM.fields})
    pq.write_table(table, path, row_group_size=9)
    assert parquet.read(path, FORM)["SUBJECT"].tolist() == table["SUBJECT"].to_pylist()
    pq.write_table(table.slice(0, 0), path)
    assert cells(parquet.read(path, FORM)) == []


REFUSED: dict[str, tuple[str, pa.Array, str]] = {
    "a list": (
        "VALUE",
        pa.array([[1]]),
        (
            "column VALUE is of type list<element: int64>, which is no single text, number or date; export it"
            " as text"
        ),
    ),
    "bytes": (
        "VALUE",
        pa.array([b"x"]),
        "column VALUE is of type binary, which is no single text, number or date; export it as text",
    ),
    "a duration": (
        "VALUE",
        pa.array([1], pa.duration("s")),
        "column VALUE is of type duration[s], which is no single text, number or date; export it as text",
    ),
    "nanoseconds": (
        "MADE",
        pa.array([1], pa.timestamp("ns")),
        "column MADE counts nanoseconds, which no form collects; export it as text",
    ),
}


@pytest.mark.parametrize(("field", "values", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_column_of_no_text_is_refused(tmp_path: Path, field: str, values: pa.Array, expected: str) -> None:
    with refused(f"ae.parquet: {expected}"):
        parquet.read(written(tmp_path, **{field: values}), FORM)


def test_a_value_of_no_text_is_refused_with_its_record(tmp_path: Path) -> None:
    table = {f: pa.array([None, None], pa.string()) for f in FORM.fields}
    pq.write_table(
        pa.table({**table, "MADE": pa.array([None, datetime(2016, 8, 2, tzinfo=UTC)])}),
        tmp_path / "ae.parquet",
    )
    with refused(
        "ae.parquet, record 2: column MADE holds a moment with a time zone; export it as the clock on site"
        " showed it"
    ):
        parquet.read(tmp_path / "ae.parquet", FORM)


def test_a_wrong_column_is_refused(tmp_path: Path) -> None:
    with refused(
        "ae.parquet: column DOSE is not in the contract; add it to specs/raw so that it is not lost in"
        " silence"
    ):
        parquet.read(written(tmp_path, DOSE=pa.array(["x"])), FORM)


@pytest.mark.parametrize("kept", [0, 3, 100, -1, -9])
def test_a_file_that_is_cut_or_of_another_kind_is_refused(tmp_path: Path, kept: int) -> None:
    path = written(tmp_path, SUBJECT=pa.array([SECRET]))
    path.write_bytes(path.read_bytes()[:kept])
    damaged = (
        "ae.parquet: not a whole Parquet file without encryption; it is cut short, damaged or of another"
        " kind: export it again"
    )
    with refused(damaged, SECRET):
        parquet.read(path, FORM)
    path.write_text(f"SUBJECT\n{SECRET}\n")
    with refused(damaged, SECRET):
        parquet.read(path, FORM)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with refused("ae.parquet: cannot be read (No such file or directory); check that the file may be opened"):
        parquet.read(tmp_path / "ae.parquet", FORM)
