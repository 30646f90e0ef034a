"""Tables of facts: tab-separated UTF-8 text with one heading line and no quoting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

SHIPPED = Path(__file__).parent / "tables"


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The lines of a table, each by the names of its columns."""
    lines = path.read_text(encoding="utf-8").split("\n")
    head = lines[0].split("\t")
    for line in lines[1:]:
        if line:
            yield dict(zip(head, line.split("\t"), strict=True))


def text(columns: Sequence[str], content: Iterable[Mapping[str, str]]) -> str:
    """A table as it is kept: what holds a tab or a line end has blanks there."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(" ".join(row[column].split()) for column in columns) for row in content]
    return "\n".join(lines) + "\n"
