"""What the history of an ODM file comes to: the last state of each record, without what was removed.

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
_GONE = "gone"  # what a removed visit, form or subject does to its records
_SEPARATOR = "\x1f"  # cannot stand in XML


def place(*keys: str | None) -> str:
    """The part of a record's place that these keys name; what lies deeper begins with it."""
    return "".join(f"{key or ''}{_SEPARATOR}" for key in keys)


@dataclass
class History:
    """What a Transactional file tells beside its records: each subject's last site, and what was removed with
    all that is in it.
    """

    file: str
    sites: dict[str, str] = field(default_factory=dict)
    removals: list[tuple[str, str, Mapping[str, int]]] = field(
        default_factory=list
    )  # subject, place, lines of each form that came before

    def state(self, form: str, log: pd.DataFrame) -> pd.DataFrame:
        """The form's records as they stand at the end of the file.

        A line sets the cells it mentions and leaves the others; what is removed is gone until it is inserted
        again.

        Raises    DropError for a record that is changed or removed before it is inserted, or inserted twice:
                  a history without a beginning.
        Source    ODM 1.3.2, transaction types and the order of processing.
        """
        columns = [c for c in log.columns if c not in COLUMNS]
        key = log.groupby(["SUBJECT", PLACE, "RECORD"], dropna=False, sort=False).ngroup()
        lines = pd.concat([_lines(log, key), *self._gone(form, log, key)]).sort_values(
            ["key", "at"], ignore_index=True
        )
        ends = lines["act"].isin(["Remove", _GONE])
        life = [
            lines["key"],
            ends.groupby(lines["key"]).cumsum() - ends.astype("int64"),
        ]  # a record that is removed and inserted again has two
        first = ~pd.concat(life, axis=1).duplicated()
        self._refuse(
            form,
            log,
            lines[first & lines["act"].isin(["Update", "Context", "Remove"])],
            "changed or removed before it is inserted",
        )
        self._refuse(form, log, lines[~first & lines["act"].eq("Insert")], "inserted twice")
        alive = lines["line"][~ends.groupby(life).transform("any")].to_numpy()
        found = (
            log.iloc[alive].groupby(key.iloc[alive], sort=False)[columns].last()
        )  # the last that is mentioned
        found = found.astype("str").replace({ERASED: np.nan}).reset_index(drop=True)
        return found.assign(SITE=found["SUBJECT"].map(self.sites).astype("str")) if "SITE" in found else found

    def _gone(self, form: str, log: pd.DataFrame, key: pd.Series) -> list[pd.DataFrame]:
        found = []
        for subject, prefix, lines in self.removals:
            before = log.iloc[: lines[form]]
            hit = key.iloc[: lines[form]][
                before["SUBJECT"].eq(subject) & before[PLACE].str.startswith(prefix)
            ].unique()
            found.append(pd.DataFrame({"key": hit, "at": lines[form] - 0.5, "act": _GONE, "line": -1}))
        return found

    def _refuse(self, form: str, log: pd.DataFrame, faulty: pd.DataFrame, what: str) -> None:
        if len(faulty):
            line = log.iloc[int(faulty["line"].iloc[0])]
            more = f" ({len(faulty)} such records)" if len(faulty) > 1 else ""
            where = f"{self.file}: form {form}, subject {line['SUBJECT']}, record {line['RECORD']}"
            raise DropError(f"{where}: {what}{more}: export the history from its beginning")


def _lines(log: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    at = np.arange(len(log))
    return pd.DataFrame(
        {"key": key.to_numpy(), "at": at.astype("float64"), "act": log[ACT].to_numpy(), "line": at}
    )
