"""Door and build agree: what stops a build is an error at the door, and what is an error at the door is told
by the build, both of the same record. The faults are those of specs/faults.yaml, planted in one drop.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline import simulator
from pipeline.checks.datasets import deviations, response, rules
from pipeline.stages import build
from pipeline.study import Study
from pipeline.study import door as across
from pipeline.study import faults as planted
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support.door import Row, checked, rows

PARTICIPANTS, SEED = 30, 2843126
MAPPING = "only a mapping or a derivation can break it: what it compares is worked out, not collected"
SPECS = "only specs/ can break it"
PROTOCOL = "it happened, and nothing is to be corrected: the report asks whether the log of deviations has it"
JUDGEMENT = "the investigator's judgement beside RECIST; nothing in the record is wrong"

# Rules of the build that the door does not ask, each with the reason why it cannot or need not.
NOT_AT_THE_DOOR = {
    **dict.fromkeys(
        [
            "ACTUAL-NAME-PLANNED", "ACTUAL-PLANNED", "ACTUAL-WITHOUT-CODE", "ARM-NAME-PLANNED", "ARM-PLANNED",
            "ARM-WITHOUT-CODE", "ARM-WITHOUT-END", "CENSOR-TEXT-ON-EVENT", "CODE-WITHOUT-ACTUAL",
            "CODE-WITHOUT-ARM", "COMMENT-PARENT", "COUNTRY-CODE", "CRITERION-RESULT", "CRITERION-WORDS",
            "DEATH-DATE-FLAG",
            "DEATH-FLAG-DD", "DEATH-IN-DD", "DOSED-WITHOUT-EX", "ELEMENT-DESCRIBED", "ELEMENT-START",
            "ELEMENT-UNPLANNED", "ELEMENTS-ADJOIN", "EPOCH-ABSENT", "EPOCH-MEASURED-BEFORE", "FIRST-CONSENT",
            "FIRST-DOSE", "GOES-ON-AFTER-DEATH", "IDENTIFIED-BY-NOTHING", "LAST-BEFORE-DOSE-EMPTY",
            "LAST-DOSE",
            "LIMIT-OF-CENSORED", "LIMIT-OF-WORDS", "NO-ACTUAL-NO-REASON", "NO-ARM-NO-REASON",
            "NOT-ASSIGNED-WITH-ARM", "NOT-ASSIGNED-WITH-END", "NUMBER-WITHOUT-TEXT", "OCCURRED-UNASKED",
            "REASON-WITH-ARMS", "REASON-WITH-END", "UNIT-OF-WORDS", "RELATED-RECORD", "RELATED-TO-NONE",
            "STANDARD-UNIT-WITHOUT-RESULT",
            "SUPP-PARENT", "TEXT-WITHOUT-NUMBER", "UNIT-NOT-STANDARDIZED", "UNIT-WITHOUT-RESULT",
            "VALUE-DATE", "VALUE-OF-NOTHING", "VALUE-WHOLE", "VISIT-COVERS", "VISIT-PLANNED",
            "EVALUATOR-LABEL", "RECORD-ASIDE-TWICE", "RECORD-TWICE", "SPONSOR-ID-TWICE", "ONE-TO-ONE",
        ],
        MAPPING,
    ),
    **dict.fromkeys(
        [
            "CRITERION-PLANNED", "ELEMENT-PLANNED", "EPOCH-PLANNED", "GUIDE-UNEXPLAINED", "RELATED-DATASET",
            "SUMMARY-CODE", "SUMMARY-DATA", "TERM-BESIDE", "TEXT-EDITION", "WAIVER-EXPIRED", "WAIVER-UNUSED",
        ],
        SPECS,
    ),
    **dict.fromkeys([rule.id for rule in deviations.RULES], PROTOCOL),
    **dict.fromkeys(
        [
            *(f"RECIST-{why.replace(' ', '-')}" for why in response.ADVICE), "RECIST-AXIS", "RECIST-BASELINE",
            "RECIST-BASELINE-LATE", "RECIST-BASELINE-OLD", "RECIST-CR-THEN-PR", "RECIST-MEASURABLE",
            "RECIST-NO-BASELINE", "RECIST-ROLE", "RECIST-TARGETS",
        ],
        JUDGEMENT,
    ),
    "LIMIT-NO-NUMBER": "a field that the contract calls a number, or numeric, is asked by RAW-TYPE or"
    " RESULT-NO-NUMBER",
    "RAW-EQUAL-ROWS": "this study has no form of rows that nothing tells apart: test_short_contracts",
    "RAW-USUBJID": "a number made of parts, which this study's is not: test_short_contracts",
    "STUDY-DRAFT": "a line that `init` drafted: nothing is asked of a site",
    "AFTER-CUT-OFF": "the study has records after the cut-off set aside; RAW-YEAR asks about a wrong year",
    "CUT-OFF-ANSWER": "the study takes an answer back to the day of the cut-off; nothing is wrong with it",
    "CUT-OFF-DATE": "the study has dates after the cut-off set aside; nothing is wrong with them",
    "AFTER-PARTICIPATION": "RFPENDTC is worked out; CONTACT-AFTER-DEATH and the like ask what is certain",
    "STARTS-AFTER-PARTICIPATION": "RFPENDTC is worked out, as for AFTER-PARTICIPATION",
    "ENDS-AFTER-PARTICIPATION": "RFPENDTC is worked out, as for AFTER-PARTICIPATION",
    "DOSE-WITHOUT-UNIT": "the unit of a dose is the mapping's; CELLS_UNIT is asked by INFUSION-WITHOUT-CELLS",
    "EXCLUSION-MET": "the mapping takes only criteria that were met; EXCLUSION-AS-INCLUSION asks",
    "INCLUSION-NOT-MET": "the mapping takes only criteria that were not met; INCLUSION-AS-EXCLUSION asks",
    "NO-RESULT-NO-STATUS": "the mappings take no record without a result: RESULT-MISSING asks, and the build"
    " says RECORD-LOST",
    "SUBJECT-IN-DM": "a record of nobody goes no further: RAW-SUBJECT asks",
    "TARGET-WITHOUT-PLACE": "the organ is required: RAW-REQUIRED asks",
    "TERM-NEW": "RAW-CODE-NEW asks of the answer; the term is that of the mapping",
    "TEXT-TRANSLATION": "the sponsor translates, not the site: the build lists the texts for"
    " specs/translations.yaml",
    "TEXT-UNCUT": "RAW-LENGTH asks of what the site typed; a translation is the sponsor's",
}  # fmt: skip
# Rules of the build about something that several records have in common: the door asks at one of them.
OF_SEVERAL_RECORDS = {
    "VISIT-IN-SV": "a visit",
    "VISIT-MISSED-DATED": "a visit",
    "VISIT-AFTER-DEATH": "a visit with what was collected at it",
    "KEY-UNIQUE": "two records of one key",
    "RELATION-ONE": "two records of one label",
    "EVENT-BEFORE-ORIGIN": "a date that is worked out from several records",
    "EPOCH-BEFORE-CONSENT": "an element that is worked out from several records",
    "END-BEFORE-START": "an element that is worked out from several records",
}
# Rules whose fault would be another row of a rule that is asked: the rule of the door.
AS_ANOTHER = {
    "FATAL-NOT-GRADE-5": "FATAL-EVENT",
    "RAW-DATE-MONTH": "RAW-DATE-MONTH",
    "RAW-WORD-FOR-MISSING": "RAW-WORD-FOR-MISSING",
    "REASON-NOT-SERIOUS-AESCONG": "REASON-NOT-SERIOUS",
    "REASON-NOT-SERIOUS-AESDISAB": "REASON-NOT-SERIOUS",
    "REASON-NOT-SERIOUS-AESLIFE": "REASON-NOT-SERIOUS",
    "REASON-NOT-SERIOUS-AESMIE": "REASON-NOT-SERIOUS",
    "STATUS-WITHOUT-REASON": "NOT-DONE-WITHOUT-REASON",
}
OF_THE_PARTICIPANT = ("DM", "ADSL", "ADTTE")  # one record a participant, or a parameter
NO_RULES = {"NON-TARGET", "NON-PATHOLOGICAL", "UTF-8"}  # words of the code that look like the id of a rule
WHERE_RULES_ARE = ("checks/datasets", "sources", "mapping", "derivations/sdtm")
_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_NUMBERED = re.compile(r"#\d+$")


def rules_of_the_build() -> set[str]:
    """The ids of all rules: those of the tables, and every text of the code that looks like one."""
    ids = {rule.id for rule in rules.RULES} | {rule.id for rule in deviations.RULES}
    ids |= {f"RECIST-{why.replace(' ', '-')}" for why in response.ADVICE}
    for folder in WHERE_RULES_ARE:
        for path in sorted((ROOT / "pipeline" / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and _ID.fullmatch(text):
                    ids.add(text)
    return ids - NO_RULES


@dataclass(frozen=True)
class Told:
    """What one of the two says of a record."""

    rule: str
    severity: str
    dataset: str  # of the build; the form at the door
    form: str
    participant: str  # subject number
    record: str


@dataclass(frozen=True)
class Both:
    truth: list[dict[str, Any]]
    door: list[Told]
    build: list[Told]

    def at_the_door(self, told: Told) -> list[Told]:
        """What the door says of the same record, or where the rule is about several, of the participant."""
        if told.dataset in OF_THE_PARTICIPANT or told.rule in OF_SEVERAL_RECORDS:
            return [d for d in self.door if d.participant == told.participant]
        return [d for d in self.door if (d.form, d.record) == (told.form, told.record)]

    def in_the_build(self, told: Told) -> list[Told]:
        """What the build says of the same record, or of the participant as such."""
        return [
            b
            for b in self.build
            if (b.form, b.record) == (told.form, told.record)
            or (b.dataset in OF_THE_PARTICIPANT and b.participant == told.participant)
        ]


@pytest.fixture(scope="module")
def both(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """A drop with all faults of specs/faults.yaml, checked at the door and built."""
    home = tmp_path_factory.mktemp("agree")
    simulator.simulate(study, home / "drop", PARTICIPANTS, SEED, planted.load(ROOT, study))
    truth = json.loads((home / "drop" / "planted.json").read_text(encoding="utf-8"))
    queries = checked(study, home / "drop", home / "check").queries
    report = build(study, ROOT, home / "drop", home / "out", Workers(), quiet)
    assert report.refused
    return Both(truth, list(map(_of_query, queries)), list(_of_findings(rows(report.home / "findings.csv"))))


def _of_query(query: Row) -> Told:
    name = _NUMBERED.sub("", query["identity"])
    return Told(query["rule"], query["severity"], query["form"], query["form"], name.split("|")[0], name)


def _of_findings(findings: list[Row]) -> Iterator[Told]:
    for finding in findings:
        parts = finding["source"].split(", ")  # form, USUBJID, record; some rules have no record
        form, name = (parts[0], parts[-1]) if len(parts) > 1 else ("", "")
        record = _NUMBERED.sub("", name)
        yield Told(
            finding["rule"], finding["severity"], finding["dataset"], form, record.split("|")[0], record
        )


def test_every_rule_of_the_build_is_asked_at_the_door_or_has_a_reason_why_not(both: Both) -> None:
    asked = {
        b.rule for b in both.build if any(d.severity in ("error", b.severity) for d in both.at_the_door(b))
    }
    without = rules_of_the_build() - asked - NOT_AT_THE_DOOR.keys()
    assert without == AS_ANOTHER.keys(), "neither asked of a planted fault, nor a reason why not"


def test_no_reason_is_given_for_a_rule_that_is_gone() -> None:
    assert NOT_AT_THE_DOOR.keys() | AS_ANOTHER.keys() | OF_SEVERAL_RECORDS.keys() <= rules_of_the_build()
    assert NOT_AT_THE_DOOR.keys() & AS_ANOTHER.keys() == set()


def test_what_stops_a_build_is_an_error_at_the_door_at_the_same_record(both: Both) -> None:
    unasked = [
        b
        for b in both.build
        if b.severity == "error" and not any(d.severity == "error" for d in both.at_the_door(b))
    ]
    assert unasked == []


def test_what_is_an_error_at_the_door_is_told_by_the_build_at_the_same_record(both: Both) -> None:
    silent = [d for d in both.door if d.severity == "error" and not both.in_the_build(d)]
    assert silent == []


def test_every_error_of_the_door_was_planted(study: Study, both: Both) -> None:
    door = across.load(ROOT, study)
    assert door is not None
    errors = {check.id for check in door.checks if check.severity == "error"}
    assert errors <= {fault["rule"] for fault in both.truth}


def test_the_build_stops_because_of_each_planted_error_but_those_it_only_reports(both: Both) -> None:
    only_reported = {
        d.rule
        for d in both.door
        if d.severity == "error" and not any(b.severity == "error" for b in both.in_the_build(d))
    }
    # the grade is the investigator's; the amount of a dose that was not given is in EC, and EX has no record
    assert only_reported <= {"FATAL-EVENT", "NOT-GIVEN-WITH-DOSE", "NOT-GIVEN-WITH-CELLS"}


def test_reasons_are_sentences_and_every_one_is_needed(both: Both) -> None:
    assert all(len(reason.split()) > 3 for reason in NOT_AT_THE_DOOR.values())


def test_the_files_that_hold_rules_are_looked_through() -> None:
    assert {"KEY-UNIQUE", "RAW-DATE", "RECORD-LOST", "TEXT-UNCUT", "UNIT-ONE"} <= rules_of_the_build()
    assert all((Path(ROOT) / "pipeline" / folder).is_dir() for folder in WHERE_RULES_ARE)
