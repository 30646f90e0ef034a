"""The contract of a form with what the whole study says of every form: the columns that each begins with, the
subject number, the visit, and the codes that stand for no value.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import SpecError
from pipeline.study import subject_numbers
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.protocol import Protocol, Subjects
from pipeline.study.raw import Form, Header, RawField
from pipeline.study.visits import FIELD

HEADER = "specs/raw/header.yaml"
Fault = tuple[KeyPath, str]


def complete(form: Form, file: Located, header: Header, protocol: Protocol) -> Form:
    """The contract of a form as the engine reads it.

    Takes     the form as its file has it; the file; the columns of every form; specs/study.yaml.
    Raises    SpecError that lists each name which is no field, or is two, and each date without a format.
    """
    subjects = protocol.subjects
    fields = _with_number({**header.fields, **form.fields}, subjects)
    visit = form.visit or header.visit or (FIELD if FIELD in header.fields else None)
    faults = [*_faults(form, header, fields, subjects)]
    if faults:
        raise SpecError("\n".join(str(file.error(*fault)) for fault in faults))
    if form.form == subjects.form and subjects.parts:
        fields |= {name: _part(name, subjects.number) for name in subject_numbers.names(subjects.parts)}
    return form.model_copy(
        update={
            "fields": {name: _field(name, field, form) for name, field in fields.items()},
            "header": tuple(header.fields),
            "keys": tuple(key for key in form.keys if key != subjects.number),
            "visit": visit,
            "events": header.events,
            "missing": {**protocol.missing, **header.missing, **form.missing},
        }
    )


def _with_number(fields: dict[str, RawField], subjects: Subjects) -> dict[str, RawField]:
    """The fields, with that of the subject number where it has no column and others make it."""
    made_of, number = subjects.made_of, subjects.number
    if made_of is None or number in fields or not fields.keys() >= set(subject_numbers.names(made_of)):
        return fields
    question = f"{number}, made of {made_of}"
    return {number: RawField(question=question, type="text", composed_of=made_of), **fields}


def _part(name: str, number: str) -> RawField:
    return RawField(question=f"{name}, a part of {number}", type="text", part_of=number)


def _field(name: str, field: RawField, form: Form) -> RawField:
    asked = field if field.question else field.model_copy(update={"question": name})
    return asked.written_as(form.file)


def _faults(form: Form, header: Header, fields: dict[str, RawField], subjects: Subjects) -> Iterator[Fault]:
    number = subjects.number

    def unknown(name: str) -> str:
        return f"{name} is not a field of {form.form}{nearest(name, fields)}"

    for name in header.fields.keys() & form.fields.keys():
        yield ("fields", name), f"{name} is a column of every form ({HEADER})"
    if number not in fields:
        lacking = [name for name in subject_numbers.names(subjects.made_of or "") if name not in fields]
        made = f", nor {' and '.join(lacking)} of which it is made" if lacking else ""
        message = f"{form.form} has no {number}, the subject number (specs/study.yaml, subjects){made}"
        yield ("fields",), message + nearest(number, fields)
    for name in subject_numbers.names(subjects.parts or "") if form.form == subjects.form else ():
        if name in fields:
            message = f"{name} is a column of {form.form} and a part of the subject number"
            yield ("fields", name), f"{message} (specs/study.yaml, subjects); give the part another name"
    for i, key in enumerate(form.keys):
        if key not in fields:
            yield ("keys", i), unknown(key)
    if form.visit is not None and form.visit not in fields:
        yield ("visit",), unknown(form.visit)
    columns = form.file.columns
    names_in_file = [columns.get(name, name) for name in fields]
    for name, column in columns.items():
        if name not in fields:
            yield ("file", "columns", name), unknown(name)
        elif names_in_file.count(column) > 1:
            message = f"{column} is the name of two fields; a column feeds one field"
            yield ("file", "columns", name), message
    for name, field in form.fields.items():
        if (field.type == "date") != (field.format is not None):
            yield ("fields", name, "type"), "a date, and only a date, says its format, such as YYYY-MM-DD"
