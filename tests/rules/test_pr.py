"""PR: imaging asked for at each assessment, done or not, and the surgery and radiotherapy of earlier and
subsequent anticancer therapy.
"""

from __future__ import annotations

from pipeline.derivations.sdtm.terms import term_of_spelling
from pipeline.study.models import Codelist, Term
from tests.support.tables import shown, text
from tests.support.tabulated_sample import rows, tabulated

PROCEDURES = Codelist(
    name="Procedure", terms={"CT SCAN": Term(collected=("Contrast enhanced CT scan",)), "MRI": Term()}
)


def test_a_procedure_has_the_term_that_has_it_as_a_spelling_or_none() -> None:
    found = term_of_spelling(
        text("ct scan", "CONTRAST ENHANCED CT SCAN", "MRI", "Ultrasound", None), PROCEDURES
    )
    assert shown(found) == ["CT SCAN", "CT SCAN", "MRI", None, None]


def test_imaging_and_therapies_are_told_apart_by_category() -> None:
    assert tabulated()["PR"].groupby(["PRCAT", "PRSCAT"], dropna=False).size().tolist() == [507, 19, 30, 3]


def test_an_image_that_was_made_says_where_when_how_and_which() -> None:
    given = "PRTRT PRDECOD PRPRESP PROCCUR PRLOC PRREFID VISITNUM VISIT PRSTDTC PRSTDY EPOCH"
    image = {"USUBJID": "FD-001", "PRREFID": "IMG-20160819-02"}
    assert rows("PR", given, **image) == [
        (
            "TUMOR IMAGING",
            "CT SCAN",
            "Y",
            "Y",
            "ABDOMINAL CAVITY",
            "IMG-20160819-02",
            7,
            "WEEK 6",
            "2016-08-19",
            37,
            "TREATMENT",
        ),
    ]
    number = rows("PR", "PRSEQ", **image)[0][0]
    assert rows("SUPPPR", "QNAM QVAL", USUBJID="FD-001", IDVARVAL=f"{number:.0f}") == [
        ("PRIMETH", "CONTRAST ENHANCED CT SCAN")
    ]


def test_an_image_that_was_not_made_says_why() -> None:
    assert rows("PR", "PRPRESP PRREASOC PRLOC VISIT PRSTDTC PRDECOD", USUBJID="FD-029", PROCCUR="N") == [
        ("Y", "Images of this region could not be read", "ABDOMINAL CAVITY", "WEEK 12", None, None),
    ]
    assert len(rows("PR", "PRSEQ", PROCCUR="N")) == 13


def test_an_earlier_therapy_has_side_and_days_and_belongs_to_no_visit() -> None:
    given = "PRTRT PRDECOD PRSCAT PRPRESP PROCCUR PRLOC PRLAT VISITNUM PRSTDTC PRENDTC"
    assert rows("PR", given, USUBJID="FD-034", PRCAT="PRIOR ANTI-CANCER THERAPY") == [
        (
            "Breast conserving surgery",
            "LUMPECTOMY",
            "SURGERY",
            None,
            None,
            "BREAST",
            "RIGHT",
            None,
            "2009-05-24",
            "2009-05-24",
        ),
        (
            "Radiotherapy of breast",
            "RADIOTHERAPY",
            "RADIOTHERAPY",
            None,
            None,
            "CHEST WALL",
            "RIGHT",
            None,
            "2009-12-04",
            "2010-01-08",
        ),
    ]


def test_a_subsequent_radiotherapy_says_for_what_reason() -> None:
    given = "PRSEQ PRTRT PRSCAT PRLOC PRSTDTC PRENDTC"
    (found,) = rows("PR", given, USUBJID="FD-006", PRCAT="SUBSEQUENT ANTI-CANCER THERAPY")
    assert found[1:] == (
        "Palliative radiotherapy of bone",
        "RADIOTHERAPY",
        "BONE",
        "2018-01-14",
        "2018-01-28",
    )
    assert rows("SUPPPR", "QNAM QVAL", USUBJID="FD-006", IDVARVAL=f"{found[0]:.0f}") == [
        ("PRREAS", "Progressive disease")
    ]
