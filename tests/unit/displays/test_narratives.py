"""Narratives: whom they are about, and their paragraphs from the records."""

from __future__ import annotations

from typing import Any

from pipeline.displays.content import Listed
from pipeline.study import Study
from tests.support.displayed import NK, Frames, T, made, participants, records, study_with

PEOPLE = participants(ann=NK, bea=T, cleo=T, dora=T).assign(
    SUBJID=["01", "02", "03", "04"], AGE=[51.0, 42.0, 60.0, 33.0], DTHFL=["Y", "N", "N", "N"]
)
ADAE = records(
    "USUBJID AESEQ AEDECOD AETERM AETERM1 AESER AEOUT",
    ("bea", 1.0, "Cough", "Cough", None, "N", "RECOVERED"),
    ("bea", 2.0, "Pneumonia", "Pneumonia that began", "on Monday", "Y", None),
    ("cleo", 1.0, "Cough", "Cough", None, "N", None),
    ("bea", 3.0, "Sepsis", "Sepsis", None, "Y", "FATAL"),
    ("nobody of the population", 1.0, "Sepsis", "Sepsis", None, "Y", "FATAL"),
)
FRAMES: Frames = {"ADSL": PEOPLE, "ADAE": ADAE}
ASKED: dict[str, Any] = {
    "about": [{"dataset": "ADSL", "where": {"DTHFL": "Y"}}, {"dataset": "ADAE", "where": {"AESER": "Y"}}],
    "paragraphs": [
        {"label": "Participant", "dataset": "ADSL", "text": "Age {AGE}; {TRT01P}."},
        {
            "label": "Serious",
            "dataset": "ADAE",
            "where": {"AESER": "Y"},
            "text": "{AEDECOD} ({AETERM}) at {AGE}: {AEOUT}.",
        },
    ],
}


def told(study: Study, frames: Frames) -> list[tuple[str, ...]]:
    display: dict[str, Any] = {"kind": "narrative", "columns": None, "rows": [], "narrative": ASKED}
    content = made(study_with(study, **display), frames)
    assert isinstance(content, Listed)
    return [tuple(record) for record in content.records]


def test_a_narrative_is_about_whoever_one_of_the_selections_has(study: Study) -> None:
    """Texts are whole, an outcome that is missing is told, and who had no such event has no narrative."""
    assert told(study, FRAMES) == [
        ("01", "Participant", f"Age 51; {NK}."),
        ("02", "Participant", f"Age 42; {T}."),
        ("02", "Serious", "Pneumonia (Pneumonia that began on Monday) at 42: not known."),
        ("02", "Serious", "Sepsis (Sepsis) at 42: FATAL."),
    ]


def test_without_such_a_participant_there_is_no_narrative(study: Study) -> None:
    nobody = {"ADSL": PEOPLE.assign(DTHFL="N"), "ADAE": ADAE.assign(AESER="N")}
    assert told(study, nobody) == []
