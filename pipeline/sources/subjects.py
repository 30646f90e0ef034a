"""A subject number that nobody has: what is strange in it, and which number it may stand for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pandas as pd

from pipeline.records.characters import HARD_BLANKS
from pipeline.records.distinct import map_distinct
from pipeline.study import Study, subject_numbers
from pipeline.study.models import Form

_DASHES = ("Pd",)  # Unicode category of hyphens and dashes
_BLANKS = {" ": "blank", **dict.fromkeys(HARD_BLANKS, "hard blank")}
_INVISIBLE = ("Cf", "Cc", "Zs", "Zl", "Zp")  # of what is not seen: zero-width characters, blanks, tabs


def composed(form: Form, collected: pd.DataFrame) -> pd.DataFrame:
    """The records with the subject number, where several columns of the form make it; missing where one of
    them is blank.

    Takes     the form; the records as their file has them.
    """
    for number, field in form.fields.items():
        if field.composed_of:
            made = pd.Series("", collected.index, dtype="str")
            *before, end = subject_numbers.texts(field.composed_of)
            for text, name in zip(before, subject_numbers.names(field.composed_of), strict=True):
                made = made + text + collected[name].str.strip().replace("", None)
            made = made + end
            in_file = [name for name, other in form.fields.items() if other.part_of is None]
            return collected.assign(**{number: made})[in_file]
    return collected


def as_in_study(study: Study, form: Form, collected: pd.DataFrame) -> pd.DataFrame:
    """The records with the subject number as the study writes it, where the form writes it otherwise.

    Takes     the study; the form; the records as their file has them.
    """
    if form.subject is None:
        return collected
    field = study.protocol.subjects.number
    read = subject_numbers.as_in_study(form.subject, subject_numbers.standard(study))
    return collected.assign(**{field: map_distinct(collected[field], read)})


def with_parts(form: Form, parts: str | None, collected: pd.DataFrame) -> pd.DataFrame:
    """The records with the parts of the subject number, in the order of the contract.

    Takes     the form; what the number is made of; the records as their file has them.
    """
    of_number = {name: field.part_of for name, field in form.fields.items() if field.part_of}
    if not of_number:
        return collected
    added = {
        name: map_distinct(collected[number], subject_numbers.part(str(parts), name))
        for name, number in of_number.items()
    }
    return collected.assign(**added)[list(form.fields)]


def hint(number: str, enrolled: Iterable[str]) -> str:
    """What is strange in the number by name and place, and the enrolled number that it looks like; empty
    where there is nothing to say.

    Takes     the subject number without blanks around it; all subject numbers of the enrolment form.
    """
    strange = ", ".join(
        f"{_name(character)} at character {place}"
        for place, character in enumerate(number, start=1)
        if not character.isascii() or not character.isprintable() or character == " "
    )
    said = f"; it holds {strange}" if strange else ""
    meant = alike(number, enrolled)
    if meant:
        said += f"; did you mean {' or '.join(meant)}?"
    return said


def shape(number: str) -> str:
    """How a number is written, without the number: 9 for a digit, A for a letter, all else as it is."""
    return "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in number)


def alike(number: str, enrolled: Iterable[str]) -> list[str]:
    """The enrolled numbers that a reader cannot tell from this one, or only by its case and blanks."""
    return sorted(other for other in enrolled if _seen(other) == _seen(number)) if number else []


def records(count: int) -> str:
    """The number of records in words."""
    return "1 record" if count == 1 else f"{count} records"


def _name(character: str) -> str:
    name = _BLANKS.get(character) or unicodedata.name(character, "control character").lower()
    return f"U+{ord(character):04X} ({name})"


def _seen(number: str) -> str:
    """The number as a reader sees it: without what is invisible, with one kind of hyphen, in capitals."""
    plain = unicodedata.normalize("NFKC", number)
    seen = ["-" if unicodedata.category(c) in _DASHES else c for c in plain]
    return "".join(c for c in seen if unicodedata.category(c) not in _INVISIBLE).upper()
