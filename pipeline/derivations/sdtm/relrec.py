"""RELREC: which records of a subject tell of one happening, and which datasets are related as a whole."""

from __future__ import annotations

import pandas as pd

from pipeline.records.identity import KEY
from pipeline.study import Study

FILE = "specs/study.yaml"


def fatal_events(ae: pd.DataFrame, ds: pd.DataFrame, dd: pd.DataFrame) -> pd.DataFrame:
    """An adverse event that resulted in death, the disposition records that say DEATH, and the primary cause
    of that death.

    Takes     AE with AESDTH, DS with DSDECOD, DD with DDTESTCD, each with its sequence number.
    Returns   a record for each related record of a subject, with its identity; RELID is DEATH.
    Source    SDTMIG 3.4, 8.2 (RELREC).
    """
    ends = {
        "AE": ae[ae["AESDTH"].eq("Y")],
        "DS": ds[ds["DSDECOD"].eq("DEATH")],
        "DD": dd[dd["DDTESTCD"].eq("PRCDTH")],
    }
    return _related(ends, "DEATH")


def events_that_ended_treatment(ae: pd.DataFrame, ds: pd.DataFrame) -> pd.DataFrame:
    """The adverse events for which a product was withdrawn, and the disposition records that name an adverse
    event as the reason.

    Takes     AE with its actions taken, one or more; DS with DSDECOD; each with its sequence number.
    Returns   a record for each related record of a subject, with its identity; RELID is WITHDRAWAL.
    Source    SDTMIG 3.4, 8.2 (RELREC).
    """
    actions = [c for c in ae if str(c).startswith("AEACN")]
    return _related(
        {
            "AE": ae[(ae[actions] == "DRUG WITHDRAWN").any(axis="columns")],
            "DS": ds[ds["DSDECOD"].eq("ADVERSE EVENT")],
        },
        "WITHDRAWAL",
    )


def _related(ends: dict[str, pd.DataFrame], relation: str) -> pd.DataFrame:
    """The records at the ends of a relation, of the subjects who have an event and at least one other end."""
    rows = [
        records[KEY].assign(
            RDOMAIN=domain,
            IDVAR=f"{domain}SEQ",
            IDVARVAL=records[f"{domain}SEQ"].astype("Int64").astype("str"),
            RELTYPE=pd.Series(index=records.index, dtype="str"),  # only relations of whole datasets have one
            RELID=relation,
        )
        for domain, records in ends.items()
    ]
    (event, *others) = (set(records["USUBJID"]) for records in ends.values())
    found = pd.concat(rows, ignore_index=True)
    return found[found["USUBJID"].isin(event & set().union(*others))]


def frames(study: Study) -> dict[str, pd.DataFrame]:
    """Relations of whole datasets, such as TU to TR by the number of the lesion: no subject, no value, how
    many records stand at each end.

    Takes     the relations of specs/study.yaml.
    Returns   RELREC, where it has a mapping, with the line of specs/study.yaml beside each record; USUBJID is
              missing.
    Raises    SpecError where an end is no variable of a dataset with a mapping.
    Source    SDTMIG 3.4, 8.3 (relating datasets).
    """
    if "RELREC" not in study.mappings:
        return {}
    rows: list[dict[str, str]] = []
    for i, relation in enumerate(study.protocol.relations):
        for end, many in relation.ends.items():
            dataset, _, variable = end.partition(".")
            place = ("relations", i, "ends", end)
            if dataset not in study.mappings or variable not in study.datasets[dataset].variables:
                raise study.error(FILE, place, f"{end} is no variable of a dataset with a mapping")
            line = study.located[FILE].at(place).split(":")[1]
            said = {
                "STUDYID": study.protocol.id,
                "RDOMAIN": dataset,
                "IDVAR": variable,
                "RELTYPE": many,
                "RELID": relation.id,
            }
            rows.append({**said, "form": FILE, "record": f"line {line}"})
    columns = [*study.datasets["RELREC"].variables, "form", "record"]
    return {"RELREC": pd.DataFrame(rows, columns=columns, dtype="str").assign(block=0)}
