"""Response parameters of a participant: best response, response at a planned assessment, clinical benefit,
progression, last assessment.

The source says which variables hold the responses, so that the same functions serve the derived responses
and the investigator's.

SRCDOM, SRCVAR and SRCSEQ name what the value was taken from (ADaMIG 1.3, 3.3.9: the column that relates to
AVAL or AVALC). SRCVAR is the variable that holds the response, or what else decides the value. Y for a dated
event (progression, death) says that the event has a date: SRCVAR is the variable that holds this date. Where
no record decided the value, as in N for a participant without progression, all three are missing.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd

from pipeline.derivations.adam.response_records import (
    assessed,
    counts,
    decided,
    randomized,
    records_of,
    yes_or_no,
)
from pipeline.derivations.oncology import best
from pipeline.derivations.oncology.responses import Response
from pipeline.records import dates, lookup
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.records.measures import Assessments, Days, VisitName
from pipeline.study.models import ResponseSource, Visit

RESPONSES = ["CR", "PR"]
STABLE = ["SD", "NON-CR/NON-PD"]
PERSISTS = "PERSISTS"  # why a response is PR though its sum is not
NUMBERS = {"CR": 1.0, "PR": 2.0, "SD": 3.0, "NON-CR/NON-PD": 4.0, "PD": 5.0, "NE": 6.0, "Y": 1.0, "N": 0.0}


def best_overall_response(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    minimum_sd_days: Days,
    before_new_therapy: bool,
    on_therapy_start: bool,
    without_assessment: Response | None,
) -> pd.DataFrame:
    """Best overall response without confirmation: the best of CR, PR, SD, NON-CR/NON-PD, PD, NE up to and
    including the first progression and before new anticancer therapy; SD and NON-CR/NON-PD count from the
    minimum duration after randomization on.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per randomized participant, dated by the first assessment that shows the response.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    rules = best.Best(
        minimum_sd_days=minimum_sd_days,
        before_new_therapy=before_new_therapy,
        on_therapy_start=on_therapy_start,
        without_assessment=without_assessment,
    )
    responses = best.best_response(assessments, participants, rules)
    deciding = assessments.loc[responses["bor_row"].dropna().astype("int64")]
    return decided(participants, responses["bor"], deciding)


def best_response_by_visit(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    visits: tuple[Visit, ...],
    *,
    primary_visit: VisitName,
    minimum_sd_days: Days,
    before_new_therapy: bool,
    on_therapy_start: bool,
    without_assessment: Response | None,
) -> pd.DataFrame:
    """Best overall response without confirmation among the assessments up to the end of the window of the
    primary outcome.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; visits and parameters of specs/study.yaml.
    Returns   one record per randomized participant, dated by the first assessment that shows the response.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3; specs/study.yaml, parameter primary_visit.
    """
    last_day = next((v.day or 0) + v.after for v in visits if v.name == primary_visit)
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    day = dates.days_between(assessments["reference"], assessments["date"])
    assessments = assessments[day.le(last_day)].reset_index(drop=True)
    rules = best.Best(
        minimum_sd_days=minimum_sd_days,
        before_new_therapy=before_new_therapy,
        on_therapy_start=on_therapy_start,
        without_assessment=without_assessment,
    )
    responses = best.best_response(assessments, participants, rules)
    deciding = assessments.loc[responses["bor_row"].dropna().astype("int64")]
    return decided(participants, responses["bor"], deciding)


