"""RECIST 1.1: from the records of lesions to a response at each assessment, all participants at once."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import pandas as pd

from pipeline.derivations.oncology.lesions import HUNDREDTHS, check
from pipeline.derivations.oncology.responses import first_true, overall
from pipeline.derivations.oncology.scans import lesion_counts
from pipeline.derivations.oncology.table import table
from pipeline.records.identity import SUBJECT
from pipeline.records.measures import Days, Lesions, Millimetres, ShareOfBaseline, TimesTheNadir


@dataclass(frozen=True)
class Recist:
    """The bounds of RECIST 1.1, and every choice that its text leaves open.

    pr_fraction, pd_fraction, pd_absolute_mm
        partial response and progression of the sum; the bounds are included.
    node_normal_mm
        a node below it is normal.
    node_target_mm, lesion_target_mm
        minimum size of a measurable node, and of another lesion.
    too_small_mm
        what a lesion too small to measure counts, where no figure was given.
    max_targets, max_per_organ
        all nodes together are one organ.
    pr_persists
        a partial response stays one until PD or CR, whatever the sum (EORTC's answer).
    pr_needs_confirmation, confirm_days
        it persists only once a second PR by the sum came so many days after the first.
    normal_nodes_are_cr
        all targets gone and all nodes normal is CR even where the nodes grew by the rule of PD: a normal node
        is no disease.
    cr_outlasts_ne
        after a CR, an assessment that is NE leaves "CR at the assessment before" as it was: it evaluated
        nothing.
    non_target_reappears
        a non-target lesion present after an overall CR is PD, as a target is ("any malignant reappearance").
    non_targets_all_needed
        one non-target lesion not assessed makes the non-target response NE; if false, one that persists makes
        it NON-CR/NON-PD.
    equivocal_dates_back
        a new lesion proved later dates the PD to the scan that first showed it.
    new_lesion_without_disease
        a new lesion is PD for a participant without any lesion at baseline.
    after_pd
        derive: each assessment is compared with baseline and nadir for itself, and flagged, as iRECIST needs
        it; carry: once PD, the response stays PD.
    """

    pr_fraction: ShareOfBaseline = 0.70
    pd_fraction: TimesTheNadir = 1.20
    pd_absolute_mm: Millimetres = 5
    node_normal_mm: Millimetres = 10
    node_target_mm: Millimetres = 15
    lesion_target_mm: Millimetres = 10
    too_small_mm: Millimetres = 5
    max_targets: Lesions = 5
    max_per_organ: Lesions = 2
    pr_persists: bool = True
    pr_needs_confirmation: bool = False
    confirm_days: Days = 28
    normal_nodes_are_cr: bool = True
    cr_outlasts_ne: bool = True
    non_target_reappears: bool = True
    non_targets_all_needed: bool = True
    equivocal_dates_back: bool = True
    new_lesion_without_disease: bool = True
    after_pd: Literal["derive", "carry"] = "derive"


def assessments(lesions: pd.DataFrame, expected: pd.DataFrame | None, rules: Recist) -> pd.DataFrame:
    """Target, non-target, new lesion and overall response of each participant at each assessment, by RECIST
    1.1.

    1. Baseline is the sum at assessment 0, the nadir the smallest sum before the assessment; a sum with a
       lesion missing is neither.
    2. Target response is the first of these that applies: PD, where the sum, of the targets measured if one
       was not, is at least 120 % of the nadir and at least 5 mm above it, and not all of these targets are
       gone or normal nodes; PD, where a target is back after an overall CR; CR, where all targets were
       measured and are gone or nodes below 10 mm; NE, where a target was not measured; NE, where one was not
       at baseline; PR, where the sum is at most 70 % of baseline; else SD.
    3. After a PR, what would be SD remains PR until CR or PD (`pr_persists`).
    4. Non-target response is the first of these that applies: PD, where one progressed unequivocally or is
       back after an overall CR; NE, where one that was due was not assessed; NON-CR/NON-PD, where one
       persists; else CR.
    5. Overall response by tables 1 and 2, with new lesions.
    6. After the first PD every later assessment is PD, one that could not be evaluated too, or each has its
       own response (`after_pd`).

    Takes     one record per lesion and assessment: USUBJID, assessment (0 is baseline), lesion, role, node,
              organ, mm, state, done, date; assessments that took place (USUBJID, assessment, perhaps date),
              also those without a lesion record, or None.
    Returns   one record per participant and assessment, in that order; `table.COLUMNS`. Millimetres, percent;
              missing where a lesion is.
    Raises    PipelineError for records that no rule can read.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4 and tables 1, 2.
    """
    check(lesions)
    assessed = lesion_counts(
        lesions,
        expected,
        too_small_mm=rules.too_small_mm,
        node_normal_mm=rules.node_normal_mm,
        node_target_mm=rules.node_target_mm,
        lesion_target_mm=rules.lesion_target_mm,
    )
    assessed = _with_baseline_and_nadir(assessed)
    # A lesion is "back" only after an overall CR, and where a lesion is back there is no CR. So the responses
    # read as if none were back show every CR, and then the responses are read again.
    never = pd.Series(False, index=assessed.index)
    without_reappearance = _with_responses(assessed, never, rules)
    after_cr = _after_complete_response(without_reappearance, rules)
    assessed = _with_responses(assessed, after_cr, rules)
    assessed = _with_response_after_progression(assessed, rules)
    return table(assessed, equivocal_dates_back=rules.equivocal_dates_back)


def _with_baseline_and_nadir(assessed: pd.DataFrame) -> pd.DataFrame:
    """The sum where every target was measured, that of baseline, and the smallest before the assessment."""
    subject = assessed[SUBJECT]
    complete = assessed["n_expected"].gt(0) & assessed["n_assessed"].eq(assessed["n_expected"])
    total = assessed["sum_measured"].where(complete)
    at_baseline = total.where(assessed["assessment"].eq(0))
    smallest = total.groupby(subject, observed=True).cummin().groupby(subject, observed=True).ffill()
    return assessed.assign(
        sum=total,
        baseline=at_baseline.groupby(subject, observed=True).transform("first"),
        nadir=smallest.groupby(subject, observed=True).shift(),
    )


def is_progression(total: pd.Series, reference: pd.Series, rules: Recist) -> pd.Series:
    """Whether a sum is progression against a reference: 120 % of it or more, and 5 mm above it or more.

    Takes     sums in hundredths of a millimetre.
    Returns   true or false; false where either is missing.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1.
    """
    further = (total - reference).ge(round(rules.pd_absolute_mm * HUNDREDTHS))
    fraction = _as_typed(rules.pd_fraction)
    return (total * fraction.denominator).ge(reference * fraction.numerator) & further


def _is_partial_response(total: pd.Series, baseline: pd.Series, rules: Recist) -> pd.Series:
    """Whether a sum is at most 70 % of that of baseline."""
    fraction = _as_typed(rules.pr_fraction)
    return (total * fraction.denominator).le(baseline * fraction.numerator)


def _as_typed(fraction: float) -> Fraction:
    """0.7 as 7/10, which the float nearest to it is not."""
    return Fraction(str(fraction))


def _with_responses(assessed: pd.DataFrame, after_cr: pd.Series, rules: Recist) -> pd.DataFrame:
    """Target, non-target and overall response, where `after_cr` marks a complete response before."""
    responses = _with_non_target_response(_with_target_response(assessed, after_cr, rules), after_cr, rules)
    new_lesion = responses["n_unequivocal"].gt(0)
    return responses.assign(
        overall=overall(
            responses["target"],
            responses["non_target"],
            new_lesion,
            new_lesion_alone=rules.new_lesion_without_disease,
        )
    )


def _with_target_response(assessed: pd.DataFrame, after_cr: pd.Series, rules: Recist) -> pd.DataFrame:
    """The response of target lesions, and what decided it."""
    complete = assessed["sum"].notna()
    abnormal = assessed["n_target_abnormal"].gt(0)
    worse = is_progression(assessed["sum_measured"], assessed["nadir"], rules)
    if rules.normal_nodes_are_cr:
        # Where all that was seen is normal, what was not seen may be gone too: PD is not certain then.
        worse &= abnormal
    all_gone = complete & ~abnormal
    cases = [
        (worse, "PD", "NADIR"),
        (abnormal & after_cr, "PD", "REAPPEARED"),
        (all_gone & assessed["n_target_present"].gt(0), "CR", "NODE"),
        (all_gone, "CR", "GONE"),
        (~complete, "NE", "MISSING"),
        (assessed["baseline"].isna(), "NE", "BASELINE"),
        (_is_partial_response(assessed["sum"], assessed["baseline"], rules), "PR", "SUM"),
    ]
    expected = assessed["assessment"].gt(0) & assessed["n_expected"].gt(0)
    target = first_true([(holds, response) for holds, response, _ in cases], otherwise="SD").where(expected)
    why = first_true([(holds, reason) for holds, _, reason in cases], otherwise="SUM").where(expected)
    if rules.pr_persists:
        persists = target.eq("SD") & _after_partial_response(assessed, target, rules)
        target, why = target.mask(persists, "PR"), why.mask(persists, "PERSISTS")
    return assessed.assign(target=target, target_why=why)


def _after_partial_response(assessed: pd.DataFrame, target: pd.Series, rules: Recist) -> pd.Series:
    """Whether a partial response by the sum, confirmed where the study asks for it, came before and neither
    CR nor PD since.

    Takes     the response of target lesions by the sum alone.
    """
    subject = assessed[SUBJECT]
    partial = target.eq("PR")
    over = ~target.isin(["PR", "SD", "NE"])
    if rules.pr_needs_confirmation:
        # Two PR confirm each other if only PR and NE lie between them: anything else begins a new run.
        run = (over | target.eq("SD")).groupby(subject, observed=True).cumsum()
        date = assessed["last_date"]
        first_date = date.where(partial).groupby([subject, run], observed=True).transform("first")
        partial &= (date - first_date).dt.days.ge(rules.confirm_days)
    course = over.groupby(subject, observed=True).cumsum()
    return partial.groupby([subject, course], observed=True).cumsum().gt(0)


def _with_non_target_response(assessed: pd.DataFrame, after_cr: pd.Series, rules: Recist) -> pd.DataFrame:
    """The response of non-target lesions, and whether one is back after a complete response."""
    present = assessed["n_non_target_present"].gt(0)
    back = after_cr & present & rules.non_target_reappears
    n_known = assessed["n_non_target_assessed"] + assessed["n_non_target_not_due"]
    not_all_known = n_known.lt(assessed["n_non_target"])
    not_evaluable = not_all_known if rules.non_targets_all_needed else not_all_known & ~present
    response = first_true(
        [
            (assessed["n_non_target_pd"].gt(0) | back, "PD"),
            (not_evaluable, "NE"),
            (present, "NON-CR/NON-PD"),
        ],
        otherwise="CR",
    )
    expected = assessed["assessment"].gt(0) & assessed["n_non_target"].gt(0)
    return assessed.assign(non_target=response.where(expected), non_target_back=back)


def _after_complete_response(responses: pd.DataFrame, rules: Recist) -> pd.Series:
    """Whether the overall response at the assessment before was CR; one that is NE and shows no disease is
    passed over where the study says so.

    Takes     responses that regard no lesion as back.
    """
    subject = responses[SUBJECT]
    complete = responses["overall"].eq("CR").astype("float64")
    if rules.cr_outlasts_ne:
        shows_disease = responses["n_target_abnormal"].gt(0)
        if rules.non_target_reappears:
            shows_disease |= responses["n_non_target_present"].gt(0)
        # One that shows disease after a CR is not NE but PD: a lesion is back.
        passed_over = responses["overall"].eq("NE") & ~shows_disease
        complete = complete.mask(passed_over).groupby(subject, observed=True).ffill()
    return complete.groupby(subject, observed=True).shift().eq(1)


def _with_response_after_progression(responses: pd.DataFrame, rules: Recist) -> pd.DataFrame:
    """The response as the study reports it after progression, and what decided it."""
    progression = responses["overall"].eq("PD")
    n_so_far = progression.groupby(responses[SUBJECT], observed=True).cumsum()
    after_pd = n_so_far.gt(progression.astype("int64"))
    carried = after_pd & ~progression & (rules.after_pd == "carry")
    return responses.assign(
        after_pd=after_pd,
        response=responses["overall"].mask(carried, "PD"),
        why=_why(responses).mask(carried, "CARRIED"),
    )


def _why(responses: pd.DataFrame) -> pd.Series:
    """What decided the overall response: of several progressions the target's, then the non-target's, then
    the new lesion.
    """
    target, non_target, result = responses["target"], responses["non_target"], responses["overall"]
    by_non_target = target.isna() | (target.eq("CR") & result.eq("PR"))
    return first_true(
        [
            (target.eq("PD"), responses["target_why"]),
            (non_target.eq("PD") & responses["non_target_back"], "REAPPEARED"),
            (non_target.eq("PD"), "NON-TARGET"),
            (result.eq("PD"), "NEW LESION"),
            (by_non_target & non_target.eq("NE"), "MISSING"),
            (by_non_target, "NON-TARGET"),
        ],
        otherwise=responses["target_why"],
    ).where(result.notna())
