"""Forms of which a drop holds much less than the one before, or nothing where records are planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.checks.drop.query_list import of_file
from pipeline.checks.drop.sheets import Sheet
from pipeline.records.lost import EMPTY, LOST, Size, Sizes, lost
from pipeline.records.queries import Query
from pipeline.study import Study

ENOUGH = 10  # participants: with fewer, nobody may have had what a form asks for, such as a new lesion


def sizes(sheets: Mapping[str, Sheet]) -> Sizes:
    """How much each form holds of those who are enrolled."""
    subjects = {form: sheet.carried["USUBJID"].dropna() for form, sheet in sheets.items()}
    return {form: Size(len(of_form), of_form.nunique()) for form, of_form in subjects.items()}


def queries(study: Study, sheets: Mapping[str, Sheet], before: Sizes | None) -> Iterator[Query]:
    """A query for each form that lost much; without a drop before, for each that holds nothing although the
    schedule of the study plans it, of a drop of ten participants or more.

    Takes     the forms that could be read; how much they held in the last check or build, where one is known.
    """
    if before is not None:
        percent = study.protocol.lost_percent
        for form, told in lost(sizes(sheets), before, percent):
            question = (
                f"The form {form} has lost much of what it held. Please deliver all of it, or confirm it."
            )
            expected = f"at most {percent:g} % fewer records and participants than in the last drop"
            yield of_file(LOST, form, sheets[form].file, question, told, expected)
        return
    of_forms = sizes(sheets)
    if not of_forms or max(size.participants for size in of_forms.values()) < ENOUGH:
        return
    planned = {form for entry in study.protocol.schedule for form in entry.forms}
    for form, sheet in sheets.items():
        if form in planned and not len(sheet.collected):
            question = f"The form {form} holds no record. Please confirm that there is none, or deliver it."
            expected = "records of a form that the schedule of visits plans"
            yield of_file(EMPTY, form, sheet.file, question, "no record", expected, severity="warning")
