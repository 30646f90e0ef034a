"""Checks of the define.xml that a build wrote: in itself, and beside what was built."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from pipeline.checks.define import against_build, rules
from pipeline.formats.define.read import read
from pipeline.publish.define.model import Layer, Package
from pipeline.records.findings import Finding


def check(folder: Path, package: Package, layer: Layer) -> list[Finding]:
    """What is wrong with the define.xml in the folder, in itself and beside what was built.

    Takes     the folder that `define.write` wrote into; what it was made from.
    Source    Define-XML 2.1, 5.3; CDISC Define-XML 2.1 Conformance Rules (the numbers at each check).
    """
    try:
        document = read(folder / "define.xml", package.edition.encoding if package.edition else "utf-8")
    except etree.XMLSyntaxError as e:
        message = "is not XML; write it again"
        return [Finding("DEF-XSD", "error", "", "", "", "", message, f"define.xml:{e.lineno}")]
    findings = [f for rule in rules.CHECKS for f in rule(document)]
    return findings + [f for rule in against_build.CHECKS for f in rule(document, package, layer)]
