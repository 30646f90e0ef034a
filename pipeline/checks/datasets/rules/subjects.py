"""Rules about subjects, a row each: dates, exposure, arms and death."""

from __future__ import annotations

from typing import Any

from pipeline.checks.datasets.rules import shapes as s
from pipeline.checks.datasets.rules.rule import rule

DEAD = {"DTHFL": "Y"}
OF_VISIT: dict[str, Any] = {
    "visit": "VISITNUM", "parent": "SV", "span": ("SVSTDTC", "SVENDTC"), "consent": "RFICDTC",
    "dated": ("--DTC", "--STDTC", "--ENDTC"),
}  # fmt: skip
NEVER_ASSIGNED = ["SCREEN FAILURE", "NOT ASSIGNED"]

# A row is an id, the published ids, a shape, a message and the arguments of the shape.
# fmt: off
SUBJECTS = (
    rule("SUBJECT-IN-DM", "CG0029", s.subject_known,
         "the subject is not in DM; every subject with data must be",
         parent="DM"),
    rule("VISIT-IN-SV", "CG0034", s.visit_known,
         "the subject has no such visit in SV; map the visit, or query it",
         visit="VISITNUM", parent="SV"),
    rule("VISIT-COVERS", "", s.within_visit,
         "is dated outside the start and end of its visit in SV; let SV take its dates from this dataset too",
         **OF_VISIT, took_place=True),
    rule("VISIT-MISSED-DATED", "", s.within_visit,
         "is dated, but by SV its visit did not take place; query the visit",
         **OF_VISIT, took_place=False),
)

DATES = (
    rule("END-BEFORE-START", "", s.in_order,
         "ends before it starts; query the site",
         pairs=[("--STDTC", "--ENDTC")]),
    rule("DM-DATES-ORDER", "", s.in_order,
         "is before a date that it must follow; query the site",
         pairs=[("RFXSTDTC", "RFXENDTC"), ("RFSTDTC", "RFENDTC"), ("RFICDTC", "RFXSTDTC"),
                ("RFICDTC", "RFPENDTC"), ("BRTHDTC", "RFICDTC")]),
    rule("AFTER-CUT-OFF", "", s.by_cut_off,
         "dated after the data cut-off of specs/study.yaml; query the site, or cut the drop"),
    *(
        rule(id_, published, s.compared_with_dm,
             "dated after the end of participation in DM, the date of the last record; query the date",
             "warning",
             datasets=[], date=date, dm_date="RFPENDTC", must_be="not after")
        for id_, published, date in (
            ("STARTS-AFTER-PARTICIPATION", "FB3405", "--STDTC"),
            ("AFTER-PARTICIPATION", "FB3406", "--DTC"),
            ("ENDS-AFTER-PARTICIPATION", "FB3407", "--ENDTC"),
        )
    ),
    rule("BEFORE-CONSENT", "CG0075", s.compared_with_dm,
         "dated before informed consent; query the date",
         datasets=["EX", "EC", "AE", "DV"], date="--STDTC", dm_date="RFICDTC", must_be="not before"),
    rule("AFTER-DEATH", "", s.compared_with_dm,
         "begins after the date of death; query the dates",
         datasets=["EX", "EC", "AE", "CM", "PR"], date="--STDTC", dm_date="DTHDTC", must_be="not after"),
    rule("ENDS-AFTER-DEATH", "", s.compared_with_dm,
         "ends after the date of death; query the dates",
         datasets=["EX", "EC", "AE", "CM", "PR", "MH"], date="--ENDTC", dm_date="DTHDTC",
         must_be="not after"),
    rule("GOES-ON-AFTER-DEATH", "", s.compared_with_dm,
         "is said to go on after the date of death; correct the mapping",
         datasets=["AE", "CM", "PR", "MH"], date="--ENTPT", dm_date="DTHDTC", must_be="not after"),
    rule("MEASURED-AFTER-DEATH", "", s.compared_with_dm,
         "measured after the date of death; query the dates",
         datasets=["VS", "LB", "CP", "TU", "TR", "RS"], date="--DTC", dm_date="DTHDTC", must_be="not after"),
    rule("EVENT-BEFORE-ORIGIN", "", s.time_forward,
         "the event or censoring is before the start of the time to event; query the dates",
         start="STARTDT", end="ADT"),
)

