"""The assessments that response parameters are drawn from, and the record that each answer becomes."""

from __future__ import annotations

import pandas as pd

from pipeline.records import lookup
from pipeline.records.conditions import meets_all
from pipeline.records.identity import KEY, SUBJECT, values_of
from pipeline.study.models import ResponseSource


def randomized(subjects: pd.DataFrame) -> pd.DataFrame:
    """The randomized participants, one record each: identity, the date of randomization (or of what stands
    for it in a study without one) as `reference`, and the start of new anticancer therapy, where it is given,
    as `new_therapy`.
    """
    reference, *therapy = values_of(subjects)
    names = {reference: "reference", **dict.fromkeys(therapy, "new_therapy")}
    participants = subjects[subjects[reference].notna()].drop_duplicates(SUBJECT).reset_index(drop=True)
    columns = {names.get(c, c): participants[c] for c in (*KEY, *names)}
    return pd.DataFrame(columns, index=participants.index, copy=False)


def records_of(records: pd.DataFrame, source: ResponseSource) -> pd.DataFrame:
    """The records of a source: identity, what its variables hold (number, value, date, progression), and
    where the value comes from (SRCDOM, SRCVAR, SRCSEQ).
    """
    return _as_read(records[meets_all(records, source.where)], source)


def _as_read(records: pd.DataFrame, source: ResponseSource) -> pd.DataFrame:
    sequence = next((n for n in (f"{source.dataset}SEQ", "ASEQ") if n in records), None)
    columns = {
        **{name: records[name] for name in KEY},
        **{name: records[variable] for name, variable in source.variables.items()},
        "SRCDOM": pd.Series(source.dataset, index=records.index, dtype="str"),
        "SRCVAR": pd.Series(source.value or source.date, index=records.index, dtype="str"),
        "SRCSEQ": records[sequence] if sequence else float("nan"),
    }
    return pd.DataFrame(columns, index=records.index, copy=False)


def assessed(participants: pd.DataFrame, records: pd.DataFrame, source: ResponseSource) -> pd.DataFrame:
    """The assessments after baseline that have a response and a date, in order of participant and date.

    1. A progression is on the date of the progression, where the source has one; `date_variable` names the
       variable that the date was taken from.
    2. Of several assessments on one day, one of them a progression, only the progression stands.
    """
    number, response, date = (records[source.variables[name]] for name in ("number", "value", "date"))
    of_participants = lookup.is_among([records[SUBJECT]], [participants[SUBJECT]])
    known = number.gt(0) & response.notna() & date.notna() & meets_all(records, source.where)
    assessments = _as_read(records[of_participants & known], source).rename(columns={"value": "response"})

    is_progression = assessments["response"].eq("PD")
    date, date_variable = assessments["date"], pd.Series(source.date, index=assessments.index, dtype="str")
    if source.progression:
        own_date = is_progression & assessments["progression"].notna()
        date = date.mask(own_date, assessments["progression"])
        date_variable = date_variable.mask(own_date, source.progression)
    others_last = (~is_progression).astype("int64")
    assessments = assessments.assign(date=date, date_variable=date_variable, others_last=others_last)
    assessments = lookup.in_order(assessments, SUBJECT, "date", "others_last", "number")

    # the first of a day is a progression where there is one
    day = [SUBJECT, "date"]
    again_on_day = assessments.duplicated(day)
    if again_on_day.any():
        progressions = assessments[assessments["response"].eq("PD")]
        with_progression = lookup.is_among([assessments[c] for c in day], [progressions[c] for c in day])
        assessments = assessments[~(again_on_day & with_progression)]
    assessments = assessments.reset_index(drop=True)

    milestones = [str(c) for c in participants if c not in KEY]
    subject = assessments[SUBJECT]
    return assessments.assign(
        **{name: lookup.value_of_subject(subject, participants, name) for name in milestones}
    )


def counts(assessments: pd.DataFrame, *, before_new_therapy: bool, on_therapy_start: bool) -> pd.Series:
    """Whether each assessment counts for a response.

    1. It is not later than the first progression.
    2. Where only what comes before new anticancer therapy counts, it is before its start, or (by the
       parameter) on the day of the start.
    """
    is_progression = assessments["response"].eq("PD").astype("int64")
    progressions_before = is_progression.groupby(assessments[SUBJECT]).cumsum() - is_progression
    until_progression = progressions_before.eq(0)
    if not before_new_therapy or "new_therapy" not in assessments:
        return until_progression
    after_start = assessments["date"].gt(assessments["new_therapy"])
    on_start = assessments["date"].eq(assessments["new_therapy"])
    late = after_start if on_therapy_start else after_start | on_start
    return until_progression & ~late


def decided(participants: pd.DataFrame, value: pd.Series, deciding: pd.DataFrame) -> pd.DataFrame:
    """One record per participant: the value, and of the record that decided it identity, date and source.

    Where no record decided, the identity is that of the participant's own record, and date and source are
    missing.

    Takes     participants; a value of each, on their index; at most one deciding record per participant.
    """
    subject = participants[SUBJECT]
    names = [*KEY[1:], "date", "SRCDOM", "SRCVAR", "SRCSEQ"]
    of_record = {name: lookup.value_of_subject(subject, deciding, name) for name in names}
    nothing_decided = of_record["record"].isna()
    for name in KEY[1:]:
        of_record[name] = of_record[name].mask(nothing_decided, participants[name])
    date = of_record.pop("date")
    columns = {SUBJECT: subject, **of_record, "ADT": date, "AVALC": value}
    return pd.DataFrame(columns, index=participants.index, copy=False)


def yes_or_no(participants: pd.DataFrame, records: pd.DataFrame) -> pd.Series:
    """Y for each participant who is in the records, else N."""
    is_in = participants[SUBJECT].isin(records[SUBJECT])
    return pd.Series("N", index=participants.index, dtype="str").mask(is_in, "Y")
