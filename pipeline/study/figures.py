"""The figures of specs/displays.yaml: which records each is drawn from, and the words on its axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.study.frozen import Chosen, Frozen, Name, Number, Text, Words

# a variable that a figure names: its place in the figure, its dataset, its name
Named = tuple[tuple[str | int, ...], str, str]
Sides = tuple[Words, Words]  # what is left of no effect, and what is right of it
ADSL = "ADSL"


class Records(Frozen):
    """The records of a dataset that meet a condition."""

    dataset: Name
    where: Chosen = {}

    def named(self) -> Iterator[Named]:
        """The variables of the dataset that are asked for."""
        for key in ("value", "time", "censored", "day", "date", "term", "limit", "baseline"):
            name = getattr(self, key, None)
            if name is not None:
                yield (key,), self.dataset, name


class Times(Records):
    """Times to an event: 0 in `censored` is an event, anything else a reason of censoring."""

    time: Name
    censored: Name


class Values(Records):
    value: Name


class Measured(Values):
    """Values, each on a day that is counted from the start of the axis."""

    day: Name


class Dated(Records):
    """Records with a date; ISO 8601 text in SDTM."""

    date: Name


class Seen(Dated):
    value: Name


class Answers(Values):
    """A participant whose value is this one responded."""

    is_: Text = Field(alias="is")


class KaplanMeier(Times):
    """Curves of the arms; the times are months."""

    axis: Words
    share: Words


class Waterfall(Frozen):
    """A bar for each participant's best change, with the best response."""

    changes: Values
    responses: Values
    axis: Words


class Spider(Frozen):
    """A line for each participant's changes, with progression."""

    changes: Measured
    progression: Dated | None = None
    start: Name  # the variable of ADSL from which dates are counted
    time: Words
    axis: Words


class Part(Frozen):
    """Participants of ADSL that meet a condition, and what they are called."""

    label: Words
    where: Chosen = {}


class Swimmer(Frozen):
    """A lane for each participant; all variables without a dataset are dates of ADSL."""

    label: Name = "SUBJID"
    start: Name
    end: Name
    treated: tuple[Name, Name]
    death: Name
    ongoing: Part  # who is still followed, and what the arrow says
    doses: Dated
    responses: Seen
    progression: Dated
    axis: Words


class Group(Frozen):
    variable: Name  # of ADSL
    label: Words


class Forest(Frozen):
    """Hazard ratios, or differences of rates, by subgroup."""

    hazard: Times | None = None
    rate: Answers | None = None
    measure: Words
    whole: Words  # the row of all participants
    groups: tuple[Group, ...] = Field(min_length=1)
    favours: Sides

    @model_validator(mode="after")
    def one_measure(self) -> Forest:
        """Raises    ValueError where both are given, or none."""
        if (self.hazard is None) == (self.rate is None):
            raise ValueError("a forest is of `hazard` or of `rate`: give one of the two")
        return self


class Course(Records):
    """The middle of each arm over time, a panel for each parameter of a basic data structure."""

    parameters: tuple[Text, ...] = Field(min_length=1)  # PARAMCD, in the order of the panels
    value: Name = "AVAL"
    time: Name  # the planned day, from 1 on
    baseline: Name = "ABLFL"  # Y: the record stands at 0
    days: Annotated[Number, Field(gt=0)] = 7.0  # of one step of the axis: 7 where it counts weeks
    middle: Literal["mean", "median"] = "median"
    axis: Words


class EventDots(Records):
    """Terms by arm, and the difference of the arms."""

    term: Name
    at_least: Annotated[Number, Field(ge=0, le=100)] = 0.0  # percent of an arm
    favours: Sides


class Liver(Records):
    """Highest transaminase against highest bilirubin, of values after the first day of the axis."""

    transaminases: tuple[Text, ...] = Field(min_length=1)  # PARAMCD
    bilirubin: Text
    value: Name = "AVAL"
    limit: Name = "ANRHI"
    day: Name = "ADY"


