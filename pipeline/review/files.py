"""What changed in the parts of specs/ that no mapping book tells: protocol, units, translations, waivers,
keys of raw forms.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.finished.folder import Build
from pipeline.review import plain as review_plain
from pipeline.review.meaning import Change, Node, takers

_TOLD = ("specs/sdtm/", "specs/adam/", "specs/codelists.yaml", "mappings/")  # by the book
_WITHOUT_EFFECT = (
    "specs/waivers.yaml",
    "specs/guides.yaml",
    "specs/simulation.yaml",
    "specs/analyses.yaml",
    "specs/nmpa.yaml",
)


def changes(old: Build, new: Build) -> Iterator[Change]:
    """Every change of these files, and what its effect on the data begins with."""
    homes = [b.home / "lineage" / "study" for b in (old, new)]
    for file, path, was, now in review_plain.files(*homes):
        section = path.partition(".")[0]
        if file.startswith(_TOLD) or (file == "specs/study.yaml" and section == "parameters"):
            continue
        if file.startswith("specs/raw/"):
            if section in ("keys", "once"):
                yield Change(
                    "contract", file, path, was, now, _form(old, file.split("/")[-1].removesuffix(".yaml"))
                )
        elif file == "specs/translations.yaml":
            texts = frozenset(t for t in (was, now) if t)
            yield Change("translation", file, path, was, now, _texts(new), deep=False, values=texts)
        elif file in _WITHOUT_EFFECT:
            yield Change("study", file, path, was, now)
        else:
            yield Change(
                "study",
                file,
                path,
                was,
                now,
                _study(old, section if file == "specs/study.yaml" else _stem(file), new),
            )


def _stem(file: str) -> str:
    return file.split("/")[-1].removesuffix(".yaml")


def _form(build: Build, form: str) -> frozenset[Node]:
    return frozenset((form, f.partition(".")[2]) for f in build.book["fields"] if f.startswith(f"{form}."))


def _texts(build: Build) -> frozenset[Node]:
    return frozenset(
        (d, v)
        for d, told in build.book["datasets"].items()
        for v, t in told["variables"].items()
        if t["type"] == "text"
    )


def _study(old: Build, section: str, new: Build) -> frozenset[Node]:
    """What takes a section of specs/: by name, or as a dataset that describes the trial."""
    nodes = takers(old.book, f"specs.{section}") | takers(new.book, f"specs.{section}")
    for name, told in new.book["datasets"].items():
        trial = any(r["verb"] == "study" for v in told["variables"].values() for r in v["rules"])
        if section == "subjects" or trial or (name == "RELREC" and section == "relations"):
            nodes |= {(name, v) for v in ("", *told["variables"])}
    return nodes
