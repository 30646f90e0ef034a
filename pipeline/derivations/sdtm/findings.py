"""Results of findings: standard result, number and unit, and limits of normal.

Numbers stay decimal text until the last step, so that no float decides a digit.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pandas as pd

from pipeline.mapping.interpret import recode
from pipeline.records import numbers
from pipeline.records.distinct import map_distinct, map_distinct_pairs
from pipeline.records.lookup import meets
from pipeline.study.models import Codelist, Unit

Units = dict[str, Unit]

_FLAGS = {"L": "LOW", "H": "HIGH", "A": "ABNORMAL"}


# --- standard results
def standard_result(test: pd.Series, result: pd.Series, unit: pd.Series, units: Units) -> pd.Series:
    """The result in the standard unit of the test.

    1. A number is multiplied by the exact factor from its unit and keeps as many significant digits as were
       collected, and more where it would else be rounded by more than the last digit collected is worth.
    2. A number whose unit needs no conversion stays as it is.
    3. A result below or above a limit of quantification (<5, >1000) keeps its sign.
    4. Words stay words.

    Takes     short name of the test; result and unit as collected; the table of specs/units.yaml.
    Returns   text; missing where there is no result.
    Source    SDTMIG 3.4, 4.5.1 (--ORRES, --STRESC and --STRESN).
    """
    conversion = _of_test_and_unit(test, unit, {name: name for name in units})

    def standard(conversion: str | None, result: str | None) -> str | None:
        if result is None:
            return None
        return _plain(result) if conversion is None else _converted(units[conversion], _plain(result))

    return map_distinct_pairs(conversion, result, standard)


def standard_result_or_word(
    test: pd.Series, result: pd.Series, unit: pd.Series, units: Units, terms: Codelist
) -> pd.Series:
    """The result in the standard unit of the test, or the term for a result in words.

    1. A number is multiplied by the exact factor from its unit and keeps as many significant digits as were
       collected, and more where it would else be rounded by more than the last digit collected is worth.
    2. A number whose unit needs no conversion stays as it is.
    3. A result below or above a limit of quantification (<5, >1000) keeps its sign.
    4. A word, in the language of the laboratory, becomes the term of the code list that has it among its
       spellings.

    Takes     short name of the test; result and unit as collected; the table of specs/units.yaml; the list of
              results in words.
    Returns   text; missing where there is no result.
    Source    SDTMIG 3.4, 4.5.1 (--ORRES, --STRESC and --STRESN).
    """
    return standard_result(test, recode(result, terms), unit, units)


def standard_unit_of_test(test: pd.Series, result: pd.Series, unit: pd.Series, units: Units) -> pd.Series:
    """The standard unit of the test: the unit to which the one collected is converted, or else the one
    collected.

    Takes     short name of the test; standardized result and the unit as collected.
    Returns   unit; missing where there is no result or no unit.
    Source    SDTMIG 3.4, 4.5.1 (--STRESU).
    """
    target = _of_test_and_unit(test, unit, {name: u.to for name, u in units.items()})
    standard = map_distinct_pairs(target, unit, lambda converted_to, collected: converted_to or collected)
    return standard.where(result.notna())


def result_as_number(result: pd.Series) -> pd.Series:
    """The standardized result as a number, where it is one; missing for words and for results with a sign
    such as <5.

    Takes     standardized result.
    Returns   number.
    Source    SDTMIG 3.4, 4.5.1 (--STRESN).
    """
    return map_distinct(result, _number, "float64")


# --- limits of normal
def limit_of_continuous_result(result: pd.Series, limit: pd.Series) -> pd.Series:
    """The limit of normal as collected, where the result is of a continuous measurement: a number, or a
    number with the sign of a limit of quantification (<5, >1000), which is a range of such numbers. A result
    in words has no limit.

    Takes     result and limit as collected.
    Returns   text.
    Source    SDTMIG 3.4, 6.3.5.6 (LBORNRLO, LBORNRHI: populated for continuous results only).
    """
    continuous = meets(result, lambda text: numbers.read(text.strip()))
    return limit.where(continuous)


def standard_limit(test: pd.Series, limit: pd.Series, unit: pd.Series, units: Units) -> pd.Series:
    """The limit of normal in the standard unit of the test, converted as the result is.

    Takes     short name of the test; limit as collected and its unit; the table of specs/units.yaml.
    Returns   number; missing where there is no limit.
    Source    SDTMIG 3.4, 6.3.5.6 (LBSTNRLO, LBSTNRHI).
    """
    return result_as_number(standard_result(test, limit, unit, units))


def range_indicator(result: pd.Series, low: pd.Series, high: pd.Series, flag: pd.Series) -> pd.Series:
    """Whether the result lies within the limits that came with it.

    1. HIGH above the upper limit.
    2. LOW below the lower limit.
    3. NORMAL between the limits or at one of them. One limit is enough where there is only one.
    4. Where the limits do not decide, and for a result in words, the flag of the laboratory does.
    5. Without limits and flag there is no indicator.

    A result such as <5 or >1000 is judged by the limits where all values that it can mean lie on one side.

    Takes     result and limits as collected, in one unit; the laboratory's flag (L, H or A).
    Returns   LOW, NORMAL, HIGH, ABNORMAL or missing.
    Source    SDTMIG 3.4, 6.3.5.6 (LBNRIND).
    """
    lower = map_distinct(low, _number, "float64")
    upper = map_distinct(high, _number, "float64")
    least = map_distinct(result, lambda text: _range(_plain(text))[0], "float64")
    most = map_distinct(result, lambda text: _range(_plain(text))[1], "float64")

    is_high = least.gt(upper) | (least.ge(upper) & _is_beyond(result, ">"))
    is_low = most.lt(lower) | (most.le(lower) & _is_beyond(result, "<"))
    within = (lower.isna() | least.ge(lower)) & (upper.isna() | most.le(upper))
    is_normal = within & (lower.notna() | upper.notna()) & result.notna()

    of_flag = map_distinct(flag, lambda text: _FLAGS.get(text.upper()))
    return of_flag.mask(is_normal, "NORMAL").mask(is_low, "LOW").mask(is_high, "HIGH")


def _is_beyond(result: pd.Series, sign: str) -> np.ndarray:
    """Whether each result is said to lie beyond a number, and not at it."""
    return meets(
        result, lambda text: _plain(text).startswith(sign) and not _plain(text).startswith(f"{sign}=")
    )


# --- one text
def _of_test_and_unit(test: pd.Series, unit: pd.Series, table: dict[str, str]) -> pd.Series:
    """What units.yaml has under the test and the unit."""

    def found(test: str | None, unit: str | None) -> str | None:
        return None if test is None or unit is None else table.get(f"{test} {unit}")

    return map_distinct_pairs(test, unit, found)


def _plain(result: str) -> str:
    """A number without what adds nothing (plus sign, blank behind <); words without blanks around them."""
    return numbers.as_read(result.strip())


def _converted(unit: Unit, plain: str) -> str:
    read = numbers.read(plain)
    if not read:
        return plain
    number, factor = Decimal(read.number), Decimal(unit.factor)
    from_zero = number - Decimal(unit.subtract or 0)
    if not from_zero:
        return plain if not unit.subtract else f"{read.sign}0"
    as_precise = Context(prec=len(number.as_tuple().digits), rounding=ROUND_HALF_UP)
    standard = as_precise.multiply(from_zero, factor)
    # half a unit of the last digit written is rounded away, so it may be worth twice the last one collected
    most = (2 * abs(factor)).scaleb(_last_place(number)).adjusted()
    if _last_place(standard) > most:
        standard = (from_zero * factor).quantize(Decimal(1).scaleb(most), ROUND_HALF_UP)
    return f"{read.sign}{standard:f}"


def _last_place(number: Decimal) -> int:
    """The power of ten of the last digit that is written."""
    return int(number.as_tuple().exponent)


def _number(plain: str) -> float | None:
    number = numbers.number(plain)
    return None if number is None else float(number)


def _range(plain: str) -> tuple[float | None, float | None]:
    """The least and the greatest value that a result can mean; None for words."""
    read = numbers.read(plain)
    if not read:
        return None, None
    number = float(read.number)
    least = -np.inf if read.sign.startswith("<") else number
    most = np.inf if read.sign.startswith(">") else number
    return least, most
