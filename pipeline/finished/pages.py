"""Answers as one HTML file each, which loads nothing from outside and can be read without a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.errors import MachineError


def rendered(package: str, name: str, **values: Any) -> str:
    """A page from a template of a package, which takes the style sheet of all pages as `style`.

    Takes     the package that has the template; the template's name; what the template shows.
    Returns   HTML that loads nothing.
    """
    from pipeline.formats.templates import template  # whoever asks for no page need not wait for it

    sheet = (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    return template(package, name).render(style=sheet, **values)


def save(content: bytes, path: Path) -> None:
    """Writes a file that the user named.

    Raises    MachineError where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as e:
        raise MachineError(f"{path}: cannot be written: {e.strerror}") from None
