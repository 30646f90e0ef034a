"""What a build keeps about where values come from, beside the datasets and the raw records: the rules, the
raw record of each published record, and the study's own files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pipeline.formats import json_sections
from pipeline.mapping.lineage import lineage as raw_fields
from pipeline.publish import block_files
from pipeline.publish.define.model import Package
from pipeline.publish.lineage import rewritten, rules, study_facts
from pipeline.study import Study
from pipeline.study.models import Dataset
from pipeline.study.short.text import text

CUTOFF = "cutoff.parquet"
GROUP = 50_000  # records that are read together: whoever asks for one participant reads one group or two
_STORED_AS = {"str": pa.string(), "float64": pa.float64(), "datetime64[s]": pa.timestamp("s")}


def write(package: Package, blocks: Sequence[Path], home: Path) -> None:
    """Writes where each value comes from.

    variables.json has each variable's rules and raw fields, and the texts that were translated or folded on
    their way into it; study.json has the datasets, forms, functions and
    parameters that the rules name; records/<dataset>.parquet has each record's key and its raw record, in the
    order of the dataset's transport file, which holds the values. cutoff.parquet has what the data cut-off
    sets aside or changes of the raw records; there is none where it changes nothing.

    Takes     the folders of Arrow files of the blocks, in the order of subjects.
    """
    study, plan, specs = package.study, package.plan, package.specs
    (home / "records").mkdir(parents=True)
    fields = raw_fields(plan)
    variables = {
        **rules.mapped(study, plan, fields, rewritten.by_variable(study, package.profile)),
        **rules.from_protocol(plan, specs, fields),
        **rules.supplemental(study, specs),
    }
    json_sections.write(variables, home / "variables.json")
    json_sections.write(study_facts.content(study, plan, specs), home / "study.json")
    write_cutoff(blocks, home / CUTOFF)
    for name, spec in specs.items():
        _write_records(spec, blocks, home / "records" / f"{name.lower()}.parquet")


def store_cutoff(folder: Path, changes: pd.DataFrame) -> None:
    """Leaves what the data cut-off changes of the records of a block of subjects, if it does.

    Takes     the folder of the block; the changes as `cutoff.Cut` has them.
    """
    if len(changes):
        table = pa.table({name: pa.array(changes[name], pa.string(), from_pandas=True) for name in changes})
        parquet.write_table(table, folder / CUTOFF, store_schema=False)


def write_cutoff(blocks: Sequence[Path], path: Path) -> None:
    """Writes what the data cut-off changes of all records, in the order of participant, form, record and
    field; nothing where it changes none.

    Takes     the folders of the blocks; the file to write.
    """
    of_blocks = [block / CUTOFF for block in blocks if (block / CUTOFF).is_file()]
    if of_blocks:
        tables = [parquet.read_table(of_block, use_threads=False) for of_block in of_blocks]
        changes = pa.concat_tables(tables).combine_chunks()
        order = [(name, "ascending") for name in changes.column_names]  # blocks must not show in the bytes
        parquet.write_table(changes.sort_by(order), path, store_schema=False)


def keep_files(study: Study, home: Path) -> None:
    """Writes the files of specs/ and mappings/, byte by byte as they were read, so that two builds can be
    compared long after.

    Takes     the study; the folder that is to hold its files.
    """
    for name, content in study.contents.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)


def keep_expanded(study: Study, home: Path) -> None:
    """Writes the long form of each file that a study writes in few words or leaves out: what the build read.

    Takes     the study; the folder that is to hold the files.
    """
    for name, file in study.located.items():
        if file.is_expanded or file.rules or name not in study.contents:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text(file), encoding="utf-8", newline="")


def _write_records(spec: Dataset, blocks: Sequence[Path], path: Path) -> None:
    sequence = [v for v in spec.variables if v == f"{spec.dataset}SEQ"]
    keys = dict.fromkeys(["USUBJID", *sequence, *spec.keys])
    columns = [*keys, "form", "record", "block"]
    schema = pa.schema([(c, _type(spec, c)) for c in columns])
    parts = (part.cast(schema) for part in block_files.tables(spec.dataset, blocks, columns))
    with parquet.ParquetWriter(path, schema, store_schema=False) as file:
        for group in _in_groups(schema, parts):
            file.write_table(group)
    pa.default_memory_pool().release_unused()


def _type(spec: Dataset, column: str) -> pa.DataType:
    if column == "block":
        return pa.int64()
    if column not in spec.variables:
        return pa.string()
    return _STORED_AS[spec.variables[column].dtype]


def _in_groups(schema: pa.Schema, parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The records GROUP at a time, each column in one piece: blocks and parts must not show in the bytes."""
    waiting = schema.empty_table()
    for part in parts:
        waiting = pa.concat_tables([waiting, part])
        while len(waiting) > GROUP:
            yield waiting.slice(0, GROUP).combine_chunks()
            waiting = waiting.slice(GROUP)
    yield waiting.combine_chunks()
