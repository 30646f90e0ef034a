"""The guides and packages of terminology that a study declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.standards import (
    AnalysisGuide,
    Guide,
    ListFacts,
    Terminology,
    VariableFacts,
    adamig,
    sdtmig,
    terminology,
)
from pipeline.standards.guides import ADAM, SDTM
from pipeline.standards.terminology import in_folder, shipped
from pipeline.study.frozen import as_text

Spec = dict[str, Any]  # a part of specs/ as plain values

# which structures of ADaMIG describe the variables of a class
STRUCTURES = {
    "SUBJECT LEVEL ANALYSIS DATASET": ("ADSL",),
    "BASIC DATA STRUCTURE": ("BDS",),
    "OCCURRENCE DATA STRUCTURE": ("OCCDS",),
    "ADAM OTHER": (),
}
OF_SUBCLASS = {"TIME-TO-EVENT": "BDS for TTE", "ADVERSE EVENT": "AE"}
IDENTIFIERS = ("STUDYID", "USUBJID")  # required in every analysis dataset


@dataclass(frozen=True)
class Standards:
    """The guides and packages of terminology that a study declares; None for what it does not declare."""

    sdtm: Guide | None
    adam: AnalysisGuide | None
    terminology: tuple[Terminology, ...]  # SDTM before ADaM: a list of both is taken from the first

    def variable(
        self, layer: str, dataset: str, name: str, class_: tuple[str, str] = ("", "")
    ) -> VariableFacts | None:
        """What the guide of a layer says of a variable; None where it knows none.

        Takes     the layer (sdtm, adam); of an analysis dataset its class and subclass, in capitals.
        """
        if layer == "sdtm":
            return self.sdtm.variable(dataset, name) if self.sdtm else None
        facts = self.own_variable(class_, name)
        if facts is not None or self.adam is None:
            return facts
        carried = self.adam.variable(("ADSL", "BDS"), name) or self._of_sdtm(name)
        if carried is None:  # MHSOC, which OCCDS lists as --SOC and the SDTMIG does not list in MH
            carried = self.adam.variable(STRUCTURES.get(class_[0], ()), f"--{name[2:]}")
        if carried is None or name in IDENTIFIERS:
            return carried
        return replace(carried, core="Perm", role="")

    def own_variable(self, class_: tuple[str, str], name: str) -> VariableFacts | None:
        """What ADaMIG says of a variable in the structure of the dataset's own class and subclass."""
        if self.adam is None:
            return None
        facts = self.adam.variable(STRUCTURES.get(class_[0], ()), name)
        special = OF_SUBCLASS.get(class_[1])
        of_subclass = self.adam.variable((special,), name) if special else None
        if facts is None or of_subclass is None:
            return facts or of_subclass
        return replace(facts, core=of_subclass.core)

    def own_variables(self, class_: tuple[str, str]) -> list[str]:
        """The variables that ADaMIG lists for the structure of a dataset's class, and those of DM."""
        of_dm = list(self.sdtm.datasets["DM"].variables) if self.sdtm else []
        structures = STRUCTURES.get(class_[0], ())
        return of_dm + (self.adam.variables_of(structures) if self.adam else [])

    def _of_sdtm(self, name: str) -> VariableFacts | None:
        """A variable of SDTM that an analysis dataset carries."""
        if self.sdtm is None:
            return None
        for dataset in ("DM", name[:2], *self.sdtm.datasets):
            facts = self.sdtm.datasets.get(dataset)
            if facts and name in facts.variables:
                return facts.variables[name]
        return None

    def list_named(self, name: str) -> tuple[Terminology, ListFacts] | None:
        """The codelist of this NCI code or submission value."""
        for package in self.terminology:
            for facts in package.lists.values():
                if name in (facts.code, facts.list):
                    return package, facts
        return None


def unknown(study: Any, own: Path) -> Iterator[tuple[int, str]]:
    """Each standard of specs/study.yaml that neither the engine nor the study has, by its number, and what
    there is.
    """
    there = "is not in the engine; it has"
    for i, entry in enumerate(study["standards"]):
        name, version = entry["name"], as_text(entry["version"])
        known = {"SDTMIG": SDTM, "ADaMIG": tuple(ADAM)}.get(name)
        if known is not None and version not in known:
            yield i, f"{name} {version} {there} {', '.join(known)}"
        set_ = entry.get("publishing_set")
        if known is None and terminology(str(set_), version, own) is None:
            has = [p.version for p in (*shipped(), *in_folder(own)) if p.publishing_set == set_]
            message = f"{set_} CT {version} {there} {', '.join(sorted(has))}"
            yield i, f"{message}; add a package by `standards add FILE`"


def declared(study: Any, own: Path) -> Standards:
    """The standards that specs/study.yaml declares; what it says wrongly is told with the file itself.

    Takes     the content of the file as read; the folder of the study's own packages of terminology.
    """
    sdtm, adam, packages = None, None, []
    entries = study.get("standards") if isinstance(study, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        name, version = entry.get("name"), as_text(entry.get("version"))
        if name == "SDTMIG" and version in SDTM:
            sdtm = sdtmig(version)
        elif name == "ADaMIG" and version in ADAM:
            adam = adamig(version)
        elif name == "CDISC/NCI":
            packages.append(terminology(str(entry.get("publishing_set")), version, own))
    return Standards(sdtm, adam, tuple(package for package in packages if package is not None))
