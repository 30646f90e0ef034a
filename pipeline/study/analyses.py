"""specs/analyses.yaml: the analyses of a study's endpoints, as define.xml describes them and as they are
worked out.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.study.frozen import Frozen, Text, Words


class Arms(Frozen):
    """The variable that holds the arms, and the arm with which the others are compared."""

    variable: Text
    control: Text


class Response(Frozen):
    """A rate: participants whose variable has this value, of all that the analysis selects."""

    variable: Text
    is_: Text = Field(alias="is")


class Survival(Frozen):
    """Time to event: the time and its unit, and the variable that is 0 where the event happened."""

    time: Text
    unit: Text
    censored: Text


class Agreement(Frozen):
    """The answers of two parameters, of one evaluator and of another, participant by participant."""

    variable: Text  # the answer
    by: Text = "PARAMCD"  # the variable that tells the two apart
    first: Text
    second: Text


class Analysis(Frozen):
    """One result of a display: an arm:AnalysisResult."""

    id: Text
    title: Words
    dataset: Text
    where: dict[Text, Text]
    arms: Arms
    response: Response | None = None
    survival: Survival | None = None
    agreement: Agreement | None = None
    reason: Literal[
        "SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY"
    ]
    purpose: Literal["PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE"]
    documentation: Words
    assumption: Text | None = None  # id of an assumption of specs/study.yaml that the analysis rests on

    @model_validator(mode="after")
    def one_kind(self) -> Analysis:
        kinds = (self.response, self.survival, self.agreement)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("an analysis is of a response, of a survival or of an agreement, one of them")
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that the results are worked out from, without those of `where`."""
        of_response = [self.response.variable] if self.response else []
        of_survival = [self.survival.time, self.survival.censored] if self.survival else []
        of_agreement = [self.agreement.by, self.agreement.variable] if self.agreement else []
        return tuple(dict.fromkeys((*of_response, *of_survival, *of_agreement, self.arms.variable)))


class Display(Frozen):
    """A table of the report: an arm:ResultDisplay."""

    id: Text
    title: Words
    results: tuple[Analysis, ...] = Field(min_length=1)


class Analyses(Frozen):
    displays: tuple[Display, ...] = Field(min_length=1)
