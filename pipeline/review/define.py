"""Which elements of define.xml differ between two builds."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.finished.define import Parts, elements
from pipeline.finished.folder import Folder


def items(old: Folder, new: Folder) -> Iterator[dict[str, str]]:
    """Each element with an OID that was added, removed or changed, with what of it changed, by layer.

    Takes     two finished builds.
    Returns   layer, element and what of it changed.
    """
    for layer, name in (("sdtm", "SDTM"), ("adam", "ADaM")):
        before, after = (elements(build, layer) if layer in build.layers else {} for build in (old, new))
        for oid in dict.fromkeys([*before, *after]):
            what = _difference(before.get(oid), after.get(oid))
            if what:
                yield {"layer": name, "item": oid, "what": what}


def _difference(before: Parts | None, after: Parts | None) -> str:
    """What changed of an element; "" where nothing did."""
    if before is None:
        return "added"
    if after is None:
        return "removed"
    changed = sorted(part for part in {*before, *after} if before.get(part) != after.get(part))
    return ", ".join(dict.fromkeys(part.split("#")[0] for part in changed))
