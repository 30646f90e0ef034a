"""Contracts of small forms, for tests of a single file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pandas as pd
import pytest

from pipeline.errors import DropError
from pipeline.study.models import Form, RawField, RawFile

DATE: dict[str, object] = {"type": "date", "format": "dd MON yyyy", "partial": True}
SLASHED: dict[str, object] = {"type": "date", "format": "yyyy/m/d"}


def a_form(*texts: str, file: Mapping[str, object] | None = None, **others: str | dict[str, object]) -> Form:
    """The form `ae`: fields of text, then others with their types (`AGE="integer"`, `DAY=DATE`)."""
    said: dict[str, dict[str, object]] = {t: {"type": "text"} for t in texts}
    said |= {name: {"type": type_} if isinstance(type_, str) else type_ for name, type_ in others.items()}
    fields = {name: RawField.model_validate({"question": name, **s}) for name, s in said.items()}
    of_file = RawFile.model_validate(file or {})
    return Form(
        form="ae", title="AE", source="Investigator", record="one per event", fields=fields, file=of_file
    )


def cells(frame: pd.DataFrame) -> list[list[str | None]]:
    return [[c if isinstance(c, str) else None for c in row] for row in frame.itertuples(index=False)]


@contextmanager
def refused(message: str, *secrets: str) -> Iterator[None]:
    """A refusal with exactly this message, which holds none of the secrets."""
    with pytest.raises(DropError) as caught:
        yield
    assert str(caught.value) == message
    assert [s for s in secrets if s in str(caught.value)] == []
