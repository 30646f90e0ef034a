"""The check of a drop before it is built: read it, judge it, write the queries. It writes no dataset and
touches no build.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from pipeline.checks.drop import answers, changed_keys, lost_forms, query_list, sites
from pipeline.checks.drop.door import QueryWriter, judge_drop
from pipeline.checks.drop.expectations import Expectation
from pipeline.checks.drop.sheets import Sheet, sheet
from pipeline.errors import UsageError
from pipeline.finished import manifest as manifests
from pipeline.finished.continued import Previous
from pipeline.finished.folder import Folder, current
from pipeline.records import queries
from pipeline.records.count import counted
from pipeline.records.findings import Finding
from pipeline.records.lost import LOST, Size, Sizes
from pipeline.records.queries import Query
from pipeline.sources import files, identity
from pipeline.sources.files import Fault
from pipeline.sources.received import receive
from pipeline.study import Study
from pipeline.study import door as across_forms

Ledger = dict[str, dict[str, str]]  # the name of a drop -> its files and their hashes
CHANGED = "LOCKED-CHANGED"


@dataclass(frozen=True)
class Request:
    """What the command was asked for."""

    out: Path
    formats: Sequence[str]
    against: Path | None = None  # OUT of the last check
    built: Path | None = None  # OUT of builds
    warnings_stop: bool = False
    answers: Path | None = None  # the list of queries as it came back


@dataclass(frozen=True)
class LastCheck:
    """What the last check left: which drop it was, its queries by number, and the hashes of all drops."""

    drop: str
    queries: Mapping[str, Query]
    ledger: Ledger
    sizes: Sizes | None = None  # none: an earlier version made the check


def check(
    study: Study, root: Path, drop: Path, request: Request, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Judges a drop and writes the reports into OUT.

    A file that cannot be read is a query of its form, and the other forms are checked; without the form in
    which participants are enrolled none of them is, since a record is nobody's.

    Takes     the study and the folder it was loaded from; the drop.
    Returns   the outcome without participants' values.
    Raises    DropError where the drop is no folder of files, has no participant, or changes while it is read;
              MachineError for a damaged build; UsageError; SpecError.
    """
    last = last_check(request.against)
    ledger = dict(last.ledger) if last else {}
    checks = across_forms.load(root, study)
    progress("read")
    with receive(drop) as received:
        sheets, lost, unread = _sheets(study, received.copies)
    hashes = received.hashes
    left_out = [form for form in study.forms if form not in sheets]
    progress(f"judge: {counted(sum(len(s.collected) for s in sheets.values()), 'record')}")
    judged = judge_drop(study, checks, sheets)
    name = drop.resolve().name
    of_files = [*_unread(unread), *_changed(name, hashes, ledger)]
    before = _sizes_before(study, last, request.built)
    of_files += lost_forms.queries(study, sheets, before)
    if request.built and sheets and (current(request.built) / "manifest.json").is_file():
        of_files += changed_keys.queries(study, sheets, Folder.opened(request.built))
    raised = [*judged.queries, *_numbers(study, sheets, lost), *of_files]
    numbered = queries.numbered(study.protocol.id, raised)
    if last:
        numbered = queries.remembered(numbered, last.queries, left_out, judged.left_out)
    numbered = [replace(q, first=q.first or name) for q in sites.with_sites(study, sheets, numbered)]
    if request.answers:
        known = {query.id for query in numbered} | {*(last.queries if last else ())}
        numbered = queries.answered(numbered, answers.read(request.answers, known))
    else:
        numbered = queries.answered(numbered, {})
    about = {
        "drop": name,
        "path": path_of(drop),
        "hash": _hash(hashes),
        "known": _seen_before(name, hashes, ledger, request.built),
        "unread": left_out,
    }
    if last:
        about["against"] = last.drop
    told = query_list.Told(study, about, numbered, judged.asked, hashes, request.warnings_stop)
    progress("write")
    received.refuse_changes()
    outcome = query_list.write(told, request.out, request.formats)
    ledger.setdefault(name, hashes)  # the first files that came under a name are what it stands for
    query_list.remember(outcome, numbered, ledger, request.out, _sizes_to_come_to(sheets, before, raised))
    return outcome


def _sizes_before(study: Study, last: LastCheck | None, built: Path | None) -> Sizes | None:
    """How much the forms held in the last check, else in the current build; none where neither is named."""
    if last and last.sizes is not None:
        return last.sizes
    if built and (current(built) / "manifest.json").is_file():
        return Previous.opened(built, study.protocol.id).sizes()
    return None


def _sizes_to_come_to(sheets: Mapping[str, Sheet], before: Sizes | None, lost: Iterable[Query]) -> Sizes:
    """How much the forms hold; of one that could not be read or lost much, what it held before, so that the
    next check asks again.
    """
    asked = {query.form for query in lost if query.rule == LOST}
    now = {form: size for form, size in lost_forms.sizes(sheets).items() if form not in asked}
    return {**(before or {}), **now}


