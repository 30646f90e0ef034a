"""Who is in a display: the participants of its population, in the columns of their arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.displays.content import Column
from pipeline.study import Study
from pipeline.study.displays import Columns, Display, Row
from pipeline.study.frozen import Chosen

ADSL, SUBJECT = "ADSL", "USUBJID"
ARM, PLACE = "arm", "place"  # beside the columns of a dataset, whose names are in capitals
# A dataset and some of its variables -> its published records, in their order.
Read = Callable[[str, Sequence[str]], pd.DataFrame]


def selected(records: pd.DataFrame, where: Chosen) -> pd.DataFrame:
    """The records that meet a condition: a variable is present, absent, a value, or one of several.

    Takes     records; the condition by variable.
    Returns   those that meet all of it, in their order.
    """
    for name, wanted in where.items():
        values = records[name]
        if wanted in ("present", "absent"):
            records = records[values.notna() if wanted == "present" else values.isna()]
        else:
            texts = wanted if isinstance(wanted, list) else [wanted]
            of_type = texts if pd.api.types.is_string_dtype(values) else [float(text) for text in texts]
            records = records[values.isin(of_type)]
    return records


@dataclass(frozen=True)
class Scope:
    """The participants of a display and its columns, and the way to the records of the build."""

    study: Study
    read: Read
    population: str
    arms: pd.Series  # arm by USUBJID, of every participant of the population
    columns: tuple[Column, ...]

    @property
    def sides(self) -> tuple[Column, ...]:
        """The columns of participants: those of arms, and the total."""
        return tuple(column for column in self.columns if not column.control)

    @property
    def comparisons(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.control)

    def records(self, dataset: str, where: Chosen, variables: Sequence[str] = ()) -> pd.DataFrame:
        """The records of a dataset that meet a condition and are of participants of the population.

        Takes     the name of the dataset; the condition; the variables that are wanted.
        Returns   USUBJID and the variables; `place`, the number of the record in the dataset; `arm`.
        """
        wanted = list(dict.fromkeys([SUBJECT, *where, *variables]))
        records = self.read(dataset, wanted)
        records = records.assign(**{PLACE: range(1, len(records) + 1)})
        records = records[records[SUBJECT].isin(self.arms.index)]
        return selected(records, where).assign(**{ARM: lambda r: r[SUBJECT].map(self.arms)})

    def by_column(self, records: pd.DataFrame) -> Mapping[Column, pd.DataFrame]:
        """The records of each column of participants."""
        return {c: records if c.arm is None else records[records[ARM].eq(c.arm)] for c in self.sides}

    def label(self, dataset: str, variable: str, value: str) -> str:
        """A value as people read it: its decode, where its codelist has one."""
        codelist = self.study.codelists.get(self.study.datasets[dataset].variables[variable].codelist or "")
        term = codelist.terms.get(value) if codelist else None
        return term.decode if term and term.decode else value

    def terms(self, dataset: str, variable: str) -> list[str]:
        """The terms that the study lists for a variable; none where it has no list."""
        codelist = self.study.codelists.get(self.study.datasets[dataset].variables[variable].codelist or "")
        return list(codelist.terms) if codelist else []


def scope(study: Study, display: Display, read: Read) -> Scope:
    """The participants and the columns of a display; a listing has no columns.

    Takes     the study; the display; what reads published records.
    """
    population = study.displays.populations[display.population]
    asked = study.displays.columns[display.columns] if display.columns else None
    variables = [SUBJECT, *population.where, *([asked.variable] if asked else [])]
    participants = selected(read(ADSL, list(dict.fromkeys(variables))), population.where)
    if asked is None:
        no_arms = pd.Series("", index=participants[SUBJECT], dtype="str")
        return Scope(study, read, population.title, no_arms, ())
    arms = participants.set_index(SUBJECT)[asked.variable]
    columns = _columns(study, asked, arms, compares(display))
    return Scope(study, read, population.title, arms, columns)


def compares(display: Display) -> bool:
    """Whether a row of the display compares arms."""
    return any(_compares(row) for row in display.rows)


def _compares(row: Row) -> bool:
    compared = row.survival and row.survival.compared
    return bool(row.rate or compared or row.restricted_mean or row.subgroups)


def _columns(study: Study, asked: Columns, arms: pd.Series, compares_arms: bool) -> tuple[Column, ...]:
    """A column for each arm of the list, for all together, and for each arm compared with the control."""
    codelist = study.codelists[study.datasets[ADSL].variables[asked.variable].codelist or ""]
    sizes = arms.value_counts()
    columns = [Column(arm, int(sizes.get(arm, 0)), arm) for arm in codelist.terms]
    if compares_arms:
        others = [arm for arm in codelist.terms if arm != asked.control]
        columns += [Column(f"{arm} versus {asked.control}", 0, arm, asked.control) for arm in others]
    return (*columns, Column("Total", len(arms))) if asked.total else tuple(columns)
