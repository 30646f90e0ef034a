"""Loads specs/ and mappings/ into frozen models. Errors cite file:line:column, what was expected, and the
nearest right word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import SpecError, UsageError
from pipeline.records import conditions
from pipeline.records.changes import changes
from pipeline.records.characters import TYPOGRAPHIC
from pipeline.records.conditions import STATES
from pipeline.study import agreement, defaults, visits
from pipeline.study import models as m
from pipeline.study import reader as files
from pipeline.study.displays import Displays
from pipeline.study.edition import Edition
from pipeline.study.guides import Guides
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.reader import Reader


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that specs/ and mappings/ say.

    It can be pickled to workers: of functions it holds the source text, never the code.
    """

    protocol: m.Protocol
    forms: Mapping[str, m.Form]
    codelists: Mapping[str, m.Codelist]
    datasets: Mapping[str, m.Dataset]
    mappings: Mapping[str, m.Mapping]
    set_aside: tuple[m.SetAside, ...]
    waivers: tuple[m.Waiver, ...]
    severities: Mapping[str, m.Severity]  # by rule, where the study takes it less or more seriously
    guides: Guides
    displays: Displays
    nmpa: Edition | None
    translations: Mapping[str, str]
    characters: Mapping[str, str]  # outside ASCII -> ASCII: of typography, and what the study adds
    units: Mapping[str, m.Unit]
    simulation: Mapping[str, Any]
    functions: Mapping[str, str]  # dataset -> source text of mappings/<layer>/<dataset>.py
    located: Mapping[str, Located] = field(repr=False)
    folder: Path = Path()  # that holds specs/ and mappings/
    # of every file read, by its name below the folder; a build keeps these bytes
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    strays: tuple[str, ...] = ()  # YAML files that are no file of a study

    @classmethod
    def load(cls, folder: Path | str) -> Study:
        """The study whose folder holds specs/ and mappings/; as `load`."""
        return load(Path(folder))

    @property
    def visits(self) -> tuple[m.Visit, ...]:
        return self.protocol.visits

    def error(self, file: str, path: KeyPath, message: str) -> SpecError:
        """A refusal that names a place in a YAML file."""
        found = self.file(file)
        if found is None:
            return SpecError(f"{self.shown(file)}:1:1: {message}")
        return found.error(path, message)

    def file(self, name: str) -> Located | None:
        """A YAML file of the study by its name; a form that is called AE may have its contract in ae.yaml."""
        if name in self.located:
            return self.located[name]
        alike = [file for file in self.located if file.casefold() == name.casefold()]
        return self.located[alike[0]] if alike else None

    def labels(self, source: str, field: str) -> tuple[str, ...]:
        """The values that a closed field of a form, or a variable of a dataset with a closed list, may have;
        none where any text may stand.
        """
        if source in self.forms and field in self.forms[source].fields:
            contract = self.forms[source].fields[field]
            return contract.codes if contract.closed else ()
        spec = self.datasets[source].variables.get(field) if source in self.datasets else None
        codelist = self.codelists.get(spec.codelist or "") if spec else None
        if codelist is None or codelist.extensible:
            return ()
        return (*codelist.terms, *codelist.beside)

    def unknown_labels(
        self, source: str, where: conditions.Where, path: KeyPath
    ) -> Iterator[tuple[KeyPath, str]]:
        """Each value of a condition that no record can have, so that it would never be met: one that a closed
        field does not list, a misspelt `present` or `absent` of any field, and a visit by another name than
        that of the plan.
        """
        for name, wanted in where.items():
            if source in self.forms and name == self.forms[source].visit and self.visits:
                yield from self._visits_not_called_so(source, wanted, (*path, name))
                continue
            labels = self.labels(source, name)
            known = {label.casefold() for label in (*labels, *STATES)}
            for place, value in conditions.places(wanted):
                if value.casefold() in known:
                    continue
                hint = nearest(value, STATES, 0.8) or nearest(value, (*labels, *STATES))
                if labels or nearest(value, STATES, 0.8):
                    yield (*path, name, *place), f"{value} is not a value of {source}.{name}{hint}"

    def _visits_not_called_so(
        self, form: str, wanted: conditions.Condition, path: KeyPath
    ) -> Iterator[tuple[KeyPath, str]]:
        """Each text that is no name of a visit: a field that names the visit holds the plan's name for it. A
        column of every form may name other visits too.
        """
        may_be_others = self.forms[form].visit in self.forms[form].header
        visit_of, names = visits.names(self.visits), [visit.name for visit in self.visits]
        for within, text in conditions.places(wanted):
            if text.casefold() in STATES:
                continue
            place = (*path, *within)
            visit, plain = visit_of(text), " ".join(text.split())
            if visit is None and not may_be_others:
                yield place, f"{text} is not a visit of specs/study.yaml{nearest(text, names)}"
            elif visit is not None and visit.name.casefold() != plain.casefold():
                yield place, f"{text} is read as {visit.name}, so no record has it; write {visit.name}"

    def has_one_record(self, form: str) -> bool:
        """Whether a form holds at most one record of each participant."""
        contract, subjects = self.forms[form], self.protocol.subjects
        one_of_each_number = not contract.row and set(contract.keys) <= {subjects.number}
        return contract.once or (one_of_each_number and subjects.earlier is None)

    def shown(self, file: str) -> str:
        """A file as messages name it: with the folder of the study, so that an editor opens it."""
        return (self.folder / file).as_posix()


