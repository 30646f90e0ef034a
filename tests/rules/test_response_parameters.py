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
from tests.support.tables import shown

START = pd.Timestamp("2016-08-10")  # day 0 of these tables: 35 days later is day 35
Scan = tuple[int, str]


def day(number: int | None) -> Any:
    return pd.NaT if number is None else START + pd.Timedelta(days=number)


def people(therapy: int | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"USUBJID": ["she"], "form": ["enrol"], "record": ["00"], "RANDDT": [START], "NACTDT": [day(therapy)]}
    )
    return frame.astype({"RANDDT": "datetime64[s]", "NACTDT": "datetime64[s]"})


def scans(*seen: Scan, progression: int | None = None) -> pd.DataFrame:
    """Assessments after baseline; `progression` is the day to which the last of them, a PD, is dated."""
    rows = [
        ("she", "tl", f"{n:02d}", float(n), day(on), told, day(progression), float(n + 1))
        for n, (on, told) in enumerate(seen, 1)
    ]
    frame = pd.DataFrame(
        rows, columns=["USUBJID", "form", "record", "ASMTN", "ADT", "OVRLRESP", "PDDT", "ASEQ"]
    )
    texts = dict.fromkeys(("USUBJID", "form", "record", "OVRLRESP"), "str")
    return frame.astype(
        texts | {"ADT": "datetime64[s]", "PDDT": "datetime64[s]", "ASMTN": "float64", "ASEQ": "float64"}
    )


def told(found: pd.DataFrame) -> list[Any]:
    """Value, day, and number of the assessment that decided."""
    if found.empty:
        return []
    row = found.iloc[0]
    return [
        row["AVALC"],
        None if pd.isna(row["ADT"]) else (row["ADT"] - START).days,
        None if pd.isna(row["ASEQ"]) else int(row["ASEQ"]),
    ]


