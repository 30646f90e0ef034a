"""ADTTE: the earliest event counts, without one the latest censoring; the record names the one it comes from
(ADaM BDS-TTE 1.0, 3).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.derivations.adam.tte import time_in_days, time_to_event
from pipeline.study.models import EventSource, TimeToEvent
from tests.support.tables import Value, days, records, shown

PD = EventSource(
    dataset="RS",
    date="RSDTC",
    where={"RSTESTCD": "OVRLRESP", "RSSTRESC": "PD"},
    describes="PROGRESSIVE DISEASE",
)
DEATH = EventSource(dataset="ADSL", date="DTHDT", where={"DTHFL": "Y"}, describes="DEATH")
STABLE = EventSource(
    dataset="RS",
    date="RSDTC",
    where={"RSTESTCD": "OVRLRESP", "RSSTRESC": ["CR", "PR", "SD"]},
    describes="NO PROGRESSION",
    date_describes="LAST ADEQUATE ASSESSMENT",
    censor=1,
)
ALIVE = EventSource(dataset="ADSL", date="LSTALVDT", describes="ALIVE AT LAST CONTACT", censor=1)
START = EventSource(
    dataset="ADSL",
    date="RANDDT",
    describes="NO ADEQUATE ASSESSMENT AFTER BASELINE",
    date_describes="RANDOMIZATION",
    censor=2,
)
NAMED = {"PD": PD, "DEATH": DEATH, "STABLE": STABLE, "ALIVE": ALIVE, "START": START}
PFS = TimeToEvent(
    code="PFS",
    name="Progression-Free Survival (days)",
    start="RANDDT",
    where={"RANDFL": "Y"},
    events=("PD", "DEATH"),
    censors=("STABLE", "START"),
)
OS = TimeToEvent(
    code="OS",
    name="Overall Survival (days)",
    start="RANDDT",
    where={"RANDFL": "Y"},
    events=("DEATH",),
    censors=("ALIVE",),
)
RESPONSE = TimeToEvent(
    code="TTR", name="Time to Response (days)", start="RANDDT", where={"RANDFL": "Y"}, events=("STABLE",)
)
DURATION = TimeToEvent(
    code="DOR",
    name="Duration (days)",
    start="STABLE",
    where={"RANDFL": "Y"},
    events=("PD",),
    censors=("ALIVE",),
)


def adsl(*rows: tuple[Value, ...]) -> pd.DataFrame:
    """Participant, randomized, flag of death, date of death, last known alive; RANDFL from randomized."""
    text = records("USUBJID RANDDT DTHFL DTHDT LSTALVDT", *rows, form="enrol")
    dated = {
        column: days(*text[column].astype("object").where(text[column].notna(), None))
        for column in ("RANDDT", "DTHDT", "LSTALVDT")
    }
    randomized = text["RANDDT"].notna().map({True: "Y", False: "N"}).astype("str")
    return text.assign(**dated, RANDFL=randomized)


def rs(*rows: tuple[Value, ...]) -> pd.DataFrame:
    """Participant, sequence number, overall response, date."""
    responses = records("USUBJID RSSEQ RSSTRESC RSDTC", *rows, form="resp").assign(RSTESTCD="OVRLRESP")
    return responses.astype({"RSTESTCD": "str", "RSSEQ": "float64"})


def decided(parameter: TimeToEvent, **sources: pd.DataFrame) -> pd.DataFrame:
    return time_to_event(parameter, NAMED, **sources).set_index("USUBJID")


def outcome(row: Any) -> list[Any]:
    """Date, censor, description, description of the date, and the source: dataset, variable, number."""
    values = row[["ADT", "CNSR", "EVNTDESC", "CNSDTDSC", "SRCDOM", "SRCVAR", "SRCSEQ"]]
    day = values["ADT"] if pd.isna(values["ADT"]) else values["ADT"].strftime("%Y-%m-%d")
    return [None if pd.isna(value) else value for value in (day, *values.tolist()[1:])]


# Each participant was randomized on 2016-08-10.
PROGRESSED = ["2016-11-02", 0, "PROGRESSIVE DISEASE", None, "RS", "RSDTC"]
CASES = {
    # rule: (death, responses, what decides)
    "progression is the event": (None, [(1, "SD", "2016-09-20"), (2, "PD", "2016-11-02")], [*PROGRESSED, 2]),
    "the earliest of two progressions": (
        None,
        [(1, "PD", "2016-11-02"), (2, "PD", "2017-01-25")],
        [*PROGRESSED, 1],
    ),
    "the earliest in whatever order they come": (
        None,
        [(1, "PD", "2017-01-25"), (2, "PD", "2016-11-02")],
        [*PROGRESSED, 2],
    ),
    "a later assessment without progression undoes nothing": (
        None,
        [(1, "PD", "2016-11-02"), (2, "SD", "2017-01-25")],
        [*PROGRESSED, 1],
    ),
    "death after progression changes nothing": ("2017-05-09", [(1, "PD", "2016-11-02")], [*PROGRESSED, 1]),
    "death without progression is the event": (
        "2016-10-01",
        [(1, "SD", "2016-09-20")],
        ["2016-10-01", 0, "DEATH", None, "ADSL", "DTHDT", None],
    ),
    "death before progression is the event": (
        "2016-10-01",
        [(1, "PD", "2016-11-02")],
        ["2016-10-01", 0, "DEATH", None, "ADSL", "DTHDT", None],
    ),
    "on one date the source listed first wins: progression": (
        "2016-11-02",
        [(1, "PD", "2016-11-02")],
        [*PROGRESSED, 1],
    ),
    "without an event the latest adequate assessment": (
        None,
        [(1, "SD", "2016-09-20"), (2, "PR", "2016-11-02")],
        ["2016-11-02", 1, "NO PROGRESSION", "LAST ADEQUATE ASSESSMENT", "RS", "RSDTC", 2],
    ),
    "an assessment that was not evaluable is not adequate": (
        None,
        [(1, "SD", "2016-09-20"), (2, "NE", "2016-11-02")],
        ["2016-09-20", 1, "NO PROGRESSION", "LAST ADEQUATE ASSESSMENT", "RS", "RSDTC", 1],
    ),
    "without any assessment the participant is censored at randomization": (
        None,
        [],
        ["2016-08-10", 2, "NO ADEQUATE ASSESSMENT AFTER BASELINE", "RANDOMIZATION", "ADSL", "RANDDT", None],
    ),
    "on one date the censoring of the source listed first wins": (
        None,
        [(1, "SD", "2016-08-10")],
        ["2016-08-10", 1, "NO PROGRESSION", "LAST ADEQUATE ASSESSMENT", "RS", "RSDTC", 1],
    ),
    "on one date the last by identity of two records of one source censors": (
        None,
        [(1, "SD", "2016-11-02"), (2, "SD", "2016-11-02")],
        ["2016-11-02", 1, "NO PROGRESSION", "LAST ADEQUATE ASSESSMENT", "RS", "RSDTC", 2],
    ),
}


@pytest.mark.parametrize(("death", "responses", "expected"), CASES.values(), ids=CASES)
def test_progression_free_survival(
    death: str | None, responses: list[tuple[int, str, str]], expected: list[Any]
) -> None:
    people = adsl(("participant", "2016-08-10", "Y" if death else None, death, None))
    assessed = rs(*(("participant", *response) for response in responses))
    assert outcome(decided(PFS, ADSL=people, RS=assessed).loc["participant"]) == expected


def test_a_subject_stands_alone() -> None:
    people, assessed = [], []
    for number, (death, responses, _) in enumerate(CASES.values()):
        name = f"{number:02d}"
        people.append((name, "2016-08-10", "Y" if death else None, death, None))
        assessed += [(name, *response) for response in responses]
    together = decided(PFS, ADSL=adsl(*people), RS=rs(*assessed))
    for number, (_, _, expected) in enumerate(CASES.values()):
        assert outcome(together.loc[f"{number:02d}"]) == expected


def test_overall_survival_ends_with_death_or_is_censored_at_the_last_contact() -> None:
    times = decided(
        OS,
        ADSL=adsl(
            ("died", "2016-08-10", "Y", "2017-05-09", "2017-04-01"),
            ("alive", "2016-08-10", None, None, "2019-06-20"),
        ),
    )
    assert outcome(times.loc["died"]) == ["2017-05-09", 0, "DEATH", None, "ADSL", "DTHDT", None]
    alive = ["2019-06-20", 1, "ALIVE AT LAST CONTACT", None, "ADSL", "LSTALVDT", None]
    assert outcome(times.loc["alive"]) == alive


def test_a_death_without_a_date_is_refused_and_not_censored() -> None:
    times = decided(OS, ADSL=adsl(("died", "2016-08-10", "Y", None, "2017-04-01")))
    undated = [None, 0, "DEATH", None, "ADSL", "DTHDT", None]
    assert outcome(times.loc["died"]) == undated, "no ADT: the schema refuses it"


def test_an_event_without_a_date_is_refused_even_beside_one_with_a_date() -> None:
    people = adsl(("participant", "2016-08-10", None, None, None))
    assessed = rs(("participant", 1, "PD", None), ("participant", 2, "PD", "2017-01-25"))
    undated = [None, 0, "PROGRESSIVE DISEASE", None, "RS", "RSDTC", 1]
    assert outcome(decided(PFS, ADSL=people, RS=assessed).loc["participant"]) == undated


def test_a_partial_date_is_no_date_of_an_event() -> None:
    people = adsl(("participant", "2016-08-10", None, None, None))
    times = decided(PFS, ADSL=people, RS=rs(("participant", 1, "PD", "2016-11")))
    assert outcome(times.loc["participant"])[:3] == [None, 0, "PROGRESSIVE DISEASE"]


def test_a_partial_date_censors_nobody() -> None:
    people = adsl(("participant", "2016-08-10", None, None, None))
    times = decided(PFS, ADSL=people, RS=rs(("participant", 1, "SD", "2016-11")))
    assert outcome(times.loc["participant"])[:2] == ["2016-08-10", 2]


def test_a_participant_with_neither_event_nor_censoring_is_refused_and_not_left_out() -> None:
    times = decided(OS, ADSL=adsl(("never_seen", "2016-08-10", None, None, None)))
    assert outcome(times.loc["never_seen"]) == [None] * 7
    assert times.loc["never_seen", "STARTDT"] == pd.Timestamp("2016-08-10")


def test_without_any_censoring_only_those_with_an_event_are_in_the_parameter() -> None:
    people = adsl(("responded", "2016-08-10", None, None, None), ("never", "2016-08-10", None, None, None))
    times = decided(
        RESPONSE,
        ADSL=people,
        RS=rs(("responded", 1, "CR", "2016-09-20"), ("responded", 2, "CR", "2016-11-02")),
    )
    assert times.index.tolist() == ["responded"]
    assert outcome(times.loc["responded"])[0] == "2016-09-20"


def test_time_may_begin_with_a_record_without_which_a_participant_is_not_in_the_parameter() -> None:
    people = adsl(
        ("responded", "2016-08-10", None, None, "2017-05-09"),
        ("never", "2016-08-10", None, None, "2017-05-09"),
    )
    times = decided(
        DURATION,
        ADSL=people,
        RS=rs(("responded", 1, "CR", "2016-09-20"), ("responded", 2, "PD", "2016-11-02")),
    )
    assert times.index.tolist() == ["responded"]
    assert times.loc["responded", "STARTDT"] == pd.Timestamp("2016-09-20")
    assert outcome(times.loc["responded"])[:2] == ["2016-11-02", 0]


def test_only_the_population_of_the_parameter_has_records() -> None:
    people = adsl(
        ("randomized", "2016-08-10", None, None, "2019-06-20"),
        ("screen_failure", None, "Y", "2017-05-09", "2016-07-15"),
    )
    assert decided(OS, ADSL=people).index.tolist() == ["randomized"]


def test_conditions_must_all_be_met_and_a_list_allows_any_of_its_values() -> None:
    people = adsl(("participant", "2016-08-10", None, None, None))
    assessed = rs(("participant", 1, "PD", "2016-09-20"), ("participant", 2, "CR", "2016-11-02"))
    # a target response of PD is not an overall one
    other_test = assessed.assign(RSTESTCD=pd.Series(["TRGRESP", "OVRLRESP"], dtype="str"))
    times = decided(PFS, ADSL=people, RS=other_test)
    assert outcome(times.loc["participant"])[:3] == ["2016-11-02", 1, "NO PROGRESSION"]


def test_an_event_before_the_start_is_neither_moved_nor_lost_but_has_a_negative_time() -> None:
    times = decided(
        PFS,
        ADSL=adsl(("participant", "2016-08-10", None, None, None)),
        RS=rs(("participant", 1, "PD", "2016-08-09")),
    )
    assert outcome(times.loc["participant"])[:2] == ["2016-08-09", 0]
    assert shown(time_in_days(times["STARTDT"], times["ADT"])) == [-1]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2016-08-10", "2016-08-10", 1),
        ("2016-08-10", "2016-11-02", 85),
        ("2016-08-10", "2017-08-10", 366),
        ("2016-08-10", None, None),
    ],
)
def test_time_counts_both_days(start: str, end: str | None, expected: int | None) -> None:
    assert shown(time_in_days(days(start), days(end))) == [expected]


def test_the_record_is_that_of_its_source() -> None:
    people = adsl(
        ("died", "2016-08-10", "Y", "2016-10-01", None), ("progressed", "2016-08-10", None, None, None)
    )
    times = decided(
        PFS, ADSL=people, RS=rs(("progressed", 1, "SD", "2016-09-20"), ("progressed", 2, "PD", "2016-11-02"))
    )
    assert list(times.loc["died", ["form", "record"]]) == ["enrol", "00"]
    assert list(times.loc["progressed", ["form", "record"]]) == ["resp", "01"]


def test_the_columns_are_those_of_the_parameter_and_typed_without_any_record() -> None:
    nobody = time_to_event(PFS, NAMED, ADSL=adsl(("screen_failure", None, None, None, None)), RS=rs())
    assert len(nobody) == 0
    described = {"PARAMCD", "PARAM", "STARTDT", "ADT", "CNSR", "EVNTDESC", "CNSDTDSC"}
    assert described | {"SRCDOM", "SRCVAR", "SRCSEQ"} <= set(nobody)
    assert {"rank", "kind", "preference"} & set(nobody) == set()
    one = time_to_event(PFS, NAMED, ADSL=adsl(("participant", "2016-08-10", None, None, None)), RS=rs())
    assert one[["PARAMCD", "PARAM"]].values.tolist() == [["PFS", "Progression-Free Survival (days)"]]
    assert nobody["ADT"].dtype == one["ADT"].dtype == one["STARTDT"].dtype == "datetime64[s]"
