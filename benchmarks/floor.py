"""The least that any program must do which makes these files of this drop: read the CSV files as texts, write
the bytes of the transport files, and hash them.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import csv


def floor(drop: Path, build: Path, out: Path) -> None:
    """Takes     a drop, a finished build of it, and a new folder for the copies."""
    out.mkdir()
    for path in sorted(drop.glob("*.csv")):
        _read(path)
    for path in sorted(build.rglob("*.xpt")):
        content = path.read_bytes()
        (out / path.name).write_bytes(content)
        hashlib.sha256(content).hexdigest()


def _read(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig") as file:
        names = file.readline().rstrip("\n").split(",")
    types = csv.ConvertOptions(column_types={name.strip('"'): pa.string() for name in names})
    return csv.read_csv(path, csv.ReadOptions(use_threads=False), convert_options=types)


if __name__ == "__main__":
    floor(*map(Path, sys.argv[1:]))
