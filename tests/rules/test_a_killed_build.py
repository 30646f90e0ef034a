"""Outputs appear whole or not at all, at whatever moment a build is killed."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import stages as run
from pipeline.study import Study
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support.outputs import manifest

pytestmark = pytest.mark.long


def test_a_build_killed_at_any_moment_leaves_the_last_good_one_whole(
    study: Study, few: Path, few_built: Path, tmp_path: Path, prove: bool
) -> None:
    out = tmp_path / "out"
    shutil.copytree(few_built, out, symlinks=True)
    words = ["build", str(few), "--out", str(out), "--study", str(ROOT), "--edition", "fda", "--quiet"]
    command = [sys.executable, "-m", "pipeline", *words]
    killed = 0
    for moment in range(0, 24, 1 if prove else 8):
        builds = set((out / "builds").iterdir())
        process = subprocess.Popen(command, cwd=ROOT)
        while process.poll() is None and not (out / "builds" / ".staging").exists():
            time.sleep(0.01)
        waited = 0
        while (
            process.poll() is None
            and waited < 8 * moment
            and set((out / "builds").iterdir()) - {out / "builds" / ".staging"} == builds
        ):
            time.sleep(0.02)
            waited += 1
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        latest = (out / "latest").resolve()
        manifested = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
        expected = manifested["outputs"] | manifested["lines"]
        assert {n: hashlib.sha256((latest / n).read_bytes()).hexdigest() for n in expected} == expected
        assert {p.relative_to(latest).as_posix() for p in latest.rglob("*") if p.is_file()} == {
            *expected,
            "manifest.json",
            "build-info.json",
        }
    assert killed, "no build was killed while it worked"
    run.build(study, ROOT, few, out, Workers(), quiet, ("fda",))
    assert manifest(out) == manifest(few_built)
