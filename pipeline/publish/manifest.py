"""manifest.json, the hash of each input and output of a build; build-info.json, the machine it ran on."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from pipeline.finished.manifest import INFO, MANIFEST, file_hash

OF_LINES = ("lineage/lines/", "site/data/lines/")  # what differs with the order of lines in the drop
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


def write(
    home: Path,
    root: Path,
    inputs: Mapping[str, str],
    study: Mapping[str, bytes],
    editions: Sequence[str],
    continues: Path | None = None,
) -> None:
    """Writes manifest.json, the hash of every input, spec, mapping and output and nothing of the machine, and
    build-info.json.

    The manifest names the agencies for which the package was completed, so that the build can be made again.
    The files that say on which line of the input a record stands are listed apart: they differ with the order
    of lines, and the outputs do not.

    Takes     the build's folder, where all else is written; the study's folder; the hash of each file of the
              drop; the bytes of each file of the study as they were read; the folder of the build that this
              one continues.
    """
    hashes = {
        path.relative_to(home).as_posix(): file_hash(path)
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name != INFO
    }
    lines = {n: h for n, h in hashes.items() if n.startswith(OF_LINES)}
    manifest = {
        **({"continues": file_hash(continues / "manifest.json")} if continues else {}),
        "editions": sorted(editions),
        "inputs": dict(sorted(inputs.items())),
        "lines": lines,
        "study": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(study.items())},
        "outputs": {n: h for n, h in hashes.items() if n not in lines},
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (home / MANIFEST).write_text(text, encoding="utf-8")
    _write_build_info(home, root)


@cache
def version(library: str) -> str:
    """The version of an installed library."""
    return metadata.version(library)


def _write_build_info(home: Path, root: Path) -> None:
    """Versions, platform and revision: the one file that may differ between two builds of the same input."""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    git = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    info = {
        "pipeline": version("cdisc-pipeline"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "revision": git.stdout.strip() or None,
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    (home / INFO).write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")
