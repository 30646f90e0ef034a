"""Compares a finished build with its manifest, and on request with the same build made again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import stages as run
from pipeline.errors import MachineError, UsageError
from pipeline.finished import manifest as manifests
from pipeline.finished.folder import Folder, current
from pipeline.finished.manifest import INFO, MANIFEST, file_hash
from pipeline.publish import staging
from pipeline.study import load
from pipeline.workers import Workers

KEPT = "lineage/study"  # the specs and mappings that the build was made from
OF_RTF = "tlf/rtf/"


@dataclass(frozen=True, order=True)
class Difference:
    """A file that is not what the manifest says."""

    where: str  # build, inputs, rebuild
    file: str
    what: str  # changed, missing, added


@dataclass(frozen=True)
class Outcome:
    """What was compared and what differs."""

    files: int
    differences: tuple[Difference, ...]
    rebuilt: bool
    program: tuple[str, ...] = ()  # of a rebuild that differs: the versions of the program that changed

    def as_data(self) -> dict[str, Any]:
        return {"state": "differs" if self.differences else "verified", **asdict(self)}


def verify(
    out: Path,
    drop: Path | None,
    rebuild: bool,
    progress: Callable[[str], None],
    previous: Path | None = None,
) -> Outcome:
    """Compares each file of a build with the hash in its manifest; with a drop, the drop too; on request, a
    build made again.

    A build is made again only from what it was made of: where the drop or the kept specs and mappings differ,
    the outcome says so, and nothing is rebuilt.

    Takes     the folder of builds, of which the current one counts, or the folder of one build; the drop,
              which a rebuild needs; the build that this one continues, which a rebuild needs too.
    Raises    UsageError where there is no build, or no drop or build before to rebuild from; MachineError
              where the manifest is damaged or a file cannot be read; DropError and SpecError as a build does.
    """
    if rebuild and drop is None:
        raise UsageError("--rebuild needs the drop, for a build keeps only its hashes; name it with --drop")
    home = current(out)
    manifest = manifests.read(home).content
    if rebuild:
        _refuse_another_before(manifest.get("continues"), previous)
    progress("compare")
    try:
        differences = [*_links(out, home), *_files(home, manifest)]
        if drop is not None:
            differences += _compared("inputs", manifest["inputs"], _hashes_of_drop(drop))
    except OSError as e:
        raise MachineError(f"{e.filename}: cannot be read ({e.strerror})") from None
    program: tuple[str, ...] = ()
    rebuilt = False
    if rebuild and drop is not None and not any(_is_of_sources(d) for d in differences):
        rebuilt = True
        of_rebuild, program = _rebuilt(home, drop, manifest, progress, previous)
        differences += of_rebuild
    files = len(manifest["outputs"]) + len(manifest["lines"])
    if drop is not None:
        files += len(manifest["inputs"])
    return Outcome(files, tuple(sorted(differences)), rebuilt, program)


def lines(outcome: Outcome) -> Iterator[str]:
    """The outcome as lines of text."""
    for difference in outcome.differences:
        yield f"{difference.where:<7}  {difference.what:<7}  {difference.file}"
    for version in outcome.program:
        yield f"program  {version}"
    state = "differs" if outcome.differences else "verified"
    summary = f"{state}: {outcome.files} files compared, {len(outcome.differences)} differ"
    if outcome.rebuilt and not any(d.where == "rebuild" for d in outcome.differences):
        summary += "; the rebuild is the same"
    yield summary


def _refuse_another_before(continues: str | None, previous: Path | None) -> None:
    """Raises    UsageError where the build that was continued is not named, or another one is."""
    if continues is None:
        if previous is not None:
            raise UsageError(f"{previous}: this build continues no other; leave out --previous")
        return
    if previous is None:
        raise UsageError(
            f"this build continues build {continues[:12]}, whose numbers of records it keeps; name that build"
            " with --previous"
        )
    if file_hash(Folder.opened(previous).home / MANIFEST) != continues:
        raise UsageError(f"{previous}: not build {continues[:12]}, which this one continues; name that build")


# --- comparison
def _links(out: Path, home: Path) -> Iterator[Difference]:
    """The links of OUT must lead to the current build, and the build's folder must bear the name that follows
    from its manifest: a manifest that was changed to fit is thus found too.
    """
    if home == out / "latest":  # where links cannot be made there are none
        for name in staging.SHOWN:
            shown = out / name
            is_link = shown.is_symlink() and shown.readlink() == Path("latest") / name
            if (home / name).exists() and not is_link:
                yield Difference("build", name, "changed" if shown.exists() else "missing")
    if not manifests.is_named_after(home):
        yield Difference("build", MANIFEST, "changed")


def _files(home: Path, manifest: Mapping[str, Any]) -> Iterator[Difference]:
    """The files of the build, and those that it keeps of its study, against the manifest."""
    hashes = {}
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        if path.is_file() and name not in (MANIFEST, INFO):
            hashes[name] = file_hash(path)
    outputs = manifest["outputs"]
    yield from _compared("build", {**manifest["lines"], **outputs}, hashes)
    # the manifest has these files a second time, under the study's own names: both entries must hold
    kept = {f"{KEPT}/{name}": digest for name, digest in manifest["study"].items()}
    for difference in _compared("build", kept, hashes):
        name = difference.file
        reported_already = outputs.get(name) != hashes.get(name)
        if name in kept and not reported_already:
            yield difference


def _hashes_of_drop(drop: Path) -> dict[str, str]:
    if not drop.is_dir():
        raise UsageError(f"{drop}: no such folder")
    return {path.name: file_hash(path) if path.is_file() else "a folder" for path in drop.iterdir()}


def _compared(where: str, expected: Mapping[str, str], actual: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            yield Difference(where, name, "missing")
        elif name not in expected:
            yield Difference(where, name, "added")
        elif expected[name] != actual[name]:
            yield Difference(where, name, "changed")


# --- rebuild
def _is_of_sources(difference: Difference) -> bool:
    """Whether something differs that a rebuild would be made from."""
    kept = difference.file.startswith(KEPT)
    return difference.where == "inputs" or kept or difference.file == MANIFEST


def _rebuilt(
    home: Path,
    drop: Path,
    manifest: Mapping[str, Any],
    progress: Callable[[str], None],
    previous: Path | None,
) -> tuple[list[Difference], tuple[str, ...]]:
    """Where a build from the same drop, specs and mappings differs, and if it does, which versions of the
    program changed.
    """
    kept = home / KEPT
    with tempfile.TemporaryDirectory(prefix="cdisc-pipeline-") as folder:
        out = Path(folder) / "out"
        report = run.build(
            load(kept),
            kept,
            drop,
            out,
            Workers(),
            progress,
            tuple(manifest["editions"]),
            previous=previous,
            with_rtf=any(name.startswith(OF_RTF) for name in manifest["outputs"]),
        )
        if report.refused:
            return [Difference("rebuild", "refused", "added")], ()
        again = manifests.read(current(out)).content
        differences: list[Difference] = []
        for part in ("study", "lines", "outputs"):
            differences += _compared("rebuild", manifest[part], again[part])
        return differences, _changed_versions(home, current(out)) if differences else ()


def _changed_versions(then: Path, now: Path) -> tuple[str, ...]:
    """The entries of build-info.json that differ, without the revision: it is that of the study's folder, and
    a rebuild has none.
    """
    infos = [manifests.build_info(home) for home in (then, now)]
    before, after = ({**info, **info.get("libraries", {})} for info in infos)
    names = sorted((before.keys() | after.keys()) - {"revision", "libraries"})
    changed = [name for name in names if before.get(name) != after.get(name)]
    return tuple(f"{name}: {before.get(name)} -> {after.get(name)}" for name in changed)
