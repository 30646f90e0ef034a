"""python -m pipeline and the command cdisc-pipeline."""

from __future__ import annotations

from pipeline.cli import app


def main() -> None:
    """Runs the command line."""
    app(prog_name="cdisc-pipeline")


if __name__ == "__main__":
    main()
