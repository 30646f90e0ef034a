"""A drop as it was received: each file is copied and hashed in one pass and read from its copy, so that the
bytes that are read are the bytes whose hash a build keeps. Before anything is shown the drop is looked at
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import DropError
from pipeline.records.changes import changes
from pipeline.records.characters import HARD_BLANKS, shown

PIECE = 1_000_000  # bytes that are copied and hashed together


@dataclass(frozen=True)
class Entry:
    """A file of a drop: the SHA-256 of its bytes, and whether its name is a symbolic link."""

    sha_256: str
    is_link: bool


@dataclass(frozen=True)
class Received:
    """The files of a drop by name, as they were when they were read."""

    drop: Path
    copies: Path  # the folder of the copies, for as long as `receive` is open
    entries: Mapping[str, Entry]

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file."""
        return {name: entry.sha_256 for name, entry in self.entries.items()}

    def refuse_changes(self) -> None:
        """Compares every file of the drop with what was read.

        Raises    DropError that names each file that was edited, replaced, removed or added since.
        """
        faults = [*changes(self.entries, _present(self.drop))]
        if faults:
            advice = "nothing is shown of a drop that changes; run again once it is complete"
            raise DropError("\n".join(f"{fault} after it was read; {advice}" for fault in faults))


@contextmanager
def receive(drop: Path, under: Path | None = None) -> Iterator[Received]:
    """Copies of all files of a drop, removed when the block is left.

    Takes     a folder of files; the folder in which the copies are made, none for that of temporary files.
    Raises    DropError for what is no folder of files, or may not be opened.
    """
    paths = files(drop)
    with TemporaryDirectory(prefix="cdisc-pipeline-", dir=under) as folder:
        copies = Path(folder)
        entries = {path.name: Entry(_copied(path, copies / path.name), path.is_symlink()) for path in paths}
        yield Received(drop, copies, entries)


def files(drop: Path) -> list[Path]:
    """The files of a drop, in the order of their names.

    Raises    DropError where the drop is no folder, cannot be read, or holds what is not a file of its own.
    """
    if not drop.is_dir():
        raise DropError(
            f"{drop}: no such folder; a drop is a folder with one file per form, or with one ODM-XML file"
        )
    try:
        paths = sorted(drop.iterdir())
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the folder may be opened"
        raise DropError(f"{drop}: {why}") from None
    home = drop.resolve()
    faults = []
    for path in paths:
        if not all(character.isprintable() or character in HARD_BLANKS for character in path.name):
            faults.append(f"{shown(path.name)}: the name has a control character; rename the file")
        elif not path.is_file():
            faults.append(f"{path.name}: not a file; a drop is one folder of files")
        elif not path.resolve().is_relative_to(home):
            faults.append(f"{path.name}: leads out of the drop folder; copy the file itself into the drop")
    if faults:
        raise DropError("\n".join(faults))
    return paths


def _copied(path: Path, to: Path) -> str:
    """Copies a file; returns the hash of the bytes that were copied."""
    digest = hashlib.sha256()
    try:
        source = path.open("rb")
    except OSError as error:
        why = f"cannot be read ({error.strerror}); check that the file may be opened"
        raise DropError(f"{path.name}: {why}") from None
    with source, to.open("wb") as copy:
        for piece in iter(partial(source.read, PIECE), b""):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def _present(drop: Path) -> dict[str, Entry | None]:
    """What stands in the drop now; None for what is no file of the drop, or cannot be read."""
    entries: dict[str, Entry | None] = {}
    try:
        home = drop.resolve()
        for path in drop.iterdir():
            entries[path.name] = _entry(path) if path.resolve().is_relative_to(home) else None
    except OSError:  # the folder itself is gone
        return {}
    return entries


def _entry(path: Path) -> Entry | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return Entry(hashlib.file_digest(file, "sha256").hexdigest(), path.is_symlink())
    except OSError:
        return None
