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
        dataset="ADSL", date="TRTEDT", where={"EOTSTT": "DISCONTINUED"}, describes="STOPPED"
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
    "T": (Convention(id="T", therapy="on or before", missed=BOTH), ("progression",)),  # to progression
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
    last_dose: int | None = None


def parameter(convention: str) -> TimeToEvent:
    rule, events = CONVENTIONS[convention]
    return TimeToEvent(code="PFS", name="PFS", start="RANDDT", events=events, convention=rule)


def decided(convention: str, cases: Mapping[str, Case]) -> dict[str, list[Any]]:
    """Day, CNSR, rule, and what the date is, by participant."""
    adsl, scans = frames(cases)
    records = derived(parameter(convention), adsl, scans)
    return {name: outcome(records.loc[name]) for name in cases}


def derived(parameter: TimeToEvent, adsl: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    records = progression_free(parameter, NAMED, CENSORING, VISITS, CUTOFF, "ANCH1DT", ADSL=adsl, SCANS=scans)
    return records.set_index("USUBJID")


def outcome(row: Any) -> list[Any]:
    day = None if pd.isna(row["ADT"]) else (row["ADT"] - START).days + 1
    return [day, int(row["CNSR"]), row["RULE"], None if pd.isna(row["CNSDTDSC"]) else row["CNSDTDSC"]]


def source(row: Any) -> list[str]:
    return [str(row[c]) for c in ("form", "record", "EVNTDESC", "SRCDOM", "SRCVAR")]


def date(day: int | None) -> Any:
    return pd.NaT if day is None else START + pd.Timedelta(days=day - 1)


def frames(cases: Mapping[str, Case]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ADSL, and the records of tumour assessments."""
    people = [
        {
            "USUBJID": name,
            "form": "enrol",
            "record": "00",
            "RANDDT": START,
            "ANCH1DT": START,
            "DTHFL": "Y" if case.death is not None else None,
            "DTHDT": date(case.death),
            "NACTDT": date(case.therapy),
            "EOSDT": pd.NaT,
            "TRTEDT": date(case.last_dose),
            "DCSREAS": "LOST TO FOLLOW-UP" if case.lost else None,
            "EOTSTT": "DISCONTINUED" if case.stopped else "COMPLETED",
        }
        for name, case in cases.items()
    ]
    scans = []
    for name, case in cases.items():
        dated = [("BASELINE", 0)] if case.baseline else []
        dated += [("ADEQUATE", day) for day in case.scans]
        dated += [(kind, day) for kind, day in (("PD", case.pd), ("CLAIM", case.claim)) if day is not None]
        scans += [(name, "tl", f"{n:02d}", kind, date(day)) for n, (kind, day) in enumerate(dated)]
    return (
        pd.DataFrame(people).astype(
            dict.fromkeys(("RANDDT", "ANCH1DT", "DTHDT", "NACTDT", "EOSDT", "TRTEDT"), "datetime64[s]")
        ),
        pd.DataFrame(scans, columns=["USUBJID", "form", "record", "KIND", "ADT"]).astype(
            {"ADT": "datetime64[s]"}
        ),
    )


EVENT, NO_EVENT, THERAPY, MISSED = "6 EVENT", "7 NO EVENT", "4 NEW ANTICANCER THERAPY", "5 MISSED ASSESSMENTS"
MOVED = "6 EVENT ON SCHEDULE"
LAST, RAND = "LAST ADEQUATE ASSESSMENT", "RANDOMIZATION"
NEW, GAP = f"{LAST} BEFORE NEW THERAPY", f"{LAST} BEFORE MISSED ASSESSMENTS"
EARLY, EARLY_TREATED = "3 EARLY DEATH", "3 NEW THERAPY BEFORE EARLY DEATH"
NONE = [1, 2, "3 NO BASELINE OR ASSESSMENT", RAND]


def same(conventions: str, outcome: list[Any]) -> dict[str, list[Any]]:
    return dict.fromkeys(conventions, outcome)


SITUATIONS: dict[str, tuple[Case, dict[str, list[Any]]]] = {
    "progression at a scheduled visit": (Case((43, 85), pd=169), same("ABCE", [169, 0, EVENT, None])),
    "progression between scheduled visits": (  # week 12 closes on day 92, week 24 opens on day 155
        Case((43, 85), pd=120),
        same("AE", [120, 0, EVENT, None]) | same("BC", [169, 0, MOVED, None]),
    ),
    "progression on the last day of a window is at that visit": (
        Case((43,), pd=92),
        {"B": [92, 0, EVENT, None]},
    ),
    "progression a day after a window is between visits": (Case((43,), pd=93), {"B": [169, 0, MOVED, None]}),
    "progression on the first day of a window is at that visit": (
        Case((43, 85), pd=155),
        {"B": [155, 0, EVENT, None]},
    ),
    "progression between visits and death before the next: no event is later than death": (
        Case((43, 85), pd=120, death=140),
        same("A", [120, 0, EVENT, None]) | same("BC", [140, 0, MOVED, None]),
    ),
    "progression after the last planned visit": (
        Case((43, 85, 169, 253, 337, 505), pd=600),
        {"B": [600, 0, EVENT, None]},
    ),
    "progression and death on one day: progression": (
        Case((43,), pd=85, death=85),
        {"A": [85, 0, EVENT, None]},
    ),
    "no progression": (Case((43, 85, 169)), same("ABCE", [169, 1, NO_EVENT, LAST])),
    "lost to follow-up": (Case((43, 85), lost=True), same("ABCE", [85, 5, NO_EVENT, LAST])),
    "stopped without documented progression": (
        Case((43, 85), stopped=True),
        same("ABCE", [85, 6, NO_EVENT, LAST]),
    ),
    "stopped, and no assessment afterwards": (
        Case((43, 85), stopped=True, last_dose=85),
        same("ABCE", [85, 6, NO_EVENT, LAST]),
    ),
    "stopped, and assessed for long afterwards: the stop is not why the record ends": (
        Case((43, 85, 169, 253), stopped=True, last_dose=85),
        same("ABCE", [253, 1, NO_EVENT, LAST]),
    ),
    "lost comes before stopped": (
        Case((43, 85), stopped=True, lost=True),
        {"A": [85, 5, NO_EVENT, LAST]},
    ),
    "clinical progression that no scan documents, between visits": (
        Case((43, 85), claim=100, stopped=True),
        same("ABE", [85, 6, NO_EVENT, LAST]) | same("C", [169, 0, MOVED, None]),
    ),
    "clinical progression claimed at a scheduled visit": (
        Case((43,), claim=85),
        {"C": [85, 0, EVENT, None]},
    ),
    "new therapy and no event": (
        Case((43, 85, 169), therapy=100),
        same("AB", [85, 3, THERAPY, NEW]) | same("E", [169, 1, NO_EVENT, LAST]),
    ),
    "new therapy before progression": (
        Case((43, 85), pd=169, therapy=100),
        same("AC", [85, 3, THERAPY, NEW]) | same("E", [169, 0, EVENT, None]),
    ),
    "progression on the day on which new therapy starts is an event": (
        Case((43, 85), pd=85, therapy=85),
        same("ABCE", [85, 0, EVENT, None]) | {"before": [85, 0, EVENT, None]},
    ),
    "new therapy the day before progression": (
        Case((43,), pd=85, therapy=84),
        same("ABC", [43, 3, THERAPY, NEW]) | same("E", [85, 0, EVENT, None]),
    ),
    "death on the day on which new therapy starts is an event": (
        Case((43, 85), death=140, therapy=140),
        same("ABCE", [140, 0, EVENT, None]),
    ),
    "an event on the day of new therapy is still missed after two missed visits": (
        Case((43, 85), death=291, therapy=291),
        same("ABC", [85, 4, MISSED, GAP]) | same("E", [291, 0, EVENT, None]),
    ),
    "new therapy the day after progression changes nothing": (
        Case((43,), pd=85, therapy=86),
        {"A": [85, 0, EVENT, None]},
    ),
    "an assessment on the day of new therapy counts, unless the parameter says before": (
        Case((43, 85), therapy=85),
        {"A": [85, 3, THERAPY, NEW], "before": [43, 3, THERAPY, NEW]},
    ),
    "new therapy after a claim of progression: the claim is the event in C": (
        Case((43, 85), claim=90, therapy=100),
        {"A": [85, 3, THERAPY, NEW], "C": [90, 0, EVENT, None]},
    ),
    "new therapy before a claim": (
        Case((43, 85), claim=120, therapy=100),
        {"C": [85, 3, THERAPY, NEW]},
    ),
    "nobody who had no new therapy is censored for it": (Case((43,), pd=85), {"A": [85, 0, EVENT, None]}),
    "new therapy, no assessment before it": (Case((85,), therapy=20), {"A": [1, 3, THERAPY, RAND]}),
    "no baseline": (Case((43, 85), pd=85, baseline=False), same("ABCE", NONE)),
    "no assessment after baseline and no death": (Case(), same("ABCE", NONE)),
    "death before the first assessment": (
        Case(death=31),
        same("ABC", [31, 0, EARLY, None]) | same("E", [31, 0, EVENT, None]),
    ),
    "death before the first assessment, after a new therapy": (
        Case(death=80, therapy=40),
        same("ABC", [1, 3, EARLY_TREATED, RAND]) | same("E", [80, 0, EVENT, None]),
    ),
    "death before the second assessment, after a new therapy": (
        Case((43,), death=80, therapy=50),
        same("ABC", [43, 3, THERAPY, NEW]) | same("E", [80, 0, EVENT, None]),
    ),
    "death before the first assessment, on the day on which new therapy starts": (
        Case(death=40, therapy=40),
        same("ABC", [40, 0, EARLY, None]) | same("E", [40, 0, EVENT, None]),
    ),
    "early death without a baseline, after a new therapy": (
        Case((43,), death=80, therapy=50, baseline=False),
        same("ABC", [1, 3, EARLY_TREATED, RAND]) | same("E", [80, 0, EARLY, None]),
    ),
    "new therapy and death after the first two windows, never assessed": (
        Case(death=93, therapy=50),
        same("ABC", NONE) | same("E", [93, 0, EVENT, None]),
    ),
    "death on the last day of the second window": (Case(death=92), {"A": [92, 0, EARLY, None]}),
    "death a day later, never assessed": (
        Case(death=93),
        {"A": NONE, "E": [93, 0, EVENT, None]},
    ),
    "progression at the only assessment, which was not complete, is documented": (
        Case(pd=43),
        {"A": [43, 0, EVENT, None]},
    ),
    "death between assessments": (Case((43, 85), death=140), same("ABCE", [140, 0, EVENT, None])),
    "death after one missed assessment": (Case((43, 85), death=200), same("ABCE", [200, 0, EVENT, None])),
    "death after two missed assessments": (  # weeks 24 and 36, days 155 to 267
        Case((43, 85), death=291),
        same("ABC", [85, 4, MISSED, GAP]) | same("E", [291, 0, EVENT, None]),
    ),
    "death in the second window: only one has closed": (
        Case((43, 85), death=267),
        {"A": [267, 0, EVENT, None]},
    ),
    "death the day after the second window": (Case((43, 85), death=268), {"A": [85, 4, MISSED, GAP]}),
    "progression after two missed assessments": (
        Case((43, 85), pd=337),
        same("AB", [85, 4, MISSED, GAP]) | same("CE", [337, 0, EVENT, None]),
    ),
    "progression a day outside the window of week 36, week 24 missed: one missed visit": (
        Case((43, 85), pd=268),
        same("AE", [268, 0, EVENT, None]) | same("BC", [337, 0, MOVED, None]),
    ),
    "death on that day: no visit is its own, and two are missed": (
        Case((43, 85), death=268),
        same("ABC", [85, 4, MISSED, GAP]),
    ),
    "progression between weeks 36 and 48, nearer to 48, weeks 24 and 36 missed": (  # the middle is day 295
        Case((43, 85), pd=296),
        same("AB", [85, 4, MISSED, GAP]),
    ),
    "progression a week after week 36 closed: still that visit": (
        Case((43, 85), pd=274),
        {"A": [274, 0, EVENT, None]},
    ),
    "progression eight days after it closed: both visits were missed": (
        Case((43, 85), pd=275),
        {"A": [85, 4, MISSED, GAP]},
    ),
    "progression six weeks after the only missed visit but one": (  # weeks 6 and 12 close on days 50 and 92
        Case(pd=126),
        same("AB", [1, 4, MISSED, RAND]) | same("E", [126, 0, EVENT, None]),
    ),
    "progression on day 210, weeks 12 and 24 missed": (
        Case((43,), pd=210),
        same("AB", [43, 4, MISSED, GAP]) | same("E", [210, 0, EVENT, None]),
    ),
    "early death, of a parameter that counts no death": (Case(death=30), {"T": NONE}),
    "death between assessments, of a parameter that counts no death": (
        Case((43, 85), death=140),
        {"T": [85, 1, NO_EVENT, LAST]},
    ),
    "progression without a baseline counts for nothing, an early death does": (
        Case(pd=43, death=80, baseline=False),
        same("ABCE", [80, 0, EARLY, None]),
    ),
    "an adequate assessment out of its window still keeps its visit from being missed": (
        Case((43, 85, 150), death=291),  # five days before week 24 opens
        same("ABCE", [291, 0, EVENT, None]),
    ),
    "an adequate assessment nearer to the visit before it does not": (
        Case((43, 85, 126), death=291),  # the middle of weeks 12 and 24 is day 127
        same("ABC", [126, 4, MISSED, GAP]),
    ),
    "nor does one as near to the one as to the other": (
        Case((43, 85, 127), death=291),
        same("ABC", [127, 4, MISSED, GAP]),
    ),
    "a visit whose window closes on the day of the event is not missed yet": (
        Case((43, 85), death=267),
        same("ABC", [267, 0, EVENT, None]),
    ),
    "progression at an assessment that is adequate itself": (
        Case((43, 85, 337), pd=337),
        {"A": [85, 4, MISSED, GAP]},
    ),
    "progression is documented and two windows missed from randomization on": (
        Case(pd=169),
        {"A": [1, 4, MISSED, RAND]},
    ),
    "progression after the cut-off is not known": (
        Case((43, 85), pd=1057),
        {"A": [85, 9, NO_EVENT, LAST]},
    ),
    "progression on the day of the cut-off is": (
        Case((43, 85, 169, 253, 337, 505), pd=1056),
        {"A": [1056, 0, EVENT, None]},
    ),
    "death after the cut-off is not known": (Case((43, 85), death=1057), {"E": [85, 9, NO_EVENT, LAST]}),
}


@cache
def everyone(convention: str) -> dict[Case, list[Any]]:
    """All situations at once."""
    cases = {f"{i:03d}": case for i, (case, _) in enumerate(SITUATIONS.values())}
    return {cases[name]: outcome for name, outcome in decided(convention, cases).items()}


ROWS = [
    (f"{situation}: {c}", case, c, expected)
    for situation, (case, outcomes) in SITUATIONS.items()
    for c, expected in outcomes.items()
]


@pytest.mark.parametrize(("case", "convention", "expected"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_a_situation_is_decided_as_the_plan_says(case: Case, convention: str, expected: list[Any]) -> None:
    day, code, rule, describes = expected
    assert everyone(convention)[case] == [day, code, CONVENTIONS[convention][0].id + rule, describes]


@pytest.mark.parametrize("convention", ["A", "C"])
def test_a_subject_stands_alone(convention: str, prove: bool) -> None:
    chosen = [case for case, _ in SITUATIONS.values()][:: 1 if prove else 5]
    alone = {case: decided(convention, {"participant": case})["participant"] for case in chosen}
    assert alone == {case: everyone(convention)[case] for case in chosen}


ENDED = {
    # what was known: (days of adequate assessments, last dose, day treatment was ended, CNSR)
    "ended after the last scan, last dose before it": ((43, 85), 64, 100, 6),
    "ended on the day of the last scan": ((43, 85), 64, 85, 6),
    "ended before the last scan": ((43, 85), 64, 84, 1),
    "ended before the last dose, as another product was": ((43, 85), 90, 60, 6),
    "no end collected, last dose before the last scan": ((43, 85), 64, None, 1),
    "no end collected, last dose after it": ((43, 85), 86, None, 6),
}


@pytest.mark.parametrize(("scans", "last_dose", "ended", "censor"), ENDED.values(), ids=ENDED)
def test_a_stop_is_the_reason_where_no_adequate_assessment_follows_the_end_of_treatment(
    scans: tuple[int, ...], last_dose: int, ended: int | None, censor: int
) -> None:
    adsl, records = frames({"participant": Case(scans, stopped=True, last_dose=last_dose)})
    row = ("participant", "eot", "01", "ENDED", date(ended))
    end = pd.DataFrame([row], columns=list(records)).astype(records.dtypes)
    convention = Convention(id="A", sources={"ended": "ended"})
    events = ("progression", "death")
    asked = TimeToEvent(code="PFS", name="PFS", start="RANDDT", events=events, convention=convention)
    source = EventSource(dataset="SCANS", date="ADT", where={"KIND": "ENDED"}, describes="ENDED")
    given = records if ended is None else pd.concat([records, end], ignore_index=True)
    decided = progression_free(
        asked, NAMED | {"ended": source}, CENSORING, VISITS, CUTOFF, "ANCH1DT", ADSL=adsl, SCANS=given
    )
    assert outcome(decided.iloc[0]) == [85, censor, "A7 NO EVENT", LAST]


THERAPIES = {
    # days on which a new therapy began: day, CNSR and rule of a progression on day 253 after scans to day 169
    "one, after the second scan": ((100,), [85, 3, f"A{THERAPY}", NEW]),
    "another one later": ((100, 200), [85, 3, f"A{THERAPY}", NEW]),
    "the later one is recorded first": ((200, 100), [85, 3, f"A{THERAPY}", NEW]),
}


@pytest.mark.parametrize(("began", "expected"), THERAPIES.values(), ids=THERAPIES)
def test_of_several_new_therapies_the_first_counts(began: tuple[int, ...], expected: list[Any]) -> None:
    adsl, records = frames({"participant": Case((43, 85, 169), pd=253)})
    rows = [("participant", "act", f"{n:02d}", "THERAPY", date(day)) for n, day in enumerate(began)]
    therapies = pd.DataFrame(rows, columns=list(records)).astype(records.dtypes)
    source = EventSource(dataset="SCANS", date="ADT", where={"KIND": "THERAPY"}, describes="NEW THERAPY")
    given = pd.concat([records, therapies], ignore_index=True)
    decided = progression_free(
        parameter("A"),
        NAMED | {"therapy": source},
        CENSORING,
        VISITS,
        CUTOFF,
        "ANCH1DT",
        ADSL=adsl,
        SCANS=given,
    )
    assert outcome(decided.iloc[0]) == expected


UNDATED = {
    # a death without a date, or a claim on a partial one, after scans on days 43 and 85: day, CNSR and rule
    "death, no progression": (None, True, None, [None, 0, "C2 EVENT WITHOUT DATE", None]),
    "death beside a progression, which came before it": (85, True, None, [85, 0, "C6 EVENT", None]),
    "claim in a month after that of the progression": (85, False, "2016-12", [85, 0, "C6 EVENT", None]),
    "claim in the month of it": (85, False, "2016-11", [None, 0, "C2 EVENT WITHOUT DATE", None]),
    "claim that may begin on the day of it": (84, False, "2016-11", [None, 0, "C2 EVENT WITHOUT DATE", None]),
    "claim that may begin a day later": (83, False, "2016-11", [83, 0, "C6 EVENT", None]),
    "claim without any date": (85, False, "", [None, 0, "C2 EVENT WITHOUT DATE", None]),
}


@pytest.mark.parametrize(("progressed", "died", "claimed", "expected"), UNDATED.values(), ids=UNDATED)
def test_an_event_without_a_date_is_refused_where_it_may_be_the_first(
    progressed: int | None, died: bool, claimed: str | None, expected: list[Any]
) -> None:
    adsl, scans = frames({"participant": Case((43, 85), pd=progressed)})
    adsl = adsl.assign(DTHFL=pd.Series(["Y" if died else None], dtype="str"))
    claims = pd.DataFrame(
        {"USUBJID": ["participant"], "form": ["eot"], "record": ["00"], "DSSTDTC": [claimed or None]},
        dtype="str",
    ).head(0 if claimed is None else 1)
    source = EventSource(dataset="DS", date="DSSTDTC", describes="CLAIMED")
    records = progression_free(
        parameter("C"),
        NAMED | {"claimed": source},
        CENSORING,
        VISITS,
        CUTOFF,
        "ANCH1DT",
        ADSL=adsl,
        SCANS=scans,
        DS=claims,
    )
    assert outcome(records.iloc[0]) == expected


def test_a_death_from_the_cancer_alone_takes_the_place_of_any_death() -> None:
    events = ("progression", "cancer_death")
    convention = Convention(
        id="A", missed=Missed(windows=2, before=events), sources={"death": "cancer_death"}
    )
    asked = TimeToEvent(code="TTP", name="TTP", start="RANDDT", events=events, convention=convention)
    source = EventSource(dataset="ADSL", date="DTHDT", where={"DTHFL": "Y"}, describes="CANCER")
    adsl, scans = frames(
        {"early": Case(death=31), "on the day of a scan": Case((43, 85), death=85), "late": Case(death=93)}
    )
    records = progression_free(
        asked,
        NAMED | {"cancer_death": source},
        CENSORING,
        VISITS,
        CUTOFF,
        "ANCH1DT",
        ADSL=adsl,
        SCANS=scans,
    ).set_index("USUBJID")
    assert outcome(records.loc["early"]) == [31, 0, "A3 EARLY DEATH", None]
    assert outcome(records.loc["on the day of a scan"]) == [85, 0, "A6 EVENT", None]
    assert outcome(records.loc["late"]) == [1, 2, "A3 NO BASELINE OR ASSESSMENT", RAND]


def test_the_record_names_its_source_and_the_text_of_its_censoring() -> None:
    cases = {"progressed": Case((43,), pd=85), "unseen": Case(), "stable": Case((43, 85))}
    records = derived(parameter("A"), *frames(cases))
    assert source(records.loc["progressed"]) == ["tl", "02", "PROGRESSIVE DISEASE", "SCANS", "ADT"]
    assert source(records.loc["unseen"]) == ["enrol", "00", "NO ASSESSMENT", "ADSL", "RANDDT"]
    assert source(records.loc["stable"]) == ["tl", "02", "ONGOING", "SCANS", "ADT"]


def test_time_from_a_response_is_planned_from_randomization_and_ends_as_the_convention_says() -> None:
    cases = {
        "progressed": Case((43, 85), pd=169),
        "gone": Case((43, 85), death=291),
        "unconfirmed": Case((43,), claim=85),
    }
    adsl, scans = frames(cases)
    responded_on_day_85 = scans["USUBJID"].eq("gone") & scans["record"].eq("01")
    scans = scans.assign(KIND=scans["KIND"].mask(responded_on_day_85, "OTHER"))
    response = EventSource(
        dataset="SCANS", date="ADT", where={"KIND": ["ADEQUATE"]}, describes="FIRST RESPONSE"
    )
    rule, events = CONVENTIONS["A"]
    duration = TimeToEvent(code="DOR", name="DOR", start="response", events=events, convention=rule)
    records = progression_free(
        duration, NAMED | {"response": response}, CENSORING, VISITS, CUTOFF, "ANCH1DT", ADSL=adsl, SCANS=scans
    ).set_index("USUBJID")
    assert outcome(records.loc["progressed"]) == [169, 0, "A6 EVENT", None]
    assert records.loc["progressed", "STARTDT"] == date(43)
    assert outcome(records.loc["gone"]) == [85, 4, "A5 MISSED ASSESSMENTS", GAP]
    assert outcome(records.loc["unconfirmed"]) == [43, 1, "A7 NO EVENT", LAST]


# days on and beside the bounds of windows and the cut-off
BOUNDS = [42, 43, 50, 51, 64, 65, 78, 85, 92, 93, 127, 128, 154, 155, 169, 183, 184, 211, 212, 239, 253]
BOUNDS += [267, 268, 274, 275, 295, 296, 337, 505, 600]
BOUNDS += [1056, 1057]


def random_case(rng: random.Random) -> Case:
    def maybe(share: float, low: int, high: int) -> int | None:
        return rng.randint(low, high) if rng.random() < share else None

    scans = tuple(sorted({rng.choice(BOUNDS) for _ in range(rng.randint(0, 5))}))
    anywhere = (maybe(0.5, 1, 1100), maybe(0.4, 1, 1100), maybe(0.3, 1, 700))
    progressed, died, treated = (
        day if day is None or rng.random() < 0.4 else rng.choice(BOUNDS) for day in anywhere
    )
    return Case(
        scans,
        pd=progressed,
        death=died,
        therapy=treated,
        claim=maybe(0.2, 1, 400),
        baseline=rng.random() < 0.95,
        lost=rng.random() < 0.2,
        stopped=rng.random() < 0.3,
        last_dose=maybe(0.7, 1, 600),
    )


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_random_participants_are_decided_as_by_living_through_their_days(
    convention: str, prove: bool, seed: int
) -> None:
    rng = random.Random(seed)
    cases = {f"{i:06d}": random_case(rng) for i in range(40_000 if prove else 1_000)}
    rule, events = CONVENTIONS[convention]
    windows = [(v.day - v.before, v.day, v.day + v.after) for v in VISITS if v.day]
    expected = {name: decide(c, rule, events, windows, 1056) for name, c in cases.items()}
    assert decided(convention, cases) == expected
    rules = {outcome[2][1:] for outcome in expected.values()}
    assert rules >= {"3 NO BASELINE OR ASSESSMENT", "6 EVENT", "7 NO EVENT"}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_block_in_which_nobody_was_randomized_has_no_record(convention: str) -> None:
    nobody = parameter(convention).model_copy(update={"where": {"EOTSTT": "ONGOING"}})
    assert derived(nobody, *frames({"screen failure": Case()})).empty
