"""The state that the history of an ODM file ends in: each record as it was left, without what was removed.

Each ItemGroupData of a Transactional file is a line of a log: the cells that it sets, and what becomes of the
record. Lines are kept packed and worked through in whole columns at the end, so that a long history costs its
bytes and no more.

That a record is inserted once and before it is changed or removed is checked; of visits, forms and single
items it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.errors import DropError

ACTS = ("Insert", "Update", "Remove", "Upsert", "Context")
PLACE, ACT = COLUMNS = ("(place)", "(act)")  # of a line of the log, beside the form's columns
ERASED = ""  # a cell that was set and is empty now; a missing one was not mentioned
_REMOVED_FROM_ABOVE = "gone"  # what a removed visit, form or subject does to its records
_NO_LINE = -1
_SEPARATOR = "\x1f"  # cannot stand in XML


def place(*keys: str | None) -> str:
    """The part of a record's place that these keys name; what lies deeper begins with it."""
    return "".join(f"{key or ''}{_SEPARATOR}" for key in keys)


@dataclass(frozen=True)
class Removal:
    """A subject, visit or form that was removed with all its records."""

    subject: str
    place: str
    lines_before: Mapping[str, int]  # of each form's log


@dataclass
class History:
    """What a Transactional file says beside its records: each subject's last site, and what was removed with
    all its records.
    """

    file: str
    sites: dict[str, str] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)

    def state(self, form: str, log: pd.DataFrame) -> pd.DataFrame:
        """The form's records as they stand at the end of the file.

        1. A line sets the cells that it mentions and leaves the others.
        2. What is removed is gone until it is inserted again.

        Raises    DropError for a record that is changed or removed before it is inserted, or inserted twice:
                  a history without a beginning.
        Source    ODM 1.3.2, transaction types and the order of processing.
        """
        record = log.groupby(["SUBJECT", PLACE, "RECORD"], dropna=False, sort=False).ngroup()
        lines = pd.concat([_lines(log, record), *self._removed_from_above(form, log, record)])
        lines = lines.sort_values(["record", "moment"], ignore_index=True)

        # A record that is removed and inserted again has two lives; the removal is the end of the first.
        is_end = lines["act"].isin(["Remove", _REMOVED_FROM_ABOVE])
        ends_before = is_end.groupby(lines["record"]).cumsum() - is_end.astype("int64")
        life = [lines["record"], ends_before]
        begins = ~pd.concat(life, axis=1).duplicated()
        no_beginning = begins & lines["act"].isin(["Update", "Context", "Remove"])
        self._refuse(form, log, lines[no_beginning], "changed or removed before it is inserted")
        self._refuse(form, log, lines[~begins & lines["act"].eq("Insert")], "inserted twice")

        ended = is_end.groupby(life).transform("any")
        places = lines.loc[~ended, "line"].to_numpy()
        columns = [column for column in log.columns if column not in COLUMNS]
        # `last` passes over a missing cell, which its line did not mention.
        state = log.iloc[places].groupby(record.iloc[places], sort=False)[columns].last()
        state = state.astype("str").replace({ERASED: np.nan}).reset_index(drop=True)
        if "SITE" not in state:
            return state
        return state.assign(SITE=state["SUBJECT"].map(self.sites).astype("str"))

    def _removed_from_above(self, form: str, log: pd.DataFrame, record: pd.Series) -> list[pd.DataFrame]:
        """For each removal of a subject, visit or form, a line for each record that it takes with it."""
        removed = []
        for removal in self.removals:
            number = removal.lines_before[form]
            before = log.iloc[:number]
            below = before["SUBJECT"].eq(removal.subject) & before[PLACE].str.startswith(removal.place)
            removed.append(
                pd.DataFrame(
                    {
                        "record": record.iloc[:number][below].unique(),
                        "moment": number - 0.5,  # behind the lines that came before
                        "act": _REMOVED_FROM_ABOVE,
                        "line": _NO_LINE,
                    }
                )
            )
        return removed

    def _refuse(self, form: str, log: pd.DataFrame, faulty: pd.DataFrame, what: str) -> None:
        if len(faulty):
            line = log.iloc[int(faulty["line"].iloc[0])]
            number = f" ({len(faulty)} such records)" if len(faulty) > 1 else ""
            where = f"{self.file}: form {form}, subject {line['SUBJECT']}, record {line['RECORD']}"
            raise DropError(f"{where}: {what}{number}: export the history from its beginning")


def _lines(log: pd.DataFrame, record: pd.Series) -> pd.DataFrame:
    """The lines of the log: of which record, when, what becomes of it, and where the line stands."""
    places = np.arange(len(log))
    return pd.DataFrame(
        {
            "record": record.to_numpy(),
            "moment": places.astype("float64"),
            "act": log[ACT].to_numpy(),
            "line": places,
        }
    )
