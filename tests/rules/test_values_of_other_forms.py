"""A value of another form is read by its name where that form has one record of each participant."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import stages
from pipeline.errors import SpecError
from pipeline.formats.xpt.read import read
from pipeline.workers import Workers
from tests.support.short_study import FILES, STUDY, short_drop, short_study
from tests.support.small_study import steps_of

RAND = "keys: [PATNUM]\ntext: [PATNUM, KIT]\n"
VISITS = "keys: [DAY]\ntext: [PATNUM, KIT]\ndate: {YYYY-MM-DD: [DAY]}\n"
READS = {
    "mappings/sdtm/ex.yaml": FILES["mappings/sdtm/ex.yaml"].replace("{copy: DRUGAD}", "{copy: rand.KIT}")
}


def test_each_participant_has_the_value_of_the_own_record_or_none(tmp_path: Path) -> None:
    aside = {
        "mappings/set_aside.yaml": FILES["mappings/set_aside.yaml"] + "  - {from: rand, reason: read by EX}\n"
    }
    study = short_study(tmp_path / "study", {**READS, **aside, "specs/raw/rand.yaml": RAND})
    drop = short_drop(tmp_path / "drop", {"rand.csv": "PATNUM,KIT\n702-1001,K2\n"})  # 701-1001 has none
    out = tmp_path / "out"
    stages.build(study, tmp_path / "study", drop, out, Workers(), lambda _: None, ())
    ex = read(out / "m5" / "datasets" / "s1" / "tabulations" / "sdtm" / "ex.xpt")
    names = [column.name for column in ex.columns]
    shown = {name: list(ex.values(names.index(name))) for name in ("USUBJID", "EXTRT")}
    assert shown == {"USUBJID": ["01-701-1001", "01-702-1001"], "EXTRT": ["", "K2"]}


@pytest.mark.parametrize(
    ("contract", "study"),
    [(VISITS, STUDY), (RAND.replace("[PATNUM]\nt", "row\nt"), STUDY),
     (RAND, STUDY.replace("number: PATNUM,", "number: PATNUM, earlier: STUDY,"))],
    ids=["a key of its own", "rows that nothing tells apart", "people with two numbers"],
)  # fmt: skip
def test_a_form_that_may_hold_many_is_taken_as_a_list(tmp_path: Path, contract: str, study: str) -> None:
    changed = {**READS, "specs/raw/rand.yaml": contract, "specs/study.yaml": study}
    with pytest.raises(SpecError, match=r"ex.yaml:7:3: rand may hold many records .* \[rand.KIT\]"):
        steps_of(short_study(tmp_path, changed))
