"""Lists of what forms write for a meaning that the program knows: its own, with the study's spellings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pipeline import standards
from pipeline.errors import SpecError
from pipeline.study.located import Located, content, nearest, parsed, text

FILE = "pipeline/standards/words.yaml"
Spellings = dict[str, list[Any]]  # by term


@cache
def lists() -> dict[str, Any]:
    """The program's lists by name: {name, terms: {TERM: [spelling, ...]}}."""
    path = Path(standards.__file__).with_name(Path(FILE).name)
    value: dict[str, Any] = parsed(text(content(path, FILE), FILE), FILE, FILE).value
    return value


def added(file: Located) -> Located:
    """specs/codelists.yaml with the program's lists, to which the study's spellings are added. A spelling
    that the study gives to one term is taken from every other.

    Raises    SpecError for a term that such a list does not have.
    """
    if not isinstance(file.value, dict):
        return file
    value, places, faults = dict(file.value), dict(file.places), []
    for name, known in lists().items():
        own = file.value.get(name, {})
        if not isinstance(own, dict) or not all(isinstance(spellings, list) for spellings in own.values()):
            faults.append(
                str(file.error((name,), f"{name}: expected terms with their spellings, TERM: [..]"))
            )
            continue
        for term in own.keys() - known["terms"].keys():
            message = f"{term} is not a term of {name}{nearest(str(term), known['terms'])}"
            faults.append(str(file.error((name, term), message)))
        value[name] = {**known, "terms": _spelled(known["terms"], own)}
        places |= {
            (name, "terms", *p[1:]): place for p, place in file.places.items() if p[:1] == (name,) != p
        }
    if faults:
        raise SpecError("\n".join(sorted(faults)))
    return replace(file, value=value, places=places)


def _spelled(known: Spellings, own: Spellings) -> Spellings:
    taken = _folded(spelling for spellings in own.values() for spelling in spellings)
    return {
        term: [*(s for s in spellings if str(s).casefold() not in taken), *own.get(term, [])]
        for term, spellings in known.items()
    }


def _folded(spellings: Iterable[Any]) -> set[str]:
    return {str(spelling).casefold() for spelling in spellings}
