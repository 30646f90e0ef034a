"""Writes each dataset as XPT version 5 from the blocks of subjects, reads it back, and compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.formats.xpt.layout import ASCII, Column
from pipeline.formats.xpt.limits import rows_that_fit
from pipeline.formats.xpt.write import write as write_transport_file
from pipeline.profile import Profile, widths
from pipeline.publish import block_files
from pipeline.publish.package import split
from pipeline.study import Study
from pipeline.study.models import Dataset

LARGEST = 5_000_000_000  # bytes of a file that the FDA takes without its parts beside it
FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}


def folder(study: Study, tree: Path, layer: str) -> Path:
    """The folder of a layer's datasets in the m5 tree.

    Takes     a study; the folder that holds m5; sdtm or adam.
    Returns   the folder, whether or not it exists.
    Source    FDA Study Data Technical Conformance Guide, folder structure of study datasets.
    """
    return tree / "m5" / "datasets" / study.protocol.id.lower() / FOLDERS[layer]


def write(
    study: Study,
    specs: Mapping[str, Dataset],
    profile: Profile,
    blocks: Sequence[Path],
    tree: Path,
    encoding: str = ASCII,
    in_full: bool = False,
) -> None:
    """One XPT file a dataset, each read back and compared cell by cell.

    A file over the limit of size stays, whole, and its records stand once more in split/, in files within the
    limit and of the same widths: lb1.xpt, lb2.xpt and so on, cut between participants.

    Takes     folders with one Arrow file a dataset, in the order of subjects; the encoding of text, and
              unless it is ASCII texts are written as collected; the profile whose widths are counted in it;
              whether pyreadstat reads back every part of each file.
    Raises    PipelineError where a file does not give back what was written.
    Source    FDA Study Data Technical Conformance Guide, 3.3.2 (dataset size: the split datasets beside the
              whole one, in folder split).
    """
    created = study.protocol.declared_build_time
    width = widths(specs, profile)
    for name, spec in specs.items():
        variables = spec.published
        columns = [
            Column(n, v.label, width[name, n], v.is_text, v.format or "") for n, v in variables.items()
        ]
        as_collected = encoding != ASCII
        tables = partial(block_files.tables, name, blocks, list(variables), as_collected)
        home = folder(study, tree, spec.layer)
        whole = home / f"{name.lower()}.xpt"
        write_transport_file(whole, name, spec.label, columns, tables(), created, encoding, in_full)
        if whole.stat().st_size > LARGEST:
            (home / split.FOLDER).mkdir(exist_ok=True)
            most = rows_that_fit(columns, LARGEST, encoding)
            cuts = split.cuts(_participants(spec, blocks), most)
            for number, (start, end) in enumerate(cuts, start=1):
                path = home / split.FOLDER / f"{name.lower()}{number}.xpt"
                part = split.between(tables(), start, end)
                name_of_part = f"{name}{number}"
                write_transport_file(
                    path, name_of_part, spec.label, columns, part, created, encoding, in_full
                )
        pa.default_memory_pool().release_unused()


def _participants(spec: Dataset, blocks: Sequence[Path]) -> Iterator[np.ndarray]:
    """The participant of each record; in a dataset without participants each record counts as its own."""
    if "USUBJID" in spec.published:
        for table in block_files.tables(spec.dataset, blocks, ["USUBJID"]):
            yield table["USUBJID"].to_numpy()
        return
    first = 0
    for table in block_files.tables(spec.dataset, blocks, list(spec.published)[:1]):
        yield np.arange(first, first + len(table))
        first += len(table)
