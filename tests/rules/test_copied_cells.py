"""What an explanation calls copied is what was collected, character by character; what was changed on its way
is told with the line that says so.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pipeline.explain import rules
from pipeline.explain.rewriting import UNCHANGED
from pipeline.finished.build import STUDY, Build
from pipeline.mapping_book import book
from pipeline.mapping_book.text import recoding_lines
from tests.support.explained import SUBJECT, asked, cells, explained

# one whose terms end in blanks, one with Chinese texts, one whose labels are spelt otherwise
CHOSEN = [f"{SUBJECT}001", f"{SUBJECT}023", f"{SUBJECT}007"]


@pytest.fixture(scope="module")
def build(built: Path) -> Build:
    return Build.opened(built)


def test_every_cell_that_is_called_copied_holds_the_text_that_was_collected(
    build: Build, prove: bool
) -> None:
    """Of all cells that a copy made, those that are said to be unchanged are those that are."""
    said: Counter[str] = Counter()
    for record, variable in cells(build, None if prove else CHOSEN, None if prove else 60):
        is_tabulated = build.study_facts["datasets"][record.dataset]["layer"] == "sdtm"
        rule = rules.rule_of(build, f"{record.dataset}.{variable}", record.block)
        if not is_tabulated or rule is None or rule["verb"] != "copy" or record.form == STUDY:
            continue
        cell = explained(build, record, variable).root
        assert cell.rule is not None
        said[cell.rule.text] += 1
        sources = [part.value for part in cell.parts if part.kind in ("raw", "cell", "again")]
        if cell.rule.text == UNCHANGED:
            assert not sources or cell.value in sources, cell.name
        else:
            assert cell.value not in sources, cell.name
    assert said[UNCHANGED] > 1000
    assert set(said) == {
        UNCHANGED,
        "The value, as a number.",
        "The value, translated.",
        "The value, without blanks around it.",
        "The value, as its contract spells it.",
    }


def test_a_translated_term_is_told_with_the_line_of_its_translation(built: Path) -> None:
    term = asked(built, "AE.AETERM", "USUBJID=023", "AESEQ=1").root
    assert (term.value, [part.value for part in term.parts]) == ("Chills after infusion", ["输注后寒战"])
    assert term.rule is not None
    assert (term.rule.verb, term.rule.text) == ("copy", "The value, translated.")
    assert list(term.rule.parameters) == [
        {"name": "translated as collected: 输注后寒战", "place": "specs/translations.yaml:2"}
    ]


def test_a_trimmed_term_is_told_and_its_raw_text_has_the_blanks(built: Path) -> None:
    term = asked(built, "AE.AETERM", "USUBJID=001", "AESEQ=2").root
    (raw,) = term.parts
    assert (term.value, raw.value, raw.note) == ("shivering", "shivering ", "read without blanks around it")
    assert term.rule is not None
    assert term.rule.text == "The value, without blanks around it."


def test_the_mapping_counts_translations_and_blanks_among_the_recodings(build: Build) -> None:
    (sheet,) = book.sheets(build, "AE.AETERM")
    ((entry,),) = [target.entries for target in sheet.targets]
    assert entry.verb_in_words == "unchanged, but for the texts listed here"
    assert recoding_lines(entry) == [
        "双手轻度麻木 -> Mild numbness of both hands: 1 (translated, specs/translations.yaml:3)",
        "输注后寒战 -> Chills after infusion: 1 (translated, specs/translations.yaml:2)",
        "ae.TERM: blanks around the text left out: 5",
    ]


def test_define_says_of_a_variable_in_how_many_records_its_text_is_translated(built: Path) -> None:
    (define,) = (built / "latest" / "m5").rglob("tabulations/sdtm/define.xml")
    text = define.read_text(encoding="utf-8")
    for records, variable in (
        ("2 records", "AE.AETERM"),
        ("3 records", "CO.COVAL"),
        ("249 records", "LB.LBORRES"),
    ):
        said = f"The text of {records} was collected in another script and is translated."
        (item,) = re.findall(rf'<ItemDef OID="IT.{variable}"[^>]*def:CommentOID="([^"]*)"', text)
        assert re.search(rf'<def:CommentDef OID="{item}">\s*<Description>.*{said}', text), variable
