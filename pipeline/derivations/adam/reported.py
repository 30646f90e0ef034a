"""Tumour assessments of a study without single lesions: what the evaluator reported is all that there is."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.adam import numbered
from pipeline.derivations.adam.basic import record_flag
from pipeline.derivations.adam.before_treatment import Reference
from pipeline.derivations.adam.evaluators import assessed_by
from pipeline.derivations.adam.numbered import GROUP
from pipeline.records import lookup
from pipeline.records.identity import KEY, SUBJECT
from pipeline.records.measures import Days
from pipeline.study.models import Evaluator, Visit

_OF_TR = {"TRLNKGRP": "str", "TRTESTCD": "str", "TRSTRESN": "float64", "TRDTC": "str"}
_OF_VISIT = {"VISITNUM": "float64", "VISIT": "str"}


def reported_assessments(
    subjects: pd.DataFrame,
    exposure: pd.DataFrame,
    reported: pd.DataFrame,
    visits: tuple[Visit, ...],
    evaluators: tuple[Evaluator, ...],
    measured: pd.DataFrame | None = None,
    *,
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
) -> pd.DataFrame:
    """One record for each evaluator and tumour assessment of a participant, with the sum of diameters and the
    responses that the evaluator reported; nothing is worked out by RECIST.

    1. Baseline is the last assessment before the first dose or, where the inputs say so and of a participant
       who was never dosed, on or before the anchor or within the stated days after it. An earlier one is left
       out.
    2. The sum at baseline is the one reported there; the change is the sum less it.
    3. An assessment after baseline is adequate where an overall response was reported that is not NE.
    4. An assessment is after progression where the overall response of one before it is PD.
    5. CR and PR are dated by the last date of the assessment, any other response by the first.

    Takes     participants with the anchor; date and time of first exposure; reported responses; planned
              visits; evaluators; reported sums, where the study has them; the parameters of baseline.
    Returns   one record per evaluator and assessment, with the identity of its first record; millimetres,
              percent.
    Source    SDTMIG 3.4, 6.3.12 (TR, SUMDIAM; RS); FDA 2007, appendix 3 (adequate assessment).
    """
    none = _no_sums(reported)

    def sums_by(evaluator: Evaluator) -> pd.DataFrame:
        if measured is None or evaluator.responses_only:
            return none
        return assessed_by(evaluator, measured, "TR")

    def assessments_of(evaluator: Evaluator) -> pd.DataFrame:
        results, responses = sums_by(evaluator), assessed_by(evaluator, reported, "RS")
        in_order = numbered.assessments(
            subjects,
            exposure,
            results,
            responses,
            baseline_reference=baseline_reference,
            baseline_days_after_anchor=baseline_days_after_anchor,
        )
        answers = numbered.answers(responses, results).drop(columns="IVSUM")
        assessments = lookup.joined(in_order, answers, on=[SUBJECT, GROUP])
        assessments = assessments.assign(IVSUM=_sums(assessments, results))
        dates_of_each = assessments[["date", "IVDT"]]
        assessments = assessments.assign(
            first_date=dates_of_each.min(axis="columns"),
            last_date=dates_of_each.max(axis="columns"),
            ADT=assessments["IVDT"].where(assessments["IVDT"].notna(), assessments["date"]),
        )
        assessments = numbered.in_windows(_against_baseline(_judged(assessments)), visits)
        return assessments.assign(
            IVADT=numbered.dated_by_scans(
                assessments["IVOVRL"], assessments["first_date"], assessments["last_date"]
            ),
            EVALCD=pd.Series(evaluator.code, index=assessments.index, dtype="str"),
            ABLFL=record_flag(assessments["assessment"].eq(0)),
        )

    by_evaluator = [assessments_of(evaluator) for evaluator in evaluators]
    with_records = [assessments for assessments in by_evaluator if len(assessments)]
    return pd.concat(with_records or by_evaluator[:1], ignore_index=True)


def _no_sums(reported: pd.DataFrame) -> pd.DataFrame:
    """TR without a record, of a study that does not collect sums."""
    columns = {**dict.fromkeys(KEY, "str"), **_OF_TR, **_OF_VISIT}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()}).astype(
        {name: reported[name].dtype for name in (*KEY, *_OF_VISIT)}
    )


def _sums(assessments: pd.DataFrame, results: pd.DataFrame) -> pd.Series:
    """The reported sum of each assessment, which at baseline has no response beside it."""
    sums = results[results["TRTESTCD"].eq("SUMDIAM")].rename(columns={"TRLNKGRP": GROUP})
    return lookup.value_of_match(assessments, sums, [SUBJECT, GROUP], "TRSTRESN")


def _judged(assessments: pd.DataFrame) -> pd.DataFrame:
    """Whether each assessment is adequate (ADEQFL), and whether progression was reported before it."""
    response = assessments["IVOVRL"]
    evaluated = response.notna() & response.ne("NE")
    adequate = pd.Series("N", index=assessments.index, dtype="str").mask(evaluated, "Y")
    progressed = response.eq("PD").astype("int64")
    before = progressed.groupby(assessments[SUBJECT]).cumsum() - progressed
    return assessments.assign(
        ADEQFL=adequate.where(assessments["assessment"].gt(0)), AFTPDFL=record_flag(before.gt(0))
    )


def _against_baseline(assessments: pd.DataFrame) -> pd.DataFrame:
    """The reported sum at baseline, and the change of each later one from it."""
    at_baseline = assessments["IVSUM"].where(assessments["assessment"].eq(0))
    base = at_baseline.groupby(assessments[SUBJECT]).transform("first")
    change = (assessments["IVSUM"] - base).where(assessments["assessment"].gt(0))
    return assessments.assign(BASE=base, CHG=change, PCHG=(change / base * 100).where(base.gt(0)))
