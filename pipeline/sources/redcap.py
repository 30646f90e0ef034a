"""A drop that arrives as REDCap exports it: the raw records of the whole project as one CSV, and its data
dictionary.

SITE        redcap_data_access_group SUBJECT     the record id, which is the first field of the dictionary
FOLDER      redcap_event_name, by `events` of specs/raw/header.yaml: the names of events are cut at 18
characters FORM        the name of the form RECORD      redcap_repeat_instance, 1 where an instrument does not
repeat all others  the field `<form>_<column>` or `<column>` in lower case, or the one that the contract
declares under `file: columns`

The five places are fields too where the project has such fields. A form's instrument has its name, or the one
declared under `file: name`. A coded choice reads as its label; a checkbox as the labels that were ticked, and
one choice of it (`symptom___1`) as Checked or Unchecked. What neither a contract nor REDCap itself knows is
refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path

import pandas as pd

from pipeline.errors import DropError
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.sources import collected, delimited
from pipeline.sources.odm_definitions import PLACES
from pipeline.study.models import Form, RawField

RECORDS, DICTIONARY = re.compile(r".+_DATA_.+\.csv"), re.compile(r".+_DataDictionary_.+\.csv")
NAME, INSTRUMENT, TYPE = "Variable / Field Name", "Form Name", "Field Type"
CHOICES, VALIDATION = "Choices, Calculations, OR Slider Labels", "Text Validation Type OR Show Slider Number"
EVENT, REPEATED, INSTANCE, GROUP = (
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
)
OWN = frozenset({EVENT, REPEATED, INSTANCE, GROUP, "redcap_survey_identifier"})
SWITCHES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
MOMENTS: Mapping[str, Callable[[str], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


@dataclass(frozen=True)
class _Field:
    """A field of the dictionary; its choices by code."""

    name: str
    instrument: str
    type: str
    validation: str
    choices: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """Its columns in the export: one a choice of a checkbox."""
        if self.type == "checkbox":
            return [f"{self.name}___{code.lower().replace('-', '_')}" for code in self.choices]
        return [] if self.type == "descriptive" else [self.name]


def pair(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The records and the dictionary among the files that REDCap names so."""
    dictionaries = [p for p in paths if DICTIONARY.fullmatch(p.name)]
    records = [p for p in paths if p not in dictionaries]
    if len(records) != 1 or len(dictionaries) != 1 or "_DATA_LABELS_" in records[0].name:
        names = ", ".join(p.name for p in paths)
        raise DropError(
            f"{names}: a REDCap drop is one raw export of records and one data dictionary; export both, not"
            " the labels"
        )
    return records[0], dictionaries[0]


def read(records: Path, dictionary: Path, forms: Mapping[str, Form]) -> dict[str, pd.DataFrame]:
    """Each form that the dictionary has an instrument for, as text, columns in contract order.

    Takes     the raw export ("CSV, raw data"), all fields of it, and the dictionary it was made with.
    Raises    DropError for an instrument, field, column, event or code that the contract or the dictionary
              does not know.
    """
    fields = _fields(dictionary)
    names = _header(records)
    project = _Project(records.name, fields, delimited.table(records, names), forms)
    project.refuse_strange_columns()
    return {form.form: project.frame(instrument, form) for instrument, form in project.instruments.items()}


