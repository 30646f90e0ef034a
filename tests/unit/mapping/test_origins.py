"""Origin, source and method follow from the verb and the raw contract; no mapping types them (Define-XML 2.1,
def:Origin).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.mapping.origins import Origin, origin
from pipeline.study import Study
from tests.support.small_study import FILES, small_study, steps_of

EX = """\
dataset: EX
records:
{blocks}
variables:
  STUDYID: {{constant: study.id}}
"""
FUNCTIONS = '''\
import pandas as pd


def in_words(mg: pd.Series, table: tuple) -> pd.Series:
    """The dose in words.

    Two lines.

    Takes     mg.
    """
    return mg


def in_hours(mg: pd.Series, per_day: float, most: float) -> pd.Series:
    """Hours."""
    return mg


def total(doses: pd.DataFrame) -> pd.DataFrame:
    """The sum of all doses.

    Takes     doses.
    """
    return doses
'''


def of(root: Path, *blocks: tuple[str, str]) -> Origin | None:
    """The origin of EX.EXTRT where each block takes its records from a form and maps it by a rule."""
    text = "\n".join(f"  - from: {form}\n    variables:\n      EXTRT: {rule}" for form, rule in blocks)
    dm = FILES["mappings/sdtm/dm.yaml"].replace(
        "  RFSTDTC: {derive: first_dose, of: {usubjid: USUBJID, doses: [EX.EXSTDTC]}}\n", ""
    )
    adsl = FILES["mappings/adam/adsl.yaml"].replace(
        "  TRTSDT:  {derive: whole_day, of: {date: DM.RFSTDTC}}\n", ""
    )
    changed = {
        "mappings/sdtm/ex.yaml": EX.format(blocks=text),
        "mappings/sdtm/ex.py": FUNCTIONS,
        "mappings/sdtm/dm.yaml": dm,
        "mappings/adam/adsl.yaml": adsl,
    }
    return origin_of(small_study(root, changed), "EX", "EXTRT")


def origin_of(study: Study, dataset: str, variable: str) -> Origin | None:
    plan = steps_of(study)
    return origin(study, plan.by_node[dataset, variable], plan.by_node[dataset, ""])


ONE = {
    # rule: (form, line of the mapping, origin)
    "a field of the investigator": ("dose", "{copy: MG}", Origin("Collected", "Investigator", ("dose",))),
    "a field of a vendor": ("lab", "{copy: VALUE}", Origin("Collected", "Vendor", ("lab",))),
    "a collected date": ("dose", "{date: DAY}", Origin("Collected", "Investigator", ("dose",))),
    "a field recoded by a codelist": (
        "enrol",
        "{codelist: SEX, of: GENDER}",
        Origin("Collected", "Investigator", ("enrol",)),
    ),
    "coded by a dictionary": ("dose", "{copy: PRODUCT}", Origin("Assigned", "Sponsor")),
    "assigned by a vendor": ("lab", "{copy: BATCH}", Origin("Assigned", "Vendor")),
    "assigned by the sponsor, on a vendor's form too": (
        "lab",
        "{copy: SUBJECT}",
        Origin("Assigned", "Sponsor"),
    ),
    "a constant": ("dose", "{constant: TRASTUZUMAB}", Origin("Assigned", "Sponsor")),
    "a constant of the protocol": ("dose", "{constant: study.id}", Origin("Protocol", "Sponsor")),
    "a variable of another domain": (
        "dose",
        "{copy: DM.SEX}",
        Origin("Derived", "Sponsor", method="The value of DM.SEX."),
    ),
    "another domain's, recoded": (
        "dose",
        "{codelist: SEX, of: DM.SEX}",
        Origin("Derived", "Sponsor", method="The value of DM.SEX."),
    ),
    "derived: the docstring up to what it takes, and the inputs of this use": (
        "dose",
        "{derive: in_words, of: {mg: MG, table: specs.arms}}",
        Origin(
            "Derived",
            "Sponsor",
            method='The dose in words. Two lines. Inputs: mg = "Milligrams" of Doses (annotated CRF, page 3);'
            " table = A (Active), in this order.",
        ),
    ),
    "derived with a parameter of the study: its value, and its name where the function calls it otherwise": (
        "dose",
        "{derive: in_hours, of: {mg: MG, per_day: specs.parameters.per_day, most: specs.parameters.per_day}}",
        Origin(
            "Derived",
            "Sponsor",
            method='Hours. Inputs: mg = "Milligrams" of Doses (annotated CRF, page 3); per_day = 24 hours;'
            " most = 24 hours (per_day).",
        ),
    ),
    "a field of a record that a function made": (
        "{derive: total, of: {doses: [dose.MG, dose.DAY]}}",
        "{copy: SUM}",
        Origin(
            "Derived",
            "Sponsor",
            method='The sum of all doses. Inputs: doses = "Milligrams", "Date" of Doses'
            " (annotated CRF, page 3).",
        ),
    ),
    "a field of the raw record that a function picked": (
        "{derive: total, of: {doses: [dose.MG]}}",
        "{copy: dose.MG}",
        Origin("Collected", "Investigator", ("dose",)),
    ),
}


@pytest.mark.parametrize(("form", "rule", "expected"), ONE.values(), ids=ONE)
def test_origin_of_one_block(tmp_path: Path, form: str, rule: str, expected: Origin) -> None:
    assert of(tmp_path, (form, rule)) == expected


SEVERAL = {
    # rule: (blocks, origin; None: they differ from record to record and are given at value level)
    "the same from two forms": (
        [("dose", "{copy: MG}"), ("enrol", "{copy: GENDER}")],
        Origin("Collected", "Investigator", ("dose", "enrol")),
    ),
    "from the investigator and a vendor": ([("dose", "{copy: MG}"), ("lab", "{copy: VALUE}")], None),
    "collected and derived": ([("dose", "{copy: MG}"), ("dose", "{copy: DM.SEX}")], None),
    "constants": ([("dose", "{constant: A}"), ("lab", "{constant: B}")], Origin("Assigned", "Sponsor")),
    "all the sponsor's own work": (
        [("dose", "{copy: DM.SEX}"), ("lab", "{constant: B}")],
        Origin(
            "Derived",
            "Sponsor",
            method="The value of DM.SEX.\nB for records from Laboratory (annotated CRF, page 5).",
        ),
    ),
    "an algorithm that several inputs share is told once, with each of them": (
        [
            ("dose", "{derive: in_words, of: {mg: MG, table: specs.arms}}"),
            ("dose", "{copy: DM.SEX}"),
            ("lab", "{derive: in_words, of: {mg: VALUE, table: specs.arms}}"),
        ],
        Origin(
            "Derived",
            "Sponsor",
            method='The dose in words. Two lines. Inputs: mg = "Milligrams" of Doses (annotated CRF, page 3);'
            ' table = A (Active), in this order.\nOr with inputs: mg = "Value" of Laboratory (annotated CRF,'
            " page 5); table = A (Active), in this order.\nThe value of DM.SEX.",
        ),
    ),
    "a method that two blocks share is given once": (
        [("dose", "{copy: DM.SEX}"), ("lab", "{copy: DM.SEX}")],
        Origin("Derived", "Sponsor", method="The value of DM.SEX."),
    ),
}


@pytest.mark.parametrize(("blocks", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_origin_of_several_blocks(
    tmp_path: Path, blocks: list[tuple[str, str]], expected: Origin | None
) -> None:
    assert of(tmp_path, *blocks) == expected


def test_in_adam_a_copy_names_its_predecessor_and_a_recoding_is_assigned(tmp_path: Path) -> None:
    study = small_study(tmp_path)
    assert origin_of(study, "ADSL", "SEX") == Origin("Predecessor", description="DM.SEX")
    assert origin_of(study, "ADSL", "SEXN") == Origin("Assigned", "Sponsor", method="The value of DM.SEX.")
    assert origin_of(study, "ADSL", "TRTSDT") == Origin(
        "Derived", "Sponsor", method="The day of a complete date. Inputs: date = DM.RFSTDTC."
    )


def test_the_method_of_a_library_function_gives_the_inputs_of_each_use(study: Study) -> None:
    study_day = origin_of(study, "AE", "AESTDY")
    assert study_day is not None
    assert (study_day.type, study_day.source) == ("Derived", "Sponsor")
    assert study_day.method.startswith(
        "Day of the study, where the reference date is day 1 and the day before it is day -1;"
    )
    assert study_day.method.endswith("Inputs: date = AE.AESTDTC; reference = DM.RFSTDTC.")
