"""SDTMIG and ADaMIG: what each dataset and each variable is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.standards import tables

# The general observation classes: a domain of one may take identifiers and timing variables that the guide
# lists in other domains only: SDTM describes both for the classes, not for a domain.
GENERAL = ("Interventions", "Events", "Findings", "Findings About")
TAKEN = ("Identifier", "Timing")


@dataclass(frozen=True)
class VariableFacts:
    """A variable as its guide describes it."""

    name: str
    label: str
    type: str  # Char or Num; empty where the guide leaves it open
    core: str  # Req, Exp, Perm, Cond
    role: str = ""  # of SDTM only
    codelists: tuple[str, ...] = ()  # NCI codes of the lists that it takes its values from
    values: str = ""  # the domain of values that is no codelist: ISO 8601, MedDRA


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset as its guide describes it; its variables in the guide's order."""

    name: str
    label: str
    class_: str
    structure: str
    keys: tuple[str, ...]  # the usual ones: the guide has none, a study may choose others
    variables: Mapping[str, VariableFacts]


class Guide:
    """A version of SDTMIG."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.name = f"SDTMIG {version}"
        variables = _variables(f"sdtmig-{version}", "dataset")
        self.datasets = {
            row["dataset"]: DatasetFacts(
                row["dataset"],
                row["label"],
                row["class"],
                row["structure"],
                tuple(row["keys"].split()),
                variables[row["dataset"]],
            )
            for row in tables.rows(tables.SHIPPED / f"sdtmig-{version}" / "datasets.tsv")
        }

    def variable(self, dataset: str, name: str) -> VariableFacts | None:
        """What the guide says of a variable of a dataset; None where it knows none.

        A variable of a general observation class that the guide lists in other domains only (VISITNUM in EX,
        AEDTC) is described by them: the label that most of them give it, Permissible.
        """
        facts = self.datasets.get(dataset)
        if facts is None:
            return None
        if name in facts.variables:
            return facts.variables[name]
        return self._of_other_domains(dataset, name) if facts.class_ in GENERAL else None

    def _of_other_domains(self, dataset: str, name: str) -> VariableFacts | None:
        generic = name.removeprefix(dataset)
        found = []
        for other in self.datasets.values():
            if other.class_ in GENERAL:
                own = generic if generic == name else other.name + generic
                facts = other.variables.get(own)
                if facts is not None and facts.role in TAKEN:
                    found.append(facts)
        if not found:
            return None
        labels = [facts.label for facts in found]
        usual = max(labels, key=lambda label: (labels.count(label), -labels.index(label)))
        return replace(found[labels.index(usual)], name=name, core="Perm")


class AnalysisGuide:
    """A version of ADaMIG with the documents on occurrences and on time to event that belong to it."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.name = f"ADaMIG {version}"
        self.structures: dict[str, Mapping[str, VariableFacts]] = {}
        for folder in ADAM[version]:
            self.structures |= _variables(folder, "structure")

    def variable(self, structures: Sequence[str], name: str) -> VariableFacts | None:
        """What the first of some structures that knows it says of a variable, None where none does.

        An indexed name (TRT01P, AGEGR1) is that of the guide with its index (TRTxxP), in the label too.
        """
        for structure in structures:
            variables = self.structures[structure]
            if name in variables:
                return variables[name]
            for facts in variables.values():
                index = _index(facts.name).fullmatch(name)
                if index and index.groups():
                    return replace(facts, name=name, label=_with_index(facts, index.groups()))
        return None


ADAM = {"1.3": ("adamig-1.3", "occds-1.1", "bds-tte-1.0")}
SDTM = ("3.4",)
# An index in a name of ADaMIG: two digits for xx and zz, one for y and w.
_MARK = re.compile(r"xx|zz|y|w")
_MARK_IN_LABEL = re.compile(r"\b(?:xx|zz|y|w)\b")


@cache
def _index(name: str) -> re.Pattern[str]:
    """An indexed name of the guide as a pattern; each index is a group."""
    parts = _MARK.split(name)
    digits = [r"([0-9]{2})" if mark in ("xx", "zz") else r"([1-9])" for mark in _MARK.findall(name)]
    pattern = re.escape(parts[0])
    for digit, part in zip(digits, parts[1:], strict=True):
        pattern += digit + re.escape(part)
    return re.compile(pattern)


def _with_index(facts: VariableFacts, index: tuple[str, ...]) -> str:
    """The label of an indexed variable: each mark of the guide replaced by the index that the name has."""
    given = dict(zip(_MARK.findall(facts.name), index, strict=True))
    return _MARK_IN_LABEL.sub(lambda mark: given.get(mark.group(), mark.group()), facts.label)


def _variables(folder: str, by: str) -> dict[str, dict[str, VariableFacts]]:
    """The variables of a guide by dataset or structure, each in the guide's order."""
    found: dict[str, dict[str, VariableFacts]] = {}
    for row in tables.rows(tables.SHIPPED / folder / "variables.tsv"):
        found.setdefault(row[by], {})[row["variable"]] = VariableFacts(
            name=row["variable"],
            label=row["label"],
            type=row["type"],
            core=row["core"],
            role=row.get("role", ""),
            codelists=tuple(row["codelists"].split()),
            values=row["values"],
        )
    return found


@cache
def sdtmig(version: str) -> Guide:
    """A version of SDTMIG.

    Raises    KeyError for a version that is not among `SDTM`.
    """
    if version not in SDTM:
        raise KeyError(version)
    return Guide(version)


@cache
def adamig(version: str) -> AnalysisGuide:
    """A version of ADaMIG.

    Raises    KeyError for a version that is not among `ADAM`.
    """
    return AnalysisGuide(version)


def everything() -> Iterator[tuple[str, int, int]]:
    """Each guide that is shipped, with the number of its datasets or structures and of its variables."""
    for version in SDTM:
        guide = sdtmig(version)
        yield guide.name, len(guide.datasets), sum(len(d.variables) for d in guide.datasets.values())
    for version in ADAM:
        analysis = adamig(version)
        yield analysis.name, len(analysis.structures), sum(map(len, analysis.structures.values()))
