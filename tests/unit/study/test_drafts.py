"""Which lines of a study are still a draft's."""

from __future__ import annotations

import pytest

from pipeline.study.drafts import left

LINES = {
    # what the line is: (the line, the places told)
    "drafted": ("AETERM: {copy: TERM}  # draft: name: term", ["1:23: draft: name: term"]),
    "confirmed": ("AETERM: {copy: TERM}", []),
    "confirmed, and the reason is still that of the draft": (
        "not_collected: {AEACN: WHY, AEREL: Not asked}",
        ["1:24: draft: WHY is no reason; write why the form does not ask"],
    ),
    "likewise on a line of its own": (
        "  AEACN: WHY   # the action",
        ["1:10: draft: WHY is no reason; write why the form does not ask"],
    ),
    "drafted, so told once": ("not_collected: {AEACN: WHY}  # draft: none", ["1:30: draft: none"]),
    "a reason in which the word stands": ("not_collected: {AEACN: WHY is not asked}", []),
    "a name of something else": ("{id: WHY, label: Reason}", []),
    "in a comment": ("AETERM: {copy: TERM}  # AEACN: WHY", []),
}


@pytest.mark.parametrize(("line", "places"), LINES.values(), ids=LINES)
def test_a_line_is_a_draft_until_somebody_confirms_it_with_a_reason(line: str, places: list[str]) -> None:
    assert [str(draft) for draft in left({"mappings/sdtm/ae.yaml": line.encode()})] == places


def test_what_is_called_so_in_another_file_is_no_reason() -> None:
    assert list(left({"specs/displays.yaml": b"rows: {EOS: WHY}"})) == []
