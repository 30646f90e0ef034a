"""python -m pipeline and the command cdisc-pipeline."""

from __future__ import annotations

import gc

from pipeline import GC_THRESHOLDS
from pipeline.cli import app


def main() -> None:
    """Runs the command line."""
    gc.set_threshold(*GC_THRESHOLDS)
    app(prog_name="cdisc-pipeline")


if __name__ == "__main__":
    main()
