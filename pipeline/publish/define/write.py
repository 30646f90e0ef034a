"""define.xml 2.1 of one layer, with the HTML that a browser shows and the stylesheet that made it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from pipeline.formats.define.schema import standard_file
from pipeline.formats.templates import template
from pipeline.publish.define.content import content
from pipeline.publish.define.model import DEFINE_VERSION, Layer, Package, SupportingDocument

__all__ = ["Layer", "Package", "SupportingDocument", "pages", "write"]

STYLESHEET = "define2-1.xsl"
_TITLES = {"sdtm": "SDTM", "adam": "ADaM"}
_PURPOSES = {"sdtm": "Tabulation", "adam": "Analysis"}

# In the stylesheet: a variable that holds all elements of a kind; a search through them by an attribute; the
# element before which keys may stand.
_KIND = re.compile(r'<xsl:variable name="(\w+)" select="\$g_MetaDataVersion/((?:odm|def):\w+)"/>')
_SEARCH = re.compile(r"((?:\$|(?:\.\./){1,2}|//)[\w:]+)((?:/\w+:\w+)?)\[@(\w+) ?= ?(\$\w+)\]")
_OUTPUT = re.compile(r"<xsl:output[^>]*/>")


def write(package: Package, layer: Layer, folder: Path) -> None:
    """Writes define.xml and define2-1.xsl of the layer into the folder; `pages` writes define.html beside
    them.

    The same package gives the same bytes: the stamps are the declared build time, and every part has its
    order.

    Raises    SpecError where an origin, a standard or a dictionary is not declared as define.xml needs it.
    Source    Define-XML 2.1; FDA Study Data Technical Conformance Guide, 4.1.4.5 (define.xml, its stylesheet
              and its rendering).
    """
    (folder / "define.xml").write_text(_render(package, layer), encoding="utf-8")
    (folder / STYLESHEET).write_bytes(_stylesheet())


def pages(folders: Iterable[Path]) -> None:
    """Writes define.html beside each define.xml: the page that the official stylesheet makes, which reads no
    other file.

    It may run in a thread of its own: lxml's parser and stylesheet belong to this call alone, and Python goes
    on while lxml works.

    Takes     folders that hold a define.xml.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    transform = etree.XSLT(etree.fromstring(_with_keys(_stylesheet()), parser))
    for folder in folders:
        page = transform(etree.parse(folder / "define.xml", parser))
        (folder / "define.html").write_bytes(bytes(page))


def _stylesheet() -> bytes:
    return standard_file("definehtml", STYLESHEET).read_bytes()


def _render(package: Package, layer: Layer) -> str:
    protocol = package.study.protocol
    return template("pipeline.publish.define", "define.xml.j2").render(
        vars(content(package, layer)),
        protocol=protocol,
        stamp=protocol.declared_build_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        oid=f"{protocol.id}.{layer.upper()}",
        title=f"Study {protocol.id}, {_TITLES[layer]} data definitions",
        purpose=_PURPOSES[layer],
        crf="LF.acrf" if layer == "sdtm" else "",
        documents=[d for d in package.documents if d.layer == layer],
        stylesheet=STYLESHEET,
        version=DEFINE_VERSION,
    )


def _with_keys(stylesheet: bytes) -> bytes:
    """The stylesheet with keys in place of its searches through all definitions, by OID and the like: the
    same page in a fraction of the time.
    """
    text = stylesheet.decode()
    # Every way in which a search names all elements of a kind, with the kind.
    kinds = {f"${variable}": kind for variable, kind in _KIND.findall(text)}
    for kind in [*kinds.values()]:
        kinds |= {f"{way}{kind}": kind for way in ("../../", "../", "//")}
    keys: dict[str, str] = {}

    def by_key(search: re.Match[str]) -> str:
        every, below, attribute, value = search.groups()
        if every not in kinds:
            return search[0]
        path = kinds[every] + below
        name = re.sub(r"/\w+:", ".", f"{path}.{attribute}")
        keys[name] = f'<xsl:key name="{name}" match="odm:MetaDataVersion/{path}" use="@{attribute}"/>'
        return f"key('{name}', {value})"

    searched = _SEARCH.sub(by_key, text)
    return _OUTPUT.sub(lambda output: output[0] + "".join(keys.values()), searched, count=1).encode()
