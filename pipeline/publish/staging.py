"""A build appears whole or not at all: it is made aside, and becomes current by one atomic replacement of a
symbolic link, or where links cannot be made, of a file that names its folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import MachineError, UsageError
from pipeline.finished.folder import current
from pipeline.finished.manifest import file_hash

KEPT = 2  # builds
AT_ONCE = 8  # files that are waited for: one by one they take three times as long
NO_FSYNC_OF_FOLDERS = (errno.EINVAL, errno.ENOTSUP)  # what a network drive may answer
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

    Raises    UsageError where another build is writing to the same folder; MachineError where `out` is a
              file.
    """
    if out.exists() and not out.is_dir():
        raise MachineError(f"{out}: a file; --out names a folder")
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
        except OSError as error:
            if error.errno and not error.filename:  # a library does not say which file it could not write
                error.filename = str(out)
            raise
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
    """Makes the staged build the current one. If it is killed at any moment, `latest` leads to a whole build,
    the old one or this one, and no link leads nowhere; what it did not come to, the next build does.

    1. Its files reach the disk before anything leads to it, so that a loss of power cannot show half of it.
    2. Links to what only the old build has go before `latest` moves; those to what only this one has come
       after it.
    3. What is to go is first moved into the stage, in one step each: half of it never stands in OUT.

    Takes     a build in the stage, with its manifest, whose hash names it.
    Returns   its folder.
    Raises    UsageError where a file or folder of OUT has the name of a link.
    """
    builds, scrap = out / "builds", stage.parent
    present = [entry for entry in SHOWN if (stage / entry).exists()]
    for entry in (*present, "latest"):
        _refuse_what_is_in_the_way(out / entry)
    name = file_hash(stage / "manifest.json")[:12]
    number = 1
    while (home := builds / f"{name}-{number}").exists():
        number += 1
    reach_disk(stage)
    before = current(out).resolve()
    stage.rename(home)
    reach_disk(builds, below=False)
    for entry in set(SHOWN) - set(present):
        if (out / entry).is_symlink():
            (out / entry).unlink()
    leads = {"latest": f"builds/{home.name}", **{entry: f"latest/{entry}" for entry in present}}
    if not all(_link(out / name, target, scrap) for name, target in leads.items()):
        _point(out / "latest", f"builds/{home.name}", scrap)
        for entry in SHOWN:
            if (out / entry).is_symlink():
                (out / entry).unlink()
    reach_disk(out, below=False)
    _discard(out / "refused", scrap)
    for path in _superseded(builds, home, before):
        _discard(path, scrap)
    return home


def show_refusal(stage: Path, out: Path) -> Path:
    """Leaves the last good build untouched and shows why this one was refused; returns that folder.

    Takes     the folder of the refusal in the stage; OUT.
    Returns   OUT/refused.
    """
    home = out / "refused"
    _discard(home, stage.parent)
    stage.rename(home)
    return home


def reach_disk(folder: Path, below: bool = True) -> None:
    """Waits until a folder, and on request all that is in it, is on the disk and not in memory alone."""
    paths = [*folder.rglob("*")] if below else []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in threads.map(_reach_disk, (*paths, folder)):
            pass  # each is asked for its result, so that a fault is raised


def _reach_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as e:
        if not (path.is_dir() and e.errno in NO_FSYNC_OF_FOLDERS):
            raise
    finally:
        os.close(descriptor)


def _link(path: Path, target: str, scrap: Path) -> bool:
    """Makes a link to a target; false where links cannot be made, as on Windows without the right to."""
    if path.is_symlink() and path.readlink() == Path(target):
        return True
    fresh = scrap / f"{path.name}.new"
    try:
        fresh.symlink_to(target)
    except OSError:
        return False
    fresh.replace(path)
    return True


def _point(path: Path, target: str, scrap: Path) -> None:
    """Writes a file that names a target, where a link to it cannot be made."""
    fresh = scrap / f"{path.name}.new"
    fresh.write_text(f"{target}\n", encoding="utf-8")
    fresh.replace(path)


def _refuse_what_is_in_the_way(path: Path) -> None:
    if path.exists() and not path.is_symlink() and not _is_pointer(path):
        raise UsageError(f"{path}: is in the way; a build keeps a link of that name here")


def _is_pointer(path: Path) -> bool:
    """Whether it is the file that names the current build in the place of a link."""
    return path.name == "latest" and path.is_file() and path.read_bytes().startswith(b"builds/")


def _superseded(builds: Path, home: Path, before: Path) -> list[Path]:
    """All builds but the current one and the one that was current before it, or where none was, the newest
    other one. A build that was killed before it became current is thus never kept in the place of one that
    was.
    """
    others = [p for p in builds.iterdir() if p.is_dir() and p != home and not p.name.startswith(".")]
    others.sort(key=lambda p: (p.resolve() == before, p.stat().st_mtime))
    return others[: -(KEPT - 1)]


def _discard(path: Path, scrap: Path) -> None:
    """Takes away a file or folder in one step; what it held goes with the stage."""
    if path.exists() or path.is_symlink():
        scrap.joinpath("discarded").mkdir(exist_ok=True)
        path.rename(scrap / "discarded" / path.name)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
