"""Response to treatment: the investigator's assessments beside those worked out from the measurements, and
what RECIST asks of the lesions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.checks.datasets.present import has_all
from pipeline.derivations.adam.evaluators import assessed_by
from pipeline.derivations.oncology import baseline, tumours
from pipeline.derivations.oncology.recist import Recist
from pipeline.derivations.oncology.reconcile import CLASSES
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.records.lookup import in_order, is_one_of
from pipeline.study import Study
from pipeline.study.parameters import chosen

Frames = Mapping[str, pd.DataFrame]
NEEDED = ("ADTA",)
_ASSESSMENT = ("ADTA.EVALCD", "ADTA.ASMT", "ADTA.ASMTN")
_ANSWERS = ("ADTA.IVOVRL", "ADTA.IVSUM", "RS.RSTESTCD", "RS.RSGRPID")
_LESIONS = (
    *("TR.TRGRPID", "TR.TRLNKID", "TR.TRLNKGRP", "TR.TRTESTCD", "TR.TRSTRESC", "TR.TRSTRESN", "TR.TRSTAT"),
    *("TR.TRDTC", "TU.TULNKID", "TU.TULOC"),
)

ADVICE: Mapping[str, str] = {
    "THRESHOLD": "the response of the target lesions does not follow from their sum, baseline and nadir",
    "NADIR": (
        "the sum is progression against the smallest sum so far, though not against baseline; the"
        " investigator did not report it"
    ),
    "NODE SIZE": (
        "complete response needs every node below 10 mm in its short axis; the reported response does not"
        " agree with the nodes as measured"
    ),
    "LESION MISSING": (
        "the investigator evaluated lesions that were not assessed, or did not evaluate lesions that were"
    ),
    "NEW LESION NOT CARRIED": (
        "a new lesion is on its own form and not in the investigator's assessment, or the other way round"
    ),
    "NON-TARGET PD": "unequivocal progression of non-target lesions is on one side only",
    "NON-TARGET STATE": "the response of the non-target lesions does not agree with their states",
    "ASSESSMENT AFTER PD": "a response other than PD was reported after progression",
    "ARITHMETIC OF THE REPORTED SUM": "the reported sum is not the sum of the lesions as measured",
    "COMBINATION": "the overall response does not follow from target, non-target and new lesions",
}


def check(study: Study, frames: Frames) -> list[Finding]:
    """A warning for each disagreement between investigator and derivation, each partial response after a
    complete one, and each lesion that RECIST would not have as a target.

    Takes     the datasets of one block of subjects with KEY.
    Source    RECIST 1.1 (Eisenhauer 2009), 3.1, 4.1, 4.3, 4.4.
    """
    findings: list[Finding] = []
    if has_all(frames, (*_ASSESSMENT, *_ANSWERS, "ADTA.DISAGREE", "ADTA.OVRLRESP", "ADTA.SUMDIAM")):
        findings += _disagreements(frames)
    if has_all(frames, (*_ASSESSMENT, *_ANSWERS)):
        findings += _partial_after_complete(frames)
    if has_all(frames, _ASSESSMENT):
        findings += _shared_labels(frames)
    if has_all(frames, (*_ASSESSMENT, *_LESIONS)):
        findings += _targets(study, frames)
    return findings


# --- assessments
def _disagreements(frames: Frames) -> Iterator[Finding]:
    adta = frames["ADTA"]
    disagreeing = _with_answer(adta[adta["DISAGREE"].notna()], frames["RS"])
    for row in disagreeing.to_dict("records"):
        derived, reported = _shown(row["OVRLRESP"]), _shown(row["IVOVRL"])
        derived_sum, reported_sum = _shown(row["SUMDIAM"]), _shown(row["IVSUM"])
        value = f"derived {derived}, reported {reported}; sum {derived_sum}, reported {reported_sum}"
        for disagreement in row["DISAGREE"].split("; "):
            if disagreement in CLASSES:
                yield Finding(
                    "RECIST-" + disagreement.replace(" ", "-"),
                    "warning",
                    "ADTA",
                    "DISAGREE",
                    row["key"],
                    value,
                    f"{ADVICE[disagreement]}; query the site",
                    row["source"],
                )


def _partial_after_complete(frames: Frames) -> Iterator[Finding]:
    """After a true complete response any disease is progression: either the CR or the PR is wrong."""
    adta = frames["ADTA"]
    evaluated = adta[adta["IVOVRL"].notna() & adta["IVOVRL"].ne("NE")]
    evaluated = in_order(evaluated, "USUBJID", "EVALCD", "ASMTN")
    previous = evaluated.groupby(["USUBJID", "EVALCD"])["IVOVRL"].shift()
    wrong = evaluated[previous.eq("CR") & evaluated["IVOVRL"].eq("PR")]
    message = (
        "a partial response after a complete one: after a true complete response any disease is progression;"
        " query which of the two is right"
    )
    for row in _with_answer(wrong, frames["RS"]).to_dict("records"):
        yield Finding(
            "RECIST-CR-THEN-PR",
            "warning",
            "ADTA",
            "IVOVRL",
            row["key"],
            "PR after CR",
            message,
            row["source"],
        )


def _shared_labels(frames: Frames) -> Iterator[Finding]:
    """Records of TR and RS find their assessment by its label, so each evaluator needs labels of its own."""
    adta = frames["ADTA"]
    evaluators = adta.groupby(["USUBJID", "ASMT"])["EVALCD"].transform("nunique")
    shared = adta[evaluators.gt(1)].drop_duplicates(["USUBJID", "ASMT"])
    message = (
        "two evaluators use one label for their assessments: make TRLNKGRP and RSGRPID of each evaluator"
        " differ, for example R1-A1 and R2-A1"
    )
    for row in shared.to_dict("records"):
        key = f"USUBJID={row['USUBJID']}, ASMT={row['ASMT']}"
        yield Finding("EVALUATOR-LABEL", "error", "ADTA", "ASMT", key, row["ASMT"], message, "")


def _with_answer(assessments: pd.DataFrame, rs: pd.DataFrame) -> pd.DataFrame:
    """The assessments with their `key`, and as `source` the first record in which the investigator answered;
    empty where there is none.
    """
    group = "RSGRPID" if "RSGRPID" in rs else "RSLNKGRP"
    answers = rs[is_one_of(rs["RSTESTCD"], ["OVRLRESP"]) & rs[group].notna()]
    answers = answers.drop_duplicates(["USUBJID", group])
    answers = pd.DataFrame(
        {
            "USUBJID": answers["USUBJID"],
            "ASMT": answers[group],
            "source": answers["form"] + ", " + answers["USUBJID"] + ", " + answers["record"],
        }
    )
    answered = assessments.merge(answers, on=["USUBJID", "ASMT"], how="left", validate="many_to_one")
    subjects_and_numbers = zip(answered["USUBJID"], answered["ASMTN"], strict=True)
    key = [f"USUBJID={subject}, ASMTN={number:g}" for subject, number in subjects_and_numbers]
    return answered.assign(key=key, source=answered["source"].where(answered["source"].notna(), ""))


def _shown(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- lesions
def _targets(study: Study, frames: Frames) -> Iterator[Finding]:
    """What RECIST asks of the target lesions at baseline, and of every lesion, of each evaluator: one role,
    and the axis that fits.
    """
    rules = chosen(Recist, study.protocol.parameters)
    assessments = frames["ADTA"][["USUBJID", "EVALCD", "ASMT", "ASMTN"]]
    assessments = assessments.set_axis(["USUBJID", "EVALCD", "TRLNKGRP", "assessment"], axis="columns")
    measuring = (each for each in study.protocol.evaluators if not each.responses_only)
    for evaluator in measuring:
        tr, tu = assessed_by(evaluator, frames["TR"], "TR"), assessed_by(evaluator, frames["TU"], "TU")
        own = assessments[assessments["EVALCD"].eq(evaluator.code)]
        yield from _targets_of(tr, tu, own, rules)


def _targets_of(
    tr: pd.DataFrame, tu: pd.DataFrame, assessments: pd.DataFrame, rules: Recist
) -> Iterator[Finding]:
    results = tumours.results_of_lesions(tr, tu)
    lesions = tumours.lesions(results, assessments)
    most, most_of_organ = rules.max_targets, rules.max_per_organ
    too_many = f"more than {most} target lesions, or more than {most_of_organ} in one organ"
    too_small = "the target lesion is too small to be one"
    not_at_baseline = "the target lesion was not measured at baseline"
    broken = (
        ("RECIST-TARGETS", too_many, baseline.over_cap(lesions, rules)),
        ("RECIST-MEASURABLE", too_small, baseline.not_measurable(lesions, rules)),
        ("RECIST-BASELINE", not_at_baseline, baseline.not_at_baseline(lesions, rules)),
    )
    for rule, message, records in broken:
        advice = f"{message}; query the choice of target lesions"
        yield from _of_lesions(rule, "TRSTRESC", tr.loc[records.index], advice)
    yield from _of_lesions(
        "RECIST-ROLE",
        "TRGRPID",
        tr[_has_two_roles(tr)],
        "the lesion is recorded under two roles, for example target and non-target; query which it is",
    )
    yield from _of_lesions(
        "RECIST-AXIS",
        "TRTESTCD",
        results[tumours.other_axis(results)],
        "a lymph node is measured by its short axis (LPERP), another lesion by its longest diameter (LDIAM);"
        " the size does not count; query the measurement, or whether the lesion is a node",
    )


def _has_two_roles(tr: pd.DataFrame) -> pd.Series:
    """Whether each record is of a lesion that has records under more than one role."""
    roles = tr.groupby(["USUBJID", "TRLNKID"], sort=False)["TRGRPID"].transform("nunique")
    return roles.gt(1)  # missing, and so false, for a record without a lesion


def _of_lesions(rule: str, variable: str, records: pd.DataFrame, message: str) -> Iterator[Finding]:
    for row in records[[*KEY, "TRLNKID", "TRLNKGRP", variable]].to_dict("records"):
        key = f"USUBJID={row['USUBJID']}, TRLNKID={row['TRLNKID']}, TRLNKGRP={row['TRLNKGRP']}"
        source = f"{row['form']}, {row['USUBJID']}, {row['record']}"
        yield Finding(rule, "warning", "TR", variable, key, str(row[variable]), message, source)
