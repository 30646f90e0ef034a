"""What each assessment shows, counted over its lesion records. No response is decided here."""

from __future__ import annotations

from typing import Final

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
)
from pipeline.derivations.oncology.succession import Succession, succession
from pipeline.records.identity import SUBJECT

ASSESSMENT: Final = [SUBJECT, "assessment"]  # what identifies an assessment
COUNTS: Final = [
    "n_expected",
    "n_assessed",
    "n_target_present",
    "n_target_abnormal",
    "n_non_target",
    "n_non_target_assessed",
    "n_non_target_not_due",
    "n_non_target_pd",
    "n_non_target_worse",
    "n_non_target_present",
    "n_equivocal",
    "n_unequivocal",
    "n_new",
    "n_new_target",
    "n_new_target_measured",
    "n_new_other",
    "n_new_other_measured",
]
SO_FAR: Final = ["n_non_target_worse", "n_new", "n_new_target", "n_new_other"]  # counted over the assessments


def lesion_counts(
    lesions: pd.DataFrame,
    expected: pd.DataFrame | None,
    *,
    too_small_mm: float,
    node_normal_mm: float,
    node_target_mm: float,
    lesion_target_mm: float,
) -> pd.DataFrame:
    """What each assessment shows: one record for each that has a lesion record or is named among the expected
    ones, in order.

    Takes     lesion records that `lesions.check` accepts; assessments that took place, perhaps with a date.
    Returns   USUBJID (category), assessment; first_date and last_date of its scans; columns of target
              lesions, non-target lesions and new lesions. A number counts lesions; a size is in hundredths
              of a millimetre and missing where nothing was measured.
    Raises    PipelineError for an expected assessment without a participant, or before baseline.
    """
    if expected is None:
        expected = lesions.iloc[:0][ASSESSMENT]
    refuse(
        expected[SUBJECT].isna() | expected["assessment"].lt(0),
        "expected without a participant, or before baseline",
    )
    named = pd.concat([lesions[ASSESSMENT], expected[ASSESSMENT]], ignore_index=True)
    named = named.astype({SUBJECT: "category"})
    # The number of each assessment in order: one column to group by instead of two.
    named["scan"] = named.groupby(ASSESSMENT, observed=True).ngroup()
    of_lesions, of_expected = named.iloc[: len(lesions)], named.iloc[len(lesions) :]
    assessments = named.drop_duplicates("scan").set_index("scan").sort_index()

    records = pd.DataFrame(
        {
            SUBJECT: of_lesions[SUBJECT],
            "assessment": of_lesions["assessment"],
            "scan": of_lesions["scan"],
            "lesion": lesions["lesion"].astype("category").array,
            "role": lesions["role"].array,
            "node": lesions["node"].array,
            "size": sizes(lesions, too_small_mm).array,
            "state": lesions["state"].array,
            "done": lesions["done"].array,
            "date": lesions["date"].array,
            "not_due": lesions["not_due"].array if "not_due" in lesions else False,
        }
    )
    node_normal, node_target, lesion_target = hundredths(
        pd.Series([node_normal_mm, node_target_mm, lesion_target_mm], dtype="float64")
    )
    succeeding = succession(records, assessments)
    # Where its parts or a merged lesion stand for a lesion, its own records do not count.
    in_force = records[succeeding.stands(records)]

    parts = [
        _dates(records, expected.assign(scan=of_expected["scan"].array)),
        _expected(assessments, records, succeeding),
        _targets(in_force, node_normal),
        _non_targets(in_force),
        _new_lesions(records, records["node"].map({True: node_target, False: lesion_target})),
    ]
    parts = [part.reindex(assessments.index) for part in parts]
    assessed = pd.concat([assessments, *parts], axis="columns")
    assessed[COUNTS] = assessed[COUNTS].fillna(0).astype("int64")
    assessed[SO_FAR] = assessed.groupby(SUBJECT, observed=True)[SO_FAR].cumsum()
    for kind in ("target", "other"):
        complete = assessed[f"n_new_{kind}_measured"].eq(assessed[f"n_new_{kind}"])
        assessed[f"sum_new_{kind}"] = assessed[f"sum_new_{kind}_measured"].where(complete)
    return assessed.reset_index(drop=True)


