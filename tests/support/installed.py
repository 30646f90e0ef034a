"""The product as a user installs it: a wheel of this checkout in a folder of its own, and its command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "pipeline")


def install(home: Path) -> Path:
    """A folder of packages that holds the wheel of this checkout and nothing else."""
    source = home / "source"  # building leaves files beside the sources, so it works on a copy
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels, site = home / "wheels", home / "site"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, source], check=True
    )
    subprocess.run([*pip, "install", "--no-deps", "--target", site, *wheels.glob("*.whl")], check=True)
    return site


def command(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What a command line does in a folder outside the checkout; `cdisc-pipeline` is that of the wheel."""
    path = os.pathsep.join([str(site / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        words, cwd=folder, env={**os.environ, "PYTHONPATH": str(site), "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def output(site: Path, folder: Path, *words: str) -> str:
    """What a command prints that must succeed."""
    finished = command(site, folder, *words)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
