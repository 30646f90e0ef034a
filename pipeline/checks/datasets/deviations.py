"""Deviations from the protocol that the data show: warnings in the report, never records of DV, which holds
the log of the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.records import dates
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY, SUBJECT
from pipeline.records.lookup import is_one_of, joined, last_of_each, last_of_subject, value_of_subject
from pipeline.study import Study
from pipeline.study.models import Deviation, Limit, Visit
from pipeline.study.parameters import FILE as STUDY

Frames = Mapping[str, pd.DataFrame]
_MILESTONES = ("DM.ARMCD", "DM.RFXSTDTC", "DS.DSDECOD", "DS.DSSTDTC")
_VISITS = ("SV.VISITNUM", "SV.SVSTDTC", "SV.SVOCCUR", "SV.SVREASOC")
ANY_DAY = np.datetime64("NaT", "s")


@dataclass(frozen=True)
class Course:
    """The datasets of a block of participants, and what several rules ask of them, worked out once."""

    study: Study
    frames: Frames

    @cached_property
    def milestones(self) -> pd.DataFrame:
        """The arm of each participant and the days from which visits are counted."""
        return _milestones(self.frames)

    @cached_property
    def planned_visits(self) -> pd.DataFrame:
        """The records of SV of planned visits, with the window of each."""
        return _planned_visits(self)


@dataclass(frozen=True)
class Rule:
    """A kind of deviation.

    `find` takes the course of the participants. It yields records with KEY, the `key` and `value` of their
    finding, and the `first` and `last` day on which the log would have the deviation, both missing where that
    may be any day.
    """

    name: Deviation  # as specs/study.yaml calls it under `deviations`
    id: str
    dataset: str
    variable: str
    message: str
    find: Callable[[Course], Iterator[pd.DataFrame]]
    reads: tuple[str, ...]  # DATASET.VARIABLE, without which a study cannot ask for it


def unfit(study: Study) -> Iterator[str]:
    """A fault for each variable that a kind of deviation reads and that the study does not work out; a rule
    about a dataset that the study does not have is silent.
    """
    for rule in RULES:
        if rule.name in study.protocol.deviations and rule.dataset in study.mappings:
            log = ("DV.DVCAT", "DV.DVSTDTC") if "DV" in study.mappings else ()
            for name in (*_MILESTONES, *rule.reads, *log):
                dataset, _, variable = name.partition(".")
                known = study.datasets[dataset].variables if dataset in study.mappings else {}
                if variable not in known:
                    message = f"{rule.name} is found by {name}, which the study does not have"
                    place = ("deviations", rule.name)
                    yield str(study.error(STUDY, place, f"{message}; map it, or leave {rule.name} out"))


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each deviation that specs/study.yaml asks for, which says whether the site's log has it.

    The log has a deviation if it has an entry of the participant under its category, within the days on which
    it happened.

    Takes     the datasets of one block of subjects with KEY.
    Source    SDTMIG 3.4, DV assumption 1 (DV holds collected deviations only).
    """
    asked = [rule for rule in RULES if rule.name in study.protocol.deviations and rule.dataset in frames]
    course = Course(study, frames)
    findings: list[Finding] = []
    for rule in asked:
        for deviating in rule.find(course):
            if not deviating.empty:
                logged = _in_log(deviating, study.protocol.deviations[rule.name], frames)
                findings += _findings(rule, deviating[logged], "the log of deviations has it")
                lacks = "the log of deviations lacks it: query the site"
                findings += _findings(rule, deviating[~logged], lacks)
    return findings


def _findings(rule: Rule, deviating: pd.DataFrame, log: str) -> Iterator[Finding]:
    for row in deviating.to_dict("records"):
        yield Finding(
            rule.id,
            "warning",
            rule.dataset,
            rule.variable,
            str(row["key"]),
            str(row["value"]),
            f"{rule.message}; {log}",
            f"{row['form']}, {row['USUBJID']}, {row['record']}",
        )


def _in_log(deviating: pd.DataFrame, category: str, frames: Frames) -> pd.Series:
    """Whether the log has each deviation."""
    if "DV" not in frames:
        return pd.Series(False, index=deviating.index)
    log = frames["DV"]
    entries = log.loc[is_one_of(log["DVCAT"], [category]), [SUBJECT, "DVSTDTC"]]
    deviating = deviating.assign(place=deviating.index)
    pairs = deviating.merge(entries, on=SUBJECT, how="inner", validate="many_to_many")
    day = dates.day(pairs["DVSTDTC"])
    on_any_day = pairs["first"].isna()
    within = day.ge(pairs["first"]) & day.le(pairs["last"])
    return pd.Series(deviating.index.isin(pairs.loc[on_any_day | within, "place"]), index=deviating.index)


