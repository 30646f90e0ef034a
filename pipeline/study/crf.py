"""Where each form stands in the annotated case report form."""

from __future__ import annotations

from pipeline.study import Study

LISTED = 40  # forms on a page of the contents


def pages(study: Study) -> dict[str, int]:
    """The page number of each form, the first page of the file being 1; the contents and the conventions come
    before the forms.
    """
    of_contents = -(-len(study.forms) // LISTED)
    return {name: number for number, name in enumerate(study.forms, start=of_contents + 2)}
