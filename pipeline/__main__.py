"""python -m pipeline and the command cdisc-pipeline."""

from __future__ import annotations

import gc

from pipeline import GC_THRESHOLDS
from pipeline.cli import app


def main() -> None:
    """Runs the command line."""
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        app(prog_name="cdisc-pipeline")
    finally:
        # what is left goes with the process: to look through it for circles would take 0.2 s of each command
        gc.freeze()


if __name__ == "__main__":
    main()
