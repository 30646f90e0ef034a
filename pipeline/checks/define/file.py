"""The check of anybody's define.xml: the schema, what the schema lets through, and the datasets beside it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.checks.define import elements, lists
from pipeline.errors import DropError, UsageError
from pipeline.formats.define.read import HREF, Document, read
from pipeline.records.findings import Finding

_ODM = "http://www.cdisc.org/ns/odm/v1.3"


def check(path: Path, data: Path | None = None) -> list[Finding]:
    """All faults of a define.xml by line; with a folder also what differs from the datasets in it.

    Raises    UsageError where there is no such file or folder; DropError where the file is no Define-XML 2.1.
    """
    document = _opened(path)
    findings = {f for rule in (*elements.CHECKS, *lists.CHECKS) for f in rule(document)}
    if data is not None:
        if not data.is_dir():
            raise UsageError(f"{data}: no such folder")
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
    """Prints the faults, a line each, and their number; returns whether there is an error."""
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
    for f in findings:
        place = ".".join(n for n in (f.dataset, f.variable) if n)
        sys.stdout.write(f"{f.source}: {f.severity}: {f.rule}: {place + ': ' if place else ''}{f.message}\n")
    rules = Counter(f.rule for f in findings)
    by_rule = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
    total = f"{content['state']}: {errors} errors, {content['warnings']} warnings"
    sys.stdout.write(f"{total} ({by_rule})\n" if by_rule else f"{total}\n")
    return bool(errors)


def _as_data(finding: Finding) -> dict[str, Any]:
    columns = {n: v for n, v in asdict(finding).items() if n not in ("key", "value")}
    return {**columns, "line": _line(finding) or None}


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
    if etree.QName(root).localname != "ODM" or etree.QName(root).namespace != _ODM:
        raise DropError(
            f"{path.name}:{root.sourceline}: the root element is {etree.QName(root).localname};"
            f" expected ODM of {_ODM}"
        )
    _refuse_other_versions(path, document)
    return document


def _refuse_other_versions(path: Path, document: Document) -> None:
    versions = document.all("MetaDataVersion")
    stated = {str(v) for m in versions for n, v in m.attrib.items() if str(n).endswith("}DefineVersion")}
    if not versions or not stated:
        raise DropError(f"{path.name}: is ODM without def:DefineVersion; expected Define-XML 2.1")
    if not all(version.startswith("2.1") for version in stated):
        raise DropError(
            f"{path.name}: is Define-XML {', '.join(sorted(stated))}; expected 2.1, since other versions have"
            " other rules"
        )


def _reason(message: Sequence[str] | str | None) -> str:
    """What the parser says, without what the file holds."""
    return str(message or "empty").split(", line")[0].split(":")[0]
