"""Tumour assessments in order: their number from baseline, the visit planned for each, and what the evaluator
reported of it.
"""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.adam.basic import record_flag
from pipeline.derivations.adam.before_treatment import Reference, before_treatment
from pipeline.records import dates, lookup
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.records.measures import Days
from pipeline.study.models import Visit

GROUP = "ASMT"
NO_RESPONSE = ["NOT APPLICABLE", "NA", "N/A"]
# what the evaluator reported, by the test of RS
REPORTED = {"TRGRESP": "IVTARGET", "NTRGRESP": "IVNTARG", "NEWLPROG": "IVNEW", "OVRLRESP": "IVOVRL"}


def assessments(
    subjects: pd.DataFrame,
    exposure: pd.DataFrame,
    measured: pd.DataFrame,
    reported: pd.DataFrame,
    *,
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
) -> pd.DataFrame:
    """The assessments of randomized participants, in order and numbered from baseline.

    1. An assessment is what bears one label (A1, A2 ...; of a reviewer R1-A1, R1-A2 ...), in the measurements
       (TRLNKGRP) or in what the evaluator reported (RSGRPID, without it RSLNKGRP). The number at
       its end puts it in order.
    2. It has the identity, date and visit of its first record; a measurement comes before a reported
       response, whatever their dates.
    3. Baseline is the last assessment before treatment, as its first scan tells. Earlier ones are dropped.
    4. Baseline is 0, the assessments after it are 1, 2, 3 ...; without a baseline too, the first is 1.

    Takes     participants with the anchor; date and time of first exposure; measurements of TR and responses
              of RS by one evaluator; the parameters of baseline.
    Returns   KEY, ASMT, VISITNUM, VISIT, date, start (the anchor) and assessment, the number.
    """
    measurements = measured.rename(columns={"TRLNKGRP": GROUP}).assign(
        collected=measured["TRDTC"], only_reported=0
    )
    responses = _labelled(reported).assign(collected=reported["RSDTC"], only_reported=1)
    columns = [*KEY, GROUP, "VISITNUM", "VISIT", "collected", "only_reported"]
    records = pd.concat([measurements[columns], responses[columns]], ignore_index=True)
    (start,) = values_of(subjects)
    records = records.assign(
        start=lookup.value_of_subject(records[SUBJECT], subjects, start),
        date=dates.day(records["collected"]),
        moment=dates.moment(records["collected"]),
        before=before_treatment(
            records[SUBJECT],
            records["collected"],
            subjects,
            exposure,
            baseline_reference=baseline_reference,
            baseline_days_after_anchor=baseline_days_after_anchor,
        ),
    )
    records = records[records[GROUP].notna() & records["start"].notna()]
    number = records[GROUP].str.extract(r"([0-9]+)$", expand=False)  # A10 comes after A9
    records = records.assign(number=number.astype("float64"))

    assessments = lookup.first_of_each(records, [SUBJECT, "number"], "only_reported", "moment")
    place = assessments.groupby(SUBJECT).cumcount().add(1)
    place_before_treatment = place.where(assessments["before"], 0)
    place_of_baseline = place_before_treatment.groupby(assessments[SUBJECT]).transform("max")
    assessments = assessments.assign(assessment=place - place_of_baseline)
    kept = assessments[assessments["assessment"].ge(0)].reset_index(drop=True)
    return kept[[*KEY, GROUP, "VISITNUM", "VISIT", "date", "start", "assessment"]]


def _labelled(reported: pd.DataFrame) -> pd.DataFrame:
    """The reported responses with the label of their assessment."""
    return reported.rename(columns={"RSGRPID" if "RSGRPID" in reported else "RSLNKGRP": GROUP})


