"""Response parameters of a participant: best response, response at a planned assessment, clinical benefit, progression, last assessment.

Each takes participants with their reference date and the start of new therapy, and the assessments: number, date, response, and where it is
known apart the date of progression. So the same functions serve the derived responses and the investigator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.oncology import best
from pipeline.study.models import Parameter, Visit
from pipeline.study.parameters import chosen

KEY = ["USUBJID", "form", "record"]
SUBJECT = "USUBJID"
RESPONSES = ("CR", "PR")
STABLE = ("SD", "NON-CR/NON-PD")
ORDER = {"CR": 1.0, "PR": 2.0, "SD": 3.0, "NON-CR/NON-PD": 4.0, "PD": 5.0, "NE": 6.0, "Y": 1.0, "N": 0.0}


def best_overall_response(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Best overall response without confirmation: the best of CR, PR, SD, NON-CR/NON-PD, PD, NE up to and including the first progression
    and before new anticancer therapy; SD and NON-CR/NON-PD count from the minimum duration after randomization on.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a randomized participant, dated by the first assessment that shows the response.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3.
    """
    case = _Case.of(subjects, assessments, parameters)
    return case.told(case.best["bor"], case.best["bor_row"])


def confirmed_response(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Best overall response with confirmation: CR and PR need a second one after the minimum interval, with no more assessments that
    could not be evaluated between them than the parameter allows; else they count as SD if the minimum duration is met.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a randomized participant, dated by the first assessment of the pair.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.4, table 3.
    """
    case = _Case.of(subjects, assessments, parameters)
    return case.told(case.best["cbor"], case.best["cbor_row"])


def responder(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Y where the best overall response without confirmation is CR or PR, dated by the first of them; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3, 4.6.
    """
    case = _Case.of(subjects, assessments, parameters)
    return case.yes(case.first(case.counted["response"].isin(RESPONSES)))


def confirmed_responder(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Y where the best overall response with confirmation is CR or PR, dated by the first assessment of the pair; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.4.
    """
    case = _Case.of(subjects, assessments, parameters)
    return case.yes(case.best["cbor_row"].where(case.best["cbor"].isin(RESPONSES)))


def clinical_benefit(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Y where there was a CR or PR, or an SD or NON-CR/NON-PD that lasted the minimum duration of clinical benefit; dated by the first;
    else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    specs/study.yaml, assumption stable-disease, parameter clinical_benefit_days.
    """
    case = _Case.of(subjects, assessments, parameters)
    long = case.counted["response"].isin(STABLE) & case.since().ge(parameters["clinical_benefit_days"].value)
    return case.yes(case.first(case.counted["response"].isin(RESPONSES) | long))


def progression(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Y where a progression is documented, whatever therapy was begun before it, with its date; else N.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a randomized participant.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3, 4.4.
    """
    case = _Case.of(subjects, assessments, parameters)
    worse = case.dated[case.dated["response"].eq("PD")].drop_duplicates(SUBJECT)
    return case.yes(case.row_of(worse))


def confirmed_progression(subjects: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Y where iRECIST confirms a progression, dated to the first unconfirmed progression of the block that ends in it; else N.

    Takes     participants with randomization; of each assessment the date of the progression that it confirms, and its number.
    Returns   one record a randomized participant, with the identity of the first assessment that confirms it.
    Source    Seymour et al., Lancet Oncol 2017;18:e143-152, table 2.
    """
    sure = assessments[assessments["ICPDDT"].notna()].sort_values([SUBJECT, "ASEQ"])
    return _whether(subjects, sure.assign(holds=True), "ICPDDT")


def response_at_visit(
    subjects: pd.DataFrame, assessments: pd.DataFrame, windows: pd.DataFrame, parameters: dict[str, Parameter]
) -> pd.DataFrame:
    """Y where the overall response is CR or PR at the assessment in the window of the primary outcome, the one nearest to its day, without
    progression or new anticancer therapy before it; else N, also where there was no such assessment.

    Takes     participants with randomization and new therapy; assessments with number, date, response; of each assessment the planned visit
              in whose window it lies, flagged where it is the nearest; parameters of specs/study.yaml.
    Returns   one record a randomized participant, dated by that assessment.
    Source    specs/study.yaml, parameter primary_visit; registry record, primary outcome.
    """
    case = _Case.of(subjects, assessments, parameters)
    due = windows["AVISIT"].eq(parameters["primary_visit"].value) & windows["ANL01FL"].eq("Y")
    here = case.dated[case.dated["place"].isin(np.flatnonzero(due))].drop_duplicates(SUBJECT)
    counts = here["place"].isin(case.counted["place"]) & here["response"].isin(RESPONSES)
    return case.told(case.letters(case.row_of(here[counts])), case.row_of(here))


def best_response_by_visit(
    subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter], visits: tuple[Visit, ...]
) -> pd.DataFrame:
    """Best overall response without confirmation among the assessments up to the end of the window of the primary outcome.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters and visits of
              specs/study.yaml.
    Returns   one record a randomized participant, dated by the first assessment that shows the response.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.4.3; specs/study.yaml, parameter primary_visit.
    """
    last = next((v.day or 0) + v.after for v in visits if v.name == parameters["primary_visit"].value)
    case = _Case.of(subjects, assessments, parameters, until=last)
    return case.told(case.best["bor"], case.best["bor_row"])


def last_assessment(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """The last assessment that could be evaluated, up to and including the first progression and before new anticancer therapy.

    Takes     participants with randomization and new therapy; assessments with number, date, response; parameters of specs/study.yaml.
    Returns   one record a participant who has such an assessment, with its response and date.
    Source    specs/study.yaml; ADaMIG 1.3, 3.3.3.
    """
    case = _Case.of(subjects, assessments, parameters)
    seen = case.counted[case.counted["response"].ne("NE")].drop_duplicates(SUBJECT, keep="last")
    row = case.row_of(seen)
    told = case.told(case.people[SUBJECT].map(seen.set_index(SUBJECT)["response"]).astype("str"), row)
    return told[row.notna().to_numpy()]


def measurable_disease(subjects: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Y for a participant with a target lesion at baseline, else N.

    Takes     participants with randomization; assessments with flag of baseline, date, number of target lesions.
    Returns   one record a randomized participant, dated by the assessment at baseline.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1, 3.2.
    """
    held = assessments[assessments["ABLFL"].eq("Y")]
    return _whether(subjects, held.assign(holds=held["NTARGET"].gt(0)), "ASTDT")


def _whether(subjects: pd.DataFrame, found: pd.DataFrame, date: str) -> pd.DataFrame:
    """One record a randomized participant: Y where her first record found `holds`, else N; with its date, number and identity."""
    people = subjects[subjects["RANDDT"].notna()].drop_duplicates(SUBJECT).reset_index(drop=True)
    mine = found.drop_duplicates(SUBJECT).set_index(SUBJECT).reindex(people[SUBJECT]).set_axis(people.index)
    value = pd.Series("N", index=people.index, dtype="str").mask(mine["holds"].eq(True), "Y")
    source = {k: mine[k].where(mine[k].notna(), people[k]) for k in KEY[1:]}
    return people[[SUBJECT]].assign(**source, AVALC=value, ADT=mine[date].astype(dates.DAY), ASEQ=mine["ASEQ"])


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


@dataclass(frozen=True)
class _Case:
    """Randomized participants, and their assessments after baseline in order of date."""

    people: pd.DataFrame  # USUBJID, form, record, reference, new_therapy
    dated: pd.DataFrame  # identity, date, response, ASEQ, and the place in the frame given
    counted: pd.DataFrame  # of these, those up to and including the first progression and before new therapy
    rules: best.Best

    @staticmethod
    def of(subjects: pd.DataFrame, assessments: pd.DataFrame, parameters: dict[str, Parameter], until: int | None = None) -> _Case:
        rules = chosen(best.Best, parameters)
        randomized = subjects[subjects["RANDDT"].notna()].drop_duplicates(SUBJECT)
        people = randomized[[*KEY, "RANDDT", "NACTDT"]].set_axis([*KEY, "reference", "new_therapy"], axis="columns").reset_index(drop=True)
        dated = _dated(assessments)
        start = people.set_index(SUBJECT)
        reference, therapy = (start[c].reindex(dated[SUBJECT]).set_axis(dated.index) for c in ("reference", "new_therapy"))
        dated = dated[reference.notna()]
        if until is not None:
            dated = dated[dates.days_between(reference, dated["date"]).le(until)]
        dated = dated.reset_index(drop=True)
        therapy = start["new_therapy"].reindex(dated[SUBJECT]).set_axis(dated.index)
        worse = dated["response"].eq("PD")
        done = worse.astype("int64").groupby(dated[SUBJECT]).cumsum().gt(worse.astype("int64"))
        after = dated["date"].gt(therapy) | (dated["date"].eq(therapy) & (not rules.on_therapy_start))
        counts = ~done & ~(after & rules.before_new_therapy)
        return _Case(people, dated, dated[counts], rules)

    @cached_property
    def best(self) -> pd.DataFrame:
        """Best responses, one row a participant; rows are positions in `dated`."""
        return best.best_response(self.dated, self.people, self.rules)

    def since(self) -> pd.Series:
        """Days from randomization to each assessment that counts."""
        reference = self.people.set_index(SUBJECT)["reference"].reindex(self.counted[SUBJECT]).set_axis(self.counted.index)
        return (self.counted["date"] - reference).dt.days

    def first(self, holds: pd.Series) -> pd.Series:
        """Of each participant the row of the first assessment that counts and for which it holds."""
        return self.row_of(self.counted[holds].drop_duplicates(SUBJECT))

    def row_of(self, rows: pd.DataFrame) -> pd.Series:
        """The rows by participant; missing for one who has none."""
        return self.people[SUBJECT].map(pd.Series(rows.index, index=rows[SUBJECT], dtype="float64"))

    def letters(self, row: pd.Series) -> pd.Series:
        return pd.Series("N", index=row.index, dtype="str").mask(row.notna(), "Y")

    def yes(self, row: pd.Series) -> pd.DataFrame:
        return self.told(self.letters(row), row)

    def told(self, value: pd.Series, row: pd.Series) -> pd.DataFrame:
        """One record a participant: the value, and of the assessment that decided it identity, date and number."""
        place = row.fillna(-1).astype("int64").to_numpy()
        there = place >= 0
        picked = self.dated.reindex(np.where(there, place, -1)).reset_index(drop=True)
        identity = {k: picked[k].where(there, self.people[k]) for k in KEY}
        known = value.reset_index(drop=True).astype("str")
        return pd.DataFrame({**identity, "AVALC": known, "ADT": picked["date"].astype(dates.DAY), "ASEQ": picked["ASEQ"]})


def _dated(assessments: pd.DataFrame) -> pd.DataFrame:
    """Assessments after baseline that have a response, by participant and date; a progression on the date it is dated to."""
    number, date, response, *apart, sequence = [c for c in assessments if c not in KEY]
    rows = assessments.assign(place=np.arange(len(assessments)))
    rows = rows[rows[number].gt(0) & rows[response].notna() & rows[date].notna()]
    on = rows[date]
    if apart:
        on = on.mask(rows[response].eq("PD") & rows[apart[0]].notna(), rows[apart[0]])
    found = rows[KEY].assign(date=on, response=rows[response], ASEQ=rows[sequence], number=rows[number], place=rows["place"])
    last = found["response"].eq("PD")  # of two responses on one day, the progression stands
    kept = found.assign(other=~last).sort_values([SUBJECT, "date", "other", "number"], ignore_index=True)
    same = kept.duplicated([SUBJECT, "date"]) & kept.groupby([SUBJECT, "date"])["response"].transform("first").eq("PD")
    return kept[~same].drop(columns=["other", "number"]).reset_index(drop=True)
