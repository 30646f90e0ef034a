"""The datasets beside somebody's define.xml: transport files of version 5 and 8, or Dataset-JSON, as columns
of texts and numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SUFFIXES = (".xpt", ".json")
_TEXT_TYPES = ("string", "date", "datetime", "time", "URI")


class UnreadableError(Exception):
    """A file that is no dataset; the text says why, and holds none of its values."""


@dataclass(frozen=True)
class Column:
    """One variable: what its file says of it, and its values; a missing one is None."""

    label: str
    text: bool
    width: int | None  # bytes that the file keeps for a text, where it says so
    values: np.ndarray  # of objects
    format: str = ""


@dataclass(frozen=True)
class Table:
    name: str
    label: str
    columns: Mapping[str, Column]
    records: int


def read(path: Path) -> Table:
    """One dataset.

    Raises    UnreadableError where the file is none.
    """
    return _xpt(path) if path.suffix.lower() == ".xpt" else _dataset_json(path)


def _xpt(path: Path) -> Table:
    import pyreadstat

    try:
        # Latin-1 gives every byte back as it is; what the bytes say is read afterwards.
        columns, meta = pyreadstat.read_xport(
            path, encoding="ISO-8859-1", disable_datetime_conversion=True, output_format="dict"
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError) as e:
        raise UnreadableError(f"no transport file that can be read ({type(e).__name__})") from None
    found: dict[str, Column] = {}
    for name in meta.column_names:
        text = meta.readstat_variable_types[name] == "string"
        values = np.asarray(columns[name], dtype=object) if meta.number_rows else np.empty(0, dtype=object)
        label = _decoded(meta.column_names_to_labels[name] or "")
        found[name] = Column(
            label,
            text,
            meta.variable_storage_width[name] if text else None,
            _texts(values) if text else _numbers(values),
            meta.original_variable_types[name] or "",
        )
    return Table(
        meta.table_name or path.stem.upper(),
        _decoded(meta.file_label or ""),
        found,
        int(meta.number_rows or 0),
    )


def _decoded(text: str) -> str:
    """A text whose bytes were read as Latin-1, in the encoding in which they are a text."""
    raw = text.encode("latin-1")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text


def _texts(values: np.ndarray) -> np.ndarray:
    known: dict[Any, str | None] = {
        v: (_decoded(v.rstrip(" ")) or None) if isinstance(v, str) else None for v in set(values)
    }
    return np.array([known[v] for v in values], dtype=object)


def _numbers(values: np.ndarray) -> np.ndarray:
    """Numbers as they are written in a code list: 1 and not 1.0; what is no number is missing."""
    known = {
        v: None if not isinstance(v, int | float) or v != v else int(v) if v == int(v) else v
        for v in set(values)
    }
    return np.array([known[v] if v == v else None for v in values], dtype=object)


def _dataset_json(path: Path) -> Table:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        names = [str(c["name"]) for c in told["columns"]]
        rows = [r for r in told["rows"] if len(r) == len(names)]
        columns = {}
        for i, c in enumerate(told["columns"]):
            text = c["dataType"] in _TEXT_TYPES
            values = np.array(
                [None if r[i] in (None, "") else str(r[i]) if text else r[i] for r in rows], dtype=object
            )
            columns[names[i]] = Column(
                str(c.get("label") or ""), text, None, values if text else _numbers(values), ""
            )
        if len(rows) != len(told["rows"]):
            raise UnreadableError("a row of Dataset-JSON has another number of cells than there are columns")
        return Table(str(told["name"]), str(told.get("label") or ""), columns, len(rows))
    except (
        OSError,
        UnicodeDecodeError,
        json.JSONDecodeError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
    ) as e:
        raise UnreadableError(f"no Dataset-JSON that can be read ({type(e).__name__})") from None
