"""What a column holds, worked out from its texts: type, format, labels, what stands for no value; each with
what it rests on.

No text of a participant leaves this module, but the labels of a field that is answered by choice: short, few,
each given by several participants, or known to the terminology.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.drafting import words
from pipeline.drafting.drop import Collected, Column
from pipeline.records import collected_dates
from pipeline.records.count import counted
from pipeline.records.numbers import Marks, is_number

# what a form or a program writes where there is no number and no date
NO_VALUE = ("NA", "N/A", ".", "-", "--", "NULL", "NaN", "ND", "UNK", "NI", "NASK", "NK")
MOST_LABELS, LONGEST_LABEL = 25, 60
RECORDS_A_LABEL, SUBJECTS_A_LABEL = 3, 2
NEARLY_ALL = 0.9  # of the texts: a format that fits so many is the one, and the others are faults
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", re.ASCII)
_CODE_NUMBER = re.compile(r"0\d+", re.ASCII)  # 0012 is a code and no number
_CODE_OF_MEDDRA = re.compile(r"(LLT|PT|HLT|HLGT|BDSY|SOC)_?(CD|CODE)$")
_DIGITS = re.compile(r"\d{8}", re.ASCII)


@dataclass(frozen=True)
class Field:
    """A field as it is drafted."""

    name: str
    label: str
    type: str  # text, code, integer, number, date, time, stamp
    evidence: str
    format: str = ""  # of a date, with `partial` where parts may be unknown
    labels: tuple[str, ...] = ()  # answers that may be shown
    missing: tuple[str, ...] = ()  # texts that stand for no value
    filled: int = 0  # records with a value
    distinct: int = 0
    decimal: str = "."

    @property
    def is_date(self) -> bool:
        return self.type == "date"

    @cached_property
    def words(self) -> str:
        """Name and label in plain words, by which a field is recognized."""
        return words.plain(self.name)

    @cached_property
    def words_of_label(self) -> str:
        return words.plain(self.label)


def drafted(form: Collected, subject: str | None) -> dict[str, Field]:
    """Every field of a form.

    1. A type is the narrowest that each text has, but the texts that stand for no value.
    2. A format of dates is the one that fits all records; where several do, all of them (`with_one_order`).
    """
    return {column.name: _field(form, column, subject) for column in form.columns}


def _field(form: Collected, column: Column, subject: str | None) -> Field:
    texts = column.texts.str.strip()
    texts = texts[texts.notna() & texts.ne("")]
    counts = {str(text): int(n) for text, n in texts.value_counts().items()}
    empty = Field(column.name, column.label, "text", "no value in any record", labels=column.choices)
    if not counts:
        is_code = _CODE_OF_MEDDRA.search(words.squeezed(column.name))
        return replace(empty, type="integer", evidence="no value; a code of MedDRA") if is_code else empty
    distinct = {" ".join(text.split()).casefold() for text in counts}
    field = replace(empty, filled=sum(counts.values()), distinct=len(distinct))
    for missing in _missing(counts):
        rest = {text: n for text, n in counts.items() if text not in missing}
        typed = _typed(field, rest)
        if typed is not None:
            left_out = f"; {', '.join(missing)} for no value" if missing else ""
            return replace(typed, missing=missing, evidence=typed.evidence + left_out)
    labels = column.choices or _labels(form, column, counts, subject)
    if labels:
        seen = counted(field.filled, "record")
        evidence = f"{counted(len(labels), 'label')} in {seen}"
        return replace(field, type="code", labels=labels, evidence=evidence)
    return replace(field, evidence=_as_text(counts))


def _missing(counts: Mapping[str, int]) -> Iterable[tuple[str, ...]]:
    """No text, then those that may stand for no value."""
    yield ()
    found = tuple(text for text in sorted(counts) if text.upper() in NO_VALUE)
    if found and len(found) < len(counts):
        yield found


def _typed(field: Field, counts: Mapping[str, int]) -> Field | None:
    """The field with its type, where the texts have one beside text."""
    texts, all_of = list(counts), f"all {counted(sum(counts.values()), 'record')}"
    if all(_CLOCK.fullmatch(text) for text in texts):
        return replace(field, type="time", evidence=f"a time of day in {all_of}")
    if all(_STAMP.fullmatch(text) for text in texts):
        return replace(field, type="stamp", evidence=f"a moment in {all_of}")
    zeros = sum(n for text, n in counts.items() if _CODE_NUMBER.fullmatch(text))
    if zeros > (1 - NEARLY_ALL) * sum(counts.values()):
        return None
    date = _date(field, counts)
    if date is not None:
        return date
    if all(is_number(text, Marks(), True) for text in texts):
        return replace(field, type="integer", evidence=f"a whole number in {all_of}")
    for decimal in (".", ","):
        if all(is_number(text, Marks(decimal, ""), False) for text in texts):
            mark = " with a decimal comma" if decimal == "," else ""
            return replace(field, type="number", decimal=decimal, evidence=f"a number{mark} in {all_of}")
    return None


# --- dates
def _date(field: Field, counts: Mapping[str, int]) -> Field | None:
    """The field as a date, where a format fits all of its texts, or nearly all."""
    if not any(re.search(r"\d{4}", text) for text in counts):
        return None
    if all(_DIGITS.fullmatch(text) for text in counts) and not words.is_date(field.words):
        return None
    total = sum(counts.values())
    fits = {name: sum(counts[t] for t in fitting) for name, fitting in _fitting(counts).items()}
    best = max(fits.values(), default=0)
    if best < NEARLY_ALL * total:
        return None
    names = [name for name, n in fits.items() if n == best]
    evidence = f"fits {'all ' if best == total else ''}{counted(best, 'record')}"
    if best < total:
        evidence += f", and {total - best} are otherwise; query the site"
    if len(names) > 1:
        evidence += f"; {' and '.join(names[1:])} fit too"
    return replace(field, type="date", format="|".join(names), evidence=evidence)


def _fitting(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """The texts that each format fits, of a complete date in some text; partial only where that fits more."""
    found: dict[str, list[str]] = {}
    for name in collected_dates.FORMATS:
        complete = [text for text in counts if collected_dates.iso_from(text, name, False)]
        if not complete:
            continue
        partial = [text for text in counts if collected_dates.iso_from(text, name, True)]
        if len(partial) > len(complete):
            found[f"{name} partial"] = partial
        else:
            found[name] = complete
    return _without_equals(found) if found else _fitting_in_part(counts)


def _fitting_in_part(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """The texts that each format fits where all dates are partial: UNK-UNK-2010. Digits are a number."""
    if all(text.isdigit() for text in counts):
        return {}
    days = [name for name in collected_dates.FORMATS if not name.endswith("HH:MM")]
    fits = {
        f"{name} partial": [text for text in counts if collected_dates.iso_from(text, name, True)]
        for name in days
    }
    return {name: texts for name, texts in fits.items() if texts}


def _without_equals(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of two formats that are the same but for how they write digits, the usual one."""
    for usual, other in (("YYYY-MM-DD", "YYYYMMDD"), ("YYYY/MM/DD", "yyyy/m/d")):
        for suffix in ("", " partial"):
            if found.get(usual + suffix) == found.get(other + suffix):
                found.pop(other + suffix, None)
    return found


