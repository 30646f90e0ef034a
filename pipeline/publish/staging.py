"""A build appears whole or not at all: it is made aside, and becomes current by one atomic replacement of a
symbolic link.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import UsageError

KEPT = 2  # builds
SHOWN = ("m5", "nmpa", "dataset-json", "report", "lineage", "manifest.json", "build-info.json")


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A fresh folder for one build, under a lock so that two builds never share it; it is gone afterwards
    unless `publish` took it.

    Raises    UsageError where another build is at work in the same folder, or `out` is a file.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file; --out names a folder")
    builds = out / "builds"
    made = [p for p in (builds, out, *out.parents) if not p.exists()]
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
            if out in made and [*out.iterdir()] == [builds] and [*builds.iterdir()] == [builds / ".lock"]:
                _remove(builds)  # nothing came of it: nothing is left where nothing was
                with suppress(OSError):  # another process may have put something there
                    for path in made[1:]:
                        path.rmdir()


def publish(stage: Path, out: Path, build_id: str) -> Path:
    """Makes the staged build the current one. Killed at any moment, `latest` leads to a whole build: the old
    one or this one.

    Takes     a build that was written and read back.
    Returns   its folder.
    """
    builds = out / "builds"
    number = 1
    while (home := builds / f"{build_id}-{number}").exists():
        number += 1
    stage.rename(home)
    made = [name for name in SHOWN if (home / name).exists()]
    for name in made:
        _link(out / name, f"latest/{name}")
    _link(out / "latest", f"builds/{home.name}")
    for name in set(SHOWN) - set(made):  # what only an earlier build had
        if (out / name).is_symlink():
            (out / name).unlink()
    _remove(out / "refused")
    _prune(builds, home)
    return home


def refuse(stage: Path, out: Path) -> Path:
    """Leaves the last good build as it is and shows why this one was refused."""
    home = out / "refused"
    _remove(home)
    stage.rename(home)
    return home


def _link(at: Path, target: str) -> None:
    if at.is_symlink() and at.readlink() == Path(target):
        return
    if at.exists() and not at.is_symlink():
        raise UsageError(f"{at}: is in the way; a build keeps a link of that name here")
    fresh = at.with_name(f".{at.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(at)


def _prune(builds: Path, current: Path) -> None:
    """Only the current build and the one before it stay."""
    old = sorted(
        (p for p in builds.iterdir() if p.is_dir() and p != current and not p.name.startswith(".")),
        key=lambda p: p.stat().st_mtime,
    )
    for path in old[: -(KEPT - 1)]:
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
