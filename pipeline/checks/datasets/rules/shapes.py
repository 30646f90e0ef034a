"""The shapes of rules over a block of subjects. `--` in a name stands for the dataset; a rule is silent where
the dataset does not have its variables.

A shape yields the dataset, the variable to correct, and the records that break the rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.records import dates, numbers
from pipeline.records.distinct import map_distinct
from pipeline.records.lookup import (
    has_value,
    is_among,
    is_one_of,
    meets,
    place_among,
    value_of_subject,
)
from pipeline.standards import countries
from pipeline.study import Study

Frames = Mapping[str, pd.DataFrame]
Broken = Iterator[tuple[str, str, pd.DataFrame]]  # dataset, variable, the records that break the rule
Conditions = Mapping[
    str, str | Sequence[str | float]
]  # variable: present, absent, a value, or one of several
_WITH_TIME = len("2016-08-12T09:30")  # an ISO 8601 text as long as this tells the time of day


def _chosen(study: Study, frames: Frames, datasets: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The datasets that a rule is about: those named, those of a class that is named, or all of SDTM."""
    for dataset, frame in frames.items():
        spec = study.datasets.get(dataset)
        of_class = spec is not None and spec.class_ in datasets
        if dataset in datasets or of_class or (not datasets and _is_sdtm(study, dataset)):
            yield dataset, frame


def _is_sdtm(study: Study, dataset: str) -> bool:
    spec = study.datasets.get(dataset)
    return spec is None or spec.layer == "sdtm"  # SUPP-- has no spec


def _named(pattern: str, dataset: str) -> str:
    return pattern.replace("--", dataset)


def _meets(frame: pd.DataFrame, variable: str, condition: str | Sequence[str | float]) -> np.ndarray:
    """Whether each record meets a condition; a variable that the dataset lacks is missing in all."""
    if variable not in frame:
        return np.full(len(frame), condition == "absent")
    if condition == "absent":
        return ~has_value(frame[variable])
    if condition == "present":
        return has_value(frame[variable])
    return is_one_of(frame[variable], [condition] if isinstance(condition, str) else condition)


def _meets_all(frame: pd.DataFrame, dataset: str, conditions: Conditions) -> np.ndarray:
    met = np.full(len(frame), True)
    for pattern, condition in conditions.items():
        met &= _meets(frame, _named(pattern, dataset), condition)
    return met


def _broken(dataset: str, variable: str, records: pd.DataFrame, wrong: pd.Series | np.ndarray) -> Broken:
    if wrong.any():  # most often none is, and then no records need be copied
        yield dataset, variable, records[wrong]


# --- one record
def implies(
    study: Study,
    frames: Frames,
    *,
    datasets: Sequence[str] = (),
    when: Conditions,
    then: Conditions,
    any_of: bool = False,
    where_asked: bool = False,
) -> Broken:
    """A record that meets the conditions of `when` meets those of `then`: all of them, or any of them.

    With `where_asked` a dataset without a variable of `then` is not judged: its CRF does not ask, and no
    query to a site could be answered.
    """
    for dataset, frame in _chosen(study, frames, datasets):
        needed = then if where_asked else (*when, *then)
        if not any(_named(pattern, dataset) in frame for pattern in needed):
            continue
        asked = _meets_all(frame, dataset, when)
        if asked.any():
            answers = [_meets(frame, _named(p, dataset), condition) for p, condition in then.items()]
            met = np.any(answers, axis=0) if any_of else np.all(answers, axis=0)
            yield from _broken(dataset, _named(next(iter(then)), dataset), frame, asked & ~met)


def filled(study: Study, frames: Frames, *, variable: str) -> Broken:
    """Every record has a value of the variable, in each dataset that has the variable."""
    for dataset, frame in _chosen(study, frames, ()):
        if variable in frame:
            yield from _broken(dataset, variable, frame, ~has_value(frame[variable]))


def country(study: Study, frames: Frames, *, datasets: Sequence[str]) -> Broken:
    """COUNTRY is a code of three letters of ISO 3166-1."""
    known = countries.alpha3()
    for dataset, frame in _chosen(study, frames, datasets):
        if "COUNTRY" in frame:
            yield from _broken(dataset, "COUNTRY", frame, meets(frame["COUNTRY"], lambda c: c not in known))


def equal(study: Study, frames: Frames, *, datasets: Sequence[str], left: str, right: str) -> Broken:
    """Two variables of a record have one value, where both have one."""
    for dataset, frame in _chosen(study, frames, datasets):
        if left in frame and right in frame:
            both = frame[left].notna() & frame[right].notna()
            yield from _broken(dataset, right, frame, both & frame[left].ne(frame[right]))


