"""Who a record belongs to and what makes it itself: USUBJID, form, and the record's key fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.records import lookup
from pipeline.records.distinct import encoded, map_distinct
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Form


def persons(study: Study, enrolment: pd.DataFrame) -> tuple[dict[str, str], list[Finding]]:
    """USUBJID of each subject number: a person screened again keeps the identifier made of the first number.

    Takes     the enrolment form as collected, a record a subject number.
    Returns   subject number -> USUBJID, and a finding for each earlier number that leads nowhere or in a
              circle.
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


@dataclass(frozen=True)
class Identified:
    """The records of a form that go on, in the order of their identity: where each stands in the form, whose
    it is, and its name.
    """

    at: np.ndarray
    usubjid: Any
    record: Any

    def frame(self, form: Form, frame: pd.DataFrame, first: int = 0, stop: int | None = None) -> pd.DataFrame:
        """Some of these records with KEY in front; the index says where each stood in the form."""
        part = slice(first, stop)
        at = self.at[part]
        same = pd.array([form.form], dtype="str").take(np.zeros(len(at), dtype="int64"))
        key = {"USUBJID": self.usubjid[part], "form": same, "record": self.record[part]}
        columns = {**key, **{name: frame[name].array.take(at) for name in form.fields}}
        return pd.DataFrame(columns, columns=pd.Index(list(columns), dtype="object"), copy=False).set_axis(at)


def identified(
    study: Study, form: Form, frame: pd.DataFrame, persons: Mapping[str, str]
) -> tuple[Identified, list[Finding]]:
    """The form's records of known persons, in the order of their identity.

    Returns   also a finding for each record whose subject is not in the enrolment form, and for each that
              repeats the key of another. Records equal in their key are ordered by all fields and numbered,
              so that each can be named; the first goes on, so that one run finds all other faults too.
    """
    rule = study.protocol.subjects
    usubjid, record = named(study, form, frame, persons)
    stranger = usubjid.isna()
    message = f"the subject has no record in form {rule.form}; add the enrolment or correct the number"
    findings = [
        Finding("RAW-SUBJECT", "error", form.form, rule.number, "", "", message, f"{form.form}, {r}")
        for r in record[stranger]
    ]
    at = lookup.sorted_places([usubjid, record])[
        : len(frame) - int(stranger.sum())
    ]  # strangers have no USUBJID and are the last
    known = pd.DataFrame({"USUBJID": usubjid.array.take(at), "record": record.array.take(at)}, copy=False)
    alike = len(encoded(record).values) < len(record)
    if alike and (twice := known.duplicated(keep=False).to_numpy()).any():
        at, known, told = _numbered(form, frame, at, known, twice)
        keys = ", ".join([rule.number, *form.keys])
        findings += [
            Finding(
                "RAW-DUPLICATE",
                "error",
                form.form,
                keys,
                "",
                "",
                why.format(keys=keys),
                f"{form.form}, {subject}, {name}",
            )
            for why, subject, name in told
        ]
    if form.once and (more := known.duplicated("USUBJID", keep="last")).any():
        why = "a person has at most one record of this form; query the site"
        findings += [
            Finding(
                "RAW-ONCE", "error", form.form, rule.number, "", "", why, f"{form.form}, {subject}, {name}"
            )
            for subject, name in known[more].itertuples(index=False)
        ]
        at, known = at[~more.to_numpy()], known[~more]
    return Identified(at, known["USUBJID"].array, known["record"].array), findings


def _numbered(
    form: Form, frame: pd.DataFrame, at: np.ndarray, known: pd.DataFrame, twice: np.ndarray
) -> tuple[np.ndarray, pd.DataFrame, list[tuple[str, str, str]]]:
    """Records of the same name told apart by a number, of which the first goes on; and each with what is
    wrong with it.
    """
    same = pd.concat(
        [
            known[twice].reset_index(drop=True),
            frame[list(form.fields)].take(at[twice]).reset_index(drop=True),
        ],
        axis="columns",
    )
    same = same.sort_values(["USUBJID", "record", *form.fields])
    at = at.copy()
    at[twice] = at[twice][same.index.to_numpy()]
    count = same.groupby(["USUBJID", "record"]).cumcount().to_numpy() + 1
    name = same["record"] + "#" + pd.Series(count, index=same.index).astype("str")
    equal = same.duplicated(["USUBJID", *form.fields], keep=False)
    why = {
        True: "equal in everything to another record; remove one",
        False: "the same {keys} as another record; query the site",
    }
    told = [(why[e], subject, n) for e, subject, n in zip(equal, same["USUBJID"], name, strict=True)]
    known = known.assign(
        record=known["record"].mask(pd.Series(twice), pd.Series(name.array, index=np.flatnonzero(twice)))
    )
    stays = ~twice
    stays[twice] = count == 1
    return at[stays], known[stays], told


def named(
    study: Study, form: Form, frame: pd.DataFrame, persons: Mapping[str, str]
) -> tuple[pd.Series, pd.Series]:
    """USUBJID of each record, missing where nobody enrolled the subject, and the record's name: its subject
    number and key fields.
    """
    number = map_distinct(frame[study.protocol.subjects.number], str.strip)
    record = map_distinct(number, str.upper).fillna("(no subject number)")
    for key in form.keys:
        record = record + "|" + _normal(frame[key]).fillna("")
    return map_distinct(number, persons.get), record


def _normal(value: pd.Series) -> pd.Series:
    return map_distinct(value, lambda typed: " ".join(typed.upper().split()))
