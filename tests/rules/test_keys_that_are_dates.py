"""A key of an analysis dataset may be a date: the record is published, explained and compared by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from pipeline import Study, build
from pipeline.cli import app
from tests.support import minimal


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The builds of the minimal study, with the day of consent among the keys of ADSL."""
    folder = tmp_path_factory.mktemp("dates")
    keys = "keys: [STUDYID, CONSDT, USUBJID]\n"
    spec = f"dataset: ADSL\n{keys}variables: {{CONSDT: {{label: Consent, type: date}}}}\n"
    variables = "variables:\n  CONSDT:  {derive: calendar_day, of: {date: DM.RFICDTC}}\n"
    study = minimal.folder(folder, {"specs/adam/adsl.yaml": spec}, {"adsl": ("variables:\n", variables)})
    outcome = build(Study.load(study), minimal.EXAMPLE / "drop", folder / "out", ("fda",))
    assert not outcome.refused, outcome.findings.to_string()
    return folder / "out"


def test_the_identity_of_each_record_has_the_date(out: Path) -> None:
    records = parquet.read_table(out / "lineage" / "records" / "adsl.parquet").to_pylist()
    first = min(records, key=lambda record: str(record["USUBJID"]))
    assert (first["USUBJID"], str(first["CONSDT"].date())) == ("01-701-1001", "2014-01-06")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("explain", "{out}", "ADSL.AGE", "CONSDT=2014-01-06", "USUBJID=01-701-1001"), "ADSL.AGE = 63"),
        (("review-change", "{out}", "{out}"), ""),
        (("verify", "{out}"), ""),
    ],
    ids=["explain", "review-change", "verify"],
)
def test_every_command_reads_it(out: Path, arguments: tuple[str, ...], expected: str) -> None:
    result = CliRunner().invoke(app, [argument.format(out=out) for argument in arguments])
    assert result.exit_code == 0, result.output
    assert expected in result.output
