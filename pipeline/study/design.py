"""The design of a trial in specs/study.yaml: elements, arms, criteria and the parameters of the trial
summary.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pipeline.study.frozen import Flag, Frozen, Text, Words


class Element(Frozen):
    """A building block of the trial, with the rules by which a participant enters and leaves it."""

    code: Text
    name: Text
    start: Words
    end: Words | None = None
    duration: Text | None = None  # ISO 8601

    @model_validator(mode="after")
    def has_an_end(self) -> Element:
        if not (self.end or self.duration):
            raise ValueError("an element needs the rule of its end or its duration")
        return self


class Step(Frozen):
    """An element at its place in an arm."""

    epoch: Text
    element: Text
    # what was found of the participant, or drawn, at the end of the element, to stay in this arm
    branch: Words | None = None
    transition: Words | None = None  # to an element other than the next


class Arm(Frozen):
    code: Text
    name: Text
    treatments: tuple[Text, ...] = ()  # the products that are planned in the arm
    elements: tuple[Step, ...] = ()


class Criterion(Frozen):
    """A criterion of inclusion or exclusion."""

    code: Text
    category: Literal["INCLUSION", "EXCLUSION"]
    text: Words
    version: Text


class ImportantDeviation(Frozen):
    """Deviations of the site's log that are important: those of a category and, where it names some, of
    classes.
    """

    category: Text
    classes: tuple[Text, ...] = ()  # none: of any class
    excludes: Flag = False  # whether they keep their participant out of the per-protocol set


# By parameter of the trial summary: the terminology outside CDISC's that has its values (SDTMIG 3.4, TS; FDA
# Study Data Technical Conformance Guide, appendix B).
TERMINOLOGIES = {
    "TRT": "UNII",
    "COMPTRT": "UNII",
    "CURTRT": "UNII",
    "INDIC": "SNOMED",
    "TDIGRP": "SNOMED",
    "PCLAS": "MED-RT",
    "SPONSOR": "D-U-N-S NUMBER",
}


class Fact(Frozen):
    """One record of the trial summary: a value, or why there is none, and its source.

    `data` names what the data know better than the plan: the value is then that of the data, and a warning
    says where it differs from `value`.
    """

    parameter: Text
    value: Text | None = None
    null: Literal["NA", "UNK", "PINF"] | None = None
    codelist: Text | None = None  # of specs/codelists.yaml: gives the code of the value
    reference: Text | None = None  # what the value is written in, where that is no codelist
    code: Text | None = None  # of the value in `reference`
    version: Text | None = None  # of `reference`, where it has versions
    uncoded: Words | None = None  # why a value that a terminology has codes for is published without one
    group: Text | None = None
    data: Literal["first consent", "participants randomized"] | None = None
    source: Words | None = None
    assumption: Text | None = None  # id of an assumption

    @model_validator(mode="after")
    def value_and_source(self) -> Fact:
        if (self.value is None) == (self.null is None):
            raise ValueError("a parameter has either a value or a null flavour that says why it has none")
        if self.uncoded is not None and self.code is not None:
            raise ValueError("a value has either a code or a reason why it has none")
        if (self.source is None) == (self.assumption is None):
            raise ValueError("a parameter says either its source or the assumption it rests on")
        return self