EXPOSURE = (
    rule("FIRST-DOSE", "CG0148 FB0801", s.first_or_last_day,
         "is not the day of the first dose in EX; correct the mapping",
         variable="RFXSTDTC", among=["EX.EXSTDTC"], last=False),
    rule("LAST-DOSE", "CG0147 FB0802", s.first_or_last_day,
         "is not the day of the last dose in EX; correct the mapping",
         variable="RFXENDTC", among=["EX.EXSTDTC", "EX.EXENDTC"], last=True),
    rule("DOSED-WITHOUT-EX", "CG0534", s.accompanied,
         "has a first dose in DM but no record in EX; correct the mapping",
         dataset="DM", when={"RFXSTDTC": "present"}, by="EX", where={}),
    rule("DOSE-MISSING", "CG0462", s.implies,
         "the dose is missing, and nothing says that none was given; query the site",
         datasets=["EC"], when={"ECDOSE": "absent"},
         then={"ECOCCUR": "N", "ECSTAT": "NOT DONE", "ECDOSTXT": "present"}, any_of=True),
)

CONSENT = (
    rule("FIRST-CONSENT", "CG0068 CG0143", s.first_or_last_day,
         "is not the earliest informed consent in DS; correct the mapping",
         variable="RFICDTC", among=["DS.DSSTDTC"], last=False,
         where={"DSDECOD": "INFORMED CONSENT OBTAINED"}),
)

ARMS = (
    rule("ARM-WITHOUT-CODE", "CG0521", s.implies,
         "ARM has a value but ARMCD has none; both or neither must have one",
         datasets=["DM"], when={"ARM": "present"}, then={"ARMCD": "present"}),
    rule("CODE-WITHOUT-ARM", "", s.implies,
         "ARMCD has a value but ARM has none; both or neither must have one",
         datasets=["DM"], when={"ARMCD": "present"}, then={"ARM": "present"}),
    rule("ACTUAL-WITHOUT-CODE", "CG0522", s.implies,
         "ACTARM has a value but ACTARMCD has none; both or neither must have one",
         datasets=["DM"], when={"ACTARM": "present"}, then={"ACTARMCD": "present"}),
    rule("CODE-WITHOUT-ACTUAL", "", s.implies,
         "ACTARMCD has a value but ACTARM has none; both or neither must have one",
         datasets=["DM"], when={"ACTARMCD": "present"}, then={"ACTARM": "present"}),
    rule("NO-ARM-NO-REASON", "CG0517 CG0519", s.implies,
         "there is no planned arm, and ARMNRS does not say why; map the reason",
         datasets=["DM"], when={"ARMCD": "absent"}, then={"ARMNRS": "present"}),
    rule("NO-ACTUAL-NO-REASON", "CG0513 CG0515 FB2306", s.implies,
         "there is no actual arm, and ARMNRS does not say why; map the reason",
         datasets=["DM"], when={"ACTARMCD": "absent"}, then={"ARMNRS": "present"}),
    rule("REASON-WITH-ARMS", "CG0520", s.implies,
         "ARMNRS gives a reason for a missing arm, but none is missing; correct the mapping",
         datasets=["DM"], when={"ARMCD": "present", "ACTARMCD": "present"}, then={"ARMNRS": "absent"}),
    rule("NOT-ASSIGNED-WITH-ARM", "CG0524", s.implies,
         "has an arm although ARMNRS says that none was assigned; correct the mapping",
         datasets=["DM"], when={"ARMNRS": NEVER_ASSIGNED}, then={"ARMCD": "absent", "ACTARMCD": "absent"}),
    rule("NOT-TREATED-WITH-DOSE", "CG0534", s.implies,
         "has a reference start or a first dose although ARMNRS says not treated; correct the mapping",
         datasets=["DM"], when={"ARMNRS": [*NEVER_ASSIGNED, "ASSIGNED, NOT TREATED"]},
         then={"RFSTDTC": "absent", "RFXSTDTC": "absent"}),
    rule("ARM-WITHOUT-END", "CG0529", s.implies,
         "has a planned arm but no reference end; derive RFENDTC for all who were randomized",
         datasets=["DM"], when={"ARM": "present"}, then={"RFENDTC": "present"}),
    rule("REASON-WITH-END", "CG0530", s.implies,
         "has a reference end although ARMNRS gives a reason for a missing arm; correct the mapping",
         datasets=["DM"], when={"ARMNRS": "present"}, then={"RFENDTC": "absent"}),
    rule("ARM-PLANNED", "CG0516", s.planned,
         "is not the code of an arm of specs/study.yaml",
         datasets=["DM"], variable="ARMCD", plan="arm codes"),
    rule("ARM-NAME-PLANNED", "CG0518", s.planned,
         "is not an arm of specs/study.yaml",
         datasets=["DM"], variable="ARM", plan="arms"),
    rule("ACTUAL-PLANNED", "CG0512", s.planned,
         "is not the code of an arm of specs/study.yaml",
         datasets=["DM"], variable="ACTARMCD", plan="arm codes"),
    rule("ACTUAL-NAME-PLANNED", "CG0514", s.planned,
         "is not an arm of specs/study.yaml",
         datasets=["DM"], variable="ACTARM", plan="arms"),
)

