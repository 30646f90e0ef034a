"""A display of a few participants, from tables typed in a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from pypdf import PdfReader

from pipeline.displays import make
from pipeline.displays.content import Content, Table
from pipeline.study import Study
from pipeline.study.displays import Displays

NK, T = "Trastuzumab and NK immunotherapy", "Trastuzumab"
BOTH = f"{NK} versus {T}"
Frames = Mapping[str, pd.DataFrame]


def participants(**arms: str) -> pd.DataFrame:
    """ADSL of participants by name, all randomized and treated for 100 days."""
    names = list(arms)
    flags = {"ITTFL": "Y", "SAFFL": "Y", "TRTDURD": 100.0}
    return pd.DataFrame({"USUBJID": names, "TRT01P": [*arms.values()], **flags}).astype({"TRT01P": "str"})


def records(heads: str, *rows: Sequence[Any]) -> pd.DataFrame:
    """A dataset from the names of its variables and its records."""
    return pd.DataFrame(rows, columns=heads.split())


def study_with(study: Study, *rows: Mapping[str, Any], total: bool = True, **display: Any) -> Study:
    """The study with one table, which has these rows."""
    told = {
        "populations": {"all": {"title": "All Randomized Participants", "where": {"ITTFL": "Y"}}},
        "columns": {"planned": {"variable": "TRT01P", "control": T, "total": total}},
        "displays": [
            {"number": "14.9.9", "title": "A Table", "population": "all", "columns": "planned", "rows": rows}
            | display
        ],
    }
    return replace(study, displays=Displays.model_validate(told))


def made(study: Study, frames: Frames) -> Content:
    """The one display of a study."""
    [content] = make.displays(study, lambda dataset, names: frames[dataset][list(names)])
    return content


def shown(
    study: Study, frames: Frames, *rows: Mapping[str, Any], total: bool = True
) -> list[tuple[str, ...]]:
    """Label and texts of each line; an indented label after two dots a step."""
    table = made(study_with(study, *rows, total=total), frames)
    assert isinstance(table, Table)
    return [
        (
            ".." * line.indent + line.label,
            *(line.cells[c].text if c in line.cells else "" for c in table.columns),
        )
        for line in table.lines
    ]


def destinations(path: Path) -> set[str]:
    """The places of a document to which another may refer."""
    return {name.removeprefix("/") for name in PdfReader(path).named_destinations}
