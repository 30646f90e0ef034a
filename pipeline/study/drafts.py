"""Drafted lines of a study's files, which nobody has confirmed yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MARK = "# draft:"  # behind a line that was proposed; whoever takes it away has confirmed the line
_MARK = re.compile(r"(?:^|\s)# draft: ?(.*)$")


@dataclass(frozen=True)
class Draft:
    """A line that is still to be confirmed."""

    file: str
    line: int
    column: int
    evidence: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: draft: {self.evidence}"


def left(contents: Mapping[str, bytes]) -> Iterator[Draft]:
    """Each drafted line of the YAML files of a study, by file and line."""
    for file in sorted(contents):
        if not file.endswith(".yaml"):
            continue
        text = contents[file].decode("utf-8", "replace")
        if MARK not in text:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            match = _MARK.search(line)
            if match:
                yield Draft(file, number, line.index(MARK) + 1, match[1].strip())
