"""DM: the arm to which a participant was assigned, and the one that was taken."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.columns import Date, Placed
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT, values_of
from pipeline.records.measures import ArmCode, TreatmentsOfArms
from pipeline.study.design import Arm


def arm_code(collected: pd.Series, arms: tuple[Arm, ...], no_arm: list[str] | None = None) -> pd.Series:
    """The code of the arm that was collected; none where a word for no arm was, such as that of a screen
    failure.

    Case and blanks around it do not count. Any other text stays as collected, and a check reports it.

    Takes     the arm as collected, by its code or its name; the arms of the study; the words for no arm.
    Returns   code of an arm, or missing.
    Source    SDTMIG 3.4, DM, ARMCD and ACTARMCD (null where no arm was assigned; ARMNRS has the reason).
    """
    codes = {text.casefold(): arm.code for arm in arms for text in (arm.name, arm.code)}
    none = {text.casefold() for text in no_arm or ()}

    def code(text: str) -> str | None:
        plain = text.strip()
        return None if plain.casefold() in none else codes.get(plain.casefold(), plain)

    return map_distinct(collected, code)


def planned_arm(
    usubjid: pd.Series, randomized: Annotated[pd.DataFrame, Placed("code of the arm")]
) -> pd.Series:
    """Code of the arm to which the participant was randomized; missing for a screen failure.

    Takes     participants; the randomization list with the code of the arm.
    Returns   arm code.
    Source    SDTMIG 3.4, DM, ARMCD.
    """
    (arm,) = values_of(randomized)
    return lookup.value_of_subject(usubjid, randomized, arm)


def arm_of_treated(
    usubjid: pd.Series,
    planned: pd.Series,
    exposure: Annotated[pd.DataFrame, Placed(Date("start"))],
) -> pd.Series:
    """Code of the planned arm for a participant who was dosed; missing for one who never was. It is for a
    study in which everybody was treated as planned.

    Takes     participants; code of the planned arm; start of each dose received.
    Returns   arm code.
    Source    SDTMIG 3.4, DM, ACTARMCD.
    """
    return planned.where(usubjid.isin(exposure[SUBJECT]))


def arm_of_enrolled(
    usubjid: pd.Series, enrolled: Annotated[pd.DataFrame, Placed(Date("date of enrolment"))], arm: ArmCode
) -> pd.Series:
    """Code of the arm for a participant who was enrolled; missing for one who was not, such as a screen
    failure. It is for a study without randomization in which all take the same arm.

    A date of enrolment counts whether complete or partial.

    Takes     participants; the dates of enrolment; the arm into which all are enrolled.
    Returns   arm code.
    Source    SDTMIG 3.4, DM, ARMCD (null where no arm was assigned; ARMNRS has the reason).
    """
    (date,) = values_of(enrolled)
    was_enrolled = usubjid.isin(enrolled.loc[enrolled[date].notna(), SUBJECT])
    return pd.Series(arm, index=usubjid.index, dtype="str").where(was_enrolled)


def arm_of_first_treatment(
    usubjid: pd.Series,
    doses: Annotated[pd.DataFrame, Placed("treatment", Date("start"))],
    arms: tuple[Arm, ...],
    treatments: TreatmentsOfArms | None = None,
) -> pd.Series:
    """Code of the arm whose treatment the participant was given first; missing for one who was never dosed.

    1. A treatment is that of an arm if it has the code or the name of the arm, is the only arm's in
       which it is planned, or is listed for the arm in `treatments`. Case and blanks around it do not count.
    2. The dose that begins first decides; of several that begin at the same time the one whose treatment is
       that of an arm. A dose without a complete date does not count.
    3. The treatment of no arm stays as collected, and a check reports it.

    Takes     participants; treatment and start of each dose received; the arms; treatments by arm.
    Returns   arm code.
    Source    SDTMIG 3.4, DM, ACTARMCD; ARMCD where nobody is assigned before the first dose.
    """
    treatment, start = values_of(doses)
    codes = _arm_by_treatment(arms, treatments or {})
    dosed = doses[dates.day(doses[start]).notna() & doses[treatment].notna()]
    plain = map_distinct(dosed[treatment], lambda name: name.strip())
    code = map_distinct(plain, lambda name: codes.get(name.casefold()))
    dosed = dosed.assign(arm=code.where(code.notna(), plain), without_arm=code.isna().astype("int64"))
    return lookup.value_of_subject(
        usubjid, lookup.first_of_subject(dosed, start, "without_arm", "arm"), "arm"
    )


def _arm_by_treatment(arms: tuple[Arm, ...], treatments: TreatmentsOfArms) -> dict[str, str]:
    """The code of the arm by its own code and name, and by each treatment that is planned in it alone."""
    planned = Counter(name.casefold() for arm in arms for name in arm.treatments)
    codes = {
        name.casefold(): arm.code for arm in arms for name in arm.treatments if planned[name.casefold()] == 1
    }
    codes |= {text.casefold(): arm.code for arm in arms for text in (arm.name, arm.code)}
    return codes | {name.strip().casefold(): code for code, names in treatments.items() for name in names}


def reason_arm_is_null(planned: pd.Series, actual: pd.Series) -> pd.Series:
    """SCREEN FAILURE where no arm was assigned; ASSIGNED, NOT TREATED where an arm was assigned and no dose
    received.

    Takes     codes of planned and actual arm.
    Returns   term of the codelist; missing where both arms are known.
    Source    SDTMIG 3.4, DM, ARMNRS.
    """
    reason = pd.Series("SCREEN FAILURE", index=planned.index, dtype="str")
    reason = reason.mask(planned.notna(), "ASSIGNED, NOT TREATED")
    return reason.where(planned.isna() | actual.isna())
