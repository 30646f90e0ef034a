"""specs/displays.yaml: the tables, figures and listings of the report, as data."""

from __future__ import annotations

from collections.abc import Container
from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.study.figures import Figure
from pipeline.study.frozen import Chosen, Flag, Frozen, Name, Text, Whole, Words
from pipeline.study.row_kinds import (
    Agreement,
    Categories,
    Levels,
    Liver,
    Rate,
    RestrictedMean,
    Subgroups,
    Summary,
    Survival,
    Visits,
)

ADSL, SUBJECT = "ADSL", "USUBJID"
KINDS = (
    "categories", "summary", "levels", "visits", "rate", "survival", "agreement", "restricted_mean",
    "subgroups", "liver",
)  # fmt: skip


class Population(Frozen):
    """An analysis set: the participants of ADSL that meet a condition."""

    title: Words
    where: Chosen = {}


class Columns(Frozen):
    """A column for each arm, by the variable of ADSL that holds it."""

    variable: Name
    records: Name | None = None  # the variable that holds the same on records of the other datasets
    control: Text  # the arm with which the others are compared
    total: Flag = True  # a last column with all arms


class Result(Frozen):
    """What define.xml says of an analysis: an arm:AnalysisResult."""

    title: Words
    reason: Literal[
        "SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY"
    ]
    purpose: Literal["PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE"]
    documentation: Words
    assumption: Text | None = None  # id of an assumption of specs/study.yaml that the analysis rests on


class Row(Frozen):
    """Lines of a table that are worked out together; of no other kind, participants with such a record."""

    id: Text
    label: Words
    indent: Annotated[Whole, Field(ge=0, le=3)] = 0
    heading: Flag = False  # the label alone
    dataset: Name = "ADSL"
    where: Chosen = {}
    records: Flag = False  # the number of records too
    exposure: Name | None = None  # the days at risk in ADSL: participants per 100 years too
    categories: Categories | None = None
    summary: Summary | None = None
    levels: Levels | None = None
    visits: Visits | None = None
    rate: Rate | None = None
    survival: Survival | None = None
    agreement: Agreement | None = None
    restricted_mean: RestrictedMean | None = None
    subgroups: Subgroups | None = None
    liver: Liver | None = None
    result: Result | None = None  # none: define.xml does not tell it

    @model_validator(mode="after")
    def one_kind(self) -> Row:
        """Raises    ValueError for a row of two kinds."""
        of_kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        of_kinds += [kind for kind in ("heading", "records", "exposure") if getattr(self, kind)]
        if len(of_kinds) > 1 and set(of_kinds) != {"records", "exposure"}:
            raise ValueError(f"a row is of one kind, and this one has {' and '.join(of_kinds)}")
        return self

    @property
    def kind(self) -> str:
        """Of KINDS; `heading` for a label alone, `count` for participants with a record."""
        if self.heading:
            return "heading"
        return next((kind for kind in KINDS if getattr(self, kind) is not None), "count")

    @property
    def named(self) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """Place and name of each variable of the dataset that the row's kind names."""
        kind = self.kind
        if kind in ("heading", "count"):
            return ()
        part = getattr(self, kind)
        return tuple(((kind, *place), name) for place, name in part.named())

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the dataset that the row is worked out from, without those of `where`."""
        return tuple(dict.fromkeys(name for _, name in self.named))

    @property
    def of_participants(self) -> tuple[str, ...]:
        """The variables of ADSL that the row is worked out from beside those of its dataset."""
        groups = self.subgroups.groups if self.subgroups else ()
        exposure = (self.exposure,) if self.exposure else ()
        return (*exposure, *(group.variable for group in groups))


class Listing(Frozen):
    """The records themselves: a column for each variable of the dataset, or else of ADSL, with its head."""

    dataset: Name
    where: Chosen = {}
    columns: dict[Name, Words] = Field(min_length=1)


class Selection(Frozen):
    """Participants with such a record."""

    dataset: Name
    where: Chosen = {}


class Paragraph(Selection):
    """A paragraph of a narrative for each record of a dataset: {VARIABLE} stands for its value."""

    label: Words
    text: Words

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables whose values the text tells, of the dataset or else of ADSL."""
        fields = (field for _, field, _, _ in Formatter().parse(self.text))
        return tuple(dict.fromkeys(field for field in fields if field))


