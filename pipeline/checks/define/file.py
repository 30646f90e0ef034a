"""Anybody's define.xml held to the schema, to the checks that the schema lets through, and to the datasets
beside it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.checks.define import elements as define_rules
from pipeline.checks.define import lists as define_lists
from pipeline.errors import DropError, UsageError
from pipeline.formats.define.read import HREF, Document, read
from pipeline.records.findings import Finding

_ODM = "http://www.cdisc.org/ns/odm/v1.3"


def check(path: Path, data: Path | None = None) -> list[Finding]:
    """All faults of a define.xml by line; with a folder also what differs from the datasets in it.

    Raises    UsageError where there is no such file or folder; DropError where the file is no Define-XML 2.1.
    """
    document = _opened(path)
    found = {f for one in (*define_rules.CHECKS, *define_lists.CHECKS) for f in one(document)}
    if data is not None:
        if not data.is_dir():
            raise UsageError(f"{data}: no such folder")
        from pipeline.checks.define import against_data as define_data  # it brings numpy

        found |= {*define_data.check(document, data), *_documents(document, path.parent, data)}
    told = [replace(f, source=f.source.replace("define.xml", path.name, 1)) for f in found]
    return sorted(told, key=lambda f: (_line(f), f.rule, f.dataset, f.variable, f.message))


def _documents(document: Document, *folders: Path) -> Iterator[Finding]:
    """DEF-FILE: each document that is named, such as the annotated CRF, stands beside define.xml or the data."""
    for leaf in document.all("leaf"):
        href = str(leaf.get(HREF) or "").partition("#")[0]
        parent = leaf.getparent()
        of_dataset = parent is not None and etree.QName(parent).localname == "ItemGroupDef"
        if not of_dataset and "://" not in href and not any(_there(f / href) for f in folders):
            yield document.fault(
                "DEF-FILE",
                leaf,
                f"{href or 'nothing'} is not there; add the document, or take the reference away",
            )


def _there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def tell(path: Path, data: Path | None, as_json: bool) -> bool:
    """Prints the faults, a line each, and how many; whether there is an error."""
    found = check(path, data)
    errors = sum(f.severity == "error" for f in found)
    state = "errors" if errors else "fine"
    if as_json:
        rows = [
            {**{n: v for n, v in asdict(f).items() if n not in ("key", "value")}, "line": _line(f) or None}
            for f in found
        ]
        told = {
            "state": state,
            "file": path.name,
            "errors": errors,
            "warnings": len(found) - errors,
            "findings": rows,
        }
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return bool(errors)
    for f in found:
        place = ".".join(n for n in (f.dataset, f.variable) if n)
        sys.stdout.write(f"{f.source}: {f.severity}: {f.rule}: {place + ': ' if place else ''}{f.message}\n")
    by_rule = ", ".join(f"{rule} {count}" for rule, count in sorted(Counter(f.rule for f in found).items()))
    sys.stdout.write(
        f"{state}: {errors} errors, {len(found) - errors} warnings{f' ({by_rule})' if by_rule else ''}\n"
    )
    return bool(errors)


def _line(finding: Finding) -> int:
    line = finding.source.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _opened(path: Path) -> Document:
    try:
        document = read(path)
    except OSError as e:
        raise UsageError(f"{path}: cannot be read ({e.strerror or 'no such file'})") from None
    except etree.XMLSyntaxError as e:
        raise DropError(f"{path.name}:{e.lineno or 1}: it is not XML: {_reason(e.msg)}") from None
    root = document.root
    information: Any = root.getroottree().docinfo
    if information.doctype:
        raise DropError(
            f"{path.name}:1: it has a document type, which may define entities; Define-XML has none, so take"
            " it away"
        )
    if etree.QName(root).localname != "ODM" or etree.QName(root).namespace != _ODM:
        raise DropError(
            f"{path.name}:{root.sourceline}: its root is {etree.QName(root).localname}; expected ODM of"
            f" {_ODM}"
        )
    _refuse_other_versions(path, document)
    return document


def _refuse_other_versions(path: Path, document: Document) -> None:
    versions = document.all("MetaDataVersion")
    told = {str(v) for m in versions for n, v in m.attrib.items() if str(n).endswith("}DefineVersion")}
    if not versions or not told:
        raise DropError(f"{path.name}: it is ODM without def:DefineVersion; expected Define-XML 2.1")
    if not all(t.startswith("2.1") for t in told):
        raise DropError(
            f"{path.name}: it is Define-XML {', '.join(sorted(told))}; only 2.1 is checked here, whose rules"
            " are others"
        )


def _reason(message: Sequence[str] | str | None) -> str:
    """What the parser says, without what the file holds."""
    return str(message or "empty").split(", line")[0].split(":")[0]
