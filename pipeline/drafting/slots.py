"""Lesions that stand side by side in one record of a form: L1_SITE, L1_MM, L2_SITE, L2_MM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.drafting import text
from pipeline.drafting.fields import Field
from pipeline.drafting.forms import Drafted

_NUMBERED = (
    re.compile(r"(?P<kind>[a-z]*?) ?(?P<number>[0-9]{1,2}) (?P<what>.+)"),  # L1_SITE
    re.compile(r"(?P<kind>)(?P<what>[a-z ]+?) ?(?P<number>[0-9]{1,2})"),  # SITE_1
)
_WHAT = {
    "size": re.compile(r"\b(mm|cm|size|diam\w*|longest|length|measure\w*|axis|ld|result)\b"),
    "site": re.compile(r"\b(site|organ|loc\w*)\b"),
    "node": re.compile(r"\b(node|nodal|ln|lymph)\b"),
    "status": re.compile(r"\b(stat\w*|state|eval\w*)\b"),
}
FEWEST = 2  # slots: a single number in a name says nothing


@dataclass(frozen=True)
class Slot:
    """The fields of one lesion."""

    number: int
    size: Field | None
    site: Field | None
    node: Field | None
    status: Field | None

    @property
    def asked(self) -> Field | None:
        """The field by which a slot is known to be filled."""
        return self.size or self.status or self.site


def of_form(form: Drafted) -> list[Slot]:
    """The lesions that a form holds side by side, in their order; none where it does not.

    Takes     the form; two fields of different numbers must ask for a size or a state.
    """
    found: dict[int, dict[str, Field]] = {}
    for field in form.fields.values():
        for numbered in _NUMBERED:
            match = numbered.fullmatch(field.words)
            what = _what(match["what"]) if match else None
            if match and what and not field.is_date:
                found.setdefault(int(match["number"]), {}).setdefault(what, field)
                break
    slots = [_slot(number, fields) for number, fields in sorted(found.items())]
    slots = [slot for slot in slots if slot.size or slot.status]
    return slots if len(slots) >= FEWEST else []


def _what(words: str) -> str | None:
    return next((what for what, pattern in _WHAT.items() if pattern.search(words)), None)


def _slot(number: int, fields: Mapping[str, Field]) -> Slot:
    return Slot(number, fields.get("size"), fields.get("site"), fields.get("node"), fields.get("status"))


def identified_where(form: Drafted, slot: Slot) -> str:
    """The condition of the record that identifies a lesion: at the one visit at which its site is asked, else
    at the visit at which most sites are.
    """
    field = slot.site or slot.asked
    assert field is not None
    condition = f"{text.scalar(field.name)}: present"
    if form.visit is None:
        return f"{{{condition}}}"
    filled = form.collected.column(field.name).texts.notna()
    visits = form.collected.column(form.visit).texts[filled].value_counts(sort=False)
    if len(visits) < FEWEST:
        return f"{{{condition}}}"
    first = next((str(visit) for visit in visits.index if _BASELINE.search(str(visit))), str(visits.index[0]))
    return f"{{{text.scalar(form.visit)}: {text.scalar(first)}, {condition}}}"


_BASELINE = re.compile(r"screen|baseline|scr\b", re.IGNORECASE)
