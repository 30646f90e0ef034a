"""TR: what a lesion form says in numbers and words.

Which words it has for what is the list LESION STATUS, the program's own with the spellings of the study.
"""

from __future__ import annotations

import pandas as pd

from pipeline.derivations.sdtm.tumours import converted
from pipeline.records import numbers
from pipeline.records.answers import YES, Words, is_yes
from pipeline.records.distinct import map_distinct
from pipeline.records.lookup import meets
from pipeline.records.measures import Millimetres
from pipeline.study.models import Codelist, Unit

TOO_SMALL, GONE, NOT_ASSESSED = "TOO SMALL TO MEASURE", "GONE", "NOT ASSESSED"
PRESENT = "PRESENT"
METRIC = {"cm": Unit(to="mm", factor="10")}
_DIGIT = r"[0-9]"


def diameter_as_collected(
    diameter: pd.Series, lesion_status: Codelist, status: pd.Series | None = None
) -> pd.Series:
    """The number as collected; where there is none, TOO SMALL TO MEASURE, or 0 for a lesion that is gone;
    missing for a lesion that was not assessed. A number of such a lesion stays, so that it is reported; a
    word in the field of the number stays too, unless it says that the lesion was not assessed.

    Takes     number as collected, or a word in its place, and, where the form has one, the status; the words
              of the form.
    Returns   text.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1; SDTMIG 3.4, TRORRES.
    """
    in_words = _in_words(status, lesion_status, {TOO_SMALL: TOO_SMALL, GONE: "0"}, diameter.index)
    not_assessed = _meaning(diameter, lesion_status).eq(NOT_ASSESSED)
    return diameter.where(diameter.notna(), in_words).mask(not_assessed)


def unit_of_number(
    diameter: pd.Series, unit: pd.Series, lesion_status: Codelist, status: pd.Series | None = None
) -> pd.Series:
    """The unit as collected, where a number was collected of a lesion that was assessed. A word in the field
    of the number has none, unless it has a number in it, such as <5.

    Takes     number as collected, or a word in its place, and its unit and, where the form has one, the
              status; the words of the form.
    Returns   term of the codelist UNIT.
    Source    SDTMIG 3.4, TRORRESU.
    """
    in_numbers = diameter.notna() & (_meaning(diameter, lesion_status).isna() | diameter.str.contains(_DIGIT))
    return unit.str.lower().where(in_numbers & _assessed(status, lesion_status, diameter.index))


def diameter_in_mm(
    diameter: pd.Series,
    lesion_status: Codelist,
    too_small_mm: Millimetres,
    units: dict[str, Unit],
    unit: pd.Series | None = None,
    status: pd.Series | None = None,
) -> pd.Series:
    """The diameter in mm: a number given counts as it is, even a small one; a lesion that is too small to
    measure counts as the diameter that the study sets for it, and one that is gone as 0. Without a unit on
    the form numbers are mm. A word of the form in the field of the number counts before the status.

    Takes     number as collected, or a word in its place, and, where the form has them, its unit and the
              status; the words of the form; the millimetres that stand for too small to measure; factors of
              units.
    Returns   decimal text in mm; missing where the lesion was not assessed; any other text as collected.
    Source    RECIST 1.1 (Eisenhauer 2009), 4.3.1.
    """
    size = {TOO_SMALL: f"{too_small_mm:g}", GONE: "0"}
    word = _meaning(diameter, lesion_status)
    measured = diameter.where(word.isna())
    if unit is not None:
        in_mm = converted(measured, unit.str.lower(), "mm", {**METRIC, **units})
        measured = in_mm.where(meets(measured, numbers.is_number), measured)
    of_word = word.map(size).astype("str")
    of_status = _in_words(status, lesion_status, size, diameter.index)
    result = measured.where(measured.notna(), of_word.where(word.notna(), of_status))
    return result.where(_assessed(status, lesion_status, diameter.index))


def state_as_collected(status: pd.Series, lesion_status: Codelist) -> pd.Series:
    """The state in the words of the form; missing where the lesion was not assessed.

    Takes     status as collected; the words of the form.
    Returns   text.
    Source    SDTMIG 3.4, TRORRES.
    """
    return status.where(_assessed(status, lesion_status, status.index))


def state(
    status: pd.Series, lesion_status: Codelist, node: pd.Series | None = None, yes: Words = YES
) -> pd.Series:
    """State of a non-target lesion: PATHOLOGICAL or NON-PATHOLOGICAL for a node, else PRESENT or ABSENT; or
    UNEQUIVOCAL PROGRESSION. Any other word stays, in capitals.

    Takes     status as collected; the words of the form; whether the lesion is a lymph node, as collected,
              where the form asks for it, and the words for yes.
    Returns   text; missing where the lesion was not assessed.
    Source    SDTMIG 3.4, 6.3.12; RECIST 1.1 (Eisenhauer 2009), 4.3.3.
    """
    nodal = pd.Series(False, index=status.index) if node is None else is_yes(node, yes)
    meant = _meaning(status, lesion_status)
    standard = meant.where(meant.notna(), status.str.upper()).mask(meant.eq(GONE), "ABSENT")
    standard = standard.mask(nodal & meant.eq(PRESENT), "PATHOLOGICAL")
    standard = standard.mask(nodal & meant.eq(GONE), "NON-PATHOLOGICAL")
    return standard.mask(meant.eq(NOT_ASSESSED))


def not_done(status: pd.Series, lesion_status: Codelist) -> pd.Series:
    """NOT DONE for a lesion that was not assessed.

    Takes     status as collected; the words of the form.
    Returns   NOT DONE or missing.
    Source    SDTMIG 3.4, TRSTAT.
    """
    not_assessed = ~_assessed(status, lesion_status, status.index)
    return pd.Series("NOT DONE", index=status.index, dtype="str").where(not_assessed)


def reason_not_done(status: pd.Series, reason: pd.Series, lesion_status: Codelist) -> pd.Series:
    """The reason as collected, for a lesion that was not assessed.

    Takes     status and reason as collected; the words of the form.
    Returns   text.
    Source    SDTMIG 3.4, TRREASND.
    """
    return reason.mask(_assessed(status, lesion_status, status.index))


def identification(event: pd.Series) -> pd.Series:
    """TUSPLIT where the lesion came from one that split, TUMERGE where lesions merged into it, else TUMIDENT.

    Takes     the form's label of what happened at this assessment.
    Returns   TUTESTCD.
    Source    SDTMIG 3.4, 6.3.12, TUTESTCD; RECIST 1.1, appendix II.
    """
    test = event.str.upper().map({"SPLIT": "TUSPLIT", "MERGED": "TUMERGE"}).astype("str")
    return test.where(test.notna(), "TUMIDENT")


def _meaning(status: pd.Series, words: Codelist) -> pd.Series:
    """The term of the list that each status means; missing where it means none."""
    terms = {
        spelling.casefold(): term for term, entry in words.terms.items() for spelling in entry.spellings(term)
    }
    return map_distinct(status, lambda typed: terms.get(typed.strip().casefold()))


def _assessed(status: pd.Series | None, words: Codelist, index: pd.Index) -> pd.Series:
    if status is None:
        return pd.Series(True, index=index)
    return ~_meaning(status, words).eq(NOT_ASSESSED)


def _in_words(
    status: pd.Series | None, words: Codelist, results: dict[str, str], index: pd.Index
) -> pd.Series:
    if status is None:
        return pd.Series(None, index=index, dtype="str")
    return _meaning(status, words).map(results).astype("str")
