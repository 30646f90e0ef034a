"""What two files say of a dataset and of its variables: label, type, length, format, order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.compare.tables import Table


@dataclass(frozen=True)
class Attribute:
    """An attribute in which the two differ; `variable` is empty for one of the dataset."""

    variable: str
    attribute: str
    ours: str
    theirs: str


def differing(ours: Table, theirs: Table) -> list[Attribute]:
    """The attributes in which two files of one dataset differ.

    A length counts where both files say it, which Dataset-JSON need not.
    """
    return [*_of_the_dataset(ours, theirs), *_of_variables(ours, theirs)]


def _of_the_dataset(ours: Table, theirs: Table) -> Iterator[Attribute]:
    if ours.name != theirs.name:
        yield Attribute("", "name", ours.name, theirs.name)
    if ours.label != theirs.label:
        yield Attribute("", "label", ours.label, theirs.label)
    left = [name for name in ours.variables if name in theirs.variables]
    right = [name for name in theirs.variables if name in ours.variables]
    if left != right:
        yield Attribute("", "order of variables", *_where_order_parts(left, right))


def _where_order_parts(ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, str]:
    """The first variables at which two orders of the same names part."""
    return next((left, right) for left, right in zip(ours, theirs, strict=True) if left != right)


def _of_variables(ours: Table, theirs: Table) -> Iterator[Attribute]:
    for name, left in ours.variables.items():
        right = theirs.variables.get(name)
        if right is None:
            continue
        if left.label != right.label:
            yield Attribute(name, "label", left.label, right.label)
        if left.text != right.text:
            yield Attribute(name, "type", left.type, right.type)
        elif left.length != right.length and None not in (left.length, right.length):
            yield Attribute(name, "length", str(left.length), str(right.length))
        if left.format != right.format:
            yield Attribute(name, "format", left.format, right.format)
