"""The results of the study's analyses, worked out from the published ADaM records: tables to read (PDF) and a
list for programs (JSON).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.derivations.statistics import agreement, response, survival
from pipeline.publish import block_files, datasets
from pipeline.publish.define.model import SupportingDocument
from pipeline.publish.package import results_pdf
from pipeline.study import Study
from pipeline.study.analyses import Analysis
from pipeline.study.models import Dataset

DOCUMENT = SupportingDocument("adam", "LF.results", results_pdf.TITLE, "results.pdf")
NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True)
class ResultRow:
    """One statistic of a result: its value with 95 % confidence limits, and the text of the display.

    A value or limit is None where it cannot be estimated; a count and a p-value have no limits. Numbers are
    rounded to twelve significant digits: the last bits of a computation may differ between processors.
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
    """What `write` leaves beside define.xml: nothing where a study declares no analysis.

    Takes     a study.
    Returns   the documents to which define.xml of ADaM refers.
    """
    return (DOCUMENT,) if study.analyses else ()


def write(
    study: Study, specs: Mapping[str, Dataset], blocks: Sequence[Path], home: Path, trees: Sequence[Path]
) -> None:
    """Writes results.pdf beside the ADaM datasets and results.json into the report, both from the records as
    they are published.

    Takes     folders with one Arrow file a dataset, in the order of subjects; the folder of the build, and
              those in it with an m5 folder.
    """
    if not study.analyses:
        return
    analyses = [analysis for display in study.analyses for analysis in display.results]
    names = dict.fromkeys(analysis.dataset for analysis in analyses)
    records = {n: pd.concat(block_files.frames(specs[n], blocks), ignore_index=True) for n in names}
    rows = result_rows(study, records)
    (home / "report").mkdir(exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"
    (home / "report" / "results.json").write_text(text, encoding="utf-8")
    shown = {a.id: [(r.group, r.statistic, r.shown) for r in rows if r.result == a.id] for a in analyses}
    for tree in trees:
        results_pdf.write(study, shown, datasets.folder(study, tree, "adam") / DOCUMENT.href)


def result_rows(study: Study, records: Mapping[str, pd.DataFrame]) -> list[ResultRow]:
    """The rows of every result in the order of the displays.

    Takes     the published records of the datasets that the analyses name.
    """
    rows: list[ResultRow] = []
    for display in study.analyses:
        for analysis in display.results:
            rows += _rows_of(study, display.id, analysis, records[analysis.dataset])
    return rows


def _rows_of(study: Study, display: str, analysis: Analysis, records: pd.DataFrame) -> list[ResultRow]:
    for name, value in analysis.where.items():
        records = records[records[name].eq(value)]
    arm = analysis.arms.variable
    codelist = study.datasets[analysis.dataset].variables[arm].codelist
    assert codelist, "the agreement of the specs makes sure that the arms are a list"
    arms = {term: records[records[arm].eq(term)] for term in study.codelists[codelist].terms}
    control = analysis.arms.control
    make = _Rows(display, analysis.id)
    rows: list[ResultRow] = []
    if analysis.agreement:
        return [row for term in arms for row in _agreement(make, study, analysis, term, arms[term])]
    for term, participants in arms.items():
        of_arm = _rate if analysis.response else _median
        rows += of_arm(make, analysis, term, participants)
    for term in (term for term in arms if term != control):
        compared = _difference if analysis.response else _hazard_ratio
        rows += compared(make, analysis, f"{term} versus {control}", arms[term], arms[control])
    return rows


@dataclass(frozen=True)
class _Rows:
    """Makes the rows of one result, with the text that the display shows."""

    display: str
    result: str

    def count(self, group: str, statistic: str, value: int) -> ResultRow:
        return self._row(group, statistic, "participants", (value, None, None), str(value))

    def estimate(
        self, group: str, statistic: str, unit: str, numbers: Sequence[float | None], digits: int
    ) -> ResultRow:
        """Takes     the estimate and its limits; digits after the point that are shown."""
        shown = NOT_ESTIMABLE
        if any(n is not None for n in numbers):
            value, low, high = (_text(n, digits) for n in numbers)
            shown = f"{value} ({low}, {high})"
        return self._row(group, statistic, unit, numbers, shown)

    def probability(self, group: str, statistic: str, p: float | None) -> ResultRow:
        if p is None:
            return self._row(group, statistic, "", (None, None, None), NOT_ESTIMABLE)
        shown = "<0.0001" if p < 0.0001 else f"{p:.4f}"
        return self._row(group, statistic, "", (p, None, None), shown)

    def _row(
        self, group: str, statistic: str, unit: str, numbers: Sequence[float | None], shown: str
    ) -> ResultRow:
        value, low, high = (None if n is None else float(f"{n:.12g}") for n in numbers)
        return ResultRow(self.display, self.result, group, statistic, unit, value, low, high, shown)


def _text(number: float | None, digits: int) -> str:
    if number is None:
        return NOT_ESTIMABLE
    return f"{round(number, digits) + 0.0:.{digits}f}"  # + 0.0: no negative zero


# --- response
def _rate(make: _Rows, analysis: Analysis, arm: str, records: pd.DataFrame) -> list[ResultRow]:
    rate = response.rate(_responded(analysis, records))
    return [
        make.count(arm, "Participants", rate.participants),
        make.count(arm, "Responders", rate.responders),
        make.estimate(arm, "Response rate, % (95 % CI)", "%", _percent(rate.rate, rate.low, rate.high), 1),
    ]


def _difference(
    make: _Rows, analysis: Analysis, group: str, records: pd.DataFrame, control: pd.DataFrame
) -> list[ResultRow]:
    difference = response.difference(_responded(analysis, records), _responded(analysis, control))
    numbers = _percent(difference.difference, difference.low, difference.high)
    statistic = "Difference of response rates, percentage points (95 % CI)"
    return [make.estimate(group, statistic, "percentage points", numbers, 1)]


def _responded(analysis: Analysis, records: pd.DataFrame) -> np.ndarray:
    assert analysis.response
    return records[analysis.response.variable].eq(analysis.response.is_).to_numpy(dtype=bool)


def _percent(*shares: float | None) -> list[float | None]:
    return [None if share is None else 100 * share for share in shares]


# --- time to event
def _median(make: _Rows, analysis: Analysis, arm: str, records: pd.DataFrame) -> list[ResultRow]:
    assert analysis.survival
    unit = analysis.survival.unit
    median = survival.median(*_times_and_events(analysis, records))
    numbers = (median.median, median.low, median.high)
    return [
        make.count(arm, "Participants", median.participants),
        make.count(arm, "Events", median.events),
        make.count(arm, "Censored", median.participants - median.events),
        make.estimate(arm, f"Median, {unit} (95 % CI)", unit, numbers, 1),
    ]


def _hazard_ratio(
    make: _Rows, analysis: Analysis, group: str, records: pd.DataFrame, control: pd.DataFrame
) -> list[ResultRow]:
    times, events = _times_and_events(analysis, records)
    control_times, control_events = _times_and_events(analysis, control)
    is_treated = np.repeat([True, False], [len(times), len(control_times)])
    comparison = survival.compare(
        np.concatenate([times, control_times]), np.concatenate([events, control_events]), is_treated
    )
    ratio = (comparison.ratio, comparison.low, comparison.high)
    return [
        make.probability(group, "Log-rank test, p", comparison.p),
        make.estimate(group, "Hazard ratio (95 % CI)", "", ratio, 2),
    ]


def _times_and_events(analysis: Analysis, records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    assert analysis.survival
    times = records[analysis.survival.time].to_numpy(dtype="float64")
    return times, records[analysis.survival.censored].eq(0).to_numpy(dtype=bool)


# --- agreement
def _agreement(
    make: _Rows, study: Study, analysis: Analysis, arm: str, records: pd.DataFrame
) -> list[ResultRow]:
    assert analysis.agreement
    asked = analysis.agreement
    answers = {
        parameter: records[records[asked.by].eq(parameter)].set_index("USUBJID")[asked.variable]
        for parameter in (asked.first, asked.second)
    }
    both = pd.DataFrame(answers).dropna()
    first, second = (both[parameter].to_numpy(dtype=object) for parameter in answers)
    known = study.datasets[analysis.dataset].variables[asked.variable].codelist
    listed = list(study.codelists[known].terms) if known else []
    others = sorted({*first, *second} - {*listed})
    found = agreement.agreement(first, second, [*listed, *others])
    pairs = [
        make.count(arm, f"{asked.first} {a}, {asked.second} {b}", number)
        for (a, b), number in found.pairs.items()
    ]
    share = _percent(found.rate, found.low, found.high)
    kappa = (found.kappa, found.kappa_low, found.kappa_high)
    return [
        make.count(arm, "Participants with both", found.participants),
        *pairs,
        make.count(arm, "Agreeing", found.agreeing),
        make.estimate(arm, "Agreement, % (95 % CI)", "%", share, 1),
        make.estimate(arm, "Cohen's kappa (95 % CI)", "", kappa, 2),
    ]
