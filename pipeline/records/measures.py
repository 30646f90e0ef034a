"""What a number or a name that a study chooses may be: the types with which functions ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True)
class TermOf:
    """A text that is a term of the code list of a variable."""

    dataset: str
    variable: str


@dataclass(frozen=True)
class NamedVisit:
    """A text that is the name of a visit of the study."""


@dataclass(frozen=True)
class CodeOfArm:
    """A text that is the code of an arm of the study."""


@dataclass(frozen=True)
class ColumnsOf:
    """Names, or the keys of conditions, that are columns of the records that another parameter takes."""

    parameter: str


Yes = Annotated[bool, Field(strict=True)]  # true or false, and no text
Days = Annotated[int, Field(ge=0)]
DaysOfMonth = Annotated[float, Field(ge=28, le=31)]
Assessments = Annotated[int, Field(ge=0)]
Points = Annotated[float, Field(gt=0)]
Period = Annotated[int, Field(ge=1)]
Lesions = Annotated[int, Field(ge=1)]
Millimetres = Annotated[float, Field(ge=0)]
ShareOfBaseline = Annotated[float, Field(gt=0, lt=1)]
PlannedDoses = dict[str, list[Annotated[float, Field(ge=0)]]]  # by product, in order
PlannedFrequency = dict[str, Literal["QD", "BID", "TID", "QID"]]  # by product
ShareOfDose = Annotated[float, Field(gt=0, le=1)]
ShareOfLimit = Annotated[float, Field(ge=0, le=1)]
TimesTheNadir = Annotated[float, Field(gt=1)]
VisitName = Annotated[str, NamedVisit()]
ArmCode = Annotated[str, CodeOfArm()]
TreatmentsOfArms = dict[ArmCode, list[str]]
Disposition = Annotated[str, TermOf("DS", "DSDECOD")]
DeathCategory = Annotated[str, TermOf("DD", "DDRESCAT")]
# a column of `records` -> a condition, as of pipeline/records/conditions.py
Wanted = str | list[str]
Names = Annotated[tuple[str, ...], ColumnsOf("records")]
Conditions = Annotated[dict[str, Wanted | dict[Literal["not"], Wanted]], ColumnsOf("records")]
