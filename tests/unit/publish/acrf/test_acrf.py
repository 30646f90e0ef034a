"""The annotated CRF has a page for each raw contract with what its mapping makes of each field, and is the
same file each time.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from pipeline import stages as run
from pipeline.errors import SpecError
from pipeline.mapping import resolve
from pipeline.mapping.steps import Plan
from pipeline.publish.acrf import write as acrf
from pipeline.publish.acrf.annotations import NOT_SUBMITTED, Annotated, Annotations
from pipeline.study import Study
from tests.conftest import DROP
from tests.support import define_study as small

EVENT = "specs/raw/event.yaml"
STUDY = "specs/study.yaml"
SCHEDULE = (
    STUDY,
    "visits: [{name: VISIT 1, number: 1}]",
    "visits: [{name: VISIT 1, number: 1}]\nschedule: [{visits: [VISIT 1], forms: [person]}]",
)


def plan(study: Study) -> Plan:
    return resolve.plan(study, run.LIBRARY)


def drawn(study: Study, folder: Path) -> PdfReader:
    """The file as another program reads it."""
    acrf.write(study, plan(study), folder / "acrf.pdf")
    return PdfReader(folder / "acrf.pdf")


def words(page: Any) -> str:
    return " ".join(page.extract_text().split())


def outline(reader: PdfReader) -> list[Any]:
    """The bookmarks: title, page counted from 1, and what stands below."""

    def entries_of(entries: list[Any]) -> Iterator[tuple[str, int, list[Any]]]:
        for n, entry in enumerate(entries):
            if not isinstance(entry, list):
                below = entries[n + 1] if n + 1 < len(entries) and isinstance(entries[n + 1], list) else []
                page = reader.get_destination_page_number(entry)
                yield str(entry.title), (page if page is not None else -1) + 1, list(entries_of(below))

    return list(entries_of(list(reader.outline)))


@pytest.fixture(scope="module")
def book(study: Study, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    return drawn(study, tmp_path_factory.mktemp("acrf"))


@pytest.fixture(scope="module")
def annotated(study: Study) -> dict[str, Annotated]:
    return Annotations(study, plan(study)).forms


def notes_beside(form: Annotated, field: str) -> list[str]:
    return [n.text for n in form.fields[field]]


# --- pages, which define.xml points at
def test_each_form_is_on_the_page_that_define_xml_names(study: Study, book: PdfReader) -> None:
    pages = acrf.pages(study)
    assert list(pages) == list(study.forms)
    assert len(book.pages) == max(pages.values())
    for form, number in pages.items():
        assert words(book.pages[number - 1]).startswith(study.forms[form].title), form


def test_contents_and_conventions_stand_before_the_forms(tmp_path: Path) -> None:
    study = small.study(tmp_path)
    assert acrf.pages(study) == {"diary": 3, "event": 4, "person": 5}
    reader = drawn(study, tmp_path)
    assert "Diary (DIARY) 3 Event (EVENT) 4 Person (PERSON) 5" in words(reader.pages[0])
    numbers = [p.indirect_reference for p in reader.pages]
    links = [numbers.index(list.__getitem__(a.get_object()["/Dest"], 0)) for a in reader.pages[0]["/Annots"]]  # type: ignore[attr-defined]
    assert links == [2, 3, 4]
    assert "AE = Adverse Events DM = Demographics" in words(reader.pages[1])


# --- what a page says
def test_a_page_says_what_is_asked_by_whom_and_how_it_is_answered(tmp_path: Path) -> None:
    content = words(drawn(small.study(tmp_path), tmp_path).pages[3])
    for text in (
        "Study S1 (P1), Sponsor & Sons",
        "Form EVENT; source: Investigator; records: one per event. Key of a record: SUBJECT, RECORD.",
        "Event * TERM text AETERM",
        "text, coded with MedDRA",
        "integer, 1 to 3",
        "date, dd MON yyyy, parts may be unknown",
        "number, in cm",
        "one of: Yes; No; or another, as written",
        "text, assigned, not asked USUBJID",
        "AE = Adverse Events AECAT = EVENT",
        "AEREL2 in SUPPAE",
        "All data are synthetic.",
        "Page 4 of 5",
    ):
        assert text in content, text


@pytest.mark.parametrize(
    ("form", "field", "expected"),
    [
        ("ae", "TERM", ["AETERM"]),
        ("ae", "SOC", ["AEBODSYS", "AESOC"]),
        ("ae", "REL_NK", ["AERELNK in SUPPAE"]),
        ("ae", "ENTERED_AT", [NOT_SUBMITTED]),
        ("ae", "SUBJECT", ["USUBJID"]),
        ("ae", "COMMENT", ["COVAL"]),
        ("vs", "VISIT_DATE", ["VSDTC"]),  # of every sign
        ("vs", "WEIGHT", ["VSORRES when VSTESTCD = WEIGHT"]),
        ("vs", "SYSBP", ["VSORRES when VSTESTCD = SYSBP", "VSORRESU = mmHg"]),
        ("vs", "POSITION", ["VSPOS when VSTESTCD = SYSBP, DIABP, PULSE"]),
        ("resp", "TARGET", ["RSORRES when RSTESTCD = TRGRESP"]),
        ("lab", "RESULT", ["LBORRES when DONE = Yes"]),
        ("lab", "DONE", ["LBSTAT = NOT DONE when DONE = No"]),
        ("lab", "TEST_NAME", [NOT_SUBMITTED]),
        ("lab", "FLAG", ["LBNRIND (derived)"]),
        ("tl", "DIAMETER", ["TRORRES", "TRORRESU"]),
        ("death", "DEATH_DATE", ["DDDTC", "DM.DTHDTC (derived)", "DM.DTHFL (derived)"]),
        ("enrol", "GENDER", ["DC.SEX", "DM.SEX"]),
        ("rand", "ARM_CODE", ["DM.ARMCD (derived)"]),
        ("rand", "RAND_NO", [NOT_SUBMITTED]),
    ],
)
def test_beside_a_field_stands_where_its_answer_is(
    annotated: dict[str, Annotated], form: str, field: str, expected: list[str]
) -> None:
    assert notes_beside(annotated[form], field) == expected


def test_beside_the_title_stand_the_domains_and_what_their_records_share(
    annotated: dict[str, Annotated],
) -> None:
    domains = {d: [n.text for n in notes] for d, notes in annotated["act"].domains.items()}
    assert domains == {
        "CM": [
            "CM = Concomitant/Prior Medications when TYPE = Drug therapy",
            "CMCAT = SUBSEQUENT ANTI-CANCER THERAPY",
        ],
        "PR": ["PR = Procedures when TYPE = Surgery, Radiotherapy", "PRCAT = SUBSEQUENT ANTI-CANCER THERAPY"],
    }


def test_every_field_that_is_copied_recoded_or_dated_into_sdtm_is_annotated_with_it(
    study: Study, annotated: dict[str, Annotated]
) -> None:
    """Read from the mapping files' own text, not from the steps."""
    missing = []
    for name, mapping in study.mappings.items():
        spec = study.datasets[name]
        for block in mapping.records if spec.layer == "sdtm" else ():
            for variable, rule in {**mapping.variables, **block.variables}.items():
                field = (
                    rule.copy_
                    or rule.date
                    or (rule.of if rule.codelist and isinstance(rule.of, str) else None)
                )
                if field and isinstance(block.from_, str) and "." not in field and variable in spec.variables:
                    result = variable == f"{name}STRESC"  # stands with the result as collected
                    shown = annotated[block.from_].fields[field]
                    if not result and not any(
                        n.domain == name and variable in re.split(r"\W+", n.text) for n in shown
                    ):
                        missing.append(f"{block.from_}.{field} {name}.{variable}")
    assert missing == []


