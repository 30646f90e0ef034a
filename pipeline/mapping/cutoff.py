"""The data cut-off: what a live extract holds of the time after it is left out before all else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.conditions import matches, meets_all
from pipeline.records.findings import Finding
from pipeline.records.identity import SUBJECT
from pipeline.study import Study
from pipeline.study import models as m

VISIT = "FOLDER"  # the name of a visit, whatever a form calls it
LATE_DATE = "the record began before the data cut-off and this date is after it, so the date is left out"
LATE_ANSWER = "the answer speaks of the time after the data cut-off, so the record has what was so on the day"
CHANGES = ["USUBJID", "form", "record", "field", "value"]  # value: what was read instead, missing for nothing
Masks = dict[str, dict[str, pd.Series]]  # by form and field, a truth value for each record


@dataclass(frozen=True)
class Cut:
    """The forms as they stood on the day of the cut-off."""

    forms: dict[str, pd.DataFrame]
    set_aside: dict[str, np.ndarray]  # of each form as it was collected, which of its records are left out
    as_it_stood: dict[str, np.ndarray]  # likewise, which of them stay with other dates or answers
    findings: list[Finding]
    # what was not read as it was collected: CHANGES; a record that is set aside has no field
    changes: pd.DataFrame


def cut(study: Study, forms: Mapping[str, pd.DataFrame]) -> Cut:
    """What the forms hold of the time up to the cut-off, where the study has later records set aside.

    (1) A record is dated by the first date of its form's contract, or by the one that the contract names;
    of a partial date the first day that it can mean counts. A record that is dated after the cut-off is set
    aside. (2) So are all records under a subject number whose enrolment is dated after it. (3) A record
    without a date is set aside where its visit has dated records and all of them are after the cut-off. (4)
    An answer that speaks of what had not yet happened, as the study lists them, becomes what was so on the
    day, or its record is set aside. (5) Of a record that stays, another date that is after the cut-off is
    left out. Rules 4 and 5 leave a warning.

    Takes     raw forms by name, dates as ISO 8601 text.
    Returns   new frames; the forms as they are where the study asks for none of this.
    Source    specs/study.yaml, cutoff and after_cutoff. Rules 1, 2 and the death of rule 4 are those of the R
              package datacutr (date cut, patient cut, special DM cut); the other answers are the study's own.
    """
    protocol = study.protocol
    if protocol.after_cutoff is None or not protocol.sets_aside_after_cutoff:
        return _uncut(forms)
    after = _dates_after(study, forms, pd.Timestamp(protocol.cutoff))
    if not any(is_after.any() for of_form in after.values() for is_after in of_form.values()):
        return _uncut(forms)
    set_aside = _set_aside(study, forms, after)
    answers = dict(forms)
    changed: Masks = {}
    for rule in protocol.after_cutoff.not_yet:
        if rule.form not in forms:
            continue
        concerned = _concerned(rule, answers, after)
        if rule.set_aside:
            set_aside[rule.form] = set_aside[rule.form] | concerned.to_numpy()
        _answer(rule, concerned, answers, changed)
    return _as_of_cutoff(study, answers, set_aside, after, changed)


def _uncut(forms: Mapping[str, pd.DataFrame]) -> Cut:
    return Cut(dict(forms), {}, {}, [], pd.DataFrame(columns=CHANGES, dtype="str"))


def _dates_after(study: Study, forms: Mapping[str, pd.DataFrame], last_day: pd.Timestamp) -> Masks:
    """Of each date of each record, whether it is after the cut-off."""
    return {
        name: {
            field: dates.first_day(records[field]).gt(last_day)
            for field, contract in study.forms[name].fields.items()
            if contract.type == "date"
        }
        for name, records in forms.items()
    }


def _set_aside(study: Study, forms: Mapping[str, pd.DataFrame], after: Masks) -> dict[str, np.ndarray]:
    """Which records of each form are set aside by rules 1, 2 and 3."""
    day = {name: _day(study.forms[name], records) for name, records in forms.items()}
    date_of_record = {name: study.forms[name].date_of_record for name in forms}
    late = {
        name: after[name][field].to_numpy() if field else np.zeros(len(forms[name]), dtype="bool")
        for name, field in date_of_record.items()
    }
    if not any(is_late.any() for is_late in late.values()):
        return late

    subjects = study.protocol.subjects
    enrolled = forms[subjects.form]
    late_numbers = set(enrolled.loc[late[subjects.form], subjects.number].str.strip())
    late_visits = _late_visits(study, forms, day, late)
    for name, records in forms.items():
        of_late_number = lookup.meets(records[subjects.number], lambda n: n.strip() in late_numbers)
        late[name] = late[name] | of_late_number
        if study.forms[name].visit:
            visit = [records[SUBJECT], _visit(study.forms[name], records)]
            of_late_visit = lookup.is_among(visit, [late_visits[SUBJECT], late_visits[VISIT]])
            late[name] = late[name] | (of_late_visit & day[name].isna().to_numpy())
    return late


def _day(form: m.Form, records: pd.DataFrame) -> pd.Series:
    """The day by which each record of a form is cut; missing where it has none."""
    if form.date_of_record is None:
        return pd.Series(pd.NaT, index=records.index, dtype=dates.DAY)
    return dates.first_day(records[form.date_of_record])


def _visit(form: m.Form, records: pd.DataFrame) -> pd.Series:
    """The name of the visit, however it was typed."""
    return records[form.visit].str.strip().str.upper()


def _late_visits(
    study: Study,
    forms: Mapping[str, pd.DataFrame],
    day: Mapping[str, pd.Series],
    late: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """The visits of participants of which every dated record is after the cut-off."""
    dated = pd.concat(
        [
            pd.DataFrame({SUBJECT: records[SUBJECT], VISIT: _visit(form, records), "late": late[name]})[
                day[name].notna()
            ]
            for name, records in forms.items()
            if (form := study.forms[name]).visit
        ],
        ignore_index=True,
    )
    early = dated[~dated["late"]]
    by_visit = [SUBJECT, VISIT]
    has_early = lookup.is_among([dated[c] for c in by_visit], [early[c] for c in by_visit])
    return dated[~has_early]


def _concerned(rule: m.NotYet, forms: Mapping[str, pd.DataFrame], after: Masks) -> pd.Series:
    """The records of the rule's form that speak of what had not yet happened."""
    records = forms[rule.form]
    concerned = pd.Series(False, index=records.index)
    for date in rule.after:
        if date.form is None:
            concerned |= after[rule.form][date.field]
        elif date.form in forms:
            later = after[date.form][date.field] & meets_all(forms[date.form], date.where)
            participants = forms[date.form].loc[later, SUBJECT]
            concerned |= lookup.is_among([records[SUBJECT]], [participants])
    for field, answer in rule.unless.items():
        concerned &= ~matches(records[field], answer)
    return concerned & meets_all(records, rule.where)


