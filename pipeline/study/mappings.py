"""mappings: where each value comes from, and which raw records are left out on purpose."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipeline.study.frozen import Constant, Frozen, Text, Where, Whole, Words
from pipeline.study.responses import ResponseParameter, ResponseSource

Binding = Text | list[Text]  # what a parameter of a function is given: a name, or a list of names


class Derivation(Frozen):
    """Records that a function makes, and its inputs."""

    derive: Text
    of: dict[str, Binding] = {}
    with_: dict[str, Any] = Field(default={}, alias="with")  # values of other parameters


class Rule(Frozen):
    """One line of a mapping: exactly one of the five verbs."""

    constant: Constant | None = None
    copy_: Text | None = Field(default=None, alias="copy")
    codelist: Text | None = None
    date: Text | None = None
    derive: Text | None = None
    of: Text | dict[str, Binding] | None = None
    with_: dict[str, Any] = Field(default={}, alias="with")  # values of other parameters of the function
    comment: Words | None = None


class Records(Frozen):
    """A block: where records come from, and the variables that differ from block to block."""

    from_: Text | Derivation = Field(alias="from")
    where: Where = {}
    unless: tuple[Where, ...] = ()  # sets of conditions; a record that meets all of one set is not taken
    variables: dict[str, Rule] = {}


class EventSource(Frozen):
    """Where an event or a censoring of a time-to-event parameter may come from."""

    dataset: Text
    date: Text
    where: Where = {}
    describes: Text
    date_describes: Text | None = None  # what the censoring date is, only where that differs
    censor: Whole = Field(default=0, ge=0)


class Missed(Frozen):
    """How many planned windows without an adequate assessment take their events from a time-to-event
    parameter.
    """

    windows: Whole = Field(ge=1)
    before: tuple[Text, ...]  # the events, by the name of their source
    # an event seen so many days after a window closed still belongs to that visit, which is then not missed
    late_days: Whole = Field(default=7, ge=0)


OPTIONAL_ROLES = ("lost", "stopped")  # of a convention: a study that knows no such end has none


class Convention(Frozen):
    """How progression-free survival is decided where a participant's record leaves a choice."""

    id: Text
    dated: Literal["scan", "scheduled visit"] = "scan"  # the date of an event between two planned visits
    # the last adequate assessment that a new therapy leaves; none: new therapy is ignored
    therapy: Literal["on or before", "before"] | None = None
    missed: Missed | None = None
    # the source of a role, where it has another name: the assessments of another evaluator, or a death that
    # is an event for its cause alone. `ended` is the end of a treatment, where a study collects one; the
    # last dose ends treatment where it does not
    sources: dict[Literal["adequate", "baseline", "death", "ended"], Text] = {}

    @property
    def roles(self) -> dict[str, str]:
        """What a decision asks for, beside the events, and the name of the source of each."""
        asked = ("adequate", "baseline", "death", "lost", "stopped", *(("therapy",) if self.therapy else ()))
        return {role: role for role in asked} | dict(self.sources)

    def role_of(self, source: str) -> str:
        """The role that a source has in the decision; an event that has none is called by its source."""
        return next((role for role, name in self.roles.items() if name == source), source)


class TimeToEvent(Frozen):
    """One parameter: its events and censorings, by the names of their sources."""

    code: Text
    name: Text
    start: Text  # a date of ADSL, or the name of a source
    events: tuple[Text, ...]
    censors: tuple[Text, ...] = ()
    convention: Convention | None = None
    where: Where = {}
    comment: Words | None = None


class Mapping(Frozen):
    """One file of mappings/sdtm or mappings/adam."""

    dataset: Text
    records: tuple[Records, ...] = ()
    sources: dict[Text, EventSource] = {}  # of time-to-event parameters
    censoring: dict[int, Text] = {}  # what each value of CNSR means where a convention decides
    parameters: tuple[TimeToEvent, ...] = ()
    responses: dict[Text, ResponseSource] = {}  # where responses stand
    response_parameters: tuple[ResponseParameter, ...] = ()
    variables: dict[str, Rule] = {}

    @property
    def blocks(self) -> int:
        """How many parts the dataset's records come in."""
        return len(self.records or self.parameters or self.response_parameters)


class SetAside(Frozen):
    """Raw records that the study leaves out on purpose."""

    from_: Text = Field(alias="from")
    where: Where = {}
    reason: Words


class SetAsides(Frozen):
    """mappings/set_aside.yaml."""

    entries: tuple[SetAside, ...]
