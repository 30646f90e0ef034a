"""A guide as PDF and as a page: contents, bookmarks, embedded fonts, the same bytes each time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from pypdf import PdfReader
from reportlab.platypus import BaseDocTemplate

from pipeline.errors import SpecError
from pipeline.publish.guides import content as guides
from pipeline.publish.guides import pages as guide_pdf
from pipeline.publish.guides.content import Guide, Listing, Paragraph, Section
from pipeline.study import Study

LONG = Listing(
    "g.1.1.t", "A long table", ("Term", "Records"), tuple((f"Term {n}", f"{n:,}") for n in range(120))
)
GUIDE = Guide(
    "csdrg",
    "Guide for Tests",
    (
        Section("g.1", "1", "Introduction", 1),
        Section("g.1.1", "1.1", "Purpose", 2, [Paragraph("g.1.1.p", "An <odd> text & 输注后寒战."), LONG]),
        Section("g.1.1.DM", "1.1.1", "DM – Demographics", 3, [Paragraph("g.1.1.DM.p", "After the table.")]),
        Section("g.appendix.x", "Appendix I", "Criteria", 1, [Paragraph("g.appendix.x.p", "Last.")]),
    ),
)
HEADINGS = ["1 Introduction", "1.1 Purpose", "1.1.1 DM – Demographics", "Appendix I Criteria"]


@pytest.fixture(scope="module")
def reader(study: Study, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    path = tmp_path_factory.mktemp("guide") / "guide.pdf"
    path.write_bytes(guide_pdf.write(GUIDE, study.protocol))
    return PdfReader(path)


def words(page: Any) -> str:
    return " ".join(page.extract_text().split())


def bookmarks(reader: PdfReader) -> list[tuple[str, int]]:
    def entries_of(entries: list[Any]) -> Iterator[tuple[str, int]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from entries_of(entry)
            else:
                yield str(entry.title), (reader.get_destination_page_number(entry) or 0) + 1

    return list(entries_of(list(reader.outline)))


def test_bookmarks_lead_to_each_heading_and_contents_name_its_page(reader: PdfReader) -> None:
    marks = bookmarks(reader)
    assert [title for title, _ in marks] == HEADINGS
    contents = words(reader.pages[0]).split("Contents ")[1].replace(". ", "").replace(" .", "")
    for title, page in marks:
        assert title in words(reader.pages[page - 1])
        assert f"{page} {title}" in contents  # the number stands at the right, and is read first
    assert [p for _, p in marks] == sorted(p for _, p in marks)
    assert marks[-1][1] >= 4  # the table before it takes more than two pages


def test_a_table_repeats_its_caption_and_head_on_each_page(reader: PdfReader) -> None:
    pages = [words(p) for p in reader.pages if "Term 1" in words(p) or "Term 99" in words(p)]
    assert len(pages) > 1
    assert all("A long table Term Records" in p for p in pages)
    assert {f"Term {n}" for n in range(120)} <= {
        w for p in reader.pages for w in p.extract_text().split("\n")
    }


def test_text_of_any_script_is_embedded_and_searchable(reader: PdfReader) -> None:
    text = " ".join(words(p) for p in reader.pages)
    assert "An <odd> text & 输注后寒战." in text
    for page in reader.pages:
        fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]  # type: ignore[index]
        assert fonts
        assert all("/FontFile2" in f["/FontDescriptor"] for f in fonts)


def test_every_page_has_its_number_and_the_study(reader: PdfReader, study: Study) -> None:
    for number, page in enumerate(reader.pages, start=1):
        assert f"Page {number}" in words(page)
        assert f"Study {study.protocol.id}: Guide for Tests" in words(page)


def test_the_same_guide_gives_the_same_bytes_whatever_the_environment(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = guide_pdf.write(GUIDE, study.protocol)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    second = guide_pdf.write(GUIDE, study.protocol)
    monkeypatch.undo()
    time.tzset()
    assert first == second
    assert b"D:20190912000000+00'00'" in first.replace(b"\\", b"")


def test_a_character_without_a_glyph_is_refused(study: Study) -> None:
    odd = replace(GUIDE, sections=(Section("g.1", "1", "Odd", 1, [Paragraph("g.1.p", "\U0001f9e0")]),))
    with pytest.raises(SpecError, match=r"U\+1F9E0 has no glyph"):
        guide_pdf.write(odd, study.protocol)


def test_the_page_loads_nothing_and_its_contents_lead_to_headings(study: Study, tmp_path: Path) -> None:
    tree: Any = html.fromstring(guides.page(GUIDE, study.protocol))
    assert not tree.xpath("//link | //img | //script | //@src | //@href[not(starts-with(., '#'))]")
    targets = [h.removeprefix("#") for h in tree.xpath("//nav//@href")]
    assert [tree.get_element_by_id(t).text_content() for t in targets] == HEADINGS
    assert tree.get_element_by_id("g.1.1.p").text_content() == "An <odd> text & 输注后寒战."
    assert len(tree.get_element_by_id("g.1.1.t").xpath(".//tbody/tr")) == 120


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        (("A", "B"), (("short", "x"),)),
        (("A", "B"), (("word " * 200, "x " * 300), ("y", "z"))),
        (("A", "B", "C"), (("W" * 90, "V" * 90, "U" * 90),)),
        (("A", "B"), (("RECIST-ARITHMETIC-OF-THE-REPORTED-SUM", "text " * 60),)),
    ],
)
def test_columns_fill_no_more_than_the_page(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
    widths = guide_pdf._widths(Listing("t", "t", head, rows))
    assert sum(widths) <= guide_pdf._ROOM + 0.01
    assert all(w > 10 for w in widths)


def test_two_passes_are_enough_for_the_pages_in_the_contents(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    build = BaseDocTemplate.build

    def counted(document: Any, flowables: list[Any]) -> None:
        passes.append(len(flowables))
        build(document, flowables)

    monkeypatch.setattr(BaseDocTemplate, "build", counted)
    sections = tuple(Section(f"g.{n}", str(n), f"Section {n}", 1) for n in range(1, 200))
    guide_pdf.write(replace(GUIDE, sections=sections), study.protocol)  # contents of several pages
    assert len(passes) == 2
