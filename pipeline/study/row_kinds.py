"""The kinds of rows of a table of specs/displays.yaml: what each asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.study.figures import Group
from pipeline.study.frozen import Flag, Frozen, Name, Number, Text, Whole, Words

Digits = Annotated[Whole, Field(ge=0, le=6)]  # after the point, as the values were collected
Named = tuple[tuple[str | int, ...], str]  # a variable that a row names: its place in the row, its name


class Categories(Frozen):
    """Participants by the value of a variable; those that occur unless the values are listed."""

    variable: Name
    values: tuple[Text, ...] = ()

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield ("variable",), self.variable


class Summary(Frozen):
    """Number, mean, standard deviation, median, least and greatest value of a variable."""

    variable: Name
    digits: Digits = 0

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield ("variable",), self.variable


class Levels(Frozen):
    """Participants by class, and within a class by term; most frequent first."""

    variables: tuple[Name, ...] = Field(min_length=1, max_length=3)
    worst: Name | None = None  # each participant counts once a term, with the greatest value of this variable
    at_least: Number | None = None  # terms that this share of an arm has, in percent
    in_order: Flag = False  # of numbers or of the alphabet, in place of that of their frequency

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        for i, name in enumerate(self.variables):
            yield ("variables", i), name
        if self.worst:
            yield ("worst",), self.worst


class Visits(Frozen):
    """A number at each visit, and its change from baseline."""

    parameter: Name | None = None  # none: all records are of one parameter
    visit: Name
    order: Name
    value: Name
    change: Name | None = None
    digits: Digits | None = None  # none: as many as the values of a parameter have, at most three
    brief: Flag = False  # number, mean and standard deviation on one line

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield from _present(self, "parameter", "visit", "order", "value", "change")


class Rate(Frozen):
    """Participants whose variable has this value, of all of the arm: with exact interval and difference."""

    variable: Name
    is_: Text = Field(alias="is")

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield ("variable",), self.variable


class Survival(Frozen):
    """Time to event: the time and its unit, and the variable that is 0 where the event happened."""

    time: Name
    unit: Text
    censored: Name
    reasons: Name | None = None  # the variable that describes the event, or why the time is censored
    at: tuple[Number, ...] = ()  # times at which the probability of no event is estimated
    compared: Flag = True  # log-rank test and hazard ratio
    follow_up: Flag = False  # median time to censoring, by the reverse of Kaplan and Meier

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield from _present(self, "time", "censored", "reasons")


class Agreement(Frozen):
    """The answers of two parameters, of one evaluator and of another, participant by participant."""

    variable: Name  # the answer
    by: Name = "PARAMCD"  # the variable that tells the two apart
    first: Text
    second: Text

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield from _present(self, "by", "variable")


class RestrictedMean(Frozen):
    """The mean time without event up to a limit, and whether hazards stay proportional."""

    time: Name
    unit: Text
    censored: Name
    until: Annotated[Number, Field(gt=0)]

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield from _present(self, "time", "censored")


class Subgroups(Frozen):
    """A rate and its difference, or events and their hazard ratio, of all participants and in subgroups."""

    rate: Rate | None = None
    survival: Survival | None = None
    whole: Words  # the line of all participants
    groups: tuple[Group, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def one_measure(self) -> Subgroups:
        """Raises    ValueError where both are given, or none."""
        if (self.rate is None) == (self.survival is None):
            raise ValueError("subgroups are of `rate` or of `survival`: give one of the two")
        return self

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        for kind in ("rate", "survival"):
            part = getattr(self, kind)
            if part is not None:
                yield from (((kind, *place), name) for place, name in part.named())


class Liver(Frozen):
    """Participants by the highest multiple of the upper limit of normal, after the first day."""

    transaminases: tuple[Text, ...] = Field(min_length=1)  # of `parameter`
    bilirubin: Text
    parameter: Name = "PARAMCD"
    value: Name = "AVAL"
    limit: Name = "ANRHI"
    day: Name = "ADY"

    def named(self) -> Iterator[Named]:
        """Place and name of each variable of the dataset."""
        yield from _present(self, "parameter", "value", "limit", "day")


def _present(part: Frozen, *keys: str) -> Iterator[Named]:
    """The keys of a part that name a variable."""
    for key in keys:
        name = getattr(part, key)
        if name is not None:
            yield (key,), name
