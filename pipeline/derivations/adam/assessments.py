"""Tumour assessments: what was measured, what RECIST 1.1 makes of it, and what the investigator made of it,
side by side.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.derivations.adam.basic import letter
from pipeline.derivations.oncology import irecist, recist, reconcile, tumours
from pipeline.records import dates, lookup
from pipeline.records.distinct import codes_and_values
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.models import Parameter, Visit
from pipeline.study.parameters import chosen

GROUP = "ASMT"
PHRASES = {"TRGRESP": "IVTARGET", "NTRGRESP": "IVNTARG", "NEWLPROG": "IVNEW", "OVRLRESP": "IVOVRL"}


def tumour_assessments(
    subjects: pd.DataFrame,
    measured: pd.DataFrame,
    identified: pd.DataFrame,
    reported: pd.DataFrame,
    images: pd.DataFrame,
    parameters: dict[str, Parameter],
    visits: tuple[Visit, ...],
) -> pd.DataFrame:
    """One record for each tumour assessment of a randomized participant, with the response by RECIST 1.1
    worked out from the measurements.

    Baseline is the last assessment on or before randomization; an earlier one is left out. The sum is of
    longest diameters, of nodes of short axes; it is missing where a target lesion was not assessed. Target
    response: CR all targets gone and nodes below 10 mm; PR a sum of at most 70 % of baseline; PD a sum of at
    least 120 % of the smallest before it and 5 mm above it, or a lesion back after a complete response; NE
    where a target was not assessed, unless PD is certain without it; else SD. Non-target response, new
    lesions and the overall response are by tables 1 and 2 of RECIST 1.1. A progression is dated to the first
    scan that shows a new lesion, also one that was equivocal at first, to the last scan of the targets whose
    sum shows it, or to the scan of the non-target lesion, whichever is earliest. After progression the
    response stays PD. What a rule leaves open is a parameter of specs/study.yaml.

    An assessment is adequate where it is after baseline, every region was imaged, every lesion assessed, and
    the response is not NE.

    Takes     participants with the date of randomization; tumour results; identified lesions; reported
              responses; imaging; parameters; visits.
    Returns   one record an assessment, with the identity of its first tumour result; millimetres, percent.
    Raises    SpecError for a parameter that specs/study.yaml lacks.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4; FDA 2007, appendix 3 (adequate assessment).
    """
    rules = chosen(recist.Recist, parameters)
    at = _numbered(subjects, measured, reported)
    listed = tumours.lesions(measured, identified, at.rename(columns={GROUP: "TRLNKGRP"}))
    derived = recist.assessments(listed, at[[SUBJECT, "assessment", "date"]], rules)
    immune = _immune(
        derived, chosen(irecist.IRecist, parameters), bool(parameters["unconfirmed_stands"].value)
    )
    found = _beside(_beside(at, derived, "assessment"), immune, "assessment")
    found = _beside(found, _reported(reported, measured), GROUP)
    found = _windowed(_adequate(found, images), visits)
    date = found["response_date"].where(found["response_date"].notna(), found["first_date"])
    flags = {"ABLFL": letter(found["assessment"].eq(0)), "AFTPDFL": letter(found["after_pd"])}
    return found.assign(**flags, ADT=date, DISAGREE=reconcile.differences(found, rules))


def _beside(found: pd.DataFrame, other: pd.DataFrame, which: str) -> pd.DataFrame:
    """The assessments with the columns of another frame that has each at most once, by participant and number
    or label.
    """
    place = lookup.place_among([found[SUBJECT], found[which]], [other[SUBJECT], other[which]])
    columns = {
        str(c): other[c].array.take(place, allow_fill=True) for c in other if c not in (SUBJECT, which)
    }
    return pd.DataFrame({**{str(c): found[c] for c in found}, **columns}, index=found.index)


def _numbered(subjects: pd.DataFrame, measured: pd.DataFrame, reported: pd.DataFrame) -> pd.DataFrame:
    """The assessments in order, baseline 0, each with its date, visit and the identity of its first record."""
    both = {c: pd.concat([measured[c], reported[c]], ignore_index=True) for c in (*KEY, "VISITNUM", "VISIT")}
    both[GROUP] = pd.concat([measured["TRLNKGRP"], reported["RSLNKGRP"]], ignore_index=True)
    day = np.concatenate([dates.day(measured["TRDTC"]).to_numpy(), dates.day(reported["RSDTC"]).to_numpy()])
    answer = np.repeat([False, True], [len(measured), len(reported)])
    who = lookup.place_among([both[SUBJECT]], [subjects[SUBJECT][::-1]])  # of a participant twice the first
    start = np.append(subjects["RANDDT"].to_numpy(dates.DAY)[::-1], np.datetime64("NaT", "s"))[who]
    counts = (
        both[GROUP].notna().to_numpy()
        & ~np.isnat(start)
        & (answer | np.append(measured["TRLNKID"].notna(), answer[answer]))
    )
    codes, labels = codes_and_values(both[GROUP])
    number = np.array([*(int(label[1:]) for label in labels), -1])[codes]
    person = lookup.value_ranks(both[SUBJECT])
    at = np.lexsort([*(lookup.value_ranks(both[k]) for k in KEY[:0:-1]), day, answer, number, person])
    at = at[counts[at]]
    at = at[
        np.append(True, (np.diff(person[at]) != 0) | (np.diff(number[at]) != 0))[: len(at)]
    ]  # the first record of each
    place = lookup.place_within_group(person[at])
    baseline = np.full(int(person.max(initial=-1)) + 1, -1)
    np.maximum.at(baseline, person[at], np.where(day[at] <= start[at], place, -1))
    assessment = place - baseline[person[at]]
    at, assessment = at[assessment >= 0], assessment[assessment >= 0]
    columns = {c: both[c].array.take(at) for c in (*KEY, GROUP, "VISITNUM", "VISIT")}
    return pd.DataFrame({**columns, "date": day[at], "start": start[at], "assessment": assessment})


def _immune(derived: pd.DataFrame, rules: irecist.IRecist, unconfirmed_stands: bool) -> pd.DataFrame:
    """Responses by iRECIST; on the last assessment the progression that stands: confirmed, or by the
    parameter taken back by none.
    """
    found = irecist.irecist(derived, rules)
    rated = found[found["iresponse"].notna() & found["iresponse"].ne("NE")].drop_duplicates(
        SUBJECT, keep="last"
    )
    stands = rated[rated["iresponse"].isin(["iUPD", "iCPD"] if unconfirmed_stands else ["iCPD"])]
    begun = derived["pd_date"].take(stands["iupd_row"].to_numpy("int64")).set_axis(stands.index)
    return found.assign(
        ipd_date=begun.reindex(found.index),
        IPDFL=letter(pd.Series(found.index.isin(stands.index), index=found.index)),
    )


def _reported(reported: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """The investigator's answers and his sum, one record an assessment."""
    known = reported["RSLNKGRP"].notna() & reported["RSTESTCD"].isin(list(PHRASES))
    answers = reported[known].drop_duplicates([SUBJECT, "RSLNKGRP", "RSTESTCD"])
    by_test = answers.set_index([SUBJECT, "RSLNKGRP", "RSTESTCD"])["RSSTRESC"]
    wide = by_test.unstack("RSTESTCD").reindex(columns=list(PHRASES))  # noqa: PD010  pivot_table would aggregate
    sums = (
        measured[measured["TRTESTCD"].eq("SUMDIAM")]
        .drop_duplicates([SUBJECT, "TRLNKGRP"])
        .set_index([SUBJECT, "TRLNKGRP"])["TRSTRESN"]
    )
    day = dates.day(answers["RSDTC"]).groupby([answers[SUBJECT], answers["RSLNKGRP"]]).first()
    found = (
        wide.rename(columns=PHRASES)
        .astype("str")
        .assign(IVSUM=sums.reindex(wide.index), IVDT=day.reindex(wide.index))
    )
    return found.rename_axis([SUBJECT, GROUP]).reset_index().rename_axis(columns=None)


