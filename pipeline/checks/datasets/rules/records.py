"""Rules about single records, a row each: events, findings, the plan of the study, and what refers to other
records.
"""

from __future__ import annotations

from pipeline.checks.datasets.rules import shapes as s
from pipeline.checks.datasets.rules.rule import rule
from pipeline.records.numbers import RULE

SERIOUS = ("AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESMIE", "AESCAN", "AESOD")
LIMITS = ("--ORNRLO", "--ORNRHI", "--STNRLO", "--STNRHI")

# A row is an id, the published ids, a shape, a message and the arguments of the shape.
# fmt: off
EVENTS = (
    rule("SERIOUS-WITHOUT-REASON", "CG0042", s.implies,
         "serious, but no criterion of seriousness is met; query the site",
         datasets=["AE"], when={"AESER": "Y"}, then=dict.fromkeys(SERIOUS, "Y"), any_of=True),
    *(
        rule(f"REASON-NOT-SERIOUS-{criterion}", "CG0041", s.implies,
             "meets a criterion of seriousness but is not serious; query the site",
             datasets=["AE"], when={criterion: "Y"}, then={"AESER": "Y"})
        for criterion in SERIOUS[:6]
    ),
    rule("OCCURRED-UNASKED", "CG0088 CG0089 CG0654", s.implies,
         "--OCCUR answers a question that was asked, so --PRESP must be Y; correct the mapping",
         when={"--OCCUR": "present"}, then={"--PRESP": "Y"}),
    rule("ASKED-UNANSWERED", "CG0081 CG0086", s.implies,
         "was asked for, but has neither --OCCUR nor the status NOT DONE; query the site",
         when={"--PRESP": "Y"}, then={"--OCCUR": "present", "--STAT": "NOT DONE"}, any_of=True),
    rule("NOT-OCCURRED-REASON", "", s.implies,
         "has a reason for not occurring, but it occurred or was not asked for; query the site",
         when={"--REASOC": "present"}, then={"--OCCUR": "N"}),
    rule("EVENT-UNCODED", "", s.implies,
         "the event is not coded; query the term, or code it", "warning",
         datasets=["AE"], when={"AETERM": "present"}, then={"AEDECOD": "present"}),
    rule("RESOLVED-WITHOUT-END", "", s.implies,
         "the event is over but has no end; query the site", "warning",
         datasets=["AE"], when={"AEOUT": ["RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE"]},
         then={"AEENDTC": "present"}),
    rule("UNRESOLVED-WITH-END", "", s.implies,
         "the event is not over by its outcome but has an end; query the site", "warning",
         datasets=["AE"], when={"AEOUT": ["RECOVERING/RESOLVING", "NOT RECOVERED/NOT RESOLVED"]},
         then={"AEENDTC": "absent"}),
    rule("WITHDRAWN-WITHOUT-END", "", s.accompanied,
         "treatment was withdrawn because of the event, but no disposition in DS says so; query the site",
         "warning",
         dataset="AE", when={"AEACN": "DRUG WITHDRAWN"}, by="DS",
         where={"DSDECOD": ["ADVERSE EVENT", "DEATH"]}),
    # MULTIPLE may hold a withdrawal: the action of each product is in SUPPAE
    rule("END-WITHOUT-EVENT", "", s.accompanied,
         "ended because of an adverse event, but for no event in AE was treatment withdrawn; query the site",
         "warning",
         dataset="DS", when={"DSDECOD": "ADVERSE EVENT"}, by="AE",
         where={"AEACN": ["DRUG WITHDRAWN", "MULTIPLE"]}),
)

TUMOURS = (
    rule("NEW-LESION-WITHOUT-PROGRESSION", "", s.accompanied,
         "a new lesion, but no overall response in RS is progressive disease; query the site", "warning",
         dataset="TU", when={"TUSTRESC": "NEW"}, by="RS",
         where={"RSTESTCD": "OVRLRESP", "RSSTRESC": ["PD", "PMD"]}),
    rule("TARGET-WITHOUT-PLACE", "", s.implies,
         "the target lesion has no location; query the site", "warning",
         datasets=["TU"], when={"TUSTRESC": "TARGET"}, then={"TULOC": "present"}),
)

