"""`python -m benchmarks NAME [--json]` runs one benchmark and prints what it measured."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys

import benchmarks


def main() -> None:
    names = sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"
    )
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    asked = parser.parse_args()
    measured: dict[str, float] = importlib.import_module(f"benchmarks.{asked.name}").run()
    table = "\n".join(f"{name:28}{value:>12,}" for name, value in measured.items())
    sys.stdout.write((json.dumps(measured) if asked.json else table) + "\n")


if __name__ == "__main__":
    main()