def load(root: Path) -> Study:
    """The study whose folder holds specs/ and mappings/.

    Raises    UsageError where there is no such folder; SpecError with the faults of every file, and where
              each file is right by itself, with the names that lead nowhere.
    """
    if not (root / "specs" / "study.yaml").is_file():
        raise UsageError(
            f"{root}: no specs/study.yaml here; --study names the folder that holds specs/ and mappings/"
        )
    reader = Reader(root)
    reader.read_all()
    forms = reader.forms()
    datasets: dict[str, m.Dataset] = {}
    mappings: dict[str, m.Mapping] = {}
    functions: dict[str, str] = {}
    for layer in files.LAYERS:
        for name in reader.dataset_files(layer):
            spec = reader.dataset(name, layer)
            datasets[spec.dataset] = spec
        for name in reader.mapping_files(layer):
            mapping = reader.mapping(name)
            if mapping.dataset not in datasets:
                what = f"{mapping.dataset} has no spec, and no guide of the study describes it"
                facts = "label, class, structure and keys"
                to_write = f"; write its {facts} in specs/{layer}/{mapping.dataset.lower()}.yaml"
                message = what + (nearest(mapping.dataset, datasets) or to_write)
                raise reader.located[name].error(("dataset",), message)
            mappings[mapping.dataset] = mapping
        for name in reader.names(f"mappings/{layer}", ".py"):
            functions[Path(name).stem.upper()] = reader.text(name)
    waivers = reader.optional(m.Waivers, files.WAIVERS)
    characters = reader.optional(m.Characters, files.CHARACTERS)
    set_aside = reader.optional(m.SetAsides, files.SET_ASIDE)
    translations = reader.optional(m.Translations, files.TRANSLATIONS)
    units = reader.optional(m.Units, files.UNITS)
    study = Study(
        protocol=defaults.filled_in(reader.protocol()),
        forms=forms,
        codelists=reader.codelists(),
        datasets=datasets,
        mappings=mappings,
        set_aside=set_aside.entries if set_aside else (),
        waivers=waivers.waivers if waivers else (),
        severities=waivers.severity if waivers else {},
        guides=reader.optional(Guides, files.GUIDES) or Guides(),
        displays=reader.optional(Displays, files.DISPLAYS) or Displays(),
        nmpa=reader.optional(Edition, files.NMPA),
        translations=translations.root if translations else {},
        characters={**TYPOGRAPHIC, **(characters.root if characters else {})},
        units=units.root if units else {},
        simulation=reader.simulation(),
        functions=functions,
        located={**reader.located, defaults.FILE: defaults.located()},
        folder=root,
        contents=reader.contents,
        strays=tuple(reader.strays()),
    )
    faults = agreement.faults(study)
    if faults:
        raise SpecError("\n".join(faults))
    return study


def refuse_changes(study: Study, root: Path) -> None:
    """Compares every file of the study with what was read.

    Raises    SpecError that names each file that was edited, removed or added since.
    """
    reader = Reader(root)
    read = {reader.shown(name): content for name, content in study.contents.items()}
    now = {reader.shown(name): reader.content(name) for name in reader.all_files()}
    faults = [*changes(read, now)]
    if faults:
        advice = "nothing is shown of a study that changes; build again once it is complete"
        raise SpecError("\n".join(f"{fault} after it was read; {advice}" for fault in faults))
