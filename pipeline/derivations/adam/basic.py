"""Basic data structure: parameter, baseline, change, and what a record takes from its tumour assessment."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Named, Placed
from pipeline.records.identity import SUBJECT, values_of
from pipeline.study.models import Codelist


def record_flag(applies: pd.Series) -> pd.Series:
    """Y where it applies to the record, else missing.

    Takes     true or false.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.8 (flags).
    """
    return pd.Series("Y", index=applies.index, dtype="str").where(applies.eq(True))


def value_of_assessment(
    usubjid: pd.Series,
    group: pd.Series,
    assessments: Annotated[pd.DataFrame, Placed("assessment", "value")],
) -> pd.Series:
    """What ADTA says of the tumour assessment that a record belongs to.

    Takes     participant and assessment of the record; of each assessment of ADTA its label and the value.
    Returns   the value; missing for a record of no assessment in ADTA.
    Source    ADaMIG 1.3, 3.3.3.
    """
    label, value = values_of(assessments)
    records = pd.DataFrame({SUBJECT: usubjid, label: group})
    return lookup.value_of_match(records, assessments, [SUBJECT, label], value)


def analysis_day(date: pd.Series, reference: pd.Series) -> pd.Series:
    """Day of the analysis date relative to the reference date, which is day 1; the day before it is day -1,
    and there is no day 0.

    Takes     dates: that of the analysis, and the reference.
    Returns   whole days; missing where a date is.
    Source    ADaMIG 1.3, 3.3.3 (ADY).
    """
    return dates.days_between(reference, date)


def parameter_name(paramcd: pd.Series, codelist: Codelist) -> pd.Series:
    """The name that belongs to the code of the parameter.

    Takes     PARAMCD; the list of the dataset's parameters.
    Returns   PARAM; missing for a code that the list lacks.
    Source    ADaMIG 1.3, 3.3.4 (PARAM and PARAMCD are one to one).
    """
    names = {code: term.decode for code, term in codelist.terms.items()}
    return paramcd.map(names).astype("str")


def parameter_number(paramcd: pd.Series, codelist: Codelist) -> pd.Series:
    """The place of the parameter in the list of the dataset's parameters.

    Takes     PARAMCD; the list of the dataset's parameters.
    Returns   1, 2 ...; missing for a code that the list lacks.
    Source    ADaMIG 1.3, 3.3.4 (PARAMN and PARAM are one to one).
    """
    numbers = {code: float(place) for place, code in enumerate(codelist.terms, start=1)}
    return paramcd.map(numbers).astype("float64")


def parameter_category(paramcd: pd.Series, categories: Codelist) -> pd.Series:
    """The category of the parameter: who assessed it, by which criteria.

    Takes     PARAMCD; the list of categories, each with the codes of its parameters.
    Returns   PARCAT1.
    Source    ADaMIG 1.3, 3.3.4 (PARCATy).
    """
    category = {code: name for name, term in categories.terms.items() for code in term.collected}
    return paramcd.map(category).astype("str")


def baseline_value(
    records: Annotated[pd.DataFrame, Named("PARAMCD", "ABLFL", "AVAL")],
) -> pd.Series:
    """The value of the parameter at baseline.

    Takes     the participant's records: code of the parameter, flag of baseline, value.
    Returns   number in the unit of the parameter; missing where the parameter has no value at baseline.
    Source    ADaMIG 1.3, 3.3.4 (BASE).
    """
    parameter = [SUBJECT, "PARAMCD"]
    baseline = records[records["ABLFL"].eq("Y") & records["AVAL"].notna()]
    return lookup.value_of_match(records, baseline, parameter, "AVAL")


def change(value: pd.Series, base: pd.Series, baseline: pd.Series) -> pd.Series:
    """Value minus baseline, after baseline.

    Takes     value, value at baseline, flag of baseline.
    Returns   number in the unit of the parameter; missing at baseline.
    Source    ADaMIG 1.3, 3.3.4 (CHG).
    """
    return (value - base).where(~baseline.eq("Y"))


def percent_change(change: pd.Series, base: pd.Series) -> pd.Series:
    """Change from baseline as a percentage of baseline.

    Takes     change and value at baseline.
    Returns   percent; missing where baseline is 0 or missing.
    Source    ADaMIG 1.3, 3.3.4 (PCHG).
    """
    return 100 * change / base.where(~base.eq(0))


def best_change(
    records: Annotated[pd.DataFrame, Placed("parameter", Date("date"), "percent change")],
) -> pd.Series:
    """Y for the record with the lowest change of the parameter after baseline, of several the earliest.

    Takes     the participant's records: parameter, date, change from baseline, missing at baseline.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.8 (ANLzzFL).
    """
    parameter, date, change = values_of(records)
    changed = records[records[change].notna()]
    best = lookup.first_of_each(changed, [SUBJECT, parameter], change, date)
    return record_flag(pd.Series(records.index.isin(best.index), index=records.index))


def analysis_flag(value: pd.Series) -> pd.Series:
    """Y where there is a value: a sum with a lesion that was not assessed has none.

    Takes     value.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.8 (ANLzzFL).
    """
    return record_flag(value.notna())


def until_progression_flag(
    usubjid: pd.Series,
    group: pd.Series,
    assessments: Annotated[pd.DataFrame, Named("ASMT", "ASMTN", "AFTPDFL")],
) -> pd.Series:
    """Y for a response at an assessment up to and including that of the first progression worked out from the
    measurements, and for each record of a parameter that a participant has once.

    Takes     participant and assessment of the record; of each assessment of ADTA its label, its number and
              the flag of assessments after progression.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.8 (ANLzzFL); RECIST 1.1 (Eisenhauer 2009), 4.4.3 (best response is up to
              progression).
    """
    records = pd.DataFrame({SUBJECT: usubjid, "ASMT": group})
    of_assessment = lookup.joined(records, assessments, on=[SUBJECT, "ASMT"])
    until_progression = of_assessment["ASMTN"].ge(0) & ~of_assessment["AFTPDFL"].eq("Y")
    return record_flag(until_progression | group.isna())


def imputation_flag_of_source(
    usubjid: pd.Series, dataset: pd.Series, variable: pd.Series, flags: pd.DataFrame
) -> pd.Series:
    """The imputation flag of the date that ADT was taken from: of a date of ADSL, that of ADSL; no other date
    is imputed.

    Takes     participant, SRCDOM and SRCVAR of the record; the imputation flags of ADSL, each named as its
              date with an F behind it.
    Returns   D, M or missing.
    Source    ADaMIG 1.3, 3.1.3 (date imputation flags), 3.3.3 (ADTF).
    """
    flag = pd.Series(None, index=usubjid.index, dtype="str")
    for name in values_of(flags):
        of_date = dataset.eq("ADSL") & variable.eq(name.removesuffix("F"))
        flag = flag.mask(of_date, lookup.value_of_subject(usubjid, flags, name))
    return flag


def lesion_parameter(
    testcd: pd.Series,
    usubjid: pd.Series,
    lesion: pd.Series,
    lesions: Annotated[pd.DataFrame, Placed("group", "lesion")],
    group: str = "TARGET",
) -> pd.Series:
    """LDIAM or, for a lymph node, NLDIAM, with the number of the lesion among the participant's targets.

    Takes     short name of the test, participant and lesion of the record; group and lesion of all tumour
              results; the name of the group of target lesions.
    Returns   PARAMCD.
    Source    specs/study.yaml; RECIST 1.1 (Eisenhauer 2009), 4.3.1 (diameter, of nodes the short axis).
    """
    of_group, identifier = values_of(lesions)
    targets = lesions[lesions[of_group].eq(group) & lesions[identifier].notna()]
    targets = targets[[SUBJECT, identifier]].drop_duplicates()
    numbered = targets.assign(number=lookup.number_within_subject(targets, identifier))
    records = pd.DataFrame({SUBJECT: usubjid, identifier: lesion})
    number = lookup.value_of_match(records, numbered, [SUBJECT, identifier], "number")
    code = testcd.map({"LDIAM": "LDIAM", "LPERP": "NLDIAM"}).astype("str")
    return code + number.astype("Int64").astype("str")