DEATH = (
    rule("DEATH-FLAG-SS", "CG0132 FB0601", s.accompanied,
         "dead by survival status, but DM has no death flag; query the site",
         dataset="SS", when={"SSSTRESC": "DEAD"}, by="DM", where=DEAD),
    rule("DEATH-FLAG-DD", "CG0133 FB0602", s.accompanied,
         "has death details, but DM has no death flag; query the site",
         dataset="DD", when={"DDTESTCD": "present"}, by="DM", where=DEAD),
    rule("DEATH-FLAG-FATAL", "CG0134 FB0603", s.accompanied,
         "the event was fatal, but DM has no death flag; query the site",
         dataset="AE", when={"AEOUT": "FATAL"}, by="DM", where=DEAD),
    rule("DEATH-FLAG-AE", "CG0135 FB0604", s.accompanied,
         "the event resulted in death, but DM has no death flag; query the site",
         dataset="AE", when={"AESDTH": "Y"}, by="DM", where=DEAD),
    rule("DEATH-FLAG-DS", "CG0136 FB0605", s.accompanied,
         "the disposition is death, but DM has no death flag; query the site",
         dataset="DS", when={"DSDECOD": "DEATH"}, by="DM", where=DEAD),
    rule("DEATH-IN-DS", "FB0608", s.accompanied,
         "dead in DM, but no disposition in DS is death; query the site",
         dataset="DM", when=DEAD, by="DS", where={"DSDECOD": "DEATH"}),
    rule("DEATH-IN-DD", "", s.accompanied,
         "dead in DM, but DD has no death details; query the site",
         dataset="DM", when=DEAD, by="DD", where={}),
    rule("STATUS-DEAD-IN-DS", "CG0067 FB0614", s.accompanied,
         "dead by survival status, but no disposition in DS is death; query the site",
         dataset="SS", when={"SSSTRESC": "DEAD"}, by="DS", where={"DSDECOD": "DEATH"}),
    rule("DEATH-DATE-FLAG", "CG0435 FB0606", s.implies,
         "there is a date of death but no death flag; correct the mapping",
         datasets=["DM"], when={"DTHDTC": "present"}, then=DEAD),
    rule("DEATH-WITHOUT-DATE", "FB0610", s.implies,
         "a death without any date cannot be an event and is not a censoring; query the date",
         datasets=["DM", "ADSL"], when=DEAD, then={"DTHDTC": "present"}),
    rule("DEATH-DATE-DS", "CG0069 FB0611", s.compared_with_dm,
         "the disposition is death, on another date than the death in DM; query the dates",
         datasets=["DS"], date="DSSTDTC", dm_date="DTHDTC", must_be="same", when={"DSDECOD": "DEATH"}),
    rule("DEATH-DATE-AE", "FB0612", s.compared_with_dm,
         "the fatal event ends on another date than the death in DM; query the dates",
         datasets=["AE"], date="AEENDTC", dm_date="DTHDTC", must_be="same", when={"AEOUT": "FATAL"}),
    rule("DEATH-DATE-SS", "CG0171 FB0613", s.compared_with_dm,
         "known to be dead before the date of death in DM; query the dates",
         datasets=["SS"], date="SSDTC", dm_date="DTHDTC", must_be="not before", when={"SSSTRESC": "DEAD"}),
    rule("DEATH-BEFORE-ALIVE", "", s.alive_then_dead,
         "the participant was known to be alive after the date of death; query the dates",
         death="DTHDTC", alive="LSTALVDT"),
    rule("CENSOR-TEXT-ON-EVENT", "", s.implies,
         "CNSDTDSC says what the date of a censoring is, and this is an event; correct the mapping",
         datasets=["ADTTE"], when={"CNSR": [0.0]}, then={"CNSDTDSC": "absent"}),
    rule("FATAL-LED-TO-DEATH", "", s.implies,
         "the event was fatal but did not result in death; query the site",
         datasets=["AE"], when={"AEOUT": "FATAL"}, then={"AESDTH": "Y"}),
)
# fmt: on

RULES = (*SUBJECTS, *DATES, *EXPOSURE, *CONSENT, *ARMS, *DEATH)
