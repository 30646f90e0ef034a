"""CM: concomitant medication and the drugs of earlier and subsequent anticancer therapy, told apart by
category.
"""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.terms import drugs_of_combination
from tests.support.tables import shown, text
from tests.support.tabulated_sample import rows, tabulated


def test_the_drugs_of_three_forms_are_told_apart_by_category() -> None:
    assert tabulated()["CM"]["CMCAT"].value_counts().to_dict() == {
        "CONCOMITANT MEDICATION": 58,
        "PRIOR ANTI-CANCER THERAPY": 64,
        "SUBSEQUENT ANTI-CANCER THERAPY": 17,
    }


def test_a_medication_has_its_standard_name_class_dose_frequency_and_route() -> None:
    given = "CMTRT CMDECOD CMCLAS CMCLASCD CMINDC CMDOSE CMDOSU CMDOSFRQ CMROUTE CMSTDTC CMENDTC"
    assert rows("CM", given, USUBJID="FD-001", CMSPID="CM-FD-001-5", CMCAT="CONCOMITANT MEDICATION") == [
        (
            "Loperamide",
            "LOPERAMIDE",
            "Antipropulsives",
            "A07DA",
            "Diarrhoea",
            2,
            "mg",
            "PRN",
            "ORAL",
            "2016-10-14",
            "2016-10-19",
        ),
    ]


def test_a_route_outside_the_list_is_published_in_capitals_as_the_terms_of_the_list_are() -> None:
    assert rows("CM", "CMTRT CMDOSU", CMROUTE="ACUPOINT INJECTION") == [("Thymosin alpha 1", "mg")]


DRUGS = {
    # rule: (as reported, as coded, CMDECOD)
    "one drug": ("Metformin", "METFORMIN", "METFORMIN"),
    "a brand": ("Herceptin", "TRASTUZUMAB", "TRASTUZUMAB"),
    "two drugs, the first one coded": ("Lapatinib and capecitabine", "LAPATINIB", "CAPECITABINE;LAPATINIB"),
    "two drugs, the last one coded": ("Lapatinib and Capecitabine", "CAPECITABINE", "CAPECITABINE;LAPATINIB"),
    "joined by a plus sign": ("vinorelbine+capecitabine", "VINORELBINE", "CAPECITABINE;VINORELBINE"),
    "joined by a slash": ("Codeine/paracetamol", "PARACETAMOL", "CODEINE;PARACETAMOL"),
    "joined by plus": ("Docetaxel plus carboplatin", "DOCETAXEL", "CARBOPLATIN;DOCETAXEL"),
    "three drugs": (
        "Docetaxel, carboplatin and trastuzumab",
        "DOCETAXEL",
        "CARBOPLATIN;DOCETAXEL;TRASTUZUMAB",
    ),
    "a salt of the coded drug": (
        "Doxorubicin hydrochloride and cyclophosphamide",
        "DOXORUBICIN",
        "CYCLOPHOSPHAMIDE;DOXORUBICIN",
    ),
    "already coded as a combination": ("Codeine + paracetamol", "CODEINE;PARACETAMOL", "CODEINE;PARACETAMOL"),
    "a form behind a comma is no drug": ("Ibuprofen, tablet", "IBUPROFEN", "IBUPROFEN"),
    "letters that only look like a joint": ("Mandelic acid", "MANDELIC ACID", "MANDELIC ACID"),
    "a semicolon joins drugs": ("Lapatinib; capecitabine", "LAPATINIB", "CAPECITABINE;LAPATINIB"),
    "so do words": ("Lapatinib in combination with capecitabine", "LAPATINIB", "CAPECITABINE;LAPATINIB"),
    "a dose per weight is no drug": ("Trastuzumab 6 mg/kg", "TRASTUZUMAB", "TRASTUZUMAB"),
    "nor one per day": ("Paracetamol 500 mg/day", "PARACETAMOL", "PARACETAMOL"),
    "nor one every so many hours": ("Paracetamol 500 mg/8 h", "PARACETAMOL", "PARACETAMOL"),
    "nor the strength of each drug": (
        "Amoxicillin/clavulanate 875/125 mg",
        "AMOXICILLIN",
        "AMOXICILLIN;CLAVULANATE",
    ),
    "a drug is named without its strength": (
        "Lapatinib 1250 mg and capecitabine 1,000 mg/m2",
        "LAPATINIB",
        "CAPECITABINE;LAPATINIB",
    ),
    "a number can be of a name": (
        "5-fluorouracil/vitamin B12",
        "5-FLUOROURACIL",
        "5-FLUOROURACIL;VITAMIN B12",
    ),
    "the coded drug is none of those reported": ("Herceptin and docetaxel", "TRASTUZUMAB", "TRASTUZUMAB"),
    "not coded": ("Lapatinib and capecitabine", None, None),
}


@pytest.mark.parametrize(("reported", "coded", "expected"), DRUGS.values(), ids=DRUGS)
def test_a_combination_keeps_all_its_drugs(reported: str, coded: str | None, expected: str | None) -> None:
    assert shown(drugs_of_combination(text(reported), text(coded))) == [expected]


def test_what_goes_on_is_ongoing_at_the_death_and_not_at_the_contact_that_learnt_of_it() -> None:
    ongoing = rows("CM", "CMSTDTC CMENDTC CMENRTPT", USUBJID="FD-029", CMCAT="SUBSEQUENT ANTI-CANCER THERAPY")
    assert ongoing == [("2017-12-12", "2018-03-28", None), ("2018-08-14", None, "ONGOING")]
    assert rows("DM", "DTHDTC RFPENDTC", USUBJID="FD-029") == [("2019-01-14", "2019-03-16")]
    assert rows("CM", "CMENTPT", USUBJID="FD-029", CMSTDTC="2018-08-14") == [("2019-01-14",)]


def test_an_earlier_therapy_keeps_its_partial_dates_and_its_setting() -> None:
    found = rows(
        "CM",
        "CMSEQ CMTRT CMDECOD CMSTDTC CMENDTC CMSTDY",
        USUBJID="FD-034",
        CMCAT="PRIOR ANTI-CANCER THERAPY",
    )
    assert [r[1:] for r in found] == [
        ("Docetaxel", "DOCETAXEL", "2009", "2009", None),
        ("Doxorubicin and cyclophosphamide", "CYCLOPHOSPHAMIDE;DOXORUBICIN", "2009", "2009", None),
        ("Herceptin", "TRASTUZUMAB", "2010-01-15", "2011-01-15", -2624),
    ]
    assert rows("SUPPCM", "QVAL", USUBJID="FD-034", QNAM="CMSETTNG") == [("Adjuvant",)] * 3


def test_a_subsequent_therapy_says_for_what_reason() -> None:
    assert rows("SUPPCM", "QVAL QORIG QEVAL", USUBJID="FD-008", QNAM="CMREAS") == [
        ("Physician decision", "Collected", "INVESTIGATOR")
    ]