FINDINGS = (
    rule("RESULT-NOT-DONE", "CG0422", s.implies,
         "has a result although its status is NOT DONE; query the site",
         when={"--STAT": "NOT DONE"}, then={"--ORRES": "absent"}),
    rule("NO-RESULT-NO-STATUS", "CG0348", s.implies,
         "has no result, and no status says that it was not done; query the site",
         when={"--TESTCD": "present", "--ORRES": "absent"}, then={"--STAT": "NOT DONE", "--DRVFL": "Y"},
         any_of=True),
    rule("REASON-WITHOUT-STATUS", "CG0094", s.implies,
         "has a reason for not being done but not the status NOT DONE; query the site",
         when={"--REASND": "present"}, then={"--STAT": "NOT DONE"}),
    rule("STATUS-WITHOUT-REASON", "", s.implies,
         "was not done, and no reason is given; query the site", "warning",
         when={"--STAT": "NOT DONE"}, then={"--REASND": "present"}),
    rule("RESULT-NOT-STANDARDIZED", "", s.implies,
         "has a collected result but no standard one; its unit may be missing or unknown to specs/units.yaml",
         when={"--ORRES": "present"}, then={"--STRESC": "present"}),
    rule("NUMBER-WITHOUT-TEXT", "", s.implies,
         "has a standard result as a number but not as text; correct the mapping",
         when={"--STRESN": "present"}, then={"--STRESC": "present"}),
    rule("TEXT-WITHOUT-NUMBER", "FB3101", s.number_of_text,
         "the result reads as a number, but the numeric result is missing; correct the mapping",
         text="--STRESC", number="--STRESN"),
    rule(RULE, "", s.nearly_number,
         "has a unit and digits and is no number; query the site, or declare in specs/raw how it is written",
         text="--STRESC", unit="--ORRESU"),
    rule("LIMIT-OF-WORDS", "CG0180 CG0181 CG0182 CG0183", s.limit_of_result,
         "is a limit of normal beside a result in words; correct the mapping, or query the result",
         limits=LIMITS, result="--STRESC", censored=False),
    rule("LIMIT-OF-CENSORED", "CG0180 CG0181 CG0182 CG0183", s.limit_of_result,
         "is a limit of normal beside a result such as <5, which is continuous and no number; nothing to do",
         "warning",
         limits=LIMITS, result="--STRESC", censored=True),
    rule("UNIT-WITHOUT-RESULT", "", s.implies,
         "has a collected unit but no collected result; query the site",
         when={"--ORRESU": "present"}, then={"--ORRES": "present"}),
    rule("STANDARD-UNIT-WITHOUT-RESULT", "CG0426", s.implies,
         "has a standard unit but no standard result; correct the mapping",
         when={"--STRESU": "present"}, then={"--STRESC": "present"}),
    rule("UNIT-NOT-STANDARDIZED", "CG0425", s.implies,
         "has a result with a collected unit but no standard unit; add the unit to specs/units.yaml",
         when={"--ORRESU": "present", "--STRESN": "present"}, then={"--STRESU": "present"}),
    rule("LAST-BEFORE-DOSE-EMPTY", "CG0553 CG0569 FB2602", s.implies,
         "is flagged as the last observation before the first dose but has no result; correct the mapping",
         when={"--LOBXFL": "Y"}, then={"--STRESC": "present"}),
)

