"""The schema of a dataset for use outside a build: to print, or to put over a frame of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.datasets.schemas import dataset_schema
from pipeline.derivations.sdtm import supp
from pipeline.errors import UsageError
from pipeline.study import Study

if TYPE_CHECKING:
    import pandera.pandas as pa


def schema(study: Study, dataset: str) -> pa.DataFrameSchema:
    """The pandera schema against which a build checks a dataset; of SUPP-- too.

    Takes     a study, as `pipeline.study.load` reads it; the name of a dataset.
    Returns   a schema whose `validate(frame, lazy=True)` raises SchemaErrors with every value that breaks it.
    Raises    UsageError where the study has no such dataset.
    """
    specs = {**study.datasets, **supp.specs(study.datasets)}
    if dataset not in specs:
        raise UsageError(f"{dataset} is no dataset of this study; there are {', '.join(specs)}")
    return dataset_schema(specs[dataset], study.codelists)
