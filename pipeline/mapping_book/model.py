"""The parts of the mapping book: a dataset with its variables, each with its rules in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A field or variable that a rule reads."""

    name: str
    form: str = ""  # title of the form, with its name
    question: str = ""
    parameter: str = ""  # of the function; "" where the rule reads one field


@dataclass(frozen=True)
class Recoding:
    """A collected text that became a value, and in how many records."""

    collected: str
    value: str
    records: int
    how: str = ""  # of a text that no code list recoded: translated, folded
    places: tuple[str, ...] = ()  # the lines of the study's files that say so


@dataclass(frozen=True)
class Reading:
    """In how many records the text of a field is read otherwise than it stands."""

    field: str
    how: str
    records: int


@dataclass(frozen=True)
class Parameter:
    """A part of specs/ that a function takes, with its value and reason where it has them."""

    name: str
    value: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Entry:
    """One rule: of a variable or, where `variable` is empty, of a dataset's records."""

    variable: str
    blocks: tuple[int, ...]  # none: all records at once
    verb: str
    verb_in_words: str
    what: str  # constant, function or codelist
    sources: tuple[str, ...]  # the forms or datasets of the blocks
    where: tuple[str, ...]  # conditions of the blocks
    fields: tuple[Field, ...]
    recodings: tuple[Recoding, ...]
    respelled: tuple[Recoding, ...]  # labels that the contract read in another spelling
    readings: tuple[Reading, ...]  # texts of its fields that are read otherwise than they stand
    function: str  # its name in `functions`
    text: str  # its docstring
    parameters: tuple[Parameter, ...]
    comment: str
    place: str


@dataclass(frozen=True)
class Target:
    """A variable with its rules."""

    name: str
    label: str
    type: str
    core: str
    codelist: str
    published: str  # SUPP-- where it is supplemental
    origin: str
    comment: str
    filled: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Sheet:
    """A dataset with the sources of its records and its variables."""

    name: str
    label: str
    layer: str
    structure: str
    records: int
    comment: str
    rows: tuple[Entry, ...]
    targets: tuple[Target, ...]

    def entries(self) -> Iterator[Entry]:
        """The rules of the records, then those of the variables."""
        yield from self.rows
        for target in self.targets:
            yield from target.entries
