"""A whole SAS dataset (.sas7bdat): its numbers as they are stored, its texts as the bytes that they are.

The layout of these files is no public one: pyreadstat reads them, and what lies behind its plain
`Invalid file` is told apart by what the head says.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.formats import UnreadableError
from pipeline.formats.sas import encodings
from pipeline.formats.sas.encodings import Encoding

_MAGIC = bytes(12) + bytes.fromhex("c2ea81")
_DATASET, _CATALOG = 0x60, 0x63  # the next byte of the file says which
_HEAD = 400  # bytes, more than are looked at
_AGAIN = "than it announces; it is damaged: export it again"
_REASONS = {  # by the library's words
    "File has unsupported compression scheme": (
        "is compressed in a way that is not read; export it with COMPRESS=NO"
    ),
    "Unable to allocate memory": "holds no variable, or is damaged; export it again",
    "File did not contain the expected number of rows": f"holds another number of records {_AGAIN}",
    "File did not contain the expected number of columns": f"holds another number of variables {_AGAIN}",
}
# What the library itself runs into on a damaged file: a name that is none, a size beyond all memory.
_OF_THE_LIBRARY = (TypeError, LookupError, ValueError, OverflowError, MemoryError)
_NOT_READ = (
    "has the size that it announces and cannot be read; it is encrypted, or damaged: export it again without"
    " encryption, or as a transport file"
)


@dataclass(frozen=True)
class Variable:
    """One variable: its name and label as bytes read as Latin-1, its format as DATE9, whether it is a text,
    and the bytes that a value takes.
    """

    name: str
    format: str
    text: bool
    label: str
    width: int


@dataclass(frozen=True)
class Contents:
    """What a dataset holds. Names and texts are its bytes read as Latin-1, which has each byte; a missing
    number is NaN.
    """

    encoding: Encoding | None  # none: the file does not say it
    label: str  # of the dataset
    columns: Sequence[Variable]
    values: Sequence[Sequence[object]]  # by variable


def read(path: Path) -> Contents:
    """The variables and values of a SAS dataset.

    Raises    UnreadableError for what is no whole dataset or cannot be read; the text names no value.
    """
    import pyreadstat  # whoever reads no SAS file need not wait for it

    encoding = _encoding_of_a_whole_dataset(path)
    try:
        values, meta = pyreadstat.read_sas7bdat(
            path, encoding="ISO-8859-1", disable_datetime_conversion=True, output_format="dict"
        )
    except pyreadstat.ReadstatError as error:
        raise UnreadableError(_REASONS.get(str(error), _NOT_READ)) from None
    except (pyreadstat.PyreadstatError, *_OF_THE_LIBRARY):
        raise UnreadableError(_NOT_READ) from None
    if not values or None in values:
        raise UnreadableError(_NOT_READ)
    if len(values) < len(meta.column_names):
        raise UnreadableError("holds two variables of one name; it is damaged: export it again")
    columns = [
        Variable(
            name,
            meta.original_variable_types[name] or "",
            meta.readstat_variable_types[name] == "string",
            meta.column_names_to_labels[name] or "",
            meta.variable_storage_width[name],
        )
        for name in meta.column_names
    ]
    return Contents(encoding, meta.file_label or "", columns, list(values.values()))


def _encoding_of_a_whole_dataset(path: Path) -> Encoding | None:
    """The encoding that the head states, of a file that is as long as its head says."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        size = path.stat().st_size
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise UnreadableError(why) from None
    if len(head) < _HEAD or not head.startswith(_MAGIC) or head[len(_MAGIC)] not in (_DATASET, _CATALOG):
        raise UnreadableError("no SAS dataset; it is empty or of another kind: export it again")
    if head[len(_MAGIC)] == _CATALOG:
        raise UnreadableError("a catalog of formats and no dataset; export the dataset itself")
    announced = _announced_size(head)
    if size < announced:
        raise UnreadableError(
            f"holds {size} of the {announced} bytes that it announces; it is cut short or damaged: export it"
            " again"
        )
    code = head[70]
    if not encodings.is_stated(code):
        return None
    if code not in encodings.BY_CODE:
        raise UnreadableError(
            f"its texts are in an encoding that is not read (number {code} of SAS); export it in UTF-8"
        )
    return encodings.BY_CODE[code]


def _announced_size(head: bytes) -> int:
    """The bytes of the head and of all pages; the head says it in one of four layouts."""
    of_64_bits, shifted = head[32] == ord("3"), head[35] == ord("3")
    order = "<" if head[37] else ">"
    start = 196 + 4 * shifted
    head_size, page_size, pages = struct.unpack_from(f"{order}II{'Q' if of_64_bits else 'I'}", head, start)
    return int(head_size) + int(page_size) * int(pages)
