"""What a participant's number and USUBJID are made of, as specs/study.yaml writes it: {SITEID}-{SUBJID}."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.study.located import KeyPath, nearest

if TYPE_CHECKING:
    from pipeline.study import Study

STUDYID = "STUDYID"
_NAME = re.compile(r"\{([^{}]+)\}")


def names(pattern: str) -> list[str]:
    """The names in a pattern, in order."""
    return _NAME.findall(pattern)


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


def filled(pattern: str, values: Callable[[str], str]) -> str:
    """The pattern with the value of each name."""
    return _NAME.sub(lambda name: values(name[1]), pattern)


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
