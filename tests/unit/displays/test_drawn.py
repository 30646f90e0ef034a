"""A figure from specs/displays.yaml to its drawing: the records that it asks for, told in its words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader

from pipeline.displays import book
from pipeline.displays.content import Drawn
from pipeline.formats.drawing.shapes import Group, Text, leaves
from pipeline.study import Study
from tests.support.displayed import NK, Frames, T, made, participants, records, study_with

DATES: dict[str, list[str | None]] = {
    "RANDDT": ["2020-01-01", "2020-01-01", "2020-02-01", "2020-03-01"],
    "TRTSDT": ["2020-01-01", "2020-01-02", "2020-02-01", None],
    "TRTEDT": ["2020-03-01", "2020-03-02", "2020-02-01", None],
    "LSTALVDT": ["2020-12-30", "2020-06-30", "2020-12-31", "2020-03-30"],
    "DTHDT": [None, "2020-07-01", None, None],
}
ADSL = participants(responded=NK, died=NK, grew=T, never_dosed=T).assign(
    SUBJID=["1", "2", "3", "4"],
    SAFFL=["Y", "Y", "Y", "N"],
    AGEGR1=["<50", "50-64", "<50", "<50"],
    PRLINES=[1.0, 2.0, 10.0, 2.0],
    EOSSTT=["COMPLETED", "DISCONTINUED", "COMPLETED", "DISCONTINUED"],
    DCSREAS=pd.Series(["", "DEATH", "", "WITHDRAWAL BY SUBJECT"]).replace("", None),
    **{name: pd.to_datetime(pd.Series(days, dtype="str")) for name, days in DATES.items()},
)
ADTTE = records(
    "USUBJID PARAMCD AVALM CNSR",
    ("responded", "PFS", 11.0, 1.0),
    ("died", "PFS", 6.0, 0.0),
    ("grew", "PFS", 2.0, 0.0),
    ("never_dosed", "PFS", 1.0, 5.0),
    ("grew", "OS", 9.0, 1.0),
)
ADTR = records(
    "USUBJID PARAMCD PCHG ADY",
    ("responded", "SDIAM", -20.0, 61.0),
    ("responded", "SDIAM", -50.0, 122.0),
    ("grew", "SDIAM", 30.0, 61.0),
    ("grew", "LDIAM1", -90.0, 61.0),
)
ADRS = records(
    "USUBJID PARAMCD AVALC ADT",
    ("responded", "BOR", "PR", "2020-05-01"),
    ("grew", "BOR", "PD", "2020-04-01"),
    ("grew", "PD", "Y", "2020-04-01"),
    ("responded", "OVRD", "PR", "2020-05-01"),
    ("responded", "RSP", "Y", None),
    ("died", "RSP", "N", None),
    ("grew", "RSP", "N", None),
    ("never_dosed", "RSP", "N", None),
).assign(ADT=lambda r: pd.to_datetime(r["ADT"]))
EX = records("USUBJID EXSTDTC", ("responded", "2020-01-01T08:00"), ("responded", "2020-03"))
ADAE = records(
    "USUBJID AEDECOD TRTEMFL",
    ("responded", "Chills", "Y"),
    ("died", "Chills", "Y"),
    ("grew", "Nausea", None),
)
ADLB = records(
    "USUBJID PARAMCD PARAM AVAL ANRHI ADY AWTARGET ABLFL",
    ("responded", "ALT", "ALT (U/L)", 400.0, 40.0, 1.0, None, "Y"),
    ("responded", "ALT", "ALT (U/L)", 160.0, 40.0, 23.0, 22.0, None),
    ("responded", "BILI", "Bilirubin (umol/L)", 50.0, 20.0, 22.0, 22.0, None),
    ("grew", "ALT", "ALT (U/L)", 80.0, 40.0, 22.0, 22.0, None),
)
FRAMES: Frames = {
    "ADSL": ADSL, "ADTTE": ADTTE, "ADTR": ADTR, "ADRS": ADRS, "EX": EX, "ADAE": ADAE, "ADLB": ADLB,
}  # fmt: skip
CHANGES = {"dataset": "ADTR", "where": {"PARAMCD": "SDIAM"}, "value": "PCHG"}
PROGRESSION = {"dataset": "ADRS", "where": {"PARAMCD": "PD", "AVALC": "Y"}, "date": "ADT"}
TIMES = {"dataset": "ADTTE", "where": {"PARAMCD": "PFS"}, "time": "AVALM", "censored": "CNSR"}
GROUPS = [{"variable": "AGEGR1", "label": "Age"}, {"variable": "PRLINES", "label": "Lines"}]
FOREST: dict[str, Any] = {
    "measure": "Effect", "whole": "All", "groups": GROUPS, "favours": ["favours NK", "favours T"],
}  # fmt: skip


def drawn(study: Study, **figure: Any) -> Drawn:
    told = study_with(study, kind="figure", rows=[], title="A Figure", figure=figure)
    content = made(told, FRAMES)
    assert isinstance(content, Drawn)
    return content


def labels(content: Drawn) -> dict[str, str]:
    """What is said of each participant, by USUBJID."""
    shapes = content.drawing.shapes
    return {g.subject: g.label for g in shapes if isinstance(g, Group) and g.subject}


def words(study: Study, **figure: Any) -> str:
    return drawn(study, **figure).drawing.description


def test_curves_are_of_the_records_that_are_asked_for(study: Study) -> None:
    told = words(study, kaplan_meier={**TIMES, "axis": "Months", "share": "Share, %"})
    assert f"{NK}: participants 2, events 1, censored 1. The share falls to 50.0 %." in told
    assert f"{T}: participants 2, events 1, censored 1. The share falls to 0.0 %." in told


def test_a_waterfall_is_of_the_lowest_change(study: Study) -> None:
    responses = {"dataset": "ADRS", "where": {"PARAMCD": "BOR"}, "value": "AVALC"}
    told = words(study, waterfall={"changes": CHANGES, "responses": responses, "axis": "Change, %"})
    assert f"{NK}: participants 1, from -50.0 % to -50.0 %; 1 with a decrease" in told
    assert "Best responses: PR 1, PD 1. Participants without a change: 2." in told


def test_a_spider_counts_who_progressed(study: Study) -> None:
    asked = {"changes": {**CHANGES, "day": "ADY"}, "start": "RANDDT", "time": "Months", "axis": "%"}
    told = words(study, spider={**asked, "progression": PROGRESSION})
    decreased = "with a decrease of 30 % or more at the last assessment"
    assert f"{NK}: participants 1; {decreased} 1, with progression 0." in told
    assert f"{T}: participants 1; {decreased} 0, with progression 1." in told
    assert f"{T}: participants 1; {decreased} 0, with progression 0." in words(study, spider=asked)


SWIMMER = {
    "start": "RANDDT",
    "end": "LSTALVDT",
    "treated": ["TRTSDT", "TRTEDT"],
    "death": "DTHDT",
    "ongoing": {"label": "alive", "where": {"EOSSTT": "COMPLETED"}},
    "doses": {"dataset": "EX", "date": "EXSTDTC"},
    "responses": {"dataset": "ADRS", "where": {"PARAMCD": "OVRD"}, "value": "AVALC", "date": "ADT"},
    "progression": PROGRESSION,
    "axis": "Months",
}


def test_a_swimmer_has_dates_as_months_and_leaves_out_what_is_not_complete(study: Study) -> None:
    content = drawn(study, swimmer=SWIMMER)
    told = labels(content)
    # day 365 and day 122 of a month of 30.4375 days
    assert told["responded"] == f"responded, {NK}: followed for 12.0 months; PR at 4.0"
    # last seen on day 182, died on day 183
    assert told["died"] == f"died, {NK}: followed for 6.0 months; death at 6.0"
    assert told["never_dosed"] == f"never_dosed, {T}: followed for 1.0 months; no event"
    words = content.drawing.description
    assert f"{T}: participants 2, treated 1, with progression 1, died 0, alive 1." in words


def test_a_month_is_as_long_as_the_study_says(study: Study) -> None:
    """Day 365 is 12.2 months of 30 days, and day 122 is 4.1."""
    thirty = study.protocol.parameters["days_a_month"].model_copy(update={"value": 30})
    parameters = {**study.protocol.parameters, "days_a_month": thirty}
    protocol = study.protocol.model_copy(update={"parameters": parameters})
    told = labels(drawn(replace(study, protocol=protocol), swimmer=SWIMMER))
    assert told["responded"] == f"responded, {NK}: followed for 12.2 months; PR at 4.1"


def test_a_forest_has_subgroups_in_the_order_of_their_list_or_size(study: Study) -> None:
    content = drawn(study, forest={**FOREST, "hazard": TIMES})
    texts = [shape.text for shape in leaves(content.drawing.shapes) if isinstance(shape, Text)]
    labels = [t for t in texts if t in ("All", "Age", "<50", "50-64", "Lines", "1", "2", "10")]
    # and the numbers of the axis
    assert labels[:8] == ["All", "Age", "<50", "50-64", "Lines", "1", "2", "10"]
    assert texts[:4] == ["Trastuzumab and", "NK immunotherapy", "events/n", "Trastuzumab"]


def test_a_forest_of_rates_is_in_percentage_points(study: Study) -> None:
    rate = {"dataset": "ADRS", "where": {"PARAMCD": "RSP"}, "value": "AVALC", "is": "Y"}
    told = words(study, forest={**FOREST, "rate": rate})
    assert "no effect is 0. All: 50.0 (" in told
    assert "Age, 50-64: not estimable." in told


def test_dots_are_of_the_events_that_are_asked_for(study: Study) -> None:
    asked = {"dataset": "ADAE", "where": {"TRTEMFL": "Y"}, "term": "AEDECOD", "favours": ["fewer", "more"]}
    told = words(study, event_dots=asked)
    assert f"Chills: {NK} 2 of 2, {T} 0 of 2; difference 100.0 (" in told
    assert "Nausea" not in told


def test_values_of_the_liver_count_after_the_first_day(study: Study) -> None:
    asked = {"dataset": "ADLB", "transaminases": ["ALT", "AST"], "bilirubin": "BILI"}
    content = drawn(study, liver=asked)
    told = f"responded: transaminase 4.00, bilirubin 2.50, {NK}"
    assert labels(content) == {"responded": told}
    assert "Participants without one of the two: 3." in content.drawing.description


def test_a_course_has_its_panels_in_the_order_asked_for_and_weeks(study: Study) -> None:
    asked = {"dataset": "ADLB", "parameters": ["BILI", "ALT"], "time": "AWTARGET", "axis": "Weeks"}
    told = words(study, course=asked)
    first, second = told.index("Bilirubin (umol/L)"), told.index("ALT (U/L)")
    assert first < second
    assert f"ALT (U/L), {NK}: 400 at 0 (n = 1), 160 at 3 (n = 1)." in told
    assert f"ALT (U/L), {T}: 80 at 3 (n = 1), 80 at 3 (n = 1)." in told


def test_a_flow_counts_by_arm(study: Study) -> None:
    left = {"label": "Left", "where": {"EOSSTT": "DISCONTINUED"}, "reason": "DCSREAS"}
    treated = {"label": "treated", "where": {"SAFFL": "Y"}}
    excluded = {"label": "Not randomized", "reason": "DCSREAS"}
    told = words(study, flow={"excluded": excluded, "allocated": [treated], "stages": [left]})
    assert told == (
        f"Assessed for eligibility: 4. Not randomized: 0. Randomized: 4. {NK}: 2 (treated 2)."
        f" Left: 1 (DEATH 1). {T}: 2 (treated 1). Left: 1 (WITHDRAWAL BY SUBJECT 1)."
    )


def test_the_book_has_a_figure_on_one_page(study: Study, tmp_path: Path) -> None:
    content = drawn(study, kaplan_meier={**TIMES, "axis": "Months", "share": "Share, %"})
    for path in (tmp_path / "one.pdf", tmp_path / "two.pdf"):
        book.write(study, "Figures", [content], path)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    _, page = PdfReader(tmp_path / "one.pdf").pages
    text = page.extract_text()
    for told in ("Figure 14.9.9", "A Figure", "All Randomized Participants", "At risk", "Share, %"):
        assert told in text


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ({}, "a figure is of one kind of kaplan_meier, waterfall,"),
        ({"forest": FOREST}, "a forest is of `hazard` or of `rate`: give one of the two"),
    ],
)
def test_a_figure_of_no_kind_is_refused(study: Study, figure: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drawn(study, **figure)
