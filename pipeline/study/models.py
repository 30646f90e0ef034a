"""Every shape of specs/ and mappings/ under one name: `from pipeline.study import models as m`.

No logic but what it takes to refuse a wrong file.
"""

from __future__ import annotations

from pipeline.study.datasets import Dataset, Variable
from pipeline.study.design import Arm, Criterion, Element, Fact, ImportantDeviation
from pipeline.study.frozen import Frozen, Text, Where, Words
from pipeline.study.mappings import (
    Binding,
    Convention,
    Derivation,
    EventSource,
    Mapping,
    Missed,
    Records,
    Rule,
    SetAside,
    SetAsides,
    TimeToEvent,
)
from pipeline.study.protocol import (
    INVESTIGATOR,
    PARAMETERS,
    Assumption,
    Collected,
    CollectedDates,
    Default,
    Deviation,
    Dictionary,
    Epoch,
    Evaluator,
    Limit,
    NotYet,
    Parameter,
    Protocol,
    Relation,
    Standard,
    Subjects,
    TumourSchedule,
    Visit,
)
from pipeline.study.raw import Form, Header, RawField, RawFile
from pipeline.study.responses import ResponseParameter, ResponseSource
from pipeline.study.terms import Characters, Codelist, Codelists, Term, Translations, Unit, Units
from pipeline.study.waivers import Severity, Waiver, Waivers

__all__ = [
    "INVESTIGATOR",
    "PARAMETERS",
    "Arm",
    "Assumption",
    "Binding",
    "Characters",
    "Codelist",
    "Codelists",
    "Collected",
    "CollectedDates",
    "Convention",
    "Criterion",
    "Dataset",
    "Default",
    "Derivation",
    "Deviation",
    "Dictionary",
    "Element",
    "Epoch",
    "Evaluator",
    "EventSource",
    "Fact",
    "Form",
    "Frozen",
    "Header",
    "ImportantDeviation",
    "Limit",
    "Mapping",
    "Missed",
    "NotYet",
    "Parameter",
    "Protocol",
    "RawField",
    "RawFile",
    "Records",
    "Relation",
    "ResponseParameter",
    "ResponseSource",
    "Rule",
    "SetAside",
    "SetAsides",
    "Severity",
    "Standard",
    "Subjects",
    "Term",
    "Text",
    "TimeToEvent",
    "Translations",
    "TumourSchedule",
    "Unit",
    "Units",
    "Variable",
    "Visit",
    "Waiver",
    "Waivers",
    "Where",
    "Words",
]  # fmt: skip
