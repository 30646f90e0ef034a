"""Dates as collected, in every format of the table, become ISO 8601 as precise as collected; what is no date
of the declared format, or not in the calendar, becomes none.
"""

from __future__ import annotations

from datetime import date, datetime

import pytest

from pipeline.records import collected_dates
from pipeline.records.collected_dates import FORMATS, iso_from, named, objection, that_fit, written

# format: a complete date; the day unknown; day and month unknown; what is no date of the format
FORMS = {
    "YYYY-MM-DD": ("2016-08-02", ["2016-08", "2016-08-UN", "2016-08---"], ["2016", "2016-UN-UN"], "2016-8-2"),
    "MM/DD/YYYY": ("08/02/2016", ["08/2016", "08/UN/2016", "08//2016"], ["2016", "UN/UN/2016"], "13/02/2016"),
    "DD/MM/YYYY": ("02/08/2016", ["08/2016", "UNK/08/2016", "/08/2016"], ["2016", "//2016"], "02/13/2016"),
    "MM-DD-YYYY": ("08-02-2016", ["08-2016", "08----2016"], ["2016", "UNK-UN-2016"], "08/02/2016"),
    "DD-MM-YYYY": ("02-08-2016", ["08-2016", "---08-2016"], ["2016", "------2016"], "2016-08-02"),
    "DD.MM.YYYY": ("02.08.2016", ["08.2016", "XX.08.2016"], ["2016", "XX.XX.2016"], "02.08.16"),
    "DD-MON-YYYY": ("02-Aug-2016", ["Aug-2016", "UN-AUG-2016"], ["2016", "UN-UNK-2016"], "02 Aug 2016"),
    "DD/MON/YYYY": ("02/AUG/2016", ["AUG/2016", "NK/AUG/2016"], ["2016", "UNK/UNK/2016"], "02/08/2016"),
    "DDMONYYYY": ("02AUG2016", ["AUG2016", "UNAUG2016", "--AUG2016"], ["2016", "UNUNK2016"], "2AUG2016"),
    "YYYY/MM/DD": ("2016/08/02", ["2016/08", "2016/08/UK"], ["2016"], "02/08/2016"),
    "YYYYMMDD": ("20160802", ["201608", "201608UN"], ["2016", "2016UNUN"], "2016-08-02"),
    "dd MON yyyy": (
        "2 aug 2016",
        ["AUG 2016", "UN AUG 2016", "UNK AUG 2016"],
        ["UN UNK 2016"],
        "02-AUG-2016",
    ),
    "yyyy/m/d": ("2016/8/2", ["2016/8"], ["2016"], "8/2/2016"),
}


def test_every_format_of_the_table_is_tried_here() -> None:
    assert set(FORMS) == {name for name in FORMATS if "HH" not in name}


@pytest.mark.parametrize("form", FORMS)
def test_a_date_is_read_as_precise_as_it_was_collected(form: str) -> None:
    complete, months, years, other = FORMS[form]
    assert iso_from(complete, form, partial=False) == "2016-08-02"
    assert [iso_from(text, form) for text in (complete, *months)] == [
        "2016-08-02",
        *["2016-08"] * len(months),
    ]
    assert [iso_from(text, form) for text in years] == ["2016"] * len(years)
    assert iso_from(other, form) is None


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_allows_no_partial_date_gets_none(form: str) -> None:
    _, months, years, _ = FORMS[form]
    assert [iso_from(text, form, partial=False) for text in (*months, *years)] == [None] * len(months + years)


NO_DATES = {
    "29 February of a year that is no leap year": ("29 FEB 2015", "dd MON yyyy"),
    "1900 was no leap year": ("29 FEB 1900", "dd MON yyyy"),
    "31 April": ("31 APR 2016", "dd MON yyyy"),
    "day 0 stands for nothing": ("00 AUG 2016", "dd MON yyyy"),
    "a day that no month has": ("32 UNK 2016", "dd MON yyyy"),
    "a day of an unknown month of year 0": ("12 UNK 0000", "dd MON yyyy"),
    "a dash where nothing stands between the parts": ("2016-12", "YYYYMMDD"),
    "a month of another language": ("12 AOU 2016", "dd MON yyyy"),
    "a year of two digits": ("12 AUG 16", "dd MON yyyy"),
    "month 13": ("2016/13/1", "yyyy/m/d"),
    "full-width digits": ("１２ AUG 2016", "dd MON yyyy"),
    "full-width digits in a partial date": ("UN UNK ２０１６", "dd MON yyyy"),
    "year 0": ("0000", "YYYY-MM-DD"),
    "nothing": ("", "dd MON yyyy"),
    "a time where the format has none": ("2016-08-02T09:30", "YYYY-MM-DD"),
    "24 o'clock": ("2016-08-02T24:00", "YYYY-MM-DDTHH:MM"),
    "a time of a month": ("2016-08T09:30", "YYYY-MM-DDTHH:MM"),
}


