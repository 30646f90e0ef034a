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
_PURPOSES = {"sdtm": "Tabulation", "adam": "Analysis"}


def write(package: Package, layer: Layer, folder: Path) -> None:
    """Write define.xml and define2-1.xsl of the layer into the folder; `pages` writes define.html beside
    them.

    The same package gives the same bytes: the stamps are the declared build time, and every part has its
    order.

    Raises    SpecError where an origin, a standard or a dictionary is not declared as define.xml needs it.
    Source    Define-XML 2.1; FDA Study Data Technical Conformance Guide, 4.1.4.5 (define.xml, its stylesheet
              and its rendering).
    """
    (folder / "define.xml").write_text(_render(package, layer), encoding="utf-8")
    (folder / STYLESHEET).write_bytes(_style())


def pages(folders: Iterable[Path]) -> None:
    """Write define.html beside each define.xml: the page that the official stylesheet makes, which reads no
    other file.

    Whoever calls may do so in a thread of its own: what lxml works with is of this call alone, and Python
    goes on while it works.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    transform = etree.XSLT(etree.fromstring(_keyed(_style()), parser))
    for folder in folders:
        (folder / "define.html").write_bytes(bytes(transform(etree.parse(folder / "define.xml", parser))))


def _style() -> bytes:
    return standard_file("definehtml", STYLESHEET).read_bytes()


def _render(package: Package, layer: Layer) -> str:
    protocol = package.study.protocol
    stamp = protocol.declared_build_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return template("pipeline.publish.define", "define.xml.j2").render(
        vars(content(package, layer)),
        protocol=protocol,
        stamp=stamp,
        oid=f"{protocol.id}.{layer.upper()}",
        title=f"Study {protocol.id}, {'SDTM' if layer == 'sdtm' else 'ADaM'} data definitions",
        purpose=_PURPOSES[layer],
        crf="LF.acrf" if layer == "sdtm" else "",
        documents=[d for d in package.documents if d.layer == layer],
        stylesheet=STYLESHEET,
        version=DEFINE_VERSION,
    )


def _keyed(style: bytes) -> bytes:
    """The stylesheet with its searches through all definitions, by OID and the like, as keys: the same page
    in a fraction of the time.
    """
    text = style.decode()
    kinds = {f"${variable}": kind for variable, kind in _SET.findall(text)}
    kinds |= {f"{way}{kind}": kind for kind in kinds.values() for way in ("../../", "../", "//")}
    keys: dict[str, str] = {}

    def by_key(search: re.Match[str]) -> str:
        all_of, below, attribute, value = search.groups()
        if all_of not in kinds:
            return search[0]
        path = kinds[all_of] + below
        name = re.sub(r"/\w+:", ".", f"{path}.{attribute}")
        keys[name] = f'<xsl:key name="{name}" match="odm:MetaDataVersion/{path}" use="@{attribute}"/>'
        return f"key('{name}', {value})"

    keyed = _SEARCH.sub(by_key, text)
    return _OUTPUT.sub(lambda m: m[0] + "".join(keys.values()), keyed, count=1).encode()


_SET = re.compile(r'<xsl:variable name="(\w+)" select="\$g_MetaDataVersion/((?:odm|def):\w+)"/>')
_SEARCH = re.compile(r"((?:\$|(?:\.\./){1,2}|//)[\w:]+)((?:/\w+:\w+)?)\[@(\w+) ?= ?(\$\w+)\]")
_OUTPUT = re.compile(r"<xsl:output[^>]*/>")
