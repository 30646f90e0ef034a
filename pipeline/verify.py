"""Holds a finished build against its manifest, and makes it again from what it names to compare."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import build as run
from pipeline.errors import UsageError
from pipeline.publish import staging
from pipeline.publish.manifest import file_hash
from pipeline.study import load
from pipeline.workers import Workers

MANIFEST, INFO, KEPT = "manifest.json", "build-info.json", "lineage/study"
PARTS = ("inputs", "lines", "study", "outputs")


@dataclass(frozen=True, order=True)
class Difference:
    """A file that is not what the manifest says."""

    where: str  # build, inputs, rebuild
    file: str
    what: str  # changed, missing, added


@dataclass(frozen=True)
class Told:
    """What was compared and what differs."""

    files: int
    differences: tuple[Difference, ...]
    rebuilt: bool
    program: tuple[str, ...] = ()  # of a rebuild that differs: versions of the program that are others

    def as_data(self) -> dict[str, Any]:
        return {"state": "differs" if self.differences else "verified", **asdict(self)}


def verify(out: Path, drop: Path | None, rebuild: bool, progress: Callable[[str], None]) -> Told:
    """Compares each file of the build with the hash that its manifest holds; on request also the drop, and a
    build made again.

    A build is made again only from what it was made of: where the drop or the kept specs and mappings differ,
    that is told instead.

    Takes     the folder of builds, of which the current one counts, or the folder of one build; the drop,
              which a rebuild needs.
    Raises    UsageError where there is no build, or no drop to rebuild from; DropError and SpecError as a
              build does.
    """
    if rebuild and drop is None:
        raise UsageError("--rebuild needs the drop, of which a build keeps hashes alone; name it with --drop")
    home = out / "latest" if (out / "latest").exists() else out
    due = _manifest(home)
    progress("compare")
    try:
        found = [*_links(out, home), *_files(home, due)]
        if drop is not None:
            found += _compared("inputs", due["inputs"], _inputs(drop))
    except OSError as e:
        raise UsageError(f"{e.filename}: cannot be read ({e.strerror})") from None
    program: tuple[str, ...] = ()
    ready = (
        rebuild
        and drop is not None
        and not any(d.where == "inputs" or d.file.startswith(KEPT) or d.file == MANIFEST for d in found)
    )
    if ready and drop is not None:
        again, program = _rebuilt(home, drop, due, progress)
        found += again
    files = len(due["outputs"]) + len(due["lines"]) + (len(due["inputs"]) if drop is not None else 0)
    return Told(files, tuple(sorted(found)), ready, program)


def lines(told: Told) -> Iterator[str]:
    """The outcome as lines of text."""
    yield from (f"{d.where:<7}  {d.what:<7}  {d.file}" for d in told.differences)
    yield from (f"program  {line}" for line in told.program)
    again = (
        "; the rebuild is the same"
        if told.rebuilt and not any(d.where == "rebuild" for d in told.differences)
        else ""
    )
    yield (
        f"{'differs' if told.differences else 'verified'}: {told.files} files compared,"
        f" {len(told.differences)} differ{again}"
    )


def _manifest(home: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
        if all(isinstance(told[part], dict) for part in PARTS) and isinstance(told["editions"], list):
            return told
    except OSError:
        raise UsageError(f"{home}: no finished build here; name the folder given to build as --out") from None
    except (ValueError, KeyError, TypeError):
        pass
    raise UsageError(
        f"{home / MANIFEST}: is no manifest of a build of this version; it is damaged, or another version"
        " built this"
    )


def _links(out: Path, home: Path) -> Iterator[Difference]:
    """What OUT shows must lead to the current build, and its folder is named for its manifest: so a manifest
    made to fit is told too.
    """
    if home != out:
        for name in staging.SHOWN:
            if (home / name).exists() and not (
                (out / name).is_symlink() and (out / name).readlink() == Path("latest") / name
            ):
                yield Difference("build", name, "changed" if (out / name).exists() else "missing")
    place = home.resolve()
    if place.parent.name == "builds" and not place.name.startswith(file_hash(home / MANIFEST)[:12]):
        yield Difference("build", MANIFEST, "changed")


def _files(home: Path, due: Mapping[str, Any]) -> Iterator[Difference]:
    there = (p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())
    hashes = {n: file_hash(home / n) for n in there if n not in (MANIFEST, INFO)}
    yield from _compared("build", {**due["lines"], **due["outputs"]}, hashes)
    kept = {f"{KEPT}/{n}": h for n, h in due["study"].items()}
    yield from (
        d
        for d in _compared("build", kept, hashes)
        if d.file in kept and due["outputs"].get(d.file) == hashes.get(d.file)
    )


def _inputs(drop: Path) -> dict[str, str]:
    if not drop.is_dir():
        raise UsageError(f"{drop}: no such folder")
    return {p.name: file_hash(p) if p.is_file() else "a folder" for p in drop.iterdir()}


def _compared(where: str, due: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(due.keys() | found.keys()):
        if name not in found:
            yield Difference(where, name, "missing")
        elif name not in due:
            yield Difference(where, name, "added")
        elif due[name] != found[name]:
            yield Difference(where, name, "changed")


def _rebuilt(
    home: Path, drop: Path, due: Mapping[str, Any], progress: Callable[[str], None]
) -> tuple[list[Difference], tuple[str, ...]]:
    """Where a build from the same drop, specs and mappings differs, and then which versions of the program
    are others.
    """
    kept = home / KEPT
    with tempfile.TemporaryDirectory(prefix="cdisc-pipeline-") as folder:
        out = Path(folder) / "out"
        report = run.build(load(kept), kept, drop, out, Workers(), progress, tuple(due["editions"]))
        if report.refused:
            return [Difference("rebuild", "refused", "added")], ()
        again = _manifest(out / "latest")
        found = [
            d for part in ("study", "lines", "outputs") for d in _compared("rebuild", due[part], again[part])
        ]
        return found, _versions(home / INFO, out / INFO) if found else ()


def _versions(then: Path, now: Path) -> tuple[str, ...]:
    """The entries of build-info.json that differ; the revision is of the study's folder and says nothing
    here.
    """
    told = [
        _flat(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {} for path in (then, now)
    ]
    names = sorted((told[0].keys() | told[1].keys()) - {"revision"})
    return tuple(
        f"{n}: {told[0].get(n)} -> {told[1].get(n)}" for n in names if told[0].get(n) != told[1].get(n)
    )


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in told.items() if n != "libraries"} | dict(told.get("libraries", {}))
