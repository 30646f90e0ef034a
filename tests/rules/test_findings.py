"""Results of findings: standard result, number, unit, limits of normal (SDTMIG 3.4, 4.5.1 and 6.3.5.6)."""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm import findings
from pipeline.derivations.sdtm.terms import decoded
from pipeline.study.models import Codelist, Term, Unit
from tests.support.tables import numbers, shown, text

UNITS = {
    "HGB g/dL": Unit(to="g/L", factor="10"),
    "CREAT mg/dL": Unit(to="umol/L", factor="88.4"),
    "WEIGHT LB": Unit(to="kg", factor="0.45359237"),
    "TEMP F": Unit(to="C", subtract="32", factor="0.5555555555555556"),
    "BILI mg/dL": Unit(to="umol/L", factor="17.104"),
    "cm": Unit(to="mm", factor="10"),
}
WORDS = Codelist(
    name="Results",
    extensible=True,
    terms={"NEGATIVE": Term(collected=("阴性",)), "POSITIVE": Term(collected=("阳性",))},
)

RESULTS = {
    # rule: (test, result, unit, --STRESC, --STRESN, --STRESU)
    "a number in its unit stands as collected": ("ALT", "40.0", "U/L", "40.0", 40.0, "U/L"),
    "converted, with the digits collected": ("HGB", "10.4", "g/dL", "104", 104.0, "g/L"),
    "a digit more than needed stays": ("HGB", "10.40", "g/dL", "104.0", 104.0, "g/L"),
    "two digits in, two digits out": ("CREAT", "0.52", "mg/dL", "46", 46.0, "umol/L"),
    "three digits in, three digits out": ("CREAT", "1.13", "mg/dL", "99.9", 99.9, "umol/L"),
    "halves are rounded up": ("CREAT", "2.50", "mg/dL", "221", 221.0, "umol/L"),
    "pounds": ("WEIGHT", "132", "LB", "59.9", 59.9, "kg"),
    "degrees Fahrenheit": ("TEMP", "98.6", "F", "37.0", 37.0, "C"),
    "degrees Fahrenheit with four digits": ("TEMP", "100.4", "F", "38.00", 38.0, "C"),
    "the point at which the other scale begins": ("TEMP", "32.0", "F", "0", 0.0, "C"),
    "more than the digits collected is no exponent": ("CREAT", "5", "mg/dL", "400", 400.0, "umol/L"),
    "one digit in, and rounding it would lose more than was collected": (
        *("BILI", "0.7", "mg/dL", "12", 12.0, "umol/L"),
    ),
    "likewise of another number": ("BILI", "0.9", "mg/dL", "15", 15.0, "umol/L"),
    "one digit is enough": ("BILI", "0.5", "mg/dL", "9", 9.0, "umol/L"),
    "as precise as collected": ("BILI", "1.2", "mg/dL", "21", 21.0, "umol/L"),
    "below quantification by one digit": ("BILI", "<0.1", "mg/dL", "<2", None, "umol/L"),
    "zero": ("CREAT", "0", "mg/dL", "0", 0.0, "umol/L"),
    "the factor of one test is not that of another": ("ALB", "4.1", "g/dL", "4.1", 4.1, "g/dL"),
    "a unit that leads elsewhere for other data": ("HEIGHT", "169.7", "cm", "169.7", 169.7, "cm"),
    "below quantification": ("CA125AG", "<5", "U/mL", "<5", None, "U/mL"),
    "above quantification": ("CA15_3AG", ">1000", "U/mL", ">1000", None, "U/mL"),
    "below quantification, converted": ("CREAT", "<0.20", "mg/dL", "<18", None, "umol/L"),
    "a blank behind the sign": ("CEA", "< 0.5", "ug/L", "<0.5", None, "ug/L"),
    "a sign typed in Chinese": ("CEA", "＜0.5", "ug/L", "<0.5", None, "ug/L"),
    "a sign of two characters": ("CEA", "≤0.5", "ug/L", "<=0.5", None, "ug/L"),
    "a plus sign says nothing": ("ALT", "+7", "U/L", "7", 7.0, "U/L"),
    "a number below zero": ("BASE", "-2.5", "mmol/L", "-2.5", -2.5, "mmol/L"),
    "no digit before the point": ("CEA", ".5", "ug/L", "0.5", 0.5, "ug/L"),
    "a number without a unit": ("PH", "7.4", None, "7.4", 7.4, None),
    "a score is no number": ("HER2", "2+", None, "2+", None, None),
    "a word in Chinese": ("HBSAG", "阴性", None, "NEGATIVE", None, None),
    "a word in another case": ("HBSAG", "positive", None, "POSITIVE", None, None),
    "a word nobody knows": ("HBSAG", "Hazy", None, "Hazy", None, None),
    "no result": ("ALB", None, "g/L", None, None, None),
}