def confirmed_response(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    minimum_sd_days: Days,
    confirm_days: Days,
    max_ne_between: Assessments,
    before_new_therapy: bool,
    on_therapy_start: bool,
    cr_then_pr: Literal["PD", "PR", "AS REPORTED"],
    disease_after_early_cr_is_pd: bool,
    pr_then_sd_needs_minimum: bool,
    persisting_pr_confirms: bool,
    without_assessment: Response | None,
) -> pd.DataFrame:
    """Best overall response with confirmation, up to and including the first progression and before new
    anticancer therapy: the best of CR, PR, SD, NON-CR/NON-PD, PD, NE.

    A CR is confirmed by a later CR, a PR by a later PR or CR: the first one that comes the least number of
    days after it or more (confirm_days). Between the two lie only responses that could confirm it, and no
    more assessments that could not be evaluated than are allowed (max_ne_between). A CR or PR that nothing
    confirms counts as SD, of a participant without target lesions as NON-CR/NON-PD. SD and NON-CR/NON-PD
    count from the minimum duration after randomization on (minimum_sd_days), and as NE before it; SD or
    NON-CR/NON-PD that follows a CR then counts as PD (disease_after_early_cr_is_pd), and SD that follows a PR
    stays SD (pr_then_sd_needs_minimum). A PR that follows a CR, with nothing but NE between them, is read as
    PD, or makes the CR a PR, or both stay as reported (cr_then_pr). A PR that persists although its sum is
    above 70 % of baseline again is read as SD, so that it confirms none (persisting_pr_confirms). In brackets
    stand the inputs with the study's choice.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per randomized participant, dated by the first assessment of the pair.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3, 4.4.4, tables 2, 3; EORTC, published answers on RECIST 1.1.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    if source.reason:
        assessments = assessments.assign(persists=assessments["reason"].eq(PERSISTS))
    if source.targets:
        assessments = assessments.assign(without_targets=assessments["targets"].eq(0))
    rules = best.Best(
        minimum_sd_days=minimum_sd_days,
        confirm_days=confirm_days,
        max_ne_between=max_ne_between,
        before_new_therapy=before_new_therapy,
        on_therapy_start=on_therapy_start,
        cr_then_pr=cr_then_pr,
        disease_after_early_cr_is_pd=disease_after_early_cr_is_pd,
        pr_then_sd_needs_minimum=pr_then_sd_needs_minimum,
        persisting_pr_confirms=persisting_pr_confirms,
        without_assessment=without_assessment,
    )
    responses = best.best_confirmed_response(assessments, participants, rules)
    deciding = assessments.loc[responses["cbor_row"].dropna().astype("int64")]
    return decided(participants, responses["cbor"], deciding)


def confirmed_responder(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    minimum_sd_days: Days,
    confirm_days: Days,
    max_ne_between: Assessments,
    before_new_therapy: bool,
    on_therapy_start: bool,
    cr_then_pr: Literal["PD", "PR", "AS REPORTED"],
    disease_after_early_cr_is_pd: bool,
    pr_then_sd_needs_minimum: bool,
    persisting_pr_confirms: bool,
    without_assessment: Response | None,
) -> pd.DataFrame:
    """Y where the best overall response with confirmation is CR or PR, dated by the first assessment of the
    pair; else N.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.4.
    """
    confirmed = confirmed_response(
        subjects,
        records,
        source,
        minimum_sd_days=minimum_sd_days,
        confirm_days=confirm_days,
        max_ne_between=max_ne_between,
        before_new_therapy=before_new_therapy,
        on_therapy_start=on_therapy_start,
        cr_then_pr=cr_then_pr,
        disease_after_early_cr_is_pd=disease_after_early_cr_is_pd,
        pr_then_sd_needs_minimum=pr_then_sd_needs_minimum,
        persisting_pr_confirms=persisting_pr_confirms,
        without_assessment=without_assessment,
    )
    responders = confirmed[confirmed["AVALC"].isin(RESPONSES)].rename(columns={"ADT": "date"})
    participants = randomized(subjects)
    return decided(participants, yes_or_no(participants, responders), responders)


def responder(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    before_new_therapy: bool,
    on_therapy_start: bool,
) -> pd.DataFrame:
    """Y where the best overall response without confirmation is CR or PR, dated by the first of them; else N.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3, 4.6.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    counting = counts(assessments, before_new_therapy=before_new_therapy, on_therapy_start=on_therapy_start)
    responses = assessments[counting & assessments["response"].isin(RESPONSES)]
    first = responses.drop_duplicates(SUBJECT)
    return decided(participants, yes_or_no(participants, first), first)


def disease_control(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    minimum_sd_days: Days,
    before_new_therapy: bool,
    on_therapy_start: bool,
    without_assessment: Response | None,
) -> pd.DataFrame:
    """Y where the best overall response without confirmation is CR, PR, SD or NON-CR/NON-PD, dated by the
    first assessment that shows it; else N.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3 (best response, minimum duration of stable disease).
    """
    best_response = best_overall_response(
        subjects,
        records,
        source,
        minimum_sd_days=minimum_sd_days,
        before_new_therapy=before_new_therapy,
        on_therapy_start=on_therapy_start,
        without_assessment=without_assessment,
    )
    is_controlled = best_response["AVALC"].isin([*RESPONSES, *STABLE])
    controlled = best_response[is_controlled].rename(columns={"ADT": "date"})
    participants = randomized(subjects)
    return decided(participants, yes_or_no(participants, controlled), controlled)


def clinical_benefit(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    clinical_benefit_days: Days,
    before_new_therapy: bool,
    on_therapy_start: bool,
) -> pd.DataFrame:
    """Y where there was a CR or PR, or an SD or NON-CR/NON-PD that lasted the minimum duration of clinical
    benefit; dated by the first; else N.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per randomized participant.
    Source    specs/study.yaml, assumption stable-disease, parameter clinical_benefit_days.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    counting = counts(assessments, before_new_therapy=before_new_therapy, on_therapy_start=on_therapy_start)
    from_day = assessments["reference"] + pd.Timedelta(days=clinical_benefit_days)
    lasting = assessments["response"].isin(STABLE) & assessments["date"].ge(from_day)
    benefits = assessments[counting & (assessments["response"].isin(RESPONSES) | lasting)]
    first = benefits.drop_duplicates(SUBJECT)
    return decided(participants, yes_or_no(participants, first), first)


def progression(subjects: pd.DataFrame, records: pd.DataFrame, source: ResponseSource) -> pd.DataFrame:
    """Y where a progression is documented, whatever therapy was begun before it, with its date; else N.

    Takes     participants with randomization; assessments, and which of their variables holds what.
    Returns   one record per randomized participant; SRCVAR is the variable that dates the progression.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    first = assessments[assessments["response"].eq("PD")].drop_duplicates(SUBJECT)
    first = first.assign(SRCVAR=first["date_variable"])
    return decided(participants, yes_or_no(participants, first), first)


