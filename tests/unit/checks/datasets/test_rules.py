"""Each rule across records and datasets fires on the fault planted for it, names key and raw record, and is
silent on clean data.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd
import pytest

from pipeline.checks.datasets import rules
from pipeline.checks.datasets.rules import shapes
from pipeline.profile import Profile
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.models import Dataset
from tests.support.tables import days, text

Row = dict[str, str | float | None]
ARM = {
    "ARMCD": "NKT",
    "ARM": "Trastuzumab and NK immunotherapy",
    "ACTARMCD": "NKT",
    "ACTARM": "Trastuzumab and NK immunotherapy",
}
IDENTITY = ("form", "record", "block")
NUMBERS = ("CNSR", "SEQ", "STRESN", "STNRLO", "STNRHI", "DOSE", "VISITNUM")
WORDS = "Patients with brain metastasis"

# Clean data that come as near to each rule as they may.
CLEAN: dict[str, list[Row]] = {
    "DM": [
        {"USUBJID": "died", "BRTHDTC": "1960", "RFICDTC": "2016-08-01", "RFSTDTC": "2016-08-12",
         "RFXSTDTC": "2016-08-12", "RFXENDTC": "2016-09-02", "RFENDTC": "2017-05", "RFPENDTC": "2017-09",
         "DTHFL": "Y", "DTHDTC": "2017-05", **ARM},
        # the day of the cut-off
        {"USUBJID": "alive", "RFICDTC": "2016-08-01", "RFPENDTC": "2019-07-01", "ARMNRS": "SCREEN FAILURE"},
    ],
    "EX": [
        {"USUBJID": "died", "EXSTDTC": "2016-08-12", "EXENDTC": "2016-08-12"},
        {"USUBJID": "died", "EXSTDTC": "2016-09-02", "EXENDTC": "2016-09-02"},
    ],
    "EC": [{"USUBJID": "died", "ECDOSE": None, "ECOCCUR": "N", "ECPRESP": "Y", "ECREASOC": "Illness",
            "ECSTDTC": None}],
    "AE": [
        # ends on the day it starts
        {"USUBJID": "died", "AEACN": "DOSE NOT CHANGED", "AESTDTC": "2016-08-12", "AEENDTC": "2016-08-12",
         "AESER": "N", "AESPID": "AE-FD-001-1"},
        # may end after it starts
        {"USUBJID": "died", "AESTDTC": "2016-08-12", "AEENDTC": "2016-08"},
        {"USUBJID": "alive", "AESTDTC": "2017", "AEENDTC": "2017-01-05"},  # may start before it ends
        {"USUBJID": "alive", "AESTDTC": "2019", "AEENDTC": None},  # may start before the cut-off
        {"USUBJID": "died", "AESTDTC": "2017", "AEENDTC": "2017"},  # may start and end before the death
        {"USUBJID": "died", "AESTDTC": "2017-05-31", "AEENDTC": "2017-05", "AEOUT": "FATAL", "AESDTH": "Y",
         "AESER": "Y", "AESEQ": 5, "AETOXGR": "5"},
        {"USUBJID": "died", "AETERM": "Rash", "AEDECOD": "Rash", "AEOUT": "RECOVERED/RESOLVED",
         "AEENDTC": "2016-08", "AETOXGR": "4"},
        {"USUBJID": "died", "AEOUT": "NOT RECOVERED/NOT RESOLVED", "AETOXGR": "1"},
    ],
    "PR": [
        {"USUBJID": "died", "PRSTDTC": "2016-08-01", "EPOCH": "SCREENING"},  # the day of informed consent
        {"USUBJID": "died", "PRSTDTC": "2016-08", "EPOCH": "SCREENING"},  # may be after it
    ],
    "CM": [
        {"USUBJID": "died", "CMENTPT": "2017-05"},  # the date of death, as it is known
        {"USUBJID": "died", "CMENTPT": "SCREENING"},  # a visit
    ],
    "MI": [{"USUBJID": "died", "MIDTC": "2016-08-01", "EPOCH": "SCREENING"}],
    # of an earlier operation: its date is none of the visit
    "GF": [{"USUBJID": "died", "GFDTC": "2012-03-05", "VISITNUM": 1}],
    "DS": [
        {"USUBJID": "died", "DSDECOD": "INFORMED CONSENT OBTAINED", "DSSTDTC": "2016-08-01"},
        {"USUBJID": "alive", "DSDECOD": "INFORMED CONSENT OBTAINED", "DSSTDTC": "2016-08-01"},
        {"USUBJID": "died", "DSDECOD": "DEATH", "DSSTDTC": "2017-05", "DSSEQ": 3},
    ],
    "DD": [{"USUBJID": "died", "DDTESTCD": "PRCDTH", "DDORRES": "Progression", "DDSTRESC": "Progression"}],
    "SS": [{"USUBJID": "died", "SSTESTCD": "SURVSTAT", "SSORRES": "Dead", "SSSTRESC": "DEAD",
            "SSDTC": "2017-05-31", "VISITNUM": 501},
           # in the month of death
           {"USUBJID": "died", "SSTESTCD": "SURVSTAT", "SSORRES": "Alive", "SSSTRESC": "ALIVE",
            "SSDTC": "2017-05-31", "VISITNUM": 501}],
    "RS": [
        # the day after the first dose
        {"USUBJID": "died", "RSTESTCD": "OVRLRESP", "RSORRES": "SD", "RSSTRESC": "SD",
         "RSDTC": "2016-08-13"},
        {"USUBJID": "died", "RSTESTCD": "KPSS0101", "RSORRES": "90", "RSSTRESC": "90", "RSSTRESN": 90.0,
         "RSDTC": "2016-08-12"},  # performance, of the day itself
        # of a participant who was never dosed
        {"USUBJID": "alive", "RSTESTCD": "OVRLRESP", "RSORRES": "PD", "RSSTRESC": "PD",
         "RSDTC": "2016-08-12"},
    ],
    "SV": [
        {"USUBJID": "died", "VISITNUM": 1, "VISIT": "SCREENING", "SVPRESP": "Y", "SVOCCUR": "Y",
         "SVSTDTC": "2016-08-01", "SVENDTC": "2016-08-12"},
        {"USUBJID": "died", "VISITNUM": 10, "VISIT": "WEEK 12", "SVPRESP": "Y", "SVOCCUR": "N"},
        {"USUBJID": "died", "VISITNUM": 501, "VISIT": "SURVIVAL FOLLOW-UP 01", "SVPRESP": "Y",
         "SVOCCUR": "Y"},
        {"USUBJID": "died", "VISITNUM": 901, "VISIT": "UNSCHEDULED 01"},  # nobody planned it
    ],
    "SE": [
        {"USUBJID": "died", "ETCD": "SCRN", "SESTDTC": "2016-08-01", "SEENDTC": "2016-08-12"},
        {"USUBJID": "died", "ETCD": "NKTRAS", "SESTDTC": "2016-08-12", "SEENDTC": "2016-09-03"},
        # the last
        {"USUBJID": "died", "ETCD": "UNPLAN", "SEUPDES": "Waited for a bed", "SESTDTC": "2016-09-03",
         "SEENDTC": None},
    ],
    "IE": [
        {"USUBJID": "alive", "IETESTCD": "EXCL02", "IETEST": WORDS, "IECAT": "EXCLUSION", "IEORRES": "Y",
         "IESTRESC": "Y"},
    ],
    "LB": [
        {"USUBJID": "died", "LBTESTCD": "PLAT", "LBORRES": "210", "LBORRESU": "10^9/L", "LBSTRESC": "210",
         "LBSTRESN": 210.0, "LBSTRESU": "10^9/L", "LBLOBXFL": "Y", "VISITNUM": 1, "LBDTC": "2016-08-12"},
        # between the limits
        {"USUBJID": "died", "LBTESTCD": "ALB", "LBORRES": "41", "LBORRESU": "g/L", "LBSTRESC": "41",
         "LBSTRESN": 41.0, "LBSTRESU": "g/L", "LBORNRLO": "40", "LBSTNRHI": 55.0},
        # without limits
        {"USUBJID": "died", "LBTESTCD": "CEA", "LBORRES": "<5", "LBORRESU": "ug/L", "LBSTRESC": "<5",
         "LBSTRESU": "ug/L"},
        {"USUBJID": "died", "LBTESTCD": "CEA", "LBSTAT": "NOT DONE", "LBREASND": "Sample lost"},
    ],
    # a lesion once in TU, and at each assessment in TR; another participant may have one of the same name
    "TU": [{"USUBJID": "died", "TULNKID": "T01"}, {"USUBJID": "died", "TULNKID": "T02"},
           {"USUBJID": "alive", "TULNKID": "T01"}, {"USUBJID": "died", "TULNKID": None},
           {"USUBJID": "died", "TULNKID": None},
           {"USUBJID": "alive", "TUSTRESC": "NEW"},  # progression in RS
           {"USUBJID": "died", "TUSTRESC": "TARGET", "TULOC": "LIVER"}],
    "TR": [{"USUBJID": "died", "TRLNKID": "T01"}, {"USUBJID": "died", "TRLNKID": "T01"}],
    "SUPPAE": [{"USUBJID": "died", "RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": "5", "QNAM": "AECOM"}],
    "SUPPDM": [{"USUBJID": "died", "RDOMAIN": "DM", "QNAM": "DMCOM"}],
    "CO": [{"USUBJID": "died", "RDOMAIN": None, "IDVAR": None, "IDVARVAL": None}],  # a comment on the subject
    "RELREC": [
        {"USUBJID": "died", "RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": "5", "RELID": "DEATH"},
        {"USUBJID": "died", "RDOMAIN": "DS", "IDVAR": "DSSEQ", "IDVARVAL": "3", "RELID": "DEATH"},
    ],
    "ADSL": [
        # on its last possible day
        {"USUBJID": "died", "DTHFL": "Y", "DTHDTC": "2017-05", "LSTALVDT": "2017-05-31"},
        {"USUBJID": "alive", "LSTALVDT": "2019-06-20"},
    ],
    # an event on the first day
    "ADTTE": [
        {"USUBJID": "alive", "PARAMCD": "OS", "STARTDT": "2016-08-10", "ADT": "2016-08-10", "CNSR": 0},
        {"USUBJID": "alive", "PARAMCD": "PFS", "STARTDT": "2016-08-10", "ADT": "2016-08-10", "CNSR": 1,
         "CNSDTDSC": "RANDOMIZATION"},
    ],
}  # fmt: skip


def frame(rows: list[Row]) -> pd.DataFrame:
    """A dataset as the rules get it: the variables that the rows name, identity and block beside them."""
    columns = {"form": text(*["form"] * len(rows)), "record": text(*[f"{i:02d}" for i in range(len(rows))])}
    for name in dict.fromkeys(k for row in rows for k in row):
        values = [row.get(name) for row in rows]
        if name.endswith("DT"):
            columns[name] = days(*(v if isinstance(v, str) else None for v in values))
        else:
            columns[name] = pd.Series(values, dtype="float64" if name.endswith(NUMBERS) else "str")
    return pd.DataFrame(columns).assign(block=0)


def check(study: Study, **planted: list[Row]) -> list[Finding]:
    """What the rules object to in the clean data with some records added."""
    with_faults = {name: frame(CLEAN.get(name, []) + records) for name, records in planted.items()}
    return rules.check(study, {**clean(), **with_faults})


@cache
def clean() -> dict[str, pd.DataFrame]:
    return {name: frame(records) for name, records in CLEAN.items()}


def test_clean_data_have_no_finding(study: Study) -> None:
    assert check(study) == []


def dm(**values: str) -> dict[str, list[Row]]:
    """A further participant, of whom no other record is needed."""
    return {"DM": [{"USUBJID": "other", **values}]}


SCREENED: Row = {"USUBJID": "other", "ARMNRS": "SCREEN FAILURE"}
TREATED = {**ARM, "RFENDTC": "2017-01-01"}
PLANTED: list[tuple[str, dict[str, list[Row]], str, str]] = [
    # rule, records added, dataset and variable of the finding
    ("SUBJECT-IN-DM", {"AE": [{"USUBJID": "stranger", "AESTDTC": "2017-01-01"}]}, "AE", "USUBJID"),
    ("VISIT-IN-SV", {"LB": [{"USUBJID": "died", "VISITNUM": 2}]}, "LB", "VISITNUM"),
    ("VISIT-COVERS",
     {"LB": [{"USUBJID": "died", "VISITNUM": 1, "LBDTC": "2016-08-13T08:00"}]},
     "LB", "LBDTC"),
    ("VISIT-COVERS", {"CM": [{"USUBJID": "died", "VISITNUM": 1, "CMENDTC": "2016-08-13"}]}, "CM", "CMENDTC"),
    ("VISIT-MISSED-DATED",
     {"LB": [{"USUBJID": "died", "VISITNUM": 10, "LBDTC": "2016-11-03"}]},
     "LB", "LBDTC"),
    ("END-BEFORE-START",
     {"AE": [{"USUBJID": "died", "AESTDTC": "2016-08-13", "AEENDTC": "2016-08-12"}]},
     "AE", "AEENDTC"),
    ("END-BEFORE-START",
     {"AE": [{"USUBJID": "died", "AESTDTC": "2016-09", "AEENDTC": "2016-08-31"}]},
     "AE", "AEENDTC"),
    ("END-BEFORE-START",
     {"AE": [{"USUBJID": "died", "AESTDTC": "2016-08-12T10:30", "AEENDTC": "2016-08-12T09:30"}]},
     "AE", "AEENDTC"),
    ("DM-DATES-ORDER",
     {"DM": [{**SCREENED, "RFICDTC": "2016-08-02", "RFPENDTC": "2016-08-01"}]},
     "DM", "RFPENDTC"),
    ("COUNTRY-CODE", {"DM": [{**SCREENED, "COUNTRY": "Germany"}]}, "DM", "COUNTRY"),
    ("COUNTRY-CODE", {"DM": [{**SCREENED, "COUNTRY": "DE"}]}, "DM", "COUNTRY"),
    ("AFTER-CUT-OFF",
     {"DM": [SCREENED], "AE": [{"USUBJID": "other", "AESTDTC": "2019-07-02"}]},
     "AE", "AESTDTC"),
    ("AFTER-CUT-OFF",
     {"DM": [SCREENED], "AE": [{"USUBJID": "other", "AEENDTC": "2019-08"}]},
     "AE", "AEENDTC"),
    ("STARTS-AFTER-PARTICIPATION",
     {"DV": [{"USUBJID": "died", "DVSTDTC": "2017-10-01"}]},
     "DV", "DVSTDTC"),
    ("AFTER-PARTICIPATION", {"SS": [{"USUBJID": "died", "SSDTC": "2017-10-01"}]}, "SS", "SSDTC"),
    ("ENDS-AFTER-PARTICIPATION", {"DV": [{"USUBJID": "died", "DVENDTC": "2017-10"}]}, "DV", "DVENDTC"),
    ("BEFORE-CONSENT", {"AE": [{"USUBJID": "alive", "AESTDTC": "2016-07-31"}]}, "AE", "AESTDTC"),
    ("AFTER-DEATH", {"AE": [{"USUBJID": "died", "AESTDTC": "2017-06-01"}]}, "AE", "AESTDTC"),
    ("ENDS-AFTER-DEATH",
     {"AE": [{"USUBJID": "died", "AESTDTC": "2017-05-01", "AEENDTC": "2017-06-01"}]},
     "AE", "AEENDTC"),
    ("GOES-ON-AFTER-DEATH", {"CM": [{"USUBJID": "died", "CMENTPT": "2017-06-01"}]}, "CM", "CMENTPT"),
    ("MEASURED-AFTER-DEATH", {"LB": [{"USUBJID": "died", "LBDTC": "2017-06-01"}]}, "LB", "LBDTC"),
    ("ALIVE-AFTER-DEATH",
     {"SS": [{"USUBJID": "died", "SSSTRESC": "ALIVE", "SSDTC": "2017-06-01"}]},
     "SS", "SSDTC"),
    # the day of the first dose
    ("RESPONSE-BEFORE-DOSE",
     {"RS": [{"USUBJID": "died", "RSTESTCD": "TRGRESP", "RSORRES": "SD", "RSSTRESC": "SD",
              "RSDTC": "2016-08-12"}]},
     "RS", "RSDTC"),
    ("DOSE-WITHOUT-UNIT", {"EX": [{"USUBJID": "died", "EXDOSE": 436.0}]}, "EX", "EXDOSU"),
    ("EXPOSURE-WITHOUT-DOSE", {"EX": [{"USUBJID": "died", "EXTRT": "TRASTUZUMAB"}]}, "EX", "EXDOSE"),
    ("OMITTED-WITH-DOSE",
     {"EC": [{"USUBJID": "died", "ECPRESP": "Y", "ECOCCUR": "N", "ECDOSE": 6.0, "ECDOSU": "mg/kg"}]},
     "EC", "ECDOSE"),
    ("GRADE-5-NOT-FATAL", {"AE": [{"USUBJID": "died", "AETOXGR": "5", "AEOUT": "UNKNOWN"}]}, "AE", "AEOUT"),
    ("FATAL-NOT-GRADE-5",
     {"AE": [{"USUBJID": "died", "AETOXGR": "4", "AEOUT": "FATAL", "AESDTH": "Y", "AESER": "Y"}]},
     "AE", "AETOXGR"),
    ("DEATH-NOT-FATAL",
     {"AE": [{"USUBJID": "died", "AESDTH": "Y", "AESER": "Y", "AEOUT": "UNKNOWN"}]},
     "AE", "AEOUT"),
    ("EVENT-UNCODED", {"AE": [{"USUBJID": "died", "AETERM": "Rash"}]}, "AE", "AEDECOD"),
    ("RESOLVED-WITHOUT-END", {"AE": [{"USUBJID": "died", "AEOUT": "RECOVERED/RESOLVED"}]}, "AE", "AEENDTC"),
    ("UNRESOLVED-WITH-END",
     {"AE": [{"USUBJID": "died", "AEOUT": "RECOVERING/RESOLVING", "AEENDTC": "2016-09"}]},
     "AE", "AEENDTC"),
    ("UNRESOLVED-WITH-END",
     {"AE": [{"USUBJID": "died", "AEOUT": "UNKNOWN", "AEENDTC": "2016-09"}]},
     "AE", "AEENDTC"),
    ("WITHDRAWN-WITHOUT-END", {"AE": [{"USUBJID": "alive", "AEACN": "DRUG WITHDRAWN"}]}, "AE", "AEACN"),
    ("END-WITHOUT-EVENT", {"DS": [{"USUBJID": "alive", "DSDECOD": "ADVERSE EVENT"}]}, "DS", "DSDECOD"),
    ("NEW-LESION-WITHOUT-PROGRESSION", {"TU": [{"USUBJID": "died", "TUSTRESC": "NEW"}]}, "TU", "TUSTRESC"),
    ("TARGET-WITHOUT-PLACE", {"TU": [{"USUBJID": "died", "TUSTRESC": "TARGET"}]}, "TU", "TULOC"),
    ("EVENT-BEFORE-ORIGIN",
     {"ADTTE": [{"USUBJID": "died", "PARAMCD": "OS", "STARTDT": "2016-08-10", "ADT": "2016-08-09"}]},
     "ADTTE", "ADT"),
    ("FIRST-DOSE",
     {"EX": [{"USUBJID": "died", "EXSTDTC": "2016-08-11", "EXENDTC": "2016-08-12"}]},
     "DM", "RFXSTDTC"),
    ("LAST-DOSE",
     {"EX": [{"USUBJID": "died", "EXSTDTC": "2016-09-02", "EXENDTC": "2016-09-03"}]},
     "DM", "RFXENDTC"),
    ("DOSED-WITHOUT-EX", dm(**TREATED, RFXSTDTC="2016-08-12"), "DM", "RFXSTDTC"),
    ("DOSE-MISSING",
     {"EC": [{"USUBJID": "died", "ECDOSE": None, "ECOCCUR": "Y", "ECPRESP": "Y"}]},
     "EC", "ECOCCUR"),
    ("FIRST-CONSENT",
     {"DS": [{"USUBJID": "alive", "DSDECOD": "INFORMED CONSENT OBTAINED", "DSSTDTC": "2016-07-31"}]},
     "DM", "RFICDTC"),
    ("ARM-WITHOUT-CODE",
     dm(ARM="Trastuzumab", ARMNRS="UNPLANNED TREATMENT", RFENDTC="2017-01-01"),
     "DM", "ARMCD"),
    ("CODE-WITHOUT-ARM", dm(ARMCD="T", ACTARMCD="T", ACTARM="Trastuzumab"), "DM", "ARM"),
    ("ACTUAL-WITHOUT-CODE", dm(ACTARM="Trastuzumab", ARMNRS="UNPLANNED TREATMENT"), "DM", "ACTARMCD"),
    ("CODE-WITHOUT-ACTUAL", dm(ACTARMCD="T", ARMNRS="UNPLANNED TREATMENT"), "DM", "ACTARM"),
    ("NO-ARM-NO-REASON", dm(ACTARMCD="T", ACTARM="Trastuzumab"), "DM", "ARMNRS"),
    ("NO-ACTUAL-NO-REASON", dm(ARMCD="T", ARM="Trastuzumab", RFENDTC="2017-01-01"), "DM", "ARMNRS"),
    ("REASON-WITH-ARMS",
     {"DM": [{"USUBJID": "other", **ARM, "RFENDTC": "2017-01-01", "ARMNRS": "UNPLANNED TREATMENT"}]},
     "DM", "ARMNRS"),
    ("NOT-ASSIGNED-WITH-ARM",
     dm(ARMCD="T", ARM="Trastuzumab", ARMNRS="SCREEN FAILURE", RFENDTC="2017-01-01"),
     "DM", "ARMCD"),
    ("NOT-TREATED-WITH-DOSE", {"DM": [{**SCREENED, "RFSTDTC": "2016-08-12"}]}, "DM", "RFSTDTC"),
    ("ARM-WITHOUT-END", {"DM": [{"USUBJID": "other", **ARM}]}, "DM", "RFENDTC"),
    ("NOT-ASSIGNED-WITH-END", {"DM": [{**SCREENED, "RFENDTC": "2017-01-01"}]}, "DM", "RFENDTC"),
    ("REASON-WITH-END",
     dm(ARMCD="T", ARM="Trastuzumab", ARMNRS="ASSIGNED, NOT TREATED", RFENDTC="2017-01-01"),
     "DM", "RFENDTC"),
    ("ARM-PLANNED", dm(**{**TREATED, "ARMCD": "TX"}), "DM", "ARMCD"),
    ("ARM-NAME-PLANNED", dm(**{**TREATED, "ARM": "Trastuzumab X"}), "DM", "ARM"),
    ("ACTUAL-PLANNED", dm(**{**TREATED, "ACTARMCD": "TX"}), "DM", "ACTARMCD"),
    ("ACTUAL-NAME-PLANNED", dm(**{**TREATED, "ACTARM": "Trastuzumab X"}), "DM", "ACTARM"),
    ("DEATH-FLAG-SS", {"SS": [{"USUBJID": "alive", "SSSTRESC": "DEAD"}]}, "SS", "SSSTRESC"),
    ("DEATH-FLAG-DD",
     {"DD": [{"USUBJID": "alive", "DDTESTCD": "PRCDTH", "DDORRES": "x", "DDSTRESC": "x"}]},
     "DD", "DDTESTCD"),
    ("DEATH-FLAG-FATAL", {"AE": [{"USUBJID": "alive", "AEOUT": "FATAL"}]}, "AE", "AEOUT"),
    ("DEATH-FLAG-AE", {"AE": [{"USUBJID": "alive", "AESDTH": "Y", "AESER": "Y"}]}, "AE", "AESDTH"),
    ("DEATH-FLAG-DS", {"DS": [{"USUBJID": "alive", "DSDECOD": "DEATH"}]}, "DS", "DSDECOD"),
    ("DEATH-IN-DS", {"DM": [{**SCREENED, "DTHFL": "Y", "DTHDTC": "2017"}]}, "DM", "DTHFL"),
    ("DEATH-IN-DD", {"DM": [{**SCREENED, "DTHFL": "Y", "DTHDTC": "2017"}]}, "DM", "DTHFL"),
    ("STATUS-DEAD-IN-DS", {"SS": [{"USUBJID": "alive", "SSSTRESC": "DEAD"}]}, "SS", "SSSTRESC"),
    ("DEATH-DATE-FLAG", {"DM": [{**SCREENED, "DTHDTC": "2017"}]}, "DM", "DTHFL"),
    ("DEATH-WITHOUT-DATE", {"DM": [{**SCREENED, "DTHFL": "Y"}]}, "DM", "DTHDTC"),
    ("DEATH-DATE-DS",
     {"DS": [{"USUBJID": "died", "DSDECOD": "DEATH", "DSSTDTC": "2017-06-01"}]},
     "DS", "DSSTDTC"),
    ("DEATH-DATE-AE",
     {"AE": [{"USUBJID": "died", "AEOUT": "FATAL", "AESDTH": "Y", "AESER": "Y", "AEENDTC": "2017-04-30"}]},
     "AE", "AEENDTC"),
    ("DEATH-DATE-SS",
     {"SS": [{"USUBJID": "died", "SSSTRESC": "DEAD", "SSDTC": "2017-04-30"}]},
     "SS", "SSDTC"),
    ("DEATH-BEFORE-ALIVE",
     {"ADSL": [{"USUBJID": "died", "DTHFL": "Y", "DTHDTC": "2017-05-09", "LSTALVDT": "2017-05-10"}]},
     "ADSL", "DTHDTC"),
    ("DEATH-BEFORE-ALIVE",
     {"ADSL": [{"USUBJID": "died", "DTHFL": "Y", "DTHDTC": "2017-05", "LSTALVDT": "2017-06-01"}]},
     "ADSL", "DTHDTC"),
    ("CENSOR-TEXT-ON-EVENT",
     {"ADTTE": [{"USUBJID": "died", "PARAMCD": "OS", "CNSR": 0, "CNSDTDSC": "RANDOMIZATION"}]},
     "ADTTE", "CNSDTDSC"),
    ("FATAL-LED-TO-DEATH", {"AE": [{"USUBJID": "died", "AEOUT": "FATAL", "AESDTH": "N"}]}, "AE", "AESDTH"),
    ("SERIOUS-WITHOUT-REASON", {"AE": [{"USUBJID": "alive", "AESER": "Y", "AESHOSP": "N"}]}, "AE", "AESCONG"),
    ("REASON-NOT-SERIOUS-AESCONG",
     {"AE": [{"USUBJID": "died", "AESCONG": "Y", "AESER": "N"}]},
     "AE", "AESER"),
    ("REASON-NOT-SERIOUS-AESDISAB",
     {"AE": [{"USUBJID": "died", "AESDISAB": "Y", "AESER": "N"}]},
     "AE", "AESER"),
    ("REASON-NOT-SERIOUS-AESDTH", {"AE": [{"USUBJID": "died", "AESDTH": "Y", "AESER": "N"}]}, "AE", "AESER"),
    ("REASON-NOT-SERIOUS-AESHOSP",
     {"AE": [{"USUBJID": "died", "AESHOSP": "Y", "AESER": "N"}]},
     "AE", "AESER"),
    ("REASON-NOT-SERIOUS-AESLIFE",
     {"AE": [{"USUBJID": "died", "AESLIFE": "Y", "AESER": "N"}]},
     "AE", "AESER"),
    ("REASON-NOT-SERIOUS-AESMIE", {"AE": [{"USUBJID": "died", "AESMIE": "Y", "AESER": "N"}]}, "AE", "AESER"),
    ("OCCURRED-UNASKED",
     {"SV": [{"USUBJID": "died", "VISITNUM": 902, "VISIT": "UNSCHEDULED 02", "SVOCCUR": "N"}]},
     "SV", "SVPRESP"),
    ("ASKED-UNANSWERED",
     {"SV": [{"USUBJID": "died", "VISITNUM": 2, "VISIT": "CYCLE 1 DAY 1", "SVPRESP": "Y"}]},
     "SV", "SVOCCUR"),
    ("NOT-OCCURRED-REASON",
     {"EC": [{"USUBJID": "died", "ECPRESP": "Y", "ECOCCUR": "Y", "ECREASOC": "Illness", "ECDOSE": 6.0,
              "ECDOSU": "mg"}]},
     "EC", "ECOCCUR"),
    ("RESULT-NOT-DONE",
     {"LB": [{"USUBJID": "died", "LBTESTCD": "CEA", "LBSTAT": "NOT DONE", "LBREASND": "Lost",
              "LBORRES": "low", "LBSTRESC": "low"}]},
     "LB", "LBORRES"),
    ("NO-RESULT-NO-STATUS", {"LB": [{"USUBJID": "died", "LBTESTCD": "CEA"}]}, "LB", "LBSTAT"),
    ("REASON-WITHOUT-STATUS",
     {"LB": [{"USUBJID": "died", "LBTESTCD": "CEA", "LBORRES": "low", "LBSTRESC": "low",
              "LBREASND": "Lost"}]},
     "LB", "LBSTAT"),
    ("STATUS-WITHOUT-REASON",
     {"LB": [{"USUBJID": "died", "LBTESTCD": "CEA", "LBSTAT": "NOT DONE"}]},
     "LB", "LBREASND"),
    ("RESULT-NOT-STANDARDIZED",
     {"LB": [{"USUBJID": "died", "LBTESTCD": "CEA", "LBORRES": "23", "LBORRESU": "inch"}]},
     "LB", "LBSTRESC"),
    ("NUMBER-WITHOUT-TEXT", {"LB": [{"USUBJID": "died", "LBSTRESN": 5.0}]}, "LB", "LBSTRESC"),
    ("TEXT-WITHOUT-NUMBER", {"LB": [{"USUBJID": "died", "LBSTRESC": "5.0"}]}, "LB", "LBSTRESN"),
    ("RESULT-NO-NUMBER",
     {"LB": [{"USUBJID": "died", "LBORRES": "4,1", "LBORRESU": "mmol/L", "LBSTRESC": "4,1",
              "LBSTRESU": "mmol/L"}]},
     "LB", "LBSTRESC"),
    ("LIMIT-NO-NUMBER",
     {"LB": [{"USUBJID": "died", "LBORRES": "7", "LBSTRESC": "7", "LBSTRESN": 7.0, "LBORNRLO": "5-10"}]},
     "LB", "LBORNRLO"),
    ("LIMIT-NO-NUMBER",
     {"LB": [{"USUBJID": "died", "LBORRES": "7", "LBSTRESC": "7", "LBSTRESN": 7.0, "LBORNRHI": "5-10"}]},
     "LB", "LBORNRHI"),
    ("LIMIT-NO-NUMBER",
     {"LB": [{"USUBJID": "died", "LBORRES": "7", "LBSTRESC": "7", "LBSTRESN": 7.0, "LBORNRHI": ">1,000"}]},
     "LB", "LBORNRHI"),
    ("LIMIT-NO-NUMBER",
     {"LB": [{"USUBJID": "died", "LBORRES": "7", "LBSTRESC": "7", "LBSTRESN": 7.0, "LBORNRHI": "<5"}]},
     "LB", "LBORNRHI"),
    ("LIMIT-NO-NUMBER",
     {"LB": [{"USUBJID": "died", "LBORRES": "7", "LBSTRESC": "7", "LBSTRESN": 7.0, "LBORNRHI": "3,5"}]},
     "LB", "LBORNRHI"),
    ("LIMIT-OF-WORDS",
     {"LB": [{"USUBJID": "died", "LBORRES": "Negative", "LBSTRESC": "NEGATIVE", "LBORNRLO": "0"}]},
     "LB", "LBORNRLO"),
    ("LIMIT-OF-WORDS",
     {"LB": [{"USUBJID": "died", "LBORRES": "Negative", "LBSTRESC": "NEGATIVE", "LBSTNRHI": 5.0}]},
     "LB", "LBSTNRHI"),
    ("UNIT-OF-WORDS",
     {"LB": [{"USUBJID": "died", "LBORRES": "Hemolyzed", "LBSTRESC": "Hemolyzed", "LBORRESU": "U/L",
              "LBSTRESU": "U/L"}]},
     "LB", "LBSTRESC"),
    ("LIMIT-OF-CENSORED",
     {"LB": [{"USUBJID": "died", "LBORRES": "<5", "LBSTRESC": "<5", "LBORNRHI": "5.00"}]},
     "LB", "LBORNRHI"),
    ("LIMIT-OF-CENSORED",
     {"LB": [{"USUBJID": "died", "LBORRES": "> 1000", "LBSTRESC": ">1000", "LBSTNRLO": 5.0}]},
     "LB", "LBSTNRLO"),
    ("UNIT-WITHOUT-RESULT", {"LB": [{"USUBJID": "died", "LBORRESU": "ug/L"}]}, "LB", "LBORRES"),
    ("STANDARD-UNIT-WITHOUT-RESULT", {"LB": [{"USUBJID": "died", "LBSTRESU": "ug/L"}]}, "LB", "LBSTRESC"),
    ("UNIT-NOT-STANDARDIZED",
     {"LB": [{"USUBJID": "died", "LBORRES": "5", "LBORRESU": "ug/L", "LBSTRESC": "5", "LBSTRESN": 5.0}]},
     "LB", "LBSTRESU"),
    ("LAST-BEFORE-DOSE-EMPTY", {"LB": [{"USUBJID": "died", "LBLOBXFL": "Y"}]}, "LB", "LBSTRESC"),
    ("EPOCH-PLANNED", {"PR": [{"USUBJID": "died", "EPOCH": "RUN-IN"}]}, "PR", "EPOCH"),
    ("EPOCH-BEFORE-CONSENT",
     {"PR": [{"USUBJID": "died", "PRSTDTC": "2016-07", "EPOCH": "SCREENING"}]},
     "PR", "PRSTDTC"),
    ("EPOCH-MEASURED-BEFORE",
     {"MI": [{"USUBJID": "died", "MIDTC": "2016-07-31", "EPOCH": "SCREENING"}]},
     "MI", "MIDTC"),
    ("EPOCH-ABSENT", {"PR": [{"USUBJID": "died", "PRSTDTC": "2016-07-31"}]}, "PR", "EPOCH"),
    ("ELEMENT-PLANNED",
     {"SE": [{"USUBJID": "alive", "ETCD": "RUNIN", "SESTDTC": "2016-08-01"}]},
     "SE", "ETCD"),
    ("CRITERION-PLANNED",
     {"IE": [{"USUBJID": "alive", "IETESTCD": "EXCL09", "IETEST": WORDS, "IEORRES": "Y", "IESTRESC": "Y"}]},
     "IE", "IETESTCD"),
    ("CRITERION-WORDS",
     {"IE": [{"USUBJID": "alive", "IETESTCD": "EXCL02", "IETEST": "Brain", "IEORRES": "Y", "IESTRESC": "Y"}]},
     "IE", "IETEST"),
    ("EXCLUSION-MET",
     {"IE": [{"USUBJID": "alive", "IECAT": "EXCLUSION", "IEORRES": "N", "IESTRESC": "N"}]},
     "IE", "IEORRES"),
    ("INCLUSION-NOT-MET",
     {"IE": [{"USUBJID": "alive", "IECAT": "INCLUSION", "IEORRES": "Y", "IESTRESC": "Y"}]},
     "IE", "IEORRES"),
    ("CRITERION-RESULT", {"IE": [{"USUBJID": "alive", "IEORRES": "Y", "IESTRESC": "N"}]}, "IE", "IESTRESC"),
    ("VISIT-PLANNED",
     {"SV": [{"USUBJID": "died", "VISITNUM": 2, "VISIT": "CYCLE 9 DAY 1", "SVPRESP": "Y", "SVOCCUR": "Y"}]},
     "SV", "VISIT"),
    ("ELEMENT-START", {"SE": [{"USUBJID": "alive", "ETCD": "SCRN"}]}, "SE", "SESTDTC"),
    ("ELEMENT-UNPLANNED",
     {"SE": [{"USUBJID": "alive", "ETCD": "UNPLAN", "SESTDTC": "2016-08-01"}]},
     "SE", "SEUPDES"),
    ("ELEMENT-DESCRIBED",
     {"SE": [{"USUBJID": "alive", "ETCD": "SCRN", "SEUPDES": "x", "SESTDTC": "2016-08-01"}]},
     "SE", "ETCD"),
    ("ELEMENTS-ADJOIN",
     {"SE": [{"USUBJID": "alive", "ETCD": "SCRN", "SESTDTC": "2016-08-01", "SEENDTC": "2016-08-12"},
             {"USUBJID": "alive", "ETCD": "FUP", "SESTDTC": "2016-08-13"}]},
     "SE", "SEENDTC"),
    ("SUPP-PARENT",
     {"SUPPAE": [{"USUBJID": "died", "RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": "6"}]},
     "SUPPAE", "IDVARVAL"),
    ("COMMENT-PARENT",
     {"CO": [{"USUBJID": "alive", "RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": "5"}]},
     "CO", "IDVARVAL"),
    ("RELATED-RECORD",
     {"RELREC": [{"USUBJID": "died", "RDOMAIN": "CE", "IDVAR": "CESEQ", "IDVARVAL": "1", "RELID": "DEATH"}]},
     "RELREC", "IDVARVAL"),
    ("RELATED-TO-NONE",
     {"RELREC": [{"USUBJID": "died", "RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": "5", "RELID": "ALONE"}]},
     "RELREC", "RELID"),
    ("SPONSOR-ID-TWICE",
     {"AE": [{"USUBJID": "died", "AESPID": "AE-FD-001-1"}]},
     "AE", "AESPID"),
    ("RELATION-ONE",
     {"TU": [{"USUBJID": "died", "TULNKID": "T01"}]},
     "TU", "TULNKID"),
    ("ONGOING-WITH-END",
     {"CM": [{"USUBJID": "alive", "CMENRTPT": "ONGOING", "CMENDTC": "2017-02"}]},
     "CM", "CMENDTC"),
    ("OCCURRED-WITHOUT-DATE",
     {"PR": [{"USUBJID": "alive", "PRPRESP": "Y", "PROCCUR": "Y", "EPOCH": "SCREENING"}]},
     "PR", "PRSTDTC"),
    ("END-BEFORE-CONSENT",
     {"DS": [{"USUBJID": "alive", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2016-07-31"}]},
     "DS", "DSSTDTC"),
    ("RESPONSE-BEFORE-CONSENT",
     {"RS": [{"USUBJID": "alive", "RSTESTCD": "TRGRESP", "RSORRES": "SD", "RSSTRESC": "SD",
              "RSDTC": "2016-07-31"}]},
     "RS", "RSDTC"),
    ("STATUS-BEFORE-CONSENT",
     {"SS": [{"USUBJID": "alive", "SSTESTCD": "SURVSTAT", "SSORRES": "Alive", "SSSTRESC": "ALIVE",
              "SSDTC": "2016-07"}]},
     "SS", "SSDTC"),
    ("STARTS-BEFORE-BIRTH", {"CM": [{"USUBJID": "died", "CMSTDTC": "1959-12"}]}, "CM", "CMSTDTC"),
    ("ENDS-BEFORE-BIRTH", {"CM": [{"USUBJID": "died", "CMENDTC": "1959"}]}, "CM", "CMENDTC"),
    ("BEFORE-BIRTH", {"MI": [{"USUBJID": "died", "MIDTC": "1915"}]}, "MI", "MIDTC"),
    ("DISPOSITION-AFTER-DEATH",
     {"DS": [{"USUBJID": "died", "DSCAT": "DISPOSITION EVENT", "DSDECOD": "COMPLETED",
              "DSSTDTC": "2017-06-01"}]},
     "DS", "DSSTDTC"),
    ("KNOWN-ALIVE-AFTER-DEATH",
     {"SUPPDS": [{"USUBJID": "died", "RDOMAIN": "DS", "IDVAR": "DSSEQ", "IDVARVAL": "3",
                  "QNAM": "DSLSTALV", "QVAL": "2017-06-01"}]},
     "SUPPDS", "QVAL"),
    ("RANDOMIZED-AFTER-DEATH",
     {"DS": [{"USUBJID": "died", "DSCAT": "PROTOCOL MILESTONE", "DSDECOD": "RANDOMIZED",
              "DSSTDTC": "2017-06-01"}]},
     "DS", "DSSTDTC"),
    ("VISIT-AFTER-DEATH",
     {"SV": [{"USUBJID": "died", "VISITNUM": 902, "VISIT": "UNSCHEDULED 02", "SVSTDTC": "2017-05-31",
              "SVENDTC": "2017-06-01"}]},
     "SV", "SVENDTC"),
    ("DOSE-AFTER-END",
     {"DS": [{"USUBJID": "died", "DSCAT": "DISPOSITION EVENT", "DSDECOD": "COMPLETED",
              "DSSCAT": "STUDY TREATMENT - TRASTUZUMAB", "DSSTDTC": "2016-08-20"}],
      "EX": [{"USUBJID": "died", "EXTRT": "TRASTUZUMAB", "EXDOSE": 6.0, "EXDOSU": "mg/kg",
              "EXSTDTC": "2016-08-21"}]},
     "EX", "EXSTDTC"),
    ("DOSED-NOT-RANDOMIZED",
     {"EX": [{"USUBJID": "alive", "EXTRT": "NK CELLS", "EXDOSE": 10.0, "EXDOSU": "cells",
              "EXSTDTC": "2016-09-01"}]},
     "EX", "EXTRT"),
    ("RESPONSE-BEFORE-RANDOMIZATION",
     {"DS": [{"USUBJID": "alive", "DSDECOD": "RANDOMIZED", "DSSTDTC": "2016-08-10"}],
      "RS": [{"USUBJID": "alive", "RSTESTCD": "OVRLRESP", "RSORRES": "PD", "RSSTRESC": "PD",
              "RSDTC": "2016-08-09"}]},
     "RS", "RSDTC"),
    ("IDENTIFIED-BY-NOTHING",
     {"SUPPAE": [{"USUBJID": "died", "IDVAR": "AESEQ", "QNAM": "AECOM"}]},
     "SUPPAE", "IDVARVAL"),
    ("VALUE-OF-NOTHING",
     {"SUPPAE": [{"USUBJID": "died", "IDVARVAL": "5", "QNAM": "AECOM"}]},
     "SUPPAE", "IDVAR"),
]  # fmt: skip
WARNINGS = {
    "REASON-WITH-END",
    "RESPONSE-BEFORE-DOSE",
    "DOSE-WITHOUT-UNIT",
    "EXPOSURE-WITHOUT-DOSE",
    "OMITTED-WITH-DOSE",
    "GRADE-5-NOT-FATAL",
    "FATAL-NOT-GRADE-5",
    "DEATH-NOT-FATAL",
    "EVENT-UNCODED",
    "RESOLVED-WITHOUT-END",
    "UNRESOLVED-WITH-END",
    "WITHDRAWN-WITHOUT-END",
    "END-WITHOUT-EVENT",
    "NEW-LESION-WITHOUT-PROGRESSION",
    "TARGET-WITHOUT-PLACE",
    "SPONSOR-ID-TWICE",
    "STATUS-WITHOUT-REASON",
    "LIMIT-NO-NUMBER",
    "LIMIT-OF-CENSORED",
    "UNIT-OF-WORDS",
    "EPOCH-ABSENT",
    "STARTS-AFTER-PARTICIPATION",
    "AFTER-PARTICIPATION",
    "ENDS-AFTER-PARTICIPATION",
}
# Faults that bring others with them: the other rules that they break.
BESIDE: dict[str, set[str]] = {
    "BEFORE-BIRTH": {"EPOCH-ABSENT"},
    "RANDOMIZED-AFTER-DEATH": {"RESPONSE-BEFORE-RANDOMIZATION"},
    "DOSED-NOT-RANDOMIZED": {"FIRST-DOSE", "LAST-DOSE"},
    "DEATH-FLAG-SS": {"STATUS-DEAD-IN-DS"},
    "STATUS-DEAD-IN-DS": {"DEATH-FLAG-SS"},
    "DEATH-FLAG-FATAL": {"FATAL-LED-TO-DEATH"},
    "DEATH-IN-DS": {"DEATH-IN-DD"},
    "DEATH-IN-DD": {"DEATH-IN-DS"},
    "DEATH-WITHOUT-DATE": {"DEATH-IN-DS", "DEATH-IN-DD"},
    "ARM-WITHOUT-CODE": {"REASON-WITH-END"},
    "NOT-ASSIGNED-WITH-ARM": {"NOT-ASSIGNED-WITH-END"},
    "REASON-WITH-ARMS": {"REASON-WITH-END"},
}


@pytest.mark.parametrize(
    ("rule", "planted", "dataset", "variable"),
    PLANTED,
    ids=[f"{i:02d} {p[0]}" for i, p in enumerate(PLANTED)],
)
def test_a_planted_fault_is_found_by_its_rule_and_names_the_raw_record(
    study: Study, rule: str, planted: dict[str, list[Row]], dataset: str, variable: str
) -> None:
    findings = check(study, **planted)
    [finding] = [f for f in findings if f.rule == rule]
    assert (finding.dataset, finding.variable) == (dataset, variable)
    assert {f.rule for f in findings} - {rule} == BESIDE.get(rule, set())
    assert finding.severity == ("warning" if rule in WARNINGS else "error")
    assert finding.message
    assert finding.source.startswith("form, ")


def test_every_rule_has_a_planted_fault_and_an_id_of_its_own() -> None:
    assert {rule for rule, *_ in PLANTED} == {r.id for r in rules.RULES}
    assert len({r.id for r in rules.RULES}) == len(rules.RULES)


def test_a_finding_names_key_value_and_published_rules(study: Study) -> None:
    event: Row = {"USUBJID": "died", "AEDECOD": "Chills", "AESTDTC": "2016-08-12"}
    [finding] = check(study, AE=[{**event, "AESHOSP": "Y", "AESER": "N"}])
    assert finding == Finding(
        "REASON-NOT-SERIOUS-AESHOSP",
        "error",
        "AE",
        "AESER",
        "USUBJID=died, AEDECOD=Chills, AESTDTC=2016-08-12",
        "N",
        "meets a criterion of seriousness but is not serious; query the site (CG0041)",
        "form, died, 08",
    )


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        *((name, True) for name in ("CP", "GF", "IE", "LB", "MI", "RP", "RS", "TR", "TU", "VS")),
        *((name, False) for name in ("SS", "DD")),  # the contact that learns of the death comes after it
    ],
)
def test_any_dated_finding_lies_before_death(study: Study, dataset: str, expected: bool) -> None:
    records: list[Row] = [{"USUBJID": "died", f"{dataset}DTC": "2017-06-01"}]
    findings = check(study, **{dataset: records})
    found = {(f.dataset, f.variable) for f in findings if f.rule == "MEASURED-AFTER-DEATH"}
    assert found == ({(dataset, f"{dataset}DTC")} if expected else set())


@pytest.mark.parametrize(
    ("dataset", "record"),
    [("LB", {"LBDTC": "2016-11-03", "LBSTAT": "NOT DONE", "LBREASND": "Visit missed"}),
     ("EC", {"ECSTDTC": "2016-11-03", "ECPRESP": "Y", "ECOCCUR": "N", "ECDOSE": None})],
)  # fmt: skip
def test_what_was_not_done_can_be_dated_under_a_visit_that_did_not_take_place(
    study: Study, dataset: str, record: Row
) -> None:
    findings = check(study, **{dataset: [{"USUBJID": "died", "VISITNUM": 10, **record}]})
    assert "VISIT-MISSED-DATED" not in {f.rule for f in findings}


def test_all_faults_are_found_at_once(study: Study) -> None:
    findings = check(
        study,
        AE=[{"USUBJID": "stranger", "AESTDTC": "2019-07-02", "AEENDTC": "2019-07-01"}],
        DM=[{**SCREENED, "DTHFL": "Y"}],
    )
    assert sorted(f.rule for f in findings) == [
        "AFTER-CUT-OFF",
        "DEATH-IN-DD",
        "DEATH-IN-DS",
        "DEATH-WITHOUT-DATE",
        "END-BEFORE-START",
        "SUBJECT-IN-DM",
    ]


def test_no_records_have_no_finding(study: Study) -> None:
    assert rules.check(study, {name: frame(rows).iloc[:0] for name, rows in CLEAN.items()}) == []


def test_a_rule_is_silent_where_a_dataset_lacks_its_variables(study: Study) -> None:
    dm = frame([{"USUBJID": "one", "ARMNRS": "SCREEN FAILURE"}])
    assert rules.check(study, {"DM": dm, "XX": frame([{"USUBJID": "one"}])}) == []


def test_a_rule_of_a_dataset_is_silent_where_it_has_none_of_the_variables(study: Study) -> None:
    broken = shapes.implies(
        study,
        {"AE": frame([{"USUBJID": "one"}])},
        datasets=["AE"],
        when={"AESTDTC": "absent"},
        then={"AEENDTC": "present"},
    )
    assert list(broken) == []


SERIOUS: Row = {"USUBJID": "died", "AESER": "Y", "AEOUT": "FATAL", "AETERM": "Stroke"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, set()),  # the CRF asks for no criterion, so there is nothing to query
        ({"AESDTH": "N", "AESHOSP": "N"}, {"SERIOUS-WITHOUT-REASON", "FATAL-LED-TO-DEATH"}),
        ({"AESHOSP": "Y"}, set()),
    ],
    ids=["no criterion is asked for", "asked and not met", "death is not asked for"],
)
def test_a_criterion_of_seriousness_is_queried_where_the_form_asks_for_it(
    study: Study, asked: dict[str, str | None], found: set[str]
) -> None:
    rules_of_criteria = {"SERIOUS-WITHOUT-REASON", "FATAL-LED-TO-DEATH"}
    of_events = rules.check(study, {"AE": frame([{**SERIOUS, **asked}])})
    assert {f.rule for f in of_events} & rules_of_criteria == found


@pytest.mark.parametrize(
    ("collected", "standard", "found"),
    [("N", "Y", True), ("N", "N", False), (None, "N", False), ("N", None, False), (None, None, False)],
)
def test_two_values_are_compared_where_there_are_two(
    study: Study, collected: str | None, standard: str | None, found: bool
) -> None:
    criterion: Row = {"USUBJID": "died", "IEORRES": collected, "IESTRESC": standard}
    assert ("CRITERION-RESULT" in {f.rule for f in check(study, IE=[criterion])}) is found


@pytest.mark.parametrize(("start", "found"), [("2016-07-31", True), ("2016-08-01", False), ("2016", False)])
def test_a_partial_date_of_dm_can_be_each_of_its_days(study: Study, start: str, found: bool) -> None:
    findings = check(
        study,
        DM=[{**SCREENED, "RFICDTC": "2016-08"}],
        AE=[{"USUBJID": "other", "AESTDTC": start}],
    )
    assert ("BEFORE-CONSENT" in {f.rule for f in findings}) is found


WIDEST = max(len({name for row in rows for name in row}) for rows in CLEAN.values())


@pytest.mark.parametrize("place", range(WIDEST))
def test_no_rule_needs_a_variable_that_a_dataset_may_lack(study: Study, place: int) -> None:
    """Of every dataset one variable is left out: the first, the second ..."""
    frames = {name: frame(rows) for name, rows in CLEAN.items()}
    left_out = {
        name: list(f.columns.difference(["USUBJID", *IDENTITY]))[place:][:1] for name, f in frames.items()
    }
    rules.check(study, {name: f.drop(columns=left_out[name]) for name, f in frames.items()})


# --- over the whole study
TEXTS = ("LB", "LBTESTCD", "LBTEST")
VISITS = ("", "VISITNUM", "VISIT")


@pytest.mark.parametrize("test", ["OVRLRESP", "TRGRESP", "NTRGRESP", "NEWLPROG"])
def test_every_kind_of_response_follows_the_first_dose(study: Study, test: str) -> None:
    early: Row = {"USUBJID": "died", "RSTESTCD": test, "RSDTC": "2016-08-12"}
    assert "RESPONSE-BEFORE-DOSE" in {f.rule for f in check(study, RS=[early])}


@pytest.mark.parametrize(
    ("date", "expected"), [("2016-08-11", {"RESPONSE-BEFORE-RANDOMIZATION"}), ("2016-08-12", set())]
)
def test_a_response_on_the_day_of_randomization_is_not_before_it(
    study: Study, date: str, expected: set[str]
) -> None:
    randomized: Row = {"USUBJID": "alive", "DSDECOD": "RANDOMIZED", "DSSTDTC": "2016-08-12"}
    response: Row = {"USUBJID": "alive", "RSTESTCD": "OVRLRESP", "RSDTC": date}
    found = {f.rule for f in check(study, DS=[randomized], RS=[response])}
    assert found & {"RESPONSE-BEFORE-RANDOMIZATION"} == expected


CRITERIA = ("AESCAN", "AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESMIE", "AESOD")


def test_each_criterion_of_seriousness_is_a_reason(study: Study) -> None:
    serious: list[Row] = [{"USUBJID": "died", "AESER": "Y", "AEOUT": "FATAL", c: "Y"} for c in CRITERIA]
    assert "SERIOUS-WITHOUT-REASON" not in {f.rule for f in check(study, AE=serious)}


def test_a_study_without_arms_is_not_asked_for_a_planned_arm(study: Study) -> None:
    dosed = {"DM": frame([{"USUBJID": "dosed", "RFICDTC": "2016-08-01"}]),
             "EX": frame([{"USUBJID": "dosed", "EXTRT": "DRUG"}])}  # fmt: skip
    with_arms = {**dosed, "DM": dosed["DM"].assign(ARMCD=text(None))}
    found = [
        {f.rule for f in rules.check(study, frames)} & {"DOSED-NOT-RANDOMIZED"}
        for frames in (dosed, with_arms)
    ]
    assert found == [set(), {"DOSED-NOT-RANDOMIZED"}]


def one_to_one(names: tuple[str, str, str], pairs: set[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    findings = rules.one_to_one(Profile(pairs={names: frozenset(pairs)}))
    return [(f.dataset, f.variable, f.key, f.message) for f in findings]


def test_a_short_name_has_one_text() -> None:
    assert one_to_one(TEXTS, {("PLAT", "Platelets"), ("CEA", "Antigen")}) == []
    message = "has more than one LBTEST; each LBTESTCD has one LBTEST, and each LBTEST one LBTESTCD (FB0901)"
    assert one_to_one(TEXTS, {("PLAT", "Platelets"), ("PLAT", "Thrombocytes")}) == [
        ("LB", "LBTESTCD", "LBTESTCD=PLAT", message)
    ]


def test_a_visit_has_one_number_in_all_datasets() -> None:
    message = (
        "has more than one VISITNUM; each VISITNUM has one VISIT, and each VISIT one VISITNUM"
        " (CG0035, FB0919)"
    )
    assert one_to_one(VISITS, {("2.0", "NK 2"), ("3.0", "NK 2")}) == [("", "VISIT", "VISIT=NK 2", message)]


def test_two_blocks_of_which_each_has_one_text_of_a_short_name_are_seen_together() -> None:
    platelets = Profile(pairs={TEXTS: frozenset({("PLAT", "Platelets")})})
    thrombocytes = Profile(pairs={TEXTS: frozenset({("PLAT", "Thrombocytes")})})
    assert rules.one_to_one(platelets) == rules.one_to_one(thrombocytes) == []
    assert [f.rule for f in rules.one_to_one(platelets.merge(thrombocytes))] == ["ONE-TO-ONE"]


def test_a_relation_of_whole_datasets_names_what_is_published(study: Study) -> None:
    specs: Mapping[str, Dataset] = study.datasets
    right: Row = {"RDOMAIN": "TU", "IDVAR": "TULNKID", "RELID": "LESION"}
    unknown_variable: Row = {"RDOMAIN": "TU", "IDVAR": "TUXXX", "RELID": "LESION"}
    unknown_dataset: Row = {"RDOMAIN": "XX", "IDVAR": "XXSEQ", "RELID": "LESION"}
    relrec = frame([right, unknown_variable, unknown_dataset])
    findings = rules.related_datasets(specs, {"RELREC": relrec})
    assert [(f.rule, f.key, f.value) for f in findings] == [
        ("RELATED-DATASET", "RELID=LESION", "TU.TUXXX"),
        ("RELATED-DATASET", "RELID=LESION", "XX.XXSEQ"),
    ]
    assert rules.related_datasets(specs, {}) == []