def _dates(records: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """First and last date of the scans of each assessment; where no lesion is dated, the date given for the
    assessment itself.
    """
    scanned = records["date"].where(records["done"]).groupby(records["scan"])
    scan_dates = pd.DataFrame({"first_date": scanned.min(), "last_date": scanned.max()})
    if "date" not in expected:
        return scan_dates
    given = expected.groupby("scan")["date"].min()
    return scan_dates.combine_first(pd.DataFrame({"first_date": given, "last_date": given}))


def _expected(assessments: pd.DataFrame, records: pd.DataFrame, succeeding: Succession) -> pd.DataFrame:
    """How many target and non-target lesions each assessment should have."""
    numbered = assessments.reset_index()
    lesions = records[[*LESION, "role"]].drop_duplicates(LESION)
    due = numbered.merge(lesions, on=SUBJECT, how="inner", validate="many_to_many")
    due = due.loc[succeeding.stands(due), ["scan", "role"]]
    return pd.DataFrame(
        {
            "n_expected": due[due["role"].eq(TARGET)].groupby("scan").size(),
            "n_non_target": due[due["role"].eq(NON_TARGET)].groupby("scan").size(),
        }
    )


def _targets(records: pd.DataFrame, node_normal: float) -> pd.DataFrame:
    """Target lesions measured: how many, their sum, and how many are abnormal, that is neither gone nor a
    normal node.
    """
    measured = records["role"].eq(TARGET) & records["size"].notna()
    targets = records.loc[measured, ["scan", "node", "size", "date"]]
    present = targets["size"].gt(0)
    abnormal = targets["size"].ge(node_normal).where(targets["node"], present)
    by_scan = targets.assign(present=present, abnormal=abnormal).groupby("scan")
    return pd.DataFrame(
        {
            "n_assessed": by_scan.size(),
            "sum_measured": by_scan["size"].sum(),
            "n_target_present": by_scan["present"].sum(),
            "n_target_abnormal": by_scan["abnormal"].sum(),
            "last_target_date": by_scan["date"].max(),
        }
    )


def _non_targets(records: pd.DataFrame) -> pd.DataFrame:
    """Non-target lesions whose state is known: how many were assessed and how many were not due, how many are
    present, how many progressed, and how many of these for the first time.
    """
    known = records[records["role"].eq(NON_TARGET) & records["done"] & records["state"].notna()]
    worse = known["state"].isin(WORSE_STATES)
    present = known["state"].isin(PRESENT_STATES)
    by_scan = known.assign(
        due=~known["not_due"],
        worse=worse,
        present=present,
        worse_date=known["date"].where(worse),
        present_date=known["date"].where(present),
    ).groupby("scan")
    counts = pd.DataFrame(
        {
            "n_non_target_assessed": by_scan["due"].sum(),
            "n_non_target_not_due": by_scan["not_due"].sum(),
            "n_non_target_pd": by_scan["worse"].sum(),
            "n_non_target_present": by_scan["present"].sum(),
            "non_target_pd_date": by_scan["worse_date"].min(),
            "non_target_present_date": by_scan["present_date"].min(),
        }
    )
    first_worse_scan = known[worse].groupby(LESION, observed=True)["scan"].min()
    return counts.assign(n_non_target_worse=first_worse_scan.value_counts())


def _new_lesions(records: pd.DataFrame, least_size: pd.Series) -> pd.DataFrame:
    """New lesions after baseline: what is seen of them, since when, how many are first proved here, and the
    sizes of those proved by then.

    A new lesion that is measurable where it is first proved is a new-lesion target; one with a size below
    that is a new-lesion non-target, as is one without a size, which enters no sum.

    Takes     records of lesions; the least size at which each of them is measurable.
    """
    later = records["role"].eq(NEW) & records["done"] & records["assessment"].gt(0)
    seen = records[later & records["state"].isin([EQUIVOCAL, UNEQUIVOCAL])]
    proved = seen["state"].eq(UNEQUIVOCAL)
    seen = seen.assign(
        proved=proved,
        equivocal=~proved,
        proved_date=seen["date"].where(proved),
        proved_scan=seen["scan"].where(proved),
    )
    by_lesion = seen.groupby(LESION, observed=True)
    seen = seen.assign(
        first_seen=by_lesion["date"].transform("min"),
        first_proved=by_lesion["proved_date"].transform("min"),
        first_proved_scan=by_lesion["proved_scan"].transform("min"),
    )
    by_scan = seen.groupby("scan")
    proved_by_scan = seen[proved].groupby("scan")
    first_proved_here = seen["scan"].eq(seen["first_proved_scan"])
    counts = pd.DataFrame(
        {
            "n_equivocal": by_scan["equivocal"].sum(),
            "n_unequivocal": by_scan["proved"].sum(),
            "new_seen_date": proved_by_scan["first_seen"].min(),
            "new_proved_date": proved_by_scan["first_proved"].min(),
            "n_new": seen[first_proved_here].groupby("scan").size(),
        }
    )

    proved_by_then = seen["scan"].ge(seen["first_proved_scan"])
    size_when_proved = seen["size"].where(first_proved_here)
    size_when_proved = size_when_proved.groupby([seen[c] for c in LESION], observed=True).transform("max")
    measurable = size_when_proved.ge(least_size.reindex(seen.index))
    kinds = {"target": measurable, "other": size_when_proved.notna() & ~measurable}
    for kind, of_kind in kinds.items():
        sizes_by_scan = seen[of_kind & proved_by_then].groupby("scan")["size"]
        counts[f"n_new_{kind}"] = seen[of_kind & first_proved_here].groupby("scan").size()
        counts[f"n_new_{kind}_measured"] = sizes_by_scan.count()
        counts[f"sum_new_{kind}_measured"] = sizes_by_scan.sum(min_count=1)
    return counts
