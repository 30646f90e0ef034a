"""What a method says of its inputs can be followed in the package: the values of the specifications,
questions by their page of the annotated CRF, variables that a dataset has (Define-XML 2.1, MethodDef).
"""

from __future__ import annotations

import pytest

from pipeline.mapping.origins import Origin, origin
from pipeline.stages import plan_of
from pipeline.study import Study

INPUTS = {
    # rule: (dataset, variable, part of the method)
    "factors of every test and of the tests of the dataset": (
        ("VS", "VSSTRESC"),
        "units = cm to mm x 10, lb to kg x 0.45359237, WEIGHT LB to kg x 0.45359237",
    ),
    "no factor of a test that the dataset does not have": (
        ("CP", "CPSTRESC"),
        "units = cm to mm x 10, lb to kg x 0.45359237.",
    ),
    "words of a list that become its terms, as published": (
        ("PR", "PRDECOD"),
        'codelist = the code list Procedure; CT SCAN for "Contrast enhanced CT scan"; LUMPECTOMY for "Breast'
        ' conserving surgery"',
    ),
    "a list whose terms stand in define.xml by its name, where the input is one of them": (
        ("VS", "VSTEST"),
        "Inputs: code = VS.VSTESTCD; codelist = the code list Vital Signs Test Code.",
    ),
    "visits by the dataset that publishes them": (("VS", "VISITDY"), "visits = the visits in TV."),
    "elements by the dataset that publishes them": (("SE", "ELEMENT"), "elements = the elements in TE."),
    "criteria by the dataset that publishes them": (("IE", "IETEST"), "criteria = the criteria in TI."),
    "arms by code and name, in their order": (
        ("ADSL", "TRT01PN"),
        "arms = NKT (Trastuzumab and NK immunotherapy), T (Trastuzumab), in this order",
    ),
    "a field by its question, form and page": (
        ("DM", "ARMCD"),
        'randomized = "Arm code" of Randomization list export (annotated CRF, page 21).',
    ),
    "several fields of one form together": (
        ("EX", "EXDOSE"),
        'weights = "Date of measurement", "Weight", "Unit of weight" of Vital signs (annotated CRF, page 27)',
    ),
    "a field of a record that a function made by the field that the function read": (
        ("TR", "VISITNUM"),
        'visit = "Visit, as typed" of Imaging (annotated CRF, page 13)',
    ),
    "a supplemental qualifier by the dataset that holds it": (
        ("ADTA", ""),
        "identified = TU.TULNKID, TU.TULOC, TU.TUMETHOD, TUNODE in SUPPTU",
    ),
    "a time-to-event parameter with its events, its convention and the cut-off": (
        ("ADTTE", ""),
        "parameter = PFS; events = PROGRESSIVE DISEASE at ADRS.ADT where PARAMCD is PD and AVALC is Y; DEATH"
        " at ADSL.DTHDT where DTHFL is Y; convention = A:",
    ),
    "its censorings": (
        ("ADTTE", ""),
        "parameter = OS; events = DEATH at ADSL.DTHDT where DTHFL is Y; censorings = ALIVE AT LAST CONTACT at"
        " ADSL.LSTALVDT",
    ),
}


@pytest.mark.parametrize(("place", "expected"), INPUTS.values(), ids=INPUTS)
def test_an_input_is_told_by_what_the_package_shows(
    study: Study, place: tuple[str, str], expected: str
) -> None:
    assert expected in "\n".join(methods(study, *place))


def test_the_safety_flag_says_who_has_it(study: Study) -> None:
    (text,) = methods(study, "ADSL", "SAFFL")
    assert text.startswith("Y for a participant who received at least one dose of any study treatment")
    assert "Y where the date is known" not in text


def test_constants_of_an_analysis_dataset_lead_to_the_records_that_have_them(study: Study) -> None:
    assert whole(study, "ADTR", "SRCDOM") == Origin(
        "Assigned",
        "Sponsor",
        description="TR for records from TR (TR.TRSEQ); ADTA for records from ADTA (ADTA.ASEQ)",
    )


def whole(study: Study, dataset: str, variable: str) -> Origin | None:
    plan = plan_of(study)
    return origin(study, plan.by_node[dataset, variable], plan.by_node[dataset, ""])


def methods(study: Study, dataset: str, variable: str) -> list[str]:
    """The methods of a variable, or of what makes the records, block by block."""
    plan = plan_of(study)
    rows = plan.by_node[dataset, ""]
    if not variable:
        derived = [row for row in rows if callable(row.what)]
        copied = next(v for d, v in plan.by_node if d == dataset and v in ("ADT", "PARAMCD"))
        texts = [origin(study, [s], derived) for s in plan.by_node[dataset, copied]]
        return [o.method for o in texts if o]
    return [o.method for s in plan.by_node[dataset, variable] if (o := origin(study, [s], rows))]
