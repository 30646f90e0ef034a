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

    damaged = (
        f"{path.name}: not a whole Parquet file without encryption; it is cut short, damaged or of another"
        " kind: export it again"
    )
    try:
        with path.open("rb") as stream:
            table = pq.read_table(stream, page_checksum_verification=True)
        table.validate(full=True)  # else a text that is no UTF-8 would be met later
    except OSError as error:
        if error.errno is None:  # Arrow's own, of what is in the file
            raise DropError(damaged) from None
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None
    except (ArrowException, ValueError):
        raise DropError(damaged) from None
    names = table.column_names
    fields = columns.fields(path.name, names, form)
    texts = {}
    for place, (name, field) in enumerate(zip(names, fields, strict=True)):
        texts[field] = _texts(table.column(place), form.fields[field], (path.name, name))
    return pd.DataFrame({field: texts[field] for field in form.fields}, copy=False)


def _texts(column: pa.ChunkedArray, field: RawField, where: tuple[str, str]) -> pd.Series:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    type_ = column.type
    if pa.types.is_nested(type_) or pa.types.is_binary(type_) or pa.types.is_duration(type_):
        file, name = where
        raise DropError(
            f"{file}: column {name} is of type {type_}, which is no single text, number or date; export it as"
            " text"
        )
    if pa.types.is_time64(type_) or (pa.types.is_timestamp(type_) and type_.unit == "ns"):
        column = _in_microseconds(column, where)
    if not len(column):
        return pd.Series([], dtype=collected.TEXT)
    # Each distinct value is made a text once.
    encoded = column.dictionary_encode().unify_dictionaries()
    codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in encoded.chunks])
    distinct = encoded.chunk(0).dictionary
    values: list[object] = distinct.to_pylist()
    if pa.types.is_float32(distinct.type):  # has fewer digits of its own than the double it becomes
        values = [np.float32(value) for value in distinct.to_pylist()]
    return collected.text_column(codes, values, field, where)


def _in_microseconds(column: pa.ChunkedArray, where: tuple[str, str]) -> pa.ChunkedArray:
    """Python counts no finer than microseconds; what would be lost is refused."""
    import pyarrow as pa

    type_ = column.type
    microseconds = pa.time64("us") if pa.types.is_time(type_) else pa.timestamp("us", type_.tz)
    try:
        return column.cast(microseconds)
    except pa.ArrowInvalid:
        file, name = where
        raise DropError(
            f"{file}: column {name} counts nanoseconds, which no form collects; export it as text"
        ) from None
