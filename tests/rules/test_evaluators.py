"""Response, best response and progression-free survival by the investigator and by each independent reviewer,
each from the evaluator's own measurements.
"""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
import pytest

from pipeline.checks.datasets import response as checks
from pipeline.derivations.adam.assessments import tumour_assessments
from pipeline.derivations.adam.evaluators import assessed_by
from pipeline.derivations.adam.progression import progression_free
from pipeline.derivations.adam.response import best_overall_response, progression
from pipeline.errors import PipelineError
from pipeline.study import Study
from pipeline.study.models import (
    Convention,
    Evaluator,
    EventSource,
    Missed,
    ResponseSource,
    TimeToEvent,
)
from tests.support.settings import settings_of
from tests.support.tables import records, shown

INVESTIGATOR = Evaluator(code="INV", name="Investigator", evaluator="INVESTIGATOR")
FIRST = Evaluator(code="R1", name="First reader", evaluator="INDEPENDENT ASSESSOR", id="RADIOLOGIST 1")
SECOND = Evaluator(code="R2", name="Second reader", evaluator="INDEPENDENT ASSESSOR", id="RADIOLOGIST 2")
ACCEPTED = Evaluator(code="IRC", name="Accepted", evaluator="INDEPENDENT ASSESSOR", accepted=True)

# Randomized 2016-08-10; one target lesion as each evaluator saw it, in mm; the second reader is accepted.
DAYS = ["2016-08-01", "2016-09-21", "2016-11-02", "2017-01-25", "2017-04-19"]
READ = {
    # evaluator: (--EVAL, --EVALID, --ACPTFL, prefix of labels, sizes)
    "INV": ("INVESTIGATOR", None, None, "", [40, 27, 26, 40]),  # PR, PR, PD
    "R1": ("INDEPENDENT ASSESSOR", "RADIOLOGIST 1", None, "R1-", [40, 38, 36, 37]),  # SD throughout
    "R2": ("INDEPENDENT ASSESSOR", "RADIOLOGIST 2", "Y", "R2-", [50, 40, 60, 62]),  # SD, PD
}


def measured(labels: dict[str, str] | None = None) -> pd.DataFrame:
    rows = []
    for code, (name, reader, accepted, own_prefix, sizes) in READ.items():
        prefix = own_prefix if labels is None else labels[code]
        for number, (day, size) in enumerate(zip(DAYS, sizes, strict=False), 1):
            lesion = ("TARGET", f"{prefix}T01", f"{prefix}A{number}")
            result = ("LDIAM", f"{size}", None, day, f"VISIT {number}")
            rows.append(("participant", *lesion, *result, name, reader, accepted))
    columns = "USUBJID TRGRPID TRLNKID TRLNKGRP TRTESTCD TRSTRESC TRSTAT TRDTC VISIT TREVAL TREVALID TRACPTFL"
    tr = records(columns, *rows, form="tl")
    return tr.assign(
        TRSTRESN=tr["TRSTRESC"].astype("float64"), VISITNUM=tr["VISIT"].str[6:].astype("float64")
    )


def adta(study: Study, *evaluators: Evaluator, labels: dict[str, str] | None = None) -> pd.DataFrame:
    tr = measured(labels)
    names = {"TRLNKID": "TULNKID", "TREVAL": "TUEVAL", "TREVALID": "TUEVALID", "TRACPTFL": "TUACPTFL"}
    tu = tr[["USUBJID", "form", "record", *names]].rename(columns=names).assign(TULOC="LIVER", TUNODE="N")
    rs = "USUBJID RSGRPID RSTESTCD RSSTRESC RSDTC VISIT RSEVAL RSEVALID RSACPTFL"
    first_reader = ("INDEPENDENT ASSESSOR", "RADIOLOGIST 1", None)
    reported = records(rs, ("participant", "R1-A2", "OVRLRESP", "SD", DAYS[1], "VISIT 2", *first_reader))
    return tumour_assessments(
        adsl()[["USUBJID", "form", "record", "RANDDT"]],
        records("USUBJID RFXSTDTC", ("participant", "2016-08-10")),
        tr,
        tu,
        reported.assign(VISITNUM=2.0),
        study.visits,
        evaluators,
        **settings_of(tumour_assessments, study.protocol.parameters),
    )


