"""specs/raw: a contract that lists its fields by type becomes the long one, a field a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from pipeline.errors import SpecError
from pipeline.records.collected_dates import named
from pipeline.study.frozen import Flag, Frozen, Text
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.raw import RawField, RawFile, Source, format_of_date
from pipeline.study.validated import parse

TYPES = ("text", "integer", "number", "time", "stamp")
NO_VALUE = "no value"  # what a code of a list of such codes means
_PARTIAL = " partial"  # follows the format of dates of which parts may be unknown
_WHAT_IS_LEFT_OUT = "rule 10"


def _format(given: str) -> str:
    format_of_date(given.removesuffix(_PARTIAL))
    return given


def _keys(said: Any) -> Any:
    if said != "row" and not isinstance(said, list | tuple):
        raise ValueError("expected a list of fields, or row where no field tells two records apart")
    return said


def _codes_for_no_value(said: Any) -> Any:
    if not isinstance(said, list | tuple | dict):
        raise ValueError("expected a list of codes, or codes with what they mean")  # noqa: TRY004
    return said


def _formats(said: Any) -> Any:
    if not isinstance(said, dict):
        raise ValueError("expected formats with their fields, such as {YYYY-MM-DD: [FIELD]}")  # noqa: TRY004
    for first, second in said.items():
        if isinstance(second, str) and named(second.removesuffix(_PARTIAL)):
            raise ValueError(f"the format stands before its fields: {{{second}: [{first}]}}")
    return said


class Contract(Frozen):
    """The contract of a form as a study may write it: fields by type, or each under `fields`, or both."""

    form: Text | None = None  # none: the name of the file
    title: Text | None = None  # none: the name of the form
    source: Source = "Investigator"
    record: Text | None = None  # none: one per key fields
    keys: Annotated[tuple[Text, ...] | Literal["row"], BeforeValidator(_keys)] = ()
    subject: Text | None = None
    visit: Text | None = None
    dated: Text | None = None
    once: Flag = False
    file: RawFile = RawFile()
    missing: Annotated[tuple[Text, ...] | dict[Text, Text], BeforeValidator(_codes_for_no_value)] = ()
    text: tuple[Text, ...] = ()
    integer: tuple[Text, ...] = ()
    number: tuple[Text, ...] = ()
    time: tuple[Text, ...] = ()
    stamp: tuple[Text, ...] = ()
    # by format
    date: Annotated[
        dict[Annotated[Text, AfterValidator(_format)], tuple[Text, ...]], BeforeValidator(_formats)
    ] = {}
    coded: dict[Text, tuple[Text, ...]] = {}  # by dictionary
    codes: dict[Text, tuple[Text, ...]] = {}  # by field: the labels of a closed list
    questions: dict[Text, Text] = {}  # by field
    fields: dict[str, RawField] = {}


def contract(file: Located) -> Located:
    """The contract of a form in its long form.

    Takes     the file as read, in short or long form.
    Raises    SpecError with every fault: a field that stands twice, or is spoken of and not there.
    """
    filler = _Filler(file, parse(Contract, file))
    long = filler.long()
    if filler.faults:
        raise SpecError("\n".join(filler.faults))
    return replace(
        file, value=long, places={**file.places, **filler.places}, rules={**file.rules, **filler.rules}
    )


def missing(said: Any) -> Any:
    """Codes that stand for no value, each with what it means; a list of them does not say it."""
    return {str(code): NO_VALUE for code in said} if isinstance(said, list | tuple) else said


class _Filler:
    """One contract on its way to the long form."""

    def __init__(self, file: Located, said: Contract) -> None:
        self.file = file
        self.said = said
        self.fields: dict[str, dict[str, Any]] = {}
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.rules: dict[KeyPath, str] = {}
        self.faults: list[str] = []

    def long(self) -> dict[str, Any]:
        for name, content, path, places in self._declared():
            self._add(name, content, path, places)
        for field, labels in self.said.codes.items():
            self._close(field, list(labels))
        for dictionary, fields in self.said.coded.items():
            for i, field in enumerate(fields):
                if self._say(field, "coded", dictionary, ("coded", dictionary, i)):
                    self.places["fields", field, "coded"] = self.file.places["coded", dictionary]
        for field, question in self.said.questions.items():
            self._say(field, "question", question, ("questions", field))
        for name, content in self.fields.items():
            content.setdefault("question", name)
        return {**self._form(), "fields": self.fields}

    def _form(self) -> dict[str, Any]:
        said = self.said
        by_type = {*TYPES, "date", "codes", "coded", "questions", "fields", "keys", "missing"}
        long = {key: part for key, part in self.file.value.items() if key not in by_type}
        name = said.form or Path(self.file.file).stem
        defaults = {"form": name, "title": name, "source": said.source, "record": self._record()}
        for key, default in defaults.items():
            if key not in long:
                long[key] = default
                self.rules[(key,)] = _WHAT_IS_LEFT_OUT
        if said.keys == "row":
            long["row"] = True
        else:
            long["keys"] = list(said.keys)
        return long | {"missing": missing(said.missing or {})}

    def _record(self) -> str:
        if self.said.keys == "row":
            return "one per row"
        return f"one per {', '.join(self.said.keys) or 'subject number'}"

    def _declared(self) -> Iterator[tuple[str, dict[str, Any], KeyPath, dict[str, KeyPath]]]:
        """Each field with what is said of it, its place, and the places of its parts, in the order of the
        file.
        """
        for key in self.file.value:
            if key in TYPES:
                for i, name in enumerate(getattr(self.said, key)):
                    yield name, {"type": key}, (key, i), {"type": (key,)}
            elif key == "date":
                for given, fields in self.said.date.items():
                    for i, name in enumerate(fields):
                        yield name, _date(given), ("date", given, i), {"format": ("date", given)}
            elif key == "fields":
                for name, content in self.file.value["fields"].items():
                    yield name, dict(content), ("fields", name), {}

    def _add(self, name: str, content: dict[str, Any], path: KeyPath, parts: Mapping[str, KeyPath]) -> None:
        if name in self.fields:
            line, _ = self.places.get(("fields", name), self.file.places.get(("fields", name), (1, 1)))
            self._fault(path, f"{name} stands in line {line} too; a field has one type")
            return
        self.fields[name] = content
        self.places["fields", name] = self.file.places[path]
        for part, place in parts.items():
            self.places["fields", name, part] = self.file.places[place]

    def _close(self, name: str, labels: list[str]) -> None:
        path = ("codes", name)
        content = self.fields.get(name)
        if content is not None and content["type"] != "text":
            self._fault(path, f"{name} is {content['type']}; labels are of a field under `text`")
        elif self._say(name, "codes", labels, path):
            self.fields[name]["type"] = "code"

    def _say(self, name: str, key: str, said: Any, path: KeyPath) -> bool:
        """Adds to a field what is said of it elsewhere in the file."""
        content = self.fields.get(name)
        if content is None:
            self._fault(path, f"{name} is under none of the types here{nearest(name, self.fields)}")
            return False
        if key in content:
            self._fault(path, f"{key} of {name} is said twice; delete one")
            return False
        content[key] = said
        self.places["fields", name, key] = self.file.places[path]
        return True

    def _fault(self, path: KeyPath, message: str) -> None:
        self.faults.append(str(self.file.error(path, message)))


def _date(given: str) -> dict[str, Any]:
    if given.endswith(_PARTIAL):
        return {"type": "date", "format": given.removesuffix(_PARTIAL), "partial": True}
    return {"type": "date", "format": given}
