"""docs/lesion-forms.md, literally: each layout of a lesion form is built from the files on the page, over
examples/oncology, and gives the responses and times that are typed here from RECIST 1.1.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from pipeline import Study, build
from pipeline.notebook import Built
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "lesion-forms.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```\w+ (\w+)/(\S+)\n(.*?)```", re.DOTALL)
EXAMPLE = ROOT / "examples" / "oncology"
PARTICIPANTS = ("101-1001", "101-1002", "101-1003", "101-1006")
LESIONS = ("specs/raw/tumours.yaml", "drop/tumours.csv", "mappings/sdtm/tu.yaml", "mappings/sdtm/tr.yaml")
WITHOUT = {
    "slots": LESIONS,
    "forms": LESIONS,
    "answers": (),
    "answer": (),
    "sums": LESIONS,
}  # files of the example
OF_EVALUATOR = {"sums": "I"}  # the end of the parameters of what the investigator reported

# participant: best response, confirmed, responder, progression
RESPONSES = {
    "1001": ("PR", "PR", "Y", "Y"),  # 50, 30, 28, 40: PR twice, then 12 mm and 43 % over the nadir
    "1002": ("SD", "SD", "N", "Y"),  # 40, 38, 36 and a new lesion
    "1003": ("SD", "SD", "N", "Y"),  # unequivocal progression of a non-target lesion
    "1006": ("CR", "CR", "Y", "N"),  # the node is below 10 mm, the other lesion gone
}
# participant: days of progression-free survival from 2014-01-06, CNSR
PROGRESSION_FREE = {"1001": (127, 0), "1002": (85, 0), "1003": (85, 0), "1006": (85, 1)}


def study_of(layout: str, home: Path) -> Path:
    """The example with the files of a layout, and its four participants."""
    shutil.copytree(EXAMPLE, home, dirs_exist_ok=True)
    for name in WITHOUT[layout]:
        (home / name).unlink()
    for file in (home / "drop").glob("*.csv"):
        header, *lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(PARTICIPANTS)]
        file.write_text("\n".join([header, *kept, ""]), encoding="utf-8")
    for of, name, content in BLOCK.findall(PAGE):
        if of == layout or (layout, of) == ("answer", "answers"):
            (home / name).write_text(content, encoding="utf-8")
    if layout == "answer":
        without_new_lesions(home)
    return home


def without_new_lesions(home: Path) -> None:
    """Takes the new lesions out of the lesion form."""
    file = home / "drop" / "tumours.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if ",New," not in line), encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """The build of a layout."""

    @cache
    def of_layout(layout: str) -> Built:
        home = study_of(layout, tmp_path_factory.mktemp(layout))
        return build(Study.load(home), home / "drop", home / "out", ("fda",))

    return of_layout


def short(frame: pd.DataFrame) -> pd.Series:
    return frame["USUBJID"].str[-4:]


def test_the_page_has_the_layouts_that_are_built_here() -> None:
    assert {layout for layout, _, _ in BLOCK.findall(PAGE)} == set(WITHOUT)


@pytest.mark.parametrize("layout", WITHOUT)
def test_each_layout_is_published_without_a_finding_of_response(
    built: Callable[[str], Built], layout: str
) -> None:
    outcome = built(layout)
    assert not outcome.refused, outcome.findings.to_string()
    assert list(outcome.findings["rule"]) == [], outcome.findings.to_string()


@pytest.mark.parametrize("layout", WITHOUT)
def test_each_layout_gives_the_responses_of_recist(built: Callable[[str], Built], layout: str) -> None:
    adrs = built(layout).dataset("ADRS")
    codes = [f"{code}{OF_EVALUATOR.get(layout, '')}" for code in ("BOR", "CBOR", "RSP", "PD")]
    found = {
        subject: tuple(records.set_index("PARAMCD")["AVALC"].loc[codes])
        for subject, records in adrs[adrs["PARAMCD"].isin(codes)].groupby(short(adrs))
    }
    assert found == RESPONSES


@pytest.mark.parametrize("layout", WITHOUT)
def test_each_layout_gives_progression_free_survival(built: Callable[[str], Built], layout: str) -> None:
    adtte = built(layout).dataset("ADTTE")
    pfs = adtte[adtte["PARAMCD"].eq("PFS")]
    rows = zip(short(pfs), pfs["AVAL"], pfs["CNSR"], strict=True)
    assert {subject: (days, censored) for subject, days, censored in rows} == PROGRESSION_FREE


def test_lesions_that_each_form_numbers_from_1_have_names_of_their_own(
    built: Callable[[str], Built],
) -> None:
    tu = built("forms").dataset("TU")
    lesions = tu["USUBJID"].str[-4:] + " " + tu["TULNKID"] + " " + tu["TUSTRESC"]
    assert sorted(lesions) == [
        "1001 T01 TARGET",
        "1001 T02 TARGET",
        "1002 NEW01 NEW",
        "1002 T01 TARGET",
        "1003 NT01 NON-TARGET",
        "1003 T01 TARGET",
        "1006 T01 TARGET",
        "1006 T02 TARGET",
    ]


def test_reported_sums_have_their_change_from_baseline(built: Callable[[str], Built]) -> None:
    adta = built("sums").dataset("ADTA")
    of_first = adta[short(adta).eq("1001")]
    columns = ["ASMTN", "IVSUM", "BASE", "CHG", "PCHG"]
    rows = of_first[columns].fillna(-1).itertuples(index=False, name=None)
    assert list(rows) == [
        (0, 50, 50, -1, -1),
        (1, 30, 50, -20, -40),
        (2, 28, 50, -22, -44),
        (3, 40, 50, -10, -20),
    ]
    assert "OVRLRESP" not in adta, "nothing is worked out by RECIST"


def test_an_answer_yes_that_has_no_lesion_beside_it_is_told_where_the_form_asks(tmp_path: Path) -> None:
    home = study_of("answers", tmp_path)
    without_new_lesions(home)
    outcome = build(Study.load(home), home / "drop", home / "out", ("fda",))
    told = outcome.findings[outcome.findings["rule"].eq("RECIST-NEW-LESION-NOT-CARRIED")]
    assert list(told["key"]) == ["USUBJID=ONC-01-101-1002, ASMTN=2"]