class Stage(Part):
    """A box of the flow, by a variable with the reason or in parts."""

    reason: Name | None = None
    parts: tuple[Part, ...] = ()


class Excluded(Frozen):
    """Who was allocated to no arm, by a variable of ADSL with the reason."""

    label: Words
    reason: Name | None = None


class Flow(Frozen):
    """From those screened to those analysed."""

    excluded: Excluded
    allocated: tuple[Part, ...] = ()  # of the box of an arm
    stages: tuple[Stage, ...] = Field(min_length=1)

    def parts(self) -> Iterator[tuple[tuple[str | int, ...], Part]]:
        """Place and content of each part of the participants."""
        for i, part in enumerate(self.allocated):
            yield ("allocated", i), part
        for i, stage in enumerate(self.stages):
            yield ("stages", i), stage
            for j, part in enumerate(stage.parts):
                yield ("stages", i, "parts", j), part


class Figure(Frozen):
    """A figure is of one kind."""

    kaplan_meier: KaplanMeier | None = None
    waterfall: Waterfall | None = None
    spider: Spider | None = None
    swimmer: Swimmer | None = None
    forest: Forest | None = None
    course: Course | None = None
    event_dots: EventDots | None = None
    liver: Liver | None = None
    flow: Flow | None = None

    @model_validator(mode="after")
    def one_kind(self) -> Figure:
        """Raises    ValueError for a figure of no kind, or of two."""
        if len(self._kinds) != 1:
            known = ", ".join(type(self).model_fields)
            told = " and ".join(self._kinds) or "none"
            raise ValueError(f"a figure is of one kind of {known}, and this one has {told}")
        return self

    @property
    def _kinds(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) is not None]

    @property
    def kind(self) -> str:
        return self._kinds[0]

    @property
    def compares(self) -> bool:
        """Whether it shows the difference of two arms."""
        return self.kind in ("forest", "event_dots")

    def records(self) -> Iterator[tuple[tuple[str | int, ...], Records]]:
        """Place and content of each selection of records of a dataset."""
        of_kind = getattr(self, self.kind)
        if isinstance(of_kind, Records):
            yield (self.kind,), of_kind
        for name in type(of_kind).model_fields:
            part = getattr(of_kind, name)
            if isinstance(part, Records):
                yield (self.kind, name), part

    def conditions(self) -> Iterator[tuple[tuple[str | int, ...], str, Chosen]]:
        """Place, dataset and content of each condition."""
        for place, part in self.records():
            yield (*place, "where"), part.dataset, part.where
        if self.swimmer:
            yield ("swimmer", "ongoing", "where"), ADSL, self.swimmer.ongoing.where
        if self.flow:
            for within, group in self.flow.parts():
                yield ("flow", *within, "where"), ADSL, group.where

    def named(self) -> Iterator[Named]:
        """Each variable that the figure names, with its place and its dataset."""
        for place, part in self.records():
            for key, dataset, name in part.named():
                yield (*place, *key), dataset, name
        if self.spider:
            yield ("spider", "start"), ADSL, self.spider.start
        if self.swimmer:
            for variable in ("label", "start", "end", "death"):
                yield ("swimmer", variable), ADSL, getattr(self.swimmer, variable)
            for i, name in enumerate(self.swimmer.treated):
                yield ("swimmer", "treated", i), ADSL, name
        if self.forest:
            for i, group in enumerate(self.forest.groups):
                yield ("forest", "groups", i, "variable"), ADSL, group.variable
        if self.flow:
            for i, stage in enumerate(self.flow.stages):
                if stage.reason is not None:
                    yield ("flow", "stages", i, "reason"), ADSL, stage.reason
            if self.flow.excluded.reason is not None:
                yield ("flow", "excluded", "reason"), ADSL, self.flow.excluded.reason