def _answer(rule: m.NotYet, concerned: pd.Series, answers: dict[str, pd.DataFrame], changed: Masks) -> None:
    """Gives the records concerned the answers of the rule, and marks those that had others."""
    records = answers[rule.form]
    for field, answer in rule.answers.items():
        differs = concerned & ~matches(records[field], answer or "absent")
        records = records.assign(**{field: records[field].mask(differs, answer)})
        of_form = changed.setdefault(rule.form, {})
        of_form[field] = of_form.get(field, False) | differs
    answers[rule.form] = records


def _as_of_cutoff(
    study: Study,
    answers: Mapping[str, pd.DataFrame],
    set_aside: dict[str, np.ndarray],
    after: Masks,
    changed: Masks,
) -> Cut:
    """The records that stay, without the dates that are after the cut-off."""
    kept: dict[str, pd.DataFrame] = {}
    as_it_stood: dict[str, np.ndarray] = {}
    findings: list[Finding] = []
    changes = [pd.DataFrame(columns=CHANGES, dtype="str")]
    for name, collected in answers.items():
        records = collected
        stays = ~set_aside[name]
        altered = np.zeros(len(records), dtype="bool")
        for field, differs in changed.get(name, {}).items():
            altered |= differs.to_numpy() & stays
            findings += _findings("CUT-OFF-ANSWER", name, field, records[differs & stays], LATE_ANSWER)
            changes.append(_changes(name, field, records[differs & stays]))
        for field, is_after in after[name].items():
            if field == study.forms[name].date_of_record or not is_after.any():
                continue
            altered |= is_after.to_numpy() & stays
            findings += _findings("CUT-OFF-DATE", name, field, records[is_after & stays], LATE_DATE)
            records = records.assign(**{field: records[field].mask(is_after)})
            changes.append(_changes(name, field, records[is_after & stays]))
        changes.append(_changes(name, None, records[~stays]))
        kept[name] = records if stays.all() else records[stays].reset_index(drop=True)
        as_it_stood[name] = altered
    return Cut(kept, set_aside, as_it_stood, findings, pd.concat(changes, ignore_index=True))


def _changes(form: str, field: str | None, records: pd.DataFrame) -> pd.DataFrame:
    """The records by their identity, with what was read in the field."""
    changes = records[[SUBJECT, "record"]].assign(
        form=form, field=field, value=records[field] if field else None
    )
    return changes[CHANGES].astype("str")


def _findings(rule: str, form: str, field: str, records: pd.DataFrame, message: str) -> Iterator[Finding]:
    for subject, record in zip(records[SUBJECT], records["record"], strict=True):
        yield Finding(rule, "warning", form, field, "", "", message, f"{form}, {subject}, {record}")
