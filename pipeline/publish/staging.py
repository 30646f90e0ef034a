"""A build appears whole or not at all: it is made aside, and becomes current by one atomic replacement of a
symbolic link, or where links cannot be made, of a file that names its folder.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.publish.manifest import file_hash

KEPT = 2  # builds
SHOWN = (
    "m5",
    "nmpa",
    "dataset-json",
    "tlf",
    "report",
    "lineage",
    "site",
    "manifest.json",
    "build-info.json",
)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A fresh folder for one build, under a lock so that two builds never share it; it is removed afterwards
    unless `make_current` or `show_refusal` took it.

    Raises    UsageError where another build is writing to the same folder, or `out` is a file.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file; --out names a folder")
    builds = out / "builds"
    missing = [p for p in (builds, out, *out.parents) if not p.exists()]
    builds.mkdir(parents=True, exist_ok=True)
    with (builds / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{out}: another build is writing here; wait for it to end") from None
        stage = builds / ".staging"
        _remove(stage)
        stage.mkdir()
        try:
            yield stage
        finally:
            _remove(stage)
            if out in missing and _is_unused(out, builds):
                _remove(builds)  # nothing came of it: nothing is left where nothing was
                with suppress(OSError):  # another process may have put something there
                    for path in missing[1:]:
                        path.rmdir()


def _is_unused(out: Path, builds: Path) -> bool:
    return [*out.iterdir()] == [builds] and [*builds.iterdir()] == [builds / ".lock"]


def make_current(stage: Path, out: Path) -> Path:
    """Makes the staged build the current one. If it is killed at any moment, `latest` leads to a whole build:
    the old one or this one.

    Takes     a build with its manifest, whose hash names it.
    Returns   its folder.
    """
    builds = out / "builds"
    name = file_hash(stage / "manifest.json")[:12]
    number = 1
    while (home := builds / f"{name}-{number}").exists():
        number += 1
    stage.rename(home)
    present = [entry for entry in SHOWN if (home / entry).exists()]
    linked = [_link(out / entry, f"latest/{entry}") for entry in present]
    if not all(linked) or not _link(out / "latest", f"builds/{home.name}"):
        _point(out / "latest", f"builds/{home.name}")
        present = []
    for entry in set(SHOWN) - set(present):  # what only an earlier build had
        if (out / entry).is_symlink():
            (out / entry).unlink()
    _remove(out / "refused")
    _prune(builds, home)
    return home


def show_refusal(stage: Path, out: Path) -> Path:
    """Leaves the last good build untouched and shows why this one was refused; returns that folder.

    Takes     the folder of the refusal in the stage; OUT.
    Returns   OUT/refused.
    """
    home = out / "refused"
    _remove(home)
    stage.rename(home)
    return home


def _link(path: Path, target: str) -> bool:
    """Makes a link to a target; false where links cannot be made, as on Windows without the right to."""
    if path.is_symlink() and path.readlink() == Path(target):
        return True
    if path.exists() and not path.is_symlink() and not _is_pointer(path):
        raise UsageError(f"{path}: is in the way; a build keeps a link of that name here")
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(target)
    except OSError:
        return False
    fresh.replace(path)
    return True


def _point(path: Path, target: str) -> None:
    """Writes a file that names a target, where a link to it cannot be made."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(f"{target}\n", encoding="utf-8")
    fresh.replace(path)


def _is_pointer(path: Path) -> bool:
    """Whether it is the file that names the current build in the place of a link."""
    return path.name == "latest" and path.is_file() and path.read_bytes().startswith(b"builds/")


def _prune(builds: Path, current: Path) -> None:
    """Only the current build and the one before it stay."""
    others = [p for p in builds.iterdir() if p.is_dir() and p != current and not p.name.startswith(".")]
    others.sort(key=lambda p: p.stat().st_mtime)
    for path in others[: -(KEPT - 1)]:
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
