"""A text of several lines is read on one: each line break or tab, with the blanks around it, is one blank.
It is counted and told; a control character that nobody typed is still refused.
"""

from __future__ import annotations

from pathlib import Path

import pyreadstat
import pytest

from pipeline.explain import explain
from pipeline.finished.folder import Folder
from pipeline.mapping_book import book
from pipeline.mapping_book.text import recoding_lines
from pipeline.records.characters import on_one_line
from pipeline.sources import contract
from pipeline.study import Study
from tests.support import chinese_study, reading, small_builds
from tests.support.door import changed, checked, small
from tests.support.explained import considered

LINES = {
    "a line break of Unix": ("first\nsecond", "first second"),
    "a line break of Windows": ("first\r\nsecond", "first second"),
    "a line break of old Macs": ("first\rsecond", "first second"),
    "a line break of Unicode": ("first\u2028second\u2029third\u0085fourth", "first second third fourth"),
    "a line break of Excel's cells as Word writes it": ("first\vsecond", "first second"),
    "a new page": ("first\fsecond", "first second"),
    "a tab": ("dose\tdelayed", "dose delayed"),
    "blanks around it": ("first  \n\t  second", "first second"),
    "an empty line between": ("first\n\nsecond", "first second"),
    "blanks elsewhere stay": ("two  blanks\nsecond", "two  blanks second"),
    "one line": ("only one", "only one"),
    "nothing else": ("a\x02b", "a\x02b"),
}


@pytest.mark.parametrize(("collected", "read"), LINES.values(), ids=LINES)
def test_a_text_is_read_on_one_line(collected: str, read: str) -> None:
    assert on_one_line(collected) == read


DOSES = """\
SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT,NOTE
01,V1,Yes,01 MAR 2018,100,DRUG,"felt dizzy
then slept"
01,V2,Yes,22 MAR 2018,100,DRUG,"second\tcolumn
"
02,V1,yes,02 MAR 2018,90,DRUG,plain
02,V2,No,,,,
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_builds.built(
        tmp_path_factory.mktemp("lines"),
        "several",
        chinese_study.FILES,
        {**chinese_study.DROP, "dose.csv": DOSES},
    )


def test_it_is_published_on_one_line(out: Path) -> None:
    (path,) = (out / "latest" / "m5").rglob("suppex.xpt")
    notes = list(pyreadstat.read_xport(path, encoding="UTF-8")[0]["QVAL"])
    assert notes == ["felt dizzy then slept", "second column", "plain"]


def test_it_is_counted_among_the_recodings(out: Path) -> None:
    (sheet,) = book.sheets(Folder.opened(out), "EX.EXNOTE")
    ((entry,),) = [target.entries for target in sheet.targets]
    assert recoding_lines(entry) == [
        "dose.NOTE: line breaks and tabs read as blanks: 2",
        "dose.NOTE: blanks around the text left out: 1",
    ]


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (1, "The value, with its line breaks and tabs as blanks."),
        (2, "The value, without blanks around it, with its line breaks and tabs as blanks."),
    ],
)
def test_it_is_told_by_explain(out: Path, record: int, told: str) -> None:
    cell = explain.explain(out, "EX.EXNOTE", ["USUBJID=S1-01", f"EXSEQ={record}"], considered).root
    assert cell.rule is not None
    assert cell.rule.text == told
    (part,) = cell.parts
    assert "read with its line breaks and tabs as blanks" in part.note


def test_door_and_build_read_the_same_and_ask_about_neither(study: Study, tmp_path: Path) -> None:
    drop = small(tmp_path / "drop")
    event = {"SUBJECT": "FD-001", "RECORD": "1"}
    changed(drop, "ae.csv", event, {"TERM": "Felt\nfeverish"})
    assert [q for q in checked(study, drop, tmp_path / "out").queries if q["rule"] == "RAW-CONTROL"] == []
    read = reading.read(study, drop)
    assert [f for f in read.findings if f.rule == "RAW-CONTROL"] == []
    assert "Felt feverish" in set(read.forms["ae"]["TERM"])
    assert read.rewritten["ae", "TERM", -1, contract.ON_ONE_LINE, "", ""] == 1


def test_any_other_control_character_is_refused_at_the_door_and_in_a_build(
    study: Study, tmp_path: Path
) -> None:
    drop = small(tmp_path / "drop")
    changed(drop, "ae.csv", {"SUBJECT": "FD-001", "RECORD": "1"}, {"TERM": "Felt\x02feverish"})
    (asked,) = [q for q in checked(study, drop, tmp_path / "out").queries if q["rule"] == "RAW-CONTROL"]
    (found,) = [f for f in reading.read(study, drop).findings if f.rule == "RAW-CONTROL"]
    assert (asked["form"], asked["field"]) == (found.dataset, found.variable) == ("ae", "TERM")
    assert found.message == "has a control character (U+0002) at character 5; put a blank in its place"
