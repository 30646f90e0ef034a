"""Narratives of participants: skeletons of sentences, filled in from the records."""

from __future__ import annotations

import pandas as pd

from pipeline.displays import whole_texts
from pipeline.displays.content import Listed
from pipeline.displays.listings import as_shown
from pipeline.displays.participants import ADSL, PLACE, SUBJECT, Scope
from pipeline.study.displays import Display, Paragraph

HEADS = ("Participant", "About", "Narrative")
NUMBER = "SUBJID"
UNKNOWN = "not known"


def narratives(scope: Scope, display: Display) -> Listed:
    """The paragraphs of each participant whom a narrative is about, one below the other.

    1. It is about the participants with a record of one of the selections, in the order of ADSL.
    2. A paragraph stands for each record that meets its condition, in the order of its dataset.
    3. A value that is missing is told as not known.
    """
    assert display.narrative
    asked = display.narrative
    about = {subject for part in asked.about for subject in scope.records(part.dataset, part.where)[SUBJECT]}
    participants = scope.records(ADSL, {}, [NUMBER])
    told = participants[participants[SUBJECT].isin(about)]
    paragraphs = [_paragraphs(scope, paragraph) for paragraph in asked.paragraphs]
    records: list[tuple[str, ...]] = []
    for subject, number in zip(told[SUBJECT], told[NUMBER], strict=True):
        for paragraph, texts in zip(asked.paragraphs, paragraphs, strict=True):
            records += [(number, paragraph.label, text) for text in texts[texts[SUBJECT].eq(subject)]["text"]]
    return Listed(display, scope.population, HEADS, records)


def _paragraphs(scope: Scope, asked: Paragraph) -> pd.DataFrame:
    """USUBJID and the text of each record."""
    own = [v for v in asked.variables if v in scope.study.datasets[asked.dataset].variables]
    others = [v for v in asked.variables if v not in own]
    records = whole_texts.records(scope, asked.dataset, asked.where, own)
    if others:
        participants = scope.records(ADSL, {}, others)[[SUBJECT, *others]]
        records = records.merge(participants, how="left", on=SUBJECT, validate="many_to_one")
    records = records.sort_values(PLACE)
    values = {name: [text or UNKNOWN for text in as_shown(records[name])] for name in asked.variables}
    texts = [
        asked.text.format(**dict(zip(values, row, strict=True))) for row in zip(*values.values(), strict=True)
    ]
    return pd.DataFrame({SUBJECT: records[SUBJECT].to_numpy(), "text": texts or [asked.text] * len(records)})
