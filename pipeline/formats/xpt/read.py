"""A whole transport file of version 5 or 8 as anybody wrote it, read by pyreadstat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.formats import UnreadableError
from pipeline.formats.xpt import layout, whole
from pipeline.formats.xpt.layout import Column


@dataclass(frozen=True)
class Contents:
    """What a transport file holds; labels and texts are its bytes read as Latin-1, which has each byte."""

    name: str
    label: str
    columns: Mapping[str, Column]
    values: Mapping[str, Sequence[object]]
    rows: int


def read(path: Path) -> Contents:
    """The one dataset of a transport file, without the blanks that fill its last record.

    Raises    UnreadableError for what is no whole transport file; the text names no value.
    """
    import pyreadstat  # whoever reads no transport file need not wait for it

    rows = whole.rows(path)
    try:
        values, meta = pyreadstat.read_xport(
            path, encoding="ISO-8859-1", disable_datetime_conversion=True, output_format="dict"
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError) as error:
        kind = type(error).__name__
        raise UnreadableError(f"cannot be read as a SAS transport file ({kind}); export it again") from None
    columns = {
        name: Column(
            name,
            meta.column_names_to_labels[name] or "",
            meta.variable_storage_width[name],
            meta.readstat_variable_types[name] == "string",
            meta.original_variable_types[name] or "",
        )
        for name in meta.column_names
    }
    rows_read = max((len(v) for v in values.values()), default=0)
    announced = _announced(path) if rows is None else None
    if announced and announced != rows_read:
        raise UnreadableError(f"holds {rows_read} of the {announced} rows that it announces; it is cut short")
    rows = rows_read if rows is None else min(rows, rows_read)
    values = {name: column[:rows] for name, column in values.items()}
    return Contents(meta.table_name or "", meta.file_label or "", columns, values, rows)


def _announced(path: Path) -> int | None:
    """How many rows the header of version 8 announces; 0 where its writer did not say."""
    with path.open("rb") as file:
        return layout.announced_rows(file.read())
