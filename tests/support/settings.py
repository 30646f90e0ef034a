"""The parameters of a study as the arguments of a derivation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.study.models import Parameter


def settings_of(function: Callable[..., Any], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The values of those parameters that the function takes, by its own names for them."""
    names = inspect.signature(function).parameters
    return {name: parameters[name].value for name in names if name in parameters}