class Narrative(Frozen):
    """Skeletons of narratives from the data: of whom, and their paragraphs."""

    about: tuple[Selection, ...] = Field(min_length=1)  # one of these is enough
    paragraphs: tuple[Paragraph, ...] = Field(min_length=1)


class Display(Frozen):
    """A table, a figure, a listing or narratives, numbered as ICH E3 does."""

    number: Text
    kind: Literal["table", "figure", "listing", "narrative"] = "table"
    title: Words
    population: Text
    columns: Text | None = None  # of a table: how its columns are made; of a figure: its arms
    rows: tuple[Row, ...] = ()
    listing: Listing | None = None
    figure: Figure | None = None
    narrative: Narrative | None = None
    footnotes: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def whole(self) -> Display:
        """Raises    ValueError for a display without what its kind needs, or with what another needs."""
        of_kinds = {
            "table": ("columns", "rows"),
            "figure": ("columns", "figure"),
            "listing": ("listing",),
            "narrative": ("narrative",),
        }
        needed = of_kinds[self.kind]
        for part in ("columns", "rows", "listing", "figure", "narrative"):
            if part in needed and not getattr(self, part):
                raise ValueError(f"a {self.kind} needs `{part}`")
            if part not in needed and getattr(self, part):
                raise ValueError(f"a {self.kind} has no `{part}`")
        return self

    @property
    def id(self) -> str:
        """As commands and files name it: T14-3-1-2."""
        return f"{self.kind[0].upper()}{self.number.replace('.', '-')}"

    @property
    def name(self) -> str:
        """As its page has it: Table 14.3.1.2."""
        return f"{self.kind.capitalize()} {self.number}"

    @property
    def documented(self) -> tuple[Row, ...]:
        """The rows that define.xml tells."""
        return tuple(row for row in self.rows if row.result)


class Displays(Frozen):
    populations: dict[Text, Population] = {}
    columns: dict[Text, Columns] = {}
    displays: tuple[Display, ...] = ()

    @property
    def documented(self) -> tuple[Display, ...]:
        """The displays that define.xml tells."""
        return tuple(display for display in self.displays if display.documented)

    def read_by(self, display: Display) -> set[tuple[str, str]]:
        """The variables from which a display is worked out: dataset and name.

        USUBJID stands for the records of a dataset. A column of a listing may be of its dataset, of SUPP--,
        or of ADSL.
        """
        population = self.populations[display.population].where
        read = {(ADSL, name) for name in (SUBJECT, *population)}
        if display.columns:
            read.add((ADSL, self.columns[display.columns].variable))
        for row in display.rows:
            read |= {(row.dataset, name) for name in (SUBJECT, *row.where, *row.variables)}
            read |= {(ADSL, name) for name in row.of_participants}
        if display.listing:
            listing = display.listing
            read |= {(listing.dataset, name) for name in (SUBJECT, *listing.where, *listing.columns)}
            read |= {(ADSL, name) for name in listing.columns}
            read.add((f"SUPP{listing.dataset}", "QVAL"))
        if display.narrative:
            for part in (*display.narrative.about, *display.narrative.paragraphs):
                read |= {(part.dataset, name) for name in (SUBJECT, *part.where)}
            for paragraph in display.narrative.paragraphs:
                datasets = (paragraph.dataset, ADSL)
                read |= {(dataset, name) for dataset in datasets for name in paragraph.variables}
        if display.figure:
            read |= {(dataset, name) for _, dataset, name in display.figure.named()}
            for _, dataset, where in display.figure.conditions():
                read |= {(dataset, name) for name in (SUBJECT, *where)}
        return read

    def selection(self, display: Display, row: Row, variables: Container[str]) -> dict[str, str]:
        """The records of a result, as define.xml tells them: variable and value.

        Takes     a display and one of its rows with a result; the variables of the row's dataset.
        Returns   what the row selects, then what the population does as far as the dataset has its variables.
        """
        of_population = self.populations[display.population].where
        where = {**row.where, **{name: v for name, v in of_population.items() if name in variables}}
        return {name: value for name, value in where.items() if isinstance(value, str)}
