"""The results as data, and the book: same bytes, heads on each page, fonts embedded."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from pipeline.displays import book, pages, results
from pipeline.displays.content import Listed, Table
from pipeline.study import Study
from tests.conftest import ROOT
from tests.support.displayed import NK, T, destinations, made, participants, records, study_with

MANY = participants(**{f"participant {n:03d}": (NK, T)[n % 2] for n in range(200)})
HEADS = {"USUBJID": "Participant", "AGE": "Age", "RANDDT": "Randomized"}
LISTING: dict[str, Any] = {
    "kind": "listing", "columns": None, "rows": [],
    "listing": {"dataset": "ADSL", "where": {"AGE": "present"}, "columns": HEADS},
}  # fmt: skip


def table(study: Study) -> Table:
    rows: list[dict[str, Any]] = [
        {"id": "ALL", "label": "All"},
        {"id": "AGE", "label": "Age", "summary": {"variable": "AGE"}},
    ]
    content = made(study_with(study, *rows), {"ADSL": MANY.assign(AGE=[*[40.0] * 199, float("nan")])})
    assert isinstance(content, Table)
    return content


def test_each_statistic_is_a_record_with_the_records_it_is_of(study: Study) -> None:
    frame = results.frame([table(study)])
    of_all = frame[frame["LINEID"].eq("ALL")]
    assert of_all[["COLUMN", "METHOD", "OPER", "VALUE", "TEXT", "NSUBJ", "NREC"]].to_numpy().tolist() == [
        [NK, "participants", "count", 100.0, "100", 100, 100],
        [NK, "participants", "percent", 100.0, "100.0", 100, 100],
        [T, "participants", "count", 100.0, "100", 100, 100],
        [T, "participants", "percent", 100.0, "100.0", 100, 100],
        ["Total", "participants", "count", 200.0, "200", 200, 200],
        ["Total", "participants", "percent", 100.0, "100.0", 200, 200],
    ]
    assert set(of_all["POPUL"]) == {"All Randomized Participants"}
    assert of_all["RECORDS"].iloc[4] == "1-200"
    assert frame.loc[frame["LINEID"].eq("AGE/n"), "RECORDS"].iloc[2] == "1-199"


def test_a_value_keeps_twelve_digits_beside_what_is_shown(study: Study) -> None:
    third = participants(a=NK, b=NK, c=NK).assign(SAFFL=["Y", "N", "N"])
    row = {"id": "SAF", "label": "Treated", "where": {"SAFFL": "Y"}}
    frame = results.frame([made(study_with(study, row), {"ADSL": third})])
    [percent] = frame.loc[frame["COLUMN"].eq(NK) & frame["OPER"].eq("percent"), "VALUE"]
    assert percent == 33.3333333333


@pytest.mark.parametrize(
    ("places", "text"), [([], ""), ([4], "4"), ([1, 2, 3], "1-3"), ([7, 1, 2, 3, 9], "1-3 7 9")]
)
def test_records_are_told_as_runs_of_places(places: list[int], text: str) -> None:
    assert results.as_ranges(np.array(places, dtype="int64")) == text
    assert results.from_ranges(text) == sorted(places)


def test_the_dataset_json_of_the_results_fits_its_schema(study: Study, tmp_path: Path) -> None:
    results.write(study, results.frame([table(study)]), tmp_path)
    content = json.loads((tmp_path / "results.json").read_text("utf-8"))
    schema = json.loads((ROOT / "tests/external/dataset_json_1.1.schema.json").read_text("utf-8"))
    jsonschema.validate(content, schema)
    again = pd.read_parquet(tmp_path / "results.parquet")
    assert [list(row) for row in again.fillna("").to_numpy().tolist()] == [
        ["" if cell is None else cell for cell in row] for row in content["rows"]
    ]


# --- pages
def listing(study: Study) -> Listed:
    adsl = MANY.assign(AGE=[*[40.0] * 199, float("nan")], RANDDT=pd.to_datetime("2016-07-11"))
    content = made(study_with(study, **LISTING), {"ADSL": adsl})
    assert isinstance(content, Listed)
    return content


def test_a_listing_has_the_records_that_meet_the_condition_in_their_order(study: Study) -> None:
    content = listing(study)
    assert (len(content.records), content.records[0]) == (199, ("participant 000", "40", "2016-07-11"))


def test_a_long_listing_goes_on_with_heads_and_loses_no_record(study: Study) -> None:
    cut = pages.pages(listing(study))
    assert len(cut) > 4
    assert {page.heads for page in cut} == {(("Participant",), ("Age",), ("Randomized",))}
    assert sum(len(page.body) for page in cut) == 199
    assert [page.is_first for page in cut] == [True] + [False] * (len(cut) - 1)


def test_a_heading_never_ends_a_page(study: Study) -> None:
    rows = [{"id": f"AGE{n}", "label": f"Age {n}", "summary": {"variable": "AGE"}} for n in range(40)]
    cut = pages.pages(made(study_with(study, *rows), {"ADSL": MANY.assign(AGE=40.0)}))
    assert len(cut) > 4
    assert not any(page.body[-1].is_heading for page in cut)
    assert sum(len(page.body) for page in cut) == 40 * 5


def of_table(study: Study, *rows: dict[str, Any]) -> list[pages.Page]:
    return pages.pages(made(study_with(study, *rows), {"ADSL": MANY.assign(AGE=40.0)}))


def test_a_page_of_a_table_ends_where_a_group_of_lines_does(study: Study) -> None:
    """A group has five lines, and a page room for more than thirty: none is parted."""
    rows = [{"id": f"AGE{n}", "label": f"Age {n}", "summary": {"variable": "AGE"}} for n in range(40)]
    assert {len(page.body) % 5 for page in of_table(study, *rows)} == {0}


def test_a_group_that_goes_on_repeats_the_labels_above_it(study: Study) -> None:
    many = participants(**{f"participant {n:03d}": NK for n in range(60)}).assign(AGE=range(60))
    rows = [{"id": "AGE", "label": "Age", "indent": 1, "categories": {"variable": "AGE"}}]
    rows = [{"id": "ALL", "label": "All"}, *rows]
    first, *others = pages.pages(made(study_with(study, *rows), {"ADSL": many}))
    assert [line.texts[0] for line in first.body[:3]] == [("All",), ("Age",), ("0",)]
    assert {page.body[:2] for page in others} == {others[0].body[:2]}
    assert [line.texts[:2] for line in others[0].body[:2]] == [
        (("All (continued)",), ()),
        (("Age (continued)",), ()),
    ]
    shown = [line.texts[0] for page in (first, *others) for line in page.body]
    assert [text for (text,) in shown if text.isdigit()] == [str(n) for n in range(60)]


def test_a_word_of_a_listing_is_not_broken_where_there_is_room_for_it(study: Study) -> None:
    heads = {f"V{n}": f"V{n}" for n in range(8)}
    long, word = "one two three four five six seven eight nine ten " * 3, "RECOVERED/RESOLVED"
    record = [word if n == 3 else long for n in range(8)]
    listed = Listed(listing(study).display, "All", [*heads.values()], [record])
    [page] = pages.pages(listed)
    assert page.body[0].texts[3] == (word,)


def test_a_listing_without_a_record_says_so(study: Study) -> None:
    adsl = MANY.assign(AGE=None, RANDDT=pd.to_datetime("2016-07-11")).astype({"AGE": "float64"})
    [page] = pages.pages(made(study_with(study, **LISTING), {"ADSL": adsl}))
    assert page.body[0].texts[0] == ("No record meets the condition.",)


def test_a_column_is_as_wide_as_its_widest_text_of_many_that_are_as_long(study: Study) -> None:
    """A text of four Ws is wider than one of four i's; the hash seed may not decide which is looked at."""
    names = {"iiii": NK, "jjjj": NK, "llll": NK, "tttt": NK, "ffff": NK, "WWWW": NK}
    wide, narrow = (
        made(
            study_with(study, **LISTING), {"ADSL": participants(**some).assign(AGE=40.0, RANDDT="2016-07-01")}
        )
        for some in (names, {"WWWW": NK})
    )
    assert pages.pages(wide)[0].widths[0] == pages.pages(narrow)[0].widths[0]


