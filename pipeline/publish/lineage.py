"""What the build knows of where values come from, beside the datasets: rules, the raw record of each record, raw records as collected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pipeline.mapping.steps import Plan
from pipeline.publish import datasets, lineage_rules, lineage_study
from pipeline.study import Study
from pipeline.study.models import Dataset

GROUP = 50_000  # records that are read together: who asks for one participant reads one group or two


class Collected:
    """The raw records as they were collected, compressed as soon as a form is read, so that a drop is not held twice."""

    def __init__(self) -> None:
        self.parts: dict[str, BytesIO] = {}

    def keep(self, form: str, found: pd.DataFrame) -> None:
        """Keeps a form's records of known persons: USUBJID, record and the cells as they were typed; and apart from them their lines.

        Takes     records in the order of their identity; `line` is not there where a file does not hold a record a line.
        """
        fields = {str(n): pa.array(c.array, from_pandas=True) for n, c in found.items() if n not in ("form", "line")}
        line = pa.array(found["line"].to_numpy("int64")) if "line" in found else pa.nulls(len(found), pa.int64())
        self.parts[f"raw/{form}.parquet"] = _compressed(pa.table(fields).cast(pa.schema([(n, pa.string()) for n in fields])))
        self.parts[f"lines/{form}.parquet"] = _compressed(pa.table({"line": line}))

    def write(self, files: Mapping[str, str], home: Path) -> None:
        """Writes raw/<form>.parquet, and in lines/ which line of which file each of its records begins on.

        lines/ is of the files and not of what they say: another order of lines, or another format, changes lines/ alone.

        Takes     the name of the file that holds each form.
        """
        for folder in ("raw", "lines"):
            (home / folder).mkdir(parents=True)
        for name, held in self.parts.items():
            (home / name).write_bytes(held.getbuffer())
        _tell(dict(files), home / "lines" / "files.json")


def _compressed(table: pa.Table) -> BytesIO:
    held = BytesIO()
    _write(table, held)
    return held


def _write(table: pa.Table, to: Any) -> None:
    parquet.write_table(table.replace_schema_metadata(None), to, row_group_size=GROUP, store_schema=False)


def write(study: Study, plan: Plan, specs: Mapping[str, Dataset], blocks: Sequence[Path], home: Path) -> None:
    """Writes variables.json, each variable's rules and raw fields, and records/<dataset>.parquet, each record's key and raw record.

    The records stand in the order of the dataset's transport file, which holds their values.
    """
    (home / "records").mkdir(parents=True)
    told = {**lineage_rules.described(study, plan), **lineage_rules.designed(plan, specs), **lineage_rules.supplemental(study, specs)}
    _tell(told, home / "variables.json")
    for name, spec in specs.items():
        keys = list(dict.fromkeys(["USUBJID", *(v for v in spec.variables if v.endswith("SEQ") and v == f"{name}SEQ"), *spec.keys]))
        wanted = [*keys, "form", "record", "block"]
        types = {c: pa.float64() if c in spec.variables and not spec.variables[c].is_text else pa.string() for c in wanted} | {
            "block": pa.int64()
        }
        schema = pa.schema(list(types.items()))
        stored = (parquet.ParquetFile(path).read(wanted, use_threads=False) for path in datasets.files(name, blocks))
        parts = [part.select(wanted).cast(schema) for part in stored]
        whole = pa.concat_tables(parts).combine_chunks() if parts else schema.empty_table()  # one table: blocks must not show in the bytes
        _write(whole, home / "records" / f"{name.lower()}.parquet")


def cite(study: Study, plan: Plan, specs: Mapping[str, Dataset], home: Path) -> None:
    """Writes study.json, what the rules speak of: datasets, forms, functions, parameters, endpoints."""
    _tell(lineage_study.told(study, plan, specs), home / "study.json")


def _tell(told: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
