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


class Analysis(Frozen):
    """One result of a display: an arm:AnalysisResult."""

    id: Text
    title: Words
    dataset: Text
    where: dict[Text, Text]
    arms: Arms
    response: Response | None = None
    survival: Survival | None = None
    reason: Literal[
        "SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY"
    ]
    purpose: Literal["PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE"]
    documentation: Words
    assumption: Text | None = None  # id of an assumption of specs/study.yaml that the analysis rests on

    @model_validator(mode="after")
    def response_or_survival(self) -> Analysis:
        if (self.response is None) == (self.survival is None):
            raise ValueError("an analysis is either of a response or of a survival")
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that the results are worked out from, without those of `where`."""
        of_response = [self.response.variable] if self.response else []
        of_survival = [self.survival.time, self.survival.censored] if self.survival else []
        return tuple(dict.fromkeys((*of_response, *of_survival, self.arms.variable)))


class Display(Frozen):
    """A table of the report: an arm:ResultDisplay."""

    id: Text
    title: Words
    results: tuple[Analysis, ...] = Field(min_length=1)


class Analyses(Frozen):
    displays: tuple[Display, ...] = Field(min_length=1)
