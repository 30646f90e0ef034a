"""Figures of specs/displays.yaml: the records that each asks for, prepared and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.displays.counts import as_text
from pipeline.displays.figures import (
    course,
    edish,
    event_dots,
    flow,
    forest,
    kaplan_meier,
    spider,
    swimmer,
    waterfall,
)
from pipeline.displays.figures.prepared import participants, safety, time_to_event, tumours
from pipeline.displays.participants import ADSL, PLACE, SUBJECT, Scope, selected
from pipeline.displays.subgroups import values_in_order
from pipeline.formats.drawing.shapes import Drawing
from pipeline.study.displays import Display
from pipeline.study.figures import Answers, Dated, Figure, Seen, Stage, Times

PARAMCD, PARAM = "PARAMCD", "PARAM"


@dataclass(frozen=True)
class Arms:
    """The arms in the order of the study, the control, and the first of the others."""

    order: tuple[str, ...]
    control: str
    compared: str


def drawing(scope: Scope, display: Display) -> Drawing:
    """The drawing of a figure, with the title of its display.

    Takes     the participants of the display and the way to their records; the display.
    """
    assert display.figure
    assert display.columns
    order = tuple(column.arm for column in scope.sides if column.arm is not None)
    control = scope.study.displays.columns[display.columns].control
    compared = next((arm for arm in order if arm != control), control)
    arms = Arms(order, control, compared)
    return _KINDS[display.figure.kind](scope, arms, display.figure, display.title)


def _kaplan_meier(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.kaplan_meier
    asked = figure.kaplan_meier
    times = _times_to_event(scope, asked)
    prepared = time_to_event.kaplan_meier(times, arms.order, arms.control, title, asked.axis, asked.share)
    return kaplan_meier.draw(prepared)


def _waterfall(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.waterfall
    asked = figure.waterfall
    changes = scope.records(asked.changes.dataset, asked.changes.where, [asked.changes.value])
    changes = changes.rename(columns={asked.changes.value: "change"})
    responses = scope.records(asked.responses.dataset, asked.responses.where, [asked.responses.value])
    best = responses.set_index(SUBJECT)[asked.responses.value]
    return waterfall.draw(tumours.waterfall(changes, best, scope.arms, arms.order, title, asked.axis))


def _spider(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.spider
    asked = figure.spider
    found = scope.records(
        asked.changes.dataset, asked.changes.where, [asked.changes.value, asked.changes.day]
    )
    changes = found.assign(
        change=found[asked.changes.value], month=_months_of(scope, found[asked.changes.day])
    )
    progressed = _with_month(scope, asked.progression, asked.start)
    first = progressed.dropna(subset=["month"]).groupby(SUBJECT)["month"].min()
    prepared = tumours.spider(changes, first, scope.arms, arms.order, title, asked.time, asked.axis)
    return spider.draw(prepared)


def _swimmer(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.swimmer
    asked = figure.swimmer
    dates = {
        "end": asked.end,
        "first_dose": asked.treated[0],
        "last_dose": asked.treated[1],
        "death": asked.death,
    }
    people = scope.records(ADSL, {}, [asked.label, asked.start, *dates.values(), *asked.ongoing.where])
    progressed = _with_month(scope, asked.progression, asked.start)
    first = progressed.dropna(subset=["month"]).groupby(SUBJECT)["month"].min()
    lanes = people.assign(
        label=people[asked.label],
        progression=people[SUBJECT].map(first),
        is_ongoing=people[PLACE].isin(selected(people, asked.ongoing.where)[PLACE]),
        **{name: _since(scope, people[date], people[asked.start]) for name, date in dates.items()},
    )
    doses = _with_month(scope, asked.doses, asked.start)
    responses = _with_month(scope, asked.responses, asked.start)
    responses = responses.rename(columns={asked.responses.value: "response"})
    words = (title, asked.axis, asked.ongoing.label)
    prepared = tumours.swimmer(lanes, doses, responses, arms.order, *words)
    return swimmer.draw(prepared)


def _with_month(scope: Scope, asked: Dated | None, start: str) -> pd.DataFrame:
    """The records with the month in which each is, from the start of the participant's axis on."""
    if asked is None:
        return pd.DataFrame({SUBJECT: pd.Series(dtype="str"), "month": pd.Series(dtype="float64")})
    value = [asked.value] if isinstance(asked, Seen) else []
    records = scope.records(asked.dataset, asked.where, [asked.date, *value])
    starts = scope.records(ADSL, {}, [start]).set_index(SUBJECT)[start]
    return records.assign(month=_since(scope, _day(records[asked.date]), records[SUBJECT].map(starts)))


def _day(dates: pd.Series) -> pd.Series:
    """Dates as days; one of text that is not complete has none."""
    if pd.api.types.is_datetime64_any_dtype(dates):
        return dates
    complete = dates.where(dates.str.len().ge(10)).str.slice(0, 10)
    return pd.to_datetime(complete, format="%Y-%m-%d")


def _since(scope: Scope, dates: pd.Series, starts: pd.Series) -> pd.Series:
    """Months from the start on; the day of the start is day 1."""
    return _months_of(scope, (dates - starts).dt.days + 1)


def _months_of(scope: Scope, days: pd.Series) -> pd.Series:
    """Days in months as long as the study's parameter days_a_month says, as in ADTTE."""
    return days / float(scope.study.protocol.parameters["days_a_month"].value)


