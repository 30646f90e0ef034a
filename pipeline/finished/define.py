"""The elements of a finished build's define.xml, each as its attributes and texts by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from pipeline.finished.folder import Folder
from pipeline.formats.define.read import read

Parts = Mapping[str, str]
_STAMPS = ("CreationDateTime", "AsOfDateTime")  # they say when, not what


def elements(build: Folder, layer: str) -> dict[str, Parts]:
    """Each element with an OID: its own parts, and those of its children that have no OID.

    Takes     `sdtm` or `adam`.
    """
    by_oid: dict[str, Parts] = {}
    for element in read(build.define_file(layer)).root.iter("*"):
        oid = element.get("OID")
        if oid:
            by_oid[oid] = dict(_parts(element, ""))
    return by_oid


def _parts(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    """Path and value of each attribute and text of an element and of what stands in it."""
    for attribute, value in element.attrib.items():
        local_name = _without_namespace(str(attribute))
        if local_name not in _STAMPS:
            yield f"{path}{local_name}", str(value)
    text = (element.text or "").strip()
    if text:
        yield f"{path}text", text
    children = [child for child in element.iterchildren("*") if not child.get("OID")]
    for number, child in enumerate(children):
        # named by what it refers to, so that one more child before it does not change its path
        reference = child.get("ItemOID") or child.get("CodedValue") or child.get("leafID")
        kind = _without_namespace(str(child.tag))
        yield from _parts(child, f"{path}{kind}.{reference} " if reference else f"{path}{kind}#{number} ")


def _without_namespace(name: str) -> str:
    return name.rpartition("}")[2]
