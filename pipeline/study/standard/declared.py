"""The guides and packages of terminology that a study declares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.standards import AnalysisGuide, Guide, ListFacts, Terminology, adamig, sdtmig, terminology
from pipeline.standards.guides import ADAM, SDTM

Spec = dict[str, Any]  # a part of specs/ as plain values


@dataclass(frozen=True)
class Standards:
    """The guides and packages of terminology that a study declares; None for what it does not declare."""

    sdtm: Guide | None
    adam: AnalysisGuide | None
    terminology: tuple[Terminology, ...]  # SDTM before ADaM: a list of both is taken from the first

    def list_named(self, name: str) -> tuple[Terminology, ListFacts] | None:
        """The codelist of this NCI code or submission value."""
        for package in self.terminology:
            for facts in package.lists.values():
                if name in (facts.code, facts.list):
                    return package, facts
        return None


def declared(study: Any, own: Path) -> Standards:
    """The standards that specs/study.yaml declares; what it says wrongly is told with the file itself.

    Takes     the content of the file as read; the folder of the study's own packages of terminology.
    """
    sdtm, adam, packages = None, None, []
    entries = study.get("standards") if isinstance(study, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        name, version = entry.get("name"), str(entry.get("version"))
        if name == "SDTMIG" and version in SDTM:
            sdtm = sdtmig(version)
        elif name == "ADaMIG" and version in ADAM:
            adam = adamig(version)
        elif name == "CDISC/NCI":
            packages.append(terminology(str(entry.get("publishing_set")), version, own))
    return Standards(sdtm, adam, tuple(package for package in packages if package is not None))
