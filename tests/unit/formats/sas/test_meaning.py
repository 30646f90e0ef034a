"""What a number of SAS is under each format of time, one by one: read as what it counts, or refused by name.

The numbers and what SAS shows of them are those of SAS's own documentation: 20668 days after 1960-01-01 are
2016-08-02, and 1785748500 seconds are 09:15 on that day.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time

import pytest

from pipeline.formats.sas import meaning

DAY, SECONDS, CLOCK = 20668.0, 1785748500.0, 33300.0
MOMENT = datetime(2016, 8, 2, 9, 15)  # noqa: DTZ001


def formats(text: str) -> list[str]:
    return text.split()


DAYS = formats("""
    DATE DATE. DATE7 DATE9 DATE9. DATE11. date9.
    DDMMYY DDMMYY6. DDMMYY8. DDMMYY10. DDMMYYB10. DDMMYYC10. DDMMYYD10. DDMMYYN8. DDMMYYP10. DDMMYYS10.
    MMDDYY10. MMDDYYB8. MMDDYYC8. MMDDYYD8. MMDDYYN6. MMDDYYP8. MMDDYYS8.
    YYMMDD10. YYMMDDB10. YYMMDDC10. YYMMDDD10. YYMMDDN8. YYMMDDP10. YYMMDDS10.
    E8601DA. E8601DA10. B8601DA8. IS8601DA. JULIAN. JULIAN7.
    WEEKDATE. WEEKDATE29. WEEKDATX17. WORDDATE. WORDDATE12. WORDDATX18. WEEKV11.
    NLDATE. NLDATEW. EURDFDD10. EURDFDE9. DEUDFDE9. FRADFWDX. NENGO. MINGUO8. HEBDATE.
""")
MOMENTS = formats("""
    DATETIME DATETIME. DATETIME13. DATETIME20. DATETIME22.3 DATEAMPM. MDYAMPM25.
    E8601DT. E8601DT26.6 B8601DT15. IS8601DT. NLDATM. EURDFDT20.
""")
DAYS_OF_MOMENTS = ["DTDATE.", "DTDATE9.", "E8601DN.", "B8601DN10.", "IS8601DN.", "DTWKDATX."]
CLOCKS = formats("""
    TIME TIME5. TIME8. TIME11.2 HHMM. HHMM5. TOD8. TIMEAMPM11. E8601TM8. B8601TM. NLTIME.
