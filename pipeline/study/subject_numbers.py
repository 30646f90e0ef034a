"""What a participant's number and USUBJID are made of, as specs/study.yaml writes it: {SITEID}-{SUBJID}."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.study.located import KeyPath, nearest, nearest_or_all

if TYPE_CHECKING:
    from pipeline.study import Study

STUDYID = "STUDYID"
_NAME = re.compile(r"\{([^{}]+)\}")
_WIDE = re.compile(r"\{([^{}:]+)(?::([1-9][0-9]*))?\}")  # {SITEID:3}, a part of so many characters


def names(pattern: str) -> list[str]:
    """The names in a pattern, in order."""
    return _NAME.findall(pattern)


def texts(pattern: str) -> list[str]:
    """What stands before, between and after the names of a pattern."""
    return _NAME.split(pattern)[::2]


@lru_cache(maxsize=8)
def part(pattern: str, name: str) -> Callable[[str], str | None]:
    """The function that gives the part of a number with this name; None of a number without these parts.

    Of two parts the first ends where the text between them first stands.
    """
    between = _NAME.split(pattern)  # text, name, text, name, text
    form = "".join(re.escape(t) if i % 2 == 0 else "(.+?)" for i, t in enumerate(between))
    place = names(pattern).index(name) + 1

    def of_number(number: str) -> str | None:
        match = re.fullmatch(form, number.strip())
        return match[place] if match else None

    return of_number


def as_in_study(pattern: str, standard: str) -> Callable[[str], str]:
    """The function that gives the subject number as the study writes it; a text that is not written so stays.

    Takes     how a form writes the number, {SITEID:3}{SUBJID}; how the study does, {SITEID}-{SUBJID}.
    """
    between = _WIDE.split(pattern)  # text, name, width, text, name, width, text
    texts, parts, widths = between[::3], between[1::3], between[2::3]
    groups = [f"(.{{{width}}})" if width else "(.+?)" for width in widths]
    form = re.escape(texts[0]) + "".join(
        group + re.escape(text) for group, text in zip(groups, texts[1:], strict=True)
    )

    def of_number(number: str) -> str:
        match = re.fullmatch(form, number.strip())
        return (
            filled(standard, dict(zip(parts, match.groups(), strict=True)).__getitem__) if match else number
        )

    return of_number


def standard(study: Study) -> str:
    """How the study writes a subject number: its parts, the columns that make it, or its field as a whole."""
    rule = study.protocol.subjects
    return rule.parts or rule.made_of or f"{{{rule.number}}}"


def filled(pattern: str, values: Callable[[str], str]) -> str:
    """The pattern with the value of each name."""
    return _NAME.sub(lambda name: values(name[1]), pattern)


def faults_of_form(study: Study, pattern: str) -> Iterator[str]:
    """What is wrong with how a form writes the subject number: a part that the study's number does not have,
    one that is missing, or two that nobody can tell apart.
    """
    named, known = [match[1] for match in _WIDE.finditer(pattern)], names(standard(study))
    for name in named:
        if name not in known:
            yield f"{name} is no part of the subject number{nearest_or_all(name, known)}"
    lacking = [name for name in known if name not in named]
    if lacking and all(name in known for name in named):
        yield f"lacks {', '.join(lacking)}; write each part of the number, for example {standard(study)}"
    between = _WIDE.split(pattern)
    if any(not text and not width for text, width in zip(between[3:-1:3], between[2:-1:3], strict=False)):
        yield "nothing stands between two parts; say how many characters the first has, {SITEID:3}{SUBJID}"


def faults(study: Study) -> Iterator[tuple[KeyPath, str]]:
    """What is wrong with the patterns of a study: a name that stands for nothing, or parts that nothing
    separates.
    """
    rule = study.protocol.subjects
    fields = study.forms[rule.form].fields
    if rule.parts is not None:
        between = _NAME.split(rule.parts)
        if len(between) == 1:
            yield ("subjects", "parts"), "names no part; write for example {SITEID}-{SUBJID}"
        elif "" in between[2:-1:2]:
            yield ("subjects", "parts"), "nothing stands between two parts, so nobody can tell them apart"
    if rule.made_of is not None and not names(rule.made_of):
        yield ("subjects", "made_of"), "names no column; write for example {SITEID}-{SUBJECT}"
    known = [STUDYID, *fields]
    for name in names(rule.pattern):
        if name not in known:
            message = f"{name} is neither {STUDYID}, a part of the number, nor a field of {rule.form}"
            yield ("subjects", "usubjid"), message + nearest(name, known)
    if not set(names(rule.pattern)) - {STUDYID}:
        yield (
            ("subjects", "usubjid"),
            "says nothing of the participant; write for example {STUDYID}-{PATNUM}",
        )
