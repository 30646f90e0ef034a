"""The reviewer's guides as files of a package: PDF and HTML beside the define.xml of their layer, which names
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.publish import datasets
from pipeline.publish.define.model import Layer, SupportingDocument
from pipeline.publish.guides import content, pages
from pipeline.publish.guides.content import LAYER_OF, TITLES, Guide
from pipeline.study import Study


def documents(layers: Iterable[Layer]) -> tuple[SupportingDocument, ...]:
    """What `write` leaves beside the define.xml of these layers."""
    return tuple(
        SupportingDocument(LAYER_OF[name], f"LF.{name}", title, f"{name}.pdf")
        for name, title in TITLES.items()
        if LAYER_OF[name] in layers
    )


def write(guides: Iterable[Guide], study: Study, tree: Path) -> None:
    """Writes csdrg.pdf and csdrg.html into the folder of SDTM, adrg.pdf and adrg.html into that of ADaM.

    Raises    SpecError for a character that the fonts do not have.
    Source    FDA Study Data Technical Conformance Guide, 2.2 and 2.3 (reviewer's guides, their names and
              folders).
    """
    for guide in guides:
        folder = datasets.folder(study, tree, LAYER_OF[guide.name])
        (folder / f"{guide.name}.pdf").write_bytes(pages.write(guide, study.protocol))
        (folder / f"{guide.name}.html").write_text(content.page(guide, study.protocol), encoding="utf-8")
