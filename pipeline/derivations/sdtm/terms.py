"""Names that belong to a code, and terms that belong to a collected text."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.mapping.interpret import recode
from pipeline.records.distinct import map_distinct, map_distinct_pairs
from pipeline.standards import countries
from pipeline.study.design import Arm, Criterion, Element
from pipeline.study.models import Codelist

_TUMOUR_TESTS = {
    "LDIAM": "Longest Diameter",
    "LPERP": "Longest Perpendicular",
    "LNSTATE": "Lymph Node State",
    "TUMSTATE": "Tumor State",
    "SUMDIAM": "Sum of Diameter",
    "TRALL": "Tumor/Lesion Results",
}
_TUMOUR_IDENTIFICATIONS = {
    "TUMIDENT": "Tumor Identification",
    "TUSPLIT": "Tumor Split",
    "TUMERGE": "Tumor Merged",
}

# a comma joins drugs only beside one of the others: "Ibuprofen, tablet" is one drug
_NAMES_SEVERAL = re.compile(
    r"\band\b|\bplus\b|\b(?:(?:in )?combination|combined|together) with\b|[+&/;＋；、]", re.IGNORECASE
)
# "500 mg", "875/125 mg", "6 mg/kg", "500 mg/8 h" are of one drug; "5-fluorouracil" and "B12" are names
_NUMBER = r"\d+(?:[.,]\d+)*"
_STRENGTH = re.compile(
    rf"(?<![\w.,-]){_NUMBER}(?:\s*[/+]\s*{_NUMBER})*\s*(?:mg|mcg|[uµμ]g|g|ml|iu|units?|mmol|meq|%)(?!\w)"
    rf"(?:\s*/\s*(?:{_NUMBER}\s*)?(?:kg|m2|m²|ml|l|dose|tablet|d|days?|h|hr|hours?|weeks?)(?!\w))*",
    re.IGNORECASE,
)
_BETWEEN_DRUGS = re.compile(rf"{_NAMES_SEVERAL.pattern}|,", re.IGNORECASE)
_BETWEEN_CODED_DRUGS = ";"


def decoded(code: pd.Series, codelist: Codelist) -> pd.Series:
    """The name that belongs to the code in its code list.

    Takes     submission values; the list, whose terms have decodes.
    Returns   text; missing for a code that the list does not have.
    Source    SDTMIG 3.4, 4.2.1 (--TESTCD and --TEST are one to one).
    """
    names = {value: term.decode for value, term in codelist.terms.items()}
    return map_distinct(code, names.get)


def category_of_disposition(
    term: pd.Series, ended: Codelist, milestones: Codelist, others: Codelist
) -> pd.Series:
    """DISPOSITION EVENT for a term of the list of completion and reasons for non-completion, PROTOCOL
    MILESTONE for one of the list of milestones, OTHER EVENT for one of the list of other events; no term
    stands in two.

    Takes     standardized disposition term; the three lists.
    Returns   term of DSCAT; missing for a term of none of the lists.
    Source    SDTMIG 3.4, 6.2.4 (DS, assumptions on DSCAT and DSDECOD).
    """
    lists = {"DISPOSITION EVENT": ended, "PROTOCOL MILESTONE": milestones, "OTHER EVENT": others}
    category = {value: name for name, codelist in lists.items() for value in codelist.terms}
    return map_distinct(term, category.get)


def tumour_test_name(testcd: pd.Series) -> pd.Series:
    """The name that belongs to the short name of the test.

    Takes     TRTESTCD.
    Returns   TRTEST.
    Source    CDISC SDTM CT 2022-09-30, C96778.
    """
    return map_distinct(testcd, _TUMOUR_TESTS.get)


def identification_name(testcd: pd.Series) -> pd.Series:
    """The name that belongs to the short name of the identification.

    Takes     TUTESTCD.
    Returns   TUTEST.
    Source    CDISC SDTM CT 2022-09-30, C96783.
    """
    return map_distinct(testcd, _TUMOUR_IDENTIFICATIONS.get)


def arm_name(code: pd.Series, arms: tuple[Arm, ...]) -> pd.Series:
    """Name of the arm whose code is given.

    Takes     arm code; the arms of the study.
    Returns   name; missing where the code is missing.
    Source    SDTMIG 3.4, DM, ARM and ACTARM.
    """
    return map_distinct(code, {arm.code: arm.name for arm in arms}.get)


def element_name(element: pd.Series, elements: tuple[Element, ...]) -> pd.Series:
    """The name that belongs to the code of the element.

    Takes     ETCD; the elements of the study.
    Returns   text.
    Source    SDTMIG 3.4, 5.3 (SE, ELEMENT) and 7.2.2 (TE).
    """
    return map_distinct(element, {e.code: e.name for e in elements}.get)


def criterion_text(code: pd.Series, criteria: tuple[Criterion, ...]) -> pd.Series:
    """The text of the criterion, in the words of TI.

    Takes     IETESTCD; the criteria of the protocol.
    Returns   text; missing for a code that the protocol does not have.
    Source    SDTMIG 3.4, IE, IETEST and 7.4.1 (TI).
    """
    return map_distinct(code, {c.code: c.text for c in criteria}.get)


def term_of_spelling(collected: pd.Series, codelist: Codelist) -> pd.Series:
    """The term of the code list that is the collected text, or has it among its spellings.

    Takes     text as collected; the code list.
    Returns   term; missing where the list does not have the spelling.
    Source    SDTMIG 3.4, 4.2.1 (--DECOD: the standardized form of a reported text).
    """
    terms = recode(collected, codelist)
    return terms.where(terms.isin(list(codelist.terms)))


def drugs_of_combination(reported: pd.Series, coded: pd.Series) -> pd.Series:
    """The standard name of the medication; of a combination the names of all its drugs.

    1. A coded name that names several drugs, or whose medication is reported as one drug, stays as it is.
    2. Where several drugs were reported, joined by "and", "plus", "combined with", "+", "&", "/" or ";", and
       the coded name is that of one of them, the others stand beside it, as reported but without a strength:
       in capitals and in the order of the alphabet, with a semicolon between them.

    Takes     medication as reported; its coded name.
    Returns   text; missing where there is no coded name.
    Source    SDTMIG 3.4, CM, CMDECOD; WHODrug Global (a product with several substances names each, with
              semicolons).
    """
    return map_distinct_pairs(coded, reported, _all_drugs)


def _all_drugs(coded: str | None, reported: str | None) -> str | None:
    if coded is None or reported is None or _BETWEEN_CODED_DRUGS in coded:
        return coded
    names = _STRENGTH.sub(" ", reported)
    drugs = [" ".join(drug.upper().split()) for drug in _BETWEEN_DRUGS.split(names)]
    others = [drug for drug in drugs if drug and not drug.startswith(coded.upper())]
    if not _NAMES_SEVERAL.search(names) or len(others) == len(drugs):
        return coded
    return _BETWEEN_CODED_DRUGS.join(sorted({coded, *others}))


def detail_or_reason(reason: pd.Series, detail: pd.Series) -> pd.Series:
    """The detail as the investigator wrote it; without one, the reason in capital letters.

    Takes     reason as the form's label; detail as free text.
    Returns   text.
    Source    SDTMIG 3.4, DS, DSTERM.
    """
    return detail.where(detail.notna(), reason.str.upper())


def country_code(country: pd.Series) -> pd.Series:
    """The code of three letters of a country that the form calls by a code of three or two letters, or by
    its name, without regard to case.

    Takes     text as collected: Germany, DE, DEU.
    Returns   text; as collected where it is neither a code nor a name of ISO 3166-1, which is then an error
              (COUNTRY-CODE).
    Source    SDTMIG 3.4, DM, COUNTRY; ISO 3166-1.
    """
    known = countries.by_spelling()
    return map_distinct(country, lambda text: known.get(countries.plain(text), text))


def in_capitals(text: pd.Series) -> pd.Series:
    """The text as collected, in capital letters.

    Takes     text as collected.
    Returns   text.
    Source    SDTMIG 3.4, 4.5.1 (--STRESC).
    """
    return text.str.upper()
