"""specs/study.yaml as a draft: what the drop itself says of the study, and what the protocol has to say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import pandas as pd

from pipeline.drafting import blocks, criteria, text, words
from pipeline.drafting.blocks import Block
from pipeline.drafting.forms import Drafted
from pipeline.records import collected_dates
from pipeline.records.count import counted
from pipeline.records.distinct import map_distinct

KIND = "study"
FILE = "specs/study.yaml"
_MOST_VISITS = 60
_CODE_OF_ARM = re.compile(r"\S{1,20}")
STANDARDS = 'standards: {SDTMIG: "3.4", ADaMIG: "1.3", SDTM CT: 2022-09-30, ADaM CT: 2022-06-24}'


def study(
    forms: Sequence[Drafted], made: Mapping[str, Sequence[Block]], companions: Sequence[str], name: str
) -> str:
    """The text of specs/study.yaml.

    Takes     the forms of the drop; the drafted mappings; the files of the drop that are no forms; the name
              of the study where no field says it.
    """
    subject_form = _subject_form(forms, made)
    lines = [text.schema_line(KIND, 1), "format: 1", *_identity(forms, name)]
    built = f"declared_build_time: {_day_after(forms)}T00:00:00Z"
    lines.append(text.drafted(built, "the day after the last date of the drop; the cut-off too"))
    lines.append(text.drafted(STANDARDS, "the versions that come with the product"))
    if set(made) & {"AE", "MH"}:
        dictionary = 'dictionaries: [{name: MedDRA, version: "0.0"}]'
        lines.append(text.drafted(dictionary, "write the version that coded the terms"))
    lines += [*_subjects(subject_form, forms), *_arms(forms, made), *_epochs(made), *_visits(forms)]
    lines += criteria.of_study(forms)
    if companions:
        others = f"companions: {text.flow(companions)}"
        lines.append(text.drafted(others, "files of the drop that are no forms"))
    return text.file(lines)


def _identity(forms: Sequence[Drafted], name: str) -> Iterator[str]:
    found = _only_text(forms, "study")
    id_, evidence = (found[0], f"{found[1]} in every record") if found else (name, "the name of the folder")
    for key in ("id", "title", "protocol", "sponsor"):
        value = id_ if key in ("id", "protocol") else key.upper()
        why = evidence if key in ("id", "protocol") else "write it"
        yield text.drafted(f"{key}: {text.scalar(value)}", why)


def _only_text(forms: Sequence[Drafted], role: str) -> tuple[str, str] | None:
    """The one text that the fields of a role hold in the whole drop, and the field."""
    texts: dict[str, str] = {}
    for form in forms:
        for column in form.collected.columns:
            if words.has_role(role, column.name) and words.is_named_for(role, column.name):
                texts |= {str(t).strip(): column.name for t in column.texts.dropna().unique()}
    return next(iter(texts.items())) if len(texts) == 1 else None


def _day_after(forms: Sequence[Drafted]) -> str:
    """The day after the last day of the drop that is not far ahead of the others."""
    days: list[str] = []
    for form in forms:
        for field in form.fields.values():
            if not field.is_date:
                continue
            format_ = field.format.removesuffix(" partial")
            iso = _iso(form.collected.column(field.name).texts, format_)
            days += [day[:10] for day in iso.dropna() if len(day) >= 10]
    if not days:
        return "2000-01-01"
    return (date.fromisoformat(max(days)) + timedelta(days=1)).isoformat()


def _iso(texts: pd.Series, format_: str) -> pd.Series:
    return map_distinct(texts, lambda t: collected_dates.iso_from(t, format_), keep=True)


# --- participants and arms
def _subject_form(forms: Sequence[Drafted], made: Mapping[str, Sequence[Block]]) -> Drafted:
    """The form that has each participant once: the one of DM, else one with the participant alone as key."""
    of_dm = [block.form for block in made.get("DM", ())]
    ranked = sorted(
        forms, key=lambda f: (f.name not in of_dm, f.keys != (f.subject,), -f.collected.records, f.name)
    )
    return ranked[0]


def _subjects(form: Drafted, forms: Sequence[Drafted]) -> Iterator[str]:
    if form.subject is None:
        yield from text.comment("subjects: {form: FORM, number: FIELD}: no field names the participant")
        return
    said = {"form": text.scalar(form.name), "number": text.scalar(form.subject)}
    if form.made_of:
        said["made_of"] = text.scalar(form.made_of)
    numbers = form.collected.column(form.subject).texts.dropna()
    if blocks.has_parts(form):
        said["parts"] = text.scalar("{SITEID}-{SUBJID}")
    evidence = f"{counted(numbers.nunique(), 'participant')} in {counted(form.collected.records, 'record')}"
    if numbers.duplicated().any():
        evidence += "; a participant has one record here, so these may be numbers within a site"
    yield text.drafted(f"subjects: {text.flow_map(said)}", evidence)


def _arms(forms: Sequence[Drafted], made: Mapping[str, Sequence[Block]]) -> Iterator[str]:
    """The arms by code and name, of the form that has them."""
    for form in forms:
        if not {"DM", "DS"} & set(form.domains):
            continue
        code = blocks.arm_of(form)
        if code is None or not code.labels:
            continue
        name = blocks.first(
            form, r"arm name|(planned|arm|treatment|group)( name)?$", "code", "text", but=[code.name]
        )
        arms = {}
        for label in code.labels:
            names = [label]
            if name is not None:
                of_code = form.collected.column(code.name).texts.eq(label)
                names = [str(n) for n in form.collected.column(name.name).texts[of_code].dropna().unique()]
            if not blocks.NO_ARM.search(label):
                arms[label] = text.scalar(names[0] if len(names) == 1 else label)
        evidence = f"answers of {form.name}.{code.name}"
        if any(not _CODE_OF_ARM.fullmatch(label) for label in arms):
            arms = {f"ARM{i}": name for i, name in enumerate(arms.values(), start=1)}
            evidence += "; write the codes of the protocol"
        yield text.drafted(f"arms: {text.flow_map(arms)}", evidence)
        return


def _epochs(made: Mapping[str, Sequence[Block]]) -> Iterator[str]:
    given = {f"{dataset}.{line.variable}" for dataset, b in made.items() for one in b for line in one.lines}
    if "DM.RFICDTC" in given and "EX.EXSTDTC" in given:
        epochs = {
            "SCREENING": "DM.RFICDTC",
            "TREATMENT": "DM.RFXSTDTC",
            "FOLLOW-UP": "after DM.RFXENDTC",
        }
        yield text.drafted(
            f"epochs: {text.flow_map(epochs)}", "consent, first dose and last dose are collected"
        )


# --- visits
def _visits(forms: Sequence[Drafted]) -> Iterator[str]:
    """The visits in the order of their dates; their days and windows are the protocol's."""
    names, records = _names_of_visits(forms)
    if not names:
        return
    yield "visits:"
    yield from text.comment(
        "each with `day` and its window, `before` and `after`, as the protocol plans it", "  "
    )
    for number, name in enumerate(names[:_MOST_VISITS], start=1):
        seen = counted(records[name], "record")
        visit = f"  - {{name: {text.scalar(name)}, number: {number}}}"
        yield text.drafted(visit, f"{seen}, in the order of the days")
    if alone := len(records) - len(names):
        said = f"{counted(alone, 'name')} of visits that one participant alone has: write each, or query it"
        yield from text.comment(said, "  ")


