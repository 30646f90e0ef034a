"""The reviewer's guides as data: sections in PHUSE's order, each paragraph and table with a name that stays,
worked out from the build.

A guide is a template in reading order. A line that begins with # is a heading, one with @ a paragraph, one
with | the place of a table. The numbers of sections are counted, and every other number is a query
(`tables.py`, `analysis.py`), so that no template holds a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.formats import json_sections
from pipeline.formats.templates import template
from pipeline.publish.define.model import Layer
from pipeline.publish.guides.analysis import Queries
from pipeline.publish.guides.tables import Table
from pipeline.study.models import Protocol

FORMAT = 1  # of guides.json; a reader refuses another
TITLES = {"csdrg": "Clinical Study Data Reviewer's Guide", "adrg": "Analysis Data Reviewer's Guide"}
LAYER_OF: Mapping[str, Layer] = {"csdrg": "sdtm", "adrg": "adam"}
_ROOM = "pipeline.publish.guides"
_HEADING = re.compile(r"(#+)(!?) (?:\[(\w+)\] )?(.+)")  # level, appendix, name, title
_APPENDICES = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


@dataclass(frozen=True)
class Paragraph:
    id: str
    text: str


@dataclass(frozen=True)
class Listing:
    """A table of the guide."""

    id: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class Section:
    """A heading with its paragraphs and tables, up to the next heading."""

    id: str
    number: str
    title: str
    level: int
    parts: list[Paragraph | Listing] = field(default_factory=list)

    @property
    def heading(self) -> str:
        return f"{self.number} {self.title}".strip()


@dataclass(frozen=True)
class Guide:
    name: str
    title: str
    sections: tuple[Section, ...]


def guides(queries: Queries) -> list[Guide]:
    """The guides of one build, one of each layer that has datasets.

    Source    PHUSE, Clinical Study Data Reviewer's Guide and Analysis Data Reviewer's Guide: templates and
              completion guidelines.
    """
    layers = queries.book.package.layers
    return [_guide(name, title, queries) for name, title in TITLES.items() if LAYER_OF[name] in layers]


def write(of_layers: list[Guide], home: Path) -> None:
    """Writes guides.json: what two builds can be compared by, and what the PDF and the page are made from.

    Takes     the guides of the layers; the folder that is to hold the file.
    """
    content = {
        "format": FORMAT,
        "guides": {
            g.name: {"title": g.title, "sections": [_plain(s) for s in g.sections]} for g in of_layers
        },
    }
    json_sections.write(content, home / "guides.json")


def page(guide: Guide, protocol: Protocol) -> str:
    """The guide as one HTML page that loads nothing.

    Takes     a guide; the protocol, for its title.
    Returns   HTML.
    """
    return template(_ROOM, "guide.html.j2").render(guide=guide, protocol=protocol)


def _guide(name: str, title: str, queries: Queries) -> Guide:
    tables: dict[str, Table] = {}

    def put_aside(key: str, table: Table) -> str:
        """Keeps a table for the line that names it."""
        tables[key] = table
        return key

    lines = template(_ROOM, f"{name}.txt.j2", _one_line)
    text = lines.render(q=queries, table=put_aside)
    sections = tuple(_sections(name, text, tables))
    _drop_unused_acronyms(sections)
    return Guide(name, title, sections)


def _plain(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "number": section.number,
        "title": section.title,
        "parts": [asdict(p) for p in section.parts],
    }


def _one_line(value: Any) -> str:
    """The value of a placeholder stays on its line, so that data can never be a heading."""
    return " ".join(str(value).split())


def _sections(guide: str, text: str, tables: Mapping[str, Table]) -> Iterator[Section]:
    """The rendered template as sections; a table without rows is not shown.

    Raises    PipelineError where a line is none of heading, paragraph, table: the template is wrong.
    """
    numbers: list[int] = []
    appendices = 0
    section: Section | None = None
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        heading = _HEADING.fullmatch(line)
        if heading:
            if section:
                yield section
            marks, appendix, key, title = heading.groups()
            if appendix:
                number = f"Appendix {_APPENDICES[appendices]}"
                section = Section(f"{guide}.appendix.{key}", number, title, 1)
                appendices += 1
            else:
                level = len(marks)
                count = numbers[level - 1] + 1 if len(numbers) >= level else 1
                numbers = [*numbers[: level - 1], count]
                *above, last = map(str, numbers)
                place = ".".join((guide, *above, key or last))
                section = Section(place, ".".join((*above, last)), title, level)
        elif section and line.startswith("@"):
            key, _, words = line[1:].partition(" ")
            section.parts.append(Paragraph(f"{section.id}.{key}", words))
        elif section and line.startswith("|"):
            key, _, caption = line[1:].partition(" ")
            if tables[key].rows:
                listing = Listing(f"{section.id}.{key}", caption, tables[key].head, tables[key].rows)
                section.parts.append(listing)
        else:
            raise PipelineError(
                f"pipeline/publish/guides/templates/{guide}.txt.j2: neither heading nor paragraph nor table:"
                f" {line[:60]}"
            )
    if section:
        yield section


def _drop_unused_acronyms(sections: tuple[Section, ...]) -> None:
    """Leaves in the list of acronyms those that the guide uses."""
    used = {word for s in sections for p in s.parts if not _lists_acronyms(p) for word in _words(p)}
    for section in sections:
        for i, part in enumerate(section.parts):
            if isinstance(part, Listing) and _lists_acronyms(part):
                rows = tuple(row for row in part.rows if row[0] in used)
                section.parts[i] = Listing(part.id, part.caption, part.head, rows)


def _lists_acronyms(part: Paragraph | Listing) -> bool:
    return part.id.endswith(".acronyms")


def _words(part: Paragraph | Listing) -> list[str]:
    if isinstance(part, Paragraph):
        return re.findall(r"\w+", part.text)
    return re.findall(r"\w+", " ".join(cell for row in (part.head, *part.rows) for cell in row))
