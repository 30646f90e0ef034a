"""Reads the files of specs/ and mappings/ into their models, each file once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from pipeline.errors import SpecError
from pipeline.study import forms, located, standard
from pipeline.study import models as m
from pipeline.study.displays import Displays
from pipeline.study.edition import Edition
from pipeline.study.forms import HEADER
from pipeline.study.guides import Guides
from pipeline.study.located import KeyPath, Located, nearest
from pipeline.study.reviews import Reviews
from pipeline.study.short import contracts, design, expansion, protocol, words
from pipeline.study.short.lists import CodeLists
from pipeline.study.short.specs import lists_all
from pipeline.study.simulation import Simulated
from pipeline.study.validated import Model, parse

T = TypeVar("T")
LAYERS = ("sdtm", "adam")
DOOR = "specs/door.yaml"  # of the check of a drop
FAULTS = "specs/faults.yaml"  # of the simulator
STUDY = "specs/study.yaml"
CODELISTS = "specs/codelists.yaml"
UNITS = "specs/units.yaml"
TRANSLATIONS = "specs/translations.yaml"
CHARACTERS = "specs/characters.yaml"  # a study that folds typographic characters alone has none
SIMULATION = "specs/simulation.yaml"
TERMINOLOGY = "specs/terminology"  # packages that the study added
SET_ASIDE = "mappings/set_aside.yaml"
GUIDES = "specs/guides.yaml"  # a study that adds nothing to its guides has none
WAIVERS = "specs/waivers.yaml"  # a study that waives nothing has none
NMPA = "specs/nmpa.yaml"  # a study that goes to no Chinese agency has none
REVIEWS = "specs/reviews.yaml"  # written by review-mark
DISPLAYS = "specs/displays.yaml"  # a study whose report is made elsewhere has none

OPTIONAL: dict[str, type[BaseModel]] = {
    CODELISTS: m.Codelists,
    UNITS: m.Units,
    TRANSLATIONS: m.Translations,
    SET_ASIDE: m.SetAsides,
    HEADER: m.Header,
    WAIVERS: m.Waivers,
    GUIDES: Guides,
    DISPLAYS: Displays,
    NMPA: Edition,
    CHARACTERS: m.Characters,
    REVIEWS: Reviews,
}
FILES = (STUDY, *OPTIONAL, SIMULATION, DOOR, FAULTS)


class Reader:
    """The files of one study."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.located: dict[str, Located] = {}
        self.contents: dict[str, bytes] = {}  # of every file read, which is read once
        self._models: dict[str, Any] = {}  # by file

    def read_all(self) -> None:
        """Reads every file before any is used: first whether each is YAML of its own name, then
        specs/study.yaml, on which all others rest. What follows from a fault is not told beside it.

        Raises    SpecError that lists the faults of all files.
        """
        self._refuse(partial(self._named, name) for name, _ in self._all())
        self._refuse([partial(self.model, m.Protocol, STUDY)])
        self._refuse([self._known_standards])
        rest = [*self._all(), *self._made(), *self._simulated()]
        self._refuse(partial(self.model, model, name) for name, model in rest)

    def _known_standards(self) -> None:
        """Refuses a standard that is not there, by which a study in few words was to be completed.

        A study whose datasets all have a spec may declare any version.
        """
        file = self.yaml(STUDY)
        mapped, specified = (
            {name.split("/", 1)[1] for layer in LAYERS for name in self.names(f"{folder}/{layer}", ".yaml")}
            for folder in ("mappings", "specs")
        )
        if mapped - specified:
            for i, message in standard.unknown(file.value, self.root / TERMINOLOGY):
                raise file.error(("standards", i), message)

    @staticmethod
    def _refuse(parts: Iterable[Callable[[], object]]) -> None:
        """Raises    SpecError that lists what is wrong with each part."""
        faults: list[str] = []
        for read in parts:
            try:
                read()
            except SpecError as e:
                faults += str(e).split("\n")
        if faults:
            raise SpecError("\n".join(dict.fromkeys(faults)))

    def _named(self, name: str) -> None:
        """Refuses a file that is no YAML, and one of a dataset that does not say which."""
        file = self.yaml(name)
        if name.split("/")[1] not in LAYERS or not isinstance(file.value, dict):
            return
        if file.empty == ((),):
            begin = f"begin with `dataset: {Path(name).stem.upper()}`"
            raise file.error((), f"the file is empty; {begin}, or delete the file")
        dataset = file.value.get("dataset")
        if dataset is None:
            meant = next((key for key in file.value if nearest(key, ["dataset"], 0.8)), None)
            if meant is not None:
                raise file.error((meant,), f"{meant} is not a key here{nearest(meant, ['dataset'])}")
            raise file.error((), f"dataset is missing; begin with `dataset: {Path(name).stem.upper()}`")
        if isinstance(dataset, str):
            if dataset != dataset.upper():
                raise file.error(("dataset",), f"the name of a dataset is in capitals: {dataset.upper()}")
            self._check_name(name, "dataset", dataset)

    def _all(self) -> Iterator[tuple[str, type[BaseModel]]]:
        yield STUDY, m.Protocol
        for name, model in OPTIONAL.items():
            if (self.root / name).is_file():
                yield name, model
        for name in self.form_files():
            yield name, m.Form
        for layer in LAYERS:
            for name in self.names(f"specs/{layer}", ".yaml"):
                yield name, m.Dataset
            for name in self.names(f"mappings/{layer}", ".yaml"):
                yield name, m.Mapping

    def _made(self) -> Iterator[tuple[str, type[BaseModel]]]:
        """What no file says: code lists and specs that mappings need, and the mapping of SE."""
        if not (self.root / CODELISTS).is_file():
            yield CODELISTS, m.Codelists
        for name in self._expanded.specs:
            if not self._expanded.faults.get(name.replace("specs/", "mappings/", 1)):
                yield name, m.Dataset
        for name in self._expanded.mappings:
            yield name, m.Mapping

    def _simulated(self) -> Iterator[tuple[str, type[BaseModel]]]:
        """The file of the simulator, unless it is {}, as of a study that simulates no drop."""
        if not (self.root / SIMULATION).is_file():
            return
        with suppress(SpecError):  # a file that is missing or no YAML is told when it is read
            file = self.yaml(SIMULATION)
            if file.value == {} and not file.empty:
                return
        yield SIMULATION, Simulated

    # --- files
    def names(self, folder: str, suffix: str) -> list[str]:
        """The files of a folder, relative to the study's."""
        paths = (self.root / folder).glob(f"*{suffix}")
        return sorted(f"{folder}/{path.name}" for path in paths if path.name != "__init__.py")

    def form_files(self) -> list[str]:
        return [name for name in self.names("specs/raw", ".yaml") if name != HEADER]

    def dataset_files(self, layer: str) -> list[str]:
        """The specs of a layer: those that the study has, and those made of its mappings."""
        made = [name for name in self._expanded.specs if name.startswith(f"specs/{layer}/")]
        return sorted({*self.names(f"specs/{layer}", ".yaml"), *made})

    def mapping_files(self, layer: str) -> list[str]:
        """The mappings of a layer: those that the study has, and that of SE where `epochs` make it."""
        made = [name for name in self._expanded.mappings if name.startswith(f"mappings/{layer}/")]
        return sorted({*self.names(f"mappings/{layer}", ".yaml"), *made})

    def strays(self) -> list[str]:
        """The YAML files of specs/ and mappings/ that are no file of a study, as by a misspelt name."""
        known = {name for name, _ in self._all()} | set(FILES)
        found = [p for folder in ("specs", "mappings") for p in (self.root / folder).rglob("*.y*ml")]
        return sorted({p.relative_to(self.root).as_posix() for p in found} - known)

    def terminology_files(self) -> list[str]:
        """The tables of the packages of terminology that the study added."""
        paths = (self.root / TERMINOLOGY).glob("*/*.tsv")
        return sorted(path.relative_to(self.root).as_posix() for path in paths)

    def all_files(self) -> list[str]:
        """Every file of the study that there is."""
        names = [name for name, _ in self._all()]
        names += self.terminology_files()
        names += [SIMULATION, *(n for layer in LAYERS for n in self.names(f"mappings/{layer}", ".py"))]
        return sorted(name for name in names if (self.root / name).is_file())

    def shown(self, name: str) -> str:
        """A file as messages name it: with the folder of the study, so that an editor opens it."""
        return (self.root / name).as_posix()

    def content(self, name: str) -> bytes:
        """The bytes of a file."""
        if name not in self.contents:
            self.contents[name] = located.content(self.root / name, self.shown(name))
        return self.contents[name]

    def text(self, name: str) -> str:
        """The text of a file."""
        return located.text(self.content(name), self.shown(name))

    def yaml(self, name: str) -> Located:
        """The content of a YAML file, with the place of each part."""
        if name not in self.located:
            self.located[name] = located.parsed(self.text(name), name, self.shown(name))
        return self.located[name]

    def model(self, model: type[Model], name: str) -> Model:
        """The content of a YAML file as its model."""
        if name not in self._models:
            self._models[name] = parse(model, self._long(model, name))
        content: Model = self._models[name]
        return content

    def _long(self, model: type[BaseModel], name: str) -> Located:
        """The content of a file with what the study left out filled in, at the places of the file."""
        if model is m.Protocol:
            self.located[name] = protocol.protocol(self.yaml(name))
        elif model is m.Form:
            self.located[name] = contracts.contract(self.yaml(name))
        elif model is m.Header:
            self.located[name] = protocol.header(self.yaml(name))
        elif model is m.Codelists:
            self.located[name] = self._long_codelists_file()
        elif model is m.Dataset:
            self.located[name] = self._long_dataset(name)
        elif model is m.Mapping:
            self.located[name] = self._expanded.mapping(name) or self.yaml(name)
        return self.yaml(name)

    @cached_property
    def _said_codelists(self) -> Located:
        """The lists that the study says, in the long form."""
        if (self.root / CODELISTS).is_file():
            file = self.yaml(CODELISTS)
        else:
            file = Located(CODELISTS, self.shown(CODELISTS), {}, {})
        return standard.codelists(words.added(file), self._standards)

    def _long_codelists_file(self) -> Located:
        """The study's lists, and those of the terminology that its mappings need."""
        file = self._said_codelists
        added = self._expanded.codelists
        rules: dict[KeyPath, str] = {(of_list,): expansion.OWN_LIST for of_list in added}
        return replace(file, value={**file.value, **added}, rules=rules) if added else file

    def _long_dataset(self, name: str) -> Located:
        """A spec with what the standard decides; one that no file has is made of what is mapped.

        Raises    SpecError with the faults of the files without which nothing is made, where a spec has some
                  of its variables and the mapping gives the others.
        """
        if name not in self._expanded.specs and not lists_all(self.yaml(name)):
            self._refuse([lambda: self.model(m.Protocol, STUDY), lambda: self._said_codelists])
        file = self._expanded.specs.get(name) or self.yaml(name)
        content = file.value
        if isinstance(content, dict) and isinstance(content.get("dataset"), str):
            self.located[name] = file
            self._check_name(name, "dataset", content["dataset"])
        layer = name.split("/")[1]
        return standard.dataset(file, layer, self._standards, self._long_codelists)

    @cached_property
    def _expanded(self) -> expansion.Expanded:
        """All mappings in their long form, and what they need; what cannot be read its own file tells."""
        of_study = self._readable(lambda: self.model(m.Protocol, STUDY))
        said = self._readable(lambda: self._said_codelists)
        of_layers = self._layers("mappings")
        mappings = [file for file in of_layers.values() if file]
        if of_study is None or said is None or not isinstance(said.value, dict):
            return expansion.by_themselves(mappings)
        if design.SE not in of_layers:
            dm = of_layers.get("mappings/sdtm/dm.yaml")
            mappings += design.mappings(of_study.epochs, dm, self.root.as_posix())
        lists = CodeLists(self._as_read(CODELISTS) or said, said.value, self._standards)
        forms = [self._readable(partial(self.form, name)) for name in self.form_files()]
        visits = {form.form: form.visit for form in forms if form and form.visit}
        given = self._layers("specs")
        expanded = expansion.expand(mappings, given, lists, of_study, visits)
        of_design = design.specs(of_study, self.root.as_posix()) if self._standards.sdtm else ()
        made = {spec.file: spec for spec in of_design if spec.file not in given}
        return replace(expanded, specs={**expanded.specs, **made})

    def _layers(self, folder: str) -> dict[str, Located | None]:
        """The YAML files of both layers by name; None for one that cannot be read."""
        names = [name for layer in LAYERS for name in self.names(f"{folder}/{layer}", ".yaml")]
        return {name: self._as_read(name) for name in names}

    def _as_read(self, name: str) -> Located | None:
        return self._readable(lambda: self.yaml(name))

    @staticmethod
    def _readable(read: Callable[[], T]) -> T | None:
        """What could be read; None for what is told when its own file is read."""
        try:
            return read()
        except SpecError:
            return None

    @cached_property
    def _standards(self) -> standard.Standards:
        for name in self.terminology_files():
            self.content(name)  # as read, for the manifest
        with suppress(SpecError):  # what is wrong with the file is told when it is read
            self.model(m.Protocol, STUDY)
        return standard.declared(self.yaml(STUDY).value, self.root / TERMINOLOGY)

    @property
    def _long_codelists(self) -> dict[str, Any]:
        """The study's codelists; none where their own file is at fault, which is told by itself."""
        with suppress(SpecError):
            return self.codelists()
        return {}

    def protocol(self) -> m.Protocol:
        """specs/study.yaml, with the relations of datasets that the study leaves out."""
        said = self.model(m.Protocol, STUDY)
        given = [{"id": name, "ends": ends} for name, ends in self._expanded.relations.items()]
        relations = tuple(m.Relation.model_validate(relation) for relation in given)
        return said.model_copy(update={"relations": relations}) if relations else said

    def codelists(self) -> dict[str, m.Codelist]:
        """The lists that the study says, and those of the terminology that its mappings need."""
        return self.model(m.Codelists, CODELISTS).root

    def optional(self, model: type[Model], name: str) -> Model | None:
        """The same of a file that a study need not have."""
        return self.model(model, name) if (self.root / name).is_file() else None

    def simulation(self) -> dict[str, Any]:
        """What the simulator is told; nothing of a study that simulates no drop."""
        found: dict[str, Any] = self.yaml(SIMULATION).value if (self.root / SIMULATION).is_file() else {}
        return found

    # --- what a file describes
    def form(self, name: str) -> m.Form:
        """The contract of a form, with what the study says of every form.

        Raises    SpecError for a name in it that is no field, or that names two.
        """
        form = self.model(m.Form, name)
        if Path(name).stem not in (form.form, form.form.lower()):
            message = f"{form.form} belongs in a file of its own name, {form.form}.yaml"
            raise self.located[name].error(("form",), message)
        header = self.optional(m.Header, HEADER) or m.Header()
        return forms.complete(form, self.located[name], header, self.model(m.Protocol, STUDY))

    def forms(self) -> dict[str, m.Form]:
        """All forms of the study.

        Raises    SpecError that lists the faults of all of them.
        """
        found, faults = {}, []
        for name in self.form_files():
            try:
                form = self.form(name)
                found[form.form] = form
            except SpecError as e:
                faults.append(str(e))
        if faults:
            raise SpecError("\n".join(faults))
        return found

    def dataset(self, name: str, layer: str) -> m.Dataset:
        """The spec of a dataset."""
        spec = self.model(m.Dataset, name).model_copy(update={"layer": layer})
        self._check_name(name, "dataset", spec.dataset)
        return spec

    def mapping(self, name: str) -> m.Mapping:
        """The mapping of a dataset."""
        mapping = self.model(m.Mapping, name)
        self._check_name(name, "dataset", mapping.dataset)
        return mapping

    def _check_name(self, file: str, key: str, name: str) -> None:
        if Path(file).stem != name.lower():
            message = f"{name} belongs in a file of its own name, {name.lower()}.yaml"
            raise self.located[file].error((key,), message)
