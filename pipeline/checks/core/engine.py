"""Running the engine. It needs Python 3.12 and its own libraries, so it runs in a process of its own, from a
folder that the user prepared; nothing of it is imported, and its cache is not opened here.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import MachineError, UsageError

NEEDED = (
    "expected the program core beside resources/cache, as the engine is released, or core.py beside"
    " resources/cache and .venv/bin/python, a Python 3.12 with cdisc-rules-engine"
)


def run(home: Path, datasets: Path, version: str) -> dict[str, Any]:
    """What the engine is to judge by, and what it says: its rules for this version of SDTMIG, and its report
    with the reasons of what it skipped.

    Takes     the folder of the engine; that of the datasets and their define.xml, which names the
              terminology; the version of SDTMIG.
    Returns   `rules`, the ids of its rules, and `report`, as it wrote it.
    Raises    UsageError where the folder holds no engine; MachineError where it fails.
    """
    program = _program(home)
    standard = ("-s", "sdtmig", "-v", version)
    listed = _called(home, [*program, "list-rules", *standard])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        words = ("-d", str(datasets.resolve()), "-dxp", str((datasets / "define.xml").resolve()))
        # -rr: without it the report does not say why a dataset was skipped
        told = ("-o", str(out), "-of", "json", "-rr", "-p", "disabled")
        _called(home, [*program, "validate", *standard, *words, *told])
        try:
            report = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
            rules = [str(rule["core_id"]) for rule in json.loads(listed)]
        except (OSError, ValueError, TypeError, KeyError):
            raise MachineError(f"{home}: the engine ended without a report or without its rules") from None
    return {"rules": sorted(rules), "report": report}


def _program(home: Path) -> list[str]:
    if (home / "resources" / "cache").is_dir():
        for name in ("core", "core.exe"):
            if (home / name).is_file():
                return [str((home / name).resolve())]
        python = home / ".venv" / "bin" / "python"
        if (home / "core.py").is_file() and python.exists():
            return [str(python.absolute()), "core.py"]
    raise UsageError(f"--core {home}: {NEEDED}")


def _called(home: Path, words: Sequence[str]) -> str:
    """What the engine writes on stdout. Its stderr is not shown: participants' values may stand in it."""
    done = subprocess.run(words, cwd=home, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        what = words[1] if words[1] != "core.py" else words[2]
        raise MachineError(
            f"{home}: the engine ended with {done.returncode}; run its {what} by hand to see why"
        )
    return done.stdout