""")
NUMBERS = [
    "",
    ".",
    "8.",
    "8.2",
    "12.3",
    "F8.2",
    "BEST12.",
    "COMMA10.2",
    "DOLLAR8.",
    "Z4.",
    "PERCENT7.1",
    "E10.",
]
OF_THE_USER = ["SEXF.", "YN.", "AGE_GRP.", "AVISIT8.", "XFMT"]


@pytest.mark.parametrize("format_", DAYS)
def test_under_a_format_of_days_a_number_is_a_day(format_: str) -> None:
    assert meaning.value(DAY, meaning.kind(format_)) == date(2016, 8, 2)


@pytest.mark.parametrize("format_", MOMENTS)
def test_under_a_format_of_moments_a_number_is_a_moment_even_at_midnight(format_: str) -> None:
    kind = meaning.kind(format_)
    assert meaning.value(SECONDS, kind) == MOMENT
    assert meaning.value(SECONDS - CLOCK, kind) == datetime(2016, 8, 2)  # noqa: DTZ001


@pytest.mark.parametrize("format_", DAYS_OF_MOMENTS)
def test_a_moment_of_which_the_day_is_shown_is_a_day_at_midnight_and_no_hour_is_lost_otherwise(
    format_: str,
) -> None:
    kind = meaning.kind(format_)
    assert meaning.value(SECONDS, kind) == MOMENT
    midnight = meaning.value(SECONDS - CLOCK, kind)
    assert (type(midnight), midnight) == (date, date(2016, 8, 2))


@pytest.mark.parametrize("format_", CLOCKS)
def test_under_a_format_of_times_a_number_is_a_time_of_day(format_: str) -> None:
    assert meaning.value(CLOCK, meaning.kind(format_)) == time(9, 15)


@pytest.mark.parametrize("format_", NUMBERS + OF_THE_USER)
def test_under_any_other_format_a_number_is_itself(format_: str) -> None:
    assert meaning.value(DAY, meaning.kind(format_)) == 20668.0


REFUSED = {
    "which shows a part of a day; export it as text": (
        "YEAR. YEAR4. MONTH2. DAY2. MONYY. MONYY7. MMYY7. MMYYS7. YYMM7. YYMMD7. YYMMN6. YYMON7. QTR1. QTRR3."
        " YYQ6. YYQC6. YYQR8. YYQZ4. MONNAME9. DOWNAME9. WEEKDAY1. JULDAY3. DTMONYY7. DTYEAR4. DTYYQC6."
        " YYWEEKV7. NLDATEMN10. NLDATEYM. NLDATEMD. NLDATEYR. EURDFMN. DEUDFMY7. FRADFDWN."
        " DATE5. DATE6. DDMMYY2. DDMMYY5. MMDDYY5. YYMMDD5. YYMMDDN4. WEEKDATE9. WORDDATE9. DTDATE5. WEEKV5."
    ),
    "which shows a part of a moment; export it as text": "DATETIME7. DATETIME10. E8601DT10. DATEAMPM10.",
    "which shows a part of a time; export it as text": "HOUR2. TIME2. HHMM2. TOD2. TIMEAMPM3.",
    "which shows a duration and no time of day; export it as text": "MMSS5. MMSS. $N8601B. N8601E.",
    "which shows the clock of another time zone; export it as text, as the clock on site showed it": (
        "E8601DZ. B8601DZ35. E8601DX. B8601LX. E8601LZ. B8601TZ. E8601TX. IS8601DZ. NLDATMZ."
    ),
    "a format of time that is not read; export it as text, or under DATE9., DATETIME20. or TIME8.": (
        "PDJULG4. PDJULI4. TWMDY. YYMMDDQ8. NLDATMD. EURDFXX. E8601CI."
    ),
}


@pytest.mark.parametrize(
    ("format_", "why"), [(format_, why) for why, formats in REFUSED.items() for format_ in formats.split()]
)
def test_any_other_format_of_time_is_refused_by_what_it_shows(format_: str, why: str) -> None:
    with pytest.raises(meaning.UnknownTimeError) as caught:
        meaning.kind(format_)
    assert str(caught.value) == why


NO_DAY = "holds a day that is not within 1582 to 3999; type the date that was collected"
NO_TIME = "holds a time that is not from 00:00 to 23:59, which is no time of day; export it as text"
UNFIT: dict[str, tuple[float, meaning.Kind, str]] = {
    "half a day": (
        20668.5,
        "day",
        "holds a part of a day beside the day; export the day alone, or export it as text",
    ),
    "the day before the first one of SAS": (-138062, "day", NO_DAY),
    "4000-01-01, in the first year whose leap day SAS leaves out": (745095, "day", NO_DAY),
    "9999-12-31, which fills in for a day": (2936547, "day", NO_DAY),
    "infinitely many seconds": (math.inf, "moment", NO_DAY),
    "more seconds than can be counted in microseconds": (-1.7e308, "time", NO_TIME),
    "a moment of the year 4000": (745095 * 86400, "moment", NO_DAY),
    "24:00": (86400, "time", NO_TIME),
    "25:30, a duration": (91800, "time", NO_TIME),
    "a minute before midnight of the day before": (-60, "time", NO_TIME),
    "a moment under a format of times": (SECONDS, "time", NO_TIME),
    "a part of a second that rounds up to 24:00": (86399.9999999, "time", NO_TIME),
}


@pytest.mark.parametrize(("number", "kind", "why"), UNFIT.values(), ids=UNFIT.keys())
def test_what_is_no_day_and_no_time_of_day_is_refused(number: float, kind: meaning.Kind, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        meaning.value(number, kind)
    assert str(caught.value) == why


KEPT: dict[str, tuple[float, meaning.Kind, object]] = {
    "the first day of SAS": (-138061, "day", date(1582, 1, 1)),
    "the last day of the year 3999": (745094, "day", date(3999, 12, 31)),
    "a day before 1960": (-1, "day", date(1959, 12, 31)),
    "a moment before 1960": (-1, "moment", datetime(1959, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    "the last second of a day": (86399, "time", time(23, 59, 59)),
    "midnight": (0, "time", time()),
    "a part of a second": (SECONDS + 0.546, "moment", MOMENT.replace(microsecond=546_000)),
}


@pytest.mark.parametrize(("number", "kind", "expected"), KEPT.values(), ids=KEPT.keys())
def test_the_ends_of_the_calendar_and_of_a_day_are_read(
    number: float, kind: meaning.Kind, expected: object
) -> None:
    assert meaning.value(number, kind) == expected
