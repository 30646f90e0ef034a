"""The reviewer's guides as data: sections in PHUSE's order, each paragraph and table with a name that stays,
worked out from the build.

A guide is a template in reading order. A line that begins with # is a heading, one with @ a paragraph, one
with | the place of a table; the numbers of sections are counted, and every other is a query
(`guide_tables.py`, `guide_analysis.py`), so that no template holds a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.errors import PipelineError
from pipeline.formats import json_sections
from pipeline.publish.guides.analysis import Queries
from pipeline.publish.guides.tables import Table
from pipeline.study.models import Protocol

FORMAT = 1  # of guides.json; a reader refuses another
TITLES = {"csdrg": "Clinical Study Data Reviewer's Guide", "adrg": "Analysis Data Reviewer's Guide"}
_HEADING = re.compile(r"(#+)(!?) (?:\[(\w+)\] )?(.+)")
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
    """A heading with what stands below it, up to the next heading."""

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


def made(queries: Queries) -> list[Guide]:
    """Both guides over one build.

    Source    PHUSE, Clinical Study Data Reviewer's Guide and Analysis Data Reviewer's Guide: templates and
              completion guidelines.
    """
    found = []
    for name, title in TITLES.items():
        tables: dict[str, Table] = {}
        text = _template(name).render(
            q=queries, table=lambda key, table, t=tables: _kept(t, key, table), counted=_counted
        )
        guide = Guide(name, title, tuple(_sections(name, text, tables)))
        found.append(_with_acronyms(guide, queries))
    return found


def write(guides: list[Guide], home: Path) -> None:
    """Writes guides.json: what two builds can be compared by, and what the PDF and the page are made from."""
    told = {
        "format": FORMAT,
        "guides": {g.name: {"title": g.title, "sections": [_plain(s) for s in g.sections]} for g in guides},
    }
    json_sections.write(told, home / "guides.json")


def _plain(s: Section) -> dict[str, Any]:
    return {"id": s.id, "number": s.number, "title": s.title, "parts": [asdict(p) for p in s.parts]}


def page(guide: Guide, protocol: Protocol) -> str:
    """The guide as one HTML page that loads nothing."""
    loader = PackageLoader("pipeline.publish.guides")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return templates.get_template("guide.html.j2").render(guide=guide, protocol=protocol)


@lru_cache(maxsize=4)
def _template(name: str) -> Any:
    loader = PackageLoader("pipeline.publish.guides")
    environment = Environment(  # noqa: S701  plain text
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_one_line
    )
    return environment.get_template(f"{name}.txt.j2")


def _one_line(value: Any) -> str:
    """What a placeholder gives stays within its line, so that data can never be a heading."""
    return " ".join(str(value).split())


def _counted(number: int, thing: str, things: str = "") -> str:
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def _kept(tables: dict[str, Table], key: str, table: Table) -> str:
    """Puts a table aside for the line that names it; one without rows has no line."""
    tables[key] = table
    return key


def _sections(guide: str, text: str, tables: dict[str, Table]) -> Iterator[Section]:
    """The rendered template as sections; of a table without rows nothing is shown.

    Raises    PipelineError where a line is none of heading, paragraph, table: the template is wrong.
    """
    numbers: list[int] = []
    appendices = 0
    section: Section | None = None
    for line in filter(None, (one.strip() for one in text.splitlines())):
        heading = _HEADING.fullmatch(line)
        if heading:
            if section:
                yield section
            marks, appendix, key, title = heading.groups()
            if appendix:
                appendices += 1
                section = Section(
                    f"{guide}.appendix.{key}", f"Appendix {_APPENDICES[appendices - 1]}", title, 1
                )
                continue
            level = len(marks)
            numbers = [*numbers[: level - 1], numbers[level - 1] + 1 if len(numbers) >= level else 1]
            number = ".".join(map(str, numbers))
            section = Section(
                f"{guide}.{'.'.join((*map(str, numbers[:-1]), key)) if key else number}", number, title, level
            )
        elif section and line[0] in "@|":
            key, _, rest = line[1:].partition(" ")
            part = (
                Paragraph(f"{section.id}.{key}", rest)
                if line[0] == "@"
                else _listing(f"{section.id}.{key}", rest, tables[key])
            )
            if not isinstance(part, Listing) or part.rows:
                section.parts.append(part)
        else:
            raise PipelineError(
                f"pipeline/publish/templates/{guide}.txt.j2: neither heading nor paragraph nor table:"
                f" {line[:60]}"
            )
    if section:
        yield section


def _listing(name: str, caption: str, table: Table) -> Listing:
    return Listing(name, caption, table.head, table.rows)


def _with_acronyms(guide: Guide, queries: Queries) -> Guide:
    """The guide with its list of acronyms: those of specs/guides.yaml that it uses."""
    parts = [p for s in guide.sections for p in s.parts if not p.id.endswith(".acronyms")]
    texts = (
        p.text if isinstance(p, Paragraph) else " ".join(t for row in (p.head, *p.rows) for t in row)
        for p in parts
    )
    used = set(re.findall(r"\w+", " ".join(texts)))
    for section in guide.sections:
        for i, part in enumerate(section.parts):
            if isinstance(part, Listing) and part.id.endswith(".acronyms"):
                section.parts[i] = Listing(
                    part.id,
                    part.caption,
                    part.head,
                    tuple(r for r in queries.acronyms().rows if r[0] in used),
                )
    return guide
