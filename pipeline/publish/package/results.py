"""The figures of the study's analyses, worked out from the published ADaM records: a table to read (PDF) and
a list for programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import response, survival
from pipeline.publish import datasets
from pipeline.publish.define.model import SupportingDocument
from pipeline.publish.package import results_pdf
from pipeline.study import Study
from pipeline.study.analyses import Analysis
from pipeline.study.models import Dataset

DOCUMENT = SupportingDocument("adam", "LF.results", results_pdf.TITLE, "results.pdf")
NONE = "not estimable"


@dataclass(frozen=True)
class Figure:
    """One number of a result with its 95 % confidence limits, rounded to what is shown; None where it cannot
    be estimated.
    """

    display: str
    result: str
    group: str
    statistic: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    shown: str


def documents(study: Study) -> tuple[SupportingDocument, ...]:
    """What `write` leaves beside define.xml: nothing where a study declares no analysis."""
    return (DOCUMENT,) if study.analyses else ()


def write(
    study: Study, specs: Mapping[str, Dataset], blocks: Sequence[Path], home: Path, trees: Sequence[Path]
) -> None:
    """Write results.pdf beside the ADaM datasets and results.json into the report, both from the records as
    they are published.

    Takes     folders with one Arrow file a dataset, in the order of subjects; the folder of the build, and
              those in it with an m5 folder.
    """
    if not study.analyses:
        return
    wanted = dict.fromkeys(r.dataset for d in study.analyses for r in d.results)
    records = {n: pd.concat(datasets.frames(specs[n], blocks), ignore_index=True) for n in wanted}
    found = figures(study, records)
    (home / "report").mkdir(exist_ok=True)
    told = json.dumps([asdict(f) for f in found], indent=1, ensure_ascii=False) + "\n"
    (home / "report" / "results.json").write_text(told, encoding="utf-8")
    rows = {
        r.id: [(f.group, f.statistic, f.shown) for f in found if f.result == r.id]
        for d in study.analyses
        for r in d.results
    }
    for tree in trees:
        results_pdf.write(study, rows, datasets.folder(study, tree, "adam") / DOCUMENT.href)


def figures(study: Study, records: Mapping[str, pd.DataFrame]) -> list[Figure]:
    """The figures of every result in the order of the displays.

    Takes     the published records of the datasets that the analyses name.
    """
    return [f for d in study.analyses for r in d.results for f in _result(study, d.id, r, records[r.dataset])]


def _result(study: Study, display: str, one: Analysis, records: pd.DataFrame) -> list[Figure]:
    for name, value in one.where.items():
        records = records[records[name].eq(value)]
    listed = study.datasets[one.dataset].variables[one.arms.variable].codelist
    assert listed, "agreement sees to it that the arms are a list"
    arms = {a: records[records[one.arms.variable].eq(a)] for a in study.codelists[listed].terms}
    control = one.arms.control
    say = _Say(display, one.id)
    found = [
        f for arm, held in arms.items() for f in (_rate if one.response else _median)(say, one, arm, held)
    ]
    for arm in (a for a in arms if a != control):
        found += (_difference if one.response else _compared)(
            say, one, f"{arm} versus {control}", arms[arm], arms[control]
        )
    return found


@dataclass(frozen=True)
class _Say:
    """Makes the figures of one result: rounds, and writes what is shown."""

    display: str
    result: str

    def count(self, group: str, statistic: str, value: int) -> Figure:
        return Figure(
            self.display, self.result, group, statistic, "participants", value, None, None, str(value)
        )

    def estimate(
        self, group: str, statistic: str, unit: str, numbers: Sequence[float | None], digits: int
    ) -> Figure:
        """Takes     the estimate and its limits; digits behind the point."""
        value, low, high = (
            None if n is None else round(n, digits) + 0.0 for n in numbers
        )  # + 0.0: no negative zero
        shown = NONE
        if value is not None or low is not None or high is not None:
            shown = "{} ({}, {})".format(
                *(NONE if n is None else f"{n:.{digits}f}" for n in (value, low, high))
            )
        return Figure(self.display, self.result, group, statistic, unit, value, low, high, shown)

    def probability(self, group: str, statistic: str, p: float | None) -> Figure:
        value = None if p is None else round(p, 4)
        shown = NONE if value is None else "<0.0001" if value < 0.0001 else f"{value:.4f}"
        return Figure(self.display, self.result, group, statistic, "", value, None, None, shown)


def _responded(one: Analysis, records: pd.DataFrame) -> np.ndarray:
    assert one.response
    return records[one.response.variable].eq(one.response.is_).to_numpy(dtype=bool)


def _rate(say: _Say, one: Analysis, arm: str, records: pd.DataFrame) -> list[Figure]:
    found = response.rate(_responded(one, records))
    numbers = [_percent(n) for n in (found.rate, found.low, found.high)]
    return [
        say.count(arm, "Participants", found.participants),
        say.count(arm, "Responders", found.responders),
        say.estimate(arm, "Response rate, % (95 % CI)", "%", numbers, 1),
    ]


def _difference(
    say: _Say, one: Analysis, group: str, records: pd.DataFrame, control: pd.DataFrame
) -> list[Figure]:
    found = response.difference(_responded(one, records), _responded(one, control))
    numbers = [_percent(n) for n in (found.difference, found.low, found.high)]
    return [
        say.estimate(
            group,
            "Difference of response rates, percentage points (95 % CI)",
            "percentage points",
            numbers,
            1,
        )
    ]


def _timed(one: Analysis, records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    assert one.survival
    return records[one.survival.time].to_numpy(dtype="float64"), records[one.survival.censored].eq(
        0
    ).to_numpy(dtype=bool)


def _median(say: _Say, one: Analysis, arm: str, records: pd.DataFrame) -> list[Figure]:
    assert one.survival
    found = survival.median(*_timed(one, records))
    unit = one.survival.unit
    return [
        say.count(arm, "Participants", found.participants),
        say.count(arm, "Events", found.events),
        say.count(arm, "Censored", found.participants - found.events),
        say.estimate(arm, f"Median, {unit} (95 % CI)", unit, (found.median, found.low, found.high), 1),
    ]


def _compared(
    say: _Say, one: Analysis, group: str, records: pd.DataFrame, control: pd.DataFrame
) -> list[Figure]:
    (times, events), (others, failed) = _timed(one, records), _timed(one, control)
    arm = np.repeat([True, False], [len(times), len(others)])
    found = survival.compare(np.concatenate([times, others]), np.concatenate([events, failed]), arm)
    return [
        say.probability(group, "Log-rank test, p", found.p),
        say.estimate(group, "Hazard ratio (95 % CI)", "", (found.ratio, found.low, found.high), 2),
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
