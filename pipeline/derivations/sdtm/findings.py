"""Results of findings: standard result, number and unit, limits of normal, and the name that belongs to a
code.

Numbers stay decimal text until the last step, so that no float decides a digit. Every text is read once,
however often it occurs.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pandas as pd

from pipeline.mapping.interpret import recode
from pipeline.records.distinct import map_distinct, map_distinct_pairs
from pipeline.study.models import Codelist, Unit

Units = dict[str, Unit]

_RESULT = re.compile(r"(<=|>=|<|>)? ?([+-]?)(\d+(?:\.\d+)?|\.\d+)", re.ASCII)
_SIGNS = str.maketrans(
    {"＜": "<", "＞": ">", "≤": "<=", "≥": ">=", "．": "."}
)  # as typed with a Chinese input method


def standard_result(test: pd.Series, result: pd.Series, unit: pd.Series, units: Units) -> pd.Series:
    """The result in the standard unit of the test.

    A number is multiplied by the exact factor from its unit and keeps as many significant digits as were
    collected; a number whose unit needs no conversion stands as it is. A result below or above a limit of
    quantification (<5, >1000) keeps its sign. Words stay words.

    Takes     short name of the test; result and unit as collected; the table of specs/units.yaml.
    Returns   text; missing where there is no result.
    Source    SDTMIG 3.4, 4.5.1 (--ORRES, --STRESC and --STRESN).
    """
    factor = _looked_up(test, unit, {name: u.factor for name, u in units.items()})
    return map_distinct_pairs(factor, result, _standard)


def _standard(factor: str | None, result: str | None) -> str | None:
    if result is None or factor is None:
        return None if result is None else _written(result)
    return _converted(factor, _written(result))


def standard_result_or_word(
    test: pd.Series, result: pd.Series, unit: pd.Series, units: Units, words: Codelist
) -> pd.Series:
    """The result in the standard unit of the test, or the term for a result in words.

    A number is multiplied by the exact factor from its unit and keeps as many significant digits as were
    collected; a number whose unit needs no conversion stands as it is. A result below or above a limit of
    quantification (<5, >1000) keeps its sign. A word, in the language of the laboratory, becomes the term of
    the code list that has it among its spellings.

    Takes     short name of the test; result and unit as collected; the table of specs/units.yaml; the list of
              results in words.
    Returns   text; missing where there is no result.
    Source    SDTMIG 3.4, 4.5.1 (--ORRES, --STRESC and --STRESN).
    """
    return standard_result(test, recode(result, words), unit, units)


def standard_unit_of_test(test: pd.Series, result: pd.Series, unit: pd.Series, units: Units) -> pd.Series:
    """The standard unit of the test: the unit that specs/units.yaml leads to from the one collected, or the
    one collected.

    Takes     short name of the test; standardized result and the unit as collected.
    Returns   unit; missing where there is no result or no unit.
    Source    SDTMIG 3.4, 4.5.1 (--STRESU).
    """
    target = _looked_up(test, unit, {name: u.to for name, u in units.items()})
    found = map_distinct_pairs(target, unit, lambda leads_to, collected: leads_to or collected)
    return found if result.notna().all() else found.where(result.notna())


def result_as_number(result: pd.Series) -> pd.Series:
    """The standardized result as a number, where it is one; missing for words and for results with a sign
    such as <5.

    Takes     standardized result.
    Returns   number.
    Source    SDTMIG 3.4, 4.5.1 (--STRESN).
    """
    return map_distinct(result, _number, "float64")


def limit_of_number(result: pd.Series, limit: pd.Series) -> pd.Series:
    """The limit of normal as collected, where the result is a number; limits are given for continuous results
    only.

    Takes     result and limit as collected.
    Returns   text.
    Source    SDTMIG 3.4, 6.3.5.6 (LBORNRLO, LBORNRHI); CDISC rules CG0180 and CG0181.
    """
    number = map_distinct(result, lambda text: _number(_written(text)), "float64")
    return pd.Series(
        limit.array.take(np.where(number.notna(), np.arange(len(limit)), -1), allow_fill=True),
        index=limit.index,
    )


def standard_limit(test: pd.Series, limit: pd.Series, unit: pd.Series, units: Units) -> pd.Series:
    """The limit of normal in the standard unit of the test, converted as the result is.

    Takes     short name of the test; limit as collected and its unit; the table of specs/units.yaml.
    Returns   number; missing where there is no limit.
    Source    SDTMIG 3.4, 6.3.5.6 (LBSTNRLO, LBSTNRHI).
    """
    return result_as_number(standard_result(test, limit, unit, units))


def range_indicator(result: pd.Series, low: pd.Series, high: pd.Series, flag: pd.Series) -> pd.Series:
    """Whether the result lies within the limits that came with it.

    LOW below the lower limit, HIGH above the upper one, NORMAL between them or at a limit; one limit is
    enough where there is only one. A result such as <5 or >1000 is judged where all that it can mean lies on
    one side. Where the limits do not decide, the laboratory's own flag does, as it does for a result in
    words; without limits and flag there is no indicator.

    Takes     result and limits as collected, in one unit; the laboratory's flag (L, H or A).
    Returns   LOW, NORMAL, HIGH, ABNORMAL or missing.
    Source    SDTMIG 3.4, 6.3.5.6 (LBNRIND).
    """
    bottom, top = (map_distinct(limit, _number, "float64").to_numpy() for limit in (low, high))
    least = map_distinct(result, lambda text: _least(_written(text)), "float64").to_numpy()
    most = map_distinct(result, lambda text: _most(_written(text)), "float64").to_numpy()
    limited = ~np.isnan(bottom) | ~np.isnan(top)
    above_bottom = np.isnan(bottom) | (least >= bottom)
    below_top = np.isnan(top) | (most <= top)
    low_for_sure = (most < bottom) | ((most <= bottom) & _begins(result, "<"))
    high_for_sure = (least > top) | ((least >= top) & _begins(result, ">"))
    told = {"L": 0, "H": 2, "A": 3}
    flagged = (
        map_distinct(flag, lambda text: told.get(text.upper(), 4), "float64").fillna(4).to_numpy("int64")
    )
    found = np.select(
        [high_for_sure, low_for_sure, limited & above_bottom & below_top & result.notna()], [2, 0, 1], flagged
    )
    return pd.Series(
        pd.array(["LOW", "NORMAL", "HIGH", "ABNORMAL", None], dtype="str").take(found), index=result.index
    )


def _begins(result: pd.Series, sign: str) -> np.ndarray:
    """Which results are said to lie beyond a number, and not at it."""
    beyond = map_distinct(
        result,
        lambda text: _written(text).startswith(sign) and not _written(text).startswith(f"{sign}="),
        "float64",
    )
    return np.asarray(beyond == 1)


def _looked_up(test: pd.Series, unit: pd.Series, table: dict[str, str]) -> pd.Series:
    """What units.yaml says under the test and the unit."""
    return map_distinct_pairs(
        test, unit, lambda name, of: None if name is None or of is None else table.get(f"{name} {of}")
    )


def _written(result: str) -> str:
    """A number without what says nothing (plus sign, blank behind <), words without blanks around them."""
    text = result.strip().translate(_SIGNS)
    match = _RESULT.fullmatch(text)
    if not match:
        return result.strip()
    sign, minus, number = match.groups()
    return f"{sign or ''}{minus.replace('+', '')}{'0' if number.startswith('.') else ''}{number}"


def _converted(factor: str, written: str) -> str:
    match = _RESULT.fullmatch(written)
    if not match:
        return written
    sign, minus, digits = match.groups()
    number = Decimal(digits)
    if not number:
        return written
    kept = Context(prec=len(number.as_tuple().digits), rounding=ROUND_HALF_UP).multiply(
        number, Decimal(factor)
    )
    return f"{sign or ''}{minus}{kept:f}"


def _number(written: str) -> float | None:
    match = _RESULT.fullmatch(written)
    return float(match[2] + match[3]) if match and not match[1] else None


def _least(written: str) -> float | None:
    """The least value that a result can mean."""
    match = _RESULT.fullmatch(written)
    if not match:
        return None
    return -np.inf if (match[1] or "").startswith("<") else float(match[2] + match[3])


def _most(written: str) -> float | None:
    """The greatest value that a result can mean."""
    match = _RESULT.fullmatch(written)
    if not match:
        return None
    return np.inf if (match[1] or "").startswith(">") else float(match[2] + match[3])
