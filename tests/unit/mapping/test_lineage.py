"""Lineage: the raw fields behind each variable and each dataset's set of records, through all datasets, read
from the mapping alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.mapping.lineage import lineage
from pipeline.study import Study
from tests.support.small_study import FILES, small_study, steps_of


def behind(root: Path, changed: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The fields behind each node, as text: `dose.DAY` is that of the cell's own record, `dose.DAY*` that of
    any record of the subject.
    """
    fields_of_node = lineage(steps_of(small_study(root, changed)))
    return {
        ".".join(node): sorted(f"{i.frame}.{i.column}{'' if i.own else '*'}" for i in fields)
        for node, fields in fields_of_node.items()
    }


EXPECTED = {
    # node: the fields behind it; "EX." is the set of the dataset's records
    "DM.": [],  # every record of the form
    "DM.STUDYID": [],  # a constant
    "DM.SUBJID": ["enrol.SUBJECT"],
    "DM.SEX": ["enrol.GENDER"],
    "DM.BRTHDTC": ["enrol.BIRTH"],
    "DM.RFSTDTC": ["dose.DAY*", "dose.GIVEN*"],  # whoever reads many records also depends on which there are
    "EX.": ["dose.GIVEN"],  # the condition of the block
    "EX.EXTRT": ["dose.PRODUCT"],
    "EX.EXDOSE": ["dose.MG"],
    "EX.EXSTDTC": ["dose.DAY"],
    "EX.EXSEQ": ["dose.DAY*", "dose.GIVEN*"],
    "EX.EXSTDY": ["dose.DAY", "dose.DAY*", "dose.GIVEN*"],  # its own date, and the first of all
    "EX.STUDYID": [],
    "ADSL.": [],  # the records of DM
    "ADSL.STUDYID": [],
    "ADSL.SEX": ["enrol.GENDER"],
    "ADSL.SEXN": ["enrol.GENDER"],
    "ADSL.TRTSDT": ["dose.DAY*", "dose.GIVEN*"],
}


def test_the_fields_behind_each_node(tmp_path: Path) -> None:
    assert behind(tmp_path) == EXPECTED


def test_a_dataset_has_a_record_wherever_its_source_has_one(tmp_path: Path) -> None:
    fields = behind(
        tmp_path,
        {
            "mappings/sdtm/dm.yaml": (
                FILES["mappings/sdtm/dm.yaml"].replace(
                    "from: enrol", "from: enrol\n    where: {GENDER: present}"
                )
            )
        },
    )
    assert fields["DM."] == ["enrol.GENDER"]
    assert fields["ADSL."] == ["enrol.GENDER"]


MADE = """\
dataset: EX
records:
  - from: {derive: total, of: {doses: [dose.MG]}}
    variables:
      EXTRT:  {copy: dose.PRODUCT}
      EXDOSE: {copy: SUM}
variables:
  STUDYID: {constant: study.id}
  EXSTDTC: {date: dose.DAY}
"""
TOTAL = '''\
import pandas as pd


def total(doses: pd.DataFrame) -> pd.DataFrame:
    """The sum."""
    return doses
'''


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("EX.", ["dose.MG*"]),  # which records there are is for the function to say
        ("EX.EXDOSE", ["dose.MG*"]),  # a field of a record that the function made: all that the function read
        ("EX.EXTRT", ["dose.PRODUCT"]),  # a field of the raw record that it picked
        ("DM.RFSTDTC", ["dose.DAY*", "dose.MG*"]),
    ],
)
def test_a_field_of_a_record_that_a_function_made_has_all_that_the_function_read_behind_it(
    tmp_path: Path, node: str, expected: list[str]
) -> None:
    assert behind(tmp_path, {"mappings/sdtm/ex.yaml": MADE, "mappings/sdtm/ex.py": TOTAL})[node] == expected


TWO = """\
dataset: EX
records:
  - from: dose
    variables: {EXTRT: {copy: PRODUCT}, EXDOSE: {copy: MG}, EXSTDTC: {date: DAY}}
  - from: lab
    variables: {EXTRT: {constant: LAB}, EXDOSE: {copy: VALUE}}
variables:
  STUDYID: {constant: study.id}
"""


def test_the_fields_of_all_blocks_are_behind_a_variable(tmp_path: Path) -> None:
    fields = behind(tmp_path, {"mappings/sdtm/ex.yaml": TWO})
    assert fields["EX.EXDOSE"] == ["dose.MG", "lab.VALUE"]
    assert fields["EX.EXTRT"] == ["dose.PRODUCT"]
    assert fields["EX.EXSTDTC"] == ["dose.DAY"]


def test_lineage_of_the_study_ends_in_raw_fields_that_exist(study: Study) -> None:
    known = lineage(steps_of(study))
    assert all(i.column in study.forms[i.frame].fields for fields in known.values() for i in fields)
    behind_date = {(i.frame, i.column) for i in known["ADTTE", "ADT"]}
    assert {
        ("resp", "ASSESS_DATE"),
        ("resp", "OVERALL"),
        ("death", "DEATH_DATE"),
        ("rand", "RAND_DATE"),
        ("surv", "CONTACT_DATE"),
    } <= behind_date
    assert ("ae", "TERM") not in behind_date
