"""Answers as one HTML file each: nothing is loaded from outside, and what is told is told without a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.errors import UsageError


def write(package: str, template: str, path: Path, **told: Any) -> None:
    """Renders a template of a package, which may include the style sheet of all pages, into a file.

    Raises    UsageError where the file cannot be written.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader(package), PackageLoader("pipeline.finished")])
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    save(templates.get_template(template).render(told).encode(), path)


def save(content: bytes, path: Path) -> None:
    """Writes a file that the user named."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as e:
        raise UsageError(f"{path}: cannot be written: {e.strerror}") from None
