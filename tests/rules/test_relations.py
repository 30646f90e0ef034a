"""RELREC: records of one happening share a RELID; whole datasets are related without a subject (SDTMIG 3.4,
8.2, 8.3).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.derivations.sdtm import relrec
from pipeline.errors import SpecError
from pipeline.study import Study
from pipeline.study.models import Relation
from tests.support.tables import records

AE = records(
    "USUBJID AESDTH AEACNTRA AEACNNK AESEQ",
    ("died_of_event", "N", "DOSE NOT CHANGED", None, 1),
    ("died_of_event", "Y", "NOT APPLICABLE", None, 2),
    ("died_of_illness", "N", "DOSE NOT CHANGED", None, 1),
    ("death_unknown_to_others", "Y", None, None, 1),
    ("withdrawn", None, "DRUG WITHDRAWN", "DOSE NOT CHANGED", 1),
    ("cells_withdrawn", None, "DOSE NOT CHANGED", "DRUG WITHDRAWN", 3),
    ("withdrawn_for_no_reason", None, "DRUG WITHDRAWN", None, 1),
    form="ae",
)
DS = records(
    "USUBJID DSDECOD DSSEQ",
    ("died_of_event", "INFORMED CONSENT OBTAINED", 1),
    ("died_of_event", "DEATH", 2),
    ("died_of_illness", "DEATH", 2),
    ("withdrawn", "ADVERSE EVENT", 4),
    ("cells_withdrawn", "ADVERSE EVENT", 3),
    ("withdrawn_for_no_reason", "PHYSICIAN DECISION", 3),
    form="eos",
)
DD = records(
    "USUBJID DDTESTCD DDSEQ", ("died_of_event", "PRCDTH", 1), ("died_of_illness", "PRCDTH", 1), form="death"
)


def related(found: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(
        zip(found["USUBJID"], found["form"], found["IDVAR"], found["IDVARVAL"], found["RELID"], strict=True)
    )


def test_a_fatal_event_is_related_to_the_death_and_its_cause() -> None:
    found = relrec.fatal_events(AE[["USUBJID", "form", "record", "AESDTH", "AESEQ"]], DS, DD)
    assert related(found) == [
        ("died_of_event", "ae", "AESEQ", "2", "DEATH"),
        ("died_of_event", "death", "DDSEQ", "1", "DEATH"),
        ("died_of_event", "eos", "DSSEQ", "2", "DEATH"),
    ], "a death of the illness is related to no event, and an event with no other end to nothing"
    assert found["RELTYPE"].isna().all()


def test_events_for_which_a_product_was_withdrawn_are_related_to_the_end_of_treatment_they_caused() -> None:
    found = relrec.events_that_ended_treatment(AE, DS)
    assert related(found) == [
        ("cells_withdrawn", "ae", "AESEQ", "3", "WITHDRAWAL"),
        ("cells_withdrawn", "eos", "DSSEQ", "3", "WITHDRAWAL"),
        ("withdrawn", "ae", "AESEQ", "1", "WITHDRAWAL"),
        ("withdrawn", "eos", "DSSEQ", "4", "WITHDRAWAL"),
    ]


def test_where_nothing_happened_nothing_is_related() -> None:
    assert related(relrec.fatal_events(AE.iloc[:0], DS.iloc[:0], DD.iloc[:0])) == []


def test_that_datasets_are_related_relates_no_record_of_a_participant() -> None:
    found = relrec.related_datasets(AE)
    assert related(found) == []
    assert {"RDOMAIN", "RELTYPE"} <= set(found)


def test_whole_datasets_are_related_without_a_subject_and_name_their_line(study: Study) -> None:
    found = relrec.frames(study)["RELREC"]
    assert found["USUBJID"].isna().all()
    assert found["IDVARVAL"].isna().all()
    ends = set(zip(found["RELID"], found["RDOMAIN"], found["IDVAR"], found["RELTYPE"], strict=True))
    assert {
        ("TU-TR", "TU", "TULNKID", "ONE"),
        ("TU-TR", "TR", "TRLNKID", "MANY"),
        ("TR-RS", "TR", "TRLNKGRP", "MANY"),
        ("TR-RS", "RS", "RSLNKGRP", "ONE"),
    } <= ends
    lines = study.located["specs/study.yaml"]
    first = lines.at(("relations", 0, "ends", "TU.TULNKID")).split(":")[1]
    assert found.loc[found["IDVAR"].eq("TULNKID"), "record"].tolist() == [f"line {first}"]


@pytest.mark.parametrize("end", ["ZZ.ZZLNKID", "TU.TULNK", "TU"])
def test_a_relation_with_an_end_that_leads_nowhere_is_refused_with_its_line(study: Study, end: str) -> None:
    known = study.protocol.relations[0]
    spoilt = Relation(id=known.id, ends={end: "ONE", "TR.TRLNKID": "MANY"})
    other = replace(study, protocol=study.protocol.model_copy(update={"relations": (spoilt,)}))
    with pytest.raises(SpecError, match=rf"specs/study.yaml:\d+:\d+: {end} is no variable"):
        relrec.frames(other)
