"""Progression-free survival under the conventions A, B, C and E: one row a situation, in days from
randomization, which is day 1.

Source: the table of situations and the order of decision of the analysis plan (specs/study.yaml, README); FDA
2007, appendix 3.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pandas as pd
import pytest

from pipeline.derivations.adam.progression import progression_free
from pipeline.study.models import Convention, EventSource, Missed, TimeToEvent, Visit
from tests.support.naive_progression import decide

START = pd.Timestamp("2016-08-10")
CUTOFF = datetime.date(2019, 7, 1)  # day 1056
# weeks 6, 12, 24, 36, 48, 72: planned day and window on both sides
VISITS = tuple(
    Visit(name=f"WEEK {week}", number=n, day=7 * week + 1, before=window, after=window, scan=True)
    for n, (week, window) in enumerate([(6, 7), (12, 7), (24, 14), (36, 14), (48, 14), (72, 14)])
)
NAMED = {
    "progression": EventSource(
        dataset="SCANS", date="ADT", where={"KIND": "PD"}, describes="PROGRESSIVE DISEASE"
    ),
    "claimed": EventSource(
        dataset="SCANS", date="ADT", where={"KIND": "CLAIM"}, describes="CLINICAL PROGRESSION"
    ),
    "adequate": EventSource(dataset="SCANS", date="ADT", where={"KIND": "ADEQUATE"}, describes="ADEQUATE"),
    "baseline": EventSource(dataset="SCANS", date="ADT", where={"KIND": "BASELINE"}, describes="BASELINE"),
    "death": EventSource(dataset="ADSL", date="DTHDT", where={"DTHFL": "Y"}, describes="DEATH"),
    "therapy": EventSource(dataset="ADSL", date="NACTDT", describes="NEW THERAPY"),
    "lost": EventSource(
        dataset="ADSL", date="EOSDT", where={"DCSREAS": "LOST TO FOLLOW-UP"}, describes="LOST"
    ),
    "stopped": EventSource(
        dataset="ADSL", date="EOSDT", where={"EOTSTT": "DISCONTINUED"}, describes="STOPPED"
    ),
}
CENSORING = {
    1: "ONGOING",
    2: "NO ASSESSMENT",
    3: "NEW THERAPY",
    4: "MISSED",
    5: "LOST",
    6: "STOPPED",
    9: "CUT-OFF",
}
BOTH, DEATHS = Missed(windows=2, before=("progression", "death")), Missed(windows=2, before=("death",))
CONVENTIONS = {
    "A": (Convention(id="A", therapy="on or before", missed=BOTH), ("progression", "death")),
    "B": (
        Convention(id="B", therapy="on or before", missed=BOTH, dated="scheduled visit"),
        ("progression", "death"),
    ),
    "C": (
        Convention(id="C", therapy="on or before", missed=DEATHS, dated="scheduled visit"),
        ("progression", "claimed", "death"),
    ),
    "E": (Convention(id="E"), ("progression", "death")),
    "before": (Convention(id="F", therapy="before", missed=BOTH), ("progression", "death")),
}


class Case(NamedTuple):
    """One participant, in days from randomization; `scans` are adequate assessments after baseline."""

    scans: tuple[int, ...] = ()
    pd: int | None = None
    death: int | None = None
    therapy: int | None = None
    claim: int | None = None
    baseline: bool = True
    lost: bool = False
    stopped: bool = False


def parameter(convention: str) -> TimeToEvent:
    rule, events = CONVENTIONS[convention]
    return TimeToEvent(code="PFS", name="PFS", start="RANDDT", events=events, convention=rule)


def decided(convention: str, cases: Mapping[str, Case]) -> dict[str, list[Any]]:
    """Of each participant day, CNSR, number of the rule, and what is said of the date."""
    people, scans = _frames(cases)
    found = progression_free(
        parameter(convention), NAMED, CENSORING, VISITS, CUTOFF, ADSL=people, SCANS=scans
    ).set_index("USUBJID")
    return {name: _told(found.loc[name]) for name in cases}


def _told(row: Any) -> list[Any]:
    day = None if pd.isna(row["ADT"]) else (row["ADT"] - START).days + 1
    return [day, int(row["CNSR"]), row["RULE"], None if pd.isna(row["CNSDTDSC"]) else row["CNSDTDSC"]]


def _source(row: Any) -> list[str]:
    return [str(row[c]) for c in ("form", "record", "EVNTDESC", "SRCDOM", "SRCVAR")]


def _day(number: int | None) -> Any:
    return pd.NaT if number is None else START + pd.Timedelta(days=number - 1)


def _frames(cases: Mapping[str, Case]) -> tuple[pd.DataFrame, pd.DataFrame]:
    people = pd.DataFrame(
        [
            {
                "USUBJID": name,
                "form": "enrol",
                "record": "00",
                "RANDDT": START,
                "ANCH1DT": START,
                "DTHFL": "Y" if c.death is not None else None,
                "DTHDT": _day(c.death),
                "NACTDT": _day(c.therapy),
                "EOSDT": pd.NaT,
                "DCSREAS": "LOST TO FOLLOW-UP" if c.lost else None,
                "EOTSTT": "DISCONTINUED" if c.stopped else "COMPLETED",
            }
            for name, c in cases.items()
        ]
    )
    rows = [
        (name, "tl", f"{n:02d}", kind, _day(on))
        for name, c in cases.items()
        for n, (kind, on) in enumerate(
            [*([("BASELINE", 0)] if c.baseline else []), *(("ADEQUATE", s) for s in c.scans)]
            + [(k, d) for k, d in (("PD", c.pd), ("CLAIM", c.claim)) if d is not None]
        )
    ]
    scans = pd.DataFrame(rows, columns=["USUBJID", "form", "record", "KIND", "ADT"])
    dated = {c: people[c].astype("datetime64[s]") for c in ("RANDDT", "ANCH1DT", "DTHDT", "NACTDT", "EOSDT")}
    return people.assign(**dated), scans.assign(ADT=scans["ADT"].astype("datetime64[s]"))


EVENT, NO_EVENT, THERAPY, MISSED = "6 EVENT", "7 NO EVENT", "4 NEW ANTICANCER THERAPY", "5 MISSED ASSESSMENTS"
LAST, RAND = "LAST ADEQUATE ASSESSMENT", "RANDOMIZATION"
NEW, GAP, NEXT = f"{LAST} BEFORE NEW THERAPY", f"{LAST} BEFORE MISSED ASSESSMENTS", "NEXT SCHEDULED VISIT"
EARLY = "3 EARLY DEATH"
NONE = [1, 2, "3 NO BASELINE OR ASSESSMENT", RAND]

SITUATIONS: dict[str, tuple[Case, dict[str, list[Any]]]] = {
    "progression at a scheduled visit": (
        Case((43, 85), pd=169),
        {"A": [169, 0, EVENT, None], "B": [169, 0, EVENT, None], "C": [169, 0, EVENT, None], "E": [169, 0, EVENT, None]},
    ),
    "progression between scheduled visits": (  # week 12 closes on day 92, week 24 opens on day 155
        Case((43, 85), pd=120),
        {"A": [120, 0, EVENT, None], "B": [169, 0, EVENT, NEXT], "C": [169, 0, EVENT, NEXT], "E": [120, 0, EVENT, None]},
    ),
    "progression on the last day of a window is at that visit": (Case((43,), pd=92), {"B": [92, 0, EVENT, None]}),
    "progression a day after a window is between visits": (Case((43,), pd=93), {"B": [169, 0, EVENT, NEXT]}),
    "progression on the first day of a window is at that visit": (Case((43, 85), pd=155), {"B": [155, 0, EVENT, None]}),
    "progression between visits and death before the next: no event is later than death": (
        Case((43, 85), pd=120, death=140),
        {"A": [120, 0, EVENT, None], "B": [140, 0, EVENT, NEXT], "C": [140, 0, EVENT, NEXT]},
    ),
    "progression after the last planned visit": (Case((43, 85, 169, 253, 337, 505), pd=600), {"B": [600, 0, EVENT, None]}),
    "progression and death on one day: progression": (Case((43,), pd=85, death=85), {"A": [85, 0, EVENT, None]}),
    "no progression": (
        Case((43, 85, 169)),
        {"A": [169, 1, NO_EVENT, LAST], "B": [169, 1, NO_EVENT, LAST], "C": [169, 1, NO_EVENT, LAST], "E": [169, 1, NO_EVENT, LAST]},
    ),
    "lost to follow-up": (Case((43, 85), lost=True), {c: [85, 5, NO_EVENT, LAST] for c in "ABCE"}),
    "stopped without documented progression": (Case((43, 85), stopped=True), {c: [85, 6, NO_EVENT, LAST] for c in "ABCE"}),
    "lost comes before stopped": (Case((43, 85), stopped=True, lost=True), {"A": [85, 5, NO_EVENT, LAST]}),
    "clinical progression that no scan documents, between visits": (
        Case((43, 85), claim=100, stopped=True),
        {"A": [85, 6, NO_EVENT, LAST], "B": [85, 6, NO_EVENT, LAST], "C": [169, 0, EVENT, NEXT], "E": [85, 6, NO_EVENT, LAST]},
    ),
    "clinical progression claimed at a scheduled visit": (Case((43,), claim=85), {"C": [85, 0, EVENT, None]}),
    "new therapy and no event": (
        Case((43, 85, 169), therapy=100),
        {"A": [85, 3, THERAPY, NEW], "B": [85, 3, THERAPY, NEW], "E": [169, 1, NO_EVENT, LAST]},
    ),
    "new therapy before progression": (
        Case((43, 85), pd=169, therapy=100),
        {"A": [85, 3, THERAPY, NEW], "C": [85, 3, THERAPY, NEW], "E": [169, 0, EVENT, None]},
    ),
    "new therapy on the day of progression": (Case((43,), pd=85, therapy=85), {"A": [43, 3, THERAPY, NEW]}),
    "new therapy the day after progression changes nothing": (Case((43,), pd=85, therapy=86), {"A": [85, 0, EVENT, None]}),
    "an assessment on the day of new therapy counts, unless the parameter says before": (
        Case((43, 85), therapy=85),
        {"A": [85, 3, THERAPY, NEW], "before": [43, 3, THERAPY, NEW]},
    ),
    "new therapy after a claim of progression: the claim is the event in C": (
        Case((43, 85), claim=90, therapy=100),
        {"A": [85, 3, THERAPY, NEW], "C": [90, 0, EVENT, None]},
    ),
    "new therapy before a claim": (Case((43, 85), claim=120, therapy=100), {"C": [85, 3, THERAPY, NEW]}),
    "nobody who had no new therapy is censored for it": (Case((43,), pd=85), {"A": [85, 0, EVENT, None]}),
    "new therapy, no assessment before it": (Case((85,), therapy=20), {"A": [1, 3, THERAPY, RAND]}),
    "no baseline": (Case((43, 85), pd=85, baseline=False), {"A": NONE, "B": NONE, "C": NONE, "E": NONE}),
    "no assessment after baseline and no death": (Case(), {"A": NONE, "B": NONE, "C": NONE, "E": NONE}),
    "death before the first assessment": (
        Case(death=31),
        {"A": [31, 0, EARLY, None], "B": [31, 0, EARLY, None], "C": [31, 0, EARLY, None], "E": [31, 0, EVENT, None]},
    ),
    "death on the last day of the second window": (Case(death=92), {"A": [92, 0, EARLY, None]}),
    "death a day later, never assessed": (Case(death=93), {"A": NONE, "E": [93, 0, EVENT, None]}),
    "progression at the only assessment, which was not complete, is documented": (Case(pd=43), {"A": [43, 0, EVENT, None]}),
    "death between assessments": (Case((43, 85), death=140), {c: [140, 0, EVENT, None] for c in "ABCE"}),
    "death after one missed assessment": (Case((43, 85), death=200), {c: [200, 0, EVENT, None] for c in "ABCE"}),
    "death after two missed assessments": (  # weeks 24 and 36, days 155 to 267
        Case((43, 85), death=291),
        {"A": [85, 4, MISSED, GAP], "B": [85, 4, MISSED, GAP], "C": [85, 4, MISSED, GAP], "E": [291, 0, EVENT, None]},
    ),
    "death in the second window: only one lies wholly between": (Case((43, 85), death=267), {"A": [267, 0, EVENT, None]}),
    "death the day after the second window": (Case((43, 85), death=268), {"A": [85, 4, MISSED, GAP]}),
    "progression after two missed assessments": (
        Case((43, 85), pd=337),
        {"A": [85, 4, MISSED, GAP], "B": [85, 4, MISSED, GAP], "C": [337, 0, EVENT, None], "E": [337, 0, EVENT, None]},
    ),
    "progression at an assessment that is adequate itself": (Case((43, 85, 337), pd=337), {"A": [85, 4, MISSED, GAP]}),
    "progression is documented and two windows missed from randomization on": (Case(pd=169), {"A": [1, 4, MISSED, RAND]}),
    "progression after the cut-off is not known": (Case((43, 85), pd=1057), {"A": [85, 9, NO_EVENT, LAST]}),
    "progression on the day of the cut-off is": (Case((43, 85, 169, 253, 337, 505), pd=1056), {"A": [1056, 0, EVENT, None]}),
    "death after the cut-off is not known": (Case((43, 85), death=1057), {"E": [85, 9, NO_EVENT, LAST]}),
}  # fmt: skip


@cache
def everyone(convention: str) -> dict[Case, list[Any]]:
    """All situations at once."""
    cases = {f"{i:03d}": case for i, (case, _) in enumerate(SITUATIONS.values())}
    return {cases[name]: told for name, told in decided(convention, cases).items()}


ROWS = [
    (f"{situation}: {c}", case, c, expected)
    for situation, (case, told) in SITUATIONS.items()
    for c, expected in told.items()
]


@pytest.mark.parametrize(("case", "convention", "expected"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_a_situation_is_decided_as_the_plan_says(case: Case, convention: str, expected: list[Any]) -> None:
    day, code, rule, told = expected
    assert everyone(convention)[case] == [day, code, CONVENTIONS[convention][0].id + rule, told]


@pytest.mark.parametrize("convention", ["A", "C"])
def test_a_subject_stands_alone(convention: str, prove: bool) -> None:
    alone = [case for case, _ in SITUATIONS.values()][:: 1 if prove else 5]
    assert {case: decided(convention, {"she": case})["she"] for case in alone} == {
        case: everyone(convention)[case] for case in alone
    }


def test_a_death_without_a_date_is_refused_even_beside_a_progression() -> None:
    people, scans = _frames({"she": Case((43,), pd=85)})
    people = people.assign(DTHFL=pd.Series(["Y"], dtype="str"))
    found = progression_free(parameter("A"), NAMED, CENSORING, VISITS, CUTOFF, ADSL=people, SCANS=scans)
    assert found["ADT"].isna().tolist() == [True], "no ADT: the schema refuses it"


def test_the_record_names_its_source_and_the_text_of_its_censoring() -> None:
    people, scans = _frames({"progressed": Case((43,), pd=85), "unseen": Case(), "stable": Case((43, 85))})
    found = progression_free(
        parameter("A"), NAMED, CENSORING, VISITS, CUTOFF, ADSL=people, SCANS=scans
    ).set_index("USUBJID")
    assert _source(found.loc["progressed"]) == ["tl", "02", "PROGRESSIVE DISEASE", "SCANS", "ADT"]
    assert _source(found.loc["unseen"]) == ["enrol", "00", "NO ASSESSMENT", "ADSL", "RANDDT"]
    assert _source(found.loc["stable"]) == ["tl", "02", "ONGOING", "SCANS", "ADT"]


def test_time_that_begins_with_a_response_is_planned_from_randomization_and_ends_as_the_convention_says() -> (
    None
):
    cases = {
        "progressed": Case((43, 85), pd=169),
        "gone": Case((43, 85), death=291),
        "unconfirmed": Case((43,), claim=85),
    }
    people, scans = _frames(cases)
    named = NAMED | {
        "response": EventSource(
            dataset="SCANS", date="ADT", where={"KIND": ["ADEQUATE"]}, describes="FIRST RESPONSE"
        )
    }
    rule, events = CONVENTIONS["A"]
    duration = TimeToEvent(code="DOR", name="DOR", start="response", events=events, convention=rule)
    late = scans.assign(
        KIND=scans["KIND"].mask(scans["USUBJID"].eq("gone") & scans["record"].eq("01"), "OTHER")
    )  # her first response is on day 85
    found = progression_free(duration, named, CENSORING, VISITS, CUTOFF, ADSL=people, SCANS=late).set_index(
        "USUBJID"
    )
    assert _told(found.loc["progressed"]) == [169, 0, "A6 EVENT", None]
    assert found.loc["progressed", "STARTDT"] == _day(43)
    assert _told(found.loc["gone"]) == [85, 4, "A5 MISSED ASSESSMENTS", GAP]
    assert _told(found.loc["unconfirmed"]) == [43, 1, "A7 NO EVENT", LAST]


def _drawn(rng: random.Random) -> Case:
    def maybe(share: float, low: int, high: int) -> int | None:
        return rng.randint(low, high) if rng.random() < share else None

    near = [
        42,
        43,
        50,
        51,
        78,
        85,
        92,
        93,
        154,
        155,
        169,
        183,
        184,
        239,
        253,
        267,
        268,
        337,
        505,
        600,
        1056,
        1057,
    ]
    scans = tuple(sorted({rng.choice(near) for _ in range(rng.randint(0, 5))}))
    drawn = (maybe(0.5, 1, 1100), maybe(0.4, 1, 1100), maybe(0.3, 1, 700))
    progressed, died, treated = (d if d is None or rng.random() < 0.4 else rng.choice(near) for d in drawn)
    return Case(
        scans,
        progressed,
        died,
        treated,
        maybe(0.2, 1, 400),
        rng.random() < 0.95,
        rng.random() < 0.2,
        rng.random() < 0.3,
    )


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_random_participants_are_decided_as_a_plain_reading_of_the_plan_does(
    convention: str, prove: bool, seed: int
) -> None:
    rng = random.Random(seed)
    cases = {f"{i:06d}": _drawn(rng) for i in range(40_000 if prove else 1_000)}
    rule, events = CONVENTIONS[convention]
    windows = [(v.day - v.before, v.day, v.day + v.after) for v in VISITS if v.day]
    expected = {name: decide(c, rule, events, windows, 1056) for name, c in cases.items()}
    assert decided(convention, cases) == expected
    seen = {told[2][1:] for told in expected.values()}
    assert seen >= {"3 NO BASELINE OR ASSESSMENT", "6 EVENT", "7 NO EVENT"}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_block_in_which_nobody_was_randomized_has_no_record(convention: str) -> None:
    people, scans = _frames({"screen failure": Case()})
    with_where = parameter(convention).model_copy(update={"where": {"EOTSTT": "ONGOING"}})
    found = progression_free(with_where, NAMED, CENSORING, VISITS, CUTOFF, ADSL=people, SCANS=scans)
    assert found.empty
