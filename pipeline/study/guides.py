"""specs/guides.yaml: what the sponsor adds to the reviewer's guides; every number and list in them is read
from the build.
"""

from __future__ import annotations

from typing import Literal

from pipeline.study.frozen import Flag, Frozen, Text, Words


class Answer(Frozen):
    """A question of the guide's template that the data do not answer."""

    question: Words
    answer: Words


class Described(Frozen):
    """What a reviewer should know of a dataset beyond its spec."""

    notes: Words | None = None
    supports: tuple[Literal["Efficacy", "Safety", "Baseline"], ...] = ()  # what an analysis dataset is for
    primary: Flag = False  # it supports the primary objective


class Explanation(Frozen):
    """Why the findings of a rule are left as they are."""

    rule: Text
    dataset: Text | None = None  # none: in any dataset
    variable: Text | None = None
    text: Words

    def takes(self, rule: str, dataset: str, variable: str) -> bool:
        """Whether it explains the findings of a rule for a variable."""
        return self.rule == rule and self.dataset in (None, dataset) and self.variable in (None, variable)


class Guides(Frozen):
    acronyms: dict[str, Words] = {}
    tabulation: tuple[Answer, ...] = ()  # of the cSDRG
    analysis: tuple[Answer, ...] = ()  # of the ADRG
    datasets: dict[str, Described] = {}
    explanations: tuple[Explanation, ...] = ()  # the first that takes a finding counts

    def explanation(self, rule: str, dataset: str, variable: str) -> str:
        """Why the findings of a rule are left as they are; "" where nobody has said it."""
        for explanation in self.explanations:
            if explanation.takes(rule, dataset, variable):
                return explanation.text
        return ""

    def of(self, dataset: str) -> Described:
        """What is said of a dataset."""
        return self.datasets.get(dataset, Described())