def _adequate(found: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Whether every region was imaged, every lesion assessed, and the response evaluated."""
    missed = np.flatnonzero(images["PRCAT"].eq("IMAGING") & images["PROCCUR"].ne("Y"))
    imaged = (
        lookup.place_among(
            [found[c] for c in (SUBJECT, "VISITNUM")], [images[c].iloc[missed] for c in (SUBJECT, "VISITNUM")]
        )
        < 0
    )
    whole = found["n_assessed"].eq(found["n_expected"]) & found["n_non_target_assessed"].eq(
        found["n_non_target"]
    )
    evaluated = found["response"].notna() & found["response"].ne("NE")
    late = found["assessment"].gt(0)
    adequate = pd.Series("N", index=found.index, dtype="str").mask(imaged & whole & evaluated, "Y")
    return found.assign(ADEQFL=adequate.where(late))


def _windowed(found: pd.DataFrame, visits: tuple[Visit, ...]) -> pd.DataFrame:
    """The planned assessment in whose window each lies, and of several in one window the one nearest to the
    plan.
    """
    planned = sorted(
        (v.day, v.before, v.after, v.name, v.number)
        for v in visits
        if v.scan and v.day is not None and v.day > 0
    )
    day = dates.days_between(found["start"], found["first_date"])
    number = np.full(len(found), np.nan)
    name = np.full(len(found), None, dtype="object")
    off = np.full(len(found), np.nan)
    for due, before, after, visit, visitnum in planned:
        inside = (day.ge(due - before) & day.le(due + after) & found["assessment"].gt(0)).to_numpy()
        number[inside], name[inside], off[inside] = visitnum, visit, (day - due)[inside]
    baseline = found["assessment"].eq(0).to_numpy()
    first = next((v.number for v in visits if v.scan and v.day is not None and v.day < 1), 0.0)
    number[baseline], name[baseline] = first, "BASELINE"
    told = found.assign(
        AVISITN=number, AVISIT=pd.Series(name, index=found.index, dtype="str"), AWTDIFF=off, ADY=day
    )
    ranked = told.assign(far=told["AWTDIFF"].abs().fillna(0.0)).sort_values(
        [SUBJECT, "AVISITN", "far", "assessment"]
    )
    nearest = ranked[ranked["AVISITN"].notna()].drop_duplicates([SUBJECT, "AVISITN"]).index
    return told.assign(ANL01FL=pd.Series("Y", index=told.index, dtype="str").where(told.index.isin(nearest)))