def adsl() -> pd.DataFrame:
    participant = records("USUBJID RANDFL DTHFL", ("participant", "Y", None), form="enrol")
    start = pd.Series(pd.Timestamp("2016-08-10"), index=participant.index, dtype="datetime64[s]")
    never = pd.Series(pd.NaT, index=participant.index, dtype="datetime64[s]")
    return participant.assign(
        RANDDT=start, ANCH1DT=start, DTHDT=never, NACTDT=never, EOSDT=never, TRTEDT=never
    )


RESPONSES = {
    "INV": ["PR", "PR", "PD"],
    "R1": ["SD", "SD", "SD"],
    "R2": ["SD", "PD", "PD"],
    "IRC": ["SD", "PD", "PD"],  # the accepted reader's
}


def test_responses_are_derived_by_evaluator(study: Study) -> None:
    assessments = adta(study, INVESTIGATOR, FIRST, SECOND, ACCEPTED)
    after_baseline = assessments[assessments["assessment"].gt(0)]
    responses = {code: rows["response"].tolist() for code, rows in after_baseline.groupby("EVALCD")}
    assert responses == RESPONSES


def test_what_a_reader_reported_stands_beside_the_reader_s_own_assessment(study: Study) -> None:
    assessments = adta(study, INVESTIGATOR, FIRST)
    reported = assessments[assessments["IVOVRL"].notna()]
    assert reported[["EVALCD", "ASMT", "IVOVRL"]].to_numpy().tolist() == [["R1", "R1-A2", "SD"]]


CENTRAL = Evaluator(
    code="BICR",
    name="Central review",
    evaluator="INDEPENDENT ASSESSOR",
    id="RADIOLOGIST 1",
    responses_only=True,
)


def test_of_an_evaluator_who_gives_responses_alone_nothing_is_worked_out(study: Study) -> None:
    assessments = adta(study, INVESTIGATOR, CENTRAL)
    central = assessments[assessments["EVALCD"].eq("BICR")]
    assert central[["ASMT", "IVOVRL", "ADEQFL"]].to_numpy().tolist() == [["R1-A2", "SD", "Y"]]
    worked_out = ["response", "pd_date", "n_expected", "sum", "DISAGREE"]
    assert central[worked_out].isna().all(axis=None)
    of_investigator = assessments[assessments["EVALCD"].eq("INV")]
    assert of_investigator["response"].tolist() == adta(study, INVESTIGATOR)["response"].tolist()


def test_an_evaluator_that_no_variable_tells_apart_is_asked_for_with_the_way_out() -> None:
    tr = records("USUBJID TREVAL", ("participant", "INDEPENDENT ASSESSOR"))
    with pytest.raises(PipelineError, match=r"R1 are told apart by TREVALID.*responses_only: true for R1"):
        assessed_by(FIRST, tr, "TR")


def test_a_record_without_an_evaluator_is_the_investigator_s() -> None:
    tr = records("USUBJID TREVAL", ("participant", None), ("participant", "INDEPENDENT ASSESSOR"))
    assert assessed_by(INVESTIGATOR, tr, "TR").index.tolist() == [0]
    assert assessed_by(INVESTIGATOR, tr.drop(columns="TREVAL"), "TR").index.tolist() == [0, 1]


def test_an_evaluator_without_records_adds_none(study: Study) -> None:
    third = SECOND.model_copy(update={"code": "R3", "id": "RADIOLOGIST 3"})
    alone, with_third = adta(study, INVESTIGATOR), adta(study, INVESTIGATOR, third)
    pd.testing.assert_frame_equal(alone, with_third)


BEST = {
    # evaluator: (best response, whether progression was seen)
    "INV": ("PR", "Y"),
    "R1": ("SD", "N"),
    "R2": ("SD", "Y"),
}


