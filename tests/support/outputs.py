"""What a build leaves behind, to compare with another one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def manifest(out: Path) -> dict[str, Any]:
    """The manifest of the last good build."""
    content: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return content


def tree(out: Path) -> dict[str, str]:
    """Every file of a folder with its hash, every link with its target."""
    content = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_symlink():
            content[name] = str(path.readlink())
        elif path.is_file():
            content[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return content


def declare_as_built(home: Path) -> None:
    """Writes a manifest that has the files of a build as they are now, as if it had been built so."""
    path = home / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    present = {name: home / name for name in content["outputs"] if (home / name).is_file()}
    hashes = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in present.items()}
    path.write_text(json.dumps({**content, "outputs": hashes}), encoding="utf-8")
