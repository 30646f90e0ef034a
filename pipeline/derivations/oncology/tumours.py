"""TU and TR as the lesion records that the rules of response take."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from pipeline.derivations.oncology.lesions import NEW, NON_TARGET, STATES, TARGET
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT

MEASURED: Final = ("LDIAM", "LPERP")
NODES: Final = ("LPERP", "LNSTATE")


def lesions(measured: pd.DataFrame, identified: pd.DataFrame, at: pd.DataFrame) -> pd.DataFrame:
    """Lesion records as the rules of response take them; what no rule can read is not assessed, and a check
    has reported it.

    Takes     TR: TRGRPID, TRLNKID, TRLNKGRP, TRTESTCD, TRSTRESC, TRSTRESN (mm), TRSTAT, TRDTC; TU: TULNKID,
              TULOC and, where it is there, TUNODE; number of each assessment by participant and TRLNKGRP.
    Returns   USUBJID, assessment, lesion, role, node, organ, mm, state, done, date, on the index of TR.
    Source    SDTMIG 3.4, 6.3.12 (TU, TR).
    """
    rows = measured[measured["TRLNKID"].notna() & measured["TRGRPID"].isin([TARGET, NON_TARGET, NEW])]
    lesion = [rows[SUBJECT], rows["TRLNKID"]]
    place = lookup.place_among(
        lesion, [identified[c][::-1] for c in (SUBJECT, "TULNKID")]
    )  # of a lesion twice the first
    known = identified.reindex(columns=["TULOC", "TUNODE"])[::-1]
    organ, nodal = (pd.Series(known[c].array.take(place, allow_fill=True), index=rows.index) for c in known)
    first = lookup.place_among(lesion, [c[::-1] for c in lesion])
    role = pd.Series(rows["TRGRPID"][::-1].array.take(first), index=rows.index)
    unreadable = [role.eq(r) & ~rows["TRSTRESC"].isin(words) for r, words in STATES.items()]
    readable = ~np.logical_or.reduce(unreadable)
    size = rows["TRSTRESN"].where(rows["TRTESTCD"].isin(MEASURED))
    found = pd.DataFrame(
        {
            SUBJECT: rows[SUBJECT],
            "lesion": rows["TRLNKID"],
            "role": role,
            "node": rows["TRTESTCD"].isin(NODES) | nodal.eq("Y"),
            "organ": organ,
            "mm": size.where(size.ge(0)),
            "state": rows["TRSTRESC"].where(readable & role.ne(TARGET)),
            "done": rows["TRSTAT"].ne("NOT DONE") & readable,
            "date": dates.day(rows["TRDTC"]),
        }
    )
    number = lookup.place_among([rows[SUBJECT], rows["TRLNKGRP"]], [at[c] for c in (SUBJECT, "TRLNKGRP")])
    assessment = at["assessment"].array.take(number[number >= 0])
    found = found[number >= 0].assign(assessment=assessment).astype({"assessment": "int64"})
    return found.drop_duplicates([SUBJECT, "assessment", "lesion"])
