"""Progression-free survival by conventions that are data in the mapping: which event counts, what takes it
away, and what its date is.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.derivations.adam import tte
from pipeline.derivations.adam.evidence import evidence
from pipeline.records import lookup
from pipeline.records.distinct import map_distinct
from pipeline.records.identity import SUBJECT
from pipeline.study.models import Convention, TimeToEvent, Visit

LAST = "LAST ADEQUATE ASSESSMENT"
# the numbers of CNSR, whose texts are in the mapping (censoring)
EVENT, ONGOING, UNASSESSED, NEW_THERAPY, MISSED, LOST, STOPPED, CUT_OFF = 0, 1, 2, 3, 4, 5, 6, 9


def progression_free(
    parameter: TimeToEvent,
    event_sources: tte.EventSources,
    censoring: Mapping[int, str],
    visits: tuple[Visit, ...],
    cutoff: datetime.date | None,
    anchor: str,
    **sources: pd.DataFrame,
) -> pd.DataFrame:
    """One record for each participant: the first of progression and death, unless one of the convention's
    rules says otherwise. The first rule that applies decides.

    1. Left out is what lies after the cut-off: events, deaths, adequate assessments and new anticancer
       therapies; so is an adequate assessment before time begins.
    2. The event is the earliest of those that the parameter lists; on one date, the one listed first. Where
       an event without a complete date may be the earlier one, the record has no date, which is an error; a
       death is never earlier than what was seen of the participant alive.
    3. A participant was never assessed who has no baseline, or neither an adequate assessment after it nor a
       documented progression; under a convention without rule 5 a death is documented too. Without a
       baseline no progression is documented, so none counts. Of a participant who was never assessed
       a. a death by the day on which the second planned window closes, after a new anticancer therapy that
          began before the day of death, is censored where time begins, if the convention has rule 4;
       b. another death by that day is an event;
       c. any other record is censored where time begins.
       Rules 3a and 3b hold only where the parameter lists the death; with a single planned visit no death is
       early.
    4. Where the convention says so, a new anticancer therapy that started before the day of the event, or
       without any event, censors at the last adequate assessment on or before the day on which it starts (or
       before that day: the convention says which). An event on the very day on which it starts is an event.
    5. An event of a kind that the convention lists, after as many missed visits as it says or more, is
       censored at the last adequate assessment before the day of the event; of a death, on or before it.
       Missed is a planned visit after that of this assessment (or after randomization) whose window closed
       before the day of the event. An assessment belongs to the planned visit nearest to it, of two equally
       near to the earlier one. An event that was seen at an assessment belongs likewise, but not where it
       came more days after the window closed than the convention allows (`late_days`): then the visit that it
       came too late for is missed. A death belongs to none.
    6. Any other event stands:
       a. where the convention says so and it lies between two planned windows, on the day of the next planned
          visit, never after death or the cut-off; a death is not moved;
       b. else at its own date.
    7. Without an event the last adequate assessment censors; the reason is the first that is true of: lost or
       withdrawn; treatment stopped, with no adequate assessment after the day on which it was ended (or after
       the last dose, where that is later or no end was collected); an event or an adequate assessment after
       the cut-off; ongoing without event.

    Where rules 4, 5 and 7 find no adequate assessment, they censor where time begins.

    Takes     the parameter with its convention; the sources it names; the texts of CNSR; planned visits; the
              cut-off, if there is one; the variable of ADSL from which visits are planned; by name the
              datasets that it draws on.
    Returns   as `time_to_event`.
    Source    specs/study.yaml, parameters; FDA, Clinical Trial Endpoints for the Approval of Cancer Drugs and
              Biologics 2007, appendix 3.
    """
    # rule 1, and which event is the earliest
    answers = evidence(parameter, event_sources, visits, cutoff, anchor, sources)
    decisions = decide(answers.participants, answers.convention)
    deciding = _deciding_records(decisions, answers.records, censoring)
    return tte.described(parameter, deciding, answers.records["start"])


@dataclass(frozen=True)
class Rule:
    """A rule: whom it applies to, the role of the record that decides, and what it decides."""

    name: str
    applies: pd.Series
    role: str
    censor: int  # CNSR
    describes: str | None = None  # what the date of a censoring is


def decide(participants: pd.DataFrame, convention: Convention) -> pd.DataFrame:
    """The decision of the first rule that applies to each participant.

    Takes     one row per participant, as `Evidence` describes it; the convention.
    Returns   one row per participant: `role` of the record that decides, CNSR, CNSDTDSC and RULE.
    Source    as `progression_free`.
    """
    never_assessed = unassessed(participants, convention)
    early_death = never_assessed & participants["early_death"]
    censored_by_therapy = new_therapy(participants, convention)
    died_after_therapy = early_death & therapy_before_death(participants, convention)
    unseen_for_long = missed_assessments(participants, convention)
    between_windows = between_visits(participants, convention)
    has_event = participants["event"].notna()
    rules = [
        Rule("2 EVENT WITHOUT DATE", participants["event_without_date"], "event_without_date", EVENT),
        Rule("3 NEW THERAPY BEFORE EARLY DEATH", died_after_therapy, "start", NEW_THERAPY),
        Rule("3 EARLY DEATH", early_death, "death", EVENT),
        Rule("3 NO BASELINE OR ASSESSMENT", never_assessed, "start", UNASSESSED),
        Rule(
            "4 NEW ANTICANCER THERAPY",
            censored_by_therapy,
            "last_before_therapy",
            NEW_THERAPY,
            f"{LAST} BEFORE NEW THERAPY",
        ),
        Rule(
            "5 MISSED ASSESSMENTS",
            unseen_for_long,
            "last_before_event",
            MISSED,
            f"{LAST} BEFORE MISSED ASSESSMENTS",
        ),
        Rule("6 EVENT ON SCHEDULE", between_windows, "event_on_schedule", EVENT),
        Rule("6 EVENT", has_event, "event", EVENT),
        Rule("7 NO EVENT", participants["lost"], "last_adequate", LOST, LAST),
        Rule("7 NO EVENT", participants["stopped"], "last_adequate", STOPPED, LAST),
        Rule("7 NO EVENT", participants["seen_after_cutoff"], "last_adequate", CUT_OFF, LAST),
        Rule("7 NO EVENT", ~has_event, "last_adequate", ONGOING, LAST),
    ]
    first_to_apply = np.select([rule.applies for rule in rules], range(len(rules)))
    decisions = pd.DataFrame(
        {
            "role": [rule.role for rule in rules],
            "CNSR": [float(rule.censor) for rule in rules],
            "CNSDTDSC": pd.Series([rule.describes for rule in rules], dtype="str"),
            "RULE": [convention.id + rule.name for rule in rules],
        }
    )
    return decisions.take(first_to_apply).assign(**{SUBJECT: participants[SUBJECT].array})


def unassessed(participants: pd.DataFrame, convention: Convention) -> pd.Series:
    """Rule 3: no baseline, or neither an adequate assessment nor documented progression after it."""
    documented = participants["event"].notna()
    if convention.missed is not None:  # of events as observed, a death needs no assessment either
        documented &= ~participants["event_kind"].eq("death")
    return ~(participants["has_baseline"] & (participants["assessed"] | documented))


def new_therapy(participants: pd.DataFrame, convention: Convention) -> pd.Series:
    """Rule 4: a new anticancer therapy before the day of the event, or without any event."""
    therapy, event = participants["new_therapy"], participants["event"]
    asked = convention.therapy is not None
    return asked & (therapy.lt(event) | (therapy.notna() & event.isna()))


def therapy_before_death(participants: pd.DataFrame, convention: Convention) -> pd.Series:
    """Rule 3: a new anticancer therapy before the day of death."""
    asked = convention.therapy is not None
    return asked & participants["new_therapy"].lt(participants["death"])


def missed_assessments(participants: pd.DataFrame, convention: Convention) -> pd.Series:
    """Rule 5: an event of the kinds listed, after too many missed visits."""
    if convention.missed is None:
        return pd.Series(False, index=participants.index)
    kinds = [convention.role_of(source) for source in convention.missed.before]
    listed = participants["event_kind"].isin(kinds)
    return listed & participants["missed_visits"].ge(convention.missed.windows)


def between_visits(participants: pd.DataFrame, convention: Convention) -> pd.Series:
    """Rule 6: an event other than death in no planned window, where the convention moves it."""
    asked = convention.dated == "scheduled visit"
    event, on_schedule = participants["event"], participants["event_on_schedule"]
    return asked & ~participants["event_kind"].eq("death") & on_schedule.notna() & on_schedule.ne(event)


def _deciding_records(
    decisions: pd.DataFrame, records: Mapping[str, pd.DataFrame], censoring: Mapping[int, str]
) -> pd.DataFrame:
    """The records that decide, with what was decided."""
    by_role = pd.concat(records.values(), ignore_index=True)
    of_role = pd.Series(list(records), dtype="str").repeat([len(r) for r in records.values()])
    by_role = by_role.drop(columns=["CNSR", "CNSDTDSC"]).assign(role=of_role.array)
    deciding = lookup.joined(decisions, by_role, on=[SUBJECT, "role"])
    # a censoring has the text of its CNSR; on the start of time, its date is called what that is
    censored = deciding["CNSR"].gt(EVENT)
    reason = map_distinct(deciding["CNSR"], lambda number: censoring.get(int(number)))
    at_start = censored & deciding["kind"].eq("start")
    return deciding.drop(columns="role").assign(
        CNSDTDSC=deciding["CNSDTDSC"].mask(at_start, deciding["EVNTDESC"]),
        EVNTDESC=deciding["EVNTDESC"].mask(censored, reason),
    )