def number_of_text(study: Study, frames: Frames, *, text: str, number: str) -> Broken:
    """A text that reads as a number has that number beside it."""
    for dataset, frame in _chosen(study, frames, ()):
        text_name, number_name = _named(text, dataset), _named(number, dataset)
        if text_name in frame and number_name in frame:
            without_number = ~has_value(frame[number_name])
            if without_number.any():
                wrong = without_number & meets(frame[text_name], numbers.is_number)
                yield from _broken(dataset, number_name, frame, wrong)


def nearly_number(study: Study, frames: Frames, *, text: str, unit: str) -> Broken:
    """A result with a unit that has digits is a number, with a sign or without. A form whose contract says
    which of its results are numbers is judged by it when it is read.
    """
    judged = [name for name, form in study.forms.items() if any(f.numeric for f in form.fields.values())]
    for dataset, frame in _chosen(study, frames, ()):
        text_name, unit_name = _named(text, dataset), _named(unit, dataset)
        if text_name in frame and unit_name in frame:
            nearly = meets(frame[text_name], numbers.is_nearly_number)
            if nearly.any():
                asked = has_value(frame[unit_name]) & ~is_one_of(frame["form"], judged)
                yield from _broken(dataset, text_name, frame, nearly & asked)


def unit_of_words(study: Study, frames: Frames, *, result: str, unit: str) -> Broken:
    """A result with a standard unit is a number, with a sign or without; one that has digits and is none is
    told as such.
    """
    for dataset, frame in _chosen(study, frames, ()):
        result_name, unit_name = _named(result, dataset), _named(unit, dataset)
        if result_name in frame and unit_name in frame:
            asked = has_value(frame[unit_name]) & has_value(frame[result_name])
            if asked.any():
                in_words = meets(frame[result_name], _is_word)
                yield from _broken(dataset, result_name, frame, asked & in_words)


def _is_word(text: str) -> bool:
    return not numbers.read(text) and not numbers.is_nearly_number(text)


def limit_of_result(
    study: Study, frames: Frames, *, limits: Sequence[str], result: str, censored: bool
) -> Broken:
    """A limit of normal stands beside a result that is a number.

    Takes     the limits; the standard result; whether the results asked about are those below or above a
              limit of quantification, or those in words.
    """
    for dataset, frame in _chosen(study, frames, ()):
        result_name = _named(result, dataset)
        for pattern in limits:
            limit = _named(pattern, dataset)
            if result_name not in frame or limit not in frame:
                continue
            asked = has_value(frame[limit]) & has_value(frame[result_name])
            if asked.any():
                read = meets(frame[result_name], numbers.read)
                number = meets(frame[result_name], numbers.is_number)
                wrong = read & ~number if censored else ~read
                yield from _broken(dataset, limit, frame, asked & wrong)


def limit_in_numbers(study: Study, frames: Frames, *, limits: Sequence[str]) -> Broken:
    """A limit of normal with digits is a number without a sign; 5-10 or >1,000 decides nothing."""
    for dataset, frame in _chosen(study, frames, ()):
        for pattern in limits:
            limit = _named(pattern, dataset)
            if limit in frame:
                yield from _broken(dataset, limit, frame, meets(frame[limit], _has_digits_and_is_no_number))


def _has_digits_and_is_no_number(text: str) -> bool:
    return numbers.is_nearly_number(text) or (bool(numbers.read(text)) and not numbers.is_number(text))


def in_order(study: Study, frames: Frames, *, pairs: Sequence[tuple[str, str]]) -> Broken:
    """A later date is not before an earlier one; a partial date means each of its days, and times count where
    both have one.
    """
    for dataset, frame in _chosen(study, frames, ()):
        for start_pattern, end_pattern in pairs:
            start, end = _named(start_pattern, dataset), _named(end_pattern, dataset)
            if start in frame and end in frame:
                reversed_ = dates.last_day(frame[end]).lt(dates.first_day(frame[start]))
                both_timed = _has_time(frame[start]) & _has_time(frame[end])
                if both_timed.any():
                    reversed_ |= both_timed & frame[end].lt(frame[start])
                yield from _broken(dataset, end, frame, reversed_)


def _has_time(iso: pd.Series) -> np.ndarray:
    return meets(iso, lambda text: len(text) >= _WITH_TIME)


def by_cut_off(study: Study, frames: Frames) -> Broken:
    """No date is after the cut-off of the data.

    As text a partial date sorts before the days it contains, so it counts as the first of them.
    """
    cut_off = study.protocol.cutoff.isoformat()
    for dataset, frame in _chosen(study, frames, ()):
        spec = study.datasets.get(dataset)
        for name, variable in spec.variables.items() if spec else ():
            if variable.type == "iso" and name in frame:
                after = meets(frame[name], lambda text: text[:10] > cut_off)
                yield from _broken(dataset, name, frame, after)


