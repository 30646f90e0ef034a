"""The check of a drop before it is built: read, judged by the door, told. It writes no dataset and touches no
build.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.checks.drop import query_list as told_queries
from pipeline.checks.drop.door import Teller, judged
from pipeline.checks.drop.expectations import Expectation
from pipeline.checks.drop.sheets import Sheet, sheet
from pipeline.errors import UsageError
from pipeline.records import queries
from pipeline.records.findings import Finding
from pipeline.records.queries import Query
from pipeline.sources import files, identity
from pipeline.study import Study
from pipeline.study import door as across

Ledger = dict[str, dict[str, str]]  # the name of a drop -> its files and their hashes
CHANGED = "LOCKED-CHANGED"


@dataclass(frozen=True)
class Asks:
    """What the command was asked for."""

    out: Path
    formats: Sequence[str]
    against: Path | None = None  # OUT of the last check
    built: Path | None = None  # OUT of builds


@dataclass(frozen=True)
class Memory:
    """What the last check left: which drop it was, its queries by number, and the hashes of all drops."""

    drop: str
    queries: Mapping[str, Query]
    ledger: Ledger


def check(
    study: Study, root: Path, drop: Path, asks: Asks, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Judges the drop and writes what it found into OUT; returns the outcome without participants' values.

    Takes     the study and the folder it was loaded from; the drop.
    Raises    DropError where a build could not read the drop either; UsageError; SpecError.
    """
    before = remembered(asks.against)
    door = across.load(root, study)
    progress("read")
    sheets, lost = _sheets(study, drop)
    hashes = files.hashes(drop)
    progress("judge")
    outcome = judged(study, door, sheets)
    name = drop.resolve().name
    found = [
        *outcome.queries,
        *_earlier(study, sheets, lost),
        *_changed(name, hashes, before.ledger if before else {}),
    ]
    numbered = queries.numbered(study.protocol.id, found)
    if before:
        numbered = queries.remembered(numbered, before.queries)
    said = {"drop": name, "hash": _hash(hashes), "known": _known(name, hashes, before, asks.built)}
    said |= {"against": before.drop} if before else {}
    told = told_queries.content(study, said, numbered, outcome.asked)
    progress("tell")
    told_queries.write(told, numbered, outcome.asked, asks.out, asks.formats)
    ledger = {**(before.ledger if before else {})}
    ledger.setdefault(name, hashes)  # what came first under a date is what it stands for
    told_queries.remember(told, numbered, ledger, asks.out)
    return told


def _sheets(study: Study, drop: Path) -> tuple[dict[str, Sheet], list[Finding]]:
    """Every form as collected and as read, and the earlier subject numbers that lead nowhere."""
    raw = files.read(study, drop)
    persons, lost = identity.persons(study, raw[study.protocol.subjects.form])
    sheets = {}
    for name, form in study.forms.items():
        collected = raw.pop(name)
        usubjid, record = identity.usubjid_and_record(study, form, collected, persons)
        sheets[name] = sheet(form, collected, {"USUBJID": usubjid, "record": record})
    return sheets, lost


def _earlier(study: Study, sheets: Mapping[str, Sheet], lost: Sequence[Finding]) -> Iterator[Query]:
    """A query for each earlier subject number that leads nowhere or in a circle."""
    rule = study.protocol.subjects
    told = Expectation(
        "RAW-EARLIER-SUBJECT", "error", "not null", "", rule.earlier, "another subject number of this form",
        "The earlier subject number is not another number of this form. Please correct it.", {},
    )  # fmt: skip
    number = sheets[rule.form].collected[rule.number].str.strip()
    places = {subject: at for at, subject in enumerate(number)}
    teller = Teller(sheets, rule.number)
    yield from (
        teller.told_of(rule.form, told, places[finding.source.partition(", ")[2]]) for finding in lost
    )


def _changed(name: str, hashes: Mapping[str, str], ledger: Ledger) -> Iterator[Query]:
    """A query for each file that is not what it was when a drop of this name was first checked."""
    first = ledger.get(name, dict(hashes))
    for file in sorted({f for f in (*first, *hashes) if first.get(f) != hashes.get(f)}):
        what = "is new" if file not in first else "is gone" if file not in hashes else "has changed"
        question = (
            f"The file {file} {what} since a drop of this date was checked. Please deliver the change under a"
            " new date."
        )
        yield Query(
            severity="error", rule=CHANGED, form="drop", subject="", visit="", record="", field="", value="", value_class="file",
            found=what, expected="the files that were received under this date", question=question, name=file, place=0, known=True,
        )  # fmt: skip


def _known(name: str, hashes: Mapping[str, str], before: Memory | None, built: Path | None) -> str:
    """What is known of a drop with these bytes: that it was built, or checked, and under which name."""
    said = [
        f"This drop is built already: build {manifest.parent.name}."
        for manifest in (sorted(built.glob("builds/*/manifest.json")) if built else ())
        if json.loads(manifest.read_text(encoding="utf-8"))["inputs"] == dict(hashes)
    ]
    for other, held in sorted(before.ledger.items()) if before else ():
        if held == dict(hashes):
            said.append(
                "This drop was checked before."
                if other == name
                else f"This drop is byte for byte the drop {other}."
            )
    return " ".join(said)


def _hash(hashes: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(sorted(hashes.items()))).encode()).hexdigest()


def remembered(folder: Path | None) -> Memory | None:
    """What the check that wrote this folder left.

    Raises    UsageError where it holds none.
    """
    if folder is None:
        return None
    try:
        told = json.loads((folder / told_queries.MEMORY).read_text(encoding="utf-8"))
        names = {f.name for f in fields(Query)}
        found = {q["id"]: Query(**{n: q[n] for n in names}) for q in told["list"]}
        return Memory(str(told["drop"]), found, {n: dict(held) for n, held in told["ledger"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{folder}: holds no {told_queries.MEMORY} of a check; --against names the OUT of the last one"
        ) from None
