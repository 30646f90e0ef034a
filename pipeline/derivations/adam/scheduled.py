"""What was due at a tumour assessment: regions to be imaged, and lesions that are assessed less often."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.oncology.lesions import NON_TARGET, WORSE_STATES
from pipeline.records import lookup
from pipeline.records.identity import SUBJECT
from pipeline.study.models import TumourSchedule

Schedule = tuple[TumourSchedule, ...]
LESION = [SUBJECT, "lesion"]
RECORD = [*LESION, "assessment"]


def all_regions_imaged(assessments: pd.DataFrame, images: pd.DataFrame, schedule: Schedule) -> pd.Series:
    """Whether every region that was due at each assessment was imaged at its visit.

    1. At a visit whose schedule names regions these are due, and each needs imaging that was done.
    2. At any other visit the regions listed there are due.

    Takes     assessments with VISIT and VISITNUM; procedures: PRCAT, PROCCUR, PRLOC, VISITNUM.
    Returns   true or false.
    Source    FDA 2007, appendix 3 (adequate assessment).
    """
    imaging = images[images["PRCAT"].eq("IMAGING")].reindex(columns=[SUBJECT, "VISITNUM", "PRLOC", "PROCCUR"])
    visit = [SUBJECT, "VISITNUM"]
    not_done = imaging.loc[~imaging["PROCCUR"].eq("Y"), visit].assign(gap="Y")
    complete = lookup.joined(assessments, not_done, on=visit)["gap"].isna()

    done = imaging[imaging["PROCCUR"].eq("Y")]
    with_regions = [entry for entry in schedule if entry.regions]
    scheduled_visits = [visit for entry in with_regions for visit in entry.visits]
    complete = complete.mask(assessments["VISIT"].isin(scheduled_visits), True)
    for entry in with_regions:
        at_visit = assessments["VISIT"].isin(entry.visits)
        for region in entry.regions:
            of_region = done.loc[done["PRLOC"].eq(region), visit].assign(done="Y")
            region_done = lookup.joined(assessments, of_region, on=visit)["done"].notna()
            complete = complete.mask(at_visit & ~region_done, False)
    return complete


def with_states_not_due(lesions: pd.DataFrame, assessments: pd.DataFrame, schedule: Schedule) -> pd.DataFrame:
    """The lesion records, with the last known state of each non-target lesion at the assessments after
    baseline at which it was neither due nor assessed.

    1. A non-target lesion is due only at the visits that the schedule names for its organ or method, where it
       names one of them.
    2. Progression of such a lesion is stated once: at later assessments the lesion counts as present.

    Takes     lesion records with organ and method; the participants' assessments with their number and VISIT.
    Returns   lesion records, with `not_due`; those in the place of an assessment have no date.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.5 (non-target organs that are evaluated less often).
    """
    lesions = lesions.assign(not_due=False)
    non_target = lesions["role"].eq(NON_TARGET)
    described = lesions[non_target].drop_duplicates(LESION)
    due = described[LESION].merge(
        assessments[[SUBJECT, "assessment", "VISIT"]], on=SUBJECT, how="inner", validate="many_to_many"
    )
    if not len(due):
        return lesions
    due = lookup.joined(due, described[[*LESION, "organ", "method", "node"]], on=LESION)
    seldom = pd.Series(False, index=due.index)
    at_its_visit = pd.Series(False, index=due.index)
    for entry in schedule:
        of_entry = due["organ"].isin(entry.organs) | due["method"].isin(entry.methods)
        seldom |= of_entry
        at_its_visit |= of_entry & due["VISIT"].isin(entry.visits)

    records = lookup.joined(due, lesions.loc[lesions["done"], [*RECORD, "state"]], on=RECORD)
    records = records.assign(seldom=seldom, at_its_visit=at_its_visit)
    records = lookup.in_order(records, *RECORD)
    standing = records["state"].mask(records["state"].isin(WORSE_STATES) & ~records["node"], "PRESENT")
    standing = standing.mask(standing.isin(WORSE_STATES), "PATHOLOGICAL")
    last_known = standing.groupby([records[SUBJECT], records["lesion"]]).ffill()
    not_due = records["seldom"] & ~records["at_its_visit"] & records["assessment"].gt(0)
    stands = records[not_due & records["state"].isna() & last_known.notna()]
    carried = lookup.joined(stands[RECORD], described.drop(columns=["assessment", "state"]), on=LESION)
    carried = carried.assign(
        state=last_known.loc[stands.index],
        done=True,
        not_due=True,
        date=pd.Series(pd.NaT, index=stands.index, dtype="datetime64[s]"),
    )
    replaced = lookup.is_among([lesions[c] for c in RECORD], [carried[c] for c in RECORD])
    return pd.concat([lesions[~replaced], carried[list(lesions.columns)]], ignore_index=True)
