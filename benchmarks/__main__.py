"""`python -m benchmarks` prints one table and writes benchmarks/RESULTS.md; with a NAME it runs one benchmark
and prints what that measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from benchmarks import table

NAMES = ("define", "endpoints", "lineage", "peers", "recist", "xpt")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="one benchmark; all in one table without it")
    parser.add_argument("--json", action="store_true", help="with a name: one JSON object")
    asked = parser.parse_args()
    if asked.name is None:
        _print_table()
        return
    measured: dict[str, float] = importlib.import_module(f"benchmarks.{asked.name}").run()
    lines = "\n".join(f"{name:28}{value:>12,}" for name, value in measured.items())
    sys.stdout.write((json.dumps(measured) if asked.json else lines) + "\n")


def _print_table() -> None:
    lines = []
    for line in table.table():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        lines.append(line)
    table.write(lines)


if __name__ == "__main__":
    main()