def time_forward(study: Study, frames: Frames, *, start: str, end: str) -> Broken:
    """A time to an event does not run backwards."""
    for dataset, frame in frames.items():
        if start in frame and end in frame:
            yield from _broken(dataset, end, frame, frame[end].lt(frame[start]))


def alive_then_dead(study: Study, frames: Frames, *, death: str, alive: str) -> Broken:
    """Nobody is known to be alive after the last day that the date of death can mean."""
    for dataset, frame in frames.items():
        if death in frame and alive in frame:
            yield from _broken(dataset, death, frame, dates.last_day(frame[death]).lt(frame[alive]))


# --- a record and the plan
def planned(
    study: Study,
    frames: Frames,
    *,
    variable: str,
    plan: str,
    datasets: Sequence[str] = (),
    when: Conditions | None = None,
) -> Broken:
    """A value is one that specs/study.yaml plans; a study that plans none of the kind is not asked."""
    known = _plans(study)[plan]
    for dataset, frame in _chosen(study, frames, datasets) if known else ():
        if variable in frame:
            unplanned = meets(frame[variable], lambda value: value not in known)
            if unplanned.any():
                asked = _meets_all(frame, dataset, when or {})
                yield from _broken(dataset, variable, frame, unplanned & asked)


def _plans(study: Study) -> dict[str, set[str]]:
    protocol = study.protocol
    numbered = {f"{v.name} {n:02d}" for v in protocol.visits for n in range(1, v.planned + 1)}
    unplanned = {"UNPLAN"} if protocol.elements else set()
    return {
        "arm codes": {arm.code for arm in protocol.arms},
        "arms": {arm.name for arm in protocol.arms},
        "epochs": {step.epoch for arm in protocol.arms for step in arm.elements},
        "elements": {element.code for element in protocol.elements} | unplanned,
        "criteria": {criterion.code for criterion in protocol.criteria},
        "criteria in words": {criterion.text for criterion in protocol.criteria},
        "visits": {visit.name for visit in protocol.visits if not visit.series} | numbered,
    }


# --- the records of one subject
def subject_known(study: Study, frames: Frames, *, parent: str) -> Broken:
    """A subject with any record has one in the parent dataset."""
    if parent not in frames:
        return
    known = set(frames[parent]["USUBJID"])
    for dataset, frame in _chosen(study, frames, ()):
        if dataset != parent and "USUBJID" in frame:
            unknown = meets(frame["USUBJID"], lambda subject: subject not in known)
            yield from _broken(dataset, "USUBJID", frame, unknown)


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
    if not all(_named(pattern, by) in other for pattern in where):
        return
    asked = _meets_all(frame, dataset, when)
    if asked.any():
        subjects = set(other.loc[_meets_all(other, by, where), "USUBJID"])
        wrong = asked & ~is_one_of(frame["USUBJID"], subjects)
        yield from _broken(dataset, next(iter(when)), frame, wrong)


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
    source = source[_meets_all(source, dataset, where or {})]
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
    yield from _broken("DM", variable, dm, expected.notna() & dates.day(dm[variable]).ne(expected))


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
    for dataset, frame in _chosen(study, frames, datasets):
        name = _named(date, dataset)
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
            yield from _broken(dataset, name, frame, wrong & _meets_all(frame, dataset, when or {}))


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
    yield from _broken(visits, date, frame, wrong)


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
    ends = ds[_meets_all(ds, "DS", when)]
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
    yield from _broken(dataset, date, doses, wrong)


def after_milestone(
    study: Study, frames: Frames, *, dataset: str, date: str, milestone: Conditions, when: Conditions
) -> Broken:
    """A date is not before the first day of a milestone of the subject in DS, such as randomization."""
    if date not in frames.get(dataset, ()) or "DSSTDTC" not in frames.get("DS", ()):
        return
    frame, ds = frames[dataset], frames["DS"]
    ds = ds[_meets_all(ds, "DS", milestone)]
    reached = pd.DataFrame({"USUBJID": ds["USUBJID"], "first": dates.first_day(ds["DSSTDTC"])})
    reached = reached.sort_values("first").drop_duplicates("USUBJID")
    limit = value_of_subject(frame["USUBJID"], reached, "first")
    wrong = dates.last_day(frame[date]).lt(limit).to_numpy()
    yield from _broken(dataset, date, frame, wrong & _meets_all(frame, dataset, when))


