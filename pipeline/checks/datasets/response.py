"""Response to treatment: the investigator's assessments against those worked out from his measurements, and
what RECIST asks of the lesions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.derivations.oncology import baseline, tumours
from pipeline.derivations.oncology.recist import Recist
from pipeline.derivations.oncology.reconcile import CLASSES
from pipeline.records import lookup
from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.records.lookup import has_value, is_one_of, meets
from pipeline.study import Study
from pipeline.study.parameters import chosen

Frames = Mapping[str, pd.DataFrame]

ADVICE: Mapping[str, str] = {
    "THRESHOLD": "the response of target lesions is not that of their sum against baseline and nadir",
    "NADIR": (
        "the sum is progression against the smallest sum, not against baseline; the investigator says"
        " otherwise"
    ),
    "NODE SIZE": (
        "complete response needs every node below 10 mm by the short axis; the answer does not go with the"
        " nodes as measured"
    ),
    "LESION MISSING": (
        "the investigator evaluated lesions that were not assessed, or did not evaluate lesions that were"
    ),
    "NEW LESION NOT CARRIED": (
        "a new lesion is on its form and not in the investigator's assessment, or the other way round"
    ),
    "NON-TARGET PD": "unequivocal progression of non-target lesions is on one side only",
    "NON-TARGET STATE": "the response of non-target lesions does not go with their states",
    "ASSESSMENT AFTER PD": "a response other than PD after progression",
    "ARITHMETIC OF THE REPORTED SUM": "the sum as reported is not that of the lesions as measured",
    "COMBINATION": "the overall response does not follow from target, non-target and new lesions",
}


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each disagreement between investigator and derivation, each partial after a complete
    response, and each lesion that RECIST would not have as a target.

    Takes     the datasets of one block of subjects with KEY.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1, 4.1, 4.3, 4.4.
    """
    if "ADTA" not in frames:
        return []
    return [*_disagreements(frames), *_partial_after_complete(frames), *_targets(study, frames)]


def _disagreements(frames: Frames) -> Iterator[Finding]:
    adta = frames["ADTA"]
    for row, key, source in _told_of(np.flatnonzero(has_value(adta["DISAGREE"])), frames):
        for name in CLASSES:
            if name in row["DISAGREE"].split("; "):
                derived, reported, total, summed = (
                    _text(row[n]) for n in ("OVRLRESP", "IVOVRL", "SUMDIAM", "IVSUM")
                )
                value = f"derived {derived}, reported {reported}; sum {total}, reported {summed}"
                rule = "RECIST-" + name.replace(" ", "-")
                yield Finding(
                    rule, "warning", "ADTA", "DISAGREE", key, value, f"{ADVICE[name]}; query the site", source
                )


def _partial_after_complete(frames: Frames) -> Iterator[Finding]:
    """After a true complete response any disease is progression: either the CR or the PR is wrong."""
    adta = frames["ADTA"]
    place = lookup.sorted_places([adta["USUBJID"], adta["ASMTN"]])
    place = place[meets(adta["IVOVRL"], lambda response: response != "NE")[place]]
    subject, complete, partial = (
        found[place]
        for found in (
            lookup.value_ranks(adta["USUBJID"]),
            *(is_one_of(adta["IVOVRL"], [r]) for r in ("CR", "PR")),
        )
    )
    fallen = complete[:-1] & partial[1:] & (subject[:-1] == subject[1:])
    for _, key, source in _told_of(place[1:][fallen], frames):
        message = (
            "a partial response after a complete one: after a true CR any disease is progression; query which"
            " of the two is right"
        )
        yield Finding("RECIST-CR-THEN-PR", "warning", "ADTA", "IVOVRL", key, "PR after CR", message, source)


def _told_of(place: np.ndarray, frames: Frames) -> Iterator[tuple[dict[Hashable, Any], str, str]]:
    """The assessments at these places, each with its key and the record in which the investigator answered."""
    if not len(place):
        return
    rs = frames["RS"]
    answers = rs.loc[
        is_one_of(rs["RSTESTCD"], ["OVRLRESP"]) & has_value(rs["RSLNKGRP"]),
        ["USUBJID", "RSLNKGRP", "form", "record"],
    ]
    answered = {
        (a["USUBJID"], a["RSLNKGRP"]): a for a in answers[::-1].to_dict("records")
    }  # of several the first
    wanted = ["USUBJID", "ASMT", "ASMTN", "DISAGREE", "OVRLRESP", "IVOVRL", "SUMDIAM", "IVSUM"]
    for row in frames["ADTA"].iloc[place][wanted].to_dict("records"):
        answer = answered.get((row["USUBJID"], row["ASMT"]))
        source = f"{answer['form']}, {answer['USUBJID']}, {answer['record']}" if answer else ""
        yield row, f"USUBJID={row['USUBJID']}, ASMTN={row['ASMTN']:g}", source


def _text(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _targets(study: Study, frames: Frames) -> Iterator[Finding]:
    """What RECIST asks of the target lesions at baseline, and of every lesion: one role."""
    tr, rules = frames["TR"], chosen(Recist, study.protocol.parameters)
    at = frames["ADTA"][["USUBJID", "ASMT", "ASMTN"]].set_axis(
        ["USUBJID", "TRLNKGRP", "assessment"], axis="columns"
    )
    lesions = tumours.lesions(tr, frames["TU"], at)
    asked = (
        (
            "RECIST-TARGETS",
            baseline.over_cap,
            f"more than {rules.max_targets} target lesions, or more than {rules.max_per_organ} of an organ",
        ),
        ("RECIST-MEASURABLE", baseline.not_measurable, "a target lesion that is too small to be one"),
        ("RECIST-BASELINE", baseline.not_at_baseline, "a target lesion that baseline does not have"),
    )
    for rule, find, told in asked:
        yield from _told(
            rule, "TRSTRESC", tr, find(lesions, rules).index, f"{told}; query the choice of target lesions"
        )
    yield from _told(
        "RECIST-ROLE",
        "TRGRPID",
        tr,
        tr.index[_of_two_roles(tr)],
        "a lesion under two roles; query which it is",
    )


def _of_two_roles(tr: pd.DataFrame) -> np.ndarray:
    """Which records are of a lesion that has records under more than one role."""
    (subjects, _), (names, known), (roles, words) = (
        codes_and_values(tr[c]) for c in ("USUBJID", "TRLNKID", "TRGRPID")
    )
    _, lesion = np.unique(subjects * (len(known) + 1) + names, return_inverse=True)
    pairs = np.unique((lesion * (len(words) + 1) + roles)[(names >= 0) & (roles >= 0)])
    several = np.bincount(pairs // (len(words) + 1), minlength=len(tr)) > 1
    found: np.ndarray = several[lesion] & (names >= 0)
    return found


def _told(rule: str, variable: str, tr: pd.DataFrame, labels: pd.Index, message: str) -> Iterator[Finding]:
    if not len(labels):
        return
    for row in tr.loc[labels, [*KEY, "TRLNKID", "TRLNKGRP", variable]].itertuples():
        key = f"USUBJID={row.USUBJID}, TRLNKID={row.TRLNKID}, TRLNKGRP={row.TRLNKGRP}"
        value = str(getattr(row, variable))
        yield Finding(
            rule, "warning", "TR", variable, key, value, message, f"{row.form}, {row.USUBJID}, {row.record}"
        )