def confirmed_progression(
    subjects: pd.DataFrame, records: pd.DataFrame, source: ResponseSource
) -> pd.DataFrame:
    """Y where iRECIST confirms a progression, dated to the first unconfirmed progression of the block that
    ends in it; else N.

    Takes     participants with randomization; assessments with their number, and the date of the progression
              that each confirms.
    Returns   one record per randomized participant, with the identity of the first assessment that confirms
              it.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2.
    """
    participants = randomized(subjects)
    assessments = records_of(records, source)
    confirming = assessments[assessments["date"].notna()]
    first = lookup.first_of_subject(confirming, "number")
    return decided(participants, yes_or_no(participants, first), first)


def response_at_visit(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    windows: pd.DataFrame,
    *,
    primary_visit: VisitName,
    before_new_therapy: bool,
    on_therapy_start: bool,
) -> pd.DataFrame:
    """Y where the overall response is CR or PR at the assessment in the window of the primary outcome, the
    one nearest to its day, without progression or new anticancer therapy before it; else N, also where there
    was no such assessment.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; of each assessment the planned visit in whose window it lies, flagged where it is the
              nearest; parameters of specs/study.yaml.
    Returns   one record per randomized participant, dated by that assessment.
    Source    specs/study.yaml, parameter primary_visit; registry record, primary outcome.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    counting = counts(assessments, before_new_therapy=before_new_therapy, on_therapy_start=on_therapy_start)
    assessments = assessments.assign(responded=counting & assessments["response"].isin(RESPONSES))
    visit, flag = values_of(windows)
    nearest = windows[windows[visit].eq(primary_visit) & windows[flag].eq("Y")]
    is_nearest = lookup.is_among([assessments[c] for c in KEY], [nearest[c] for c in KEY])
    at_visit = assessments[is_nearest].drop_duplicates(SUBJECT)
    return decided(participants, yes_or_no(participants, at_visit[at_visit["responded"]]), at_visit)


def last_assessment(
    subjects: pd.DataFrame,
    records: pd.DataFrame,
    source: ResponseSource,
    *,
    before_new_therapy: bool,
    on_therapy_start: bool,
) -> pd.DataFrame:
    """The last assessment that could be evaluated, up to and including the first progression and before new
    anticancer therapy.

    Takes     participants with randomization and new therapy; assessments, and which of their variables holds
              what; parameters of specs/study.yaml.
    Returns   one record per participant who has such an assessment, with its response and date.
    Source    specs/study.yaml; ADaMIG 1.3, 3.3.3.
    """
    participants = randomized(subjects)
    assessments = assessed(participants, records, source)
    counting = counts(assessments, before_new_therapy=before_new_therapy, on_therapy_start=on_therapy_start)
    evaluated = assessments[counting & assessments["response"].ne("NE")]
    last = evaluated.drop_duplicates(SUBJECT, keep="last")
    having_one = participants[participants[SUBJECT].isin(last[SUBJECT])]
    return decided(having_one, lookup.value_of_subject(having_one[SUBJECT], last, "response"), last)


def measurable_disease(subjects: pd.DataFrame, records: pd.DataFrame, source: ResponseSource) -> pd.DataFrame:
    """Y for a participant with a target lesion at baseline, else N.

    Takes     participants with randomization; assessments with their number, date, and number of target
              lesions.
    Returns   one record per randomized participant, dated by the assessment at baseline.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1, 3.2.
    """
    participants = randomized(subjects)
    assessments = records_of(records, source)
    baseline = assessments[assessments["number"].eq(0)].drop_duplicates(SUBJECT)
    with_target = baseline[baseline["value"].gt(0)]
    return decided(participants, yes_or_no(participants, with_target), baseline)


def died(subjects: pd.DataFrame, records: pd.DataFrame, source: ResponseSource) -> pd.DataFrame:
    """Y for a participant known to have died, with the date of death; else N.

    Takes     participants with randomization; flag and date of death.
    Returns   one record per randomized participant; SRCVAR is the date of death, without one the flag.
    Source    ADaMIG 1.3, 3.2 (DTHFL, DTHDT).
    """
    participants = randomized(subjects)
    flagged = records_of(records, source).drop_duplicates(SUBJECT)
    deaths = flagged[flagged["value"].eq("Y")]
    is_dated = flagged["value"].eq("Y") & flagged["date"].notna()
    deciding = flagged.assign(SRCVAR=flagged["SRCVAR"].mask(is_dated, source.date))
    return decided(participants, yes_or_no(participants, deaths), deciding)


def response_number(response: pd.Series) -> pd.Series:
    """The response as a number: CR 1, PR 2, SD 3, NON-CR/NON-PD 4, PD 5, NE 6; Y 1, N 0.

    Takes     AVALC.
    Returns   AVAL, one to one with AVALC within a parameter.
    Source    ADaMIG 1.3, 3.3.4 (AVAL, AVALC).
    """
    return response.map(NUMBERS).astype("float64")
