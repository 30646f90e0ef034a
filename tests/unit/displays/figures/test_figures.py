"""The drawings: no text overlaps, everybody has a hook, arms differ without colour, words tell the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest

from pipeline.displays.figures import (
    course,
    edish,
    event_dots,
    flow,
    forest,
    kaplan_meier,
    spider,
    style,
    swimmer,
    waterfall,
)
from pipeline.displays.figures.axes import Scale, months, number, ticks
from pipeline.formats.drawing import lettering
from pipeline.formats.drawing.shapes import Drawing, Group, Line, Shape, Text, leaves
from pipeline.formats.drawing.svg import svg

ARMS = ("Trastuzumab and NK immunotherapy", "Trastuzumab")
RATIO = ("favours NK immunotherapy", "favours trastuzumab")


def curve(participants: int, is_empty: bool = False) -> kaplan_meier.KaplanMeier:
    """Everybody of each arm leaves a month after the other, every second by the event."""

    def arm(name: str, size: int) -> kaplan_meier.Arm:
        steps = tuple(
            kaplan_meier.Step(float(n), 1 - n / (size + 1), 0.1, 0.95) for n in range(1, size + 1, 2)
        )
        leaving = tuple(
            kaplan_meier.Leaving(f"{name}-{n}", float(n), 1 - n / (size + 1), n % 2 == 1)
            for n in range(1, size + 1)
        )
        at_risk = tuple(size for _ in kaplan_meier.times(participants))
        return kaplan_meier.Arm(name, steps, leaving, at_risk, len(steps))

    arms = (arm(ARMS[0], participants), arm(ARMS[1], 0 if is_empty else participants))
    share = "Without progression, %"
    return kaplan_meier.KaplanMeier("PFS", "Months", share, participants, arms, ("Median 2 (1, NE) months",))


def without_events(figure: kaplan_meier.KaplanMeier) -> kaplan_meier.KaplanMeier:
    arms = tuple(
        replace(
            a, steps=(), events=0, leaving=tuple(replace(x, share=1.0, is_event=False) for x in a.leaving)
        )
        for a in figure.arms
    )
    return replace(figure, arms=arms)


def bars(participants: int) -> waterfall.Waterfall:
    responses = [*style.RESPONSES, ""]
    each = tuple(
        waterfall.Bar(f"S-{n}", ARMS[n % 2], 60.0 - 160 * n / participants, responses[n % len(responses)])
        for n in range(participants)
    )
    return waterfall.Waterfall("Best", "Best change, %", ARMS, each, 2)


def courses(participants: int) -> spider.Spider:
    each = tuple(
        spider.Course(f"S-{n}", ARMS[n % 2], ((1.5, -5.0 * n), (3.0, -100.0 + n)), 3.0 if n % 3 else None)
        for n in range(participants)
    )
    return spider.Spider("Change", "Months", "Change, %", ARMS, each, 0)


def lanes(participants: int) -> swimmer.Swimmer:
    def lane(n: int) -> swimmer.Lane:
        treated, doses = ((0.1, 5.0), (0.1, 1.0, 5.0)) if n else (None, ())
        seen = ((1.5, "SD"), (3.0, "PR"), (4.5, "PD"))
        return swimmer.Lane(
            f"S-{n}", f"S-{n:03}", ARMS[n % 2], 30.0 - n / 10, treated, doses, seen, 4.5, 30.0, n % 2 == 0
        )

    return swimmer.Swimmer("Swimmer", "Months", ARMS, "alive", tuple(lane(n) for n in range(participants)))


def subgroups(groups: int) -> forest.Forest:
    rows = [forest.Subgroup("All randomized participants", 0, ("9/15", "12/15"), 0.24, 0.09, 0.64)]
    for n in range(groups):
        rows += [
            forest.Subgroup(f"Group {n}", 0, (), None, None, None, is_heading=True),
            forest.Subgroup("Positive", 1, ("0/3", "1/2"), 3.0, 0.001, None),
            forest.Subgroup("Negative", 1, ("0/3", "0/2"), None, None, None),
        ]
    return forest.Forest("Subgroups", "Hazard ratio", "events/n", ARMS, RATIO, 1, 2, tuple(rows))


def without_estimates(figure: forest.Forest) -> forest.Forest:
    rows = tuple(replace(row, value=None, low=None, high=None) for row in figure.rows)
    return replace(figure, rows=rows)


def panels(parameters: int) -> course.Course:
    visits = (-1.0, 3.0, 4.0, 6.0, 9.0, 12.0, 24.0, 48.0)

    def stations(base: float) -> tuple[course.Station, ...]:
        return tuple(course.Station(t, 15, base + t, base, base + 2 * abs(t)) for t in visits)

    each = tuple(
        course.Panel(f"Parameter {n} with a long name (10^6/L)", (stations(900.0 * n), stations(0.002)))
        for n in range(parameters)
    )
    return course.Course("Course", "Weeks since first dose", "median with quartiles", ARMS, each)


def dots(terms: int) -> event_dots.EventDots:
    each = tuple(
        event_dots.Term(
            f"Alanine aminotransferase {n}", (n % 15, 3), (n / 15, 20.0), n - 3.0, n - 20.0, n + 20.0
        )
        for n in range(terms)
    )
    return event_dots.EventDots("Events", ARMS, (15, 15), ("fewer with NK cells", "more with NK cells"), each)


def peaks(participants: int) -> edish.Edish:
    each = tuple(
        edish.Peak(f"S-{n}", ARMS[n % 2], 0.2 * (n + 1), 0.11 * (n + 1)) for n in range(participants)
    )
    return edish.Edish("Liver", ARMS, each, 1)


def boxes(arms: int) -> flow.Flow:
    box = flow.Box
    each = tuple(
        (
            box(f"Arm {n} with a long name of the treatment", 15),
            box("Treatment stopped early", 4, (("PROGRESSIVE DISEASE", 3), ("ADVERSE EVENT", 1))),
            box("Analysed", 15),
        )
        for n in range(arms)
    )
    excluded = box("Not randomized", 4, (("SCREEN FAILURE", 4),))
    return flow.Flow("Flow", box("Assessed for eligibility", 34), excluded, box("Randomized", 30), each)


DRAWINGS: dict[str, Drawing] = {
    "curve of one participant": kaplan_meier.draw(curve(1)),
    "curve": kaplan_meier.draw(curve(40)),
    "curve with an empty arm": kaplan_meier.draw(curve(5, is_empty=True)),
    "curve without an event": kaplan_meier.draw(without_events(curve(5))),
    "one bar": waterfall.draw(bars(1)),
    "bars": waterfall.draw(bars(30)),
    "bars of a large study": waterfall.draw(bars(300)),
    "one line": spider.draw(courses(1)),
    "lines": spider.draw(courses(20)),
    "one lane": swimmer.draw(lanes(1)),
    "lanes": swimmer.draw(lanes(30)),
    "lanes of a large study": swimmer.draw(lanes(200)),
    "no subgroup": forest.draw(subgroups(0)),
    "nothing to estimate": forest.draw(without_estimates(subgroups(2))),
    "subgroups": forest.draw(subgroups(7)),
    "one panel": course.draw(panels(1)),
    "four panels": course.draw(panels(4)),
    "nine panels": course.draw(panels(9)),
    "one term": event_dots.draw(dots(1)),
    "terms": event_dots.draw(dots(25)),
    "one peak": edish.draw(peaks(1)),
    "peaks": edish.draw(peaks(30)),
    "one arm": flow.draw(boxes(1)),
    "three arms": flow.draw(boxes(3)),
}


def extents(drawing: Drawing) -> Iterator[tuple[str, float, float, float, float]]:
    """Each text with left, right, top and bottom."""
    for shape in leaves(drawing.shapes):
        if isinstance(shape, Text) and shape.text.strip():
            length = lettering.width(shape.text, shape.size, shape.bold)
            left = shape.at[0] - {"start": 0.0, "middle": length / 2, "end": length}[shape.anchor]
            top = shape.at[1] - 0.75 * shape.size
            yield shape.text, left, left + length, top, shape.at[1] + 0.1 * shape.size


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_no_text_lies_on_another_or_beyond_the_edge(drawing: Drawing) -> None:
    texts = [*extents(drawing)]
    for text, left, right, top, bottom in texts:
        assert left >= 0, text
        assert right <= drawing.width, text
        assert top >= 0, text
        assert bottom <= drawing.height, text
    for (one, l1, r1, t1, b1), (two, l2, r2, t2, b2) in combinations(texts, 2):
        assert r1 <= l2 or r2 <= l1 or b1 <= t2 or b2 <= t1, f"{one} lies on {two}"


def test_a_label_that_nobody_could_read_is_left_out() -> None:
    labels = [text for text in texts(DRAWINGS["lanes of a large study"]) if text.startswith("S-")]
    assert labels == []
    assert len([text for text in texts(DRAWINGS["lanes"]) if text.startswith("S-")]) == 30


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_fits_on_a_page_and_is_told_in_words(drawing: Drawing) -> None:
    assert drawing.width <= 680
    assert drawing.height <= 425
    assert len(drawing.description) > 40
    assert svg(drawing, "F") == svg(drawing, "F")


def subjects(shapes: tuple[Shape, ...]) -> list[str]:
    return [shape.subject for shape in shapes if isinstance(shape, Group) and shape.subject]


@pytest.mark.parametrize(
    ("drawing", "number"),
    [("curve", 80), ("bars", 30), ("lines", 20), ("lanes", 30), ("peaks", 30)],
)
def test_each_participant_has_a_hook(drawing: str, number: int) -> None:
    found = subjects(DRAWINGS[drawing].shapes)
    assert len(found) == len({*found}) == number


def test_arms_differ_without_colour() -> None:
    looks = [style.look(place) for place in range(5)]
    assert len({look.dash for look in looks}) == 5
    assert len({look.marker for look in looks}) == 5
    assert looks[0].is_hatched != looks[1].is_hatched
    assert len({marker for marker, _ in style.RESPONSES.values()}) == len(style.RESPONSES)


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (kaplan_meier.draw(curve(0)), "No participants."),
        (waterfall.draw(replace(bars(1), bars=())), "No participant has a change from baseline."),
        (spider.draw(replace(courses(1), courses=())), "No participant has a change from baseline."),
        (swimmer.draw(replace(lanes(1), lanes=())), "No participants."),
        (forest.draw(replace(subgroups(0), rows=())), "No participants."),
        (course.draw(replace(panels(1), panels=())), "No values."),
        (event_dots.draw(replace(dots(1), terms=())), "No adverse event meets the condition."),
        (edish.draw(replace(peaks(1), peaks=())), "No participant has both values after baseline."),
    ],
)
def test_without_data_a_figure_says_so(drawing: Drawing, reason: str) -> None:
    assert [shape.text for shape in leaves(drawing.shapes) if isinstance(shape, Text)] == [reason]
    assert drawing.description == reason


# --- what is drawn where
def texts(drawing: Drawing) -> list[str]:
    return [text for text, *_ in extents(drawing)]


def test_a_curve_begins_at_one_and_falls_at_the_event() -> None:
    arm = kaplan_meier.Arm(
        "NK",
        (kaplan_meier.Step(1.0, 0.5, 0.1, 0.9),),
        (kaplan_meier.Leaving("a", 1.0, 0.5, True), kaplan_meier.Leaving("b", 2.0, 0.5, False)),
        (2, 2, 1),
        1,
    )
    drawing = kaplan_meier.draw(kaplan_meier.KaplanMeier("PFS", "Months", "Share", 2.0, (arm,)))
    thick = [s for s in leaves(drawing.shapes) if isinstance(s, Line) and s.pen.width == 1.5]
    (x0, top), (x1, _), (_, half), (x2, last) = thick[0].points
    assert top == 22
    assert half == last == pytest.approx((22 + 400 - 75) / 2)
    assert x2 - x1 == pytest.approx(x1 - x0)
    assert "NK: participants 2, events 1, censored 1. The share falls to 50.0 %." in drawing.description


def test_a_curve_without_an_event_stays_at_one() -> None:
    drawing = DRAWINGS["curve without an event"]
    thick = [s for s in leaves(drawing.shapes) if isinstance(s, Line) and s.pen.width == 1.5]
    assert {y for _, y in thick[0].points} == {32}
    assert "participants 5, events 0, censored 5." in drawing.description


def test_a_waterfall_goes_from_increase_to_decrease() -> None:
    each = (
        waterfall.Bar("least", ARMS[0], -50.0, "PR"),
        waterfall.Bar("most", ARMS[1], 30.0, "PD"),
        waterfall.Bar("none", ARMS[0], 0.0, "SD"),
    )
    drawing = waterfall.draw(waterfall.Waterfall("Best", "Change", ARMS, each, 0))
    assert subjects(drawing.shapes) == ["most", "none", "least"]
    assert f"{ARMS[0]}: participants 2, from -50.0 % to 0.0 %; 1 with a decrease" in drawing.description
    assert "Best responses: PR 1, SD 1, PD 1." in drawing.description


def test_lanes_stand_by_arm_and_length() -> None:
    drawing = swimmer.draw(lanes(4))
    assert subjects(drawing.shapes) == ["S-0", "S-2", "S-1", "S-3"]
    words = [s.label for s in drawing.shapes if isinstance(s, Group) and s.subject == "S-1"]
    told = "followed for 29.9 months; SD at 1.5, PR at 3.0, PD at 4.5, progression at 4.5, death at 30.0"
    assert words == [f"S-1, {ARMS[1]}: {told}"]


def test_a_forest_writes_what_it_draws() -> None:
    drawing = forest.draw(subgroups(1))
    assert "0.24 (0.09, 0.64)" in texts(drawing)
    assert "3.00 (0.00, NE)" in texts(drawing)
    assert "not estimable" in texts(drawing)
    assert "Group 0, Positive: 3.00 (0.00, NE)." in drawing.description


def test_dots_tell_counts_and_difference() -> None:
    term = event_dots.Term("Chills", (6, 0), (40.0, 0.0), 40.0, 12.5, 64.9)
    drawing = event_dots.draw(event_dots.EventDots("Events", ARMS, (15, 14), RATIO, (term,)))
    told = f"Chills: {ARMS[0]} 6 of 15, {ARMS[1]} 0 of 14; difference 40.0 (12.5, 64.9)."
    assert told in drawing.description


def test_the_corner_of_hy_is_counted() -> None:
    at_both = edish.Peak("both", ARMS[0], 3.0, 2.0)
    only = edish.Peak("only", ARMS[0], 3.0, 1.99)
    drawing = edish.draw(edish.Edish("Liver", ARMS, (at_both, only), 0))
    assert (
        f"{ARMS[0]}: participants 2, at or above both limits 1, at or above that of transaminase alone 1"
        in drawing.description
    )


# --- axes
@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 6, (0, 1, 2, 3, 4, 5, 6)),
        (-30, 20, (-30, -20, -10, 0, 10, 20)),
        (0.2, 0.26, (0.2, 0.21, 0.22, 0.23, 0.24, 0.25, 0.26)),
        (400, 1360, (400, 600, 800, 1000, 1200, 1400)),
        (5, 5, (5, 5.2, 5.4, 5.6, 5.8, 6)),
    ],
)
def test_ticks_are_round_and_cover_the_range(low: float, high: float, expected: tuple[float, ...]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (0, (0, 1)),
        (3.2, (0, 1, 2, 3, 4)),
        (27.8, (0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30)),
        (60, (0, 6, 12, 18, 24, 30, 36, 42, 48, 54, 60)),
    ],
)
def test_times_stand_in_whole_months(until: float, expected: tuple[float, ...]) -> None:
    assert months(until) == expected


def test_a_value_beyond_the_scale_is_at_its_end() -> None:
    scale = Scale(0.1, 10, 0, 200, is_logarithmic=True)
    assert [scale.at(v) for v in (0.0, 0.1, 1, 10, 50)] == pytest.approx([0, 0, 100, 200, 200])


def test_a_negative_number_has_a_minus_sign() -> None:
    assert [number(v) for v in (-20.0, -0.0, 0.30000000000000004)] == ["−20", "0", "0.3"]