def _milestones(frames: Frames) -> pd.DataFrame:
    """The arm of each participant and the days from which visits are counted, missing where there is none.

    The days are named as the anchors of visits in specs/study.yaml.
    """
    dm = frames["DM"].drop_duplicates(SUBJECT)  # a second record in DM has a finding of its own
    ds, subjects = frames["DS"], dm[SUBJECT]
    dated = ds[[*KEY, "DSDECOD"]].assign(day=dates.day(ds["DSSTDTC"]))
    dated = dated[dated["day"].notna()]
    randomized = last_of_subject(dated[dated["DSDECOD"].eq("RANDOMIZED")], "day")
    consented = last_of_subject(dated[dated["DSDECOD"].eq("INFORMED CONSENT OBTAINED")], "day")
    return pd.DataFrame(
        {
            SUBJECT: subjects,
            "arm": dm["ARMCD"],
            "consent": value_of_subject(subjects, consented, "day"),
            "randomization": value_of_subject(subjects, randomized, "day"),
            "first dose": dates.day(dm["RFXSTDTC"]),
        }
    )


# --- visits
def window(visit: Visit) -> tuple[int, int]:
    """The first and the last study day on which a planned visit is in time; there is no day 0."""
    day = visit.day or 0
    return dates.later_study_day(day, -visit.before), dates.later_study_day(day, visit.after)


def _planned_visits(course: Course) -> pd.DataFrame:
    """The records of SV of planned visits, each with the name of the visit, the first and the last study day
    of its window, and the day from which it is counted.

    Left out are visits that the participant's arm does not have, and participants without the day from which
    the visit is counted.
    """
    visits = [v for v in course.study.visits if v.day is not None and not v.series]
    plan = pd.DataFrame(
        {
            "VISITNUM": [v.number for v in visits],
            "visit": [v.name for v in visits],
            "arms": [v.arms for v in visits],
            "anchor": [v.anchor for v in visits],
            "first_study_day": [float(window(v)[0]) for v in visits],
            "last_study_day": [float(window(v)[1]) for v in visits],
            "early": [v.early for v in visits],
        }
    )
    sv = course.frames["SV"][[*KEY, "VISITNUM", "SVSTDTC", "SVOCCUR", "SVREASOC"]]
    sv = joined(sv, course.milestones, [SUBJECT])
    # many to many, as a number may be planned for other days in another arm
    planned = sv.merge(plan, on="VISITNUM", how="inner", validate="many_to_many")
    from_randomization = planned["anchor"].eq("randomization")
    counted_from = planned["randomization"].where(from_randomization, planned["first dose"])
    arm_and_arms = zip(planned["arm"], planned["arms"], strict=True)
    in_arm = np.array([not arms or arm in arms for arm, arms in arm_and_arms], dtype="bool")
    return planned.assign(counted_from=counted_from)[counted_from.notna() & in_arm]


def _outside_window(course: Course) -> Iterator[pd.DataFrame]:
    """A visit before or after its window; one that may be held early is never too early."""
    planned = course.planned_visits
    planned = planned.assign(day=dates.day(planned["SVSTDTC"]))
    study_day = dates.days_between(planned["counted_from"], planned["day"])
    too_late = study_day.gt(planned["last_study_day"])
    too_early = study_day.lt(planned["first_study_day"]) & ~planned["early"]
    wrong = planned[too_late | too_early]
    yield wrong[KEY].assign(key=wrong["visit"], value=wrong["SVSTDTC"], first=wrong["day"], last=wrong["day"])


def _visit_missed(course: Course) -> Iterator[pd.DataFrame]:
    """A planned visit that did not take place; the log has it on a day of its window."""
    planned = course.planned_visits
    missed = planned[planned["SVOCCUR"].eq("N")]
    yield missed[KEY].assign(
        key=missed["visit"],
        value=_reason(missed["SVREASOC"]),
        first=dates.on_day(missed["counted_from"], missed["first_study_day"]),
        last=dates.on_day(missed["counted_from"], missed["last_study_day"]),
    )


# --- doses
def _reason(reason: pd.Series) -> pd.Series:
    return reason.where(reason.notna(), "no reason given")


