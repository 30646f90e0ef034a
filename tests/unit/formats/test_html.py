"""A label in HTML reads as a page shows it, and angle brackets that are no tags stay."""

from __future__ import annotations

import pytest

from pipeline.formats import html

LABELS = {
    "Grade 1": "Grade 1",
    "<b>Grade 1</b>": "Grade 1",
    '<span style="color:red">Grade 2</span> (mild, <i>reversible</i>)': "Grade 2 (mild, reversible)",
    "Yes<br/>of course": "Yes of course",
    "<p>Yes</p><p>of course</p>": "Yes of course",
    "<font color=red size='2'>Yes</font>": "Yes",
    "H<sub>2</sub>O": "H2O",
    "10<sup>9</sup>/L": "10^9/L",
    "m<sup>2</sup>": "m2",
    "1<sup>st</sup> dose": "1st dose",
    "5 &lt; 7&nbsp;&amp; 8": "5 < 7 & 8",
    "<18 years": "<18 years",
    "a < b and c > d": "a < b and c > d",
    "<ULN and >LLN": "<ULN and >LLN",
    "<b and c> d": "<b and c> d",
    " two   blanks ": "two blanks",
}


@pytest.mark.parametrize(("label", "expected"), LABELS.items())
def test_a_label_in_html_reads_as_a_page_shows_it(label: str, expected: str) -> None:
    assert html.text(label) == expected