def _names_of_visits(forms: Sequence[Drafted]) -> tuple[list[str], dict[str, int]]:
    """The names of visits that several participants have, in the order of their days; the records of each.

    A day counts from the participant's first date at any visit; of a visit the one in the middle decides.
    """
    held = pd.concat([pd.DataFrame({"who": [], "visit": [], "day": []}), *map(_held, forms)])
    if held.empty:
        return [], {}
    records = held["visit"].value_counts()
    held["since"] = held["day"] - held.groupby("who")["day"].transform("min")
    by_visit = held.groupby("visit")
    several = by_visit["who"].nunique()
    order = pd.DataFrame({"day": by_visit["since"].median().fillna(0.0), "who": several}).reset_index()
    order = order[order["who"] > 1].sort_values(["day", "visit"])
    return [str(name) for name in order["visit"]], {str(name): int(n) for name, n in records.items()}


def _held(form: Drafted) -> pd.DataFrame:
    """Participant, visit and day of each record of a form that names visits."""
    if form.visit is None or form.subject is None:
        return pd.DataFrame()
    column = form.collected.column
    names = column(form.visit).texts.str.split().str.join(" ").str.upper()
    held = pd.DataFrame({"who": column(form.subject).texts, "visit": names})
    dates = [field for field in form.fields.values() if field.is_date]
    held["day"] = _days(column(dates[0].name).texts, dates[0].format) if dates else float("nan")
    return held[names.notna()]


def _days(texts: pd.Series, format_: str) -> pd.Series:
    def number(text: str) -> float | None:
        iso = collected_dates.iso_from(text, format_.removesuffix(" partial"))
        return date.fromisoformat(iso[:10]).toordinal() if iso and len(iso) >= 10 else None

    return map_distinct(texts, number, "float64")
