"""What SE of this study needs beyond the library: the elements of its two arms, and what begins follow-up."""

from __future__ import annotations

import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.identity import KEY


def element_of_treatment(usubjid: pd.Series, exposure: pd.DataFrame) -> pd.Series:
    """NKTRAS for a participant who received NK cells, whatever the arm assigned; TRAS for one who received
    trastuzumab alone.

    Takes     participants who were dosed; treatments received.
    Returns   ETCD.
    Source    SDTMIG 3.4, 5.3 (SE, ETCD); specs/study.yaml, assumption actual-arm.
    """
    given_cells = usubjid.isin(exposure.loc[exposure["EXTRT"].eq("NK CELLS"), "USUBJID"])
    return pd.Series("TRAS", index=usubjid.index, dtype="str").mask(given_cells, "NKTRAS")


def start_of_follow_up(
    exposure: pd.DataFrame, treated: pd.DataFrame, randomized: pd.DataFrame, dm: pd.DataFrame
) -> pd.DataFrame:
    """Follow-up begins on the day after the later of the last dose and the end of treatment as the forms give
    it.

    1. For a participant who was randomized and never dosed it begins on the day after randomization.
    2. A screen failure has no follow-up.
    3. A participant who left the study, or died, before that day has none either: treatment, or screening, is
       then the last element.

    Takes     doses received with start and end; end-of-treatment forms; randomizations; DM with the end of
              the study.
    Returns   for each participant the record that gives the date, with its identity, and START in ISO 8601.
    Source    SDTMIG 3.4, 5.3 (SE, SESTDTC); specs/study.yaml, assumption end-of-treatment.
    """
    dosed = exposure.loc[dates.day(exposure["EXSTDTC"]).notna(), "USUBJID"].unique()
    treatment = pd.concat(
        [_dated(exposure, "EXSTDTC"), _dated(exposure, "EXENDTC"), _dated(treated, "END_DATE")]
    )
    never_dosed = _dated(randomized, "RAND_DATE")
    before_follow_up = pd.concat(
        [
            treatment[treatment["USUBJID"].isin(dosed)],
            never_dosed[~never_dosed["USUBJID"].isin(dosed)],
        ],
        ignore_index=True,
    )
    last = lookup.last_of_subject(before_follow_up[before_follow_up["day"].notna()], "day")
    begins = last["day"] + pd.Timedelta(days=1)
    left = dates.last_day(lookup.value_of_subject(last["USUBJID"], dm, "RFENDTC"))
    stayed = left.isna() | left.ge(begins)
    return last.loc[stayed, KEY].assign(START=dates.to_iso(begins[stayed]))


def _dated(records: pd.DataFrame, column: str) -> pd.DataFrame:
    return records[KEY].assign(day=dates.day(records[column]))
