"""A form as one Parquet file: texts as they stand, numbers and dates as the text that the form would have
shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.sources import collected, columns
from pipeline.study.models import Form, RawField

if TYPE_CHECKING:
    import pyarrow as pa


def read(path: Path, form: Form) -> pd.DataFrame:
    """Every record as text, columns in contract order.

    Raises    DropError for a file that is not whole or not Parquet, a wrong column, and a value that has no
              text.
    """
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    try:
        with path.open("rb") as stream:
            table = pq.read_table(stream, page_checksum_verification=True)
        table.validate(full=True)  # else a text that is no UTF-8 would be met later
        names = table.column_names
    except OSError as e:
        if e.errno is not None:
            raise DropError(
                f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened"
            ) from None
        raise DropError(_damaged(path)) from None
    except (ArrowException, ValueError):
        raise DropError(_damaged(path)) from None
    fields = columns.fields(path.name, names, form)
    texts = {f: _text(table.column(i), form.fields[f], (path.name, names[i])) for i, f in enumerate(fields)}
    return pd.DataFrame({f: texts[f] for f in form.fields}, copy=False)


def _damaged(path: Path) -> str:
    return (
        f"{path.name}: not a whole Parquet file without encryption; it is cut short, damaged or of another"
        " kind: export it again"
    )


def _text(column: pa.ChunkedArray, field: RawField, where: tuple[str, str]) -> pd.Series:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    file, name = where
    if (
        pa.types.is_nested(column.type)
        or pa.types.is_binary(column.type)
        or pa.types.is_duration(column.type)
    ):
        raise DropError(
            f"{file}: column {name} is of type {column.type}, which is no single text, number or date; export"
            " it as text"
        )
    if pa.types.is_time64(column.type) or (pa.types.is_timestamp(column.type) and column.type.unit == "ns"):
        column = _microseconds(column, where)
    whole = column.dictionary_encode().unify_dictionaries() if column.num_chunks else column
    if not len(whole):
        return pd.Series([], dtype=collected.TEXT)
    codes = np.concatenate([c.indices.fill_null(-1).to_numpy() for c in whole.chunks])
    distinct = whole.chunk(0).dictionary
    values = (
        [np.float32(v) for v in distinct.to_pylist()]
        if pa.types.is_float32(distinct.type)
        else distinct.to_pylist()
    )
    return collected.spread(codes, values, field, where)


def _microseconds(column: pa.ChunkedArray, where: tuple[str, str]) -> pa.ChunkedArray:
    """Python counts no finer than microseconds; what would be lost is refused."""
    import pyarrow as pa

    finer = pa.time64("us") if pa.types.is_time(column.type) else pa.timestamp("us", column.type.tz)
    try:
        return column.cast(finer)
    except pa.ArrowInvalid:
        raise DropError(
            f"{where[0]}: column {where[1]} counts nanoseconds, which no form collects; export it as text"
        ) from None
