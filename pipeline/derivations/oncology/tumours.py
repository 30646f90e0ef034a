"""TU and TR as the lesion records that the rules of response take."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.derivations.oncology.lesions import NEW, NON_TARGET, STATES, TARGET
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT

MEASURED: Final = ("LDIAM", "LPERP")
NODES: Final = ("LPERP", "LNSTATE")


def lesions(measured: pd.DataFrame, identified: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Lesion records as the rules of response take them; what no rule can read is not assessed, and a check
    has reported it.

    Takes     TR: TRGRPID, TRLNKID, TRLNKGRP, TRTESTCD, TRSTRESC, TRSTRESN (mm), TRSTAT, TRDTC; TU: TULNKID,
              TULOC and, where they are there, TUMETHOD and TUNODE; number of each assessment by participant
              and TRLNKGRP.
    Returns   USUBJID, assessment, lesion, role, node, organ, method, mm, state, done, date, on the index of
              TR.
    Source    SDTMIG 3.4, 6.3.12 (TU, TR).
    """
    of_lesions = measured["TRLNKID"].notna() & measured["TRGRPID"].isin([TARGET, NON_TARGET, NEW])
    rows = measured[of_lesions]
    # A lesion identified twice, or under two roles, is what its first record says; a check reports it.
    described = identified.reindex(columns=[SUBJECT, "TULNKID", "TULOC", "TUMETHOD", "TUNODE"])
    described = described.rename(columns={"TULNKID": "TRLNKID"}).drop_duplicates([SUBJECT, "TRLNKID"])
    rows = lookup.joined(rows, described, on=[SUBJECT, "TRLNKID"])
    rows = lookup.joined(rows, assessments[[SUBJECT, "TRLNKGRP", "assessment"]], on=[SUBJECT, "TRLNKGRP"])
    role = rows.groupby([SUBJECT, "TRLNKID"])["TRGRPID"].transform("first")

    readable = pd.Series(True, index=rows.index)
    for role_with_states, states in STATES.items():
        readable &= ~role.eq(role_with_states) | rows["TRSTRESC"].isin(states)
    size = rows["TRSTRESN"].where(rows["TRTESTCD"].isin(MEASURED))
    lesion_records = pd.DataFrame(
        {
            SUBJECT: rows[SUBJECT],
            "lesion": rows["TRLNKID"],
            "role": role,
            "node": rows["TRTESTCD"].isin(NODES) | rows["TUNODE"].eq("Y"),
            "organ": rows["TULOC"],
            "method": rows["TUMETHOD"],
            "mm": size.where(size.ge(0)),
            "state": rows["TRSTRESC"].where(readable & role.ne(TARGET)),
            "done": rows["TRSTAT"].ne("NOT DONE") & readable,
            "date": dates.day(rows["TRDTC"]),
            "assessment": rows["assessment"],
        }
    )
    numbered = lesion_records[lesion_records["assessment"].notna()].astype({"assessment": "int64"})
    return numbered.drop_duplicates([SUBJECT, "assessment", "lesion"])
