"""What a build is made of: manifest.json, the hash of every input and output, and build-info.json, the
machine it ran on.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = (
    "pandas",
    "numpy",
    "pyarrow",
    "pyreadstat",
    "pandera",
    "jinja2",
    "lxml",
    "odmlib",
    "defineutils",
    "reportlab",
    "paperang-p2-fonts-cjk",
    "pydantic",
    "PyYAML",
    "statsmodels",
)


def manifest(home: Path, inputs: Mapping[str, str], study: Mapping[str, str], editions: Sequence[str]) -> str:
    """Writes manifest.json, the hash of every input, spec, mapping and output and nothing of the machine, and
    returns its own hash.

    It names the agencies for which the package was completed, too, so that the build can be made again.

    What says where in its files the input stands is named apart: it differs with the order of lines, and the
    outputs do not.
    """
    written = {
        p.relative_to(home).as_posix(): file_hash(p)
        for p in sorted(home.rglob("*"))
        if p.is_file() and p.name != "build-info.json"
    }
    lines = {n: h for n, h in written.items() if n.startswith("lineage/lines/")}
    outputs = {n: h for n, h in written.items() if n not in lines}
    told = {
        "editions": sorted(editions),
        "inputs": dict(sorted(inputs.items())),
        "lines": lines,
        "study": dict(sorted(study.items())),
        "outputs": outputs,
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    (home / "manifest.json").write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


@cache
def version(library: str) -> str:
    """The version of an installed library."""
    return metadata.version(library)


def build_info(home: Path, root: Path) -> None:
    """Writes build-info.json: versions, platform and revision. The one file that may differ between two
    builds of the same input.
    """
    asked = ["git", "-C", str(root), "rev-parse", "HEAD"]
    revision = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    told: dict[str, Any] = {
        "pipeline": version("cdisc-pipeline"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "revision": revision or None,
        "libraries": {n: version(n) for n in LIBRARIES},
    }
    (home / "build-info.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