PLAN = (
    rule("EPOCH-PLANNED", "CG0009", s.planned,
         "is not an epoch of an arm of specs/study.yaml",
         variable="EPOCH", plan="epochs"),
    rule("EPOCH-BEFORE-CONSENT", "", s.compared_with_dm,
         "began before informed consent but has an epoch, which only the study has; correct the mapping",
         datasets=[], date="--STDTC", dm_date="RFICDTC", must_be="not before", when={"EPOCH": "present"}),
    rule("EPOCH-MEASURED-BEFORE", "", s.compared_with_dm,
         "was made before informed consent but has an epoch, which only the study has; correct the mapping",
         datasets=[], date="--DTC", dm_date="RFICDTC", must_be="not before", when={"EPOCH": "present"}),
    rule("EPOCH-ABSENT", "FB2201", s.filled,
         "has no epoch: right for what began before the study, or for a dose refused before the first one;"
         " else query the date", "warning",
         variable="EPOCH"),
    rule("ELEMENT-PLANNED", "CG0414", s.planned,
         "is not an element of specs/study.yaml",
         datasets=["SE"], variable="ETCD", plan="elements"),
    rule("CRITERION-PLANNED", "CG0179", s.planned,
         "is not a criterion of specs/study.yaml",
         datasets=["IE"], variable="IETESTCD", plan="criteria"),
    rule("CRITERION-WORDS", "CG0178", s.planned,
         "is not the text of a criterion of specs/study.yaml",
         datasets=["IE"], variable="IETEST", plan="criteria in words"),
    rule("EXCLUSION-MET", "CG0175", s.implies,
         "an exclusion criterion is in IE because it was met, so its result must be Y; query the site",
         datasets=["IE"], when={"IECAT": "EXCLUSION"}, then={"IEORRES": "Y"}),
    rule("INCLUSION-NOT-MET", "CG0176", s.implies,
         "an inclusion criterion is in IE because it was not met, so its result must be N; query the site",
         datasets=["IE"], when={"IECAT": "INCLUSION"}, then={"IEORRES": "N"}),
    rule("CRITERION-RESULT", "CG0177", s.equal,
         "differs from IEORRES; correct the mapping",
         datasets=["IE"], left="IEORRES", right="IESTRESC"),
    rule("VISIT-PLANNED", "CG0031 CG0655 CG0657", s.planned,
         "is marked as a planned visit, but specs/study.yaml does not plan it",
         datasets=["SV"], variable="VISIT", plan="visits", when={"SVPRESP": "Y"}),
    rule("ELEMENT-START", "CG0208", s.implies,
         "the element has no start; query the site",
         datasets=["SE"], when={"ETCD": "present"}, then={"SESTDTC": "present"}),
    rule("ELEMENT-UNPLANNED", "CG0210", s.implies,
         "the element is unplanned and has no description; query the site",
         datasets=["SE"], when={"ETCD": "UNPLAN"}, then={"SEUPDES": "present"}),
    rule("ELEMENT-DESCRIBED", "CG0211", s.implies,
         "has the description of an unplanned element but is planned; correct the mapping",
         datasets=["SE"], when={"SEUPDES": "present"}, then={"ETCD": "UNPLAN"}),
    rule("ELEMENTS-ADJOIN", "CG0207 CG0209", s.adjoining,
         "does not end when the subject's next element begins; correct the mapping",
         dataset="SE", start="SESTDTC", end="SEENDTC"),
)

RELATIONS = (
    rule("SUPP-PARENT", "", s.refers_to_a_record,
         "the record that it qualifies does not exist; correct the mapping",
         prefix="SUPP"),
    rule("COMMENT-PARENT", "", s.refers_to_a_record,
         "the record that it comments on does not exist; correct the mapping",
         prefix="CO"),
    rule("RELATED-RECORD", "", s.refers_to_a_record,
         "the record that it relates does not exist; correct the mapping",
         prefix="RELREC"),
    rule("RELATED-TO-NONE", "CG0200", s.at_least_two,
         "is the only record of its relation; a relation has at least two",
         dataset="RELREC", group="RELID"),
    rule("SPONSOR-ID-TWICE", "", s.one_of_subject,
         "identifies more than one record of the subject; correct the mapping, or query the line of the form",
         "warning",
         variable="--SPID"),
    rule("RELATION-ONE", "", s.one_of_relation,
         "stands in more than one record of the subject, but RELREC relates one; correct the mapping, or the"
         " relation in specs/study.yaml"),
    rule("IDENTIFIED-BY-NOTHING", "CG0204", s.implies,
         "IDVAR names a variable, but IDVARVAL has no value; correct the mapping",
         when={"IDVAR": "present", "QNAM": "present"}, then={"IDVARVAL": "present"}),
    rule("VALUE-OF-NOTHING", "CG0465", s.implies,
         "IDVARVAL has a value, but IDVAR names no variable; correct the mapping",
         when={"IDVARVAL": "present"}, then={"IDVAR": "present"}),
)
# fmt: on

RULES = (*EVENTS, *TUMOURS, *FINDINGS, *PLAN, *RELATIONS)
