"""Rules about single records, one row each: events, findings, the plan of the study, and what refers to other
records.
"""

from __future__ import annotations

from pipeline.checks.datasets.rules import shapes as s
from pipeline.checks.datasets.rules.rule import rule

SERIOUS = ("AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESMIE", "AESCAN", "AESOD")

EVENTS = (
    rule(
        "SERIOUS-WITHOUT-REASON",
        "CG0042",
        s.implies,
        "serious, and by no criterion; query the site",
        of=["AE"],
        when={"AESER": "Y"},
        then=dict.fromkeys(SERIOUS, "Y"),
        some=True,
    ),
    *(
        rule(
            f"REASON-NOT-SERIOUS-{n}",
            "CG0041",
            s.implies,
            "meets a criterion of seriousness, and is not serious; query the site",
            of=["AE"],
            when={n: "Y"},
            then={"AESER": "Y"},
        )
        for n in SERIOUS[:6]
    ),
    rule(
        "OCCURRED-UNASKED",
        "CG0088 CG0089 CG0654",
        s.implies,
        "--OCCUR answers what was asked for: --PRESP must be Y",
        when={"--OCCUR": "present"},
        then={"--PRESP": "Y"},
    ),
    rule(
        "ASKED-UNANSWERED",
        "CG0081 CG0086",
        s.implies,
        "asked for, with neither --OCCUR nor a status NOT DONE",
        when={"--PRESP": "Y"},
        then={"--OCCUR": "present", "--STAT": "NOT DONE"},
        some=True,
    ),
    rule(
        "NOT-OCCURRED-REASON",
        "",
        s.implies,
        "a reason why it did not occur, and it did or nobody asked",
        when={"--REASOC": "present"},
        then={"--OCCUR": "N"},
    ),
)

FINDINGS = (
    rule(
        "RESULT-NOT-DONE",
        "CG0422",
        s.implies,
        "a result of what was not done",
        when={"--STAT": "NOT DONE"},
        then={"--ORRES": "absent"},
    ),
    rule(
        "NO-RESULT-NO-STATUS",
        "CG0348",
        s.implies,
        "no result, and no status that says it was not done",
        when={"--TESTCD": "present", "--ORRES": "absent"},
        then={"--STAT": "NOT DONE", "--DRVFL": "Y"},
        some=True,
    ),
    rule(
        "REASON-WITHOUT-STATUS",
        "CG0094",
        s.implies,
        "a reason not done without the status NOT DONE",
        when={"--REASND": "present"},
        then={"--STAT": "NOT DONE"},
    ),
    rule(
        "STATUS-WITHOUT-REASON",
        "",
        s.implies,
        "not done, and no reason; query the site",
        "warning",
        when={"--STAT": "NOT DONE"},
        then={"--REASND": "present"},
    ),
    rule(
        "RESULT-NOT-STANDARDIZED",
        "",
        s.implies,
        "a result was collected and has no standard result; its unit may be missing or unknown to"
        " specs/units.yaml",
        when={"--ORRES": "present"},
        then={"--STRESC": "present"},
    ),
    rule(
        "NUMBER-WITHOUT-TEXT",
        "",
        s.implies,
        "a number without its text",
        when={"--STRESN": "present"},
        then={"--STRESC": "present"},
    ),
    rule(
        "TEXT-WITHOUT-NUMBER",
        "FB3101",
        s.numeric,
        "the result reads as a number, and there is none",
        text="--STRESC",
        number="--STRESN",
    ),
    rule(
        "UNIT-WITHOUT-RESULT",
        "",
        s.implies,
        "a collected unit without a result",
        when={"--ORRESU": "present"},
        then={"--ORRES": "present"},
    ),
    rule(
        "STANDARD-UNIT-WITHOUT-RESULT",
        "CG0426",
        s.implies,
        "a standard unit without a result",
        when={"--STRESU": "present"},
        then={"--STRESC": "present"},
    ),
    rule(
        "UNIT-NOT-STANDARDIZED",
        "CG0425",
        s.implies,
        "a result with a collected unit and no standard one",
        when={"--ORRESU": "present", "--STRESN": "present"},
        then={"--STRESU": "present"},
    ),
    rule(
        "LAST-BEFORE-DOSE-EMPTY",
        "CG0553 CG0569 FB2602",
        s.implies,
        "flagged as the last before the first dose, and has no result",
        when={"--LOBXFL": "Y"},
        then={"--STRESC": "present"},
    ),
)