def with_one_order(forms: Sequence[Mapping[str, Field]]) -> list[dict[str, Field]]:
    """Each date of a drop with one format: of several that fit, the one that another date has alone.

    Takes     the fields of each form.
    """
    alone = [{f.format for f in form.values() if f.is_date and "|" not in f.format} for form in forms]
    of_drop = {name.removesuffix(" partial") for names in alone for name in names}
    found = []
    for fields, names in zip(forms, alone, strict=True):
        of_form = {name.removesuffix(" partial") for name in names}
        found.append({name: _with_one(field, of_form, of_drop) for name, field in fields.items()})
    return found


def _with_one(field: Field, of_form: Collection[str], of_drop: Collection[str]) -> Field:
    names = field.format.split("|")
    if not field.is_date or len(names) == 1:
        return field
    why, format_ = "ask which is day and which is month", names[0]
    for others, known in (("the form", of_form), ("the drop", of_drop)):
        like = [name for name in names if name.removesuffix(" partial") in known]
        if len(like) == 1:
            why, format_ = f"as other dates of {others}", like[0]
            break
    rest = " and ".join(name for name in names if name != format_)
    return replace(field, format=format_, evidence=f"{field.evidence.partition(';')[0]}; {rest} too: {why}")


# --- labels
def _labels(
    form: Collected, column: Column, counts: Mapping[str, int], subject: str | None
) -> tuple[str, ...]:
    """The labels of a field that is answered by choice; none where a text may be a participant's own."""
    if len(counts) > MOST_LABELS or max(map(len, counts)) > LONGEST_LABEL:
        return ()
    if words.has_role("free text", column.name) or words.has_role("person", column.name):
        return ()
    records = sum(counts.values())
    labels = _one_spelling_each(counts)
    if words.are_known_answers(counts):
        return labels
    if subject is None or subject == column.name or records < RECORDS_A_LABEL * len(counts):
        return ()
    numbers = form.column(subject).texts
    givers = numbers.groupby(column.texts.str.strip()).nunique()
    return labels if (givers >= SUBJECTS_A_LABEL).all() else ()


def _one_spelling_each(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The labels, of those that differ in case or blanks alone the most common: a contract reads them all."""
    found: dict[str, str] = {}
    for text in sorted(counts, key=lambda text: (-counts[text], text)):
        found.setdefault(" ".join(text.split()).casefold(), text)
    return tuple(sorted(found.values()))


def _as_text(counts: Mapping[str, int]) -> str:
    numbers = sum(n for text, n in counts.items() if is_number(text, Marks(), False))
    total = sum(counts.values())
    if numbers >= total / 2:
        return f"a number in {numbers} of {counted(total, 'record')}"
    return f"{counted(len(counts), 'text')} in {counted(total, 'record')}"