@pytest.mark.parametrize(
    ("test", "result", "unit", "stresc", "stresn", "stresu"), RESULTS.values(), ids=RESULTS
)
def test_a_result_is_written_in_standard_form_and_unit(
    test: str,
    result: str | None,
    unit: str | None,
    stresc: str | None,
    stresn: float | None,
    stresu: str | None,
) -> None:
    found = findings.standard_result_or_word(text(test), text(result), text(unit), UNITS, WORDS)
    assert shown(found) == [stresc]
    assert shown(findings.result_as_number(found)) == [stresn]
    assert shown(findings.standard_unit_of_test(text(test), found, text(unit), UNITS)) == [stresu]


def test_all_results_at_once_are_those_of_each_alone() -> None:
    test, result, unit, stresc, _, stresu = zip(*RESULTS.values(), strict=True)
    found = findings.standard_result_or_word(text(*test), text(*result), text(*unit), UNITS, WORDS)
    assert shown(found) == list(stresc)
    assert shown(findings.standard_unit_of_test(text(*test), found, text(*unit), UNITS)) == list(stresu)


def test_without_records_there_are_no_results() -> None:
    assert shown(findings.standard_result(text(), text(), text(), UNITS)) == []
    assert shown(findings.range_indicator(text(), text(), text(), text())) == []


RANGES = {
    # rule: (result, low, high, laboratory's flag, --NRIND)
    "below": ("39.8", "40.0", "55.0", "L", "LOW"),
    "above": ("6.26", None, "5.00", "H", "HIGH"),
    "between": ("5.81", "3.50", "9.50", None, "NORMAL"),
    "at the lower limit": ("40", "40.0", "55.0", None, "NORMAL"),
    "at the upper limit": ("55.00", "40.0", "55.0", None, "NORMAL"),
    "the limits decide against the flag": ("9.4", "3.50", "9.50", "H", "NORMAL"),
    "only an upper limit": ("4.99", None, "5.00", None, "NORMAL"),
    "only a lower limit": ("89", "90", None, None, "LOW"),
    "<5 where up to 35 is normal": ("<5", None, "35.0", None, "NORMAL"),
    "<5 where normal begins at 5": ("<5", "5", "35", None, "LOW"),
    "<=5 where normal begins at 5: open": ("<=5", "5", "35", None, None),
    "<40 where 10 to 35 is normal: open": ("<40", "10", "35", None, None),
    "open, and flagged": ("<40", "10", "35", "L", "LOW"),
    ">1000 where up to 25 is normal": (">1000", None, "25.0", None, "HIGH"),
    ">25 where up to 25 is normal": (">25", None, "25", None, "HIGH"),
    ">=25 where up to 25 is normal: open": (">=25", None, "25", None, None),
    "no limits, no flag": ("8", None, None, None, None),
    "no limits, flagged": ("8", None, None, "H", "HIGH"),
    "a word": ("Negative", None, None, None, None),
    "a word that the laboratory flags": ("Positive (+)", None, None, "A", "ABNORMAL"),
    "a word beside limits": ("Haemolysed", "40", "55", None, None),
}


@pytest.mark.parametrize(("result", "low", "high", "flag", "expected"), RANGES.values(), ids=RANGES)
def test_the_limits_decide_where_a_result_lies_and_else_the_flag(
    result: str, low: str | None, high: str | None, flag: str | None, expected: str | None
) -> None:
    assert shown(findings.range_indicator(text(result), text(low), text(high), text(flag))) == [expected]


LIMITS = {
    # the result, and whether a limit of normal stands beside it
    "a number": ("5.2", True),
    "a number with a plus sign": ("+7", True),
    "below the limit of quantification": ("<5", True),
    "with a blank behind the sign": ("< 5.0", True),
    "at most": ("<=0.5", True),
    "above it": (">1000", True),
    "with a sign of a Chinese input method": ("＜5", True),
    "a word": ("Negative", False),
    "a grade of a dipstick": ("Positive (+)", False),
    "a sign without a number": ("<LLOQ", False),
    "no result": (None, False),
}


@pytest.mark.parametrize(("result", "kept"), LIMITS.values(), ids=LIMITS)
def test_a_limit_of_normal_stands_beside_every_continuous_result_and_no_other(
    result: str | None, kept: bool
) -> None:
    found = findings.limit_of_continuous_result(text(result), text("5"))
    assert shown(found) == ["5" if kept else None]


def test_limits_are_converted_as_results_are() -> None:
    test, unit = text("HGB", "CREAT", "CREAT", "ALT", "ALT"), text("g/dL", "mg/dL", "mg/dL", "U/L", "U/L")
    assert shown(findings.standard_limit(test, text("11.5", "0.46", "0.92", "7", None), unit, UNITS)) == [
        115.0,
        41.0,
        81.0,
        7.0,
        None,
    ]


def test_each_code_has_its_name() -> None:
    tests = Codelist(name="Tests", terms={"ALT": Term(decode="Alanine Aminotransferase"), "X": Term()})
    assert shown(decoded(text("ALT", "X", "OTHER", None), tests)) == [
        "Alanine Aminotransferase",
        None,
        None,
        None,
    ]


def test_a_number_is_plain_digits() -> None:
    assert shown(findings.result_as_number(text("7", "7.50", "<7", "7 U", "NaN", "1e3", "", None))) == shown(
        numbers(7, 7.5, None, None, None, None, None, None)
    )