def answers(reported: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """What the evaluator reported of each assessment: the responses, their date, and the sum. That a response
    is not applicable, as that of non-target lesions where there are none, is no response.

    Takes     responses of RS and measurements of TR by one evaluator.
    Returns   USUBJID, ASMT, the variables of `REPORTED`, IVDT and IVSUM (mm).
    """
    named = _labelled(reported)
    named = named[named[GROUP].notna() & named["RSTESTCD"].isin(list(REPORTED))]
    named = named[~named["RSSTRESC"].str.upper().isin(NO_RESPONSE)]
    responses = named.drop_duplicates([SUBJECT, GROUP, "RSTESTCD"])
    assessments = responses[[SUBJECT, GROUP]].drop_duplicates()

    def of_assessment(records: pd.DataFrame, column: str) -> pd.Series:
        return lookup.value_of_match(assessments, records, [SUBJECT, GROUP], column)

    by_test = {
        variable: of_assessment(responses[responses["RSTESTCD"].eq(test)], "RSSTRESC")
        for test, variable in REPORTED.items()
    }
    dated = responses.assign(day=dates.day(responses["RSDTC"]))
    sums = measured[measured["TRTESTCD"].eq("SUMDIAM")].rename(columns={"TRLNKGRP": GROUP})
    return assessments.assign(
        **by_test,
        IVDT=of_assessment(dated[dated["day"].notna()], "day"),
        IVSUM=of_assessment(sums, "TRSTRESN"),
    )


def dated_by_scans(response: pd.Series, first: pd.Series, last: pd.Series) -> pd.Series:
    """The date of each reported response by the scans that it rests on, as a derived one is dated: the last
    scan for CR and PR, the first for any other.

    Takes     overall response as reported; first and last scan of the assessment.
    Returns   date; missing where no response was reported.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4; FDA 2007, appendix 3 (dates of progression and censoring).
    """
    return last.where(response.isin(["CR", "PR"]), first).where(response.notna())


def in_windows(assessments: pd.DataFrame, visits: tuple[Visit, ...]) -> pd.DataFrame:
    """The planned visit of each assessment.

    1. An assessment after baseline is of the planned visit in whose window its first scan lies.
    2. Baseline is of the visit that is planned for it.
    3. Of the assessments of one planned visit the one nearest to its day is flagged, of two equally near the
       first: an analysis by visit is not moved by what was scanned again because of it.

    Takes     assessments with their number, start and date of the first scan; the planned visits.
    Returns   the same with AVISITN, AVISIT, AWTDIFF, ADY and ANL01FL.
    """
    day = dates.days_between(assessments["start"], assessments["first_date"])
    scans = [v for v in visits if v.scan and v.day is not None]
    later = sorted((v.day, v.before, v.after, v.name, v.number) for v in scans if v.day and v.day > 0)
    names: dict[float, str] = {}  # by each day of a window, like the two that follow
    numbers: dict[float, float] = {}
    due_days: dict[float, int] = {}
    for due, before, after, visit, visitnum in later:
        window = range(due - before, due + after + 1)
        names |= dict.fromkeys(window, visit)
        numbers |= dict.fromkeys(window, visitnum)
        due_days |= dict.fromkeys(window, due)
    day_after_baseline = day.where(assessments["assessment"].gt(0))
    name = map_distinct(day_after_baseline, names.get)
    number = map_distinct(day_after_baseline, numbers.get, "float64")
    difference = (day - map_distinct(day_after_baseline, due_days.get, "float64")).abs()
    baseline = assessments["assessment"].eq(0)
    first = next((v.number for v in scans if not v.day or v.day < 1), 0.0)
    number, name = number.mask(baseline, first), name.mask(baseline, "BASELINE")

    placed = assessments.assign(AVISITN=number, AVISIT=name, AWTDIFF=difference, ADY=day)
    distance = placed.assign(distance=difference.mask(baseline, 0.0))
    at_visit = distance[distance["AVISITN"].notna()]
    nearest = lookup.first_of_each(at_visit, [SUBJECT, "AVISITN"], "distance", "assessment")
    flagged = pd.Series(placed.index.isin(nearest.index), index=placed.index)
    return placed.assign(ANL01FL=record_flag(flagged))
