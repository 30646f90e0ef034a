"""What the commands share: arguments, refusals, progress and what is printed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from pipeline.errors import MachineError, PipelineError
from pipeline.records.characters import shown
from pipeline.records.count import counted

if TYPE_CHECKING:
    from rich.console import Console

Study = Annotated[Path, typer.Option("--study", help="Folder that holds specs/ and mappings/.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only errors.")]
LogJson = Annotated[
    bool,
    typer.Option("--log-json", help="Tell each stage that is done on stderr as JSON, a line each."),
]
Drop = Annotated[
    Path, typer.Argument(help="Folder with one file per form (CSV and others), or one ODM-XML file.")
]
Builds = Annotated[Path, typer.Argument(help="Folder of the builds, as given to build as --out.")]
Build = Annotated[Path, typer.Argument(help="Folder of the builds, or the folder of one build in it.")]


@contextmanager
def refusals(as_json: bool) -> Iterator[None]:
    """An error becomes its message and its exit code; with --json also an object on stdout."""
    try:
        yield
    except PipelineError as e:
        _refuse(e, as_json)
    except BrokenPipeError:
        raise  # whoever read the output has read enough
    except OSError as e:
        # of a folder that is a file, a full disk, and the like; places that have more to say raise their own
        file = shown(os.fsdecode(e.filename)) if e.filename and not isinstance(e.filename, int) else "a file"
        _refuse(MachineError(f"{file}: cannot be read or written ({_reason(e)})"), as_json)
    except MemoryError:
        _refuse(MachineError("there is not memory enough"), as_json)


def _reason(error: OSError) -> str:
    """Why, in the words of the system: a library may put a text of its own in their place."""
    return os.strerror(error.errno) if error.errno else type(error).__name__


def _refuse(error: PipelineError, as_json: bool) -> NoReturn:
    errors = [shown(line) for line in str(error).split("\n")]
    sys.stderr.write("".join(f"{line}\n" for line in errors))
    if as_json:
        print_json({"state": "error", "exit_code": error.exit_code, "errors": errors})
    raise typer.Exit(error.exit_code) from None


@contextmanager
def stages(quiet: bool, log_json: bool = False) -> Iterator[Callable[[str], None]]:
    """Shows the stage at work on a terminal; elsewhere, such as in CI, a line for each stage that is done.
    With --log-json that line is JSON, on a terminal too.
    """
    if log_json:
        json_lines = _Lines(as_json=True)
        yield json_lines.begin
        json_lines.end()
        return
    if quiet:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        lines = _Lines()
        yield lines.begin
        lines.end()
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


class _Lines:
    """A line on stderr for each stage when it is done: its name, what it had to do, and its seconds."""

    def __init__(self, as_json: bool = False) -> None:
        self.stage, self.begun, self.as_json = "", 0.0, as_json

    def begin(self, stage: str) -> None:
        self.end()
        self.stage, self.begun = stage, time.monotonic()

    def end(self) -> None:
        if self.stage:
            seconds = round(time.monotonic() - self.begun, 1)
            told = {"stage": self.stage, "seconds": seconds}
            sys.stderr.write(f"{json.dumps(told) if self.as_json else f'{self.stage}, {seconds:.1f} s'}\n")
            sys.stderr.flush()


def print_json(content: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")


def on_stdout() -> Console:
    """The terminal; elsewhere, such as in a file, lines of 160 characters."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def print_tree(tree: Any) -> None:
    on_stdout().print(tree)


def summary(state: str, counts: Mapping[str, int], folder: Path) -> str:
    errors, warnings = counted(counts["errors"], "error"), counted(counts["warnings"], "warning")
    return f"{state}: {errors}, {warnings}: {folder}"
