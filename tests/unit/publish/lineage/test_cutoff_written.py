"""What the data cut-off changes is one file, whatever the blocks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pyarrow import parquet

from pipeline.mapping.cutoff import CHANGES
from pipeline.publish.lineage.write import store_cutoff, write_cutoff

ROWS = [
    ("S-2", "ae", "S-2|1", "OUTCOME", "Not recovered/not resolved"),
    ("S-1", "death", "S-1", None, None),
    ("S-1", "ae", "S-1|1", "GRADE", None),
]
IN_ORDER = [ROWS[2], ROWS[1], ROWS[0]]


def written(home: Path, *of_blocks: list[tuple[str | None, ...]]) -> bytes:
    blocks = []
    for number, rows in enumerate(of_blocks):
        blocks.append(home / str(number))
        blocks[-1].mkdir(parents=True)
        store_cutoff(blocks[-1], pd.DataFrame(rows, columns=CHANGES, dtype="str"))
    path = home / "cutoff.parquet"
    write_cutoff(blocks, path)
    return path.read_bytes() if path.is_file() else b""


def test_blocks_do_not_show_in_the_file(tmp_path: Path) -> None:
    whole = written(tmp_path / "one", list(ROWS))
    assert written(tmp_path / "two", [], [ROWS[1]], [ROWS[0], ROWS[2]]) == whole
    rows = parquet.read_table(tmp_path / "one" / "cutoff.parquet").to_pylist()
    assert [tuple(row[name] for name in CHANGES) for row in rows] == IN_ORDER


def test_where_the_cut_off_changes_nothing_there_is_no_file(tmp_path: Path) -> None:
    assert written(tmp_path, [], []) == b""
