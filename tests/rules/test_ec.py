"""EC: every planned administration as collected, given or not; EX: the doses received; one link identifier
leads from one to the other.
"""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.identifiers import dose_link
from pipeline.derivations.sdtm.visits import visit_number_of_dose
from pipeline.study.models import Visit
from tests.support.tables import records, shown, text
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


def test_one_record_is_one_administration() -> None:
    """SDTMIG 3.4, EX, EXDOSFRQ: the number of administrations within the interval of the record."""
    for name in ("EC", "EX"):
        assert set(tabulated()[name][f"{name}DOSFRQ"]) == {"ONCE"}, name


def test_a_dose_stands_at_its_visit_whether_it_was_given_or_not() -> None:
    assert rows("EC", "ECTRT VISITNUM VISIT VISITDY", USUBJID="FD-010", ECOCCUR="N") == [
        ("NK CELLS", 5, "NK 4", 29),
        ("TRASTUZUMAB", 8, "CYCLE 4 DAY 1", 64),
    ]
    assert rows("EC", "VISITNUM VISIT", USUBJID="FD-001", ECLNKID="TRASTUZUMAB-2-1") == [(2, "CYCLE 1 DAY 1")]


def test_a_dose_refused_at_a_visit_of_which_there_is_no_record_has_no_visit() -> None:
    """FD-017 refused the assigned treatment and never came for it (CDISC rule CG0034: a visit is in SV)."""
    assert rows("EC", "ECOCCUR ECLNKID VISITNUM VISIT VISITDY", USUBJID="FD-017") == [
        ("N", "TRASTUZUMAB-2-1", None, None, None)
    ]


HELD = records(
    "USUBJID SUBJECT FOLDER DONE VISIT_DATE",
    ("treated", "FD-001", "CYCLE 1 DAY 1", "Yes", "2016-08-12"),
)
SV = records("USUBJID VISITNUM", ("treated", 2.0), ("other", 901.0))


@pytest.mark.parametrize(
    ("folder", "given", "number"),
    [
        ("cycle 1 day 1", "Y", 2.0),
        ("CYCLE 1 DAY 1", "N", 2.0),
        ("UNSCHEDULED 01", "N", None),  # the visit of another participant
        ("UNSCHEDULED 01", "Y", 901.0),  # a dose without a visit is a finding, so its visit stays
        ("CYCLE 99 DAY 1", "Y", None),
    ],
)
def test_the_visit_of_a_dose_is_one_of_sv(folder: str, given: str, number: float | None) -> None:
    found = visit_number_of_dose(text("treated"), text("FD-001"), text(folder), text(given), HELD, SV, VISITS)
    assert shown(found) == [number]


def test_planned_dose_and_infusion_are_supplemental() -> None:
    """FD-010: four NK infusions stand before trastuzumab; the fourth infusion and the fourth cycle were not
    given.
    """
    assert rows("SUPPEC", "QNAM QVAL", USUBJID="FD-010", IDVARVAL="4") == [
        ("ECINFNO", "4"),
    ]
    assert rows("SUPPEC", "QNAM QVAL", USUBJID="FD-010", IDVARVAL="12") == [
        ("ECPLDOSE", "6"),
    ]
