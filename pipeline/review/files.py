"""What changed in the parts of specs/ that the mapping book does not hold: protocol, units, translations,
waivers, keys of raw forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pipeline.finished.folder import Folder
from pipeline.review.change import Change, Node, takers
from pipeline.review.plain import differences

_IN_THE_BOOK = ("specs/sdtm/", "specs/adam/", "specs/codelists.yaml", "mappings/")
_WITHOUT_EFFECT = (
    "specs/waivers.yaml",
    "specs/guides.yaml",
    "specs/simulation.yaml",
    "specs/displays.yaml",
    "specs/nmpa.yaml",
)


def changes(old: Folder, new: Folder) -> Iterator[Change]:
    """Every change of these files, and where its effect on the data begins.

    Takes     two finished builds.
    Returns   changes in the order of the files.
    """
    for file in sorted({*old.study_files, *new.study_files}):
        if file.startswith(_IN_THE_BOOK):
            continue
        before, after = old.study_files.get(file, {}), new.study_files.get(file, {})
        stem = PurePosixPath(file).stem
        for path, was, now in differences(before, after):
            section = path.partition(".")[0]
            if file.startswith("specs/raw/"):
                if section in ("keys", "once"):
                    yield Change("contract", file, path, was, now, _fields_of_form(old, stem))
            elif file == "specs/translations.yaml":
                texts = frozenset(text for text in (was, now) if text)
                nodes = _text_variables(new)
                yield Change("translation", file, path, was, now, nodes, deep=False, values=texts)
            elif file in _WITHOUT_EFFECT:
                yield Change("study", file, path, was, now)
            elif file != "specs/study.yaml":
                yield Change("study", file, path, was, now, _takers_of_section(old, new, stem))
            elif section != "parameters":  # the book holds these
                yield Change("study", file, path, was, now, _takers_of_section(old, new, section))


def _fields_of_form(build: Folder, form: str) -> frozenset[Node]:
    fields = [name.split(".") for name in build.mapping_book["fields"]]
    return frozenset((f, field) for f, field in fields if f == form)


def _text_variables(build: Folder) -> frozenset[Node]:
    return frozenset(
        (dataset, variable)
        for dataset, content in build.mapping_book["datasets"].items()
        for variable, properties in content["variables"].items()
        if properties["type"] == "text"
    )


def _takers_of_section(old: Folder, new: Folder, section: str) -> frozenset[Node]:
    """What a section of specs/ bears on: what takes it by name, and the datasets that the protocol gives."""
    part = f"specs.{section}"
    nodes = takers(old.mapping_book, part) | takers(new.mapping_book, part)
    for dataset, content in new.mapping_book["datasets"].items():
        variables = content["variables"]
        is_of_protocol = any(rule["verb"] == "study" for v in variables.values() for rule in v["rules"])
        is_of_relations = dataset == "RELREC" and section == "relations"
        if section == "subjects" or is_of_protocol or is_of_relations:
            nodes |= {(dataset, ""), *((dataset, variable) for variable in variables)}
    return nodes
