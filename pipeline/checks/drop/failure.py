"""The outcome of a check that could not be made, because the study, the drop or the command is wrong: in the
same files as that of a check that was, so that what reads them finds why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pipeline.checks.drop import query_list
from pipeline.checks.drop.check import LastCheck, Request, last_check, path_of
from pipeline.errors import PipelineError, SpecError, UsageError
from pipeline.records import queries
from pipeline.records.queries import Query

RULES = {2: "CHECK-USAGE", 3: "CHECK-SPECS", 4: "CHECK-DROP", 5: "CHECK-MACHINE"}  # by exit code
_PLACE = re.compile(r"(?P<file>[^\s:]+):(?P<line>\d+)(:\d+)?: ")


def write(error: PipelineError, root: Path, drop: Path, request: Request) -> None:
    """Writes the reports of a check that ends with an error; what the last check left stays remembered.

    Takes     the error; the folder of the study; the drop, which may not be there.
    """
    texts = _without_folders(str(error), (drop, root, request.out, request.against, request.built))
    about = {
        "drop": drop.resolve().name,
        "path": "." if isinstance(error, SpecError) else path_of(drop),
        "hash": "",
        "known": "",
        "unread": [],
        "state": "error",
        "exit_code": error.exit_code,
        "errors": texts,
    }
    raised = queries.numbered("", (_fault(RULES[error.exit_code], text) for text in texts))
    told = query_list.Told(None, about, raised, (), {})
    last = _memory(request)
    outcome = query_list.write(told, request.out, request.formats)
    query_list.remember(outcome, last.queries.values(), last.ledger, request.out, last.sizes or {})


def _without_folders(message: str, folders: Iterable[Path | None]) -> list[str]:
    """The lines of a message without what stands above these folders, which belongs to the machine."""
    for folder in folders:
        if folder and folder.is_absolute():
            message = message.replace(str(folder), path_of(folder))
    return message.split("\n")


def _fault(rule: str, text: str) -> Query:
    place = _PLACE.match(text)
    return query_list.of_file(
        rule,
        "check",
        place["file"] if place else "",
        question=text[place.end() :] if place else text,
        line=int(place["line"]) if place else 0,
    )


def _memory(request: Request) -> LastCheck:
    """What the last check left, in the folder that was named or in OUT."""
    for folder in (request.against, request.out):
        try:
            last = last_check(folder)
        except UsageError:
            continue
        if last:
            return last
    return LastCheck("", {}, {})
