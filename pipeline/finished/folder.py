"""A finished build as a folder that answers are read from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError

FORMAT = 1  # of lineage/mapping.json
GUIDES_FORMAT = 1  # of lineage/guides.json


@dataclass(frozen=True)
class Build:
    """A published build; what it holds is read when it is asked for."""

    home: Path

    @cached_property
    def book(self) -> dict[str, Any]:
        """lineage/mapping.json: the mapping in words and data."""
        return self._json("lineage/mapping.json")

    @cached_property
    def variables(self) -> dict[str, Any]:
        """lineage/variables.json: the raw fields behind each variable."""
        return self._json("lineage/variables.json")

    @cached_property
    def guides(self) -> dict[str, Any]:
        """lineage/guides.json: the reviewer's guides by paragraph.

        Raises    UsageError where the build has none, or one of a format that this program does not read.
        """
        name = "lineage/guides.json"
        if not (self.home / name).is_file():
            raise UsageError(
                f"{self.home.name}: this build has no {name}, so an earlier version made it; build the drop"
                " again"
            )
        found = self._json(name)
        if found.get("format") != GUIDES_FORMAT:
            raise UsageError(
                f"{self.home.name}: {name} has a format that this version does not read; build the drop again"
            )
        return found

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return self._json("manifest.json")

    @cached_property
    def study(self) -> str:
        return str(self.book["study"]["id"])

    def files(self, pattern: str) -> list[Path]:
        """The files of the build that match, in order."""
        return sorted(self.home.glob(pattern))

    def _json(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / name).read_text(encoding="utf-8"))
        return found


def opened(out: Path) -> Build:
    """The current build of a folder of builds, or the build that the folder itself is.

    Raises    UsageError where there is no finished build, or one of a format that this program does not read.
    """
    home = out / "latest" if (out / "latest").is_dir() else out
    if not (home / "manifest.json").is_file():
        raise UsageError(
            f"{out}: no finished build here; name a folder that `build --out` wrote, or one of its builds/"
        )
    if not (home / "lineage" / "mapping.json").is_file():
        raise UsageError(
            f"{out}: this build has no lineage/mapping.json, so an earlier version made it; build the drop"
            " again"
        )
    build = Build(home)
    if build.book.get("format") != FORMAT:
        raise UsageError(
            f"{out}: lineage/mapping.json has a format that this version does not read; build the drop again"
        )
    return build
