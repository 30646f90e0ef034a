"""A SAS file reads as the form would have shown it, or is refused with its name and what to do, and without
what it holds.

No package of this project brings a .sas7bdat file, and nothing free writes one. The tests of real files run
where SAS7BDAT_SAMPLES names the folder test_data/basic of the sources of pyreadstat; what this project does
with the values is tested without.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pandas as pd
import pyreadstat
import pytest

from pipeline.errors import DropError
from pipeline.formats.xpt.layout import Column
from pipeline.formats.xpt.write import write
from pipeline.sources import sas
from tests.support.forms import DATE, SLASHED, a_form, cells, refused

FORM = a_form("SUBJECT", VALUE="number", DAY=DATE, CLOCK="time", MADE="stamp")
SECRET = "Wang Xiulan"
DAMAGED = "it is cut short, damaged, encrypted, in another encoding or of another kind: export it again"
MOMENT = datetime(2016, 8, 2, 9, 5)  # noqa: DTZ001
ROW = {"SUBJECT": SECRET, "VALUE": 6.1, "DAY": date(2016, 8, 2), "CLOCK": time(9, 5), "MADE": MOMENT}
SHOWN = [SECRET, "6.1", "02 AUG 2016", "09:05", "2016-08-02 09:05"]


def written(folder: Path, *rows: dict[str, object], version: Literal[5, 8] = 8) -> Path:
    table = pd.DataFrame({c: pd.Series([r.get(c) for r in rows], dtype=object) for c in FORM.fields})
    pyreadstat.write_xport(table, folder / "ae.xpt", table_name="AE", file_format_version=version)
    return folder / "ae.xpt"


@pytest.mark.parametrize("version", [5, 8])
def test_texts_numbers_days_times_and_moments_read_in_the_contract_s_formats(
    tmp_path: Path, version: Literal[5, 8]
) -> None:
    missing: dict[str, object] = {"SUBJECT": ""}
    frame = sas.read_xpt(written(tmp_path, ROW, missing, ROW, version=version), FORM)
    assert {str(t) for t in frame.dtypes} == {"str"}
    assert cells(frame) == [SHOWN, [None] * 5, SHOWN]


def test_a_file_of_this_project_s_own_writer_is_read(tmp_path: Path) -> None:
    columns = [
        Column("SUBJECT", "Subject", 20, True),
        Column("VALUE", "Value", 8, False),
        Column("DAY", "Day", 8, False, "DATE9."),
    ]
    frame = pd.DataFrame(
        {
            "SUBJECT": pd.Series([SECRET, None], dtype="str"),
            "VALUE": [6.1, 1e-5],
            "DAY": pd.Series(["2016-08-02", None], dtype="datetime64[s]"),
        }
    )
    write(tmp_path / "ae.xpt", "AE", "Adverse Events", columns, [frame], MOMENT)
    form = a_form("SUBJECT", VALUE="number", DAY=SLASHED)
    assert cells(sas.read_xpt(tmp_path / "ae.xpt", form)) == [
        [SECRET, "6.1", "2016/8/2"],
        [None, "0.00001", None],
    ]


def test_upper_and_lower_case_of_a_name_mean_the_same_and_a_short_name_is_declared(tmp_path: Path) -> None:
    table = pd.DataFrame({"subject": ["01"], "Earlier": ["02"]})
    pyreadstat.write_xport(table, tmp_path / "ae.xpt", table_name="AE", file_format_version=5)
    form = a_form("SUBJECT", "EARLIER_SUBJECT", file={"columns": {"EARLIER_SUBJECT": "EARLIER"}})
    assert cells(sas.read_xpt(tmp_path / "ae.xpt", form)) == [["01", "02"]]


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", "UTF-8"), ("gb18030", "GB18030")])
def test_text_is_read_in_the_encoding_that_the_contract_declares(
    tmp_path: Path, encoding: str, declared: str
) -> None:
    name = "王秀兰"
    pyreadstat.write_xport(
        pd.DataFrame({"SUBJECT": ["#" * 9]}), tmp_path / "ae.xpt", table_name="AE", file_format_version=5
    )
    content = (tmp_path / "ae.xpt").read_bytes().replace(b"#" * 9, name.encode(encoding).ljust(9))
    (tmp_path / "ae.xpt").write_bytes(content)
    assert cells(sas.read_xpt(tmp_path / "ae.xpt", a_form("SUBJECT", file={"encoding": declared}))) == [
        [name]
    ]


def test_text_in_another_encoding_than_declared_is_refused(tmp_path: Path) -> None:
    pyreadstat.write_xport(
        pd.DataFrame({"SUBJECT": ["#" * 6]}), tmp_path / "ae.xpt", table_name="AE", file_format_version=5
    )
    content = (tmp_path / "ae.xpt").read_bytes().replace(b"#" * 6, "王秀兰".encode("gb18030"))
    (tmp_path / "ae.xpt").write_bytes(content)
    with refused(f"ae.xpt: not a whole SAS file in UTF-8; {DAMAGED}"):
        sas.read_xpt(tmp_path / "ae.xpt", a_form("SUBJECT"))


def test_a_special_missing_value_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, ROW, {"SUBJECT": "01"})
    content = path.read_bytes()
    assert content.count(b"\x2e" + bytes(7)) >= 4
    path.write_bytes(content.replace(b"\x2e" + bytes(7), b"\x41" + bytes(7)))
    assert cells(sas.read_xpt(path, FORM))[1] == ["01", None, None, None, None]


CUT = "ae.xpt: not a whole SAS transport file; it is cut short or of another kind: export it again"
REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda _: b"", CUT),
    "a cut record": (lambda b: b[:-1], CUT),
    "a CSV file under the name": (lambda _: f"SUBJECT,VALUE\n{SECRET},1\n".encode(), CUT),
    "another 80 bytes": (lambda _: b"x" * 80, CUT),
    "a cut last record": (
        lambda b: b[:-80],
        "ae.xpt: holds 1 of the 3 records that it announces; it is cut short: export it again",
    ),
    "two datasets": (
        lambda b: b + b[240:],
        "ae.xpt: holds 2 datasets, expected one; export one file per form",
    ),
    "a library without a dataset": (
        lambda b: b[:240],
        "ae.xpt: holds 0 datasets, expected one; export one file per form",
    ),
    "a cut head": (
        lambda b: b[:800],
        f"ae.xpt: not a whole SAS file in UTF-8; {DAMAGED}",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_whole_transport_file_of_one_dataset_is_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], expected: str
) -> None:
    path = written(tmp_path, ROW, ROW, ROW)
    path.write_bytes(spoil(path.read_bytes()))
    with refused(expected, SECRET):
        sas.read_xpt(path, FORM)


def test_no_damaged_byte_ends_in_anything_but_a_frame_or_a_refusal(
    tmp_path: Path, seed: int, prove: bool
) -> None:
    drawn = random.Random(seed)
    whole = written(tmp_path, ROW, ROW).read_bytes()
    for _ in range(2000 if prove else 100):
        content = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            content[drawn.randrange(len(content))] = drawn.randrange(256)
        (tmp_path / "ae.xpt").write_bytes(content)
        try:
            sas.read_xpt(tmp_path / "ae.xpt", FORM)
        except DropError as e:
            assert SECRET not in str(e)


def test_a_wrong_column_and_a_value_of_no_text_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, ROW)
    with refused(
        "ae.xpt: column MADE is not in the contract; add it to specs/raw so that it is not lost in silence"
    ):
        sas.read_xpt(path, a_form("SUBJECT", VALUE="number", DAY=DATE, CLOCK="time"))
    with refused(
        "ae.xpt, record 1: column DAY holds a date where the contract says text; export the column as text"
    ):
        sas.read_xpt(path, a_form("SUBJECT", "DAY", VALUE="number", CLOCK="time", MADE="stamp"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name, read in (("ae.xpt", sas.read_xpt), ("ae.sas7bdat", sas.read_sas7bdat)):
        with refused(
            f"{name}: cannot be read (No such file or directory); check that the file may be opened"
        ):
            read(tmp_path / name, FORM)


# --- datasets
def given(
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
    values: dict[str, list[object]],
    formats: dict[str, str | None],
) -> Path:
    """A dataset of which the library reads this."""
    path.write_bytes(b"x")
    monkeypatch.setattr(
        pyreadstat,
        "read_sas7bdat",
        lambda *_, **__: (values, SimpleNamespace(original_variable_types=formats)),
    )
    return path


def test_the_values_of_a_dataset_read_in_the_contract_s_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values: dict[str, list[object]] = {c.lower(): [ROW[c], None] for c in FORM.fields}
    path = given(monkeypatch, tmp_path / "ae.sas7bdat", values, dict.fromkeys(values))
    assert cells(sas.read_sas7bdat(path, FORM)) == [SHOWN, [None] * 5]


@pytest.mark.parametrize("format_", ["YEAR4", "MMYY7", "MONYY7", "WEEKDATE", "QTR"])
def test_a_format_that_shows_a_part_of_a_day_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    path = given(monkeypatch, tmp_path / "ae.sas7bdat", {"VALUE": [23192.0]}, {"VALUE": format_})
    with refused(
        f"ae.sas7bdat: column VALUE has the format {format_}, which shows a part of a day; export it as text"
    ):
        sas.read_sas7bdat(path, a_form(VALUE="number"))


@pytest.mark.parametrize("content", [b"", SECRET.encode(), bytes(5000)])
def test_what_is_no_dataset_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    with refused(
        f"ae.sas7bdat: not a whole SAS file; {DAMAGED}",
        SECRET,
    ):
        sas.read_sas7bdat(tmp_path / "ae.sas7bdat", FORM)


@pytest.fixture
def samples() -> Path:
    folder = os.environ.get("SAS7BDAT_SAMPLES")
    if not folder:
        pytest.skip(
            "no package ships a .sas7bdat; SAS7BDAT_SAMPLES may name test_data/basic of the sources of"
            " pyreadstat"
        )
    return Path(folder)


@pytest.mark.parametrize("name", ["sample", "sample_bincompressed"])
def test_a_dataset_that_sas_wrote_is_read(samples: Path, name: str) -> None:
    form = a_form(
        "MYCHAR", MYNUM="number", MYDATE=DATE, DTIME="stamp", MYLABL="number", MYORD="integer", MYTIME="time"
    )
    assert cells(sas.read_sas7bdat(samples / f"{name}.sas7bdat", form))[:2] == [
        ["a", "1.1", "06 MAY 2018", "2018-05-06 10:10:10", "1", "1", "10:10:10"],
        ["b", "1.2", "06 MAY 1880", "1880-05-06 10:10:10", "2", "2", "23:10:10"],
    ]


def test_a_dataset_cut_short_is_refused(samples: Path, tmp_path: Path) -> None:
    whole = (samples / "sample.sas7bdat").read_bytes()
    form = a_form(
        "MYCHAR", MYNUM="number", MYDATE=DATE, DTIME="stamp", MYLABL="number", MYORD="integer", MYTIME="time"
    )
    for length in range(0, len(whole), 8191):
        (tmp_path / "ae.sas7bdat").write_bytes(whole[:length])
        with pytest.raises(DropError):
            sas.read_sas7bdat(tmp_path / "ae.sas7bdat", form)
