"""What TR of this study needs beyond the library: its forms say in words that a lesion was not assessed
(Not assessed), gone (Disappeared) or too small to measure.
"""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.tumours import converted
from pipeline.study.models import Unit


def diameter_as_collected(status: pd.Series, diameter: pd.Series) -> pd.Series:
    """The number as collected; where there is none, TOO SMALL TO MEASURE, or 0 for a lesion that is gone;
    missing for a lesion that was not assessed. A number of such a lesion stays, so that it is reported.

    Takes     status and number as collected.
    Returns   text.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1; SDTMIG 3.4, TRORRES.
    """
    in_words = _in_words(status, {"TOO SMALL TO MEASURE": "TOO SMALL TO MEASURE", "DISAPPEARED": "0"})
    return diameter.where(diameter.notna(), in_words)


def unit_of_diameter(status: pd.Series, diameter: pd.Series, unit: pd.Series) -> pd.Series:
    """The unit as collected, where a number was collected of a lesion that was assessed.

    Takes     status, number and unit as collected.
    Returns   term of the codelist UNIT.
    Source    SDTMIG 3.4, TRORRESU.
    """
    return unit.str.lower().where(diameter.notna() & _assessed(status))


def diameter_in_mm(
    status: pd.Series, diameter: pd.Series, unit: pd.Series, too_small: float, units: dict[str, Unit]
) -> pd.Series:
    """The diameter in mm: a number given counts as it is, even a small one; a lesion that is too small to
    measure counts as the diameter that the study sets for it, and one that is gone as 0.

    Takes     status, number and unit as collected; the millimetres that stand for too small to measure.
    Returns   decimal text in mm; missing where the lesion was not assessed.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1.
    """
    measured = converted(diameter, unit.str.lower(), "mm", units)
    in_words = _in_words(status, {"TOO SMALL TO MEASURE": f"{too_small:g}", "DISAPPEARED": "0"})
    return measured.where(measured.notna(), in_words).where(_assessed(status))


def status_not_done(status: pd.Series) -> pd.Series:
    """NOT DONE for a lesion that was not assessed.

    Takes     status as collected.
    Returns   NOT DONE or missing.
    Source    SDTMIG 3.4, TRSTAT.
    """
    return pd.Series("NOT DONE", index=status.index, dtype="str").mask(_assessed(status))


def reason_not_done(status: pd.Series, reason: pd.Series) -> pd.Series:
    """The reason as collected, for a lesion that was not assessed.

    Takes     status and reason as collected.
    Returns   text.
    Source    SDTMIG 3.4, TRREASND.
    """
    return reason.mask(_assessed(status))


def state_as_collected(state: pd.Series) -> pd.Series:
    """The state in the words of the form; missing where the lesion was not assessed.

    Takes     state as collected.
    Returns   text.
    Source    SDTMIG 3.4, TRORRES.
    """
    return state.where(_assessed(state))


def standard_state(state: pd.Series, node: pd.Series) -> pd.Series:
    """State of a non-target lesion: PATHOLOGICAL or NON-PATHOLOGICAL for a node, else PRESENT or ABSENT; or
    UNEQUIVOCAL PROGRESSION.

    Takes     state and whether the lesion is a lymph node, as collected.
    Returns   text; missing where the lesion was not assessed.
    Source    SDTMIG 3.4, 6.3.12; RECIST 1.1 (Eisenhauer 2009), 4.3.3.
    """
    nodal = node.str.upper().eq("YES")
    standard = state.str.upper().where(_assessed(state))
    standard = standard.mask(nodal & standard.eq("PRESENT"), "PATHOLOGICAL")
    return standard.mask(nodal & standard.eq("ABSENT"), "NON-PATHOLOGICAL")


def _assessed(status: pd.Series) -> pd.Series:
    return status.str.upper().ne("NOT ASSESSED")


def _in_words(status: pd.Series, results: dict[str, str]) -> pd.Series:
    return status.str.upper().map(results).astype("str")
