"""What each assessment shows, counted over its lesion records. No response is decided here."""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.oncology.lesions import (
    EQUIVOCAL,
    LESION,
    NEW,
    NON_TARGET,
    PRESENT_STATES,
    TARGET,
    UNEQUIVOCAL,
    WORSE_STATES,
    hundredths,
    refuse,
    sizes,
    spans,
)
from pipeline.records.identity import SUBJECT

SCAN = [SUBJECT, "assessment"]


def scans(
    lesions: pd.DataFrame, expected: pd.DataFrame | None, *, too_small_mm: float, node_normal_mm: float
) -> pd.DataFrame:
    """One record for each assessment that has a lesion record or is named among the expected ones, in order.

    Takes     lesion records that `lesions.check` accepts; assessments that took place, with or without a date.
    Returns   USUBJID (category), assessment; first_date and last_date of its scans; columns of target
              lesions, non-target lesions and new lesions. A number counts lesions; a size is in hundredths
              of a millimetre and missing where nothing was measured.
    Raises    PipelineError for an expected assessment without a participant, or before baseline.
    """
    expected = pd.DataFrame({c: lesions[c].iloc[:0] for c in SCAN}) if expected is None else expected
    refuse(
        expected[SUBJECT].isna() | expected["assessment"].lt(0),
        "expected without participant, or before baseline",
    )
    named = pd.concat([lesions[SCAN], expected[SCAN]], ignore_index=True).astype({SUBJECT: "category"})
    named["scan"] = named.groupby(SCAN, observed=True).ngroup()  # its place among the assessments in order
    assessments = named.drop_duplicates("scan").set_index("scan").sort_index()
    taken_place = expected.assign(scan=named["scan"].iloc[len(lesions) :].to_numpy())

    records = lesions.reset_index(drop=True).assign(
        scan=named["scan"].iloc[: len(lesions)],
        USUBJID=named[SUBJECT].iloc[: len(lesions)],
        lesion=lesions["lesion"].astype("category").reset_index(drop=True),
        size=sizes(lesions, too_small_mm).reset_index(drop=True),
    )
    lesion_spans = spans(records)
    ends = lesion_spans.loc[lesion_spans["end"].notna(), [*LESION, "end"]]
    records = records.merge(ends, on=LESION, how="left", validate="many_to_one")
    # Once its parts or a merged lesion stand for a lesion, its own records no longer count.
    in_force = records[records["end"].isna() | records["assessment"].lt(records["end"])]

    columns = [
        _dates(records, taken_place),
        _expected(assessments, lesion_spans),
        _targets(in_force, hundredths(pd.Series([node_normal_mm])).iloc[0]),
        _non_targets(in_force),
        _new_lesions(records),
    ]
    found = pd.concat([assessments, *(c.reindex(assessments.index) for c in columns)], axis=1)
    counts = [c for c in found if c.startswith("n_")]
    found[counts] = found[counts].fillna(0).astype("int64")
    found["n_new"] = found.groupby(SUBJECT, observed=True)["n_new"].cumsum()
    return found.reset_index(drop=True)


def _dates(records: pd.DataFrame, taken_place: pd.DataFrame) -> pd.DataFrame:
    """First and last date of the scans of each assessment; where no lesion is dated, the date given for the
    assessment itself.
    """
    scanned = records[records["done"]].groupby("scan")["date"].agg(["min", "max"])
    found = scanned.set_axis(["first_date", "last_date"], axis="columns")
    if "date" not in taken_place:
        return found
    given = taken_place.groupby("scan")["date"].min()
    return found.combine_first(pd.DataFrame({"first_date": given, "last_date": given}))


def _expected(assessments: pd.DataFrame, lesion_spans: pd.DataFrame) -> pd.DataFrame:
    """How many target and non-target lesions each assessment should have."""
    due = assessments.reset_index().merge(lesion_spans, on=SUBJECT, how="inner", validate="many_to_many")
    begun = due["assessment"].ge(due["start"])
    ended = due["assessment"].ge(due["end"])
    due = due[begun & ~ended]
    return pd.DataFrame(
        {
            "n_expected": due[due["role"].eq(TARGET)].groupby("scan").size(),
            "n_non_target": due[due["role"].eq(NON_TARGET)].groupby("scan").size(),
        }
    )


def _targets(records: pd.DataFrame, node_normal: float) -> pd.DataFrame:
    """Target lesions measured: how many, their sum, and how many are diseased, that is neither gone nor a
    normal node.
    """
    targets = records[records["role"].eq(TARGET) & records["size"].notna()]
    left = targets["size"].gt(0)
    diseased = targets["size"].ge(node_normal).where(targets["node"], left)
    by_scan = targets.assign(left=left, diseased=diseased).groupby("scan")
    return by_scan.agg(
        n_assessed=("size", "size"),
        sum_measured=("size", "sum"),
        n_left=("left", "sum"),
        n_diseased=("diseased", "sum"),
        last_target_date=("date", "max"),
    )


def _non_targets(records: pd.DataFrame) -> pd.DataFrame:
    """Non-target lesions whose state is known: how many, how many are present, how many progressed."""
    known = records[records["role"].eq(NON_TARGET) & records["done"] & records["state"].notna()]
    worse = known["state"].isin(WORSE_STATES)
    present = known["state"].isin(PRESENT_STATES)
    by_scan = known.assign(
        worse=worse,
        present=present,
        worse_date=known["date"].where(worse),
        present_date=known["date"].where(present),
    ).groupby("scan")
    return by_scan.agg(
        n_non_target_assessed=("state", "size"),
        n_non_target_pd=("worse", "sum"),
        n_non_target_present=("present", "sum"),
        non_target_pd_date=("worse_date", "min"),
        non_target_present_date=("present_date", "min"),
    )


def _new_lesions(records: pd.DataFrame) -> pd.DataFrame:
    """New lesions after baseline: what is seen of them, since when, and how many are first proved here."""
    later = records[records["role"].eq(NEW) & records["done"] & records["assessment"].gt(0)]
    seen = later[later["state"].isin([EQUIVOCAL, UNEQUIVOCAL])]
    proved = seen["state"].eq(UNEQUIVOCAL)
    seen = seen.assign(
        proved=proved,
        equivocal=~proved,
        first_seen=seen.groupby(LESION, observed=True)["date"].transform("min"),
        first_proved=seen["date"]
        .where(proved)
        .groupby([seen[c] for c in LESION], observed=True)
        .transform("min"),
    )
    by_scan = seen.groupby("scan")
    certain = seen[proved]
    certain_by_scan = certain.groupby("scan")
    first_scan = certain.groupby(LESION, observed=True)["scan"].min()
    return pd.DataFrame(
        {
            "n_equivocal": by_scan["equivocal"].sum(),
            "n_unequivocal": by_scan["proved"].sum(),
            "new_seen_date": certain_by_scan["first_seen"].min(),
            "new_proved_date": certain_by_scan["first_proved"].min(),
            "n_new": first_scan.value_counts(),
            "sum_new": by_scan["size"].sum(min_count=1),
        }
    )