def adjoining(study: Study, frames: Frames, *, dataset: str, start: str, end: str) -> Broken:
    """Each record of a subject ends when the next begins; only the last may have no end."""
    if {start, end} <= set(frames.get(dataset, ())):
        frame = frames[dataset].sort_values(["USUBJID", start], kind="stable")
        next_start = frame.groupby("USUBJID")[start].shift(-1)
        yield from _broken(dataset, end, frame, next_start.notna() & ~frame[end].eq(next_start))


def visit_known(study: Study, frames: Frames, *, visit: str, parent: str) -> Broken:
    """The visit of a record is a visit of the subject in the parent dataset."""
    if visit not in frames.get(parent, ()):
        return
    known = [frames[parent]["USUBJID"], frames[parent][visit]]
    for dataset, frame in _chosen(study, frames, ()):
        if dataset != parent and "USUBJID" in frame and visit in frame:
            unknown = ~is_among([frame["USUBJID"], frame[visit]], known)
            yield from _broken(dataset, visit, frame, has_value(frame[visit]) & unknown)


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
    missed = _meets(visits, f"{parent}OCCUR", "N")
    asked = ~missed if took_place else missed
    first, last = (dates.day(visits[name]).to_numpy() for name in span)
    consents = pd.DataFrame({"USUBJID": dm["USUBJID"], "day": dates.day(dm[consent])})
    for dataset, frame in _chosen(study, frames, ()):
        names = [_named(pattern, dataset) for pattern in dated if _named(pattern, dataset) in frame]
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
                    _meets(frame, f"{dataset}STAT", "NOT DONE") | _meets(frame, f"{dataset}OCCUR", "N")
                )
            yield from _broken(dataset, name, frame, wrong)


# --- a record that refers to another
def refers_to_a_record(study: Study, frames: Frames, *, prefix: str) -> Broken:
    """The record that RDOMAIN, USUBJID, IDVAR and IDVARVAL name exists.

    Takes     how the names of the datasets begin that refer to others.
    """
    for dataset, frame in frames.items():
        if not dataset.startswith(prefix) or not {"RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL"} <= set(frame):
            continue
        # a comment without RDOMAIN is about the subject, and a relation without USUBJID about whole datasets
        referring = frame[frame["RDOMAIN"].notna() & frame["USUBJID"].notna()]
        for (domain, variable), records in referring.groupby(["RDOMAIN", "IDVAR"], dropna=False, sort=False):
            exists = _record_exists(frames.get(str(domain)), variable, records)
            yield from _broken(dataset, "IDVARVAL", records, ~exists)


def _record_exists(parent: pd.DataFrame | None, variable: object, records: pd.DataFrame) -> np.ndarray:
    """Whether the parent has the record that each of these names by this variable, or without a variable by
    its subject alone.
    """
    if parent is None:
        return np.full(len(records), False)
    if not isinstance(variable, str):
        return is_among([records["USUBJID"]], [parent["USUBJID"]])
    if variable not in parent:
        return np.full(len(records), False)
    known = [parent["USUBJID"], _as_idvarval(parent[variable])]
    return is_among([records["USUBJID"], records["IDVARVAL"]], known)


def _as_idvarval(value: pd.Series) -> pd.Series:
    """The values as IDVARVAL writes them: a whole number without a point."""
    if value.dtype != "float64":
        return value
    return map_distinct(value, lambda number: np.format_float_positional(number, trim="-"))


def one_of_subject(study: Study, frames: Frames, *, variable: str) -> Broken:
    """A value stands in one record of a subject."""
    for dataset, frame in _chosen(study, frames, ()):
        name = _named(variable, dataset)
        if "USUBJID" in frame and name in frame:
            repeated = frame.duplicated(["USUBJID", name])
            yield from _broken(dataset, name, frame, repeated & frame[name].notna())


def one_of_relation(study: Study, frames: Frames) -> Broken:
    """At an end that specs/study.yaml calls ONE, a value stands in one record of a subject."""
    for relation in study.protocol.relations:
        for end, one_or_many in relation.ends.items():
            dataset, _, variable = end.partition(".")
            if one_or_many == "ONE" and variable in frames.get(dataset, ()):
                frame = frames[dataset]
                repeated = frame.duplicated(["USUBJID", variable])
                yield from _broken(dataset, variable, frame, repeated & frame[variable].notna())


def at_least_two(study: Study, frames: Frames, *, dataset: str, group: str) -> Broken:
    """A group of records of a subject has at least two records."""
    if group in frames.get(dataset, ()):
        frame = frames[dataset][frames[dataset]["USUBJID"].notna()]
        size = frame.groupby(["USUBJID", group])[group].transform("size")
        yield from _broken(dataset, group, frame, size.lt(2))
