"""What a build keeps of its input, so that two builds can be compared long after: raw records, specs and mappings, as they were read."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet


def records(forms: Mapping[str, pd.DataFrame], home: Path) -> None:
    """One Parquet file a form: USUBJID, record and the fields of its contract, in the order of the records' identity.

    Takes     forms whose records are identified and typed.
    """
    home.mkdir(parents=True)
    for name, frame in forms.items():
        columns = {str(n): pa.array(c.array, type=pa.string(), from_pandas=True) for n, c in frame.items() if n != "form"}
        parquet.write_table(pa.table(columns), home / f"{name}.parquet", write_statistics=False)


def files(root: Path, names: Iterable[str], home: Path) -> None:
    """The files of specs/ and mappings/, byte by byte."""
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, home / name)
