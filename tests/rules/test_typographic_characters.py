"""Text of typographic characters is published in ASCII by a declared table, counted and told; the study adds
what it decides itself; the edition for the NMPA has the text as it was collected.
"""

from __future__ import annotations

from pathlib import Path

import pyreadstat
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.explain import explain
from pipeline.finished.folder import Folder
from pipeline.mapping_book import book
from pipeline.mapping_book.text import recoding_lines
from tests.support import chinese_study, small_builds, small_study
from tests.support.door import rows
from tests.support.explained import considered

ACCENTS = {"specs/characters.yaml": "# decided with the sponsor\né: e\nµ: u\n"}
DOSES = """\
SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT,NOTE
01,V1,Yes,01 MAR 2018,100,DRUG,patient’s wish – “slower”
01,V2,Yes,22 MAR 2018,100,DRUG,café at noon…
02,V1,yes,02 MAR 2018,90,DRUG,patient’s wish – “slower”
02,V2,No,,,,
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_builds.built(
        tmp_path_factory.mktemp("typographic"),
        "both",
        {**chinese_study.FILES, **ACCENTS},
        {**chinese_study.DROP, "dose.csv": DOSES},
        ("fda", "nmpa"),
    )


def notes(out: Path, agency: str) -> list[str]:
    (path,) = (out / "latest" / agency).rglob("suppex.xpt")
    return list(pyreadstat.read_xport(path, encoding="UTF-8")[0]["QVAL"])


def test_the_fda_gets_ascii_and_the_nmpa_the_text_as_collected(out: Path) -> None:
    assert notes(out, "m5") == [
        'patient\'s wish - "slower"',
        "cafe at noon...",
        'patient\'s wish - "slower"',
    ]
    assert notes(out, "nmpa") == [
        "patient’s wish – “slower”",
        "café at noon…",
        "patient’s wish – “slower”",
    ]


def test_a_folded_text_is_counted_among_the_recodings(out: Path) -> None:
    (sheet,) = book.sheets(Folder.opened(out), "EX.EXNOTE")
    ((entry,),) = [target.entries for target in sheet.targets]
    assert entry.verb_in_words == "unchanged, but for the texts listed here"
    assert recoding_lines(entry) == [
        "café at noon… -> cafe at noon...: 1 (folded, specs/characters.yaml:2)",
        'patient’s wish – “slower” -> patient\'s wish - "slower": 2 (folded)',
    ]


def test_a_folded_text_is_told_by_explain(out: Path) -> None:
    keys = ["USUBJID=S1-01", "EXSEQ=2"]
    cell = explain.explain(out, "EX.EXNOTE", keys, considered).root
    assert (cell.value, [part.value for part in cell.parts]) == ("cafe at noon...", ["café at noon…"])
    assert cell.rule is not None
    assert cell.rule.text == "The value, with its typographic characters in ASCII."
    assert list(cell.rule.parameters) == [
        {"name": "folded as collected: café at noon…", "place": "specs/characters.yaml:2"}
    ]


def test_define_says_in_how_many_records_characters_are_folded_and_that_of_the_nmpa_does_not(
    out: Path,
) -> None:
    said = "In the text of 3 records typographic characters are written in ASCII."
    defines = {
        agency: next((out / "latest" / agency).rglob("tabulations/sdtm/define.xml"))
        for agency in ("m5", "nmpa")
    }
    assert said in defines["m5"].read_text(encoding="utf-8")
    assert said not in defines["nmpa"].read_text(encoding="utf-8")


# --- refused
def refused(tmp_path: Path, files: dict[str, str], note: str) -> list[dict[str, str]]:
    study = small_study.small_study(
        tmp_path / "study", {**small_builds.FILES, **chinese_study.FILES, **files}
    )
    assert study.characters
    drop = tmp_path / "drop"
    drop.mkdir()
    doses = DOSES.replace("café at noon…", note)
    for name, content in {**small_builds.DROP, **chinese_study.DROP, "dose.csv": doses}.items():
        (drop / name).write_text(content, encoding="utf-8")
    arguments = ["build", str(drop), "--out", str(tmp_path / "out"), "--study", str(tmp_path / "study")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1, result.output
    findings = rows(tmp_path / "out/refused/findings.csv")
    return [finding for finding in findings if finding["severity"] == "error"]


HINT = "not ASCII and not in specs/translations.yaml; add its translation there, the text as collected first"


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("café – noon", f"{HINT}, or the ASCII for U+00E9 in specs/characters.yaml"),
        ("5 µg", f"{HINT}, or the ASCII for U+00B5 in specs/characters.yaml"),
        ("对症处理后好转", HINT),
    ],
)
def test_a_character_that_no_table_has_is_refused_by_its_number(
    tmp_path: Path, note: str, message: str
) -> None:
    (error,) = refused(tmp_path, {}, note)
    assert (error["rule"], error["variable"], error["value"]) == ("TEXT-TRANSLATION", "EXNOTE", note)
    assert error["message"] == message


WRONG = [
    ("ab: c\n", "specs/characters.yaml:1:1: ab: not one character outside ASCII"),
    ("é: e\ne: e\n", "specs/characters.yaml:2:1: e: not one character outside ASCII"),
    ("é: è\n", "specs/characters.yaml:1:1: é: not printable ASCII, or nothing"),
]


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_a_wrong_table_of_characters_is_refused_before_any_work(
    tmp_path: Path, content: str, message: str
) -> None:
    files = {**small_builds.FILES, "specs/characters.yaml": content}
    for name, text in {**small_study.FILES, **files}.items():
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    arguments = ["build", str(tmp_path), "--out", str(tmp_path / "out"), "--study", str(tmp_path / "study")]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stderr) == (3, f"{tmp_path}/study/{message}\n")
