"""A subject number that stands in two columns of each form: a site, and a number that begins again there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import SpecError
from pipeline.simulator import plain
from pipeline.sources import files
from pipeline.study import Study, load

FORM = {
    "specs/raw/dm.yaml": "title: Demographics\ntext: [SITEID, SUBJECT, SEX]\n",
    "specs/raw/lab.yaml": "keys: [TEST]\ntext: [SUBJNO, TEST]\nfile: {columns: {SUBJNO: Subject ID}}\n",
}
SUBJECTS = 'subjects: {form: dm, number: SUBJNO, made_of: "{SITEID}-{SUBJECT}"}'
STUDY = """\
format: 1
id: SPLIT
title: A number in two columns
protocol: SPLIT
sponsor: Nobody
declared_build_time: 2022-04-01T00:00:00Z
standards: {SDTMIG: "3.4", ADaMIG: "1.3", SDTM CT: 2022-09-30, ADaM CT: 2022-06-24}
"""
DM = "SITEID,SUBJECT,SEX\n104,001,F\n211, 001 ,M\n211,,M\n"
LAB = "Subject ID,TEST\n104-001,ALT\n211-001,ALT\n"


def study(folder: Path, subjects: str = SUBJECTS, forms: dict[str, str] | None = None) -> Study:
    for name, text in {**FORM, **(forms or {}), "specs/study.yaml": f"{STUDY}{subjects}\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder)


def test_the_columns_of_a_form_make_the_number_and_a_form_that_has_it_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "dm.csv").write_text(DM, encoding="utf-8")
    (tmp_path / "drop" / "lab.csv").write_text(LAB, encoding="utf-8")
    read = files.read(study(tmp_path), tmp_path / "drop")
    numbers = [None if pd.isna(number) else number for number in read["dm"]["SUBJNO"]]
    assert numbers == ["104-001", "211-001", None]  # of a blank part nothing is made
    assert list(read["dm"].columns) == ["SUBJNO", "SITEID", "SUBJECT", "SEX"]
    assert list(read["lab"]["SUBJNO"]) == ["104-001", "211-001"]


def test_a_synthetic_drop_has_the_columns_and_not_the_number(tmp_path: Path) -> None:
    plain.write(study(tmp_path), tmp_path / "made", 2, 1)
    lines = (tmp_path / "made" / "dm.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "SITEID,SUBJECT,SEX"
    assert [line.split(",")[:2] for line in lines[1:]] == [["01", "001"], ["01", "002"]]


@pytest.mark.parametrize(
    ("subjects", "forms", "message"),
    [
        (
            SUBJECTS,
            {"specs/raw/lab.yaml": "keys: [TEST]\ntext: [SITEID, TEST]\n"},
            "lab has no SUBJNO, the subject number .*, nor SUBJECT of which it is made",
        ),
        (SUBJECTS.replace("{SITEID}-{SUBJECT}", "SUBJECT"), {}, "names no column; write for example"),
        (
            'subjects: {form: dm, number: SUBJNO, made_of: "{SITEID}-{SUBJECT}", parts: "{SITEID}-{SUBJID}"}',
            {},
            "SITEID is a column of dm and a part of the subject number .*; give the part another name",
        ),
    ],
    ids=["a column is missing", "no column is named", "a part is called like a column"],
)
def test_what_cannot_be_made_is_refused(
    tmp_path: Path, subjects: str, forms: dict[str, str], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        study(tmp_path, subjects, forms)
