"""CDISC's schema and stylesheet of Define-XML, as the package defineutils ships them."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from pipeline.errors import UsageError


def standard_file(*parts: str) -> Path:
    """A schema or stylesheet of CDISC, as the package defineutils ships it; its code is not imported."""
    package = find_spec("defineutils")
    if package is None or package.origin is None:
        raise UsageError(
            "the package defineutils, which holds the Define-XML schema and stylesheet, is not installed; see"
            " requirements.lock"
        )
    return Path(package.origin).parent.joinpath(*parts)


@lru_cache(maxsize=1)
def schema() -> etree.XMLSchema:
    """The schema of Define-XML 2.1 with Analysis Results Metadata, which a document may have or not."""
    path = standard_file("validate", "schema", "cdisc-arm-1.0", "arm1-0-0.xsd")
    return etree.XMLSchema(etree.parse(path, etree.XMLParser(no_network=True)))
