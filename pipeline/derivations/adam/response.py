"""Response parameters of a participant: best response, response at a planned assessment, clinical benefit,
progression, last assessment.

Each takes participants with their reference date and the start of new therapy, and the assessments: number,
date, response, and where it is known apart the date of progression. So the same functions serve the derived
responses and the investigator's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.derivations.adam.case import (
    NOWHERE,
    Case,
    days,
    letters,
    randomized,
    row_of,
    told_of,
)
from pipeline.records import lookup
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.models import Parameter, Visit

RESPONSES = ("CR", "PR")
STABLE = ("SD", "NON-CR/NON-PD")
ORDER = {"CR": 1.0, "PR": 2.0, "SD": 3.0, "NON-CR/NON-PD": 4.0, "PD": 5.0, "NE": 6.0, "Y": 1.0, "N": 0.0}


def best_overall_response(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Best overall response without confirmation: the best of CR, PR, SD, NON-CR/NON-PD, PD, NE up to and
    including the first progression and before new anticancer therapy; SD and NON-CR/NON-PD count from the
    minimum duration after randomization on.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant, dated by the first assessment that shows the response.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3.
    """
    case = Case.of(subjects, assessments, parameters)
    return case.told(case.best["bor"], row_of(case.best["bor_row"]))


def confirmed_response(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Best overall response with confirmation: CR and PR need a second one after the minimum interval, with
    no more assessments that could not be evaluated between them than the parameter allows; else they count as
    SD if the minimum duration is met.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant, dated by the first assessment of the pair.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.4, table 3.
    """
    case = Case.of(subjects, assessments, parameters)
    return case.told(case.best["cbor"], row_of(case.best["cbor_row"]))


def responder(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Y where the best overall response without confirmation is CR or PR, dated by the first of them; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3, 4.6.
    """
    case = Case.of(subjects, assessments, parameters)
    return case.yes(case.first(case.counts & case.response(*RESPONSES)))


def confirmed_responder(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Y where the best overall response with confirmation is CR or PR, dated by the first assessment of the
    pair; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.4.
    """
    case = Case.of(subjects, assessments, parameters)
    return case.yes(row_of(case.best["cbor_row"].where(case.best["cbor"].isin(RESPONSES))))


def clinical_benefit(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Y where there was a CR or PR, or an SD or NON-CR/NON-PD that lasted the minimum duration of clinical
    benefit; dated by the first; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    specs/study.yaml, assumption stable-disease, parameter clinical_benefit_days.
    """
    case = Case.of(subjects, assessments, parameters)
    since = (case.day - days(case.people["reference"])[case.who]) / np.timedelta64(1, "D")
    long = case.response(*STABLE) & (since >= parameters["clinical_benefit_days"].value)
    return case.yes(case.first(case.counts & (case.response(*RESPONSES) | long)))


def progression(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Y where a progression is documented, whatever therapy was begun before it, with its date; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4.
    """
    case = Case.of(subjects, assessments, parameters)
    return case.yes(case.first(case.response("PD")))


def confirmed_progression(subjects: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Y where iRECIST confirms a progression, dated to the first unconfirmed progression of the block that
    ends in it; else N.

    Takes     participants with randomization; of each assessment the date of the progression that it
              confirms, and its number.
    Returns   one record a randomized participant, with the identity of the first assessment that confirms it.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2.
    """
    sure = np.flatnonzero(assessments["ICPDDT"].notna())
    sure = sure[np.argsort(assessments["ASEQ"].to_numpy()[sure], kind="stable")]
    return _whether(subjects, assessments, sure, np.full(len(assessments), True), "ICPDDT")


def response_at_visit(
    subjects: pd.DataFrame, assessments: pd.DataFrame, windows: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Y where the overall response is CR or PR at the assessment in the window of the primary outcome, the
    one nearest to its day, without progression or new anticancer therapy before it; else N, also where there
    was no such assessment.

    Takes     participants with randomization and new therapy; assessments with number, date, response; of
              each assessment the planned visit in whose window it lies, flagged where it is the nearest;
              parameters of specs/study.yaml.
    Returns   one record a randomized participant, dated by that assessment.
    Source    specs/study.yaml, parameter primary_visit; registry record, primary outcome.
    """
    case = Case.of(subjects, assessments, parameters)
    due = windows["AVISIT"].eq(parameters["primary_visit"].value) & windows["ANL01FL"].eq("Y")
    here = case.first(due.to_numpy()[case.place])
    counts = np.append(case.counts & case.response(*RESPONSES), False)[here]  # no assessment: the last
    return case.told(letters(counts), here)


def best_response_by_visit(
    subjects: pd.DataFrame,
    assessments: pd.DataFrame,
    parameters: dict[str, Parameter],
    visits: tuple[Visit, ...],
) -> pd.DataFrame:
    """Best overall response without confirmation among the assessments up to the end of the window of the
    primary outcome.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters and visits of specs/study.yaml.
    Returns   one record a randomized participant, dated by the first assessment that shows the response.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3; specs/study.yaml, parameter primary_visit.
    """
    last = next((v.day or 0) + v.after for v in visits if v.name == parameters["primary_visit"].value)
    case = Case.of(subjects, assessments, parameters, until=last)
    return case.told(case.best["bor"], row_of(case.best["bor_row"]))


def last_assessment(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """The last assessment that could be evaluated, up to and including the first progression and before new
    anticancer therapy.

    Takes     participants with randomization and new therapy; assessments with number, date, response;
              parameters of specs/study.yaml.
    Returns   one record a participant who has such an assessment, with its response and date.
    Source    specs/study.yaml; ADaMIG 1.3, 3.3.3.
    """
    case = Case.of(subjects, assessments, parameters)
    row = case.last(case.counts & ~case.response("NE"))
    said = case.dated["response"].array.take(row, allow_fill=True)
    told = case.told(said, row)
    return told.take(np.flatnonzero(row != NOWHERE))


def measurable_disease(subjects: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Y for a participant with a target lesion at baseline, else N.

    Takes     participants with randomization; assessments with flag of baseline, date, number of target
              lesions.
    Returns   one record a randomized participant, dated by the assessment at baseline.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1, 3.2.
    """
    held = np.flatnonzero(assessments["ABLFL"].eq("Y"))
    return _whether(subjects, assessments, held, assessments["NTARGET"].gt(0).to_numpy(), "ASTDT")


def _whether(
    subjects: pd.DataFrame, assessments: pd.DataFrame, found: np.ndarray, holds: np.ndarray, date: str
) -> pd.DataFrame:
    """One record a randomized participant: Y where it holds for the first assessment found, else N; with its
    date, number and identity.
    """
    people = randomized(subjects, {})
    who = lookup.place_among([assessments[SUBJECT]], [people[SUBJECT]])
    found = found[who[found] >= 0][::-1]
    place = np.full(len(people), NOWHERE)
    place[who[found]] = found
    day = np.append(days(assessments[date]), np.datetime64("NaT", "s"))[place]
    return told_of(people, assessments, place, letters(np.append(holds, False)[place]), (day, "ASEQ"))


def died(subjects: pd.DataFrame) -> pd.DataFrame:
    """Y for a participant known to have died, with the date of death; else N.

    Takes     participants with randomization, flag and date of death.
    Returns   one record a randomized participant.
    Source    ADaMIG 1.3, 3.2 (DTHFL, DTHDT).
    """
    people = subjects[subjects["RANDDT"].notna()].drop_duplicates(SUBJECT)
    value = pd.Series("N", index=people.index, dtype="str").mask(people["DTHFL"].eq("Y"), "Y")
    return people[KEY].assign(AVALC=value, ADT=people["DTHDT"], ASEQ=np.nan)


def response_number(response: pd.Series) -> pd.Series:
    """The response as a number: CR 1, PR 2, SD 3, NON-CR/NON-PD 4, PD 5, NE 6; Y 1, N 0.

    Takes     AVALC.
    Returns   AVAL, one to one with AVALC within a parameter.
    Source    ADaMIG 1.3, 3.3.4 (AVAL, AVALC).
    """
    return response.map(ORDER).astype("float64")
