"""The same captures through this pipeline and through pharmaskills 0.6.2: those of the 306 participants of
the CDISC pilot study, and of 10 and 100 times as many, who are copies under new numbers.

Each runs as a whole process, one after the other, and the medians count; pharmaskills is installed into a
virtual environment of its own. It makes DM, AE, EX and VS; this pipeline makes DS, ADSL, both define.xml and
the lineage as well, and checks what it makes. So a third is measured beside them: `datasets.py` makes the
datasets of this pipeline and nothing else. What each writes of the four is held against the published SDTM: a
value is right where the record has it as published.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pipeline.compare import pairs, tables, values
from tests.support import reference

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
PEER = "pharmaskills==0.6.2"
FORMS = ("dm_raw", "ae_raw", "ds_raw", "ec_raw", "vs_raw")
KEYS = {
    "DM": ["USUBJID"],
    "AE": ["USUBJID", "AEDECOD", "AESTDTC"],
    "EX": ["USUBJID", "EXTRT", "EXSTDTC"],
    "VS": ["USUBJID", "VSTESTCD", "VISITNUM", "VSDTC", "VSPOS", "VSORRES"],
}
RUNS = {1: 3, 10: 1, 100: 1}  # by how many times the participants


@dataclass(frozen=True)
class Program:
    """One of the three: how it is called on a folder of captures, and where its datasets are."""

    name: str
    command: Sequence[str]
    out: Path

    def spent(self) -> tuple[float, float]:
        """CPU seconds and peak gigabytes of one run."""
        shutil.rmtree(self.out, ignore_errors=True)
        with tempfile.TemporaryFile() as said:
            pid = subprocess.Popen(self.command, cwd=ROOT, stdout=said, stderr=said).pid
            _, status, used = os.wait4(pid, 0)
            if status:
                said.seek(0)
                raise RuntimeError(f"{self.name} ended with {status}: {said.read().decode()[-2000:]}")
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6

    def datasets(self) -> dict[str, tables.Table]:
        files = self.out.rglob("*.xpt")
        return {table.name: table for table in map(tables.read, sorted(files)) if table.name in KEYS}


def run() -> dict[str, float]:
    """CPU seconds, peak memory and records of each, and how many of the published values it has."""
    measured: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        python = _peer(home / "env")
        published = reference.published(home / "published")
        for times, runs in RUNS.items():
            programs = [*_programs(home / f"x{times}", python, times)]
            spent: dict[str, list[tuple[float, float]]] = {p.name: [] for p in programs}
            for _ in range(runs):
                for program in programs:
                    spent[program.name].append(program.spent())
            for program in programs:
                made = program.datasets()
                key = f"{program.name}_x{times}"
                measured[f"{key}_cpu_s"] = round(median(cpu for cpu, _ in spent[program.name]), 2)
                measured[f"{key}_peak_gb"] = round(median(peak for _, peak in spent[program.name]), 3)
                measured[f"{key}_records"] = sum(len(table.frame) for table in made.values())
                if times == 1:
                    measured |= _right(program.name, made, published)
            shutil.rmtree(home / f"x{times}")
    return measured


# --- inputs
def _programs(home: Path, python: Path, times: int) -> Iterator[Program]:
    other = home / "other"
    captures = other / "raw"  # pharmaskills reads what lies in its own folder
    _copies(captures, times)
    build = [sys.executable, "-m", "pipeline", "build", str(captures), "--study", str(reference.STUDY)]
    yield Program("pipeline", [*build, "--out", str(home / "out"), "--quiet"], home / "out")
    alone = home / "datasets"
    command = [sys.executable, str(HERE / "datasets.py"), str(reference.STUDY), str(captures), str(alone)]
    yield Program("datasets_alone", command, alone)
    for name in ("study.yaml", "spec.yaml"):
        shutil.copy(HERE / name, other)
    command = [str(python), "-m", "pharmaskills", "sdtm", "build", str(other)]
    yield Program("pharmaskills", command, other / "out")


def _copies(folder: Path, times: int) -> None:
    """The captures, with each participant so many times: 701-1015, 701-101501, 701-101502 ..."""
    whole = reference.captures(folder.parent / "whole")
    folder.mkdir(parents=True)
    for form in FORMS:
        with (whole / f"{form}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        number = header.index("PATNUM")
        with (folder / f"{form}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            for copy in range(times):
                suffix = f"{copy:02d}" if copy else ""
                writer.writerows([*r[:number], r[number] + suffix, *r[number + 1 :]] for r in rows)
    shutil.rmtree(whole)


def _peer(folder: Path) -> Path:
    """The Python of an environment that has pharmaskills."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True, capture_output=True)
    return python


# --- what is right
def _right(name: str, made: dict[str, tables.Table], published: Path) -> dict[str, float]:
    """How many of the values of each published dataset a program has, and how many there are."""
    counts: dict[str, float] = {}
    for dataset, keys in KEYS.items():
        due = tables.read(published / f"{dataset.lower()}.xpt")
        right, values_due = _values(made[dataset], due, keys)
        counts[f"{name}_{dataset}_right"] = right
        counts[f"published_{dataset}_values"] = values_due
    return counts


def _values(made: tables.Table, due: tables.Table, keys: Sequence[str]) -> tuple[int, int]:
    pairing = pairs.paired(made, due, keys)
    right = values_due = 0
    for variable, described in due.variables.items():
        column = due.frame[variable]
        present = column.ne("") if described.text else column.notna()
        values_due += int(present.sum())
        if variable not in made.variables or made.variables[variable].text != described.text:
            continue
        ours = made.frame[variable].iloc[pairing.ours].reset_index(drop=True)
        theirs = column.iloc[pairing.theirs].reset_index(drop=True)
        same = ~values.differing(ours, theirs, values.Tolerance())
        right += int((same & present.to_numpy()[pairing.theirs]).sum())
    return right, values_due
