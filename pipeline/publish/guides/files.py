"""The reviewer's guides as files of a package: PDF and HTML beside the define.xml of their layer, which names
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.publish import datasets
from pipeline.publish.define.model import Layer, SupportingDocument
from pipeline.publish.guides import content, pages
from pipeline.publish.guides.content import TITLES, Guide
from pipeline.study import Study

_LAYERS: dict[str, Layer] = {"csdrg": "sdtm", "adrg": "adam"}
DOCUMENTS = tuple(
    SupportingDocument(layer, f"LF.{name}", TITLES[name], f"{name}.pdf") for name, layer in _LAYERS.items()
)


def write(both: Iterable[Guide], study: Study, tree: Path) -> None:
    """Writes csdrg.pdf and csdrg.html into the folder of SDTM, adrg.pdf and adrg.html into that of ADaM.

    Raises    SpecError for a character that the fonts do not have.
    Source    FDA Study Data Technical Conformance Guide, 2.2 and 2.3 (reviewer's guides, their names and
              folders).
    """
    for guide in both:
        folder = datasets.folder(study, tree, _LAYERS[guide.name])
        (folder / f"{guide.name}.pdf").write_bytes(pages.write(guide, study.protocol))
        (folder / f"{guide.name}.html").write_text(content.page(guide, study.protocol), encoding="utf-8")
