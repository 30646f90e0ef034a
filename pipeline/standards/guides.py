"""SDTMIG and ADaMIG: what each dataset and each variable is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from pipeline.standards import tables

# The general observation classes: SDTM describes their identifiers and timing variables for all of them, and
# their qualifiers for a class, so that a domain may take some that the guide lists in other domains only.
GENERAL = ("Interventions", "Events", "Findings", "Findings About")
TAKEN = ("Identifier", "Timing")
NEUTRAL = "SV"  # words as "of Observation" what other domains word for themselves ("of Adverse Event")
_CONTINUED = re.compile(r"(COVAL|TSVAL)([1-9])")  # a text over 200 characters goes on (SDTMIG 3.4, 4.5.3)


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
        AEDTC, MHSOC) is described by them, Permissible. Its label is the one of those domains, or where each
        words it for itself, the neutral one of SV or the most common. A text that goes on (COVAL1) is as the
        variable where it begins.
        """
        facts = self.datasets.get(dataset)
        if facts is None:
            return None
        if name in facts.variables:
            return facts.variables[name]
        continued = _CONTINUED.fullmatch(name)
        if continued and continued[1] in facts.variables:
            first = facts.variables[continued[1]]
            return replace(first, name=name, label=f"{first.label} {continued[2]}", core="Perm")
        return self._of_other_domains(facts, name) if facts.class_ in GENERAL else None

    def in_order(self, dataset: str, names: Sequence[str]) -> list[str]:
        """The names in the order of the guide.

        A variable that the guide lists in other domains only stands where it stands there: identifiers and
        timing before what follows them, a qualifier behind what it follows. What no domain has comes last.
        """
        order = list(self.datasets[dataset].variables)
        for name in names:
            if name not in order:
                order.insert(self._place(order, dataset, name), name)
        return sorted(names, key=order.index)

    def _place(self, order: Sequence[str], dataset: str, name: str) -> int:
        class_ = self.datasets[dataset].class_
        for same_class in (True, False):
            for other in self.datasets.values():
                if other.class_ not in GENERAL or (other.class_ == class_) != same_class:
                    continue
                names = [
                    dataset + v.removeprefix(other.name) if v.startswith(other.name) else v
                    for v in other.variables
                ]
                if name not in names:
                    continue
                place = names.index(name)
                if [*other.variables.values()][place].role in TAKEN:
                    following = (order.index(v) for v in names[place:] if v in order)
                    return next(following, len(order))
                before = (order.index(v) + 1 for v in names[place::-1] if v in order)
                return next(before, len(order))
        return len(order)

    def _of_other_domains(self, dataset: DatasetFacts, name: str) -> VariableFacts | None:
        generic = name.removeprefix(dataset.name)
        prefixed = generic != name
        of_class, of_any = [], []
        for other in self.datasets.values():
            facts = other.variables.get(other.name + generic if prefixed else name)
            if facts is None or other.class_ not in GENERAL:
                continue
            if facts.role in TAKEN:
                of_any.append(facts)
            if other.class_ == dataset.class_ and (prefixed or facts.role in TAKEN):
                of_class.append(facts)
        found = of_class or of_any
        if not found:
            return None
        label = found[0].label
        if len({facts.label for facts in found}) > 1:
            neutral = self.datasets[NEUTRAL].variables.get(NEUTRAL + generic)
            label = neutral.label if neutral else _most_common([facts.label for facts in of_any or found])
        return replace(found[0], name=name, label=label, core="Perm")


class AnalysisGuide:
    """A version of ADaMIG with the documents on occurrences and on time to event that belong to it."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.name = f"ADaMIG {version}"
        self.structures: dict[str, Mapping[str, VariableFacts]] = {}
        for folder in ADAM[version]:
            self.structures |= _variables(folder, "structure")

    @cached_property
    def _indexed(self) -> dict[str, list[VariableFacts]]:
        """The variables of each structure whose name has an index (TRTxxP)."""
        return {
            structure: [facts for facts in variables.values() if _MARK.search(facts.name)]
            for structure, variables in self.structures.items()
        }

    def variables_of(self, structures: Sequence[str]) -> list[str]:
        """The names of the variables of some structures."""
        return [name for structure in structures for name in self.structures[structure]]

    def variable(self, structures: Sequence[str], name: str) -> VariableFacts | None:
        """What the first of some structures that knows it says of a variable, None where none does.

        An indexed name (TRT01P, AGEGR1) is that of the guide with its index (TRTxxP), in the label too.
        """
        for structure in structures:
            variables = self.structures[structure]
            if name in variables:
                return variables[name]
            for facts in self._indexed[structure]:
                index = _index(facts.name).fullmatch(name)
                if index:
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


def _most_common(labels: Sequence[str]) -> str:
    return max(labels, key=lambda label: (labels.count(label), -labels.index(label)))


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
