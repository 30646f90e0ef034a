"""The case report form has a page for each raw contract, and is the same file each time."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.publish import acrf
from pipeline.study import Study
from tests.support import define_study as small

EVENT = "specs/raw/event.yaml"


def drawn(study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The PDF as text: its pages are left uncompressed."""
    monkeypatch.setattr("reportlab.rl_config.pageCompression", 0)
    acrf.write(study, folder / "acrf.pdf")
    return (folder / "acrf.pdf").read_bytes().decode("latin-1")


def test_each_form_has_one_page_in_the_order_of_the_contracts(tmp_path: Path) -> None:
    acrf.write(small.study(tmp_path), tmp_path / "acrf.pdf")
    assert acrf.pages(small.study(tmp_path)) == {"diary": 1, "event": 2, "person": 3}
    content = (tmp_path / "acrf.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b(?!s)", content)) == 3


def test_every_form_of_the_study_fits_on_its_page(study: Study, tmp_path: Path) -> None:
    acrf.write(study, tmp_path / "acrf.pdf")
    pages = acrf.pages(study)
    assert list(pages) == list(study.forms)
    assert len(re.findall(rb"/Type /Page\b(?!s)", (tmp_path / "acrf.pdf").read_bytes())) == len(pages)


def test_the_same_contracts_give_the_same_bytes_whatever_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = small.study(tmp_path)
    acrf.write(study, tmp_path / "one.pdf")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    acrf.write(study, tmp_path / "two.pdf")
    monkeypatch.undo()
    time.tzset()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert b"D:20200203040506+00'00'" in (tmp_path / "one.pdf").read_bytes().replace(b"\\", b"")


def test_a_page_says_what_is_asked_by_whom_and_how_it_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = drawn(small.study(tmp_path), tmp_path, monkeypatch).replace("\\", "")
    for words in (
        "Study S1 (P1), Sponsor & Sons",
        "Form EVENT; source: Investigator; records: one per event",
        "A record is known by: SUBJECT, RECORD. Fields with * must be answered.",
        "Event *",
        "text, coded with MedDRA",
        "integer, 1 to 3",
        "date, dd MON yyyy, parts may be unknown",
        "number, in cm",
        "one of: Yes; No; or another, as written",
        "text, assigned, not asked",
        "All data are synthetic.",
        "Page 2",
    ):
        assert words in content, words


def test_each_form_has_a_bookmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = drawn(small.study(tmp_path), tmp_path, monkeypatch)
    assert re.findall(r"/Title \((\w+)\)", content) == ["Diary", "Event", "Person"]


def test_a_long_form_is_set_in_a_smaller_font_and_stays_on_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "".join(f'  F{i}: {{question: "Question {i}", type: text}}\n' for i in range(40))
    study = small.study(tmp_path, (EVENT, "fields:\n", "fields:\n" + more))
    content = drawn(study, tmp_path, monkeypatch)
    assert len(re.findall(r"/Type /Page\b(?!s)", content)) == 3
    assert "/F1 8 Tf 9.6 TL" in content
    feet = [float(y) for y in re.findall(r"1 0 0 1 42 ([\d.]+) cm", content)]
    assert len(feet) == 3
    assert min(feet) > 40  # the line at the foot of the page stands at 30


def test_a_form_that_cannot_fit_is_refused(tmp_path: Path) -> None:
    more = "".join(f'  F{i}: {{question: "Question {i}", type: text}}\n' for i in range(120))
    study = small.study(tmp_path, (EVENT, "fields:\n", "fields:\n" + more))
    with pytest.raises(SpecError, match=r"specs/raw/event\.yaml: the form does not fit on one page"):
        acrf.write(study, tmp_path / "acrf.pdf")
    assert not (tmp_path / "acrf.pdf").exists()


def test_a_character_without_a_glyph_is_refused(tmp_path: Path) -> None:
    study = small.study(tmp_path, (EVENT, '"Where?"', '"部位"'))
    with pytest.raises(SpecError, match=r"specs/raw/event\.yaml: PLACE: a character that the standard fonts of PDF do not have"):
        acrf.write(study, tmp_path / "acrf.pdf")
