"""Whatever happens to the bytes of a drop on its way, it is read or refused: no other error, no hang, no
value in the message.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import DropError
from pipeline.sources import delimited, files
from pipeline.study import Study
from pipeline.study.models import RawFile
from tests.conftest import DROP
from tests.support.damage import damaged
from tests.support.drop_writers import FORMATS

SECRET = "Wang Xiulan"


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_read_or_refused(
    study: Study, tmp_path: Path, name: str, seed: int, prove: bool
) -> None:
    writer, declared = FORMATS[name]
    forms = {
        n: study.forms[n].model_copy(update={"file": RawFile.model_validate(declared(study.forms[n]))})
        for n in ("enrol", "death")
    }
    frames = {n: delimited.read(DROP / f"{n}.csv", study.forms[n]).head(6) for n in forms}
    frames["death"]["CAUSE_TEXT"] = SECRET
    home = tmp_path / "drop"
    home.mkdir()
    two_forms = replace(study, forms=writer(frames, forms, home) or forms)
    whole = {p: p.read_bytes() for p in sorted(home.iterdir())}
    drawn = random.Random(f"{seed} {name}")
    for number in range(150 if prove else 20):
        path = drawn.choice(list(whole))
        path.write_bytes(damaged(whole[path], drawn))
        started = time.process_time()
        try:
            files.read(two_forms, home)
        except DropError as e:
            assert SECRET not in str(e), number
        assert time.process_time() - started < 5, number
        path.write_bytes(whole[path])