def path_of(drop: Path) -> str:
    """The folder of the drop as it was named, from where the command runs; else its name alone, since what is
    above it belongs to the machine.
    """
    named = PurePosixPath(drop.as_posix())
    return drop.resolve().name if named.is_absolute() or ".." in named.parts else str(named)


def _sheets(study: Study, drop: Path) -> tuple[dict[str, Sheet], list[Finding], list[Fault]]:
    """Every form that can be read, as collected and as read; the subject numbers that lead nowhere; and why
    the other forms cannot be read.
    """
    raw: dict[str, pd.DataFrame] = {}
    unread = files.read_what_can_be(study, drop, raw.__setitem__)
    if study.protocol.subjects.form not in raw:
        return {}, [], unread
    persons, lost = identity.persons(study, raw[study.protocol.subjects.form])
    stands_in = files.file_of_each_form(study, drop)
    sheets = {}
    for name, form in study.forms.items():
        if name not in raw:
            continue
        collected = raw.pop(name)  # a form that is read is not held twice
        usubjid, record = identity.usubjid_and_record(study, form, collected, persons)
        of_form = sheet(form, collected, {"USUBJID": usubjid, "record": record}, study.visits)
        lines = files.first_lines(drop / stands_in[name], collected)
        sheets[name] = replace(of_form, file=stands_in[name], lines=lines)
    return sheets, lost, unread


def _unread(faults: Sequence[Fault]) -> Iterator[Query]:
    """A query for each reason why a file cannot be read."""
    for fault in faults:
        yield query_list.of_file(
            query_list.UNREAD,
            fault.form or "drop",
            fault.file,
            question=fault.text.removeprefix(f"{fault.file}: "),
            found="cannot be read",
            expected="a file as its contract in specs/raw says",
        )


_OF_NUMBERS = {  # by rule: what is expected, and the question
    identity.EARLIER: (
        "another subject number of this form",
        "The earlier subject number is not another number of this form. Please correct it.",
    ),
    identity.USUBJID: (
        "a number of which USUBJID can be made, and no other number makes the same",
        "The subject number does not identify a participant of the study. Please correct it.",
    ),
}


def _numbers(study: Study, sheets: Mapping[str, Sheet], findings: Sequence[Finding]) -> Iterator[Query]:
    """A query for each earlier subject number that leads nowhere or in a circle, and for each number of which
    no USUBJID can be made.
    """
    subjects = study.protocol.subjects
    if not findings:
        return
    number = sheets[subjects.form].collected[subjects.number].str.strip()
    row_of = {subject: row for row, subject in enumerate(number)}
    writer = QueryWriter(sheets, subjects.number)
    for finding in findings:
        expected, question = _OF_NUMBERS[finding.rule]
        expectation = Expectation(
            finding.rule, "error", "not null", "", finding.variable, expected, question, arguments={}
        )
        subject = finding.source.partition(", ")[2]
        yield writer.of_record(subjects.form, expectation, row_of[subject])


def _changed(name: str, hashes: Mapping[str, str], ledger: Ledger) -> Iterator[Query]:
    """A query for each file that is not what it was when a drop of this name was first checked."""
    first = ledger.get(name, dict(hashes))
    for file in sorted({*first, *hashes}):
        if first.get(file) == hashes.get(file):
            continue
        change = "is new" if file not in first else "is gone" if file not in hashes else "has changed"
        question = (
            f"The file {file} {change} since a drop of this date was checked."
            " Please deliver the change under a new date."
        )
        expected = "the files that were received under this date"
        yield query_list.of_file(CHANGED, "drop", file, question, change, expected)


def _seen_before(name: str, hashes: Mapping[str, str], ledger: Ledger, built: Path | None) -> str:
    """Whether a drop with these bytes was built or checked before, and under which name."""
    builds = sorted(path.parent for path in built.glob("builds/*/manifest.json")) if built else []
    sentences = [
        f"This drop is built already: build {build.name}."
        for build in builds
        if manifests.read(build).content["inputs"] == dict(hashes)
    ]
    for other, earlier_hashes in sorted(ledger.items()):
        if earlier_hashes != dict(hashes):
            continue
        if other == name:
            sentences.append("This drop was checked before.")
        else:
            sentences.append(f"This drop is byte for byte the drop {other}.")
    return " ".join(sentences)


def _hash(hashes: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(sorted(hashes.items()))).encode()).hexdigest()


def last_check(folder: Path | None) -> LastCheck | None:
    """What the check that wrote this folder left; none where no folder is named.

    Raises    UsageError where the folder holds no check.
    """
    if folder is None:
        return None
    try:
        content = json.loads((folder / query_list.MEMORY).read_text(encoding="utf-8"))
        names = {f.name for f in fields(Query)}
        by_number = {q["id"]: Query(**{n: q[n] for n in names if n in q}) for q in content["list"]}
        ledger = {drop: dict(hashes) for drop, hashes in content["ledger"].items()}
        sizes = (
            {form: Size(**size) for form, size in content["forms"].items()} if "forms" in content else None
        )
        return LastCheck(str(content["drop"]), by_number, ledger, sizes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{folder}: holds no {query_list.MEMORY} of a check; --against names the OUT of the last one"
        ) from None
