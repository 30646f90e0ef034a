"""What define.xml could not describe is told by lint, without any data."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lint import lint
from tests.support import minimal

BLOCKS = """\
dataset: CE
records:
  - from: ae_raw
    where: {IT.AESER: Yes}
    variables: {CEPRESP: {copy: IT.AESER}}
  - from: ae_raw
    where: else
    variables: {CEPRESP: {constant: "Y"}}
variables:
  CETERM:  {copy: IT.AETERM}
  CESTDTC: {date: IT.AESTDAT}
"""
SPEC = "dataset: CE\nvariables: [STUDYID, DOMAIN, USUBJID, CESEQ, CETERM, CEPRESP, CESTDTC]\n"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (SPEC, "CE.CEPRESP has origins that differ from record to record; say by which variables"),
        (SPEC.replace("CEPRESP", "CEPRESP: {by: [CETERM]}"), ""),
        ("", ""),  # by rule 1 a variable is told apart by the topic of its dataset
    ],
    ids=["by nothing", "by a variable", "without a spec"],
)
def test_a_variable_that_is_collected_and_set_needs_what_tells_them_apart(
    tmp_path: Path, spec: str, told: str
) -> None:
    files = {"mappings/sdtm/ce.yaml": BLOCKS} | ({"specs/sdtm/ce.yaml": spec} if spec else {})
    faults = [fault.partition("/specs/sdtm/ce.yaml:")[2] for fault in lint(minimal.folder(tmp_path, files))]
    assert [bool(told) and told in fault for fault in faults] == [True] * bool(told)