def _header(path: Path) -> list[str]:
    """The names in the first line; REDCap writes UTF-8, with a byte-order mark or without."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            return next(csv.reader(f, strict=True))
    except OSError as e:
        raise DropError(
            f"{path.name}: cannot be read ({e.strerror}); check that the file may be opened"
        ) from None
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise DropError(
            f"{path.name}, line 1: not a header line in UTF-8; export it from REDCap again"
        ) from None


def _fields(path: Path) -> list[_Field]:
    names = _header(path)
    missing = [n for n in (NAME, INSTRUMENT, TYPE, CHOICES, VALIDATION) if n not in names]
    if missing:
        raise DropError(
            f"{path.name}: column {missing[0]} is missing; export the data dictionary of REDCap, in English"
        )
    table = delimited.table(path, names)
    told = [
        ["" if pd.isna(v) else str(v).strip() for v in table[n]]
        for n in (NAME, INSTRUMENT, TYPE, VALIDATION, CHOICES)
    ]
    found = [
        _Field(n, i, t, v, SWITCHES.get(t) or _choices(c, t)) for n, i, t, v, c in zip(*told, strict=True)
    ]
    if not found or len({f.name for f in found}) < len(found):
        raise DropError(f"{path.name}: holds no field, or one twice; export the data dictionary again")
    return found


def _choices(told: str, type_: str) -> dict[str, str]:
    """`1, Mild | 2, Severe` by code."""
    if type_ not in ("radio", "dropdown", "checkbox"):
        return {}
    parts = [part.partition(",") for part in told.split("|")]
    return {code.strip(): label.strip() for code, _, label in parts if code.strip()}


@dataclass
class _Project:
    """The records of all instruments in one table, a row an event or a repetition of an instrument."""

    file: str
    fields: Sequence[_Field]
    rows: pd.DataFrame
    forms: Mapping[str, Form]
    faults: list[str] = field(default_factory=list)

    @cached_property
    def instruments(self) -> dict[str, Form]:
        by_name = {(f.file.name or f.form).lower(): f for f in self.forms.values()}
        named = dict.fromkeys(f.instrument for f in self.fields)
        strange = [n for n in named if n not in by_name]
        if strange:
            raise DropError(
                "\n".join(
                    f"{self.file}: instrument {n} feeds no form of specs/raw; write its contract"
                    for n in strange
                )
            )
        return {n: by_name[n] for n in named}

    def refuse_strange_columns(self) -> None:
        known = [c for f in self.fields for c in f.columns]
        extra = OWN | {f"{i}_{end}" for i in self.instruments for end in ("complete", "timestamp")}
        found = ["" if c in extra else str(c) for c in self.rows]
        told = [
            f"column {at} is not in the dictionary, or twice"
            for at, c in enumerate(found, 1)
            if c and (c not in known or found.count(c) > 1)
        ]
        told += [f"column {c} of the dictionary was not exported" for c in known if c not in found]
        if told:
            raise DropError(
                "\n".join(
                    f"{self.file}: {t}; export all fields, and the dictionary of the same moment"
                    for t in told
                )
            )

    def frame(self, instrument: str, form: Form) -> pd.DataFrame:
        here = {f.name: f for f in self.fields[1:] if f.instrument == instrument}
        feeds = {name: self._source(name, form, here) for name in form.fields}
        used = {str(s).partition("___")[0] for s in feeds.values()}
        lost = [f.name for f in here.values() if f.columns and f.name not in used]
        told = [
            f"field {n} of instrument {instrument} is not in the contract; add it to specs/raw, or declare"
            " which it feeds"
            for n in lost
        ]
        absent = [
            n for n, s in feeds.items() if s is None and (n not in PLACES or self._place(n, form) is None)
        ]
        told += [
            f"form {form.form}: no field of instrument {instrument} is {n}; name it {form.form}_{n.lower()},"
            " or declare it"
            for n in absent
        ]
        if told:
            raise DropError("\n".join(f"{self.file}: {t}" for t in told))
        kept = self._filled(instrument, list(here.values()))
        texts = {
            n: self._text(s, here, form.fields[n]) if s else self._place(n, form, kept)
            for n, s in feeds.items()
        }
        return pd.DataFrame({n: t[kept] for n, t in texts.items() if t is not None}).reset_index(drop=True)

    def _source(self, name: str, form: Form, here: Mapping[str, _Field]) -> str | None:
        """The column that feeds a field of the contract; a checkbox as a whole has the name of its field."""
        known = {*here, *(c for f in here.values() for c in f.columns)}
        wanted = (
            [form.file.columns[name]]
            if name in form.file.columns
            else [f"{form.form}_{name}".lower(), name.lower()]
        )
        return next((w for w in wanted if w in known), None)

    def _filled(self, instrument: str, here: Sequence[_Field]) -> pd.Series:
        """The rows that hold the instrument: an untouched one has no value, no tick, and is marked neither
        unverified nor complete.
        """
        rows = self.rows
        plain = [c for f in here if f.type != "checkbox" for c in f.columns]
        ticks = [c for f in here if f.type == "checkbox" for c in f.columns]
        filled = rows[plain].notna().any(axis="columns") | rows[ticks].isin(["1"]).any(axis="columns")
        if f"{instrument}_complete" in rows:
            filled |= rows[f"{instrument}_complete"].isin(["1", "2"])
        return (
            filled & (rows[REPEATED].isna() | rows[REPEATED].eq(instrument)) if REPEATED in rows else filled
        )

    def _place(self, name: str, form: Form, kept: pd.Series | None = None) -> pd.Series | None:
        """A place of the record that REDCap itself knows; None where the project does not."""
        rows = self.rows
        if name == "SUBJECT":
            return rows[self.fields[0].name]
        if name == "FORM":
            return pd.Series(form.form.upper(), index=rows.index, dtype="str")
        if name == "RECORD":
            return (
                rows[INSTANCE].fillna("1")
                if INSTANCE in rows
                else pd.Series("1", index=rows.index, dtype="str")
            )
        if name == "SITE":
            return rows.get(GROUP)
        return self._folder(form, kept) if EVENT in rows else None

    def _folder(self, form: Form, kept: pd.Series | None) -> pd.Series:
        events = self.rows[EVENT]
        strange = sorted(set(events[kept].dropna()) - set(form.events)) if kept is not None else []
        if strange:
            raise DropError(
                "\n".join(
                    f"{self.file}: event {e} has no visit; add it to `events` of specs/raw/header.yaml"
                    for e in strange
                )
            )
        return map_distinct(events, form.events.get)

    def _text(self, source: str, here: Mapping[str, _Field], contract: RawField) -> pd.Series:
        """The column, or the checkbox as a whole, as the form would have shown it."""
        name, _, choice = source.partition("___")
        known = here.get(source) or here[name]
        if known.type == "checkbox" and not choice:
            return self._ticked(known)
        codes, distinct = codes_and_values(self.rows[source])
        labels = {"1": "Checked", "0": "Unchecked"} if known.type == "checkbox" else known.choices
        unknown = [k for k, v in enumerate(distinct) if labels and v not in labels]
        if unknown:
            row = int((codes == unknown[0]).argmax()) + 1
            what = "holds a code that the dictionary does not list; export both again, at one moment"
            raise DropError(f"{self.file}, record {row}: column {source} {what}")
        shown = [labels[v] if labels else _typed(v, known.validation) for v in distinct]
        return collected.text_column(codes, shown, contract, (self.file, source))

    def _ticked(self, known: _Field) -> pd.Series:
        found = pd.Series("", index=self.rows.index, dtype="str")
        for column, label in zip(known.columns, known.choices.values(), strict=True):
            more = found.where(found.eq(""), found + "; ") + label
            found = found.where(self.rows[column].ne("1"), more)
        return found.where(found.ne(""))


def _typed(value: str, validation: str) -> object:
    """A day, time or moment that the dictionary validates, which the raw export writes in ISO 8601; other
    text as it stands.
    """
    kind = validation.partition("_")[0]
    if kind not in MOMENTS:
        return value
    try:
        return MOMENTS[kind](value)
    except ValueError:
        return value
