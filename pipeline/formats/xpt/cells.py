"""The cells of a transport file, and its texts: what they become, and which version 5 cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import PipelineError

BLANK = ord(" ")
_DELETE = 0x7F
_NOT_ON_A_LINE = ("Cc", "Zl", "Zp")  # of Unicode: control characters, and ends of lines and paragraphs
_ENDS_BLANK = "the text ends with a blank, which the file cannot keep; strip it where it is read"
_CONTROL = "the text holds a control character (a tab, a line end); replace it where it is read"
_NOT_ASCII = "the text holds a character outside ASCII; translate it"


@dataclass(frozen=True)
class Cells:
    """Some rows of some variables, the values of each behind those of the one before, so that a refusal can
    say where a value stands.
    """

    dataset: str
    names: Sequence[str]
    values: Any
    rows: int
    first_row: int

    def refuse(self, wrong: NDArray[np.bool_], why: str) -> None:
        """Refuse the first value marked as wrong, by dataset, variable and row; the value itself stays out of
        the message.
        """
        if wrong.any():
            variable, row = divmod(int(wrong.argmax()), self.rows)
            raise PipelineError(f"{self.dataset}.{self.names[variable]}, row {self.first_row + row}: {why}")

    def of_each_variable(self) -> Iterator[Cells]:
        """The same cells, one variable at a time."""
        for number, name in enumerate(self.names):
            values = self.values[number * self.rows : (number + 1) * self.rows]
            yield replace(self, names=[name], values=values)


def joined_texts(columns: Iterable[pa.ChunkedArray]) -> Any:
    """The texts of some variables as one Arrow array, in which a missing value is empty: the file cannot tell
    the two apart.

    One array, because each check then is one call for all variables of a block and not one for each.
    """
    no_text = pa.array([], pa.large_string())
    texts = pa.concat_arrays([no_text, *(chunk for column in columns for chunk in column.chunks)])
    return pc.fill_null(texts, "") if texts.null_count else texts


def text_fields(cells: Cells, widths: Sequence[int]) -> Iterator[NDArray[np.bytes_]]:
    """Text as fields of the width in bytes that its variable has, padded with blanks; the fields of one
    variable at a time.

    Raises    PipelineError for text that is too long, not printable ASCII, or ends with a blank, which a
              reader takes for padding.
    Source    FDA Study Data Technical Conformance Guide, dataset column length and special characters; SAS
              TS-140.
    """
    if not widths:
        return
    too_long = _as_mask(pc.binary_length(cells.values)) > np.repeat(widths, cells.rows)
    width_of_first = widths[int(too_long.argmax()) // cells.rows]
    cells.refuse(
        too_long,
        f"the text is longer than its {width_of_first} bytes; widen the variable, at most to 200, or continue"
        " the text in SUPP--",
    )
    cells.refuse(_as_mask(pc.ends_with(cells.values, " ")), _ENDS_BLANK)
    _refuse_unprintable(cells)
    for variable, width in zip(cells.of_each_variable(), widths, strict=True):
        # Padded to one width, the letters that Arrow keeps one behind the other are the fields already.
        _, _, letters = pc.ascii_rpad(variable.values, width).buffers()
        yield np.frombuffer(letters, f"S{width}", cells.rows)


def encoded_fields(cells: Cells, widths: Sequence[int], encoding: str) -> Iterator[NDArray[np.bytes_]]:
    """Text in UTF-8 or GB18030 as fields of the width in bytes that its variable has, padded with blanks: no
    character is cut.

    Raises    PipelineError for text that is too long in bytes, holds a control character or a line end, or
              ends with a blank.
    Source    CDE notice 2020 No. 16, data submission (the encoding is the sponsor's choice, and stated); SAS
              TS-140.
    """
    for variable, width in zip(cells.of_each_variable(), widths, strict=True):
        # Each distinct text is encoded and checked once.
        distinct = variable.values.dictionary_encode()
        place_of_text = distinct.indices.to_numpy(zero_copy_only=False)
        texts = [str(text) for text in distinct.dictionary.to_pylist()]
        fields = [text.encode(encoding) for text in texts]

        def refuse(wrong: list[bool], why: str, variable: Cells = variable, at: Any = place_of_text) -> None:
            variable.refuse(np.array(wrong, np.bool_)[at], why)

        too_long = f"the text is longer than its {width} bytes in {encoding}; shorten it where it is read"
        refuse([len(field) > width for field in fields], too_long)
        refuse([text.endswith(" ") for text in texts], _ENDS_BLANK)
        refuse([any(category(letter) in _NOT_ON_A_LINE for letter in text) for text in texts], _CONTROL)
        yield np.array([field.ljust(width) for field in fields], f"S{width}")[place_of_text]


def _as_mask(answers: Any) -> NDArray[Any]:
    mask: NDArray[Any] = answers.to_numpy(zero_copy_only=False)
    return mask


def _refuse_unprintable(cells: Cells) -> None:
    _, ends, letters = cells.values.buffers()
    offset = cells.values.offset
    first, last = np.frombuffer(ends, np.int64)[[offset, offset + len(cells.values)]]
    used_letters = np.frombuffer(letters, np.uint8)[first:last]
    # Nearly every block is clean, and two passes over its bytes say so.
    if used_letters.min(initial=BLANK) >= BLANK and used_letters.max(initial=BLANK) < _DELETE:
        return
    cells.refuse(_as_mask(pc.match_substring_regex(cells.values, "[[:cntrl:]]")), _CONTROL)
    cells.refuse(_as_mask(pc.invert(pc.string_is_ascii(cells.values))), _NOT_ASCII)