def test_each_domain_has_a_colour_of_its_own_and_a_form_no_two_that_are_alike(study: Study) -> None:
    annotations = Annotations(study, plan(study))
    colours = acrf._colours(annotations.together)
    assert len({c.hexval() for c in colours.values()}) == len(colours)
    for domain, others in annotations.together.items():
        for other in others:
            a, b = colours[domain], colours[other]
            assert max(abs(a.red - b.red), abs(a.green - b.green), abs(a.blue - b.blue)) > 0.12, (
                domain,
                other,
            )


# --- bookmarks
def test_bookmarks_lead_to_forms_by_visit_and_by_form(tmp_path: Path) -> None:
    assert outline(drawn(small.study(tmp_path, SCHEDULE), tmp_path)) == [
        ("Contents", 1, []),
        ("How to read the annotations", 2, []),
        (
            "Visits",
            5,
            [
                ("VISIT 1", 5, [("Person", 5, [])]),
                ("Running records", 3, [("Diary", 3, []), ("Event", 4, [])]),
            ],
        ),
        ("Forms", 3, [("Diary", 3, []), ("Event", 4, []), ("Person", 5, [])]),
    ]


def test_a_study_without_a_schedule_has_bookmarks_by_form_alone(tmp_path: Path) -> None:
    assert [title for title, _, _ in outline(drawn(small.study(tmp_path), tmp_path))][2:] == ["Forms"]


