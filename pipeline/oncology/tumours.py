"""TU and TR as the lesion records that the rules of response take."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.oncology.lesions import NEW, NON_TARGET, STATES, TARGET

SUBJECT: Final = "USUBJID"
MEASURED: Final = ("LDIAM", "LPERP")
NODES: Final = ("LPERP", "LNSTATE")


def lesions(measured: pd.DataFrame, identified: pd.DataFrame, at: pd.DataFrame) -> pd.DataFrame:
    """Lesion records as the rules of response take them; what no rule can read is not assessed, and a check has reported it.

    Takes     TR: TRGRPID, TRLNKID, TRLNKGRP, TRTESTCD, TRSTRESC, TRSTRESN (mm), TRSTAT, TRDTC; TU: TULNKID, TULOC and, where it is there,
              TUNODE; number of each assessment by participant and TRLNKGRP.
    Returns   USUBJID, assessment, lesion, role, node, organ, mm, state, done, date, on the index of TR.
    Source    SDTMIG 3.4, 6.3.12 (TU, TR).
    """
    rows = measured[measured["TRLNKID"].notna() & measured["TRGRPID"].isin([TARGET, NON_TARGET, NEW])]
    known = identified.drop_duplicates([SUBJECT, "TULNKID"]).set_index([SUBJECT, "TULNKID"]).reindex(columns=["TULOC", "TUNODE"])
    place = known.reindex(pd.MultiIndex.from_frame(rows[[SUBJECT, "TRLNKID"]])).set_axis(rows.index)
    role = rows.groupby([SUBJECT, "TRLNKID"])["TRGRPID"].transform("first")
    unreadable = [role.eq(r) & ~rows["TRSTRESC"].isin(words) for r, words in STATES.items()]
    readable = ~np.logical_or.reduce(unreadable)
    size = rows["TRSTRESN"].where(rows["TRTESTCD"].isin(MEASURED))
    found = pd.DataFrame(
        {
            SUBJECT: rows[SUBJECT],
            "lesion": rows["TRLNKID"],
            "role": role,
            "node": rows["TRTESTCD"].isin(NODES) | place["TUNODE"].eq("Y"),
            "organ": place["TULOC"],
            "mm": size.where(size.ge(0)),
            "state": rows["TRSTRESC"].where(readable & role.ne(TARGET)),
            "done": rows["TRSTAT"].ne("NOT DONE") & readable,
            "date": dates.day(rows["TRDTC"]),
        }
    )
    number = at.set_index([SUBJECT, "TRLNKGRP"])["assessment"].reindex(pd.MultiIndex.from_frame(rows[[SUBJECT, "TRLNKGRP"]]))
    found = found.assign(assessment=number.array)[number.notna().to_numpy()]
    return found.drop_duplicates([SUBJECT, "assessment", "lesion"]).astype({"assessment": "int64"})
