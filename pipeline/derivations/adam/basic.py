"""Basic data structure: sequence, baseline, change, and what a record takes from its tumour assessment."""

from __future__ import annotations

import pandas as pd

from pipeline.records import lookup
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.models import Codelist


def letter(flags: pd.Series) -> pd.Series:
    """Y where it is so, else missing.

    Takes     true or false.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.5 (flags).
    """
    return pd.Series("Y", index=flags.index, dtype="str").where(flags.eq(True))


def of_assessment(usubjid: pd.Series, group: pd.Series, assessments: pd.DataFrame) -> pd.Series:
    """What ADTA says of the tumour assessment that a record belongs to.

    Takes     participant and assessment of the record; of each assessment of ADTA its label and the value.
    Returns   the value; missing for a record of no assessment in ADTA.
    Source    ADaMIG 1.3, 3.3.3.
    """
    label, value = [c for c in assessments if c not in KEY]
    place = lookup.place_among([usubjid, group], [assessments[SUBJECT], assessments[label]])
    return pd.Series(assessments[value].array.take(place, allow_fill=True), index=usubjid.index)


def parameter_name(paramcd: pd.Series, codelist: Codelist) -> pd.Series:
    """The name that belongs to the code of the parameter.

    Takes     PARAMCD; the list of the dataset's parameters.
    Returns   PARAM; missing for a code that the list lacks.
    Source    ADaMIG 1.3, 3.3.4 (PARAM and PARAMCD are one to one).
    """
    return paramcd.map({code: term.decode for code, term in codelist.terms.items()}).astype("str")


def parameter_category(paramcd: pd.Series, categories: Codelist) -> pd.Series:
    """The category of the parameter: who assessed it, by which criteria.

    Takes     PARAMCD; the list of categories, each with the codes of its parameters.
    Returns   PARCAT1.
    Source    ADaMIG 1.3, 3.3.4 (PARCATy).
    """
    return paramcd.map(
        {code: name for name, term in categories.terms.items() for code in term.collected}
    ).astype("str")


def baseline_value(records: pd.DataFrame) -> pd.Series:
    """The value of the parameter at baseline.

    Takes     the participant's records: code of the parameter, flag of baseline, value.
    Returns   number in the unit of the parameter; missing where the parameter has no value at baseline.
    Source    ADaMIG 1.3, 3.3.4 (BASE).
    """
    by = [SUBJECT, "PARAMCD"]
    held = records[records["ABLFL"].eq("Y") & records["AVAL"].notna()].drop_duplicates(by)
    return held.set_index(by)["AVAL"].reindex(pd.MultiIndex.from_frame(records[by])).set_axis(records.index)


def change(value: pd.Series, base: pd.Series, baseline: pd.Series) -> pd.Series:
    """Value minus baseline, after baseline.

    Takes     value, value at baseline, flag of baseline.
    Returns   number in the unit of the parameter; missing at baseline.
    Source    ADaMIG 1.3, 3.3.4 (CHG).
    """
    return (value - base).where(baseline.ne("Y"))


def percent_change(change: pd.Series, base: pd.Series) -> pd.Series:
    """Change from baseline as a percentage of baseline.

    Takes     change and value at baseline.
    Returns   percent; missing where baseline is 0 or missing.
    Source    ADaMIG 1.3, 3.3.4 (PCHG).
    """
    return (100 * change / base.where(base.ne(0))).where(base.notna())


def where_analysed(value: pd.Series) -> pd.Series:
    """Y where there is a value: a sum with a lesion that was not assessed has none.

    Takes     value.
    Returns   Y or missing.
    Source    ADaMIG 1.3, 3.3.5 (ANLzzFL).
    """
    return letter(value.notna())


def lesion_parameter(
    testcd: pd.Series, usubjid: pd.Series, lesion: pd.Series, lesions: pd.DataFrame
) -> pd.Series:
    """LDIAM and, of a lymph node, NLDIAM, with the number of the lesion among the participant's target
    lesions.

    Takes     short name of the test, participant and lesion of the record; group and lesion of all tumour
              results.
    Returns   PARAMCD.
    Source    specs/study.yaml; RECIST 1.1 (Eisenhauer 2009), 4.3.1 (diameter, of nodes the short axis).
    """
    held = lesions[lesions["TRGRPID"].eq("TARGET") & lesions["TRLNKID"].notna()].drop_duplicates(
        [SUBJECT, "TRLNKID"]
    )
    number = (
        held.sort_values([SUBJECT, "TRLNKID"])
        .groupby(SUBJECT)
        .cumcount()
        .add(1)
        .astype("str")
        .reindex(held.index)
    )
    by = pd.Series(number.array, index=pd.MultiIndex.from_frame(held[[SUBJECT, "TRLNKID"]]), dtype="str")
    mine = by.reindex(pd.MultiIndex.from_arrays([usubjid, lesion])).set_axis(testcd.index)
    return testcd.map({"LDIAM": "LDIAM", "LPERP": "NLDIAM"}).astype("str") + mine
