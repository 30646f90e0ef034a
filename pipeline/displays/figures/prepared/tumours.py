"""Tumours, participant by participant: best change, changes over time, and the way through the study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.displays.figures.spider import Course, Spider
from pipeline.displays.figures.swimmer import Lane, Swimmer
from pipeline.displays.figures.waterfall import Bar, Waterfall


def waterfall(
    changes: pd.DataFrame, responses: pd.Series, arms: pd.Series, order: Sequence[str], title: str, axis: str
) -> Waterfall:
    """The best change of each participant: the lowest after baseline.

    Takes     USUBJID and change (percent; missing where there is none); response by USUBJID; arm by USUBJID,
              of all participants of the population; the arms in their order; the words of figure and axis.
    """
    best = changes.dropna(subset=["change"]).groupby("USUBJID")["change"].min()
    of_population = best[best.index.isin(arms.index)]
    bars = tuple(
        Bar(subject, arm, change, response)
        for subject, arm, change, response in zip(
            of_population.index.tolist(),
            arms.reindex(of_population.index).tolist(),
            of_population.tolist(),
            responses.reindex(of_population.index).fillna("").tolist(),
            strict=True,
        )
    )
    return Waterfall(title, axis, tuple(order), bars, len(arms) - len(bars))


def spider(
    changes: pd.DataFrame,
    progressed: pd.Series,
    arms: pd.Series,
    order: Sequence[str],
    title: str,
    time: str,
    axis: str,
) -> Spider:
    """The changes of each participant in the order of time.

    Takes     USUBJID, month and change (percent; missing where there is none); month of progression by
              USUBJID; arm by USUBJID, of all participants of the population; the arms in their order; the
              words of the figure and its axes.
    """
    measured = changes.dropna(subset=["change", "month"])
    measured = measured[measured["USUBJID"].isin(arms.index)].sort_values(["USUBJID", "month"], kind="stable")
    courses = tuple(
        Course(
            str(subject),
            arms[str(subject)],
            tuple(zip(of["month"].tolist(), of["change"].tolist(), strict=True)),
            _month(progressed.get(str(subject))),
        )
        for subject, of in measured.groupby("USUBJID", sort=True)
    )
    return Spider(title, time, axis, tuple(order), courses, len(arms) - len(courses))


def swimmer(
    participants: pd.DataFrame,
    doses: pd.DataFrame,
    responses: pd.DataFrame,
    order: Sequence[str],
    title: str,
    time: str,
    ongoing: str,
) -> Swimmer:
    """A lane for each participant, to death where there is one; a dose or a response without a date has no
    place in it.

    Takes     USUBJID, label, arm, end, first_dose, last_dose, progression, death (months, missing where there
              is none), is_ongoing; USUBJID and month of each dose; USUBJID, month and response of each
              assessment; the arms in their order; the words of the figure, its axis and its arrow.
    """
    of_doses = _by_subject(doses, ["month"])
    of_responses = _by_subject(responses, ["month", "response"])
    lanes = [
        Lane(
            one["USUBJID"],
            one["label"],
            one["arm"],
            float(np.nanmax([one["end"], one["death"]])),
            _span(one["first_dose"], one["last_dose"]),
            tuple(month for (month,) in of_doses.get(one["USUBJID"], ())),
            of_responses.get(one["USUBJID"], ()),
            _month(one["progression"]),
            _month(one["death"]),
            bool(one["is_ongoing"]),
        )
        for one in participants.dropna(subset=["end"]).to_dict("records")
    ]
    return Swimmer(title, time, tuple(order), ongoing, tuple(lanes))


def _by_subject(records: pd.DataFrame, columns: list[str]) -> dict[str, tuple[tuple[Any, ...], ...]]:
    """The columns of each participant's records in the order of time; a record without a time is left out."""
    timed = records.dropna(subset=["month"]).sort_values(["USUBJID", "month"], kind="stable")
    return {
        str(subject): tuple(of[columns].itertuples(index=False, name=None))
        for subject, of in timed.groupby("USUBJID", sort=True)
    }


def _span(start: float, end: float) -> tuple[float, float] | None:
    return None if pd.isna(start) or pd.isna(end) else (float(start), float(end))


def _month(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
