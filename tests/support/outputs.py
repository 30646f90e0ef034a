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
