"""The manifest of a finished build, by which each file that is read of it is told from one that was changed
since.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import MachineError, UsageError

MANIFEST, INFO = "manifest.json", "build-info.json"
PARTS = ("inputs", "lines", "study", "outputs")  # each is a mapping of files to hashes
AGAIN = "`verify` lists all that differs, and a new build of the drop puts it right"


@dataclass(frozen=True)
class Manifest:
    """The hashes of the files that a build was made of and wrote, as they stand in its manifest."""

    content: dict[str, Any]

    @property
    def files(self) -> dict[str, str]:
        """The hash of each file that the build wrote, by its name in the build's folder."""
        return {**self.content["lines"], **self.content["outputs"]}


def read(home: Path) -> Manifest:
    """The manifest of the build in a folder.

    Raises    UsageError where the folder holds no build; MachineError where its manifest is damaged or of
              another version.
    """
    try:
        content = json.loads((home / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        hint = "name a folder that `build --out` wrote, or one of its builds/"
        raise UsageError(f"{home}: no finished build here; {hint}") from None
    except (ValueError, RecursionError):
        content = None
    if not _is_manifest(content):
        message = "not the manifest of a build of this version; it is damaged, or another version built this"
        raise MachineError(f"{home / MANIFEST}: {message}")
    return Manifest(content)


def build_info(home: Path) -> dict[str, Any]:
    """The versions and the revision that the build in a folder was made with; nothing where the file that has
    them, the one that no manifest has, is gone or damaged.
    """
    try:
        info = json.loads((home / INFO).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return info if isinstance(info, dict) and isinstance(info.get("libraries"), dict) else {}


def is_named_after(home: Path) -> bool:
    """Whether the folder of a build bears the name that follows from its manifest; a copy elsewhere may have
    any name.
    """
    folder = home.resolve()
    return folder.parent.name != "builds" or folder.name.startswith(file_hash(home / MANIFEST)[:12])


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _is_manifest(content: Any) -> bool:
    if not isinstance(content, dict) or not isinstance(content.get("editions"), list):
        return False
    parts = [content.get(part) for part in PARTS]
    return all(isinstance(part, dict) and all(isinstance(h, str) for h in part.values()) for part in parts)