def test_a_text_is_wrapped_and_a_word_too_long_is_broken() -> None:
    assert pages.wrapped("one two", "Text", 1000) == ("one two",)
    lines = pages.wrapped("unbreakablewordofmanyletters and", "Text", 40)
    assert all(pages.width(line, "Text") <= 40 for line in lines)
    assert "".join(lines) == "unbreakablewordofmanylettersand"


def test_the_book_tells_study_program_cut_off_and_page_on_each_page(study: Study, tmp_path: Path) -> None:
    told = study_with(study, {"id": "ALL", "label": "All"})
    book.write(told, "Tables", [listing(study), table(study)], tmp_path / "book.pdf")
    reader = PdfReader(tmp_path / "book.pdf")
    texts = [page.extract_text() for page in reader.pages]
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text
        assert "Data cut-off: 2019-07-01" in text
        assert "All participant data are synthetic" in text
        assert "Program: cdisc-pipeline" in text
    assert "Listing 14.9.9 (continued)" in texts[2]
    assert destinations(tmp_path / "book.pdf") == {"L14-9-9", "T14-9-9"}
    for page in reader.pages:
        fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]  # type: ignore[index]
        assert fonts
        assert all("/FontFile2" in f["/FontDescriptor"] for f in fonts)


def test_the_same_results_give_the_same_bytes_whatever_the_environment(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.write(study, "Tables", [table(study)], tmp_path / "one.pdf")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    book.write(study, "Tables", [table(study)], tmp_path / "two.pdf")
    monkeypatch.undo()
    time.tzset()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_text_beyond_the_font_is_drawn(study: Study, tmp_path: Path) -> None:
    adsl = records("USUBJID ITTFL TRT01P", ("甲 ≥", "Y", NK))
    asked = LISTING | {"listing": {"dataset": "ADSL", "columns": {"USUBJID": "甲"}}}
    book.write(study, "Tables", [made(study_with(study, **asked), {"ADSL": adsl})], tmp_path / "book.pdf")
    assert "甲 ≥" in PdfReader(tmp_path / "book.pdf").pages[1].extract_text()