def _forest(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.forest
    asked = figure.forest
    variables = [group.variable for group in asked.groups]
    people = scope.records(ADSL, {}, variables).set_index(SUBJECT)[variables]
    groupings = [
        (group.label, group.variable, values_in_order(scope, group.variable, people[group.variable]))
        for group in asked.groups
    ]
    records = _times_to_event(scope, asked.hazard) if asked.hazard else _responders(scope, asked.rate)
    for variable in variables:
        records = records.assign(**{variable: records[SUBJECT].map(as_text(people[variable]))})
    rows_of = time_to_event.hazard_ratios if asked.hazard else time_to_event.rate_differences
    rows = rows_of(records, arms.compared, arms.control, asked.whole, groupings)
    prepared = forest.Forest(
        title,
        asked.measure,
        counted="events/n" if asked.hazard else "responders/n",
        arms=(arms.compared, arms.control),
        favours=asked.favours,
        no_effect=1 if asked.hazard else 0,
        digits=2 if asked.hazard else 1,
        rows=rows,
    )
    return forest.draw(prepared)


def _times_to_event(scope: Scope, asked: Times) -> pd.DataFrame:
    """The records with the time, and whether it is of an event."""
    records = scope.records(asked.dataset, asked.where, [asked.time, asked.censored])
    return records.assign(time=records[asked.time], is_event=records[asked.censored].eq(0))


def _responders(scope: Scope, asked: Answers | None) -> pd.DataFrame:
    """All participants, with whether they responded; who has no answer did not."""
    assert asked
    answers = scope.records(asked.dataset, asked.where, [asked.value])
    responders = answers.loc[answers[asked.value].eq(asked.is_), SUBJECT]
    people = scope.records(ADSL, {})
    return people.assign(is_event=people[SUBJECT].isin(responders))


def _course(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.course
    asked = figure.course
    records = scope.records(
        asked.dataset, asked.where, [PARAMCD, PARAM, asked.value, asked.time, asked.baseline]
    )
    places = {code: place for place, code in enumerate(asked.parameters)}
    records = records[records[PARAMCD].isin(places)]
    records = records.assign(
        parameter=records[PARAM],
        time=((records[asked.time] - 1) / asked.days).mask(records[asked.baseline].eq("Y"), 0.0),
        value=records[asked.value],
        panel=records[PARAMCD].map(places),
    )
    ordered = records.sort_values("panel", kind="stable")
    return course.draw(safety.course(ordered, arms.order, asked.middle, title, asked.axis))


def _event_dots(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.event_dots
    asked = figure.event_dots
    events = scope.records(asked.dataset, asked.where, [asked.term]).rename(columns={asked.term: "term"})
    prepared = safety.event_dots(
        events, scope.arms, arms.order, arms.control, asked.at_least, title, asked.favours
    )
    return event_dots.draw(prepared)


def _liver(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.liver
    asked = figure.liver
    records = scope.records(asked.dataset, asked.where, [PARAMCD, asked.value, asked.limit, asked.day])
    wanted = records[PARAMCD].isin([*asked.transaminases, asked.bilirubin])
    later = records[wanted & records[asked.day].gt(1)]
    values = later.assign(
        is_bilirubin=later[PARAMCD].eq(asked.bilirubin), multiple=later[asked.value] / later[asked.limit]
    )
    return edish.draw(safety.edish(values, scope.arms, arms.order, title))


def _flow(scope: Scope, arms: Arms, figure: Figure, title: str) -> Drawing:
    assert figure.flow
    asked = figure.flow
    parts = dict(asked.parts())
    reasons = [asked.excluded.reason, *(stage.reason for stage in asked.stages)]
    conditions = [name for part in parts.values() for name in part.where]
    people = scope.records(ADSL, {}, [*conditions, *(reason for reason in reasons if reason)])
    for place, part in parts.items():
        is_of_part = people[PLACE].isin(selected(people, part.where)[PLACE])
        people = people.assign(**{_column(place): is_of_part})
    allocated = [(part.label, _column(("allocated", i))) for i, part in enumerate(asked.allocated)]
    stages = [_stage(i, stage) for i, stage in enumerate(asked.stages)]
    excluded = (asked.excluded.label, asked.excluded.reason)
    return flow.draw(participants.flow(people, arms.order, *excluded, allocated, stages, title))


def _stage(number: int, stage: Stage) -> participants.Stage:
    """A box of the flow by the columns that hold who is of it and of its parts."""
    place = ("stages", number)
    parts = [(part.label, _column((*place, "parts", i))) for i, part in enumerate(stage.parts)]
    return participants.Stage(stage.label, _column(place), stage.reason, tuple(parts))


def _column(place: Iterable[str | int]) -> str:
    """The column that holds who is of a part of the flow, by the place of the part in its figure."""
    return " ".join(map(str, place))


_KINDS: Mapping[str, Callable[[Scope, Arms, Figure, str], Drawing]] = {
    "kaplan_meier": _kaplan_meier,
    "waterfall": _waterfall,
    "spider": _spider,
    "swimmer": _swimmer,
    "forest": _forest,
    "course": _course,
    "event_dots": _event_dots,
    "liver": _liver,
    "flow": _flow,
}
