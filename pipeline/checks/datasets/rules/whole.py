"""Rules that hold over the study as a whole, told from what the blocks of subjects leave behind."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.profile import Profile
from pipeline.records.findings import Finding
from pipeline.study.models import Dataset

# Published ids of the rules that a short name and its text have one partner each, by the short name without
# its domain.
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
    found = []
    for (scope, left, right), pairs in sorted(profile.pairs.items()):
        for at, name in ((0, left), (1, right)):
            values = [p[at] for p in pairs]
            for value in sorted({v for v in values if values.count(v) > 1}):
                other = (right, left)[at]
                covers = next((c for n, c in _COVERS.items() if left == n or left == f"{scope}{n}"), "")
                message = f"has more than one {other}; each {left} has one {right}" + (
                    f" ({covers})" if covers else ""
                )
                found.append(
                    Finding("ONE-TO-ONE", "error", scope, name, f"{name}={value}", value, message, "")
                )
    return found


def related_datasets(specs: Mapping[str, Dataset], frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """A relation of whole datasets names a dataset that is not published, or a variable that it does not
    have.

    Takes     the specs of all published datasets; the datasets told of the study as a whole.
    """
    if "RELREC" not in frames:
        return []
    message = "relates a dataset or variable that is not published (CG0369, CG0370)"
    whole = frames["RELREC"]
    return [
        Finding(
            "RELATED-DATASET",
            "error",
            "RELREC",
            "IDVAR",
            f"RELID={relation}",
            f"{domain}.{variable}",
            message,
            "",
        )
        for domain, variable, relation in zip(whole["RDOMAIN"], whole["IDVAR"], whole["RELID"], strict=True)
        if domain not in specs or variable not in specs[domain].published
    ]
