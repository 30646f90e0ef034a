"""The data cut-off: what a live extract holds of the time after it is left out before all else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.records import dates, lookup
from pipeline.records.findings import Finding
from pipeline.records.identity import SUBJECT
from pipeline.study import Study
from pipeline.study import models as m

VISIT = "FOLDER"  # the field of a form that names the visit
CLEARED = "the record began before the data cut-off and this date is after it, so the date is left out"


@dataclass(frozen=True)
class Cut:
    """The forms as they stood on the day of the cut-off."""

    forms: dict[str, pd.DataFrame]
    set_aside: dict[str, np.ndarray]  # of each form as it was collected, which of its records are left out
    findings: list[Finding]


def cut(study: Study, forms: Mapping[str, pd.DataFrame]) -> Cut:
    """What the forms hold of the time up to the cut-off, where the study has later records set aside.

    (1) A record is dated by the first date of its form's contract, or by the one that the contract names;
    of a partial date the first day that it can mean counts. A record that is dated after the cut-off is set
    aside. (2) So are all records under a subject number whose enrolment is dated after it. (3) A record
    without a date is set aside where its visit has dated records and all of them are after the cut-off. (4)
    Of a record that stays, another date that is after the cut-off is left out, with a warning.

    Takes     raw forms by name, dates as ISO 8601 text.
    Returns   new frames; the forms as they are where the study asks for none of this.
    Source    specs/study.yaml, cutoff and after_cutoff.
    """
    if not study.protocol.sets_aside_after_cutoff:
        return Cut(dict(forms), {}, [])
    last_day = pd.Timestamp(study.protocol.cutoff)
    day = {name: _day(study.forms[name], records) for name, records in forms.items()}
    late = {name: (of_record > last_day).to_numpy() for name, of_record in day.items()}
    if not any(is_late.any() for is_late in late.values()):
        return Cut(*_with_dates_by_cutoff(study, forms, last_day, {}))

    subjects = study.protocol.subjects
    enrolled = forms[subjects.form]
    late_numbers = set(enrolled.loc[late[subjects.form], subjects.number].str.strip())
    late_visits = _late_visits(forms, day, late)
    for name, records in forms.items():
        of_late_number = lookup.meets(records[subjects.number], lambda n: n.strip() in late_numbers)
        late[name] = late[name] | of_late_number
        if VISIT in records:
            visit = [records[SUBJECT], _visit(records)]
            of_late_visit = lookup.is_among(visit, [late_visits[SUBJECT], late_visits[VISIT]])
            late[name] = late[name] | (of_late_visit & day[name].isna().to_numpy())
    return Cut(*_with_dates_by_cutoff(study, forms, last_day, late))


def _day(form: m.Form, records: pd.DataFrame) -> pd.Series:
    """The day by which each record of a form is cut; missing where it has none."""
    if form.date_of_record is None:
        return pd.Series(pd.NaT, index=records.index, dtype=dates.DAY)
    return dates.first_day(records[form.date_of_record])


def _visit(records: pd.DataFrame) -> pd.Series:
    """The name of the visit, however it was typed."""
    return records[VISIT].str.strip().str.upper()


def _late_visits(
    forms: Mapping[str, pd.DataFrame], day: Mapping[str, pd.Series], late: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """The visits of participants of which every dated record is after the cut-off."""
    dated = pd.concat(
        [
            pd.DataFrame({SUBJECT: records[SUBJECT], VISIT: _visit(records), "late": late[name]})[
                day[name].notna()
            ]
            for name, records in forms.items()
            if VISIT in records
        ],
        ignore_index=True,
    )
    early = dated[~dated["late"]]
    by_visit = [SUBJECT, VISIT]
    has_early = lookup.is_among([dated[c] for c in by_visit], [early[c] for c in by_visit])
    return dated[~has_early]


def _with_dates_by_cutoff(
    study: Study, forms: Mapping[str, pd.DataFrame], last_day: pd.Timestamp, late: dict[str, np.ndarray]
) -> tuple[dict[str, pd.DataFrame], dict[str, np.ndarray], list[Finding]]:
    """The records that stay, without the dates that are after the cut-off."""
    kept: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    for name, records in forms.items():
        form = study.forms[name]
        stays = records[~late[name]].reset_index(drop=True) if name in late and late[name].any() else records
        for field, contract in form.fields.items():
            if contract.type != "date" or field == form.date_of_record:
                continue
            after = dates.first_day(stays[field]).gt(last_day)
            for record in stays[after].itertuples() if after.any() else ():
                source = f"{name}, {record.USUBJID}, {record.record}"
                message = f"{name}.{field}: {CLEARED}"
                findings.append(Finding("CUT-OFF-DATE", "warning", "", "", "", "", message, source))
            if after.any():
                stays = stays.assign(**{field: stays[field].mask(after)})
        kept[name] = stays
    return kept, late, findings