@pytest.mark.parametrize(("text", "form"), NO_DATES.values(), ids=NO_DATES)
def test_what_is_no_date_is_none(text: str, form: str) -> None:
    assert iso_from(text, form) is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("27 UNK 2021", "dd MON yyyy"),
        ("27UNK2021", "DDMONYYYY"),
        ("27-UN-2021", "DD-MM-YYYY"),
        ("UN/27/2021", "MM/DD/YYYY"),
        ("2021---27", "YYYY-MM-DD"),
        ("2021-UN-27", "YYYY-MM-DD"),
    ],
)
def test_a_day_of_an_unknown_month_keeps_its_day(text: str, form: str) -> None:
    assert iso_from(text, form) == "2021---27"
    assert iso_from(text, form, partial=False) is None
    assert not collected_dates.is_complete("2021---27", form)


@pytest.mark.parametrize(
    ("text", "form", "iso"),
    [
        ("2016-08-02T09:30", "YYYY-MM-DDTHH:MM", "2016-08-02T09:30"),
        ("2016-08-02T09:30:15", "YYYY-MM-DDTHH:MM", "2016-08-02T09:30:15"),
        ("2016-08-02 09:30", "YYYY-MM-DD HH:MM", "2016-08-02T09:30"),
        ("02AUG2016:09:30:00", "DDMONYYYY:HH:MM", "2016-08-02T09:30:00"),
        ("8/2/2016 9:30", "MM/DD/YYYY HH:MM", "2016-08-02T09:30"),
        ("02-Aug-2016 23:59", "DD-MON-YYYY HH:MM", "2016-08-02T23:59"),
    ],
)
def test_a_date_with_a_time_keeps_its_time(text: str, form: str, iso: str) -> None:
    assert iso_from(text, form, partial=False) == iso


def test_the_time_of_a_partial_date_may_be_missing() -> None:
    assert iso_from("2016-08-02", "YYYY-MM-DDTHH:MM", partial=False) is None
    assert iso_from("2016-08-02", "YYYY-MM-DDTHH:MM", partial=True) == "2016-08-02"
    assert not collected_dates.is_complete("2016-08-02", "YYYY-MM-DDTHH:MM")


def test_a_format_is_named_in_any_case_and_with_its_seconds_or_without() -> None:
    assert named("DD MON YYYY") == "dd MON yyyy"
    assert named("yyyy-mm-ddThh:mm:ss") == "YYYY-MM-DDTHH:MM"
    assert named("MON DD YYYY") is None


@pytest.mark.parametrize(
    ("text", "form", "why"),
    [
        ("01-13-2014", "DD-MM-YYYY", "month over 12"),
        ("13 FOO 2014", "dd MON yyyy", "no English month"),
        ("31/04/2014", "DD/MM/YYYY", "not in the calendar"),
        ("2014-01-13", "DD-MM-YYYY", "another form"),
        ("UN JAN 2014", "dd MON yyyy", "a part is unknown"),
    ],
)
def test_the_objection_says_what_is_wrong_and_not_what_stands_there(text: str, form: str, why: str) -> None:
    assert objection(text, form, partial=False) == why


def test_the_formats_that_fit_all_texts_are_found_complete_ones_first() -> None:
    assert that_fit(["01-13-2014", "02-02-2014"])[0] == ("MM-DD-YYYY", False)
    assert that_fit(["01/13/2014", "2014"])[0] == ("MM/DD/YYYY", True)
    assert that_fit(["01-13-2014", "13-01-2014"]) == []


WRITTEN = {
    "YYYY-MM-DD": "2016-08-02",
    "MM/DD/YYYY": "08/02/2016",
    "DD.MM.YYYY": "02.08.2016",
    "DD-MON-YYYY": "02-AUG-2016",
    "DDMONYYYY": "02AUG2016",
    "yyyy/m/d": "2016/8/2",
    "dd MON yyyy": "02 AUG 2016",
}


@pytest.mark.parametrize(("form", "shown"), WRITTEN.items())
def test_a_typed_day_is_written_as_the_form_shows_it(form: str, shown: str) -> None:
    assert written(date(2016, 8, 2), form) == shown


def test_a_typed_moment_is_written_with_its_time_where_the_format_has_one() -> None:
    assert written(datetime(2016, 8, 2, 9, 30), "YYYY-MM-DDTHH:MM") == "2016-08-02T09:30"  # noqa: DTZ001
    assert written(datetime(2016, 8, 2, 9, 30, 5), "DDMONYYYY:HH:MM") == "02AUG2016:09:30:05"  # noqa: DTZ001


@pytest.mark.parametrize("form", [name for name in FORMATS if "HH" not in name])
def test_what_is_written_reads_as_what_it_was(form: str) -> None:
    assert iso_from(written(date(2016, 8, 2), form), form) == "2016-08-02"
    assert iso_from(collected_dates.written_partial("2016", "08", form), form) == "2016-08"
    assert iso_from(collected_dates.written_partial("2016", None, form), form) == "2016"
