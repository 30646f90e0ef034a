"""define.xml 2.1 of one layer, with the HTML that a browser shows and the stylesheet that made it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from lxml import etree

from pipeline.publish.define_content import content
from pipeline.publish.define_parts import Layer, Package, SupportingDocument
from pipeline.publish.define_schema import standard_file

__all__ = ["Layer", "Package", "SupportingDocument", "write"]

STYLESHEET = "define2-1.xsl"
_PURPOSES = {"sdtm": "Tabulation", "adam": "Analysis"}


def write(package: Package, layer: Layer, folder: Path) -> None:
    """Write define.xml, define.html and define2-1.xsl of the layer into the folder.

    The same package gives the same bytes: the stamps are the declared build time, and every part has its order.

    Raises    SpecError where an origin, a standard or a dictionary is not declared as define.xml needs it.
    Source    Define-XML 2.1; FDA Study Data Technical Conformance Guide, 4.1.4.5 (define.xml, its stylesheet and its rendering).
    """
    xml = _render(package, layer).encode()
    style = standard_file("definehtml", STYLESHEET).read_bytes()
    (folder / "define.xml").write_bytes(xml)
    (folder / STYLESHEET).write_bytes(style)
    (folder / "define.html").write_bytes(_html(xml, style))


def _render(package: Package, layer: Layer) -> str:
    protocol = package.study.protocol
    stamp = protocol.declared_build_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _template().render(
        vars(content(package, layer)),
        protocol=protocol,
        stamp=stamp,
        oid=f"{protocol.id}.{layer.upper()}",
        title=f"Study {protocol.id}, {'SDTM' if layer == 'sdtm' else 'ADaM'} data definitions",
        purpose=_PURPOSES[layer],
        crf="LF.acrf" if layer == "sdtm" else "",
        documents=[d for d in package.documents if d.layer == layer],
        stylesheet=STYLESHEET,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pipeline.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("define.xml.j2")


def _html(xml: bytes, style: bytes) -> bytes:
    """The page that the official stylesheet makes; neither it nor the stylesheet reads another file."""
    return bytes(_transform(style)(etree.fromstring(xml, etree.XMLParser(no_network=True, resolve_entities=False))))


@lru_cache(maxsize=1)
def _transform(style: bytes) -> etree.XSLT:
    return etree.XSLT(etree.fromstring(_keyed(style), etree.XMLParser(no_network=True, resolve_entities=False)))


def _keyed(style: bytes) -> bytes:
    """The stylesheet with its searches by OID through all definitions as keys: the same page in a sixth of the time."""
    text = style.decode()
    kinds = {f"${variable}": kind for variable, kind in _SET.findall(text)}
    kinds |= {f"../../{kind}": kind for kind in kinds.values()}
    keyed = _SEARCH.sub(lambda m: f"key('{kinds[m[1]]}', {m[2]})" if m[1] in kinds else m[0], text)
    keys = "".join(f'<xsl:key name="{kind}" match="{kind}" use="@OID"/>' for kind in dict.fromkeys(kinds.values()))
    return _OUTPUT.sub(lambda m: m[0] + keys, keyed, count=1).encode()


_SET = re.compile(r'<xsl:variable name="(\w+)" select="\$g_MetaDataVersion/((?:odm|def):\w+)"/>')
_SEARCH = re.compile(r"((?:\$|\.\./\.\./)[\w:]+)\[@OID ?= ?(\$\w+)\]")
_OUTPUT = re.compile(r"<xsl:output[^>]*/>")
