"""Laboratory results by the grades of CTCAE, whose limits are data: pipeline/standards/tables/ctcae."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.derivations.adam.before_treatment import after_first_dose
from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import Days
from pipeline.standards import tables

Version = Literal["4.03", "5.0"]
Direction = Literal["LOW", "HIGH"]
# what a result does not show and some grades rest on beside it
Condition = Literal["ANTICOAGULATION", "FASTING", "SYMPTOMS"]
TABLE = tables.SHIPPED / "ctcae" / "laboratory.tsv"
DIGITS = 9  # of a limit that is a product: 1.5 x 1.4 is 2.1, and no float below it


def toxicity_grade_low(
    parameter: pd.Series,
    value: pd.Series,
    unit: pd.Series,
    low: pd.Series,
    high: pd.Series,
    base: pd.Series,
    base_indicator: pd.Series,
    *,
    ctcae_version: Version,
    ctcae_conditions_assumed: Sequence[Condition],
) -> pd.Series:
    """The grade of CTCAE of a low result.

    1. The highest grade counts of which the result meets a criterion: below a number, below a multiple of the
       lower limit of normal, or a decrease from baseline.
    2. A criterion that rests on the participant's baseline counts where baseline was, or was not, above the
       upper limit of normal, as the criterion says; without a baseline it was not.
    3. A criterion that rests on what a result does not show (symptoms, fasting, anticoagulation) counts only
       where the inputs say that it is assumed.
    4. A result that meets no criterion has grade 0. It has no grade where CTCAE has none for the parameter
       or none in its unit, or where a limit of normal or a baseline that is asked for is missing and no
       criterion is met.

    Takes     code of the parameter, which is LBTESTCD of blood, serum or plasma; value, unit, limits of
              normal; value at baseline, and where it lay (HIGH, LOW, NORMAL); version; conditions assumed.
    Returns   0 to 4 as text; missing without a grade.
    Source    CTCAE 4.03 (NCI 2010), CTCAE 5.0 (NCI 2017), laboratory criteria; ADaMIG 1.3, 3.3.7 (ATOXGRL).
    """
    records = _results(parameter, value, unit, low, high, base, base_indicator)
    return _grades(records, _criteria(ctcae_version, "LOW", tuple(ctcae_conditions_assumed)))


def toxicity_grade_high(
    parameter: pd.Series,
    value: pd.Series,
    unit: pd.Series,
    low: pd.Series,
    high: pd.Series,
    base: pd.Series,
    base_indicator: pd.Series,
    *,
    ctcae_version: Version,
    ctcae_conditions_assumed: Sequence[Condition],
) -> pd.Series:
    """The grade of CTCAE of a high result.

    1. The highest grade counts of which the result meets a criterion: above a number, above a multiple of the
       upper limit of normal, or above a multiple of baseline.
    2. A criterion that rests on the participant's baseline counts where baseline was, or was not, above the
       upper limit of normal, as the criterion says; without a baseline it was not.
    3. A criterion that rests on what a result does not show (symptoms, fasting, anticoagulation) counts only
       where the inputs say that it is assumed.
    4. A result that meets no criterion has grade 0. It has no grade where CTCAE has none for the parameter
       or none in its unit, or where a limit of normal or a baseline that is asked for is missing and no
       criterion is met.

    Takes     as `toxicity_grade_low`.
    Returns   0 to 4 as text; missing without a grade.
    Source    CTCAE 4.03 (NCI 2010), CTCAE 5.0 (NCI 2017), laboratory criteria; ADaMIG 1.3, 3.3.7 (ATOXGRH).
    """
    records = _results(parameter, value, unit, low, high, base, base_indicator)
    return _grades(records, _criteria(ctcae_version, "HIGH", tuple(ctcae_conditions_assumed)))


def toxicity_term_low(parameter: pd.Series, *, ctcae_version: Version) -> pd.Series:
    """The term of CTCAE by which a low result is graded.

    Takes     code of the parameter; version of CTCAE.
    Returns   text; missing for a parameter that is not graded when it is low.
    Source    CTCAE 4.03 (NCI 2010), CTCAE 5.0 (NCI 2017).
    """
    return parameter.map(_terms(ctcae_version, "LOW")).astype("str")


def toxicity_term_high(parameter: pd.Series, *, ctcae_version: Version) -> pd.Series:
    """The term of CTCAE by which a high result is graded.

    Takes     code of the parameter; version of CTCAE.
    Returns   text; missing for a parameter that is not graded when it is high.
    Source    CTCAE 4.03 (NCI 2010), CTCAE 5.0 (NCI 2017).
    """
    return parameter.map(_terms(ctcae_version, "HIGH")).astype("str")


def worst_on_treatment(
    records: Annotated[pd.DataFrame, Placed("parameter", Date("date"), "grade")],
    last_dose: pd.Series,
    exposure: Annotated[pd.DataFrame, Placed(Date("first exposure"))],
    *,
    on_treatment_days: Days,
) -> pd.Series:
    """Y for the record with the highest grade under treatment, of each parameter; of several the first.

    1. A record counts that has a grade, whether or not the parameter has a baseline.
    2. It is of a later day than the first dose, or of its day and of its time or a later one where both times
       are known,
    3. and of not more than the stated days after the last dose. Without a date of the last dose there is no
       such end.

    Takes     the participant's records: parameter, date and time (ISO 8601), grade; date of last exposure;
              date and time of first exposure; days after the last dose that still count.
    Returns   Y or missing; missing for a participant who was never dosed.
    Source    ADaMIG 1.3, 3.3.8 (ANLzzFL); specs/study.yaml, parameter on_treatment_days.
    """
    parameter, date, grade = values_of(records)
    too_late = dates.day(records[date]).gt(last_dose + pd.Timedelta(days=on_treatment_days))
    counts = records[grade].notna() & after_first_dose(records[SUBJECT], records[date], exposure) & ~too_late
    graded = records[counts]
    ranked = graded.assign(below=-graded[grade].astype("float64"), moment=dates.moment(graded[date]))
    worst = lookup.first_of_each(ranked, [SUBJECT, parameter], "below", "moment")
    return record_flag(pd.Series(records.index.isin(worst.index), index=records.index))


def _results(
    parameter: pd.Series,
    value: pd.Series,
    unit: pd.Series,
    low: pd.Series,
    high: pd.Series,
    base: pd.Series,
    base_indicator: pd.Series,
) -> pd.DataFrame:
    """The results by the names of the table, each with its place."""
    above = base_indicator.eq("HIGH")
    results = {
        "place": np.arange(len(parameter)),
        "test": parameter.array,
        "value": value.array,
        "unit": unit.array,
        "LLN": low.array,
        "ULN": high.array,
        "BASE": base.array,
        "BASELINE ABNORMAL": above.array,
        "BASELINE NORMAL": (~above).array,
        "RESULT BELOW NORMAL": value.lt(low).array,
    }
    return pd.DataFrame(results, index=parameter.index, copy=False)


def _grades(results: pd.DataFrame, criteria: pd.DataFrame) -> pd.Series:
    graded = results[results["value"].notna() & results["test"].isin(criteria["test"])]
    judged = graded.merge(criteria, how="inner", on="test", validate="m:m", suffixes=("", "_of_limit"))
    in_unit = judged["unit_of_limit"].eq("") | judged["unit_of_limit"].eq(judged["unit"])
    judged = judged[in_unit & _counts(judged)]

    limit = (judged["limit"] * _reference(judged) + judged["plus"]).round(DIGITS)
    value = judged["value"].round(DIGITS)
    met = (
        (judged["bound"].eq(">") & value.gt(limit))
        | (judged["bound"].eq(">=") & value.ge(limit))
        | (judged["bound"].eq("<") & value.lt(limit))
        | (judged["bound"].eq("<=") & value.le(limit))
    )
    grade = np.full(len(results), np.nan)
    # grade 0 only where every criterion could be asked: a limit that is not known might have been exceeded
    all_limits_known = judged.loc[~met].assign(known=limit.notna()).groupby("place")["known"].all()
    grade[all_limits_known.index[all_limits_known]] = 0.0
    highest = judged[met].groupby("place")["grade"].max()
    grade[highest.index] = highest
    texts = {0.0: "0", 1.0: "1", 2.0: "2", 3.0: "3", 4.0: "4"}
    return pd.Series(grade, index=results.index).map(texts).astype("str")


def _counts(judged: pd.DataFrame) -> pd.Series:
    """Whether the criterion is one for this participant and this result."""
    counts = judged["when"].eq("")
    for when in ("BASELINE NORMAL", "BASELINE ABNORMAL", "RESULT BELOW NORMAL"):
        counts |= judged["when"].eq(when) & judged[when]
    return counts


def _reference(judged: pd.DataFrame) -> pd.Series:
    """What the limit is a multiple of; 1 for a limit that is a number."""
    reference = pd.Series(1.0, index=judged.index)
    for name in ("LLN", "ULN", "BASE"):
        reference = reference.mask(judged["times"].eq(name), judged[name])
    return reference


@lru_cache(maxsize=8)
def _criteria(version: str, direction: Direction, assumed: tuple[str, ...]) -> pd.DataFrame:
    """The criteria of a version for low or for high results."""
    lines = [
        line
        for line in tables.rows(TABLE)
        if line["version"] == version
        and line["direction"] == direction
        and (not line["condition"] or line["condition"] in assumed)
    ]
    texts = {name: [line[name] for line in lines] for name in ("test", "unit", "bound", "times", "when")}
    numbers = {name: [float(line[name] or 0) for line in lines] for name in ("grade", "limit", "plus")}
    return pd.DataFrame(texts, dtype="str").assign(**numbers)


@lru_cache(maxsize=8)
def _terms(version: str, direction: Direction) -> dict[str, str]:
    return {
        line["test"]: line["term"]
        for line in tables.rows(TABLE)
        if line["version"] == version and line["direction"] == direction
    }
