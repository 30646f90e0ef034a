"""The declared formats of dates, held against a whole form: a format that many records do not have is a slip
of the contract and no fault of a site, so it is told once, with the format that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from pipeline.records import characters
from pipeline.records.collected_dates import iso_from, objection, that_fit
from pipeline.records.distinct import codes_and_values
from pipeline.study import Study
from pipeline.study.models import Form

_MANY = 0.1  # of the dates of a field: a format that as many do not have is taken for a slip


def slips(study: Study, form: Form, collected: pd.DataFrame, place: Callable[[int], str]) -> Iterator[str]:
    """A message for each field whose declared format does not fit one date in ten, or more, while another
    format fits all of them. Where none does, each wrong date is a finding of its own, RAW-DATE.

    Takes     a form as collected; the function that gives the place of a record in its file.
    """
    for name, field in form.fields.items():
        if field.type != "date" or field.format is None:
            continue
        codes, texts = codes_and_values(collected[name])
        dates = {i: t for i, text in enumerate(texts) if (t := _date(form, name, text))}
        wrong = {i: t for i, t in dates.items() if iso_from(t, field.format, field.partial) is None}
        records = int(np.isin(codes, [*dates]).sum())
        broken = np.flatnonzero(np.isin(codes, [*wrong]))
        if not wrong or len(broken) < _MANY * records:
            continue
        fitting = [(other, partial) for other, partial in that_fit(dates.values()) if other != field.format]
        if fitting:
            first = int(broken[0])
            why = objection(wrong[int(codes[first])], field.format, field.partial)
            message = (
                f"{field.format} does not fit {name} in {len(broken)} of {records} records"
                f" (first: {place(first)}, {why}); {_in_words(fitting)}"
            )
            yield str(study.error(f"specs/raw/{form.form}.yaml", ("fields", name, "format"), message))


def _date(form: Form, name: str, text: str) -> str | None:
    trimmed = characters.trimmed(text)
    return None if not trimmed or form.stands_for_no_value(name, trimmed) else trimmed


def _in_words(fitting: list[tuple[str, bool]]) -> str:
    """The formats that fit, complete ones alone where there are any; of several none is chosen."""
    complete = [form for form, partial in fitting if not partial]
    names = complete or [f"{form} partial" for form, _ in fitting]
    if len(names) == 1:
        return f"{names[0]} fits all"
    return f"{', '.join(names[:-1])} and {names[-1]} fit all: the form or its guide says which"
