"""specs/sdtm and specs/adam: what each dataset must be."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.study.frozen import Flag, Frozen, Label, Name, Text, Whole, Words

LONGEST_TEXT = 200  # bytes of a text in XPT version 5

# Define-XML 2.1, its schema: ItemGroupClass and ItemGroupSubClass.
Class = Literal[
    "ADAM OTHER",
    "BASIC DATA STRUCTURE",
    "DEVICE LEVEL ANALYSIS DATASET",
    "EVENTS",
    "FINDINGS",
    "FINDINGS ABOUT",
    "INTERVENTIONS",
    "MEDICAL DEVICE BASIC DATA STRUCTURE",
    "MEDICAL DEVICE OCCURRENCE DATA STRUCTURE",
    "OCCURRENCE DATA STRUCTURE",
    "REFERENCE DATA STRUCTURE",
    "RELATIONSHIP",
    "SPECIAL PURPOSE",
    "STUDY REFERENCE",
    "SUBJECT LEVEL ANALYSIS DATASET",
    "TRIAL DESIGN",
]
SubClass = Literal[
    "ADVERSE EVENT",
    "MEDICAL DEVICE TIME-TO-EVENT",
    "NON-COMPARTMENTAL ANALYSIS",
    "POPULATION PHARMACOKINETIC ANALYSIS",
    "TIME-TO-EVENT",
]
_FORMAT = re.compile(r"(DATE|TIME|DATETIME|YYMMDD|HHMM|E8601D[AT]|E8601TM|BEST|F|)\d*\.\d*", re.ASCII)


def _format(value: str) -> str:
    if not _FORMAT.fullmatch(value):
        raise ValueError("expected a SAS format of dates, times or numbers, with its dot, for example DATE9.")
    return value


class Variable(Frozen):
    label: Label
    type: Literal["text", "integer", "float", "iso", "date", "datetime", "time"]
    max_length: Whole | None = Field(default=None, ge=1, le=LONGEST_TEXT)
    codelist: Text | None = None
    dictionary: Text | None = None
    core: Literal["Req", "Exp", "Perm", "Cond"] = "Perm"
    role: Text | None = None
    required: Flag = False  # may not be missing in any record (Req variables never may)
    long: Flag = False  # may exceed 200 bytes: goes on in SUPP--
    supp: Flag = False  # not in the standard: published in SUPP--
    evaluator: Text | None = None  # QEVAL of a supplemental qualifier
    format: Annotated[Text, AfterValidator(_format)] | None = None
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

    dataset: Name
    label: Label
    class_: Class = Field(alias="class")
    subclass: SubClass | None = None
    structure: Text
    keys: tuple[Text, ...]
    comment: Words | None = None
    nonstandard: Flag = False  # a dataset of the study's own, which the guide does not have
    not_collected: dict[Text, Words] = {}  # Expected variables that the dataset does not have, and why
    variables: dict[Name, Variable]
    layer: Literal["sdtm", "adam"] = "sdtm"  # set by the loader: the folder

    @property
    def published(self) -> dict[str, Variable]:
        """The variables of the dataset itself; supplemental ones are published in SUPP--."""
        return {name: variable for name, variable in self.variables.items() if not variable.supp}
