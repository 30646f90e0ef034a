"""What there was at baseline: results of tests, body mass, earlier therapy, lesions."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.adam.before_treatment import Reference, before_treatment
from pipeline.records import dates, lookup
from pipeline.records.answers import Words
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Days
from pipeline.study.models import Evaluator


def baseline_result(
    usubjid: pd.Series,
    randomized: pd.Series,
    exposure: Annotated[pd.DataFrame, Placed(Date("first exposure"))],
    records: Annotated[pd.DataFrame, Placed("test", "result", Date("date"))],
    test: str,
    *,
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
) -> pd.Series:
    """Last result of a test before the first dose, on its day of an earlier time; where the time of either is
    not known, the day of the first dose counts as before it. Of a participant never dosed, the last on or
    before randomization or within the stated days after it.

    Takes     participants; date of randomization; date and time of first exposure; short name, numeric result
              and date of the tests done; the short name of the test.
    Returns   number in the unit of the test; missing where none was done by then.
    Source    ADaMIG 1.3, 3.2 (baseline characteristics); specs/study.yaml, parameter baseline_reference.
    """
    name, result, date = values_of(records)
    of_test = records[records[name].eq(test) & records[result].notna()]
    before = before_treatment(
        of_test[SUBJECT],
        of_test[date],
        pd.DataFrame({SUBJECT: usubjid, "randomized": randomized}),
        exposure,
        baseline_reference=baseline_reference,
        baseline_days_after_anchor=baseline_days_after_anchor,
    )
    of_test = of_test.assign(moment=dates.moment(of_test[date]))
    last = lookup.last_of_subject(of_test[before], "moment")
    return lookup.value_of_subject(usubjid, last, result).astype("float64")


def body_mass_index(weight: pd.Series, height: pd.Series) -> pd.Series:
    """Weight divided by the square of height in metres, to one decimal.

    Takes     weight in kg; height in cm.
    Returns   kg/m2; missing where weight or height is.
    Source    ADaMIG 1.3, 3.2 (baseline characteristics).
    """
    metres = height / 100
    return (weight / metres**2).round(1)


def number_of_prior_lines(
    usubjid: pd.Series,
    drugs: Annotated[pd.DataFrame, Placed("category", Date("start"))],
    categories: Words = ("PRIOR ANTI-CANCER THERAPY",),
) -> pd.Series:
    """Number of lines of prior systemic anticancer therapy: drugs that were started on one day are one line.

    Takes     participants; category and start of medications; the categories of prior therapy.
    Returns   whole number, 0 where there was none.
    Source    specs/study.yaml, assumption prior-lines.
    """
    category, start = values_of(drugs)
    prior = drugs[drugs[category].isin(categories)]
    lines = prior.drop_duplicates([SUBJECT, start]).groupby(SUBJECT).size()
    return usubjid.map(lines).fillna(0.0).astype("float64")


def at_baseline(
    usubjid: pd.Series,
    assessments: Annotated[pd.DataFrame, Placed("evaluator", "flag of baseline", "value")],
    evaluators: tuple[Evaluator, ...],
) -> pd.Series:
    """The value of the participant's tumour assessment at baseline by the study's own evaluator, the first
    one listed.

    Takes     participants; of each assessment the evaluator, the flag of baseline and the value; the
              evaluators of the study.
    Returns   number; missing for a participant without an assessment at baseline.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.2 (baseline documentation).
    """
    evaluator, flag, value = values_of(assessments)
    own = assessments[evaluator].eq(evaluators[0].code)
    baseline = assessments[own & assessments[flag].eq("Y")]
    return lookup.value_of_subject(usubjid, baseline, value).astype("float64")
