"""Tumour assessments: what was measured, what RECIST 1.1 makes of it, and what the evaluator made of it, side
by side, for each evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from pipeline.derivations.adam import numbered, scheduled
from pipeline.derivations.adam.basic import record_flag
from pipeline.derivations.adam.before_treatment import Reference
from pipeline.derivations.adam.evaluators import assessed_by
from pipeline.derivations.adam.immune import Situation, Standing, immune_responses
from pipeline.derivations.adam.numbered import GROUP
from pipeline.derivations.adam.reported import reported_assessments
from pipeline.derivations.oncology import irecist, recist, reconcile, tumours
from pipeline.records import lookup
from pipeline.records.identity import SUBJECT
from pipeline.records.measures import Days, DeathCategory, Millimetres, ShareOfBaseline, TimesTheNadir, Yes
from pipeline.study.models import Evaluator, TumourSchedule, Visit


def tumour_assessments(
    subjects: pd.DataFrame,
    exposure: pd.DataFrame,
    measured: pd.DataFrame,
    identified: pd.DataFrame,
    reported: pd.DataFrame,
    visits: tuple[Visit, ...],
    evaluators: tuple[Evaluator, ...],
    images: pd.DataFrame | None = None,
    disposition: pd.DataFrame | None = None,
    causes: pd.DataFrame | None = None,
    tumour_schedule: tuple[TumourSchedule, ...] = (),
    *,
    new_lesions_reported: Yes = True,
    # baseline
    baseline_reference: Reference,
    baseline_days_after_anchor: Days,
    # RECIST 1.1
    pr_fraction: ShareOfBaseline,
    pd_fraction: TimesTheNadir,
    pd_absolute_mm: Millimetres,
    node_normal_mm: Millimetres,
    node_target_mm: Millimetres,
    lesion_target_mm: Millimetres,
    too_small_mm: Millimetres,
    pr_persists: bool,
    pr_needs_confirmation: bool,
    confirm_days: Days,
    normal_nodes_are_cr: bool,
    cr_outlasts_ne: bool,
    non_target_reappears: bool,
    non_targets_all_needed: bool,
    equivocal_dates_back: bool,
    new_lesion_without_disease: bool,
    after_pd: Literal["derive", "carry"],
    # iRECIST
    confirm_from_days: Days,
    confirm_to_days: Days | None,
    next_planned_confirms: bool,
    further_mm: Millimetres,
    non_target_still_worse_confirms: bool,
    icpd_stays: bool,
    unconfirmed_stands: Sequence[Situation],
    cancer_death_categories: Sequence[DeathCategory],
) -> pd.DataFrame:
    """One record for each evaluator and tumour assessment of a randomized participant, with the response by
    RECIST 1.1 worked out from the measurements of this evaluator, and what the same evaluator reported.

    Baseline is the last assessment before the first dose; on the day of the first dose times decide where
    both were collected. Of a participant who was never dosed, and of everybody where the inputs say so, it is
    the last on or before the anchor, the date from which scans are planned, or within the stated days after
    it. An earlier one is left out. The sum is of longest diameters, of nodes of
    short axes; it is missing where a target lesion was not assessed. Target response is the first of these
    that applies: PD, where the sum, of the targets assessed if one was not, is at least 120 % of the smallest
    complete sum before it and at least 5 mm above it, and not all of these targets are gone or nodes below 10
    mm; PD too, where a target is back after a complete overall response; CR, where all targets were assessed
    and are gone or nodes below 10 mm; NE, where a target was not assessed, or was not at baseline; PR, where
    the sum is at most 70 % of baseline; else SD. After a PR, what would be SD remains PR until CR or PD, if
    the PR persists (the inputs say whether, and whether it must be confirmed first). Non-target response, new
    lesions and the overall response are by tables 1 and 2 of RECIST 1.1. A progression is dated to the first
    scan that shows a new lesion, also one that was equivocal at first, to the last scan of the targets whose
    sum shows it, or to the scan of the non-target lesion, whichever is earliest. After progression each later
    assessment has the response PD, whatever it shows and also where it could not be evaluated, if the inputs
    say that PD is carried; else it has its own. The thresholds, and what a rule leaves open, stand among the
    inputs.

    By iRECIST a progression is unconfirmed (iUPD), and confirmed (iCPD) by a later one of the same block, 4
    to 8 weeks after it or at the next planned assessment, that shows more: a sum of targets 5 mm larger than
    at the first iUPD, another non-target lesion that progresses, new lesions that are larger or more, or
    progression of another kind. An iCR, iPR or iSD takes an iUPD back. The event is a progression that is
    confirmed, or one that nothing takes back where nothing more was assessed after it, treatment was stopped
    for progression, or the participant died from the cancer; its date is that of the first iUPD of the block.

    An assessment is adequate where it is after baseline, every region due at its visit was imaged, every
    lesion due was assessed, and the response is not NE. A participant without any lesion at baseline has no
    response until a new lesion shows: there an assessment is adequate unless the evaluator reported NE. At a
    visit without a schedule, as an unscheduled one, every region listed is due; in a study that records no
    imaging, lesions and response alone decide. A target lesion is always due, a non-target lesion unless the
    schedule names its organ or method for other visits; one that is not due and not assessed has its last
    known state, where progression counts as present. Of an evaluator whose responses alone are collected
    nothing is worked out: an assessment is adequate where a response was reported that is not NE.

    Takes     participants with the anchor (the date of randomization, or of what stands for it in a study
              without one); date and time of first exposure; tumour results; identified lesions; reported
              responses; planned visits; evaluators; as far as the study has them imaging, disposition, causes
              of death and what is scheduled; whether the evaluators were asked for new lesions; the
              parameters of baseline, RECIST 1.1 and iRECIST.
    Returns   one record per evaluator and assessment, with the identity of its first tumour result;
              millimetres, percent.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.2, 4.3, 4.4; Seymour et al., Lancet Oncol 2017;18:e143-152
              (iRECIST); FDA 2007, appendix 3 (adequate assessment).
    """
    rules = recist.Recist(
        pr_fraction=pr_fraction,
        pd_fraction=pd_fraction,
        pd_absolute_mm=pd_absolute_mm,
        node_normal_mm=node_normal_mm,
        node_target_mm=node_target_mm,
        lesion_target_mm=lesion_target_mm,
        too_small_mm=too_small_mm,
        pr_persists=pr_persists,
        pr_needs_confirmation=pr_needs_confirmation,
        confirm_days=confirm_days,
        normal_nodes_are_cr=normal_nodes_are_cr,
        cr_outlasts_ne=cr_outlasts_ne,
        non_target_reappears=non_target_reappears,
        non_targets_all_needed=non_targets_all_needed,
        equivocal_dates_back=equivocal_dates_back,
        new_lesion_without_disease=new_lesion_without_disease,
        after_pd=after_pd,
    )
    immune_rules = irecist.IRecist(
        confirm_from_days=confirm_from_days,
        confirm_to_days=confirm_to_days,
        next_planned_confirms=next_planned_confirms,
        further_mm=further_mm,
        non_target_still_worse_confirms=non_target_still_worse_confirms,
        icpd_stays=icpd_stays,
    )
    standing = Standing(unconfirmed_stands, cancer_death_categories)

    def assessments_of(evaluator: Evaluator) -> pd.DataFrame:
        results = assessed_by(evaluator, measured, "TR")
        answers = assessed_by(evaluator, reported, "RS")
        in_order = numbered.assessments(
            subjects,
            exposure,
            results[results["TRLNKID"].notna()],
            answers,
            baseline_reference=baseline_reference,
            baseline_days_after_anchor=baseline_days_after_anchor,
        )
        groups = in_order.rename(columns={GROUP: "TRLNKGRP"})
        read = tumours.results_of_lesions(results, assessed_by(evaluator, identified, "TU"))
        lesions = tumours.lesions(read, groups)
        lesions = scheduled.with_states_not_due(lesions, in_order, tumour_schedule)
        derived = recist.assessments(lesions, in_order[[SUBJECT, "assessment", "date"]], rules)
        immune = immune_responses(derived, in_order, visits, disposition, causes, immune_rules, standing)

        assessments = lookup.joined(in_order, derived, on=[SUBJECT, "assessment"])
        assessments = lookup.joined(assessments, immune, on=[SUBJECT, "assessment"])
        assessments = lookup.joined(assessments, numbered.answers(answers, results), on=[SUBJECT, GROUP])
        assessments = numbered.in_windows(_adequate(assessments, images, tumour_schedule), visits)
        response_date = assessments["response_date"]
        return assessments.assign(
            EVALCD=pd.Series(evaluator.code, index=assessments.index, dtype="str"),
            ABLFL=record_flag(assessments["assessment"].eq(0)),
            AFTPDFL=record_flag(assessments["after_pd"]),
            ADT=response_date.where(response_date.notna(), assessments["first_date"]),
            IVADT=numbered.dated_by_scans(
                assessments["IVOVRL"], assessments["first_date"], assessments["last_date"]
            ),
            DISAGREE=reconcile.differences(assessments, rules, new_lesions_reported=new_lesions_reported),
        )

    def as_reported_by(evaluator: Evaluator) -> pd.DataFrame:
        return reported_assessments(
            subjects,
            exposure,
            reported,
            visits,
            (evaluator,),
            baseline_reference=baseline_reference,
            baseline_days_after_anchor=baseline_days_after_anchor,
        )

    by_evaluator = [
        as_reported_by(evaluator) if evaluator.responses_only else assessments_of(evaluator)
        for evaluator in evaluators
    ]
    # an evaluator who assessed nobody of these participants adds nothing, not even the type of a column
    with_records = [assessments for assessments in by_evaluator if len(assessments)]
    return pd.concat(with_records or by_evaluator[:1], ignore_index=True)


def _adequate(
    assessments: pd.DataFrame, images: pd.DataFrame | None, schedule: tuple[TumourSchedule, ...]
) -> pd.DataFrame:
    """Whether each assessment after baseline is adequate: every region due was imaged at its visit, every
    lesion due was assessed, and the response evaluated; of a participant without a lesion at baseline, where
    the evaluator did not call it NE.
    """
    imaged = pd.Series(True, index=assessments.index)
    if images is not None:
        imaged = scheduled.all_regions_imaged(assessments, images, schedule)
    targets_assessed = assessments["n_assessed"].eq(assessments["n_expected"])
    n_others = assessments["n_non_target_assessed"] + assessments["n_non_target_not_due"]
    others_assessed = n_others.eq(assessments["n_non_target"])
    response, n_lesions = assessments["response"], assessments["n_expected"] + assessments["n_non_target"]
    with_baseline = assessments[SUBJECT].isin(assessments.loc[assessments["assessment"].eq(0), SUBJECT])
    no_disease = with_baseline & n_lesions.eq(0) & response.isna()
    seen_without_disease = no_disease & assessments["IVOVRL"].ne("NE")
    evaluated = (response.notna() & response.ne("NE")) | seen_without_disease
    holds = imaged & targets_assessed & others_assessed & evaluated
    adequate = pd.Series("N", index=assessments.index, dtype="str").mask(holds, "Y")
    return assessments.assign(ADEQFL=adequate.where(assessments["assessment"].gt(0)))
