"""A file is read exactly as it was collected, or refused with its name, its line and what to do, and without what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import DropError
from pipeline.sources import files
from pipeline.study import Study

COLUMNS = ["SUBJECT", "RECORD", "TERM"]
HEADER = "SUBJECT,RECORD,TERM\n"
SECRET = "Wang Xiulan"


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "ae.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def cells(frame: pd.DataFrame) -> list[list[str | None]]:
    return [[c if isinstance(c, str) else None for c in row] for row in frame.itertuples(index=False)]


READ: dict[str, tuple[str | bytes, list[list[str | None]]]] = {
    "a header alone is a form without records": (HEADER, []),
    "text stays text, with its leading zeros and blanks": (f"{HEADER}01,1, 007 \n", [["01", "1", " 007 "]]),
    "an empty cell is missing": (f"{HEADER}01,,\n", [["01", None, None]]),
    "an empty cell in quotation marks is missing": (f'{HEADER}01,"",x\n', [["01", None, "x"]]),
    "NA and null are texts": (f"{HEADER}NA,null,NaN\n", [["NA", "null", "NaN"]]),
    "columns come in the order of the contract": ("TERM,SUBJECT,RECORD\nx,01,1\n", [["01", "1", "x"]]),
    "a quoted cell may hold commas, quotation marks and line breaks": (f'{HEADER}01,1,"a, ""b""\nc"\n', [["01", "1", 'a, "b"\nc']]),
    "lines may end as on Windows": (b"SUBJECT,RECORD,TERM\r\n01,1,x\r\n", [["01", "1", "x"]]),
    "an empty line is a record of nobody, which the next stage refuses": (f"{HEADER}\n01,1,x\n", [[None, None, None], ["01", "1", "x"]]),
    "texts in another script are kept": (f"{HEADER}01,1,王秀兰\n", [["01", "1", "王秀兰"]]),
}


@pytest.mark.parametrize(("content", "expected"), READ.values(), ids=READ.keys())
def test_a_sound_file_is_read_as_collected(tmp_path: Path, content: str | bytes, expected: list[list[str | None]]) -> None:
    frame = files.read_csv(written(tmp_path, content), COLUMNS)
    assert list(frame) == COLUMNS
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == expected


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "an empty file": ("", "ae.csv: the file is empty; it needs at least its header line"),
    "an empty line for a header": ("\n", "ae.csv, line 1: names no column of the contract; export the form with its header line"),
    "data for a header": (f"01,1,{SECRET}\n", "ae.csv, line 1: names no column of the contract; export the form with its header line"),
    "a header that is cut": ("SUBJECT,REC", "ae.csv: the last line is not ended, so the file may be cut; export it again"),
    "a last line that is cut": (f"{HEADER}01,1,{SECRET}", "ae.csv: the last line is not ended, so the file may be cut; export it again"),
    "a header with an open quotation mark": (
        'SUBJECT,RECORD,"TERM\n',
        "ae.csv, line 1: not a header line in UTF-8; export the form again as UTF-8 CSV",
    ),
    "a header in another encoding": (
        "SUBJECT,RECORD,TÉRM\n".encode("latin-1"),
        "ae.csv, line 1: not a header line in UTF-8; export the form again as UTF-8 CSV",
    ),
    "a byte-order mark": (b"\xef\xbb\xbf" + HEADER.encode(), "ae.csv: begins with a byte-order mark; export it as UTF-8 without one"),
    "UTF-16": (HEADER.encode("utf-16"), "ae.csv: begins with a byte-order mark; export it as UTF-8 without one"),
    "a text in GB 18030": (
        HEADER.encode() + "01,1,x\n02,1,王秀兰\n".encode("gb18030"),
        "ae.csv, line 3: not UTF-8; export the file as UTF-8",
    ),
    "a record with a cell too few": (
        f"{HEADER}01,1,x\n02,{SECRET}\n",
        "ae.csv, line 3: 2 cells where the header has 3; export the file again",
    ),
    "a record with a cell too many": (
        f"{HEADER}01,1,{SECRET},x\n",
        "ae.csv, line 2: 4 cells where the header has 3; export the file again",
    ),
    "the line behind a text with a line break": (
        f'{HEADER}01,1,"a\nb"\n02,{SECRET}\n',
        "ae.csv, line 4: 2 cells where the header has 3; export the file again",
    ),
    "a quotation mark that never closes": (
        f'{HEADER}01,1,x\n02,1,"{SECRET}\n03,1,x\n',
        "ae.csv, the record from line 3: not CSV (unexpected end of data); export the file again",
    ),
    "a quotation mark inside a text": (
        f'{HEADER}01,1,x\n02,1,{SECRET} 5"\n03,1,x\n',
        "ae.csv, line 3: a quotation mark without its partner; export the file again",
    ),
    "a missing column": ("SUBJECT,TERM\n", "ae.csv: column RECORD is missing; export it, or change specs/raw"),
    "an extra column": (
        "SUBJECT,RECORD,TERM,MOOD\n",
        "ae.csv: column MOOD is not in the contract; add it to specs/raw so that it is not lost in silence",
    ),
    "a misspelt column": (
        "SUBJECT,RECORD,TREM\n",
        "ae.csv: column TERM is missing; did you mean TREM?; export it, or change specs/raw\n"
        "ae.csv: column TREM is not in the contract; did you mean TERM?; add it to specs/raw so that it is not lost in silence",
    ),
    "a column twice": ("SUBJECT,RECORD,TERM,TERM\n", "ae.csv: column TERM stands in the header twice"),
}


@pytest.mark.parametrize(("content", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_not_what_it_should_be_is_refused_without_what_it_holds(tmp_path: Path, content: str | bytes, expected: str) -> None:
    with pytest.raises(DropError) as caught:
        files.read_csv(written(tmp_path, content), COLUMNS)
    assert str(caught.value) == expected


def test_a_file_that_may_not_be_opened_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, HEADER)
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(DropError, match=r"^ae\.csv: cannot be read \(Permission denied\); check that the file may be opened$"):
        files.read_csv(path, COLUMNS)


# --- the drop as a whole ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def two_forms(study: Study) -> Study:
    """The study as if it had two forms and no more."""
    return replace(study, forms={name: study.forms[name] for name in ("enrol", "death")})


@pytest.fixture
def drop(two_forms: Study, tmp_path: Path) -> Path:
    """A drop of two forms without records."""
    home = tmp_path / "drop"
    home.mkdir()
    for name, form in two_forms.forms.items():
        (home / f"{name}.csv").write_text(",".join(form.fields) + "\n", encoding="utf-8")
    return home


def refusal(study: Study, drop: Path) -> list[str]:
    with pytest.raises(DropError) as caught:
        files.read(study, drop)
    return str(caught.value).split("\n")


def test_a_drop_has_one_file_a_form_and_the_companions_that_the_study_declares(two_forms: Study, drop: Path) -> None:
    (drop / "planted.json").write_text("[]")
    frames = files.read(two_forms, drop)
    assert {name: list(f) for name, f in frames.items()} == {n: list(f.fields) for n, f in two_forms.forms.items()}


def test_all_faults_of_a_drop_are_told_at_once(two_forms: Study, drop: Path) -> None:
    (drop / "enrol.csv").write_text("")
    (drop / "death.csv").rename(drop / "deaths.csv")
    assert refusal(two_forms, drop) == [
        "deaths.csv: no form of specs/raw is called so; did you mean death?; remove the file or write its contract",
        "enrol.csv: the file is empty; it needs at least its header line",
        "death.csv: the file is missing from the drop; export the form, with its header line alone if it has no record",
    ]


def test_a_drop_that_is_not_a_folder_is_refused(two_forms: Study, drop: Path) -> None:
    for path in (drop / "absent", drop / "enrol.csv"):
        assert refusal(two_forms, path) == [f"{path}: no such folder; a drop is a folder with one file a form, or with one ODM-XML file"]


def test_a_drop_that_may_not_be_opened_is_refused(two_forms: Study, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    assert refusal(two_forms, drop) == [f"{drop}: cannot be read (Permission denied); check that the folder may be opened"]


def test_a_link_out_of_the_drop_is_refused_even_under_the_name_of_a_companion(two_forms: Study, drop: Path) -> None:
    (drop.parent / "elsewhere.csv").write_text(SECRET)
    (drop / "enrol.csv").unlink()
    (drop / "enrol.csv").symlink_to("../elsewhere.csv")
    (drop / "planted.json").symlink_to(drop.parent / "elsewhere.csv")
    assert refusal(two_forms, drop) == [
        "enrol.csv: leads out of the drop folder; copy the file itself into the drop",
        "planted.json: leads out of the drop folder; copy the file itself into the drop",
    ]


def test_links_that_lead_nowhere_and_folders_are_refused(two_forms: Study, drop: Path) -> None:
    (drop / "a").mkdir()
    (drop / "b").symlink_to("b")
    (drop / "c").symlink_to("absent")
    assert refusal(two_forms, drop) == [f"{name}: not a file; a drop is one folder of files" for name in "abc"]


def test_two_formats_in_one_drop_are_refused(two_forms: Study, drop: Path) -> None:
    (drop / "trial.xml").write_text("<ODM/>")
    assert refusal(two_forms, drop) == ["trial.xml: no form of specs/raw is called so; remove the file or write its contract"]


def test_an_odm_file_that_lacks_a_form_or_a_column_is_refused(two_forms: Study, drop: Path) -> None:
    for path in drop.glob("*.csv"):
        path.unlink()
    items = [c for c in two_forms.forms["death"].fields if c not in ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD", "CAUSE")]
    (drop / "trial.xml").write_text(
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot">'
        '<Study OID="S"><MetaDataVersion OID="V" Name="1"><StudyEventDef OID="E" Name="VISIT" Repeating="Yes" Type="Common"/>'
        '<FormDef OID="F" Name="DEATH" Repeating="No"><ItemGroupRef ItemGroupOID="G" Mandatory="No"/></FormDef>'
        '<ItemGroupDef OID="G" Name="DEATH" Repeating="Yes">'
        + "".join(f'<ItemRef ItemOID="I.{c}" Mandatory="No"/>' for c in items)
        + "</ItemGroupDef>"
        + "".join(f'<ItemDef OID="I.{c}" Name="{c}" DataType="text" Length="9"/>' for c in items)
        + "</MetaDataVersion></Study></ODM>",
        encoding="utf-8",
    )
    assert refusal(two_forms, drop) == [
        "trial.xml: form enrol: not in the document's definition; export the form, if only with its definition",
        "trial.xml: form death: column CAUSE is missing; export it, or change specs/raw",
    ]


def test_the_hash_of_a_file_is_that_of_its_bytes(drop: Path) -> None:
    (drop / "enrol.csv").write_bytes(b"abc")
    assert files.hashes(drop)["enrol.csv"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
