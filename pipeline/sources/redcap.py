"""A drop that arrives as REDCap exports it: the raw records of the whole project as one CSV, and its data
dictionary.

SITE        redcap_data_access_group
SUBJECT     the record id, which is the first field of the dictionary
FOLDER      redcap_event_name, by `events` of specs/raw/header.yaml: REDCap cuts names of events at 18
            characters
FORM        the name of the form
RECORD      redcap_repeat_instance, 1 where an instrument does not repeat
all others  the field `<form>_<column>` or `<column>` in lower case, or the one that the contract declares
            under `file: columns`

The first five are fields too where the project has such fields. A form's instrument has its name, or the one
declared under `file: name`. A coded choice reads as its label, without the HTML that colours it; a checkbox
as the labels that were ticked, and one choice of it (`symptom___1`) as Checked or Unchecked. A missing-data
code of the project (`missing` of specs/raw/header.yaml) reads as it stands, and the contract takes it for no
value. What neither a contract nor REDCap itself knows is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from pipeline.errors import DropError
from pipeline.formats.csv import read as csv_file
from pipeline.records import dates
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.sources import collected
from pipeline.sources.odm_definitions import PLACES
from pipeline.sources.redcap_dictionary import Field, fields_of, header
from pipeline.study.models import Form, RawField

RECORDS, DICTIONARY = re.compile(r".+_DATA_.+\.csv"), re.compile(r".+_DataDictionary_.+\.csv")
# Columns of the records that are no fields.
EVENT, GROUP = "redcap_event_name", "redcap_data_access_group"
REPEATED, INSTANCE = "redcap_repeat_instrument", "redcap_repeat_instance"
OWN = frozenset({EVENT, REPEATED, INSTANCE, GROUP, "redcap_survey_identifier"})
MINUTES_AND_SECONDS = "time_mm_ss"
COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+", re.ASCII)
TICKS = {"1": "Checked", "0": "Unchecked"}


def pair(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The records and the dictionary among the files that are named as REDCap names them.

    Raises    DropError where there is not one of each.
    """
    dictionaries = [path for path in paths if DICTIONARY.fullmatch(path.name)]
    records = [path for path in paths if path not in dictionaries]
    if len(records) != 1 or len(dictionaries) != 1 or "_DATA_LABELS_" in records[0].name:
        names = ", ".join(path.name for path in paths)
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
    fields = fields_of(dictionary)
    names = header(records)
    project = _Project(records.name, fields, csv_file.table(records, names), forms)
    project.refuse_unknown_columns()
    return {form.form: project.frame(instrument, form) for instrument, form in project.instruments.items()}


