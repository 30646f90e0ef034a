"""Which paragraphs and tables of the reviewer's guides a change touches, by the names that stay the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.finished.folder import Folder


class Part(NamedTuple):
    """A heading, paragraph or table of a guide."""

    section: str  # the title of the section that it stands in
    lines: tuple[str, ...]


def paragraphs(old: Folder, new: Folder) -> Iterator[dict[str, Any]]:
    """Each heading, paragraph and table that was added, removed or changed, with the lines that were removed
    and added; the lines of a table are its rows.

    The guides count and do not name participants, so these lines hold no participant's value.

    Takes     two finished builds.
    Returns   guide, paragraph, what happened to it, and the lines.
    """
    before, after = _parts(old.guides), _parts(new.guides)
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, Part("", ())), after.get(name, Part("", ()))
        if was.lines == now.lines:
            continue
        what = "changed"
        if name not in before:
            what = "added"
        elif name not in after:
            what = "removed"
        yield {
            "paragraph": name,
            "section": now.section or was.section,
            "what": what,
            "old": [line for line in was.lines if line not in now.lines],
            "new": [line for line in now.lines if line not in was.lines],
        }


def _parts(guides: Mapping[str, Any]) -> dict[str, Part]:
    """The parts of both guides by name. Of a section itself that is its title, without the number, which
    follows from the sections before it.
    """
    parts: dict[str, Part] = {}
    for guide in guides["guides"].values():
        for section in guide["sections"]:
            title = section["title"]
            parts[section["id"]] = Part(title, (title,))
            for part in section["parts"]:
                caption = [part["caption"]] if "caption" in part else []
                if "rows" in part:
                    lines = [" | ".join(row) for row in [part["head"], *part["rows"]]]
                else:
                    lines = [part["text"]]
                parts[part["id"]] = Part(title, (*caption, *lines))
    return parts
