"""What SE of this study needs beyond the library: the elements of its two arms, and what begins follow-up."""

from __future__ import annotations

from datetime import date

import pandas as pd

from pipeline.derivations.sdtm.visits import visit_name
from pipeline.records import dates, lookup
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.models import Visit


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
    exposure: pd.DataFrame,
    cycles: pd.DataFrame,
    treated: pd.DataFrame,
    randomized: pd.DataFrame,
    dm: pd.DataFrame,
    visit_records: pd.DataFrame,
    contacts: pd.DataFrame,
    ends_of_study: pd.DataFrame,
    scans: pd.DataFrame,
    events: pd.DataFrame,
    medications: pd.DataFrame,
    therapies: pd.DataFrame,
    last_cycle: str,
    cycle_days: int,
    cutoff: date,
    visits: tuple[Visit, ...],
) -> pd.DataFrame:
    """Follow-up begins where treatment ends.

    1. A participant who began the last planned cycle is under treatment to the end of that cycle: follow-up
       begins so many days after its first day as a cycle has.
    2. A participant who stopped earlier, or during the last cycle for any other reason than completion, is
       under treatment to the later of the last dose and the end of treatment as the form gives it: follow-up
       begins on the day after.
    3. A dose after that prolongs treatment to its day.
    4. For a participant who was randomized and never dosed it begins on the day after randomization. A screen
       failure has no follow-up.
    5. A participant who left the study, or died, before that day has none either: treatment, or screening, is
       then the last element. Nor has one whose treatment goes on at the cut-off of the data.
    6. Where the end of the study or the death has a partial date that can lie before that day, the
       participant has a follow-up only if seen or heard of alive on or after it: at a visit, a contact or a
       scan, by the date last known to be alive, or by an adverse event, a medication or an anticancer therapy
       that began.

    Takes     doses received with start and end; visit, whether given, and date of each planned dose of
              trastuzumab; end-of-treatment forms with date and reason; randomizations; DM with the end of the
              study; visits and whether they took place; survival contacts with status; the date last known to
              be alive; scans and whether they were done; starts of adverse events, of medications and of
              subsequent therapies; the visit at which the last cycle begins; days of a cycle; the cut-off;
              the visits.
    Returns   for each participant the record that gives the date, with its identity, and START in ISO 8601.
    Source    SDTMIG 3.4, 5.3 (SE, assumption 1: the dates are those of the transitions that TE defines);
              specs/study.yaml, elements and assumption end-of-treatment.
    """
    doses = pd.concat([_begins_after(exposure, "EXSTDTC"), _begins_after(exposure, "EXENDTC")])
    completed = _last_cycles(cycles, treated, last_cycle, cycle_days, visits)
    forms = _begins_after(treated, "END_DATE")
    randomizations = _begins_after(randomized, "RAND_DATE")

    dosed = exposure.loc[dates.day(exposure["EXSTDTC"]).notna(), SUBJECT].unique()
    stopped = forms[~forms[SUBJECT].isin(completed[SUBJECT])]
    treatment = pd.concat([doses, completed, stopped])
    starts = pd.concat(
        [treatment[treatment[SUBJECT].isin(dosed)], randomizations[~randomizations[SUBJECT].isin(dosed)]],
        ignore_index=True,
    )
    last = lookup.last_of_subject(starts[starts["begins"].notna()], "begins")
    signs_of_life = pd.concat(
        [
            _on_day(visit_records[visit_records["DONE"].str.upper().eq("YES")], "VISIT_DATE"),
            _on_day(contacts[contacts["STATUS"].str.upper().eq("ALIVE")], "CONTACT_DATE"),
            _on_day(ends_of_study, "LAST_CONTACT"),
            _on_day(scans[scans["DONE"].str.upper().eq("YES")], "SCAN_DATE"),
            *(_on_day(records, "START_DATE") for records in (events, medications, therapies)),
        ],
        ignore_index=True,
    )
    signs_of_life = signs_of_life[signs_of_life["day"].notna()]
    last_seen = lookup.value_of_subject(last[SUBJECT], lookup.last_of_subject(signs_of_life, "day"), "day")
    end_of_study = lookup.value_of_subject(last[SUBJECT], dm, "RFENDTC")
    # the first day that a partial date can mean is the earliest end; being seen later moves it
    stayed = end_of_study.isna() | dates.first_day(end_of_study).ge(last["begins"])
    stayed |= dates.day(end_of_study).isna() & last_seen.ge(last["begins"])
    followed = last[stayed & last["begins"].le(pd.Timestamp(cutoff))]
    return followed[KEY].assign(START=dates.to_iso(followed["begins"]))


def _last_cycles(
    cycles: pd.DataFrame, treated: pd.DataFrame, last_cycle: str, cycle_days: int, visits: tuple[Visit, ...]
) -> pd.DataFrame:
    """The last planned cycle of each participant who began it and did not stop treatment during it."""
    day = dates.day(cycles["DOSE_DATE"])
    given = cycles["GIVEN"].str.upper().eq("YES") & day.notna()
    began = cycles[KEY].assign(day=day)[given & visit_name(cycles["FOLDER"], visits).eq(last_cycle)]

    ends = treated.assign(day=dates.day(treated["END_DATE"]))
    ends = ends.assign(completed=ends["REASON"].str.upper().str.strip().eq("COMPLETED"))
    # of two products that end on one day, one that was completed tells that treatment was
    last_end = lookup.last_of_subject(ends[ends["day"].notna()], "day", "completed")
    stopped = last_end[~last_end["completed"]]
    stopped_on = lookup.value_of_subject(began[SUBJECT], stopped, "day")
    began = began[~stopped_on.ge(began["day"])]
    return began[KEY].assign(begins=began["day"] + pd.Timedelta(days=cycle_days))


def _on_day(records: pd.DataFrame, column: str) -> pd.DataFrame:
    """The records with the day of their date."""
    return records[KEY].assign(day=dates.day(records[column]))


def _begins_after(records: pd.DataFrame, column: str) -> pd.DataFrame:
    """The records with the day after their date."""
    return records[KEY].assign(begins=dates.day(records[column]) + pd.Timedelta(days=1))
