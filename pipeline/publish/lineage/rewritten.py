"""The texts that were published or read otherwise than they were collected: translated, folded, trimmed, read
as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.mapping.translate import TRANSLATED
from pipeline.profile import Profile
from pipeline.publish.lineage.rules import place
from pipeline.study import Study
from pipeline.study.reader import CHARACTERS, TRANSLATIONS


def recodings(study: Study, profile: Profile) -> Iterator[dict[str, Any]]:
    """Each text of a variable that was translated or folded, with the lines that say so and the number of
    records.
    """
    for (frame, column, block, how, collected, value), records in sorted(profile.rewritten.items()):
        if frame not in study.forms:
            yield {
                "dataset": frame,
                "variable": column,
                "block": block,
                "collected": collected,
                "value": value,
                "records": records,
                "how": how,
                "places": _places(study, how, collected),
            }


def readings(study: Study, profile: Profile) -> Iterator[dict[str, Any]]:
    """Of each field in how many records its text was read without blanks around it, or as a number."""
    for (frame, column, _, how, _, _), records in sorted(profile.rewritten.items()):
        if frame in study.forms:
            yield {"form": frame, "field": column, "how": how, "records": records}


def by_variable(study: Study, profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """The texts that were translated or folded by DATASET.VARIABLE."""
    variables: dict[str, list[dict[str, Any]]] = {}
    for entry in recodings(study, profile):
        kept = {key: entry[key] for key in ("block", "how", "collected", "value", "places")}
        variables.setdefault(f"{entry['dataset']}.{entry['variable']}", []).append(kept)
    return variables


def _places(study: Study, how: str, collected: str) -> list[str]:
    """file:line of the translation, or of each of the study's own characters; those of typography are the
    program's.
    """
    if how == TRANSLATED:
        return [place(study, TRANSLATIONS, (collected,))]
    if CHARACTERS not in study.located:
        return []
    own = study.located[CHARACTERS].value
    return [place(study, CHARACTERS, (c,)) for c in dict.fromkeys(collected) if c in own]
