"""The choices that derivations ask for: those that the program makes where the study says nothing, and those
that no program can make.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from pipeline import standards
from pipeline.study.frozen import Frozen, Text, Words
from pipeline.study.located import Located, content, parsed, text
from pipeline.study.models import Default, Parameter, Protocol
from pipeline.study.validated import parse

FILE = "pipeline/standards/parameters.yaml"
STUDY = "specs/study.yaml"


class Decision(Frozen):
    """A choice of the plan, without which a derivation cannot work."""

    asks: Words
    choices: dict[Text, Words] = {}  # the values that it may have, and what each means
    example: Parameter


class Engine(Frozen):
    """The whole of the program's own file."""

    defaults: dict[str, Default] = Field(min_length=1)
    decisions: dict[str, Decision]


@cache
def located() -> Located:
    """The program's own file, with the place of each part."""
    path = Path(standards.__file__).with_name(Path(FILE).name)
    return parsed(text(content(path, FILE), FILE), FILE, FILE)


@cache
def engine() -> Engine:
    """What the program says of parameters."""
    return parse(Engine, located())


def filled_in(protocol: Protocol) -> Protocol:
    """The protocol with a default in the place of each parameter that the study does not write."""
    own = protocol.parameters
    left_out = {name: default for name, default in engine().defaults.items() if name not in own}
    return protocol.model_copy(update={"parameters": {**own, **left_out}})


def decision(name: str) -> str:
    """What to write where the plan's decision is missing; nothing where the name is none."""
    asked = engine().decisions.get(name)
    if asked is None:
        return ""
    choices = "".join(f"; {value}: {meaning}" for value, meaning in asked.choices.items())
    example = asked.example
    unit = f", unit: {example.unit}" if example.unit else ""
    line = f'{name}: {{value: {example.value}{unit}, reason: "{example.reason}"}}'
    return f"`parameters` lacks {name}, which the plan decides: {asked.asks}{choices}; write {line}"
