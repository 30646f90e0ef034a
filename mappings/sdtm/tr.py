"""What TR of this study needs beyond the library."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.tumours import converted
from pipeline.records.distinct import map_distinct
from pipeline.study.models import Unit

_NAMES = {
    "LDIAM": "Longest Diameter",
    "LPERP": "Longest Perpendicular",
    "LNSTATE": "Lymph Node State",
    "TUMSTATE": "Tumor State",
    "SUMDIAM": "Sum of Diameter",
    "TRALL": "Tumor/Lesion Results",
}


def assessments_not_done(images: pd.DataFrame) -> pd.DataFrame:
    """One record for each tumour assessment of which no region was imaged, with the reason given for the
    first region.

    Where some regions were imaged, the lesions of the others say themselves that they were not assessed; each
    region is in PR.

    Takes     subject number, visit as typed, done or not, and reason not done of each region.
    Returns   subject number, visit and reason, with the identity of the first region's record.
    Source    SDTMIG 3.4, 4.5.1.2 (tests not done: --TESTCD ends in ALL).
    """
    visit = map_distinct(images["FOLDER"], lambda typed: " ".join(typed.upper().split()))
    by = [images["SUBJECT"], visit]
    missed = ~images["DONE"].str.upper().eq("YES").groupby(by).transform("any")
    ordered = images.assign(visit=visit)[missed].sort_values(["USUBJID", "form", "record"])
    return ordered.drop_duplicates(["SUBJECT", "visit"])[
        ["USUBJID", "form", "record", "SUBJECT", "FOLDER", "REASON"]
    ]


def diameter_test(node: pd.Series) -> pd.Series:
    """LPERP, the short axis, for a lymph node; LDIAM, the longest diameter, for any other target lesion.

    Takes     whether the lesion is a lymph node, as collected.
    Returns   TRTESTCD.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1.1 and 4.3.1.
    """
    return pd.Series("LDIAM", index=node.index, dtype="str").mask(node.str.upper().eq("YES"), "LPERP")


def state_test(node: pd.Series) -> pd.Series:
    """LNSTATE for a lymph node, TUMSTATE for any other non-target lesion.

    Takes     whether the lesion is a lymph node, as collected.
    Returns   TRTESTCD.
    Source    SDTMIG 3.4, 6.3.12, TRTESTCD.
    """
    return pd.Series("TUMSTATE", index=node.index, dtype="str").mask(node.str.upper().eq("YES"), "LNSTATE")


def test_name(testcd: pd.Series) -> pd.Series:
    """The name that belongs to the short name of the test.

    Takes     TRTESTCD.
    Returns   TRTEST.
    Source    CDISC SDTM CT 2022-09-30, C96778.
    """
    return testcd.map(_NAMES).astype("str")


def diameter_as_collected(status: pd.Series, diameter: pd.Series) -> pd.Series:
    """The number as collected; where there is none, TOO SMALL TO MEASURE, or 0 for a lesion that is gone;
    missing if not assessed.

    Takes     status and number as collected.
    Returns   text.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1; SDTMIG 3.4, TRORRES.
    """
    said = (
        status.str.upper()
        .map({"TOO SMALL TO MEASURE": "TOO SMALL TO MEASURE", "DISAPPEARED": "0"})
        .astype("str")
    )
    return diameter.where(diameter.notna(), said).where(status.str.upper().ne("NOT ASSESSED"))


def unit_of_number(status: pd.Series, result: pd.Series, unit: pd.Series) -> pd.Series:
    """The unit as collected, where a number was collected of a lesion that was assessed.

    Takes     status, number and unit as collected.
    Returns   term of the codelist UNIT.
    Source    SDTMIG 3.4, TRORRESU.
    """
    return unit.str.lower().where(result.notna() & status.str.upper().ne("NOT ASSESSED"))


def diameter_in_mm(
    status: pd.Series, diameter: pd.Series, unit: pd.Series, too_small: float, units: dict[str, Unit]
) -> pd.Series:
    """The diameter in mm: a number given counts as it stands, even a small one; too small to measure counts 5
    mm; a lesion that is gone 0.

    Takes     status, number and unit as collected; the millimetres that stand for too small to measure.
    Returns   decimal text in mm; missing where the lesion was not assessed.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1.
    """
    measured = converted(diameter, unit.str.lower(), "mm", units)
    said = (
        status.str.upper().map({"TOO SMALL TO MEASURE": f"{too_small:g}", "DISAPPEARED": "0"}).astype("str")
    )
    return measured.where(measured.notna(), said).where(status.str.upper().ne("NOT ASSESSED"))


def not_done(status: pd.Series) -> pd.Series:
    """NOT DONE for a lesion that was not assessed.

    Takes     status as collected.
    Returns   NOT DONE or missing.
    Source    SDTMIG 3.4, TRSTAT.
    """
    return pd.Series("NOT DONE", index=status.index, dtype="str").where(status.str.upper().eq("NOT ASSESSED"))


def reason_not_done(status: pd.Series, reason: pd.Series) -> pd.Series:
    """The reason as collected, for a lesion that was not assessed.

    Takes     status and reason as collected.
    Returns   text.
    Source    SDTMIG 3.4, TRREASND.
    """
    return reason.where(status.str.upper().eq("NOT ASSESSED"))


def state_as_collected(state: pd.Series) -> pd.Series:
    """The state in the words of the form; missing where the lesion was not assessed.

    Takes     state as collected.
    Returns   text.
    Source    SDTMIG 3.4, TRORRES.
    """
    return state.where(state.str.upper().ne("NOT ASSESSED"))


def state(state: pd.Series, node: pd.Series) -> pd.Series:
    """State of a non-target lesion: PATHOLOGICAL or NON-PATHOLOGICAL for a node, else PRESENT or ABSENT; or
    UNEQUIVOCAL PROGRESSION.

    Takes     state and whether the lesion is a lymph node, as collected.
    Returns   text; missing where the lesion was not assessed.
    Source    SDTMIG 3.4, 6.3.12; RECIST 1.1 (Eisenhauer 2009), 4.3.3.
    """
    said = state.str.upper().where(state.str.upper().ne("NOT ASSESSED"))
    nodal = node.str.upper().eq("YES")
    return said.mask(nodal & said.eq("PRESENT"), "PATHOLOGICAL").mask(
        nodal & said.eq("ABSENT"), "NON-PATHOLOGICAL"
    )


def number(result: pd.Series) -> pd.Series:
    """The result as a number, where it is one.

    Takes     standardized result.
    Returns   number; missing for words.
    Source    SDTMIG 3.4, TRSTRESN.
    """
    return map_distinct(
        result, lambda text: float(text) if text.replace(".", "", 1).isdecimal() else None, "float64"
    )


def standard_unit(number: pd.Series) -> pd.Series:
    """Millimetres, for every result that is a number.

    Takes     TRSTRESN.
    Returns   mm or missing.
    Source    SDTMIG 3.4, TRSTRESU.
    """
    return pd.Series("mm", index=number.index, dtype="str").where(number.notna())
