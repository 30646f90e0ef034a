"""python -m pipeline and the command cdisc-pipeline."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pipeline import GC_THRESHOLDS
from pipeline.cli import app
from pipeline.errors import MachineError

STOPPED = 128  # and the number of the signal: 130 after Ctrl-C, 143 after SIGTERM
FAULT = 6  # of the program itself


def main() -> None:
    """Runs the command line."""
    gc.set_threshold(*GC_THRESHOLDS)
    sys.unraisablehook = lambda _: None  # what libraries complain of while a fault is cleared away
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app(prog_name="cdisc-pipeline")
    except Exception as error:  # whatever it is, nobody is shown a traceback with values in it
        sys.stderr.write(f"{_of_the_program(error)}\n")
        sys.exit(FAULT)
    except SystemExit:
        _flush()
        raise
    finally:
        # what is left goes with the process: to look through it for circles would take 0.2 s of each command
        gc.freeze()


def _flush() -> None:
    """Writes what is left for standard output, which may be a file on a full disk."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass  # whoever read it has read enough
    except OSError as error:
        sys.stderr.write(f"standard output: cannot be written ({error.strerror})\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries and tells it again
        sys.exit(MachineError.exit_code)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """Ends the command as an error would, so that what it has begun is cleared away; a second signal does not
    disturb that.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(STOPPED + number)


def _of_the_program(error: Exception) -> str:
    """What went wrong and where, for a report. The text of the error is left out: it may hold a value of a
    participant.
    """
    home = Path(__file__).parent.parent
    places = [
        f"{Path(frame.filename).relative_to(home).as_posix()}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(home / "pipeline")
    ]
    where = " < ".join(reversed(places))
    return f"a fault of the program itself: {type(error).__name__} at {where}; please report this line"


if __name__ == "__main__":
    main()
