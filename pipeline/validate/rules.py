"""Rules across records and datasets. A rule is a function with an id; it returns the records that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import dates
from pipeline.findings import Finding
from pipeline.study import Study

Frames = Mapping[str, pd.DataFrame]
Broken = Iterator[tuple[str, str, pd.DataFrame]]  # dataset, variable, the records that break the rule


@dataclass(frozen=True)
class Rule:
    id: str
    severity: str
    message: str
    find: Callable[[Study, Frames], Broken]


def check(study: Study, frames: Frames) -> list[Finding]:
    """Every record that breaks a rule, over one block of subjects.

    Takes     all datasets with KEY.
    """
    found = []
    for rule in RULES:
        for dataset, variable, broken in rule.find(study, frames):
            keys = [k for k in study.datasets[dataset].keys if k in broken and k != "STUDYID"]
            for row in broken.to_dict("records"):
                key = ", ".join(f"{k}={row[k]}" for k in keys if pd.notna(row[k]))
                source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
                found.append(Finding(rule.id, rule.severity, dataset, variable, key, str(row.get(variable, "")), rule.message, source))
    return found


def _not_in_dm(study: Study, frames: Frames) -> Broken:
    for name, frame in frames.items():
        if name != "DM" and study.datasets[name].layer == "sdtm" and "DM" in frames:
            yield name, "USUBJID", frame[~frame["USUBJID"].isin(frames["DM"]["USUBJID"])]


def _ends_before_it_starts(study: Study, frames: Frames) -> Broken:
    for name, frame in frames.items():
        start, end = f"{name}STDTC", f"{name}ENDTC"
        if start in frame and end in frame:
            timed = frame[start].str.len().ge(16) & frame[end].str.len().ge(16)
            earlier = dates.last_day(frame[end]).lt(dates.first_day(frame[start])) | (timed & frame[end].lt(frame[start]))
            yield name, end, frame[earlier]


def _not_standardized(study: Study, frames: Frames) -> Broken:
    for name, frame in frames.items():
        collected, standard = f"{name}ORRES", f"{name}STRESC"
        if collected in frame and standard in frame:
            yield name, standard, frame[frame[collected].notna() & frame[standard].isna()]


def _after_cut_off(study: Study, frames: Frames) -> Broken:
    limit = np.datetime64(study.protocol.cutoff, "s")
    for name, frame in frames.items():
        for variable, v in study.datasets[name].variables.items():
            if v.type == "iso" and study.datasets[name].layer == "sdtm":
                yield name, variable, frame[dates.first_day(frame[variable]).gt(limit)]


def _time_runs_backwards(study: Study, frames: Frames) -> Broken:
    for name, frame in frames.items():
        if {"STARTDT", "ADT", "CNSR"} <= set(frame):
            yield name, "ADT", frame[frame["ADT"].lt(frame["STARTDT"])]


def _dead_before_alive(study: Study, frames: Frames) -> Broken:
    for name, frame in frames.items():
        if {"DTHDTC", "LSTALVDT"} <= set(frame):
            yield name, "DTHDTC", frame[dates.last_day(frame["DTHDTC"]).lt(frame["LSTALVDT"])]


def _dead_without_a_date(study: Study, frames: Frames) -> Broken:
    for name, frame in frames.items():
        if {"DTHFL", "DTHDTC"} <= set(frame):
            yield name, "DTHDTC", frame[frame["DTHFL"].eq("Y") & frame["DTHDTC"].isna()]


RULES = (
    Rule("SUBJECT-IN-DM", "error", "the subject is not in DM; every subject with data must be", _not_in_dm),
    Rule("END-BEFORE-START", "error", "ends before it starts; query the site", _ends_before_it_starts),
    Rule(
        "RESULT-NOT-STANDARDIZED",
        "error",
        "a result was collected and has no standard result; its unit may be missing or unknown to specs/units.yaml",
        _not_standardized,
    ),
    Rule("AFTER-CUT-OFF", "error", "dated after the data cut-off of specs/study.yaml; query the site, or cut the drop", _after_cut_off),
    Rule(
        "EVENT-BEFORE-ORIGIN", "error", "the event or censoring lies before the time to event begins; query the dates", _time_runs_backwards
    ),
    Rule("DEATH-BEFORE-ALIVE", "error", "the participant is known alive after the date of death; query the dates", _dead_before_alive),
    Rule(
        "DEATH-WITHOUT-DATE",
        "error",
        "a death without any date cannot be an event and is not a censoring; query the date",
        _dead_without_a_date,
    ),
)
