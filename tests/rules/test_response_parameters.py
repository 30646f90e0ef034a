"""ADRS: parameters drawn from the responses of a participant, in days from randomization (RECIST 1.1, 4.4;
parameters of the study).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pipeline.derivations.adam import response
from pipeline.study import Study
from pipeline.study.models import ResponseSource
from tests.support.settings import settings_of
from tests.support.tables import numbers, shown

START = pd.Timestamp("2016-08-10")  # day 0 of these tables: 35 days later is day 35
DERIVED = ResponseSource(
    dataset="ADTA", number="ASMTN", value="OVRLRESP", date="ADT", progression="PDDT", reason="RESPWHY"
)
TARGETS = ResponseSource(dataset="ADTA", number="ASMTN", value="NTARGET", date="ASTDT")
CONFIRMING = ResponseSource(dataset="ADTA", number="ASMTN", date="ICPDDT")
DEATH = ResponseSource(dataset="ADSL", value="DTHFL", date="DTHDT")
Scan = tuple[int, str]


def day(number: int | None) -> Any:
    return pd.NaT if number is None else START + pd.Timedelta(days=number)


def participants(therapy: int | None = None, *, randomized: bool = True) -> pd.DataFrame:
    row = {
        "USUBJID": ["participant"],
        "form": ["enrol"],
        "record": ["00"],
        "RANDDT": [START if randomized else pd.NaT],
        "NACTDT": [day(therapy)],
    }
    return pd.DataFrame(row).astype({"RANDDT": "datetime64[s]", "NACTDT": "datetime64[s]"})


def scans(*seen: Scan, progression: int | None = None) -> pd.DataFrame:
    """Assessments after baseline; `progression` is the day to which each PD is dated; PR~ only persists."""
    rows = [
        ("participant", "tl", f"{n:02d}", float(n), day(on), seen_response, day(progression), float(n + 1))
        for n, (on, seen_response) in enumerate(seen, 1)
    ]
    columns = ["USUBJID", "form", "record", "ASMTN", "ADT", "OVRLRESP", "PDDT", "ASEQ"]
    texts = dict.fromkeys(("USUBJID", "form", "record", "OVRLRESP"), "str")
    numbers = {"ASMTN": "float64", "ASEQ": "float64"}
    dates = {"ADT": "datetime64[s]", "PDDT": "datetime64[s]"}
    frame = pd.DataFrame(rows, columns=columns).astype(texts | numbers | dates)
    persists = frame["OVRLRESP"].str.endswith("~").fillna(False)
    why = pd.Series("SUM", index=frame.index, dtype="str").mask(persists, "PERSISTS")
    return frame.assign(OVRLRESP=frame["OVRLRESP"].str.removesuffix("~"), RESPWHY=why)


def answer(found: pd.DataFrame) -> list[Any]:
    """Value, day, and number of the record that decided."""
    if found.empty:
        return []
    row = found.iloc[0]
    on = None if pd.isna(row["ADT"]) else (row["ADT"] - START).days
    return [row["AVALC"], on, None if pd.isna(row["SRCSEQ"]) else int(row["SRCSEQ"])]


def source(found: pd.DataFrame) -> list[Any]:
    """Dataset, variable and number of the record that decided; None where none did."""
    values = found.iloc[0][["SRCDOM", "SRCVAR", "SRCSEQ"]].tolist()
    return [None if pd.isna(v) else v for v in values]


Parameter = Callable[..., pd.DataFrame]
BEST = response.best_overall_response
CONFIRMED = response.confirmed_response
RESPONDER = response.responder
CONFIRMED_RESPONDER = response.confirmed_responder
BENEFIT = response.clinical_benefit
CONTROL = response.disease_control
PROGRESSION = response.progression
LAST = response.last_assessment
CASES: dict[str, tuple[Parameter, tuple[Scan, ...], dict[str, Any], list[Any]]] = {
    "best: the best of all up to progression": (
        BEST, ((42, "SD"), (84, "PR"), (168, "PD"), (252, "CR")), {}, ["PR", 84, 3]),
    "best: the first assessment that shows it": (BEST, ((42, "PR"), (84, "PR")), {}, ["PR", 42, 2]),
    "best: stable from day 35 on": (BEST, ((35, "SD"),), {}, ["SD", 35, 2]),
    "best: stable for 34 days only is not evaluable": (BEST, ((34, "SD"),), {}, ["NE", 34, 2]),
    "best: stable for 34 days, then progression": (BEST, ((34, "SD"), (84, "PD")), {}, ["PD", 84, 3]),
    "best: nothing assessed": (BEST, (), {}, ["NE", None, None]),
    "best: a response after new therapy is not owed to the treatment": (
        BEST, ((42, "SD"), (84, "PR")), {"therapy": 60}, ["SD", 42, 2]),
    "best: a scan on the day of new therapy counts": (
        BEST, ((42, "SD"), (84, "PR")), {"therapy": 84}, ["PR", 84, 3]),
    "best: a progression dated back ends what counts": (
        BEST, ((42, "SD"), (84, "PR"), (168, "PD")), {"progression": 42}, ["PD", 42, 4]),
    "confirmed: a second response 28 days later": (CONFIRMED, ((42, "PR"), (70, "PR")), {}, ["PR", 42, 2]),
    "confirmed: 27 days are too few": (CONFIRMED, ((42, "PR"), (69, "PR")), {}, ["SD", 42, 2]),
    "confirmed: the criteria are met again, sums of 100, 70, 83 are not": (
        CONFIRMED, ((42, "PR"), (84, "PR~")), {}, ["SD", 42, 2]),
    "confirmed: 100, 70, 83 where an ongoing partial response confirms": (
        CONFIRMED, ((42, "PR"), (84, "PR~")), {"persisting_pr_confirms": True}, ["PR", 42, 2]),
    "confirmed: partial and then stable, however early": (
        CONFIRMED, ((14, "PR"), (34, "SD")), {}, ["SD", 34, 3]),
    "confirmed: where the duration is asked for there too": (
        CONFIRMED, ((14, "PR"), (34, "SD")), {"pr_then_sd_needs_minimum": True}, ["NE", 14, 2]),
    "confirmed responder: not by one that only persists": (
        CONFIRMED_RESPONDER, ((42, "PR"), (84, "PR~")), {}, ["N", None, None]),
    "confirmed: one NE between": (CONFIRMED, ((42, "CR"), (84, "NE"), (126, "CR")), {}, ["CR", 42, 2]),
    "responder": (RESPONDER, ((42, "SD"), (84, "PR"), (168, "PD")), {}, ["Y", 84, 3]),
    "responder: a response on the day of new therapy counts": (
        RESPONDER, ((42, "SD"), (84, "PR")), {"therapy": 84}, ["Y", 84, 3]),
    "no responder: nor on that day where the study says so": (
        RESPONDER, ((42, "SD"), (84, "PR")), {"therapy": 84, "on_therapy_start": False}, ["N", None, None]),
    "no responder: nor on the day after": (
        RESPONDER, ((42, "SD"), (84, "PR")), {"therapy": 83}, ["N", None, None]),
    "no responder": (RESPONDER, ((42, "SD"), (84, "PD"), (168, "PR")), {}, ["N", None, None]),
    "confirmed responder": (CONFIRMED_RESPONDER, ((42, "PR"), (84, "PR")), {}, ["Y", 42, 2]),
    "a response that nothing confirms": (
        CONFIRMED_RESPONDER, ((42, "PR"), (84, "PD")), {}, ["N", None, None]),
    "benefit: stable for 154 days": (BENEFIT, ((42, "SD"), (154, "SD")), {}, ["Y", 154, 3]),
    "benefit: stable for 153 days is none": (BENEFIT, ((42, "SD"), (153, "SD")), {}, ["N", None, None]),
    "benefit: stable on the day of new therapy": (
        BENEFIT, ((42, "SD"), (154, "SD")), {"therapy": 154}, ["Y", 154, 3]),
    "benefit: any response": (BENEFIT, ((42, "PR"),), {}, ["Y", 42, 2]),
    "benefit: stable after progression is none": (BENEFIT, ((42, "PD"), (168, "SD")), {}, ["N", None, None]),
    "control: stable from day 35 on": (CONTROL, ((35, "SD"), (84, "PD")), {}, ["Y", 35, 2]),
    "control: stable for 34 days is none": (CONTROL, ((34, "SD"),), {}, ["N", None, None]),
    "control: without a target lesion": (CONTROL, ((42, "NON-CR/NON-PD"),), {}, ["Y", 42, 2]),
    "control: dated by the best response": (CONTROL, ((42, "SD"), (84, "PR")), {}, ["Y", 84, 3]),
    "control: complete response": (CONTROL, ((42, "CR"),), {}, ["Y", 42, 2]),
    "control: progression first is none": (CONTROL, ((42, "PD"), (84, "SD")), {}, ["N", None, None]),
    "control: after new therapy is none": (CONTROL, ((42, "SD"),), {"therapy": 20}, ["N", None, None]),
    "control: not evaluable is none": (CONTROL, ((42, "NE"),), {}, ["N", None, None]),
    "control: nothing assessed": (CONTROL, (), {}, ["N", None, None]),
    "progression": (PROGRESSION, ((42, "SD"), (84, "PD"), (168, "PD")), {}, ["Y", 84, 3]),
    "progression dated back": (
        PROGRESSION, ((42, "SD"), (84, "SD"), (168, "PD")), {"progression": 84}, ["Y", 84, 4]),
    "progression after new therapy is documented too": (
        PROGRESSION, ((42, "SD"), (84, "PD")), {"therapy": 50}, ["Y", 84, 3]),
    "no progression": (PROGRESSION, ((42, "SD"),), {}, ["N", None, None]),
    "last assessment: the progression": (LAST, ((42, "SD"), (84, "PD"), (168, "PD")), {}, ["PD", 84, 3]),
    "last assessment: not one that could not be evaluated": (
        LAST, ((42, "SD"), (84, "NE")), {}, ["SD", 42, 2]),
    "last assessment: nobody who has none": (LAST, ((42, "NE"),), {}, []),
}  # fmt: skip


def drawn(
    study: Study, parameter: Parameter, subjects: pd.DataFrame, records: pd.DataFrame, **others: Any
) -> pd.DataFrame:
    settings = settings_of(parameter, study.protocol.parameters)
    return parameter(subjects, records, DERIVED, **settings | others)


@pytest.mark.parametrize(("parameter", "seen", "given", "expected"), CASES.values(), ids=CASES)
def test_a_parameter(
    study: Study, parameter: Parameter, seen: tuple[Scan, ...], given: dict[str, Any], expected: list[Any]
) -> None:
    choices = {name: value for name, value in given.items() if name in study.protocol.parameters}
    records = scans(*seen, progression=given.get("progression"))
    subjects = participants(given.get("therapy"))
    assert answer(drawn(study, parameter, subjects, records, **choices)) == expected


@pytest.mark.parametrize(
    ("number_of_targets", "expected"), [(0, "NON-CR/NON-PD"), (1, "SD"), (2, "SD"), (None, "SD")]
)
def test_a_response_that_nothing_confirms_is_no_stable_sum_where_there_are_no_targets(
    study: Study, number_of_targets: int | None, expected: str
) -> None:
    records = scans((42, "CR"), (84, "PD")).assign(NTARGBL=numbers(number_of_targets, number_of_targets))
    source = DERIVED.model_copy(update={"targets": "NTARGBL"})
    found = CONFIRMED(participants(), records, source, **settings_of(CONFIRMED, study.protocol.parameters))
    assert answer(found) == [expected, 42, 2]


SOURCES: dict[str, tuple[Parameter, tuple[Scan, ...], int | None, list[Any]]] = {
    "a response: the variable that holds it": (
        response.best_overall_response, ((42, "SD"), (84, "PR")), None, ["ADTA", "OVRLRESP", 3]),
    "a best response of PD: the response too, for the value is PD": (
        response.best_overall_response, ((42, "PD"),), 42, ["ADTA", "OVRLRESP", 2]),
    "a responder: the response": (response.responder, ((42, "PR"),), None, ["ADTA", "OVRLRESP", 2]),
    "no responder: nothing decided": (response.responder, ((42, "SD"),), None, [None, None, None]),
    "a progression: the variable that dates it": (
        response.progression, ((42, "SD"), (84, "PD")), 84, ["ADTA", "PDDT", 3]),
    "a progression without a date of its own: that of the assessment": (
        response.progression, ((42, "SD"), (84, "PD")), None, ["ADTA", "ADT", 3]),
    "no progression: nothing decided": (response.progression, ((42, "SD"),), None, [None, None, None]),
    "nothing assessed: nothing decided": (response.confirmed_response, (), None, [None, None, None]),
}  # fmt: skip


@pytest.mark.parametrize(("parameter", "seen", "progression", "expected"), SOURCES.values(), ids=SOURCES)
def test_the_source_is_what_the_value_was_taken_from(
    study: Study,
    parameter: Parameter,
    seen: tuple[Scan, ...],
    progression: int | None,
    expected: list[Any],
) -> None:
    records = scans(*seen, progression=progression)
    assert source(drawn(study, parameter, participants(), records)) == expected


def windows(*named: tuple[str, str | None]) -> pd.DataFrame:
    records = [f"{n:02d}" for n in range(1, len(named) + 1)]
    frame = pd.DataFrame({"USUBJID": "participant", "form": "tl", "record": records})
    return frame.assign(AVISIT=[n for n, _ in named], ANL01FL=pd.Series([f for _, f in named], dtype="str"))


@pytest.mark.parametrize(
    ("seen", "at", "therapy", "expected"),
    [
        (((42, "SD"), (84, "PR")), ("WEEK 6", "WEEK 12"), None, ["Y", 84, 3]),
        (((42, "PR"), (84, "SD")), ("WEEK 6", "WEEK 12"), None, ["N", 84, 3]),
        (((42, "PR"), (84, "NE")), ("WEEK 6", "WEEK 12"), None, ["N", 84, 3]),
        (((42, "PD"), (84, "PR")), ("WEEK 6", "WEEK 12"), None, ["N", 84, 3]),
        (((42, "PR"), (84, "PR")), ("WEEK 6", "WEEK 12"), 60, ["N", 84, 3]),
        (((42, "PR"), (168, "PR")), ("WEEK 6", "WEEK 24"), None, ["N", None, None]),
    ],
    ids=[
        "response",
        "stable",
        "not evaluable",
        "progression before",
        "new therapy before",
        "no assessment in the window",
    ],
)
def test_response_at_week_12_counts_every_randomized_participant(
    study: Study, seen: tuple[Scan, ...], at: tuple[str, ...], therapy: int | None, expected: list[Any]
) -> None:
    placed = windows(*((name, "Y") for name in at))
    found = drawn(study, response.response_at_visit, participants(therapy), scans(*seen), windows=placed)
    assert answer(found) == expected


def test_of_two_assessments_in_the_window_only_the_flagged_one_is_the_response_at_week_12(
    study: Study,
) -> None:
    placed = windows(("WEEK 12", None), ("WEEK 12", "Y"))
    seen = scans((80, "PR"), (84, "SD"))
    found = drawn(study, response.response_at_visit, participants(), seen, windows=placed)
    assert answer(found) == ["N", 84, 3]


def test_best_response_by_week_12_ends_with_its_window(study: Study) -> None:
    """The window of week 12 closes on day 92, 91 days after randomization."""
    for last, expected in ((91, ["PR", 91, 3]), (92, ["SD", 42, 2])):
        seen = scans((42, "SD"), (last, "PR"))
        found = drawn(study, response.best_response_by_visit, participants(), seen, visits=study.visits)
        assert answer(found) == expected


def test_of_two_assessments_on_one_day_the_progression_stands(study: Study) -> None:
    seen = scans((42, "PR"), (42, "PD"))
    assert answer(drawn(study, response.best_overall_response, participants(), seen)) == ["PD", 42, 3]


def test_measurable_disease_is_a_target_at_baseline() -> None:
    seen = scans((0, "SD"))[["USUBJID", "form", "record", "ADT", "ASEQ"]].rename(columns={"ADT": "ASTDT"})
    for targets, expected in ((2.0, "Y"), (0.0, "N")):
        at_baseline = response.measurable_disease(
            participants(), seen.assign(ASMTN=0.0, NTARGET=targets), TARGETS
        )
        assert answer(at_baseline) == [expected, 0, 2]
        assert source(at_baseline) == ["ADTA", "NTARGET", 2]
    later = response.measurable_disease(participants(), seen.assign(ASMTN=1.0, NTARGET=2.0), TARGETS)
    assert answer(later) == ["N", None, None]


def test_a_progression_that_irecist_confirms_is_dated_to_the_first_of_its_block() -> None:
    seen = scans((42, "PD"), (77, "PD"), (112, "PD"))[["USUBJID", "form", "record", "ASMTN", "ASEQ"]]
    confirmed = seen.assign(ICPDDT=pd.Series([pd.NaT, day(42), day(42)], dtype="datetime64[s]"))
    found = response.confirmed_progression(participants(), confirmed, CONFIRMING)
    assert answer(found) == ["Y", 42, 3]
    assert source(found) == ["ADTA", "ICPDDT", 3]
    assert found["record"].tolist() == ["02"]
    unconfirmed = response.confirmed_progression(participants(), confirmed.iloc[:1], CONFIRMING)
    assert answer(unconfirmed) == ["N", None, None]
    never_randomized = participants(randomized=False)
    assert response.confirmed_progression(never_randomized, confirmed, CONFIRMING).empty


@pytest.mark.parametrize(
    ("flag", "date", "value", "variable"),
    [
        ("Y", 100, ["Y", 100, None], "DTHDT"),
        ("Y", None, ["Y", None, None], "DTHFL"),
        (None, None, ["N", None, None], "DTHFL"),
    ],
    ids=["dated", "without a date", "alive"],
)
def test_death_is_a_parameter_of_everybody_randomized(
    flag: str | None, date: int | None, value: list[Any], variable: str
) -> None:
    deaths = participants()[["USUBJID", "form", "record"]].assign(
        DTHFL=pd.Series([flag], dtype="str"), DTHDT=pd.Series([day(date)], dtype="datetime64[s]")
    )
    found = response.died(participants(), deaths, DEATH)
    assert answer(found) == value
    assert source(found) == ["ADSL", variable, None]
    assert response.died(participants(randomized=False), deaths, DEATH).empty


def test_a_number_stands_for_one_response() -> None:
    values = ["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "Y", "N", None]
    numbers = response.response_number(pd.Series(values, dtype="str"))
    assert shown(numbers) == [1, 2, 3, 4, 5, 6, 1, 0, None]
