"""Which paragraphs and tables of the reviewer's guides a change touches, by the names that stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.finished.folder import Build

Part = tuple[str, tuple[str, ...]]  # the section that it stands in, and its lines


def paragraphs(old: Build, new: Build) -> Iterator[dict[str, Any]]:
    """Each heading, paragraph and table that was added, removed or changed, with the lines that went and
    came; of a table its rows.

    The guides count and name no participant, so these lines hold no participant's value.
    """
    a, b = _parts(old.guides), _parts(new.guides)
    for name in dict.fromkeys([*a, *b]):
        (was_in, was), (is_in, now) = a.get(name, ("", ())), b.get(name, ("", ()))
        if was != now:
            what = "added" if name not in a else "removed" if name not in b else "changed"
            gone, come = (
                [line for line in these if line not in those] for these, those in ((was, now), (now, was))
            )
            yield {"paragraph": name, "section": is_in or was_in, "what": what, "old": gone, "new": come}


def _parts(told: Mapping[str, Any]) -> dict[str, Part]:
    """The parts of both guides; a section's own line is its title, for its number follows from those before
    it.
    """
    found: dict[str, Part] = {}
    for guide in told["guides"].values():
        for section in guide["sections"]:
            title = section["title"]
            found[section["id"]] = (title, (title,))
            for part in section["parts"]:
                rows = (
                    (" | ".join(row) for row in [part["head"], *part["rows"]])
                    if "rows" in part
                    else (part["text"],)
                )
                found[part["id"]] = (title, (*([part["caption"]] if "caption" in part else []), *rows))
    return found
