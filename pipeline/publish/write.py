"""The second half of a build: everything in its folder, made from the checked datasets and their profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pipeline.publish import datasets, report
from pipeline.publish.acrf import write as acrf
from pipeline.publish.define import write as define
from pipeline.publish.define.model import Layer, Package
from pipeline.publish.guides import content as guides
from pipeline.publish.guides import files as guide_files
from pipeline.publish.guides.analysis import Queries
from pipeline.publish.guides.tables import Rule
from pipeline.publish.lineage import words as mapping_book
from pipeline.publish.lineage import write as lineage
from pipeline.publish.package import complete, edition, results
from pipeline.records.findings import Finding
from pipeline.study.edition import Edition

DefineCheck = Callable[[Path, Package, Layer], list[Finding]]


def write(
    package: Package,
    blocks: Sequence[Path],
    home: Path,
    editions: Mapping[str, Edition | None],
    rules: Sequence[Rule],
    check_define: DefineCheck,
    in_full: bool = False,
    with_rtf: bool = False,
) -> Package:
    """Writes a build into its folder, and checks each define.xml that it wrote.

    1. Datasets, define.xml and annotated CRF: in English always, and for each other edition.
    2. Lineage: rules and raw records behind each value, the mapping and the guides in words, the study's own
       files.
    3. The report, with what reading back each define.xml found.
    4. Results, guides, programs and hashes for each agency.

    Takes     what is published, in English; the folders of Arrow files of the blocks; the build's folder; by
              agency, the edition it gets, None for the English one; the rules that the datasets were checked
              by; the check of a written define.xml; whether pyreadstat reads back every part of
              each dataset; whether tables and listings of the report are written as RTF too.
    Returns   what is published, in English, with all findings; an error among them means that the build must
              not be shown.
    """
    packages = _packages(replace(package, pages=acrf.pages(package.study)), blocks, editions)
    faults = set(package.profile.findings)
    for each in packages.values():
        faults |= _write_package(each, blocks, home, check_define, in_full)
    packages = {agency: _with_findings(p, frozenset(faults)) for agency, p in packages.items()}

    english = packages["fda"]
    _write_lineage(english, blocks, home / "lineage")
    report.write(english, "published", home / "report")

    if editions:
        trees = [packages[agency].tree(home) for agency in editions]
        results.write(english.study, blocks, home, trees, with_rtf)
    for agency, each in packages.items():
        of_layers = guides.guides(Queries(mapping_book.Book(each), rules))
        if each is english:
            guides.write(of_layers, home / "lineage")
        if agency in editions:
            guide_files.write(of_layers, each.study, each.tree(home))
            complete.complete(each, blocks, home)
    return english


def _packages(
    english: Package, blocks: Sequence[Path], editions: Mapping[str, Edition | None]
) -> dict[str, Package]:
    """What is written, by agency: the English package in every build, with the documents beside define.xml
    where it is completed for the FDA.
    """
    documents = (*results.documents(english.study), *guide_files.documents(english.layers))
    packages = {"fda": replace(english, documents=documents) if "fda" in editions else english}
    for agency, other in editions.items():
        if other:
            packages[agency] = replace(edition.package(english, other, blocks), documents=documents)
    return packages


def _write_package(
    package: Package, blocks: Sequence[Path], home: Path, check_define: DefineCheck, in_full: bool
) -> set[Finding]:
    """Writes the datasets of a package, define.xml and annotated CRF; returns the findings in define.xml."""
    study, tree = package.study, package.tree(home)
    folders = {layer: datasets.folder(study, tree, layer) for layer in package.layers}
    faults: set[Finding] = set()
    for layer, folder in folders.items():
        folder.mkdir(parents=True)
        define.write(package, layer, folder)
        faults |= set(check_define(folder, package, layer))
    # lxml makes the pages without holding the interpreter's lock, so the datasets are written meanwhile. The
    # thread has ended when this block is left, whatever happens, so nothing is written into a folder that is
    # being removed.
    with ThreadPoolExecutor(max_workers=1) as thread:
        pages = thread.submit(define.pages, folders.values())
        datasets.write(study, package.specs, package.profile, blocks, tree, package.encoding, in_full)
        acrf.write(study, package.plan, folders["sdtm"] / "acrf.pdf")
    pages.result()
    return faults


def _with_findings(package: Package, findings: frozenset[Finding]) -> Package:
    return replace(package, profile=replace(package.profile, findings=findings))


def _write_lineage(package: Package, blocks: Sequence[Path], home: Path) -> None:
    lineage.write(package, blocks, home)
    mapping_book.write(mapping_book.Book(package), home)
    lineage.keep_files(package.study, home / "study")
    lineage.keep_expanded(package.study, home / "expanded")
