"""The check of anybody's define.xml: the schema, what the schema lets through, and the datasets beside it."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.checks.define import rules
from pipeline.errors import DropError, UsageError
from pipeline.formats.define.read import HREF, Document, read
from pipeline.records.findings import Finding

_ODM = "http://www.cdisc.org/ns/odm/v1.3"
_DEFINE = re.compile(r"http://www\.cdisc\.org/ns/def/v(\d+\.\d+)")  # the namespace tells the version
_VERSION = re.compile(r"2\.1(\.\d+)?", re.ASCII)
_SHOWN = 8  # places of one fault in the text; --json has all
_REASONS = {  # what libxml2 says, and what it means
    "Document is empty": "the file is empty",
    "Start tag expected, '<' not found": "the file does not begin with a tag",
    "AttValue length too long": "an attribute has over 10 million characters",
    "Resource limit exceeded": "an attribute or a text has over 10 million characters",
    "Excessive depth in document": "elements stand in one another more than 256 deep",
}


def check(path: Path, data: Path | None = None) -> list[Finding]:
    """All faults of a define.xml by line; with a folder also what differs from the datasets in it.

    Raises    UsageError where there is no such file or folder; DropError where the file is no Define-XML 2.1.
    """
    document = _opened(path)
    findings = {f for rule in rules.CHECKS for f in rule(document)}
    if data is not None:
        if not data.is_dir():
            raise UsageError(f"{data}: is no folder, or there is none")
        from pipeline.checks.define import against_data  # it brings numpy

        findings |= {*against_data.check(document, data), *_documents(document, path.parent, data)}
    named = [replace(f, source=f.source.replace("define.xml", path.name, 1)) for f in findings]
    return sorted(named, key=lambda f: (_line(f), f.rule, f.dataset, f.variable, f.message))


def _documents(document: Document, *folders: Path) -> Iterator[Finding]:
    """DEF-FILE: each document that is referred to, such as the annotated CRF, is in one of the folders."""
    for leaf in document.all("leaf"):
        href = str(leaf.get(HREF) or "").partition("#")[0]
        parent = leaf.getparent()
        of_dataset = parent is not None and etree.QName(parent).localname == "ItemGroupDef"
        if not of_dataset and "://" not in href and not any(_is_file(f / href) for f in folders):
            message = f"{href or 'the document'} is missing; add it, or remove the reference"
            yield document.fault("DEF-FILE", leaf, message)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def report(path: Path, data: Path | None, as_json: bool) -> bool:
    """Prints the faults and their number; returns whether there is an error.

    Equal faults are one line, with their places below it.
    """
    findings = check(path, data)
    errors = sum(f.severity == "error" for f in findings)
    content: dict[str, Any] = {
        "state": "errors" if errors else "fine",
        "file": path.name,
        "errors": errors,
        "warnings": len(findings) - errors,
    }
    if as_json:
        content["findings"] = [_as_data(f) for f in findings]
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
        return bool(errors)
    equal: dict[tuple[str, str, str], list[Finding]] = {}
    for f in findings:
        equal.setdefault((f.severity, f.rule, f.message), []).append(f)
    for group in equal.values():
        sys.stdout.write("\n".join(_lines(group)) + "\n")
    counts = Counter(f.rule for f in findings)
    by_rule = ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items()))
    total = f"{content['state']}: {errors} errors, {content['warnings']} warnings"
    sys.stdout.write(f"{total} ({by_rule})\n" if by_rule else f"{total}\n")
    return bool(errors)


def _lines(equal: Sequence[Finding]) -> Iterator[str]:
    """Findings that differ only in their places: the first, and where the others are."""
    first, *others = equal
    place = _place(first)
    yield f"{first.source}: {first.severity}: {first.rule}: {place + ': ' if place else ''}{first.message}"
    if others:
        places = [f"line {_line(f)} {_place(f)}".rstrip() for f in others[:_SHOWN]]
        more = f", and {len(others) - _SHOWN} more (--json)" if len(others) > _SHOWN else ""
        yield f"    {len(others)} more of it: {', '.join(places)}{more}"


def _place(finding: Finding) -> str:
    return ".".join(n for n in (finding.dataset, finding.variable) if n) or finding.key


def _as_data(finding: Finding) -> dict[str, Any]:
    columns = {n: v for n, v in asdict(finding).items() if n not in ("key", "value")}
    return {**columns, "element": finding.key, "line": _line(finding) or None}


def _line(finding: Finding) -> int:
    line = finding.source.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _opened(path: Path) -> Document:
    try:
        document = read(path)
    except OSError as e:
        raise UsageError(f"{path}: cannot be read ({e.strerror or 'no such file'})") from None
    except etree.XMLSyntaxError as e:
        raise DropError(f"{path.name}:{e.lineno or 1}: is not XML: {_reason(e.msg)}") from None
    root = document.root
    information: Any = root.getroottree().docinfo
    if information.doctype:
        raise DropError(f"{path.name}:1: has a document type, which may define entities; remove it")
    _refuse_other_versions(path, document)
    if etree.QName(root).localname != "ODM" or etree.QName(root).namespace != _ODM:
        raise DropError(
            f"{path.name}:{root.sourceline}: the root element is {etree.QName(root).localname};"
            f" expected ODM of {_ODM}"
        )
    return document


def _refuse_other_versions(path: Path, document: Document) -> None:
    """Refuse what does not say that it is Define-XML 2.1, by its attribute and by its namespace."""
    used = {str(uri) for e in document.root.iter("*") for uri in e.nsmap.values()}
    named = {match[1] for uri in used if (match := _DEFINE.fullmatch(uri))}
    stated = _stated(document)
    if not stated and (named or etree.QName(document.root).namespace == _ODM):
        of = f", in the namespace of Define-XML {', '.join(sorted(named))}" if named else ""
        raise DropError(f"{path.name}: is ODM without def:DefineVersion{of}; expected Define-XML 2.1")
    other = {v for v in stated if not _VERSION.fullmatch(v)}
    if other or (named and "2.1" not in named):
        raise DropError(
            f"{path.name}: is Define-XML {', '.join(sorted(other or named))}; expected 2.1, since other"
            " versions have other rules"
        )


def _stated(document: Document) -> set[str]:
    """What def:DefineVersion says, in whatever namespace of Define-XML it stands."""
    versions = document.all("MetaDataVersion")
    return {str(v) for m in versions for n, v in m.attrib.items() if str(n).endswith("}DefineVersion")}


def _reason(message: Sequence[str] | str | None) -> str:
    """What the parser says, without what the file holds."""
    said = str(message or "empty").split(", line")[0].split(":")[0]
    return _REASONS.get(said, said)