Parameter = Callable[..., pd.DataFrame]
CASES: dict[str, tuple[Parameter, tuple[Scan, ...], dict[str, Any], list[Any]]] = {
    "best: the best of all up to progression": (
        response.best_overall_response, ((42, "SD"), (84, "PR"), (168, "PD"), (252, "CR")), {}, ["PR", 84, 3]),
    "best: the first assessment that shows it": (response.best_overall_response, ((42, "PR"), (84, "PR")), {}, ["PR", 42, 2]),
    "best: stable from day 35 on": (response.best_overall_response, ((35, "SD"),), {}, ["SD", 35, 2]),
    "best: stable for 34 days only is not evaluable": (response.best_overall_response, ((34, "SD"),), {}, ["NE", 34, 2]),
    "best: stable for 34 days, then progression": (response.best_overall_response, ((34, "SD"), (84, "PD")), {}, ["PD", 84, 3]),
    "best: nothing assessed": (response.best_overall_response, (), {}, ["NE", None, None]),
    "best: a response after new therapy is not owed to the treatment": (
        response.best_overall_response, ((42, "SD"), (84, "PR")), {"therapy": 60}, ["SD", 42, 2]),
    "best: a scan on the day of new therapy counts": (
        response.best_overall_response, ((42, "SD"), (84, "PR")), {"therapy": 84}, ["PR", 84, 3]),
    "best: a progression dated back ends what counts": (
        response.best_overall_response, ((42, "SD"), (84, "PR"), (168, "PD")), {"progression": 42}, ["PD", 42, 4]),
    "confirmed: a second response 28 days later": (response.confirmed_response, ((42, "PR"), (70, "PR")), {}, ["PR", 42, 2]),
    "confirmed: 27 days are too few": (response.confirmed_response, ((42, "PR"), (69, "PR")), {}, ["SD", 42, 2]),
    "confirmed: one NE between": (response.confirmed_response, ((42, "CR"), (84, "NE"), (126, "CR")), {}, ["CR", 42, 2]),
    "responder": (response.responder, ((42, "SD"), (84, "PR"), (168, "PD")), {}, ["Y", 84, 3]),
    "no responder": (response.responder, ((42, "SD"), (84, "PD"), (168, "PR")), {}, ["N", None, None]),
    "confirmed responder": (response.confirmed_responder, ((42, "PR"), (84, "PR")), {}, ["Y", 42, 2]),
    "a response that nothing confirms": (response.confirmed_responder, ((42, "PR"), (84, "PD")), {}, ["N", None, None]),
    "benefit: stable for 154 days": (response.clinical_benefit, ((42, "SD"), (154, "SD")), {}, ["Y", 154, 3]),
    "benefit: stable for 153 days is none": (response.clinical_benefit, ((42, "SD"), (153, "SD")), {}, ["N", None, None]),
    "benefit: any response": (response.clinical_benefit, ((42, "PR"),), {}, ["Y", 42, 2]),
    "benefit: stable after progression is none": (response.clinical_benefit, ((42, "PD"), (168, "SD")), {}, ["N", None, None]),
    "progression": (response.progression, ((42, "SD"), (84, "PD"), (168, "PD")), {}, ["Y", 84, 3]),
    "progression dated back": (response.progression, ((42, "SD"), (84, "SD"), (168, "PD")), {"progression": 84}, ["Y", 84, 4]),
    "progression after new therapy is documented too": (response.progression, ((42, "SD"), (84, "PD")), {"therapy": 50}, ["Y", 84, 3]),
    "no progression": (response.progression, ((42, "SD"),), {}, ["N", None, None]),
    "last assessment: the progression": (response.last_assessment, ((42, "SD"), (84, "PD"), (168, "PD")), {}, ["PD", 84, 3]),
    "last assessment: not one that could not be evaluated": (response.last_assessment, ((42, "SD"), (84, "NE")), {}, ["SD", 42, 2]),
    "last assessment: nobody who has none": (response.last_assessment, ((42, "NE"),), {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("parameter", "seen", "given", "expected"), CASES.values(), ids=CASES)
def test_a_parameter(
    study: Study, parameter: Parameter, seen: tuple[Scan, ...], given: dict[str, Any], expected: list[Any]
) -> None:
    progression = given.get("progression")
    found = parameter(
        people(given.get("therapy")), scans(*seen, progression=progression), study.protocol.parameters
    )
    assert told(found) == expected


def windows(*named: tuple[str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"USUBJID": "she", "form": "tl", "record": [f"{n:02d}" for n in range(1, len(named) + 1)]}
    )
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
    assert (
        told(response.response_at_visit(people(therapy), scans(*seen), placed, study.protocol.parameters))
        == expected
    )


def test_of_two_assessments_in_the_window_only_the_flagged_one_is_the_response_at_week_12(
    study: Study,
) -> None:
    placed = windows(("WEEK 12", None), ("WEEK 12", "Y"))
    found = response.response_at_visit(
        people(), scans((80, "PR"), (84, "SD")), placed, study.protocol.parameters
    )
    assert told(found) == ["N", 84, 3]


def test_best_response_by_week_12_ends_with_its_window(study: Study) -> None:
    """The window of week 12 closes on day 92, 91 days after randomization."""
    for last, expected in ((91, ["PR", 91, 3]), (92, ["SD", 42, 2])):
        seen = scans((42, "SD"), (last, "PR"))
        assert (
            told(response.best_response_by_visit(people(), seen, study.protocol.parameters, study.visits))
            == expected
        )


def test_measurable_disease_is_a_target_at_baseline() -> None:
    held = scans((0, "SD"))[["USUBJID", "form", "record", "ADT", "ASEQ"]].rename(columns={"ADT": "ASTDT"})
    for targets, expected in ((2.0, "Y"), (0.0, "N")):
        at_baseline = held.assign(ABLFL=pd.Series(["Y"], dtype="str"), NTARGET=targets)
        assert told(response.measurable_disease(people(), at_baseline)) == [expected, 0, 2]
    later = held.assign(ABLFL=pd.Series([None], dtype="str"), NTARGET=2.0)
    assert told(response.measurable_disease(people(), later)) == ["N", None, None]


def test_a_progression_that_irecist_confirms_is_dated_to_the_first_of_its_block() -> None:
    seen = scans((42, "PD"), (77, "PD"), (112, "PD"))[["USUBJID", "form", "record", "ASEQ"]]
    confirmed = seen.assign(ICPDDT=pd.Series([pd.NaT, day(42), day(42)], dtype="datetime64[s]"))
    found = response.confirmed_progression(people(), confirmed)
    assert told(found) == ["Y", 42, 3]
    assert found["record"].tolist() == ["02"]
    assert told(response.confirmed_progression(people(), confirmed.iloc[:1])) == ["N", None, None]
    assert response.confirmed_progression(
        people().assign(RANDDT=pd.Series([pd.NaT], dtype="datetime64[s]")), confirmed
    ).empty


def test_death_is_a_parameter_of_everybody_randomized() -> None:
    she = people().assign(
        DTHFL=pd.Series(["Y"], dtype="str"), DTHDT=pd.Series([day(100)], dtype="datetime64[s]")
    )
    assert told(response.died(she)) == ["Y", 100, None]
    assert told(
        response.died(
            she.assign(DTHFL=pd.Series([None], dtype="str"), DTHDT=pd.Series([pd.NaT], dtype="datetime64[s]"))
        )
    ) == [
        "N",
        None,
        None,
    ]
    assert response.died(she.assign(RANDDT=pd.Series([pd.NaT], dtype="datetime64[s]"))).empty


def test_a_number_stands_for_one_response() -> None:
    assert shown(response.response_number(pd.Series(["CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "Y", "N", None], dtype="str"))) == [
        1, 2, 3, 4, 5, 6, 1, 0, None]  # fmt: skip
