"""python -m pipeline and the command cdisc-pipeline."""

from __future__ import annotations

import gc

from pipeline.cli import app


def main() -> None:
    """Runs the command line."""
    gc.set_threshold(100_000, 50, 100)  # libraries are loaded and frames come and go by the thousand, and hardly any is in a circle
    app(prog_name="cdisc-pipeline")


if __name__ == "__main__":
    main()
