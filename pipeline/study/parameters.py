"""The named parameters of specs/study.yaml as the rules that ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from pipeline.errors import SpecError
from pipeline.study.models import Parameter

Rules = TypeVar("Rules")


def chosen(rules: type[Rules], parameters: Mapping[str, Parameter]) -> Rules:
    """The parameters of a set of rules as specs/study.yaml gives them.

    Raises    SpecError naming those that it lacks.
    """
    named = [f.name for f in fields(rules)]  # type: ignore[arg-type]
    lacking = [n for n in named if n not in parameters]
    if lacking:
        raise SpecError(
            f"specs/study.yaml: `parameters` lacks {', '.join(lacking)}, which {rules.__name__} asks for"
        )
    return rules(**{n: parameters[n].value for n in named})
