"""specs/sdtm and specs/adam: what each dataset must be."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.study.frozen import Frozen, Text, Words

LONGEST_TEXT = 200  # bytes of a text in XPT version 5


class Variable(Frozen):
    label: Text
    type: Literal["text", "integer", "float", "iso", "date", "datetime", "time"]
    max_length: int | None = Field(default=None, ge=1, le=LONGEST_TEXT)
    codelist: Text | None = None
    dictionary: Text | None = None
    core: Literal["Req", "Exp", "Perm", "Cond"] = "Perm"
    role: Text | None = None
    required: bool = False  # may not be missing in any record (Req variables never may)
    long: bool = False  # may exceed 200 bytes: goes on in SUPP--
    supp: bool = False  # not in the standard: published in SUPP--
    evaluator: Text | None = None  # QEVAL of a supplemental qualifier
    format: Text | None = None
    # the variables in which a text over 200 bytes goes on, where the standard wants columns and not SUPP--
    continued: tuple[Text, ...] = ()
    by: tuple[Text, ...] = ()  # value level: described separately for each value of these variables
    comment: Words | None = None
    nonstandard: Words | None = None  # why it is otherwise than the standard has it, or not in the standard

    @property
    def is_text(self) -> bool:
        return self.type in ("text", "iso")

    @property
    def dtype(self) -> Literal["str", "float64", "datetime64[s]"]:
        if self.is_text:
            return "str"
        return "float64" if self.type in ("integer", "float", "time") else "datetime64[s]"


class Dataset(Frozen):
    """What one dataset must be."""

    dataset: Text
    label: Text
    class_: Text = Field(alias="class")
    subclass: Text | None = None
    structure: Text
    keys: tuple[Text, ...]
    comment: Words | None = None
    nonstandard: bool = False  # a dataset of the study's own, which the guide does not have
    not_collected: dict[Text, Words] = {}  # Expected variables that the dataset does not have, and why
    variables: dict[str, Variable]
    layer: Literal["sdtm", "adam"] = "sdtm"  # set by the loader: the folder

    @property
    def published(self) -> dict[str, Variable]:
        """The variables of the dataset itself; supplemental ones are published in SUPP--."""
        return {name: variable for name, variable in self.variables.items() if not variable.supp}
