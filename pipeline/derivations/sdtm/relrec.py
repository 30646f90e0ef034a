"""RELREC: records of a participant that describe one occurrence, and datasets that are related as a whole."""

from __future__ import annotations

from typing import Annotated

import pandas as pd

from pipeline.derivations.sdtm.identifiers import identifying_text
from pipeline.records.columns import Named, Placed
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study import Study

FILE = "specs/study.yaml"
Disposition = Annotated[pd.DataFrame, Named("DSDECOD", "DSSEQ")]
Related = Annotated[pd.DataFrame, Named("RDOMAIN", "IDVAR", "IDVARVAL", "RELTYPE", "RELID")]


def fatal_events(
    ae: Annotated[pd.DataFrame, Named("AESDTH", "AESEQ")],
    ds: Disposition,
    dd: Annotated[pd.DataFrame, Named("DDTESTCD", "DDSEQ")],
) -> Related:
    """The adverse events that resulted in death, the disposition records with DEATH, and the primary cause of
    that death.

    Takes     AE with AESDTH, DS with DSDECOD, DD with DDTESTCD, each with its sequence number.
    Returns   a record for each related record of a participant, with its identity; RELID is DEATH.
    Source    SDTMIG 3.4, 8.2 (RELREC).
    """
    fatal = ae[ae["AESDTH"].eq("Y")]
    others = {"DS": ds[ds["DSDECOD"].eq("DEATH")], "DD": dd[dd["DDTESTCD"].eq("PRCDTH")]}
    return _related(fatal, others, "DEATH")


def events_that_ended_treatment(
    ae: Annotated[pd.DataFrame, Named("AEACN*", "AESEQ")], ds: Disposition
) -> Related:
    """The adverse events for which a product was withdrawn, and the disposition records that give an adverse
    event as the reason.

    Takes     AE with its actions taken, one or more; DS with DSDECOD; each with its sequence number.
    Returns   a record for each related record of a participant, with its identity; RELID is WITHDRAWAL.
    Source    SDTMIG 3.4, 8.2 (RELREC).
    """
    actions = [c for c in ae if str(c).startswith("AEACN")]
    withdrawn = ae[(ae[actions] == "DRUG WITHDRAWN").any(axis="columns")]
    return _related(withdrawn, {"DS": ds[ds["DSDECOD"].eq("ADVERSE EVENT")]}, "WITHDRAWAL")


def related_datasets(records: Annotated[pd.DataFrame, Placed("any variable")]) -> pd.DataFrame:
    """No record of a participant: the relations are those of whole datasets.

    Takes     records of a dataset that is related to another.
    Returns   no record.
    Source    SDTMIG 3.4, 8.3 (relating datasets).
    """
    none = pd.Series(dtype="str")
    names = ("RDOMAIN", "IDVAR", "IDVARVAL", "RELTYPE", "RELID")
    return records.iloc[:0][KEY].assign(**dict.fromkeys(names, none))


def _related(events: pd.DataFrame, others: dict[str, pd.DataFrame], relation: str) -> pd.DataFrame:
    """The records of participants who have an event and at least one record of another dataset."""
    datasets = {"AE": events, **others}
    related = pd.concat([_ends(n, records, relation) for n, records in datasets.items()], ignore_index=True)
    of_others = {subject for records in others.values() for subject in records[SUBJECT]}
    return related[related[SUBJECT].isin(of_others & set(events[SUBJECT]))]


def _ends(dataset: str, records: pd.DataFrame, relation: str) -> pd.DataFrame:
    return records[KEY].assign(
        RDOMAIN=dataset,
        IDVAR=f"{dataset}SEQ",
        IDVARVAL=identifying_text(records[f"{dataset}SEQ"]),
        RELTYPE=pd.Series(index=records.index, dtype="str"),  # only relations of whole datasets have one
        RELID=relation,
    )


def frames(study: Study) -> dict[str, pd.DataFrame]:
    """Relations of whole datasets, such as TU to TR by the number of the lesion: they have no participant and
    no value, but say whether one or many records stand at each end.

    Takes     the relations of specs/study.yaml.
    Returns   RELREC, where it has a mapping, with the line of specs/study.yaml for each record; USUBJID is
              missing.
    Raises    SpecError where an end is no variable of a dataset with a mapping.
    Source    SDTMIG 3.4, 8.3 (relating datasets).
    """
    if "RELREC" not in study.mappings:
        return {}
    rows: list[dict[str, str]] = []
    for i, relation in enumerate(study.protocol.relations):
        for end, one_or_many in relation.ends.items():
            dataset, _, variable = end.partition(".")
            place = ("relations", i, "ends", end)
            if dataset not in study.mappings or variable not in study.datasets[dataset].variables:
                raise study.error(FILE, place, f"{end} is no variable of a dataset with a mapping")
            line = study.located[FILE].line_number(place)
            rows.append(
                {
                    "STUDYID": study.protocol.id,
                    "RDOMAIN": dataset,
                    "IDVAR": variable,
                    "RELTYPE": one_or_many,
                    "RELID": relation.id,
                    "form": FILE,
                    "record": f"line {line}",
                }
            )
    columns = [*study.datasets["RELREC"].variables, "form", "record"]
    return {"RELREC": pd.DataFrame(rows, columns=columns, dtype="str").assign(block=0)}
