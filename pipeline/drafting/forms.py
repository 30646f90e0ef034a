"""What a form is: which fields name participant and visit, what is the key, which datasets it feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import pandas as pd

from pipeline.drafting import fields, numbers, words
from pipeline.drafting.drop import Collected
from pipeline.drafting.fields import Field
from pipeline.records.count import counted

_OF_A_DATASET = re.compile(r"[A-Z]{2}|SUPP[A-Z]{2}|RELREC|AD[A-Z]{2,6}")
MOST_KEYS = 3  # beside the participant
CANDIDATES = 10  # fields that are tried in a key
ROW = "row"
_FIELDS_OF_A_KIND = 2


@dataclass(frozen=True)
class Drafted:
    """A form as it is drafted."""

    collected: Collected
    fields: dict[str, Field]
    subject: str | None
    visit: str | None
    keys: tuple[str, ...]  # none: the row
    keys_evidence: str
    domains: tuple[str, ...]  # that the form feeds by its name
    part: str  # of a domain that several forms feed: target, new anticancer therapy
    domains_evidence: str
    lacks: str = ""  # the field of the participant, which this form calls otherwise
    named_by: str = ""  # the column of the form that may hold it
    made_of: str = ""  # the columns that make the participant's number, which has none of its own

    @property
    def name(self) -> str:
        """The form as the study calls it: in small letters where a dataset has its name, AE."""
        name = self.collected.form
        return name.lower() if _OF_A_DATASET.fullmatch(name) else name


def drafted(forms: Sequence[Collected]) -> list[Drafted]:
    """Every form of a drop."""
    forms, made_of = numbers.whole(forms, subject_of(forms))
    subject = numbers.NAME if made_of else subject_of(forms)
    has = [subject if any(c.name == subject for c in form.columns) else None for form in forms]
    of_forms = fields.with_one_order([fields.drafted(*pair) for pair in zip(forms, has, strict=True)])
    found = [_drafted(*one) for one in zip(forms, has, of_forms, strict=True)]
    found = [replace(form, made_of=made_of) if form.subject else form for form in found]
    found = [form if form.subject or subject is None else _without_subject(form, subject) for form in found]
    return [_with_visit_of_others(form, found) for form in found]


def _without_subject(form: Drafted, subject: str) -> Drafted:
    named = [name for name in form.fields if words.has_role("subject", name)]
    return replace(form, lacks=subject, named_by=named[0] if named else "")


def _with_visit_of_others(form: Drafted, forms: Sequence[Drafted]) -> Drafted:
    """A form of few records whose visits are those of other forms, in a field of the same name."""
    if form.visit is not None:
        return form
    for name in dict.fromkeys(other.visit for other in forms if other.visit in form.fields):
        visits = {v for other in forms if other.visit == name for v in _texts(other.collected, str(name))}
        if _texts(form.collected, str(name)) & visits:
            return replace(form, visit=name)
    return form


def _texts(form: Collected, name: str) -> set[str]:
    texts = form.column(name).texts.dropna().unique()
    return {" ".join(str(text).split()).casefold() for text in texts}


def _drafted(form: Collected, subject: str | None, of_form: dict[str, Field]) -> Drafted:
    visit = _visit(form, of_form, subject)
    keys, evidence = _keys(form, of_form, subject, visit)
    domains, part, why = recognized(form, of_form)
    return Drafted(form, of_form, subject, visit, keys, evidence, domains, part, why)


# --- the participant
def subject_of(forms: Sequence[Collected]) -> str | None:
    """The field that names the participant: in the most forms; of these the one that tells most participants
    apart, for a number may begin again at each site; then the one with the most usual name.
    """

    def rank(name: str) -> tuple[int, int, int]:
        held = [column for form in forms for column in form.columns if column.name == name]
        participants = max(column.texts.nunique() for column in held)
        return -len(held), -participants, words.is_named_for("subject", name) or 99

    named = dict.fromkeys(c.name for f in forms for c in f.columns if words.has_role("subject", c.name))
    return min(named, key=rank, default=None)


def _visit(form: Collected, of_form: dict[str, Field], subject: str | None) -> str | None:
    """The field that names the visit: several visits, each of several participants."""
    candidates = [
        name
        for name, field in of_form.items()
        if words.has_role("visit", name)
        and not field.is_date
        and field.type in ("text", "code")
        and field.distinct > 1
        and field.distinct <= field.filled / 2
        and name != subject
    ]
    return min(candidates, key=lambda name: words.is_named_for("visit", name) or 99, default=None)


# --- the key
def _keys(
    form: Collected, of_form: dict[str, Field], subject: str | None, visit: str | None
) -> tuple[tuple[str, ...], str]:
    """The smallest set of fields that no two records share; none where there is no such set."""
    first = (subject,) if subject else ()
    frame = pd.DataFrame({column.name: column.texts for column in form.columns})
    if frame.empty:
        return first, "no record to tell"
    named = counted(len(frame), "record")
    for line in _line_numbers(form, of_form, subject):
        if not frame.duplicated([*first, line]).any():
            return (*first, line), f"{line} numbers the records of a participant: no two of {named} are equal"
    for size in range(MOST_KEYS + 1):
        for others in combinations(_candidates(of_form, subject, visit), size):
            keys = [*first, *others]
            if keys and not frame.duplicated(keys).any():
                return tuple(keys), f"no two of {named} are equal in it"
    repeated = int(frame.duplicated().sum())
    equal = f"; {counted(repeated, 'record')} repeat another" if repeated else ""
    return (), f"no {MOST_KEYS} fields tell {named} apart{equal}"


def _line_numbers(form: Collected, of_form: dict[str, Field], subject: str | None) -> Iterator[str]:
    """The fields that number the records of each participant from 1, in each record."""
    for name, field in of_form.items():
        is_number = words.has_role("sequence", name) or words.has_role("line", name)
        if subject and name != subject and is_number and field.type == "integer":
            in_each_record = field.filled == form.records
            starts_again = field.distinct < field.filled
            if in_each_record and starts_again:
                yield name


def _candidates(of_form: dict[str, Field], subject: str | None, visit: str | None) -> list[str]:
    """The fields that may tell two records of a participant apart, the likeliest first."""

    def rank(name: str) -> int | None:
        field = of_form[name]
        if name == subject or field.filled == 0 or field.distinct < 2:
            return None
        if words.has_role("sequence", name):
            return 1
        if name == visit:
            return 0
        if re.search(_OF_A_KEY, field.words):
            return 2
        if field.is_date and re.search(r"start|st|onset|dat", field.words):
            return 3
        if field.type in ("code", "text") and field.distinct <= field.filled / 2:
            return 5 if words.has_role("free text", name) else 4
        return 6 if re.search(r"term$|decod", field.words) else None

    ranked = {name: place for name in of_form if (place := rank(name)) is not None}
    return sorted(ranked, key=lambda name: ranked[name])[:CANDIDATES]


_OF_A_KEY = r"lesion|test|analyte|param|tumou?r (id|no)|lnkid|criteri|infusion|product|region|time ?point|tpt"


# --- the datasets
@dataclass(frozen=True)
class _Row:
    """How forms of one kind are called, and what they ask for."""

    names: frozenset[str]
    words: re.Pattern[str]
    fields: re.Pattern[str]
    domains: tuple[str, ...]
    part: str


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(
        _Row(
            names=frozenset(row["names"].split()),
            words=re.compile(row["words"] or "(?!)"),
            fields=re.compile(row["fields"] or "(?!)"),
            domains=tuple(row["domain"].split()),
            part=row["part"],
        )
        for row in words.table("forms")
    )


def recognized(form: Collected, of_form: dict[str, Field]) -> tuple[tuple[str, ...], str, str]:
    """The datasets that a form feeds, its part in them, and why.

    1. By its name, then by its title, then by the one text that its FORM field holds.
    2. Else by the domain whose code begins the most of its fields.
    3. Else by what two or more of its fields ask for.
    """
    for what, text in _names_of(form):
        row = _by_words(text)
        if row is not None:
            return row.domains, row.part, f"{what} {text}"
    names = [name for name, field in of_form.items() if field.filled]
    prefixes = [words.squeezed(name)[:2] for name in names]
    common = max(sorted({domain for row in _rows() for domain in row.domains}), key=prefixes.count)
    if prefixes.count(common) > len(prefixes) / 4:
        return (common,), "", f"{prefixes.count(common)} of {len(prefixes)} fields begin with {common}"
    found = {row: [n for n in names if row.fields.search(of_form[n].words)] for row in _rows()}
    best = max(found, key=lambda row: len(found[row]))
    if len(found[best]) >= _FIELDS_OF_A_KIND:
        return best.domains, best.part, f"fields {', '.join(found[best])}"
    return (), "", "neither its name nor its fields say"


def _names_of(form: Collected) -> Iterator[tuple[str, str]]:
    yield "name", form.form
    if form.title:
        yield "title", form.title
    for column in form.columns:
        if words.squeezed(column.name) in ("FORM", "FORML", "FORMNAME", "DOMAIN", "DATAPAGENAME", "CRFNAME"):
            texts = column.texts.dropna().unique()
            if len(texts) == 1:
                yield column.name, str(texts[0])


def _by_words(text: str) -> _Row | None:
    plain = words.plain(text)
    tokens = set(plain.split()) - {"raw", "data", "form", "crf"}
    return next((row for row in _rows() if row.names & tokens or row.words.search(plain)), None)
