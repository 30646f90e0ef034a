"""Response to treatment: the investigator's assessments against those worked out from his measurements, and what RECIST asks of the
lesions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.findings import Finding
from pipeline.oncology import baseline, tumours
from pipeline.oncology.recist import Recist
from pipeline.oncology.reconcile import CLASSES
from pipeline.study import Study
from pipeline.study.parameters import chosen

KEY = ["USUBJID", "form", "record"]
Frames = Mapping[str, pd.DataFrame]
Columns = Mapping[str, pd.Series]

ADVICE: Mapping[str, str] = {
    "THRESHOLD": "the response of target lesions is not that of their sum against baseline and nadir",
    "NADIR": "the sum is progression against the smallest sum, not against baseline; the investigator says otherwise",
    "NODE SIZE": "complete response needs every node below 10 mm by the short axis; the answer does not go with the nodes as measured",
    "LESION MISSING": "the investigator evaluated lesions that were not assessed, or did not evaluate lesions that were",
    "NEW LESION NOT CARRIED": "a new lesion is on its form and not in the investigator's assessment, or the other way round",
    "NON-TARGET PD": "unequivocal progression of non-target lesions is on one side only",
    "NON-TARGET STATE": "the response of non-target lesions does not go with their states",
    "ASSESSMENT AFTER PD": "a response other than PD after progression",
    "ARITHMETIC OF THE REPORTED SUM": "the sum as reported is not that of the lesions as measured",
    "COMBINATION": "the overall response does not follow from target, non-target and new lesions",
}


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each disagreement between investigator and derivation, each partial after a complete response, and each lesion that
    RECIST would not have as a target.

    Takes     the datasets of one block of subjects with KEY.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1, 4.1, 4.3, 4.4.
    """
    if "ADTA" not in frames:
        return []
    return [*_disagreements(frames), *_partial_after_complete(frames), *_targets(study, frames)]


def _disagreements(frames: Frames) -> Iterator[Finding]:
    adta = frames["ADTA"]
    for row in _with_answers(adta[adta["DISAGREE"].notna()], frames).itertuples():
        for name in CLASSES:
            if name in str(row.DISAGREE).split("; "):
                value = (
                    f"derived {_text(row.OVRLRESP)}, reported {_text(row.IVOVRL)}; sum {_text(row.SUMDIAM)}, reported {_text(row.IVSUM)}"
                )
                rule = "RECIST-" + name.replace(" ", "-")
                yield Finding(rule, "warning", "ADTA", "DISAGREE", str(row.key), value, f"{ADVICE[name]}; query the site", str(row.source))


def _partial_after_complete(frames: Frames) -> Iterator[Finding]:
    """After a true complete response any disease is progression: either the CR or the PR is wrong."""
    adta = frames["ADTA"].sort_values(["USUBJID", "ASMTN"])
    evaluated = adta[adta["IVOVRL"].notna() & adta["IVOVRL"].ne("NE")]
    before = evaluated.groupby("USUBJID")["IVOVRL"].shift()
    for row in _with_answers(evaluated[before.eq("CR") & evaluated["IVOVRL"].eq("PR")], frames).itertuples():
        message = "a partial response after a complete one: after a true CR any disease is progression; query which of the two is right"
        yield Finding("RECIST-CR-THEN-PR", "warning", "ADTA", "IVOVRL", str(row.key), "PR after CR", message, str(row.source))


def _with_answers(adta: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """The assessments with their key and the record in which the investigator answered."""
    rs = frames["RS"]
    answers = rs[rs["RSTESTCD"].eq("OVRLRESP") & rs["RSLNKGRP"].notna()].drop_duplicates(["USUBJID", "RSLNKGRP"])
    told = answers["form"] + ", " + answers["USUBJID"] + ", " + answers["record"]
    by = pd.Series(told.array, index=pd.MultiIndex.from_frame(answers[["USUBJID", "RSLNKGRP"]]), dtype="str")
    number = pd.Series([f"{n:g}" for n in adta["ASMTN"]], index=adta.index, dtype="str")
    key = "USUBJID=" + adta["USUBJID"] + ", ASMTN=" + number
    return adta.assign(key=key, source=by.reindex(pd.MultiIndex.from_frame(adta[["USUBJID", "ASMT"]])).set_axis(adta.index))


def _text(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _targets(study: Study, frames: Frames) -> Iterator[Finding]:
    """What RECIST asks of the target lesions at baseline, and of every lesion: one role."""
    tr, rules = frames["TR"], chosen(Recist, study.protocol.parameters)
    at = frames["ADTA"][["USUBJID", "ASMT", "ASMTN"]].set_axis(["USUBJID", "TRLNKGRP", "assessment"], axis="columns")
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
        yield from _told(rule, "TRSTRESC", tr.loc[find(lesions, rules).index], f"{told}; query the choice of target lesions")
    roles = tr[tr["TRLNKID"].notna()].groupby(["USUBJID", "TRLNKID"])["TRGRPID"].transform("nunique")
    yield from _told("RECIST-ROLE", "TRGRPID", tr.loc[roles.index[roles.gt(1)]], "a lesion under two roles; query which it is")


def _told(rule: str, variable: str, records: pd.DataFrame, message: str) -> Iterator[Finding]:
    for row in records.itertuples():
        key = f"USUBJID={row.USUBJID}, TRLNKID={row.TRLNKID}, TRLNKGRP={row.TRLNKGRP}"
        value = str(getattr(row, variable))
        yield Finding(rule, "warning", "TR", variable, key, value, message, f"{row.form}, {row.USUBJID}, {row.record}")
