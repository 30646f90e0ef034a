"""What the build knows of where values come from, beside the datasets: the steps of the mapping, the raw record of each record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from pipeline.mapping.lineage import lineage
from pipeline.mapping.steps import Plan, Step
from pipeline.publish import datasets
from pipeline.study.models import Dataset

COUNTED = ("ARMCD", "RFICDTC")  # of DM: what TS takes from the data


def write(plan: Plan, specs: Mapping[str, Dataset], blocks: Sequence[Path], home: Path) -> None:
    """Writes variables.json, each variable's rules and raw fields, and records/<dataset>.parquet, each record's key and raw record."""
    (home / "records").mkdir(parents=True)
    told = {**described(plan), **_designed(plan, specs)}
    (home / "variables.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
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
        parquet.write_table(whole.replace_schema_metadata(None), home / "records" / f"{name.lower()}.parquet")


def described(plan: Plan) -> dict[str, Any]:
    """Each dataset and variable with its rules, as the mapping writes them, and the raw fields behind it."""
    known = lineage(plan)
    return {
        ".".join(n for n in node if n): {
            "rules": [_rule(s) for s in plan.by_node[node]],
            "raw": sorted(f"{i.frame}.{i.column}{'' if i.own else ' (any record of the subject)'}" for i in known[node]),
        }
        for node in sorted(plan.by_node)
    }


def _designed(plan: Plan, specs: Mapping[str, Dataset]) -> dict[str, Any]:
    """The variables of datasets that no mapping makes: they are told in specs/study.yaml, at the line that each record names.

    Two values of TS are counted in the data all the same (see facts.Facts).
    """
    alone = {n: s for n, s in specs.items() if n not in plan.datasets and "USUBJID" not in s.variables}
    rules = [{"verb": "study", "file": "specs/study.yaml"}]
    told: dict[str, Any] = {f"{n}.{v}": {"rules": rules, "raw": []} for n, s in alone.items() for v in s.variables}
    known = lineage(plan)
    if "TS.TSVAL" in told:
        fields = {f"{i.frame}.{i.column} (any record of the study)" for v in COUNTED for i in known.get(("DM", v), ())}
        told["TS.TSVAL"] = {"rules": rules, "raw": sorted(fields)}
    return told


def _rule(s: Step) -> dict[str, Any]:
    of = {p: [f"{i.frame}.{i.column}" if i.frame else i.column for i in ii] for p, ii in s.inputs.items() if ii}
    what = s.name if s.verb in ("derive", "constant") or s.name else s.what
    told = {"block": s.block, "verb": s.verb, "what": what, "of": of, "where": s.where, "specs": s.table_names, "file": s.place[0]}
    return {k: v for k, v in told.items() if v not in (None, {}, "")}
