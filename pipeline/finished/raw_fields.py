"""The raw fields that lineage declares behind a variable, as variables.json writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OF_RECORD = "its own record"
OF_SUBJECT = "any record of the subject"
OF_STUDY = "any record of the study"


@dataclass(frozen=True, order=True)
class RawField:
    """A field of a raw form, and through which of its records a value depends on it."""

    form: str
    name: str
    through: str = OF_RECORD  # or OF_SUBJECT or OF_STUDY

    def __str__(self) -> str:
        """As variables.json writes it."""
        suffix = "" if self.through == OF_RECORD else f" ({self.through})"
        return f"{self.form}.{self.name}{suffix}"


def read(declared: Iterable[str]) -> list[RawField]:
    """The raw fields of an entry of variables.json, such as `ae.TERM` or `eos.END_DATE (any record of the
    subject)`.

    Takes     the raw fields as variables.json lists them.
    Returns   form, field, and whose records they are of.
    """
    fields = []
    for text in declared:
        field, _, through = text.removesuffix(")").partition(" (")
        form, _, name = field.partition(".")
        fields.append(RawField(form, name, through or OF_RECORD))
    return fields
