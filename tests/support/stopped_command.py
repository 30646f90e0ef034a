"""A command that works for ten minutes in two processes, for a test to stop: `python stopped_command.py OUT`.

Each process of the pool leaves a file named after it in OUT/builds/.staging once it works.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import typer

from pipeline import __main__ as program
from pipeline.cli.terminal import refusals
from pipeline.publish.staging import staged
from pipeline.workers import Workers


def block(stage: Path, _: int) -> None:
    (stage / str(os.getpid())).touch()
    time.sleep(600)


def command(prog_name: str) -> None:
    try:
        with refusals(as_json=False), staged(Path(sys.argv[1])) as stage:
            list(Workers(2).map(block, stage, range(3)))
    except typer.Exit as ended:  # as typer ends a command
        sys.exit(ended.exit_code)


if __name__ == "__main__":
    vars(program)["app"] = command
    program.main()
