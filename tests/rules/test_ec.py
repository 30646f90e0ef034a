"""EC: every planned administration as collected, given or not; EX: the doses received; one link identifier
leads from one to the other.
"""

from __future__ import annotations

from pipeline.derivations.sdtm.identifiers import dose_link
from pipeline.study.models import Visit
from tests.support.tables import shown, text
from tests.support.tabulated_sample import rows, tabulated

VISITS = (Visit(name="CYCLE 1 DAY 1", number=2), Visit(name="UNSCHEDULED", number=900, series=True))


def test_the_link_is_treatment_visit_and_line() -> None:
    treatment = text("TRASTUZUMAB", "NK CELLS", "TRASTUZUMAB", "TRASTUZUMAB")
    folder = text("cycle 1  day 1", "CYCLE 1 DAY 1", "UNSCHEDULED 03", "CYCLE 99 DAY 1")
    found = dose_link(treatment, folder, text("1", "1", "2", "1"), VISITS)
    assert shown(found) == ["TRASTUZUMAB-2-1", "NK CELLS-2-1", "TRASTUZUMAB-903-2", None]


def test_every_administration_is_in_ec_and_the_received_ones_alone_in_ex() -> None:
    counts = {n: tabulated()[n][f"{n}TRT"].value_counts().to_dict() for n in ("EC", "EX")}
    assert counts == {"EC": {"TRASTUZUMAB": 205, "NK CELLS": 61}, "EX": {"TRASTUZUMAB": 202, "NK CELLS": 60}}


def test_a_dose_that_was_not_given_has_its_reason_and_neither_dose_nor_unit_nor_date() -> None:
    found = rows("EC", "ECTRT ECLNKID ECPRESP ECREASOC ECDOSE ECDOSU ECSTDTC", USUBJID="FD-010", ECOCCUR="N")
    assert found == [
        ("NK CELLS", "NK CELLS-5-1", "Y", "Cell product failed release testing", None, None, None),
        (
            "TRASTUZUMAB",
            "TRASTUZUMAB-8-1",
            "Y",
            "Fever of 38.9 C and neutrophils of 1.1 on the planned day",
            None,
            None,
            None,
        ),
    ]


def test_a_dose_given_is_in_the_units_of_the_form_and_in_ex_in_those_of_the_protocol() -> None:
    first = {"USUBJID": "FD-001", "ECLNKID": "TRASTUZUMAB-2-1"}
    assert rows("EC", "ECOCCUR ECDOSE ECDOSU ECSTDTC ECENDTC ECSTDY", **first) == [
        ("Y", 436, "mg", "2016-07-14T10:11", "2016-07-14T11:47", 1),
    ]
    assert rows("EX", "EXDOSU EXSTDTC", USUBJID="FD-001", EXLNKID="TRASTUZUMAB-2-1") == [
        ("mg/kg", "2016-07-14T10:11")
    ]
    assert rows("EC", "ECDOSE ECDOSU ECLOT", USUBJID="FD-001", ECLNKID="NK CELLS-3-1") == [
        (10, "10^9 Therapeutic Cells", "NKB-1607-3939")
    ]


def test_a_reduced_dose_says_why_in_both() -> None:
    why = "Asymptomatic fall of the ejection fraction to 52 %"
    assert rows("EC", "ECLNKID ECDOSE", USUBJID="FD-019", ECADJ=why) == [("TRASTUZUMAB-9-1", 279)]
    assert rows("EX", "EXLNKID", USUBJID="FD-019", EXADJ=why) == [("TRASTUZUMAB-9-1",)]


def test_each_exposure_leads_back_to_exactly_one_administration() -> None:
    exposure = tabulated()["EX"][["USUBJID", "EXLNKID"]].rename(columns={"EXLNKID": "ECLNKID"})
    given = tabulated()["EC"].loc[lambda ec: ec["ECOCCUR"].eq("Y"), ["USUBJID", "ECLNKID"]]
    assert sorted(exposure.itertuples(index=False, name=None)) == sorted(
        given.itertuples(index=False, name=None)
    )
    assert not given.duplicated().any()


def test_planned_dose_infusion_and_visit_are_supplemental() -> None:
    """FD-010: four NK infusions stand before trastuzumab; the fourth infusion and the fourth cycle were not
    given.
    """
    assert rows("SUPPEC", "QNAM QVAL", USUBJID="FD-010", IDVARVAL="4") == [
        ("ECINFNO", "4"),
        ("ECVISIT", "NK 4"),
    ]
    assert rows("SUPPEC", "QNAM QVAL", USUBJID="FD-010", IDVARVAL="12") == [
        ("ECPLDOSE", "6"),
        ("ECVISIT", "CYCLE 4 DAY 1"),
    ]
