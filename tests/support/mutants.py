"""One-token mutations of the study's own YAML: the kind of slip that a reviewer of a mapping would miss.

A field becomes another field of its form, a variable another one of its dataset, a number the next one, a
term another one of its list, a word its opposite. Each mutant is one change of one file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.study import Study
from tests.support import mapping_lines
from tests.support.code_mutants import Slip, numbered

OPPOSITES = {
    "present": "absent",
    "absent": "present",
    "true": "false",
    "false": "true",
    "on or before": "before",
    "before": "on or before",
    "Yes": "No",
    "No": "Yes",
    "Y": "N",
    "N": "Y",
    "ONE": "MANY",
    "MANY": "ONE",
}
# prose, names, and what only documents show: a slip there changes no value of a dataset
PROSE = {
    "title", "description", "statement", "reason", "comment", "note", "source", "question", "name", "label",
    "unit", "structure", "start", "end", "duration", "id", "starts", "companions", "version", "protocol",
    "sponsor",
    "synthetic", "declared_build_time", "format",
}  # fmt: skip
# of a randomized participant the full analysis set asks no more than the safety set
OF_RANDOMIZED = ("ADRS", "ADTA", "ADTR", "ADTTE")
SAME_IF_RANDOMIZED = {"ADSL.SAFFL", "ADSL.FASFL"}
# scans are scheduled from randomization
SAME_DATES = {"RANDDT", "ANCH1DT"}
PARTS_OF_STUDY = (
    "parameters",
    "visits",
    "arms",
    "elements",
    "subjects",
    "cutoff",
    "country",
    "tumour_schedule",
)


@dataclass(frozen=True)
class Mutant(Slip):
    """One token of one YAML file, and what stands in its place; `place` are the keys that lead to it."""

    def plant(self, study: Path) -> None:
        """Makes the change in a copy of the study."""
        path = study / self.file
        lines = path.read_text(encoding="utf-8").split("\n")
        line, at = lines[self.line - 1], self.column - 1
        assert line[at:].startswith(self.old), self
        lines[self.line - 1] = line[:at] + self.new + line[at + len(self.old) :]
        path.write_text("\n".join(lines), encoding="utf-8")


def copied(root: Path, to: Path) -> Path:
    """A copy of specs/ and mappings/ to plant mutants in."""
    for folder in ("specs", "mappings"):
        shutil.copytree(root / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return to


def all_mutants(study: Study, root: Path) -> list[Mutant]:
    """Every mutant of the mappings and of the parts of specs/ that decide values, by file."""
    files = [*sorted((root / "mappings").glob("*/*.yaml")), root / "specs" / "codelists.yaml"]
    files += [root / "specs" / "study.yaml", root / "specs" / "units.yaml"]
    return numbered(mutant for path in files for mutant in _of_file(study, root, path))


def _of_file(study: Study, root: Path, path: Path) -> Iterator[Mutant]:
    file = path.relative_to(root).as_posix()
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    assert node is not None, file
    as_value, as_key = (_others(study, path, key) for key in (False, True))
    for keys, scalar in _scalars(node, ()):
        if file.endswith("study.yaml") and keys[0] not in PARTS_OF_STUDY:
            continue
        if PROSE & set(keys[-1:]) or (keys[-1:] == ("value",) and scalar.style):
            continue
        new = _changed(str(scalar.value), as_key if keys[-2:] == ("of", "records") else as_value)
        if new is not None and not scalar.style:
            mark = scalar.start_mark
            yield Mutant(file, ".".join(keys), mark.line + 1, mark.column + 1, str(scalar.value), new)


def _scalars(node: yaml.Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.ScalarNode]]:
    """The values of a file, each with the keys that lead to it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*keys, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, keys)
    elif isinstance(node, yaml.ScalarNode):
        yield keys, node


def _others(study: Study, path: Path, as_key: bool) -> Mapping[str, str]:
    """What a token of this file is mistaken for: the next field, variable or term beside it.

    As a key, that only tells records apart, a variable is not mistaken for one that tells the same apart.
    """
    dataset = path.stem.upper()
    groups = [*_fields_and_variables(study, dataset)] if dataset in study.mappings else []
    groups += [list(codelist.terms) for codelist in study.codelists.values() if len(codelist.terms) > 1]
    groups.append([visit.name for visit in study.visits])
    others: dict[str, str] = {}
    for group in groups:
        for place, one in enumerate(group):
            after = [*group[place + 1 :], *group[:place]]
            differs = (
                other
                for other in after
                if not _is_same(study, dataset, one, other) and not (as_key and _alike(dataset, one, other))
            )
            next_ = next(differs, None)
            if next_ is not None:
                others.setdefault(one, next_)
    return others


def _fields_and_variables(study: Study, dataset: str) -> Iterator[list[str]]:
    forms = {block.from_ for block in study.mappings[dataset].records if isinstance(block.from_, str)}
    for name, form in study.forms.items():
        own = [field for field in form.fields if field not in form.header]
        yield [f"{name}.{field}" for field in own]
        if name in forms:
            yield own
    for name, spec in study.datasets.items():
        yield [f"{name}.{variable}" for variable in spec.variables]
    yield list(study.datasets[dataset].variables)


def _is_same(study: Study, dataset: str, one: str, other: str) -> bool:
    """Whether two variables are one line under two names, or never differ in the records of this dataset."""
    if dataset in OF_RANDOMIZED and {one, other} <= SAME_IF_RANDOMIZED:
        return True
    if {name.rpartition(".")[2] for name in (one, other)} == SAME_DATES:
        return True
    owners = {name.rpartition(".")[0] or dataset for name in (one, other)}
    mapping = study.mappings.get(next(iter(owners)))
    if len(owners) != 1 or mapping is None:
        return False
    first, second = (_lines_of(mapping, name.rpartition(".")[2]) for name in (one, other))
    return first == second and any(line is not None for line in first)


def _lines_of(mapping: Any, variable: str) -> list[Any]:
    """What makes a variable, in each block of records and in all."""
    return [part.variables.get(variable) for part in (*mapping.records, mapping)]


def _alike(dataset: str, one: str, other: str) -> bool:
    """Whether two variables tell the same records apart, in the same order."""
    tables = mapping_lines.expected()
    values = []
    for name in (one, other):
        owner, _, variable = name.rpartition(".")
        values.append(tables.get(owner or dataset, {}).get(variable))
    first, second = values
    if first is None or second is None:
        return False
    pairs = set(zip(first, second, strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


def _changed(token: str, others: Mapping[str, str]) -> str | None:
    if token in OPPOSITES:
        return OPPOSITES[token]
    if token.lstrip("-").replace(".", "", 1).isdigit():
        return str(float(token) + 1 if "." in token else int(token) + 1)
    new = others.get(token)
    return new if new is not None and not set(new) & set("{}[],:#\"'&*!|>%@`") else None
