"""Shapes that judge a record by other records of its subject: of DM, DS or SV, or of its own dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.checks.datasets.rules.shapes.parts import (
    Broken,
    Conditions,
    Frames,
    broken,
    chosen,
    condition_met,
    meets_all,
    named,
)
from pipeline.records import dates
from pipeline.records.distinct import map_distinct
from pipeline.records.lookup import has_value, is_among, is_one_of, meets, place_among, value_of_subject
from pipeline.study import Study


def subject_known(study: Study, frames: Frames, *, parent: str) -> Broken:
    """A subject with any record has one in the parent dataset."""
    if parent not in frames:
        return
    known = set(frames[parent]["USUBJID"])
    for dataset, frame in chosen(study, frames, ()):
        if dataset != parent and "USUBJID" in frame:
            unknown = meets(frame["USUBJID"], lambda subject: subject not in known)
            yield from broken(dataset, "USUBJID", frame, unknown)


def accompanied(
    study: Study, frames: Frames, *, dataset: str, when: Conditions, by: str, where: Conditions
) -> Broken:
    """A record that meets a condition goes with a record of the same subject in another dataset.

    Nothing is asked where the other dataset lacks a variable of the condition: a study without arms has no
    planned arm to ask for.
    """
    if dataset not in frames or by not in frames:
        return
    frame, other = frames[dataset], frames[by]
    if not all(named(pattern, by) in other for pattern in where):
        return
    asked = meets_all(frame, dataset, when)
    if asked.any():
        subjects = set(other.loc[meets_all(other, by, where), "USUBJID"])
        wrong = asked & ~is_one_of(frame["USUBJID"], subjects)
        yield from broken(dataset, next(iter(when)), frame, wrong)


def first_or_last_day(
    study: Study,
    frames: Frames,
    *,
    variable: str,
    among: Sequence[str],
    last: bool,
    where: Conditions | None = None,
) -> Broken:
    """A date of DM is the first or the last day among dates of another dataset, as far as both are complete.

    Takes     the variable of DM; the other dates as DATASET.VARIABLE, all of one dataset.
    """
    dataset = among[0].partition(".")[0]
    if dataset not in frames or variable not in frames.get("DM", ()):
        return
    dm, source = frames["DM"], frames[dataset]
    source = source[meets_all(source, dataset, where or {})]
    dated = []
    for name in among:
        date = name.partition(".")[2]
        if date in source:
            dated.append(pd.DataFrame({"USUBJID": source["USUBJID"], "day": dates.day(source[date])}))
    if not dated:
        return
    days = pd.concat(dated)
    by_subject = days.groupby("USUBJID", as_index=False)
    furthest = by_subject.max() if last else by_subject.min()
    expected = value_of_subject(dm["USUBJID"], furthest, "day")
    yield from broken("DM", variable, dm, expected.notna() & dates.day(dm[variable]).ne(expected))


def compared_with_dm(
    study: Study,
    frames: Frames,
    *,
    datasets: Sequence[str],
    date: str,
    dm_date: str,
    must_be: Literal["not before", "after", "not after", "same"],
    when: Conditions | None = None,
    but: Sequence[str] = (),
) -> Broken:
    """A date is not before, after, not after, or the same as a date of DM; a partial date means each of its
    days.

    A text that is no date, such as the name of a visit, is not compared.
    """
    if dm_date not in frames.get("DM", ()):
        return
    dm = frames["DM"]
    limits = pd.DataFrame(
        {
            "USUBJID": dm["USUBJID"],
            "first": dates.first_day(dm[dm_date]),
            "last": dates.last_day(dm[dm_date]),
        }
    )
    for dataset, frame in chosen(study, frames, datasets):
        name = named(date, dataset)
        if name not in frame or dataset in but:
            continue
        text, wrong = frame[name], np.full(len(frame), False)
        if must_be != "not after":
            last = dates.last_day_of_text(text).to_numpy()
            first_of_dm = value_of_subject(frame["USUBJID"], limits, "first").to_numpy()
            wrong |= last <= first_of_dm if must_be == "after" else last < first_of_dm
        if must_be in ("not after", "same"):
            last_of_dm = value_of_subject(frame["USUBJID"], limits, "last").to_numpy()
            wrong |= dates.first_day_of_text(text).to_numpy() > last_of_dm
        if wrong.any():
            yield from broken(dataset, name, frame, wrong & meets_all(frame, dataset, when or {}))


def visit_after_death(
    study: Study, frames: Frames, *, visits: str, contacts: str, date: str, death: str
) -> Broken:
    """No visit ends after the last day that the date of death can mean; a contact that learns of the death
    is no visit.

    Takes     the dataset of visits; the dataset of survival status, whose visits are contacts.
    """
    if date not in frames.get(visits, ()) or death not in frames.get("DM", ()):
        return
    frame, dm = frames[visits], frames["DM"]
    last = value_of_subject(
        frame["USUBJID"], pd.DataFrame({"USUBJID": dm["USUBJID"], "last": dates.last_day(dm[death])}), "last"
    )
    wrong = dates.first_day(frame[date]).gt(last).to_numpy()
    key = ["USUBJID", "VISITNUM"]
    if contacts in frames and "VISITNUM" in frame and "VISITNUM" in frames[contacts]:
        wrong = wrong & ~is_among([frame[c] for c in key], [frames[contacts][c] for c in key])
    yield from broken(visits, date, frame, wrong)


def after_disposition(
    study: Study,
    frames: Frames,
    *,
    dataset: str,
    treatment: str,
    date: str,
    participation: str,
    of_treatment: str,
    when: Conditions,
) -> Broken:
    """No dose is dated after the end of its treatment, or of participation, in DS.

    A disposition is of participation, of treatment as a whole, or of one treatment, whose name stands behind
    a hyphen: STUDY TREATMENT - DRUG A.
    """
    if not {treatment, date} <= set(frames.get(dataset, ())):
        return
    if not {"DSSCAT", "DSSTDTC"} <= set(frames.get("DS", ())):
        return
    doses, ds = frames[dataset], frames["DS"]
    ends = ds[meets_all(ds, "DS", when)]
    day = dates.first_day(doses[date])
    wrong = np.full(len(doses), False)
    for scope in (participation, of_treatment, None):
        if scope:
            last = ends[ends["DSSCAT"].eq(scope)].assign(of="")
            of_dose = pd.Series("", index=doses.index, dtype="str")
        else:
            of_one = map_distinct(ends["DSSCAT"], lambda text: text.partition(" - ")[2] or None)
            last = ends.assign(of=of_one)
            of_dose = doses[treatment]
        last = last.assign(last=dates.last_day(last["DSSTDTC"]))
        last = last[last["last"].notna() & last["of"].notna()]
        latest = last.groupby(["USUBJID", "of"], as_index=False)["last"].max()
        places = place_among([doses["USUBJID"], of_dose], [latest["USUBJID"], latest["of"]])
        limit = pd.Series(latest["last"].array.take(places, allow_fill=True), index=doses.index)
        wrong = wrong | day.gt(limit).to_numpy()
    yield from broken(dataset, date, doses, wrong)


def after_milestone(
    study: Study, frames: Frames, *, dataset: str, date: str, milestone: Conditions, when: Conditions
) -> Broken:
    """A date is not before the first day of a milestone of the subject in DS, such as randomization."""
    if date not in frames.get(dataset, ()) or "DSSTDTC" not in frames.get("DS", ()):
        return
    frame, ds = frames[dataset], frames["DS"]
    ds = ds[meets_all(ds, "DS", milestone)]
    reached = pd.DataFrame({"USUBJID": ds["USUBJID"], "first": dates.first_day(ds["DSSTDTC"])})
    reached = reached.sort_values("first").drop_duplicates("USUBJID")
    limit = value_of_subject(frame["USUBJID"], reached, "first")
    wrong = dates.last_day(frame[date]).lt(limit).to_numpy()
    yield from broken(dataset, date, frame, wrong & meets_all(frame, dataset, when))


def adjoining(study: Study, frames: Frames, *, dataset: str, start: str, end: str) -> Broken:
    """Each record of a subject ends when the next begins; only the last may have no end."""
    if {start, end} <= set(frames.get(dataset, ())):
        frame = frames[dataset].sort_values(["USUBJID", start], kind="stable")
        next_start = frame.groupby("USUBJID")[start].shift(-1)
        yield from broken(dataset, end, frame, next_start.notna() & ~frame[end].eq(next_start))


def visit_known(study: Study, frames: Frames, *, visit: str, parent: str) -> Broken:
    """The visit of a record is a visit of the subject in the parent dataset."""
    if visit not in frames.get(parent, ()):
        return
    known = [frames[parent]["USUBJID"], frames[parent][visit]]
    for dataset, frame in chosen(study, frames, ()):
        if dataset != parent and "USUBJID" in frame and visit in frame:
            unknown = ~is_among([frame["USUBJID"], frame[visit]], known)
            yield from broken(dataset, visit, frame, has_value(frame[visit]) & unknown)


def within_visit(
    study: Study,
    frames: Frames,
    *,
    visit: str,
    parent: str,
    span: tuple[str, str],
    consent: str,
    dated: Sequence[str],
    took_place: bool,
) -> Broken:
    """A complete date of a record with a visit lies in the span of the subject's visit in the parent dataset.

    A date before informed consent is no date of the visit. A visit without both dates has no span.

    Takes     the variable with the number of the visit; the dataset of visits with start and end of a visit;
              the date of informed consent in DM; the dates of a record; whether the visits asked about are
              those that have a span, or those that did not take place, under which only what was not done
              can be dated.
    """
    if not {visit, *span} <= set(frames.get(parent, ())) or consent not in frames.get("DM", ()):
        return
    visits, dm = frames[parent], frames["DM"]
    missed = condition_met(visits, f"{parent}OCCUR", "N")
    asked = ~missed if took_place else missed
    first, last = (dates.day(visits[name]).to_numpy() for name in span)
    consents = pd.DataFrame({"USUBJID": dm["USUBJID"], "day": dates.day(dm[consent])})
    for dataset, frame in chosen(study, frames, ()):
        names = [named(pattern, dataset) for pattern in dated if named(pattern, dataset) in frame]
        if dataset == parent or "USUBJID" not in frame or visit not in frame or not names:
            continue
        places = place_among([frame["USUBJID"], frame[visit]], [visits["USUBJID"], visits[visit]])
        of_visit = (places >= 0) & asked[places]
        if not of_visit.any():  # as of most datasets, where the visits asked about are those missed
            continue
        consented = value_of_subject(frame["USUBJID"], consents, "day").to_numpy()
        for name in names:
            day = dates.day(frame[name]).to_numpy()
            wrong = of_visit & ~np.isnat(day) & ~(day < consented)
            if took_place:
                wrong &= (day < first[places]) | (day > last[places])
            else:
                wrong &= ~(
                    condition_met(frame, f"{dataset}STAT", "NOT DONE")
                    | condition_met(frame, f"{dataset}OCCUR", "N")
                )
            yield from broken(dataset, name, frame, wrong)
