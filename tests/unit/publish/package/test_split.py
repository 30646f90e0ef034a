"""Datasets over the limit of size: whole, and once more in parts of equal widths, cut between participants;
and datasets of no record.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from pipeline.publish import datasets
from pipeline.publish.package import split
from tests.support import small_builds

SDTM = "m5/datasets/s1/tabulations/sdtm"


@pytest.mark.parametrize(
    ("subjects", "most", "expected"),
    [
        ("aabbcc", 6, [(0, 6)]),
        ("aabbcc", 5, [(0, 4), (4, 6)]),
        ("aabbcc", 4, [(0, 4), (4, 6)]),
        ("aabbcc", 3, [(0, 2), (2, 4), (4, 6)]),
        ("aabbcc", 2, [(0, 2), (2, 4), (4, 6)]),
        ("aabbcc", 1, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]),
        ("aaaaab", 2, [(0, 2), (2, 4), (4, 6)]),
        ("abbbbb", 3, [(0, 1), (1, 4), (4, 6)]),
        ("abcdef", 4, [(0, 4), (4, 6)]),
        ("a", 1, [(0, 1)]),
        ("", 1, [(0, 0)]),
    ],
)
def test_a_part_ends_behind_a_participant_who_fits(
    subjects: str, most: int, expected: list[tuple[int, int]]
) -> None:
    for size in (1, 2, 7):  # however the records come
        pieces = [np.array(list(subjects[i : i + size]), dtype=object) for i in range(0, len(subjects), size)]
        assert split.cuts(pieces, most) == expected


def test_records_are_taken_across_the_tables_that_hold_them() -> None:
    tables = [pa.table({"A": [0, 1, 2]}), pa.table({"A": [3]}), pa.table({"A": [4, 5]})]
    for start, end in [(0, 6), (0, 3), (2, 4), (3, 4), (5, 6), (1, 6)]:
        assert pa.concat_tables(split.between(tables, start, end))["A"].to_pylist() == list(range(start, end))


# --- in a build
DOSES = [("01", 2), ("02", 5), ("03", 1), ("04", 1), ("05", 3)]
DROP = {
    "enrol.csv": (
        "SUBJECT,FOLDER,EARLIER,GENDER,BIRTH\n" + "".join(f"{s},,,Female,03 FEB 1960\n" for s, _ in DOSES)
    ),
    "dose.csv": (
        "SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT\n"
        + "".join(
            f"{s},V{n},Yes,{n:02} MAR 2018,100.5,DRUG\n" for s, times in DOSES for n in range(1, times + 1)
        )
    ),
}
HEAD = 560 + 80 + 1040 + 80  # of EX: seven variables


def read(path: Path) -> tuple[pd.DataFrame, tuple[Any, Any, list[tuple[str, int, Any]]]]:
    records, meta = pyreadstat.read_xport(path)
    widths = [(n, meta.variable_storage_width[n], meta.column_names_to_labels[n]) for n in meta.column_names]
    return records, (meta.table_name, meta.file_label, widths)


@pytest.fixture
def uncut(tmp_path: Path) -> Path:
    return small_builds.built(tmp_path, "uncut", drop=DROP, editions=("fda",))


def test_a_dataset_over_the_limit_is_written_whole_and_in_parts_of_equal_widths(
    uncut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = HEAD + 160  # three records of 45 bytes
    monkeypatch.setattr(datasets, "LARGEST", limit)
    cut = small_builds.built(tmp_path, "cut", drop=DROP, editions=("fda",))
    assert (cut / SDTM / "ex.xpt").read_bytes() == (uncut / SDTM / "ex.xpt").read_bytes()
    assert (cut / SDTM / "define.xml").read_bytes() == (uncut / SDTM / "define.xml").read_bytes()
    records, (_, label, variables) = read(cut / SDTM / "ex.xpt")
    parts = sorted((cut / SDTM / "split").iterdir())
    assert {p.name for p in parts} >= {"ex1.xpt", "ex2.xpt"}
    contents = []
    for path in (p for p in parts if p.name.startswith("ex")):
        assert path.stat().st_size <= limit
        part, described = read(path)
        assert described == (path.stem.upper(), label, variables)
        contents.append(part)
    assert pd.concat(contents, ignore_index=True).equals(records)
    # The second has more records than fit; the last would not fit behind the fourth.
    assert [part["USUBJID"].nunique() for part in contents] == [1, 1, 2, 1, 1]
    assert [len(part) for part in contents] == [2, 3, 3, 1, 3]


def test_nothing_is_cut_within_the_limit(uncut: Path) -> None:
    assert not list(uncut.rglob("split"))


def test_the_limit_is_that_of_the_fda() -> None:
    assert datasets.LARGEST == 5_000_000_000


def test_a_dataset_of_no_record_is_a_file_that_a_reader_takes(tmp_path: Path) -> None:
    none = {"dose.csv": "SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT\n"}
    out = small_builds.built(tmp_path, "none", drop=none, editions=("fda",))
    records, (name, label, variables) = read(out / SDTM / "ex.xpt")
    assert (len(records), name, label) == (0, "EX", "Exposure")
    assert [n for n, _, _ in variables] == [
        "STUDYID",
        "USUBJID",
        "EXSEQ",
        "EXTRT",
        "EXDOSE",
        "EXSTDTC",
        "EXSTDY",
    ]
    assert (out / SDTM / "ex.xpt").stat().st_size % 80 == 0
    assert b'def:HasNoData="Yes"' in (out / SDTM / "define.xml").read_bytes()
    assert b'"records":0,"name":"EX"' in (out / "dataset-json/sdtm/ex.json").read_bytes()