def test_the_schedule_names_the_visits_at_which_the_drop_has_each_form(study: Study) -> None:
    series = [v.name for v in study.visits if v.series]
    planned = {(f, v) for entry in study.protocol.schedule for f in entry.forms for v in entry.visits}
    running = set(study.forms) - {f for f, _ in planned}
    for form in study.forms:
        with (DROP / f"{form}.csv").open(encoding="utf-8") as file:
            visits = {" ".join(r["FOLDER"].upper().split()) for r in csv.DictReader(file)}
        named = {next((s for s in series if v.startswith(s)), v) for v in visits}
        assert named == {"RUNNING RECORDS"} if form in running else {(form, v) for v in named} <= planned, (
            form
        )


def test_a_schedule_of_an_unknown_form_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError,
        match=r"specs/study\.yaml:\d+:\d+: persn is not a form of the study; did you mean person\?",
    ):
        small.study(tmp_path, (SCHEDULE[0], SCHEDULE[1], SCHEDULE[2].replace("[person]", "[persn]")))


# --- the file
def test_the_same_contracts_give_the_same_bytes_whatever_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small.study(tmp_path)
    acrf.write(study, plan(study), tmp_path / "one.pdf")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    acrf.write(study, plan(study), tmp_path / "two.pdf")
    monkeypatch.undo()
    time.tzset()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert b"D:20200203040506+00'00'" in (tmp_path / "one.pdf").read_bytes().replace(b"\\", b"")


def test_chinese_is_embedded_and_can_be_searched(tmp_path: Path) -> None:
    reader = drawn(small.study(tmp_path, (EVENT, '"Where?"', '"病灶部位"')), tmp_path)
    assert "病灶部位" in words(reader.pages[3])
    fonts = [f.get_object() for f in reader.pages[3]["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts
    assert all("/FontFile2" in f["/FontDescriptor"] for f in fonts)


def test_a_long_form_is_set_in_a_smaller_font_and_stays_on_its_page(tmp_path: Path) -> None:
    more = "".join(f'  F{i}: {{question: "Question {i}", type: text}}\n' for i in range(40))
    reader = drawn(small.study(tmp_path, (EVENT, "fields:\n", "fields:\n" + more)), tmp_path)
    assert len(reader.pages) == 5
    text = words(reader.pages[3])
    assert "Question 0 F0" in text
    assert "Question 39 F39" in text


def test_a_form_that_cannot_fit_is_refused(tmp_path: Path) -> None:
    more = "".join(f'  F{i}: {{question: "Question {i}", type: text}}\n' for i in range(120))
    study = small.study(tmp_path, (EVENT, "fields:\n", "fields:\n" + more))
    with pytest.raises(SpecError, match=r"specs/raw/event\.yaml: the form does not fit on one page"):
        acrf.write(study, plan(study), tmp_path / "acrf.pdf")
    assert not (tmp_path / "acrf.pdf").exists()


def test_a_character_without_a_glyph_is_refused(tmp_path: Path) -> None:
    study = small.study(tmp_path, (EVENT, '"Where?"', '"Where? \U0001f9e0"'))
    with pytest.raises(SpecError, match=r"U\+1F9E0 has no glyph in the fonts of the package's PDF files"):
        acrf.write(study, plan(study), tmp_path / "acrf.pdf")
