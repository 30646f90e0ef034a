"""The displays of the report from the records as they are published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from pipeline.derivations.sdtm import supp
from pipeline.displays import make
from pipeline.displays import write as displays
from pipeline.displays.participants import Read
from pipeline.publish import block_files, datasets
from pipeline.publish.define.model import SupportingDocument
from pipeline.study import Study
from pipeline.study.models import Dataset

DOCUMENT = SupportingDocument("adam", "LF.results", displays.DOCUMENT_TITLE, displays.DOCUMENT)


def documents(study: Study) -> tuple[SupportingDocument, ...]:
    """What `write` leaves beside define.xml: nothing where no display has a result that define.xml tells.

    Takes     a study.
    Returns   the documents to which define.xml of ADaM refers.
    """
    return (DOCUMENT,) if study.displays.documented else ()


def write(
    study: Study, blocks: Sequence[Path], home: Path, trees: Sequence[Path], with_rtf: bool = False
) -> None:
    """Writes tlf/ with every display, and results.pdf beside the ADaM datasets with those that define.xml
    tells, all from the records as they are published.

    Takes     folders with one Arrow file a dataset, in the order of subjects; the folder of the build, and
              those in it with an m5 folder; whether tables and listings are written as RTF too.
    """
    if not study.displays.displays:
        return
    contents = list(make.displays(study, reader(study, blocks)))
    displays.write(study, contents, home, with_rtf)
    if study.displays.documented:
        for tree in trees:
            displays.write_document(study, contents, datasets.folder(study, tree, "adam"))


def reader(study: Study, blocks: Sequence[Path]) -> Read:
    """What reads variables of the published datasets, each once. What no record needs and the build therefore
    does not publish, such as a SUPP-- or the second part of a text, is without values.

    Takes     the study; folders with one Arrow file a dataset, in the order of subjects.
    """
    specs: Mapping[str, Dataset] = {**study.datasets, **supp.specs(study.datasets)}
    columns: dict[tuple[str, str], object] = {}

    def read(dataset: str, names: Sequence[str]) -> pd.DataFrame:
        missing = [name for name in names if (dataset, name) not in columns]
        if missing:
            columns.update(
                {(dataset, n): column for n, column in _read(specs[dataset], blocks, missing).items()}
            )
        return pd.DataFrame({name: columns[dataset, name] for name in names}, copy=False)

    return read


def _read(spec: Dataset, blocks: Sequence[Path], names: Sequence[str]) -> dict[str, object]:
    tables = list(block_files.tables(spec.dataset, blocks, names))
    if not tables:
        return {name: pd.Series(dtype=spec.published[name].dtype) for name in names}
    table = pa.concat_tables(tables)
    return {name: block_files.typed(table[name], spec.published[name]) for name in names}
