"""Same input, same bytes, whatever the time zone, the locale or the hash seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.outputs import manifest

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4711"},
    ],
    ids=["Shanghai", "St. John's"],
)
def test_time_zone_locale_and_hash_seed_do_not_change_a_byte(
    few: Path, few_built: Path, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    words = [
        "build",
        str(few),
        "--out",
        str(tmp_path / "out"),
        "--study",
        str(ROOT),
        "--edition",
        "fda",
        "--quiet",
    ]
    command = [sys.executable, "-m", "pipeline", *words]
    subprocess.run(command, env={**os.environ, **surroundings}, cwd=ROOT, check=True)
    assert manifest(tmp_path / "out") == manifest(few_built)


def test_the_manifest_names_every_file_of_the_build_and_nothing_of_the_machine(built: Path) -> None:
    content = manifest(built)
    latest = (built / "latest").resolve()
    files = {p.relative_to(latest).as_posix() for p in latest.rglob("*") if p.is_file()}
    assert files == {*content["outputs"], *content["lines"], "manifest.json", "build-info.json"}
    for name, sha in content["outputs"].items():
        assert hashlib.sha256((latest / name).read_bytes()).hexdigest() == sha
    for path in latest.rglob("*"):
        if path.is_file() and path.name != "build-info.json":
            assert str(ROOT).encode() not in path.read_bytes(), path.name
