"""TU and TR as the lesion records that the rules of response take."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipeline.derivations.oncology.lesions import NEW, NON_TARGET, STATES, TARGET
from pipeline.records import dates, lookup
from pipeline.records.identity import SUBJECT

ROLES: Final = {
    "TARGET": TARGET,
    "NON-TARGET": NON_TARGET,
    "NEW": NEW,
    "NEW TARGET": NEW,
    "NEW NON-TARGET": NEW,
}
LONGEST, SHORT_AXIS = "LDIAM", "LPERP"  # the size of a lesion, and of a lymph node
NODE_STATE, STATE = "LNSTATE", "TUMSTATE"  # likewise
SIZES: Final = (LONGEST, SHORT_AXIS)
LESION: Final = [SUBJECT, "TRLNKID"]


def lesions(results: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """Lesion records as the rules of response take them, one for each lesion and assessment; what no rule can
    read is not assessed, and a check has reported it.

    Of several results of a lesion at an assessment one that can be read comes first, then one by the test
    that fits (for a node its short axis or LNSTATE), then the one of the latest scan.

    Takes     `results_of_lesions`; number of each assessment by participant and TRLNKGRP.
    Returns   USUBJID, assessment, lesion, role, node, organ, method, mm, state, done, date, on the index of
              TR.
    Source    SDTMIG 3.4, 6.3.12 (TU, TR); RECIST 1.1 (Eisenhauer 2009), 4.3.
    """
    results = lookup.joined(
        results, assessments[[SUBJECT, "TRLNKGRP", "assessment"]], on=[SUBJECT, "TRLNKGRP"]
    )
    results = results[results["assessment"].notna()].astype({"assessment": "int64"})
    role = results["role"]
    results = results.assign(readable=results["is_size"].where(role.eq(TARGET), results["is_state"]))
    deciding = _preferred(results)
    size = _preferred(results.assign(readable=results["is_size"]))
    size = size.assign(mm=size["TRSTRESN"].where(size["is_size"] & size["TRSTRESN"].ge(0)))
    sized = lookup.joined(deciding, size[[*LESION, "assessment", "mm"]], on=[*LESION, "assessment"])

    return pd.DataFrame(
        {
            SUBJECT: sized[SUBJECT],
            "lesion": sized["TRLNKID"],
            "role": sized["role"],
            "node": sized["node"],
            "organ": sized["TULOC"],
            "method": sized["TUMETHOD"],
            "mm": sized["mm"],
            "state": sized["TRSTRESC"].where(sized["is_state"] & sized["role"].ne(TARGET)),
            "done": sized["readable"],
            "date": sized["date"],
            "assessment": sized["assessment"],
        }
    ).sort_index()


def other_axis(results: pd.DataFrame) -> pd.Series:
    """Whether each result is the size of a lesion by the test that does not fit, and the lesion has
    none that does at the assessment: a node without its short axis, another lesion without its longest
    diameter.

    Takes     `results_of_lesions`.
    Returns   true or false, on the index of the results.
    """
    does_not_fit = results["TRTESTCD"].isin(SIZES) & ~results["fits"] & results["done"]
    fitting = results[results["is_size"]]
    same = [*LESION, "TRLNKGRP"]
    also_by_the_other = lookup.is_among([results[c] for c in same], [fitting[c] for c in same])
    return does_not_fit & results["role"].ne(NON_TARGET) & ~also_by_the_other


def results_of_lesions(measured: pd.DataFrame, identified: pd.DataFrame) -> pd.DataFrame:
    """The records of TR that are of a lesion, and how each can be read.

    1. A lesion is a node where TU says so or, where TU does not say, where its location is a lymph node, a
       state of a lymph node was recorded, or its short axis was measured and never its longest diameter.
    2. The size of a node is its short axis, that of another lesion its longest diameter. One measured only in
       the other direction was not assessed.

    Takes     TR: TRGRPID, TRLNKID, TRLNKGRP, TRTESTCD, TRSTRESC, TRSTRESN (mm), TRDTC and, where it is there,
              TRSTAT; TU: TULNKID and, where they are there, TULOC, TUMETHOD and TUNODE.
    Returns   the columns of TR on its index, with TULOC, TUMETHOD, role, node and date; whether each was done
              (`done`), by the test that fits (`fits`), and can be read as a size (`is_size`) or as a state of
              the lesion (`is_state`).
    Source    SDTMIG 3.4, 6.3.12 (TU, TR); RECIST 1.1 (Eisenhauer 2009), 3.1, 4.3 (short axis of nodes).
    """
    of_lesions = measured["TRLNKID"].notna() & measured["TRGRPID"].isin(list(ROLES))
    results = measured[of_lesions]
    # A lesion identified twice, or under two roles, is what its first record says; a check reports it.
    described = identified.reindex(columns=[SUBJECT, "TULNKID", "TULOC", "TUMETHOD", "TUNODE"])
    described = described.rename(columns={"TULNKID": "TRLNKID"}).drop_duplicates(LESION)
    results = lookup.joined(results, described, on=LESION)
    role = results["TRGRPID"].map(ROLES)
    results = results.assign(role=role.groupby([results[c] for c in LESION]).transform("first"))
    results = results.assign(node=_is_node(results), date=dates.day(results["TRDTC"]))

    test, node, role = results["TRTESTCD"], results["node"], results["role"]
    fits = test.isin([SHORT_AXIS, NODE_STATE]).where(node, test.isin([LONGEST, STATE]))
    done = pd.Series(True, index=results.index)
    if "TRSTAT" in results:
        done = results["TRSTAT"].ne("NOT DONE")
    is_state = pd.Series(False, index=results.index)
    for role_with_states, states in STATES.items():
        is_state |= role.eq(role_with_states) & results["TRSTRESC"].isin(states)
    return results.assign(
        fits=fits, done=done, is_size=done & fits & test.isin(SIZES), is_state=done & is_state
    )


def _is_node(results: pd.DataFrame) -> pd.Series:
    """Whether each result is of a lymph node."""
    of_lesion = [results[c] for c in LESION]
    test = results["TRTESTCD"]

    def ever(tests: list[str]) -> pd.Series:
        return test.isin(tests).groupby(of_lesion).transform("max")

    by_location = results["TULOC"].str.upper().str.contains("LYMPH NODE", regex=False, na=False)
    by_test = ever([NODE_STATE]) | (ever([SHORT_AXIS]) & ~ever([LONGEST]))
    return results["TUNODE"].eq("Y").where(results["TUNODE"].notna(), by_location | by_test)


def _preferred(results: pd.DataFrame) -> pd.DataFrame:
    """The result of each lesion and assessment that decides; of equals that of the first identity."""
    ranked = results.assign(
        unreadable=~results["readable"],
        does_not_fit=~results["fits"],
        days_before_the_last=(results["date"].max() - results["date"]).dt.days,
    )
    order = ["unreadable", "does_not_fit", "days_before_the_last"]
    return lookup.first_of_each(ranked, [*LESION, "assessment"], *order)[list(results)]
