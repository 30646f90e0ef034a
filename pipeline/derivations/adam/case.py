"""The assessments of randomized participants as response parameters count them, and the record that an answer
becomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from pipeline.derivations.oncology import best
from pipeline.records import dates, lookup
from pipeline.records.distinct import codes_and_values
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.models import Parameter
from pipeline.study.parameters import chosen

NOWHERE = -1


@dataclass(frozen=True)
class Case:
    """Randomized participants, and their assessments after baseline in order of participant and date."""

    people: pd.DataFrame  # USUBJID, form, record, reference, new_therapy
    given: pd.DataFrame  # the assessments
    sequence: str  # their column with the number of the record
    place: np.ndarray  # of each assessment in the frame given
    who: np.ndarray  # its participant
    dated: pd.DataFrame  # USUBJID, date, response
    counts: np.ndarray  # whether it is up to and including the first progression and before new therapy
    rules: best.Best

    @staticmethod
    def of(
        subjects: pd.DataFrame,
        assessments: pd.DataFrame,
        parameters: dict[str, Parameter],
        until: int | None = None,
    ) -> Case:
        rules = chosen(best.Best, parameters)
        people = randomized(subjects, {"RANDDT": "reference", "NACTDT": "new_therapy"})
        number, date, response, *apart, sequence = [str(c) for c in assessments if c not in KEY]
        place, who, day = _in_order(assessments, people, (number, date, response, *apart))
        if until is not None:
            early = (
                dates.days_between(pd.Series(days(people["reference"])[who]), pd.Series(day))
                .le(until)
                .to_numpy()
            )
            place, who, day = place[early], who[early], day[early]
        dated = pd.DataFrame(
            {
                SUBJECT: assessments[SUBJECT].array.take(place),
                "date": day,
                "response": assessments[response].array.take(place),
            }
        )
        worse = dated["response"].eq("PD").to_numpy(bool)
        before: np.ndarray = np.cumsum(worse) - worse  # progressions of all before
        done: np.ndarray = before > before[np.searchsorted(who, who)]
        therapy = days(people["new_therapy"])[who]
        after = (day > therapy) | ((day == therapy) & (not rules.on_therapy_start))
        counts = ~done & ~(after & rules.before_new_therapy)
        return Case(people, assessments, sequence, place, who, dated, counts, rules)

    @cached_property
    def best(self) -> pd.DataFrame:
        """Best responses, one row a participant; rows are positions in `dated`."""
        return best.best_response(self.dated, self.people, self.rules)

    @cached_property
    def day(self) -> np.ndarray:
        return days(self.dated["date"])

    def response(self, *wanted: str) -> np.ndarray:
        """Which assessments have one of these responses."""
        codes, known = codes_and_values(self.dated["response"])
        found: np.ndarray = np.array([k in wanted for k in known], dtype=bool)[codes]
        return found

    def first(self, holds: np.ndarray) -> np.ndarray:
        """Of each participant the row of the first assessment for which it holds; -1 for one who has none."""
        rows = np.flatnonzero(holds)[::-1]
        return self._rows(rows)

    def last(self, holds: np.ndarray) -> np.ndarray:
        """Of each participant the row of the last assessment for which it holds; -1 for one who has none."""
        return self._rows(np.flatnonzero(holds))

    def _rows(self, rows: np.ndarray) -> np.ndarray:
        """Of each participant the last of these rows."""
        found = np.full(len(self.people), NOWHERE)
        found[self.who[rows]] = rows
        return found

    def yes(self, row: np.ndarray) -> pd.DataFrame:
        return self.told(letters(row != NOWHERE), row)

    def told(self, value: Any, row: np.ndarray) -> pd.DataFrame:
        """One record a participant: the value, and of the assessment that decided it identity, date and
        number.
        """
        day = np.append(self.day, np.datetime64("NaT", "s"))[row]
        return told_of(
            self.people, self.given, np.append(self.place, NOWHERE)[row], value, (day, self.sequence)
        )


def told_of(
    people: pd.DataFrame,
    assessments: pd.DataFrame,
    place: np.ndarray,
    value: Any,
    dated: tuple[np.ndarray, str],
) -> pd.DataFrame:
    """One record a participant: the value, its date, and of the assessment at the place identity and number,
    in the column so called.

    Where no assessment decided, the identity is that of the participant's own record.
    """
    day, sequence = dated
    source = np.where(place != NOWHERE, place, len(assessments) + np.arange(len(place)))
    identity = {k: pd.concat([assessments[k], people[k]]).array.take(source) for k in KEY[1:]}
    number = assessments[sequence].array.take(place, allow_fill=True)
    return pd.DataFrame(
        {SUBJECT: people[SUBJECT].array, **identity, "AVALC": value, "ADT": day, "ASEQ": number}
    )


def randomized(subjects: pd.DataFrame, dated: Mapping[str, str]) -> pd.DataFrame:
    """Identity and dates of each randomized participant, by other names."""
    held = np.flatnonzero(subjects["RANDDT"].notna())
    _, first = np.unique(codes_and_values(subjects[SUBJECT])[0][held], return_index=True)
    mine = held[np.sort(first)]
    return pd.DataFrame(
        {name: subjects[c].array.take(mine) for c, name in {**{k: k for k in KEY}, **dated}.items()}
    )


def days(date: pd.Series) -> np.ndarray:
    return date.to_numpy(dates.DAY)


def row_of(row: pd.Series) -> np.ndarray:
    return row.fillna(NOWHERE).to_numpy("int64")


def letters(holds: np.ndarray) -> Any:
    """Y where it holds, else N."""
    return pd.array(["N", "Y"], dtype="str").take(holds.astype("int64"))


def _in_order(
    assessments: pd.DataFrame, people: pd.DataFrame, names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The assessments of these people after baseline that have a response, by participant and date; a
    progression on its own date.

    Takes     assessments; people; the columns with number, date, response and, where it is known apart, the
              date of a progression.
    Returns   of each its place in the frame given, its participant's, and its date.
    """
    number, date, response, *apart = names
    who = lookup.place_among([assessments[SUBJECT]], [people[SUBJECT]])
    count, day = assessments[number].to_numpy("float64"), days(assessments[date])
    worse = assessments[response].eq("PD").to_numpy(bool)
    known = (who >= 0) & (count > 0) & assessments[response].notna().to_numpy() & ~np.isnat(day)
    if apart:
        dated = days(assessments[apart[0]])
        day = np.where(worse & ~np.isnat(dated), dated, day)
    rows = np.flatnonzero(known)
    rows = rows[np.lexsort((count[rows], ~worse[rows], day[rows], who[rows]))]
    begins = np.append(True, (np.diff(who[rows]) != 0) | (np.diff(day[rows]) != np.timedelta64(0, "s")))[
        : len(rows)
    ]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))
    rows = rows[begins | ~worse[rows][first]]  # of two responses on one day, the progression stands
    return rows, who[rows], day[rows]
