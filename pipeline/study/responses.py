"""What a mapping says of response parameters: where responses stand, and what is drawn from them."""

from __future__ import annotations

from pipeline.study.frozen import Frozen, Text, Where, Words


class ResponseSource(Frozen):
    """A dataset from which response parameters are drawn: which of its variables holds what."""

    dataset: Text
    where: Where = {}  # the records that are taken, for example those of one evaluator
    assessment: Text = ""  # the label of the assessment that a record belongs to
    number: Text = ""  # the number of the assessment, 0 at baseline
    value: Text = ""  # the response, or what else decides the parameter
    date: Text
    progression: Text = ""  # the date of a progression, where it is not that of its assessment
    reason: Text = ""  # what decided the response
    targets: Text = ""  # the number of target lesions

    @property
    def variables(self) -> dict[str, str]:
        """What a derivation reads: the variables by the name of what they hold."""
        held = {"number": self.number, "value": self.value, "date": self.date}
        held |= {"progression": self.progression, "reason": self.reason, "targets": self.targets}
        return {name: variable for name, variable in held.items() if variable}


class ResponseParameter(Frozen):
    """One parameter: a copy of each record of its source, or what a function draws from these records."""

    code: Text
    source: Text
    where: Where = {}  # of a copy: the records that are taken
    derive: Text | None = None  # the function; none: a copy
    subjects: tuple[Text, ...] = ()  # the variables of ADSL that the function takes
    rules: tuple[Text, ...] = ()  # the parameters of specs/study.yaml that it takes, under their own names
    of: dict[str, Text | list[Text]] = {}  # what else it takes
    comment: Words | None = None
