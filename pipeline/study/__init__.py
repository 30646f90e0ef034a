"""Loads specs/ and mappings/ into frozen models. Errors cite file:line:column, what was expected, and the
nearest right word.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, RootModel

from pipeline.errors import SpecError, UsageError
from pipeline.study import agreement
from pipeline.study import models as m
from pipeline.study.analyses import Analyses, Display
from pipeline.study.edition import Edition
from pipeline.study.guides import Guides
from pipeline.study.located import Located, Model, nearest, parse, read

LAYERS = ("sdtm", "adam")
GUIDES = "specs/guides.yaml"  # a study that adds nothing to its guides has none
WAIVERS = "specs/waivers.yaml"  # a study that waives nothing has none
NMPA = "specs/nmpa.yaml"  # a study that goes to no Chinese agency has none
ANALYSES = "specs/analyses.yaml"  # a study whose endpoints nobody analyses here has none


class Codelists(RootModel[dict[str, m.Codelist]]):
    pass


class Units(RootModel[dict[str, m.Unit]]):
    pass


class Translations(RootModel[dict[str, str]]):
    pass


@dataclass(frozen=True, eq=False)
class Study:
    """Everything specs/ and mappings/ say. Pickles to workers: of functions it holds the source text, never
    the code.
    """

    protocol: m.Protocol
    forms: MappingOf[str, m.Form]
    codelists: MappingOf[str, m.Codelist]
    datasets: MappingOf[str, m.Dataset]
    mappings: MappingOf[str, m.Mapping]
    set_aside: tuple[m.SetAside, ...]
    waivers: tuple[m.Waiver, ...]
    guides: Guides
    analyses: tuple[Display, ...]
    nmpa: Edition | None
    translations: MappingOf[str, str]
    units: MappingOf[str, m.Unit]
    simulation: MappingOf[str, Any]
    functions: MappingOf[str, str]  # dataset -> source text of mappings/<layer>/<dataset>.py
    located: MappingOf[str, Located] = field(repr=False)
    files: tuple[str, ...] = ()  # every file read, relative to the study's folder

    @property
    def visits(self) -> tuple[m.Visit, ...]:
        return self.protocol.visits

    def error(self, file: str, path: tuple[str | int, ...], message: str) -> SpecError:
        return self.located[file].error(path, message)


def load(root: Path) -> Study:
    """The study whose folder holds specs/ and mappings/.

    Raises    UsageError where there is no such folder; SpecError with the faults of every file, and where
              each file is right by itself, with the names that lead nowhere.
    """
    if not (root / "specs" / "study.yaml").is_file():
        raise UsageError(
            f"{root}: no specs/study.yaml here; --study names the folder that holds specs/ and mappings/"
        )
    reader = _Reader(root)
    reader.refuse_faults()
    protocol = reader.model(m.Protocol, "specs/study.yaml")
    header = reader.model(m.Header, "specs/raw/header.yaml")
    forms = {
        f.form: f
        for f in (
            reader.form(p, header)
            for p in reader.names("specs/raw", ".yaml")
            if not p.endswith("/header.yaml")
        )
    }
    datasets: dict[str, m.Dataset] = {}
    mappings: dict[str, m.Mapping] = {}
    functions: dict[str, str] = {}
    for layer in LAYERS:
        for path in reader.names(f"specs/{layer}", ".yaml"):
            spec = reader.model(m.Dataset, path).model_copy(update={"layer": layer})
            reader.named(path, "dataset", spec.dataset)
            datasets[spec.dataset] = spec
        for path in reader.names(f"mappings/{layer}", ".yaml"):
            mapping = reader.model(m.Mapping, path)
            reader.named(path, "dataset", mapping.dataset)
            if mapping.dataset not in datasets:
                raise reader.located[path].error(
                    ("dataset",), f"{mapping.dataset} has no spec{nearest(mapping.dataset, datasets)}"
                )
            mappings[mapping.dataset] = mapping
        for path in reader.names(f"mappings/{layer}", ".py"):
            functions[Path(path).stem.upper()] = reader.text(path)
    aside = reader.model(m.SetAsides, "mappings/set_aside.yaml")
    study = Study(
        protocol=protocol,
        forms=forms,
        codelists=reader.model(Codelists, "specs/codelists.yaml").root,
        datasets=datasets,
        mappings=mappings,
        set_aside=aside.entries,
        waivers=reader.model(m.Waivers, WAIVERS).waivers if (root / WAIVERS).is_file() else (),
        guides=reader.model(Guides, GUIDES) if (root / GUIDES).is_file() else Guides(),
        analyses=reader.model(Analyses, ANALYSES).displays if (root / ANALYSES).is_file() else (),
        nmpa=reader.model(Edition, NMPA) if (root / NMPA).is_file() else None,
        translations=reader.model(Translations, "specs/translations.yaml").root,
        units=reader.model(Units, "specs/units.yaml").root,
        simulation=reader.located_file("specs/simulation.yaml").value,
        functions=functions,
        located=reader.located,
        files=tuple(sorted(reader.files)),
    )
    faults = agreement.faults(study)
    if faults:
        raise SpecError("\n".join(faults))
    return study


@dataclass
class _Reader:
    root: Path
    located: dict[str, Located] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)  # by file
    files: set[str] = field(default_factory=set)

    def names(self, folder: str, suffix: str) -> list[str]:
        return sorted(
            f"{folder}/{p.name}" for p in (self.root / folder).glob(f"*{suffix}") if p.name != "__init__.py"
        )

    def text(self, name: str) -> str:
        self.files.add(name)
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise SpecError(f"{name}:1:1: not UTF-8") from None

    def located_file(self, name: str) -> Located:
        if name not in self.located:
            self.files.add(name)
            self.located[name] = read(self.root / name, name)
        return self.located[name]

    def model(self, model: type[Model], name: str) -> Model:
        if name not in self.models:
            self.models[name] = parse(model, self.located_file(name))
        found: Model = self.models[name]
        return found

    def kinds(self) -> Iterator[tuple[type[BaseModel], str]]:
        yield m.Protocol, "specs/study.yaml"
        yield Codelists, "specs/codelists.yaml"
        yield Units, "specs/units.yaml"
        yield Translations, "specs/translations.yaml"
        if (self.root / WAIVERS).is_file():
            yield m.Waivers, WAIVERS
        if (self.root / GUIDES).is_file():
            yield Guides, GUIDES
        if (self.root / ANALYSES).is_file():
            yield Analyses, ANALYSES
        if (self.root / NMPA).is_file():
            yield Edition, NMPA
        yield m.SetAsides, "mappings/set_aside.yaml"
        yield m.Header, "specs/raw/header.yaml"
        yield from ((m.Form, p) for p in self.names("specs/raw", ".yaml") if not p.endswith("/header.yaml"))
        for layer in LAYERS:
            yield from ((m.Dataset, p) for p in self.names(f"specs/{layer}", ".yaml"))
            yield from ((m.Mapping, p) for p in self.names(f"mappings/{layer}", ".yaml"))

    def refuse_faults(self) -> None:
        """Reads every file before any is used, so that one message lists the faults of all."""
        faults = []
        for model, name in self.kinds():
            try:
                self.model(model, name)
            except SpecError as e:
                faults.append(str(e))
        if faults:
            raise SpecError("\n".join(faults))

    def form(self, name: str, header: m.Header) -> m.Form:
        form = self.model(m.Form, name)
        self.named(name, "form", form.form)
        here = self.located[name]
        fields = {**header.fields, **form.fields}
        for twice in header.fields.keys() & form.fields.keys():
            raise here.error(("fields", twice), f"{twice} is a column of every form (specs/raw/header.yaml)")
        for i, key in enumerate(form.keys):
            if key not in fields:
                raise here.error(("keys", i), f"{key} is not a field of {form.form}{nearest(key, fields)}")
        for field_name in form.file.columns:
            if field_name not in fields:
                at = ("file", "columns", field_name)
                raise here.error(
                    at, f"{field_name} is not a field of {form.form}{nearest(field_name, fields)}"
                )
        called = [form.file.columns.get(f, f) for f in fields]
        for field_name, name_there in form.file.columns.items():
            if called.count(name_there) > 1:
                raise here.error(
                    ("file", "columns", field_name),
                    f"{name_there} is the name of two fields; a column feeds one field",
                )
        for field_name, one in form.fields.items():
            if (one.type == "date") != (one.format is not None):
                raise here.error(
                    ("fields", field_name),
                    "a date, and only a date, says its format (dd MON yyyy or yyyy/m/d)",
                )
        return form.model_copy(
            update={"fields": fields, "header": tuple(header.fields), "events": header.events}
        )

    def named(self, file: str, key: str, name: str) -> None:
        if Path(file).stem != name.lower():
            raise self.located[file].error(
                (key,), f"{name} belongs in a file of its own name, {name.lower()}.yaml"
            )