PLAN = (
    rule(
        "EPOCH-PLANNED",
        "CG0009",
        s.planned,
        "is no epoch of the arms of specs/study.yaml",
        variable="EPOCH",
        among="epochs",
    ),
    rule(
        "ELEMENT-PLANNED",
        "CG0414",
        s.planned,
        "is no element of specs/study.yaml",
        of=["SE"],
        variable="ETCD",
        among="elements",
    ),
    rule(
        "CRITERION-PLANNED",
        "CG0179",
        s.planned,
        "is no criterion of specs/study.yaml",
        of=["IE"],
        variable="IETESTCD",
        among="criteria",
    ),
    rule(
        "CRITERION-WORDS",
        "CG0178",
        s.planned,
        "is not the text of a criterion of specs/study.yaml",
        of=["IE"],
        variable="IETEST",
        among="criteria in words",
    ),
    rule(
        "EXCLUSION-MET",
        "CG0175",
        s.implies,
        "an exclusion is not met by Y",
        of=["IE"],
        when={"IECAT": "EXCLUSION"},
        then={"IEORRES": "Y"},
    ),
    rule(
        "INCLUSION-NOT-MET",
        "CG0176",
        s.implies,
        "an inclusion is not met by N",
        of=["IE"],
        when={"IECAT": "INCLUSION"},
        then={"IEORRES": "N"},
    ),
    rule(
        "CRITERION-RESULT",
        "CG0177",
        s.equal,
        "differs from IEORRES",
        of=["IE"],
        left="IEORRES",
        right="IESTRESC",
    ),
    rule(
        "VISIT-PLANNED",
        "CG0031 CG0655 CG0657",
        s.planned,
        "a planned visit that specs/study.yaml does not plan",
        of=["SV"],
        variable="VISIT",
        among="visits",
        when={"SVPRESP": "Y"},
    ),
    rule(
        "ELEMENT-START",
        "CG0208",
        s.implies,
        "an element without its start",
        of=["SE"],
        when={"ETCD": "present"},
        then={"SESTDTC": "present"},
    ),
    rule(
        "ELEMENT-UNPLANNED",
        "CG0210",
        s.implies,
        "an unplanned element without its description",
        of=["SE"],
        when={"ETCD": "UNPLAN"},
        then={"SEUPDES": "present"},
    ),
    rule(
        "ELEMENT-DESCRIBED",
        "CG0211",
        s.implies,
        "a description of an unplanned element, and it is planned",
        of=["SE"],
        when={"SEUPDES": "present"},
        then={"ETCD": "UNPLAN"},
    ),
    rule(
        "ELEMENTS-ADJOIN",
        "CG0207 CG0209",
        s.adjoining,
        "does not end when the next element of the subject begins",
        of="SE",
        start="SESTDTC",
        end="SEENDTC",
    ),
)

RELATIONS = (
    rule("SUPP-PARENT", "", s.refers, "the record that it qualifies is not there", of="SUPP"),
    rule("COMMENT-PARENT", "", s.refers, "the record that it comments on is not there", of="CO"),
    rule("RELATED-RECORD", "", s.refers, "the record that it relates is not there", of="RELREC"),
    rule(
        "RELATED-TO-NONE", "CG0200", s.several, "a relation has at least two records", of="RELREC", by="RELID"
    ),
    rule(
        "IDENTIFIED-BY-NOTHING",
        "CG0204",
        s.implies,
        "IDVAR names a variable, and IDVARVAL no value",
        when={"IDVAR": "present", "QNAM": "present"},
        then={"IDVARVAL": "present"},
    ),
    rule(
        "VALUE-OF-NOTHING",
        "CG0465",
        s.implies,
        "IDVARVAL is a value of no variable",
        when={"IDVARVAL": "present"},
        then={"IDVAR": "present"},
    ),
)

RULES = (*EVENTS, *FINDINGS, *PLAN, *RELATIONS)
