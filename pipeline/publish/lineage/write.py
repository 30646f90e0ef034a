"""What the build knows of where values come from, beside the datasets and the raw records: rules, and the raw
record of each record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from pipeline.formats import json_sections
from pipeline.mapping.lineage import lineage as raw_fields
from pipeline.mapping.steps import Plan
from pipeline.publish import datasets
from pipeline.publish.lineage import rules as lineage_rules
from pipeline.publish.lineage import study as lineage_study
from pipeline.study import Study
from pipeline.study.models import Dataset

GROUP = 50_000  # records that are read together: who asks for one participant reads one group or two


def write(study: Study, plan: Plan, specs: Mapping[str, Dataset], blocks: Sequence[Path], home: Path) -> None:
    """Writes variables.json, each variable's rules and raw fields, and records/<dataset>.parquet, each
    record's key and raw record.

    The records stand in the order of the dataset's transport file, which holds their values.
    """
    (home / "records").mkdir(parents=True)
    known = raw_fields(plan)
    told = {
        **lineage_rules.described(study, plan, known),
        **lineage_rules.designed(plan, specs, known),
        **lineage_rules.supplemental(study, specs),
    }
    json_sections.write(told, home / "variables.json")
    for name, spec in specs.items():
        keys = list(
            dict.fromkeys(
                [
                    "USUBJID",
                    *(v for v in spec.variables if v.endswith("SEQ") and v == f"{name}SEQ"),
                    *spec.keys,
                ]
            )
        )
        wanted = [*keys, "form", "record", "block"]
        types = {
            c: pa.float64() if c in spec.variables and not spec.variables[c].is_text else pa.string()
            for c in wanted
        } | {"block": pa.int64()}
        schema = pa.schema(list(types.items()))
        parts = (part.cast(schema) for part in datasets.stored(name, blocks, wanted))
        with parquet.ParquetWriter(
            home / "records" / f"{name.lower()}.parquet", schema, store_schema=False
        ) as file:
            for group in _evenly(schema, parts):
                file.write_table(group)
        pa.default_memory_pool().release_unused()


def _evenly(schema: pa.Schema, parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The records GROUP at a time, each column in one piece: neither blocks nor parts must show in the bytes."""
    waiting = schema.empty_table()
    for part in parts:
        waiting = pa.concat_tables([waiting, part])
        while len(waiting) > GROUP:
            yield waiting.slice(0, GROUP).combine_chunks()
            waiting = waiting.slice(GROUP)
    yield waiting.combine_chunks()


def cite(study: Study, plan: Plan, specs: Mapping[str, Dataset], home: Path) -> None:
    """Writes study.json, what the rules speak of: datasets, forms, functions, parameters, endpoints."""
    json_sections.write(lineage_study.told(study, plan, specs), home / "study.json")
