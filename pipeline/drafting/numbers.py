"""A participant's number in two columns of each form: a site, and a number that begins again there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pipeline.drafting import words
from pipeline.drafting.drop import Collected, Column

NAME = "SUBJNO"  # of a field that no form has


def whole(forms: Sequence[Collected], number: str | None) -> tuple[list[Collected], str]:
    """The forms with the whole number of a participant, where one column has a part of it.

    It is made of site and number where a form has one record of each pair, but several of a number, and each
    form with the number has the site.

    Takes     the forms; the column that names the participant in most of them.
    Returns   the forms; what the number is made of, {SITEID}-{SUBJECT}; "" where a column has the whole.
    """
    having = [form for form in forms if number in _names(form)]
    sites = [name for form in having[:1] for name in _names(form) if words.is_named_for("site", name)]
    if number is None or not sites or not all(sites[0] in _names(form) for form in having):
        return list(forms), ""
    of_form = {form.form: _pairs(form, sites[0], number) for form in having}
    most = max(pairs.nunique() for pairs in of_form.values())
    if NAME in {name for form in forms for name in _names(form)} or not any(
        pairs.nunique() == len(pairs) == most > form.column(number).texts.nunique()
        for form in having
        for pairs in [of_form[form.form]]
    ):
        return list(forms), ""
    added = [
        replace(form, columns=(Column(NAME, of_form[form.form]), *form.columns)) if form in having else form
        for form in forms
    ]
    return added, f"{{{sites[0]}}}-{{{number}}}"


def _names(form: Collected) -> list[str]:
    return [column.name for column in form.columns]


def _pairs(form: Collected, site: str, number: str) -> pd.Series:
    return form.column(site).texts.str.strip() + "-" + form.column(number).texts.str.strip()
