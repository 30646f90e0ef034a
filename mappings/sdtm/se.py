"""What SE of this study needs beyond the library: the elements of its two arms, and what begins and ends
each.
"""

from __future__ import annotations

import pandas as pd

from pipeline.records import dates
from pipeline.records.identity import KEY
from pipeline.study.design import Arm, Element


def treatment(exposure: pd.DataFrame) -> pd.DataFrame:
    """The treatment element begins with the first dose of any study treatment; a participant who was never
    dosed has none.

    A partial date of a dose begins nothing.

    Takes     doses received with the date and time each began.
    Returns   the first dose of each participant with its identity and START in ISO 8601.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC).
    """
    known = exposure[dates.day(exposure["EXSTDTC"]).notna()].sort_values(["USUBJID", "EXSTDTC", *KEY[1:]])
    return known.drop_duplicates("USUBJID").rename(columns={"EXSTDTC": "START"})


def element_of_treatment(usubjid: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """NKTRAS for a participant who received NK cells, whatever the arm she was assigned to; TRAS for one who
    received trastuzumab alone.

    Takes     participants who were dosed; treatments received.
    Returns   ETCD.
    Source    SDTMIG 3.4, 5.3 (SE, ETCD); specs/study.yaml, assumption actual-arm.
    """
    cells = usubjid.isin(exposure.loc[exposure["EXTRT"].eq("NK CELLS"), "USUBJID"].unique())
    return pd.Series("TRAS", index=usubjid.index, dtype="str").mask(cells, "NKTRAS")


def follow_up(
    exposure: pd.DataFrame, treated: pd.DataFrame, randomized: pd.DataFrame, dm: pd.DataFrame
) -> pd.DataFrame:
    """Follow-up begins on the day after the later of the last dose and the end of treatment as the forms give
    it.

    For a participant who was randomized and never dosed it begins on the day after randomization; a screen
    failure has none. One who left the study, or died, before that day has none either: her treatment, or
    screening, is her last element.

    Takes     doses received with start and end; end-of-treatment forms; randomizations; DM with the end of
              the study.
    Returns   of each participant the record that gives the date, with its identity, and START in ISO 8601.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC); specs/study.yaml, assumption end-of-treatment.
    """
    dosed = exposure.loc[dates.day(exposure["EXSTDTC"]).notna(), "USUBJID"].unique()
    ends = [_dated(exposure, "EXSTDTC"), _dated(exposure, "EXENDTC"), _dated(treated, "END_DATE")]
    given = pd.concat(ends, ignore_index=True)
    waited = _dated(randomized, "RAND_DATE")
    last = pd.concat(
        [given[given["USUBJID"].isin(dosed)], waited[~waited["USUBJID"].isin(dosed)]], ignore_index=True
    )
    last = (
        last[last["day"].notna()]
        .sort_values(["USUBJID", "day", *KEY[1:]])
        .drop_duplicates("USUBJID", keep="last")
    )
    begins = last["day"] + pd.Timedelta(days=1)
    left = last["USUBJID"].map(
        pd.Series(dates.last_day(dm["RFENDTC"]).array, index=dm["USUBJID"].array).groupby(level=0).max()
    )
    stayed = left.isna() | left.ge(begins)
    return last.loc[stayed, KEY].assign(START=dates.to_iso(begins[stayed]))


def _dated(records: pd.DataFrame, column: str) -> pd.DataFrame:
    return records[KEY].assign(day=dates.day(records[column]))


def element_name(element: pd.Series, elements: tuple[Element, ...]) -> pd.Series:
    """The name that belongs to the code of the element.

    Takes     ETCD; the elements of the study.
    Returns   text.
    Source    SDTMIG 3.4, 5.3 (SE, ELEMENT) and 7.2.2 (TE).
    """
    return element.map({e.code: e.name for e in elements}).astype("str")


def epoch_of_element(element: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """The epoch in which the arms of the study have the element.

    Takes     ETCD; the arms of the study with their elements.
    Returns   text.
    Source    SDTMIG 3.4, 5.3 (SE, EPOCH) and 7.2.1 (TA).
    """
    return element.map({step.element: step.epoch for arm in arms for step in arm.elements}).astype("str")


def planned_order(element: pd.Series, arm: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """The place of the element in the arm to which the participant was assigned; missing for an element that
    this arm does not have.

    A screen failure was assigned to no arm: her screening has the place that it has in every arm.

    Takes     ETCD; code of the planned arm; the arms of the study with their elements.
    Returns   whole number.
    Source    SDTMIG 3.4, 5.3 (SE, TAETORD).
    """
    found = pd.Series(index=element.index, dtype="float64")
    for known in arms:
        places = {step.element: at for at, step in enumerate(known.elements, 1)}
        found = found.mask(arm.eq(known.code), element.map(places))
    return found.mask(arm.isna() & element.eq(arms[0].elements[0].element), 1.0)


def end_of_element(records: pd.DataFrame, left: pd.Series, seen: pd.Series) -> pd.Series:
    """The date and time at which the next element begins; the last element ends when the participant left the
    study.

    A screen failure was in the study until she was last seen.

    Takes     the participant's elements with their start; the end of the study; the last contact.
    Returns   ISO 8601 text, of the last element as precise as the end of the study is known.
    Source    SDTMIG 3.4, 5.3 (SE, SEENDTC).
    """
    following = (
        records.sort_values(["USUBJID", "SESTDTC"], kind="stable")
        .groupby("USUBJID")["SESTDTC"]
        .shift(-1)
        .reindex(records.index)
    )
    return following.where(following.notna(), left.where(left.notna(), seen))