def _dose_outside_window(course: Course) -> Iterator[pd.DataFrame]:
    """A dose on a day that lies in the window of no visit at which its treatment is given."""
    ex = joined(course.frames["EX"][[*KEY, "EXTRT", "EXSTDTC"]], course.milestones, [SUBJECT])
    day = dates.day(ex["EXSTDTC"])
    study_day = dates.days_between(ex["first dose"], day)
    in_time = study_day.isna()
    for visit in course.study.visits:
        if visit.doses and visit.day is not None:
            first, last = window(visit)
            in_time |= study_day.between(first, last) & ex["EXTRT"].isin(visit.doses)
    wrong, day = ex[~in_time], day[~in_time]
    yield wrong[KEY].assign(key=wrong["EXTRT"], value=wrong["EXSTDTC"], first=day, last=day)


def _dose_missed(course: Course) -> Iterator[pd.DataFrame]:
    ec = course.frames["EC"]
    missed = ec[ec["ECOCCUR"].eq("N")]
    dose = missed["ECLNKID"].where(missed["ECLNKID"].notna(), missed["ECTRT"])
    day = dates.day(missed["ECSTDTC"])
    yield missed[KEY].assign(key=dose, value=_reason(missed["ECREASOC"]), first=day, last=day)


# --- eligibility
def _not_eligible(course: Course) -> Iterator[pd.DataFrame]:
    """A participant who was randomized although a criterion was not met at the last screening."""
    ie = joined(course.frames["IE"], course.milestones, [SUBJECT])
    at_last_screening = dates.last_day(ie["IEDTC"]).ge(ie["consent"])
    wrong = ie[at_last_screening & ie["randomization"].notna()]
    yield wrong[KEY].assign(key=wrong["IETESTCD"], value=wrong["IEORRES"], first=ANY_DAY, last=ANY_DAY)


def _beyond_limits(course: Course) -> Iterator[pd.DataFrame]:
    """A participant who was randomized although the last value by then, of each lesion where lesions were
    measured, lies beyond what a criterion allows.
    """
    for limit in course.study.protocol.limits:
        dataset, _, variable = limit.variable.partition(".")
        if dataset not in course.frames:
            continue
        records = course.frames[dataset]
        needed = [*KEY, f"{dataset}LNKID", f"{dataset}TESTCD", f"{dataset}DTC", variable]
        records = records[[name for name in needed if name in records]]
        if limit.test:
            records = records[is_one_of(records[f"{dataset}TESTCD"], [limit.test])]
        randomization = value_of_subject(records[SUBJECT], course.milestones, "randomization")
        if limit.test:
            day = dates.day(records[f"{dataset}DTC"])
            by_randomization = records[variable].notna() & day.le(randomization)
            group = [name for name in (SUBJECT, f"{dataset}LNKID") if name in records]
            records = last_of_each(records.assign(day=day)[by_randomization], group, "day")
        else:
            records = records[randomization.notna()]
        wrong = records[_is_beyond(records[variable], limit)]
        yield wrong[KEY].assign(key=limit.criterion, value=wrong[variable], first=ANY_DAY, last=ANY_DAY)


def _is_beyond(value: pd.Series, limit: Limit) -> pd.Series:
    beyond = pd.Series(False, index=value.index)
    if limit.least is not None:
        beyond |= value.lt(limit.least)
    if limit.most is not None:
        beyond |= value.gt(limit.most)
    if limit.below is not None:
        beyond |= value.ge(limit.below)
    return beyond


RULES = (
    Rule("visit window", "DEV-VISIT-WINDOW", "SV", "SVSTDTC",
         "the visit took place outside its window", _outside_window, _VISITS),
    Rule("visit missed", "DEV-VISIT-MISSED", "SV", "SVOCCUR",
         "a planned visit did not take place", _visit_missed, _VISITS),
    Rule("dose window", "DEV-DOSE-WINDOW", "EX", "EXSTDTC",
         "the dose was given on a day for which the protocol does not plan it", _dose_outside_window,
         ("EX.EXTRT", "EX.EXSTDTC")),
    Rule("dose missed", "DEV-DOSE-MISSED", "EC", "ECOCCUR",
         "a planned dose was not given", _dose_missed,
         ("EC.ECOCCUR", "EC.ECLNKID", "EC.ECTRT", "EC.ECSTDTC", "EC.ECREASOC")),
    Rule("eligibility", "DEV-ELIGIBILITY", "IE", "IEORRES",
         "the participant was randomized although a criterion was not met", _not_eligible,
         ("IE.IETESTCD", "IE.IEORRES", "IE.IEDTC")),
    Rule("eligibility", "DEV-LIMIT", "DM", "ARMCD",
         "the participant was randomized although the last value by then is beyond the limit of a criterion",
         _beyond_limits, ()),
)  # fmt: skip
