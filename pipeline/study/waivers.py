"""specs/waivers.yaml: findings that are accepted until a date, and rules that a study takes less or more
seriously.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.study.frozen import Day, Frozen, Text, Words


class Waiver(Frozen):
    """A finding that is accepted until a date: kept in the report, it does not stop publication.

    Its scope is the dataset, the variable and `where`.
    """

    rule: Text
    dataset: Text
    variable: Text
    where: dict[str, Text] = {}  # parts of the record's key, as the finding names them; none: every record
    published: tuple[Text, ...] = ()  # ids under which other checkers report the same
    reason: Words
    # the role that answers for it: people change, so no name stands here
    owner: Annotated[Text, Field(min_length=1)]
    expires: Day  # the last day on which it accepts, by the declared build time


class Severity(Frozen):
    """How a study takes the findings of a rule: an error stops publication, a warning is reported."""

    is_: Literal["error", "warning"] = Field(alias="is")
    reason: Words


class Waivers(Frozen):
    waivers: tuple[Waiver, ...] = ()
    severity: dict[Text, Severity] = {}  # by rule
