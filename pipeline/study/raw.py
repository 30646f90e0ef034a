"""specs/raw: the contract of each raw form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from pipeline.records import collected_dates
from pipeline.records.numbers import Marks
from pipeline.study.frozen import Flag, Frozen, Number, Text, refuse_bounds
from pipeline.study.located import nearest

Decimal = Literal[".", ","]
Thousands = Literal[",", ".", " ", "'"]
# What programs write for a missing value. In a text it may be an answer all the same, so the site is asked.
WORDS_FOR_MISSING = frozenset({"NA", "NaN", "nan", "NaT", "<NA>", "NULL", "null"})


def format_of_date(name: str) -> str:
    """The format of dates with this name, in the spelling of the table; ValueError where there is none."""
    found = collected_dates.named(name)
    if found is None:
        known = ", ".join(name for name in collected_dates.FORMATS if "HH" not in name)
        elsewhere = collected_dates.called_elsewhere(name)
        hint = f"; did you mean {elsewhere}?" if elsewhere else nearest(name, collected_dates.FORMATS)
        hint = hint or f"; expected one of {known}, or one of them with HH:MM"
        raise ValueError(f"{name} is no format of a date{hint}")
    return found


FormatOfDate = Annotated[Text, AfterValidator(format_of_date)]


class Numeric(Frozen):
    """A field of text whose answers are numbers, with a sign (<5) or without; some records are excepted."""

    # a record that meets all of these conditions holds a result in words, such as a grade or a titre
    unless: dict[Text, Text | tuple[Text, ...]] = {}


class RawField(Frozen):
    question: Text = ""  # none: the name of the field
    type: Literal["text", "code", "number", "integer", "date", "time", "stamp"]
    required: Flag = False
    format: FormatOfDate | None = None  # of a date
    partial: Flag = False
    codes: tuple[Text, ...] = ()
    closed: Flag = True
    coded: Text | None = None  # the dictionary that assigned the value, e.g. MedDRA
    origin: Literal["Collected", "Assigned", "Protocol", "Derived"] | None = None
    unit: Text | None = None
    min: Number | None = None
    max: Number | None = None
    decimal: Decimal | None = None  # of a number; none: as the file of the form, or a point
    thousands: Thousands | None = None  # none: as the file of the form, or digits are not grouped
    numeric: Numeric | None = None  # of a text
    part_of: Text | None = None  # set by the loader: the field of which it is a part, and so in no file
    composed_of: Text | None = None  # set by the loader: the fields that make it; so in no file

    @model_validator(mode="after")
    def bounds(self) -> RawField:
        if self.min is not None or self.max is not None:
            refuse_bounds(self.min, self.max)
        return self

    @property
    def form_of_date(self) -> str:
        """The format of a date, in words."""
        return f"{self.format}, parts may be unknown" if self.partial else str(self.format)

    @property
    def holds_numbers(self) -> bool:
        """Whether its answers are numbers, or may be."""
        return self.type in ("number", "integer") or self.numeric is not None

    def written_as(self, file: RawFile) -> RawField:
        """The field with the marks of the file, where it holds numbers and has none of its own."""
        if not self.holds_numbers:
            return self
        marks = {
            "decimal": self.decimal or file.decimal,
            "thousands": self.thousands or file.thousands,
        }
        return self.model_copy(update=marks)

    @property
    def marks(self) -> Marks:
        """How its numbers are written."""
        return Marks(self.decimal or ".", self.thousands or "")


class RawFile(Frozen):
    """How the file of a form is written, and what it calls the form and its fields where that is not what the
    contract calls them.
    """

    # none: any format
    format: (
        Literal["csv", "tsv", "xlsx", "parquet", "json", "ndjson", "xpt", "sas7bdat", "odm", "redcap"] | None
    ) = None
    delimiter: Literal[",", ";", "|", "\t"] | None = None  # none: a tab in .tsv, a comma in .csv
    # of csv, tsv and xpt, and of a SAS dataset that states none; the other formats say it themselves
    encoding: Literal["UTF-8", "UTF-8 with BOM", "GB18030"] = "UTF-8"
    # how its numbers are written, unless a field says otherwise
    decimal: Decimal | None = None
    thousands: Thousands | None = None
    # what the file is called without its ending, where * is any text: LAB_*; none: as the form
    called: Text | None = None
    name: Text | None = None  # the sheet of a workbook, the instrument of REDCap, the FormDef of ODM
    columns: dict[str, Text] = {}  # field -> its name in the file


Source = Literal["Investigator", "Subject", "Vendor", "Sponsor"]


class Form(Frozen):
    """The contract of one raw form: its columns in order, what each may hold, what identifies a record."""

    form: Text
    title: Text
    source: Source
    record: Text
    keys: tuple[Text, ...] = ()
    row: Flag = False  # no field tells two records apart: a record is its content, and its place among equals
    subject: Text | None = None  # how the subject number is written in this form; none: as in the study
    visit: Text | None = None  # the field that names the visit
    dated: Text | None = None  # the date by which a record is cut off; none: the first date of the form
    once: Flag = False  # at most one record per person, over all subject numbers of the person
    file: RawFile = RawFile()
    fields: dict[str, RawField]
    header: tuple[str, ...] = ()  # set by the loader: the columns that every form begins with
    events: dict[str, Text] = {}  # set by the loader: the visit of each event of REDCap
    missing: dict[Text, Text] = {}  # a code that stands for no value -> what it means

    @property
    def in_file(self) -> Form:
        """The contract of the form's file, without the fields that are part of another or made of others."""
        fields = {name: f for name, f in self.fields.items() if f.part_of is None and f.composed_of is None}
        return self if len(fields) == len(self.fields) else self.model_copy(update={"fields": fields})

    def stands_for_no_value(self, field: str, text: str) -> bool:
        """Whether a cell's text is a code that the study declares to stand for no value.

        A label that the contract of the field lists is an answer all the same: NA of a laboratory is sodium.
        The columns that every form begins with have no such codes.
        """
        if text not in self.missing or field in self.header:
            return False
        return text.casefold() not in {label.casefold() for label in self.fields[field].codes}

    @property
    def date_of_record(self) -> str | None:
        """The field with the date of a record; None where the form asks for no date."""
        first_date = next((name for name, field in self.fields.items() if field.type == "date"), None)
        return self.dated or first_date


class Header(Frozen):
    """The columns that every form begins with."""

    fields: dict[str, RawField] = {}
    events: dict[str, Text] = {}  # an event of REDCap by its unique name -> the visit as typed
    missing: dict[Text, Text] = {}  # a code that stands for no value, such as NI -> what it means
    visit: Text | None = None  # the field that names the visit; none: FOLDER, if there is one
