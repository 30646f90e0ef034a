"""Rules over the study as a whole, judged by the profile that the blocks of subjects leave behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.profile import Profile
from pipeline.records.findings import Finding
from pipeline.study.models import Dataset

# The published ids of the rules by which a short name and its text have one partner each, by the short name
# without its domain.
_COVERS = {
    "TESTCD": "FB0901",
    "PARMCD": "CG0307, FB0916",
    "QNAM": "FB0920",
    "VISITNUM": "CG0035, FB0919",
    "ARMCD": "FB0902",
    "ACTARMCD": "FB0903",
    "ETCD": "CG0154, FB0914",
}


def one_to_one(profile: Profile) -> list[Finding]:
    """A short name with two texts, or a text with two short names, over all datasets that have both.

    Takes     the profile of all blocks.
    """
    findings: list[Finding] = []
    for (dataset, short, text), pairs in sorted(profile.pairs.items()):
        ids = next((ids for name, ids in _COVERS.items() if short in (name, f"{dataset}{name}")), "")
        rule = f"each {short} has one {text}, and each {text} one {short}"
        if ids:
            rule += f" ({ids})"
        findings += _with_several(dataset, short, text, [pair[0] for pair in pairs], rule)
        findings += _with_several(dataset, text, short, [pair[1] for pair in pairs], rule)
    return findings


def _with_several(dataset: str, variable: str, other: str, values: list[str], rule: str) -> Iterator[Finding]:
    """A finding for each value of a variable that stands in several pairs."""
    message = f"has more than one {other}; {rule}"
    for value, times in sorted(Counter(values).items()):
        if times > 1:
            yield Finding("ONE-TO-ONE", "error", dataset, variable, f"{variable}={value}", value, message, "")


def related_datasets(specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """A relation of whole datasets that names a dataset that is not published, or a variable that it does not
    have.

    Takes     the specs of all published datasets; the datasets of the study as a whole.
    """
    if not {"RDOMAIN", "IDVAR", "RELID"} <= set(frames.get("RELREC", ())):
        return []
    relrec = frames["RELREC"]
    message = "relates a dataset or variable that is not published; correct specs/study.yaml (CG0369, CG0370)"
    findings = []
    for domain, variable, relation in zip(relrec["RDOMAIN"], relrec["IDVAR"], relrec["RELID"], strict=True):
        if domain not in specs or variable not in specs[domain].published:
            key, value = f"RELID={relation}", f"{domain}.{variable}"
            findings.append(Finding("RELATED-DATASET", "error", "RELREC", "IDVAR", key, value, message, ""))
    return findings
