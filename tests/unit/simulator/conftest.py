from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.simulator import simulate
from pipeline.study import Study, load

ROOT = Path(__file__).parents[3]
SEED = 2843126

Rows = list[dict[str, str]]
Forms = dict[str, Rows]


def _rows_of(folder: Path) -> Forms:
    found: Forms = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            found[path.stem] = list(csv.DictReader(handle))
    return found


@pytest.fixture(scope="session")
def study() -> Study:
    return load(ROOT)


@pytest.fixture(scope="session")
def drop(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drop")
    simulate(study, out, subjects=30, seed=SEED)
    return out


@pytest.fixture(scope="session")
def forms(drop: Path) -> Forms:
    return _rows_of(drop)


@pytest.fixture(scope="session")
def read_drop() -> Callable[[Path], Forms]:
    return _rows_of
