"""specs/raw: the contract of each raw form."""

from __future__ import annotations

from typing import Literal

from pipeline.records.numbers import Marks
from pipeline.study.frozen import Frozen, Text

Decimal = Literal[".", ","]
Thousands = Literal[",", ".", " ", "'"]
# What programs write for a missing value. In a text it may be an answer all the same, so the site is asked.
WORDS_FOR_MISSING = frozenset({"NA", "NaN", "nan", "NaT", "<NA>", "NULL", "null"})


class Numeric(Frozen):
    """A field of text whose answers are numbers, with a sign (<5) or without; some records are excepted."""

    # a record that meets all of these conditions holds a result in words, such as a grade or a titre
    unless: dict[Text, Text | tuple[Text, ...]] = {}


class RawField(Frozen):
    question: Text
    type: Literal["text", "code", "number", "integer", "date", "time", "stamp"]
    required: bool = False
    format: Literal["dd MON yyyy", "yyyy/m/d"] | None = None
    partial: bool = False
    codes: tuple[Text, ...] = ()
    closed: bool = True
    coded: Text | None = None  # the dictionary that assigned the value, e.g. MedDRA
    origin: Literal["Collected", "Assigned", "Protocol", "Derived"] | None = None
    unit: Text | None = None
    min: float | None = None
    max: float | None = None
    decimal: Decimal | None = None  # of a number; none: as the file of the form, or a point
    thousands: Thousands | None = None  # none: as the file of the form, or digits are not grouped
    numeric: Numeric | None = None  # of a text

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
    name: Text | None = None  # the sheet of a workbook, the instrument of REDCap, the FormDef of ODM
    columns: dict[str, Text] = {}  # field -> its name in the file


class Form(Frozen):
    """The contract of one raw form: its columns in order, what each may hold, what identifies a record."""

    form: Text
    title: Text
    source: Literal["Investigator", "Subject", "Vendor", "Sponsor"]
    record: Text
    keys: tuple[Text, ...] = ()
    dated: Text | None = None  # the date by which a record is cut off; none: the first date of the form
    once: bool = False  # at most one record per person, over all subject numbers of the person
    file: RawFile = RawFile()
    fields: dict[str, RawField]
    header: tuple[str, ...] = ()  # set by the loader: the columns that every form begins with
    events: dict[str, Text] = {}  # set by the loader: the visit of each event of REDCap
    missing: dict[str, Text] = {}  # set by the loader: what a code that stands for no value means

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

    fields: dict[str, RawField]
    events: dict[str, Text] = {}  # an event of REDCap by its unique name -> the visit as typed
    missing: dict[str, Text] = {}  # a code that stands for no value, such as NI -> what it means
