"""Records as compact columns, in files that a page loads by script tags: a page opened from a disk may not
fetch.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

ROWS = 4_000  # records of one file: a page of records is there at once, and a million have 250 files

_LEVEL = 5  # of compression; the ninth makes files a tenth smaller in three times the time

Scalar = str | int | float | None


@dataclass(frozen=True)
class Coded:
    """A column: its distinct values and, for each record, the place of its value, -1 where it is missing."""

    values: Sequence[Scalar]
    codes: NDArray[np.signedinteger[Any]]

    def counts(self) -> NDArray[np.int64]:
        """How many records have each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))


def _narrow(codes: NDArray[np.signedinteger[Any]], distinct: int) -> NDArray[np.signedinteger[Any]]:
    """Codes in as few bytes as they need: a million records of 100 variables have 0.2 GB and not 0.8."""
    return codes.astype(np.min_scalar_type(-max(distinct, 1)))


def of_texts(texts: Sequence[str], codes: NDArray[np.signedinteger[Any]]) -> Coded:
    """A column of texts from its distinct texts and the code of each record; "" is missing."""
    missing = [place for place, text in enumerate(texts) if text == ""]
    if missing:
        codes = np.where(np.isin(codes, missing), -1, codes)
    return Coded(texts, _narrow(codes, len(texts)))


def of_numbers(numbers: NDArray[np.float64]) -> Coded:
    """A column of numbers; NaN is missing. A whole number is shown without a fraction."""
    codes, distinct = pd.factorize(numbers)
    return Coded([int(n) if n.is_integer() else n for n in distinct.tolist()], _narrow(codes, len(distinct)))


def of_arrow(column: pa.ChunkedArray) -> Coded:
    """A column of texts or whole numbers of an Arrow table."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    codes = pc.fill_null(encoded.indices, -1).to_numpy()
    values = encoded.dictionary.to_pylist()
    return of_texts(values, codes) if "" in values else Coded(values, _narrow(codes, len(values)))


def starts(rows: int) -> range:
    """The first records of the files of a dataset; one without records has none."""
    return range(0, rows, ROWS)


def part(columns: Mapping[str, Coded], start: int) -> dict[str, list[Any]]:
    """The columns of one file: of each its values in this file, and the codes of its records.

    A column of one value has the code of that value in the place of its codes.

    Takes     whole columns; the first record of the file.
    """
    return {name: [*_of_part(column, start)] for name, column in columns.items()}


def _of_part(column: Coded, start: int) -> Iterator[Any]:
    present, codes = np.unique(column.codes[start : start + ROWS], return_inverse=True)
    has_missing = bool(len(present)) and present[0] < 0
    yield [column.values[place] for place in present[int(has_missing) :]]
    local = codes - int(has_missing)
    yield int(local[0]) if len(present) == 1 else local.tolist()


def write(path: Path, call: str, name: str, content: Any) -> None:
    """Writes a script that hands its content to `site.CALL(NAME, content)`, compressed.

    The compression is that of Arrow, whose bytes do not depend on the machine.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    packed = base64.b64encode(
        pa.Codec("gzip", compression_level=_LEVEL).compress(text.encode(), asbytes=True)
    ).decode("ascii")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'site.{call}("{name}","{packed}");\n', encoding="ascii", newline="\n")
