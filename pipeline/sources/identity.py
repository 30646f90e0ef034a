"""Who a record belongs to and what makes it itself: USUBJID, form, and the record's key fields."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline import dates, order
from pipeline.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Form


def persons(study: Study, enrolment: pd.DataFrame) -> tuple[dict[str, str], list[Finding]]:
    """USUBJID of each subject number: a person screened again keeps the identifier made of the first number.

    Takes     the enrolment form as collected, a record a subject number.
    Returns   subject number -> USUBJID, and a finding for each earlier number that leads nowhere or in a circle.
    Source    SDTMIG 3.4, 4.1.2 (USUBJID) and DM assumption 4.
    """
    rule = study.protocol.subjects
    number, earlier = enrolment[rule.number].str.strip(), enrolment[rule.earlier].str.strip()
    before = {n: e for n, e in zip(number, earlier, strict=True) if isinstance(e, str) and e}
    known = set(number[number.notna()])
    found: dict[str, str] = {}
    findings = []
    for one in sorted(known):
        first, seen = one, {one}
        while first in before and before[first] in known and before[first] not in seen:
            first = before[first]
            seen.add(first)
        if first in before:
            findings.append(
                Finding("RAW-EARLIER-SUBJECT", "error", rule.form, rule.earlier, "", before[first],
                        "the earlier subject number must be another number of this form; query the site", f"{rule.form}, {one}")
            )  # fmt: skip
        found[one] = f"{study.protocol.id}-{first}"
    return found, findings


def identified(study: Study, form: Form, frame: pd.DataFrame, persons: Mapping[str, str]) -> tuple[pd.DataFrame, list[Finding]]:
    """The form's records of known persons with KEY in front, in the order of their identity; the index says where each stood in the form.

    Returns   also a finding for each record whose subject is not in the enrolment form, and for each that repeats the key of another.
              Records equal in their key are ordered by all fields and numbered, so that each can be named; the first goes on, so that
              one run finds all other faults too.
    """
    rule = study.protocol.subjects
    usubjid, record = named(study, form, frame, persons)
    stranger = usubjid.isna()
    message = f"the subject has no record in form {rule.form}; add the enrolment or correct the number"
    findings = [Finding("RAW-SUBJECT", "error", form.form, rule.number, "", "", message, f"{form.form}, {r}") for r in record[stranger]]
    at = order.positions([usubjid, record])[: len(frame) - int(stranger.sum())]  # strangers have no USUBJID and are the last
    columns = {"USUBJID": usubjid.array, "form": pd.array([form.form], dtype="str").take(np.zeros(len(frame), dtype="int64"))}
    columns |= {"record": record.array, **{name: frame[name].array for name in form.fields}}
    names, index = pd.Index(list(columns), dtype="object"), frame.index.take(at)
    del frame  # a column as collected is let go of as soon as it is in order: a form is not held twice
    found = pd.DataFrame({n: columns.pop(n).take(at) for n in names}, columns=names, copy=False).set_axis(index)
    twice = found.duplicated(["USUBJID", "record"], keep=False)
    if twice.any():
        found = found.sort_values(["USUBJID", "record", *form.fields])
        twice = twice.reindex(found.index)
        equal = found.duplicated(["USUBJID", *form.fields], keep=False)
        count = found.groupby(["USUBJID", "record"]).cumcount() + 1
        found["record"] = found["record"].where(~twice, found["record"] + "#" + count.astype("str"))
        keys = ", ".join([rule.number, *form.keys])
        for same, subject, name in zip(equal[twice], found["USUBJID"][twice], found["record"][twice], strict=True):
            why = "equal in everything to another record; remove one" if same else f"the same {keys} as another record; query the site"
            findings.append(Finding("RAW-DUPLICATE", "error", form.form, keys, "", "", why, f"{form.form}, {subject}, {name}"))
        found = found[~twice | count.eq(1)]
    more = found.duplicated("USUBJID", keep="last") if form.once else pd.Series(False, index=found.index)
    why = "a person has at most one record of this form; query the site"
    findings += [
        Finding("RAW-ONCE", "error", form.form, rule.number, "", "", why, f"{form.form}, {subject}, {name}")
        for subject, name in zip(found["USUBJID"][more], found["record"][more], strict=True)
    ]
    return (found[~more] if more.any() else found), findings


def named(study: Study, form: Form, frame: pd.DataFrame, persons: Mapping[str, str]) -> tuple[pd.Series, pd.Series]:
    """USUBJID of each record, missing where nobody enrolled the subject, and the record's name: its subject number and key fields."""
    number = dates.each(frame[study.protocol.subjects.number], str.strip)
    record = dates.each(number, str.upper).fillna("(no subject number)")
    for key in form.keys:
        record = record + "|" + _normal(frame[key]).fillna("")
    return dates.each(number, persons.get), record


def _normal(value: pd.Series) -> pd.Series:
    return dates.each(value, lambda typed: " ".join(typed.upper().split()))