@pytest.mark.parametrize(("code", "expected"), BEST.items(), ids=BEST)
def test_best_response_and_progression_are_those_of_the_evaluator_of_the_source(
    study: Study, code: str, expected: tuple[str, str]
) -> None:
    assessments = named(adta(study, INVESTIGATOR, FIRST, SECOND))
    source = ResponseSource(
        dataset="ADTA",
        where={"EVALCD": code},
        number="ASMTN",
        value="OVRLRESP",
        date="ADT",
        progression="PDDT",
    )
    settings: dict[str, Any] = settings_of(best_overall_response, study.protocol.parameters)
    participants = adsl()[["USUBJID", "form", "record", "RANDDT", "NACTDT"]]
    best = best_overall_response(participants, assessments, source, **settings)
    progressed = progression(participants, assessments, source)
    assert (*shown(best["AVALC"]), *shown(progressed["AVALC"])) == expected


TIMES = {
    # evaluator: (date, CNSR)
    "INV": ("2017-01-25", 0.0),
    "R1": ("2017-01-25", 1.0),  # no progression: the last adequate assessment
    "R2": ("2016-11-02", 0.0),
}


@pytest.mark.parametrize(("code", "expected"), TIMES.items(), ids=TIMES)
def test_progression_free_survival_is_by_the_evaluator_of_its_sources(
    study: Study, code: str, expected: tuple[str, float]
) -> None:
    assessments = named(adta(study, INVESTIGATOR, FIRST, SECOND))
    # as a mapping names them: a source of each evaluator, and the role it plays
    sources = {
        f"progression_{code}": source("PDDT", {"EVALCD": code, "OVRLRESP": "PD"}),
        f"adequate_{code}": source("AENDT", {"EVALCD": code, "ADEQFL": "Y"}),
        f"baseline_{code}": source("AENDT", {"EVALCD": code, "ABLFL": "Y"}),
        "death": EventSource(dataset="ADSL", date="DTHDT", where={"DTHFL": "Y"}, describes="DEATH"),
        "therapy": EventSource(dataset="ADSL", date="NACTDT", describes="NEW THERAPY"),
        "lost": EventSource(dataset="ADSL", date="EOSDT", where={"RANDFL": "N"}, describes="LOST"),
        "stopped": EventSource(dataset="ADSL", date="TRTEDT", where={"RANDFL": "N"}, describes="STOPPED"),
    }
    events = (f"progression_{code}", "death")
    convention = Convention(
        id="A",
        therapy="on or before",
        missed=Missed(windows=2, before=events),
        sources={"adequate": f"adequate_{code}", "baseline": f"baseline_{code}"},
    )
    parameter = TimeToEvent(code="PFS", name="PFS", start="RANDDT", events=events, convention=convention)
    censoring = {number: str(number) for number in (1, 2, 3, 4, 5, 6, 9)}
    cutoff = datetime.date(2019, 7, 1)
    times = progression_free(
        parameter, sources, censoring, study.visits, cutoff, "ANCH1DT", ADSL=adsl(), ADTA=assessments
    )
    assert (*shown(times["ADT"]), *shown(times["CNSR"])) == expected


def source(date: str, where: dict[str, Any]) -> EventSource:
    return EventSource(dataset="ADTA", date=date, where=where, describes="AS SEEN")


def named(assessments: pd.DataFrame) -> pd.DataFrame:
    """The assessments under the names of ADTA."""
    names = {"assessment": "ASMTN", "response": "OVRLRESP", "pd_date": "PDDT", "last_date": "AENDT"}
    return assessments.rename(columns=names)


def test_two_evaluators_need_labels_of_their_own(study: Study) -> None:
    shared = {"INV": "", "R1": "", "R2": "R2-"}
    tables = {"ADTA": named(adta(study, INVESTIGATOR, FIRST, labels=shared))}
    assert [f.rule for f in checks._shared_labels(tables)] == ["EVALUATOR-LABEL"] * 4
    tables = {"ADTA": named(adta(study, INVESTIGATOR, FIRST))}
    assert list(checks._shared_labels(tables)) == []
