"""Whole datasets and raw forms of a finished build as frames, and the hashes by which two builds compare."""

from __future__ import annotations

import pandas as pd
from pyarrow import parquet

from pipeline.finished.folder import Folder
from pipeline.formats.xpt.read import read

IDENTITY = ["form", "record", "block"]  # beside the columns of a published dataset


def published(build: Folder, dataset: str) -> pd.DataFrame:
    """A dataset as published, each record with the raw record and the block of the mapping that it is of.

    Returns   text "" and number NaN where there is no value; a date as days since 1960, as the file has it.
    """
    contents = read(build.transport_file(dataset))
    columns: dict[str, pd.Series] = {}
    for place, column in enumerate(contents.columns):
        columns[column.name] = pd.Series(contents.values(place), dtype="str" if column.text else "float64")
    identity = parquet.read_table(build.records_file(dataset), columns=IDENTITY).to_pandas()
    return pd.DataFrame(columns).assign(**{name: identity[name].to_numpy() for name in IDENTITY})


def collected(build: Folder, form: str) -> pd.DataFrame | None:
    """A raw form as collected, with USUBJID and record; None where the build does not have the form.

    Takes     a finished build; the name of a form.
    Returns   one row per raw record, every column text.
    """
    if form not in build.raw_forms():
        return None
    records: pd.DataFrame = parquet.read_table(build.raw_file(form)).to_pandas()
    return records.drop(columns="line", errors="ignore")


def hashes(build: Folder, dataset: str) -> tuple[str, str]:
    """The hash of a dataset's transport file and that of its records' identities.

    Takes     a finished build; the name of a dataset.
    Returns   SHA-256 of each of the two files, as the manifest has them.
    """
    transport_file, records_file = build.transport_file(dataset), build.records_file(dataset)
    names = [path.relative_to(build.home).as_posix() for path in (transport_file, records_file)]
    return build.hash_of(names[0]), build.hash_of(names[1])
