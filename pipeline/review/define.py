"""Which items of define.xml differ between two builds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from pipeline.finished.folder import Build

_DATE = ("CreationDateTime", "AsOfDateTime")
Parts = dict[str, str]


def items(old: Build, new: Build) -> Iterator[dict[str, str]]:
    """Each element with an OID that was added, removed or changed, with what of it changed, by layer."""
    for layer, pattern in (
        ("SDTM", "m5/datasets/*/tabulations/sdtm/define.xml"),
        ("ADaM", "m5/datasets/*/analysis/adam/datasets/define.xml"),
    ):
        a, b = (_elements(next(iter(build.files(pattern)))) for build in (old, new))
        for oid in dict.fromkeys([*a, *b]):
            if oid not in a or oid not in b:
                yield {"layer": layer, "item": oid, "what": "added" if oid not in a else "removed"}
            elif a[oid] != b[oid]:
                parts = sorted(k for k in {*a[oid], *b[oid]} if a[oid].get(k) != b[oid].get(k))
                yield {
                    "layer": layer,
                    "item": oid,
                    "what": ", ".join(dict.fromkeys(p.split("#")[0] for p in parts)),
                }


def _elements(path: Path) -> dict[str, Parts]:
    """Each element with an OID, as its own parts and those of its children that have none."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    found: dict[str, Parts] = {}
    for element in etree.parse(path, parser).iter():
        oid = element.get("OID") if isinstance(element.tag, str) else None
        if oid:
            found[oid] = dict(_parts(element, ""))
    return found


def _parts(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if _local(str(name)) not in _DATE:
            yield f"{path}{_local(str(name))}", str(value)
    text = (element.text or "").strip()
    if text:
        yield f"{path}text", text
    for n, child in enumerate(c for c in element if isinstance(c.tag, str) and not c.get("OID")):
        name = child.get("ItemOID") or child.get("CodedValue") or child.get("leafID") or ""
        yield from _parts(child, f"{path}{_local(str(child.tag))}{'.' + name if name else f'#{n}'} ")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