# --- the records
@dataclass
class _Project:
    """The records of all instruments in one table, one row for each event or repetition of an instrument."""

    file: str
    fields: Sequence[Field]
    rows: pd.DataFrame
    forms: Mapping[str, Form]

    def _refuse(self, faults: Sequence[str]) -> None:
        """Refuse the export where there are faults, all at once."""
        if faults:
            raise DropError("\n".join(f"{self.file}: {fault}" for fault in faults))

    @cached_property
    def missing(self) -> Mapping[str, str]:
        """The missing-data codes of the project, as specs/raw/header.yaml declares them for all forms."""
        return next(iter(self.forms.values())).missing if self.forms else {}

    @cached_property
    def instruments(self) -> dict[str, Form]:
        """The form of each instrument."""
        form_of = {(form.file.name or form.form).lower(): form for form in self.forms.values()}
        instruments = dict.fromkeys(field.instrument for field in self.fields)
        unknown = [name for name in instruments if name not in form_of]
        self._refuse([f"instrument {n} feeds no form of specs/raw; write its contract" for n in unknown])
        return {name: form_of[name] for name in instruments}

    def refuse_unknown_columns(self) -> None:
        """Refuse an export whose columns are not those of the dictionary."""
        known = [column for field in self.fields for column in field.columns]
        boxes = [field for field in self.fields if field.type == "checkbox"]
        of_redcap = OWN | {field.column_of(code) for field in boxes for code in self.missing}
        for instrument in self.instruments:
            of_redcap |= {f"{instrument}_complete", f"{instrument}_timestamp"}
        columns = [str(column) for column in self.rows]
        again = "export all fields, and the dictionary of the same moment"
        faults = []
        for place, column in enumerate(columns, start=1):
            if column in of_redcap or not column:
                continue
            box = next((field.name for field in boxes if column.startswith(f"{field.name}___")), None)
            if box and column not in known:
                faults.append(
                    f"column {place} is of checkbox {box} and none of its choices; declare the project's"
                    " missing-data codes under `missing` in specs/raw/header.yaml, or export both again"
                )
            elif column not in known or columns.count(column) > 1:
                faults.append(f"column {place} is not in the dictionary, or twice; {again}")
        missing = [column for column in known if column not in columns]
        faults += [f"column {column} of the dictionary was not exported; {again}" for column in missing]
        self._refuse(faults)

    def frame(self, instrument: str, form: Form) -> pd.DataFrame:
        """The records of a form as text, columns in contract order."""
        # The first field of the dictionary is the record id, whatever its instrument.
        fields = {field.name: field for field in self.fields[1:] if field.instrument == instrument}
        sources = {name: self._source(name, form, fields) for name in form.fields}
        self._refuse_unfed(instrument, form, fields, sources)
        filled = self._filled(instrument, list(fields.values()))
        columns = {}
        for name, source in sources.items():
            if source:
                column = self._text(source, fields, form.fields[name])
            else:
                column = self._place(form.file.columns.get(name, name), form, filled)
            columns[name] = column[filled]
        return pd.DataFrame(columns).reset_index(drop=True)

    def _source(self, name: str, form: Form, fields: Mapping[str, Field]) -> str | None:
        """The column that feeds a field of the contract; a checkbox as a whole has the name of its field."""
        known = {*fields, *(column for field in fields.values() for column in field.columns)}
        candidates = [f"{form.form}_{name}".lower(), name.lower()]
        if name in form.file.columns:
            candidates = [form.file.columns[name]]
        return next((candidate for candidate in candidates if candidate in known), None)

    def _refuse_unfed(
        self,
        instrument: str,
        form: Form,
        fields: Mapping[str, Field],
        sources: Mapping[str, str | None],
    ) -> None:
        """Refuse a field of the instrument that feeds nothing, and one of the contract that nothing feeds."""
        used = {source.partition("___")[0] for source in sources.values() if source}
        unused = [field.name for field in fields.values() if field.columns and field.name not in used]
        faults = [
            f"field {name} of instrument {instrument} is not in the contract; add it to specs/raw, or declare"
            " which it feeds"
            for name in unused
        ]
        for name, source in sources.items():
            if source is None and not self._knows(form.file.columns.get(name, name)):
                expected = f"{form.form}_{name.lower()}"
                faults.append(
                    f"form {form.form}: no field of instrument {instrument} is {name}; name it {expected}, or"
                    " declare it"
                )
        self._refuse(faults)

    def _filled(self, instrument: str, fields: Sequence[Field]) -> pd.Series:
        """The rows that hold the instrument: an untouched one has no value, no tick, and is marked neither
        unverified nor complete.
        """
        rows = self.rows
        values = [column for field in fields if field.type != "checkbox" for column in field.columns]
        boxes = [field for field in fields if field.type == "checkbox"]
        ticks = [column for field in boxes for column in [*field.columns, *self._missing_columns(field)]]
        filled = rows[values].notna().any(axis="columns") | rows[ticks].isin(["1"]).any(axis="columns")
        if f"{instrument}_complete" in rows:
            filled |= rows[f"{instrument}_complete"].isin(["1", "2"])
        if REPEATED in rows:  # the row of a repetition is of one instrument alone
            filled &= rows[REPEATED].isna() | rows[REPEATED].eq(instrument)
        return filled

    # --- what REDCap itself knows of a record
    def _knows(self, name: str) -> bool:
        """Whether the project says this of a record without a field."""
        if name == "SITE":
            return GROUP in self.rows
        if name == "FOLDER":
            return EVENT in self.rows
        return name in PLACES

    def _place(self, name: str, form: Form, filled: pd.Series) -> pd.Series:
        """A place of each record that REDCap itself knows."""
        rows = self.rows
        if name == "SUBJECT":
            return rows[self.fields[0].name]
        if name == "FORM":
            return pd.Series(form.form.upper(), index=rows.index, dtype="str")
        if name == "RECORD":
            if INSTANCE in rows:
                return rows[INSTANCE].fillna("1")
            return pd.Series("1", index=rows.index, dtype="str")
        return rows[GROUP] if name == "SITE" else self._folder(form, filled)

    def _folder(self, form: Form, filled: pd.Series) -> pd.Series:
        events = self.rows[EVENT]
        unknown = sorted(set(events[filled].dropna()) - set(form.events))
        self._refuse(
            [f"event {event} has no visit; add it to `events` of specs/raw/header.yaml" for event in unknown]
        )
        return map_distinct(events, form.events.get)

    # --- cells
    def _text(self, source: str, fields: Mapping[str, Field], contract: RawField) -> pd.Series:
        """The column, or the checkbox as a whole, as the form would have shown it."""
        name, _, choice = source.partition("___")
        field = fields.get(source) or fields[name]
        if field.type == "checkbox" and not choice:
            return self._ticked(field)
        if field.type == "checkbox":
            return self._box(field, source)
        codes, values = codes_and_values(self.rows[source])
        if field.validation == MINUTES_AND_SECONDS and contract.type == "time":
            raise DropError(
                f"{self.file}: field {source} holds minutes and seconds where the contract says time; ask for"
                " the time of day in REDCap, or declare the field as text"
            )
        if not field.choices:
            shown = [_typed(value, field.validation) for value in values]
            return collected.text_column(codes, shown, contract, (self.file, source))
        labels = {code: code for code in self.missing} | dict(field.choices)
        for code, value in enumerate(values):
            if value not in labels:
                record = int((codes == code).argmax()) + 1
                raise DropError(
                    f"{self.file}, record {record}: column {source} holds a code that the dictionary does not"
                    " list; export both again, at one moment, or declare the project's missing-data codes"
                    " under `missing` in specs/raw/header.yaml"
                )
        return collected.text_column(
            codes, [labels[value] for value in values], contract, (self.file, source)
        )

    # --- checkboxes
    def _missing_columns(self, field: Field) -> dict[str, str]:
        """The columns that missing-data codes add to a checkbox, with their codes."""
        columns = {field.column_of(code): code for code in self.missing if code not in field.choices}
        return {column: code for column, code in columns.items() if column in self.rows}

    def _box(self, field: Field, column: str) -> pd.Series:
        """One choice of a checkbox; where the whole box has a missing-data code, that code."""
        return self._code_of_box(field).fillna(self.rows[column].map(TICKS))

    def _ticked(self, field: Field) -> pd.Series:
        """The labels of the choices that were ticked, one behind the other, or the missing-data code."""
        ticked = pd.Series("", index=self.rows.index, dtype="str")
        for column, label in zip(field.columns, field.choices.values(), strict=True):
            separated = ticked.where(ticked.eq(""), ticked + "; ")
            ticked = ticked.where(self.rows[column].ne("1"), separated + label)
        return self._code_of_box(field).fillna(ticked.where(ticked.ne("")))

    def _code_of_box(self, field: Field) -> pd.Series:
        """The missing-data code of the whole box, where it has one.

        Raises    DropError for what is neither 0 nor 1, and for a code beside a choice.
        """
        of_code = self._missing_columns(field)
        for column in [*field.columns, *of_code]:
            unknown = self.rows[column].notna() & ~self.rows[column].isin(list(TICKS))
            if unknown.any():
                raise DropError(
                    f"{self.file}, record {int(unknown.argmax()) + 1}: column {column} is neither 0 nor 1;"
                    " export the raw data, not the labels"
                )
        code = pd.Series(pd.NA, index=self.rows.index, dtype="str")
        for column, of_column in of_code.items():
            code = code.where(self.rows[column].ne("1"), of_column)
        both = code.notna() & self.rows[field.columns].isin(["1"]).any(axis="columns")
        if both.any():
            raise DropError(
                f"{self.file}, record {int(both.argmax()) + 1}: checkbox {field.name} has both choices and a"
                " missing-data code; correct it in REDCap and export again"
            )
        return code


def _typed(value: str, validation: str) -> object:
    """A day, time or moment that the dictionary validates, which the raw export writes in ISO 8601, and a
    number with a decimal comma; other text is left as it is.
    """
    if validation.endswith("comma_decimal") and COMMA_DECIMAL.fullmatch(value):
        return value.replace(",", ".")
    if not validation.startswith(("date", "time")) or validation == MINUTES_AND_SECONDS:
        return value
    moment = dates.iso_value(value)
    return value if moment is None else moment
