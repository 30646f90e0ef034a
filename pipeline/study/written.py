"""How the contracts of specs/raw say that numbers are written, held against the forms they speak of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.records.numbers import Marks
from pipeline.study.located import KeyPath, nearest

if TYPE_CHECKING:
    from pipeline.study import Study
    from pipeline.study.raw import Form, RawField

_ONE_MARK = "one mark cannot stand before the decimals and between thousands; correct one of them"


def faults(study: Study) -> Iterator[tuple[str, KeyPath, str]]:
    """File, place in it and message of each contract of a number that cannot be kept.

    Takes     the study; each field has the marks of its form's file, where it has none of its own.
    """
    for name, form in study.forms.items():
        for path, message in _of_form(form):
            yield f"specs/raw/{name}.yaml", path, message


def _of_form(form: Form) -> Iterator[tuple[KeyPath, str]]:
    marks = Marks(form.file.decimal or ".", form.file.thousands or "")
    if marks.decimal == marks.thousands:
        yield ("file", "thousands"), _ONE_MARK
    for name, field in form.fields.items():
        if name not in form.header:
            yield from ((("fields", name, *path), message) for path, message in _of_field(form, field))
            if field.marks.decimal == field.marks.thousands and field.marks != marks:
                yield ("fields", name), _ONE_MARK


def _of_field(form: Form, field: RawField) -> Iterator[tuple[KeyPath, str]]:
    if field.numeric is not None and field.type != "text":
        yield ("numeric",), f"only a text can be numeric, and this is {field.type} already; leave it out"
    if not field.holds_numbers:
        for key in ("decimal", "thousands"):
            if getattr(field, key) is not None:
                yield (key,), f"only a number has a {key} mark, and this is {field.type}; leave it out"
    for name, values in field.numeric.unless.items() if field.numeric else ():
        if name not in form.fields:
            message = f"{name} is not a field of {form.form}{nearest(name, form.fields)}"
            yield ("numeric", "unless", name), message
            continue
        codes = form.fields[name].codes
        for value in (values,) if isinstance(values, str) else values:
            if codes and form.fields[name].closed and value not in codes:
                message = f"{value} is not a label of {form.form}.{name}{nearest(value, codes)}"
                yield ("numeric", "unless", name), message
