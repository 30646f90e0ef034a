"""The rules whose findings a study may waive or explain."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.checks.datasets import deviations, messages, rules
from pipeline.checks.datasets.waivers import OF_CORE
from pipeline.derivations.oncology.reconcile import CLASSES
from pipeline.records.lost import LOST
from pipeline.study import Study
from pipeline.study.located import KeyPath, nearest
from pipeline.study.reader import GUIDES, WAIVERS

# Findings that no table of rules makes: of reading, of accounting, of texts, of responses and of the summary.
OTHERS = (
    *("RAW-CODE", "RAW-CODE-NEW", "RAW-DATE", "RAW-DATE-MONTH", "RAW-DUPLICATE", "RAW-ONCE"),
    *("RAW-EARLIER-SUBJECT", "RAW-EQUAL-ROWS", "RAW-REPEATED", "RAW-USUBJID"),
    *("RAW-REQUIRED", "RAW-SUBJECT", "RAW-TYPE", "RAW-WORD-FOR-MISSING"),
    *("RECORD-ASIDE-TWICE", "RECORD-LOST", "RECORD-TWICE", "CUT-OFF-ANSWER", "CUT-OFF-DATE", LOST),
    *("WAIVER-EXPIRED", "WAIVER-UNUSED"),
    *(
        "TEXT-EDITION",
        "TEXT-TRANSLATION",
        "TEXT-UNCUT",
        "TERM-BESIDE",
        "TERM-NEW",
        "UNIT-ONE",
        "UNIT-MISSING",
    ),
    *("EVALUATOR-LABEL", "ONE-TO-ONE", "RELATED-DATASET", "STUDY-DRAFT", "SUMMARY-CODE"),
    "SUMMARY-DATA",
    *("RECIST-AXIS", "RECIST-BASELINE", "RECIST-BASELINE-LATE", "RECIST-BASELINE-OLD", "RECIST-CR-THEN-PR"),
    *("RECIST-MEASURABLE", "RECIST-NO-BASELINE", "RECIST-ROLE", "RECIST-TARGETS"),
)


# What is published would not be readable, or not be all: no study can take these for warnings.
UNREADABLE = frozenset(
    (
        *("RAW-DATE", "RAW-DUPLICATE", "RAW-EARLIER-SUBJECT", "RAW-SUBJECT", "RAW-TYPE"),
        *("RECORD-ASIDE-TWICE", "RECORD-LOST", "RECORD-TWICE"),
        *("TEXT-EDITION", "TEXT-TRANSLATION", "TEXT-UNCUT", "WAIVER-EXPIRED"),
        *(messages.CONTROL, messages.DATE, messages.LENGTH, messages.WHOLE),
    )
)


def ids() -> frozenset[str]:
    """Our id of every rule."""
    of_tables = [rule.id for rule in rules.RULES] + [rule.id for rule in deviations.RULES]
    of_classes = ["RECIST-" + name.replace(" ", "-") for name in CLASSES]
    return frozenset((*of_tables, *of_classes, *messages.MESSAGES, *OTHERS))


def unknown_rules(study: Study) -> Iterator[str]:
    """Each waiver, severity and explanation of a rule that there is not, which would never be used, and each
    error that a study cannot take for a warning.
    """
    known = ids()
    named: list[tuple[str, KeyPath, str]] = []
    named += [(WAIVERS, ("waivers", i, "rule"), waiver.rule) for i, waiver in enumerate(study.waivers)]
    named += [(WAIVERS, ("severity", rule), rule) for rule in study.severities]
    named += [(GUIDES, ("explanations", i, "rule"), e.rule) for i, e in enumerate(study.guides.explanations)]
    for file, path, rule in named:
        if rule not in known and not (file == WAIVERS and path[0] == "waivers" and OF_CORE.fullmatch(rule)):
            yield str(study.error(file, path, f"{rule} is not a rule of the checks{nearest(rule, known)}"))
    for rule, severity in study.severities.items():
        if rule in UNREADABLE and severity.is_ == "warning":
            message = (
                f"{rule} stays an error: a dataset would not be readable, or not whole; correct the cause"
            )
            yield str(study.error(WAIVERS, ("severity", rule), message))
