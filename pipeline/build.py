"""The stages in order: read, tabulate, analyse, check, publish. The only module that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pipeline import sources
from pipeline.checks import datasets as validate
from pipeline.checks.datasets import explanations, waivers
from pipeline.checks.define import written as define_check
from pipeline.derivations import adam, sdtm
from pipeline.derivations.sdtm import relrec, supp, trial_design
from pipeline.mapping import resolve
from pipeline.mapping.accounting import account
from pipeline.mapping.interpret import Recoded, tabulate
from pipeline.mapping.origins import origin
from pipeline.mapping.steps import Plan
from pipeline.mapping.translate import translated
from pipeline.profile import Profile, profile_of
from pipeline.publish import datasets, manifest, report, staging
from pipeline.publish.acrf import write as acrf
from pipeline.publish.define import write as define
from pipeline.publish.guides import content as guides
from pipeline.publish.guides import files as guide_files
from pipeline.publish.guides.analysis import Queries
from pipeline.publish.guides.tables import Check
from pipeline.publish.lineage import kept
from pipeline.publish.lineage import words as mapping_book
from pipeline.publish.lineage import write as lineage
from pipeline.publish.package import complete as package
from pipeline.publish.package import edition, results
from pipeline.records import findings
from pipeline.records.count import Count
from pipeline.records.findings import Finding
from pipeline.study import Study
from pipeline.study.edition import Edition
from pipeline.study.models import Dataset
from pipeline.workers import Workers

LAYERS: tuple[Literal["sdtm", "adam"], ...] = ("sdtm", "adam")
LIBRARY = {"sdtm": sdtm.FUNCTIONS, "adam": adam.FUNCTIONS}
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """The outcome of a build: what report.json holds, and where it stands."""

    content: Mapping[str, Any]
    home: Path

    @property
    def refused(self) -> bool:
        return bool(self.content["state"] == "refused")


def build(
    study: Study,
    root: Path,
    drop: Path,
    out: Path,
    workers: Workers,
    progress: Progress,
    editions: tuple[str, ...] = (),
) -> Report:
    """Builds the drop into `out`, or refuses it and leaves the last good build as it was.

    Takes     the study and the folder it was loaded from; a folder with one file a form; the agencies for
              which the package is completed.
    Raises    SpecError, DropError, UsageError; faults of single records are findings in the report.
    """
    plan = _plan(study)
    specs = published(study)
    chinese = edition.chosen(study, specs) if "nmpa" in editions else None
    with staging.staged(out) as stage:
        progress("read")
        home = stage / "build"
        given = sources.store(study, drop, home / "lineage", workers.block)
        progress("tabulate, analyse, check")
        work = list(
            workers.map(_one_block, (study, given.folder, stage / "blocks", chinese), enumerate(given.runs))
        )
        whole = _study_level(
            study, specs, reduce(Profile.merge, work, _read(given.rest)), stage / "blocks" / "study"
        )
        found = whole.findings | set(validate.whole(study, specs, whole))
        found = waivers.applied(study, found)
        whole = replace(whole, findings=found | explanations.missing(study, found))
        specs = held(specs, whole)
        parts = [stage / "blocks" / "study", *(stage / "blocks" / f"{i:05d}" for i in range(len(given.runs)))]
        if findings.stops(whole.findings):
            return _refused(study, specs, whole, stage, out)
        progress("publish")
        packages = _packages(
            define.Package(study, plan, specs, whole, acrf.pages(study)), chinese, parts, editions
        )
        whole = replace(
            whole, findings=whole.findings.union(*(_written(p, parts, home) for p in packages.values()))
        )
        lineage.write(study, plan, specs, parts, home / "lineage")
        lineage.cite(study, plan, specs, home / "lineage")
        if findings.stops(whole.findings):
            return _refused(study, specs, whole, stage, out)
        told = report.content(study, specs, whole, "published")
        report.write(told, whole.findings, home / "report")
        book = mapping_book.Told(study, plan, specs, whole)
        mapping_book.write(book, home / "lineage")
        guides.write(_guides(book), home / "lineage")
        kept.files(root, study.files, home / "lineage" / "study")
        if editions:
            results.write(study, specs, parts, home, [packages[e].tree(home) for e in editions])
        for wanted in editions:
            _completed(packages[wanted], whole.findings, parts, home)
        whole_hash = manifest.manifest(
            home, given.rest.hashes, {name: manifest.file_hash(root / name) for name in study.files}, editions
        )
        manifest.build_info(home, root)
        return Report(told, staging.publish(home, out, whole_hash[:12]))


@lru_cache(maxsize=4)
def _plan(study: Study) -> Plan:
    """The study's steps, resolved once a process."""
    return resolve.plan(study, LIBRARY)


def published(study: Study) -> dict[str, Dataset]:
    """The specs of all datasets in the order of the package: the trial's design, SDTM with each SUPP-- behind
    its parent, ADaM.
    """
    mapped = {n: s for n, s in study.datasets.items() if n in study.mappings}
    extra = supp.specs(mapped)
    found = {n: study.datasets[n] for n in trial_design.names(study)}
    for name, spec in mapped.items():
        found[name] = spec
        if f"SUPP{name}" in extra:
            found[f"SUPP{name}"] = extra[f"SUPP{name}"]
    return found


def held(specs: Mapping[str, Dataset], whole: Profile) -> dict[str, Dataset]:
    """The datasets to publish: a SUPP-- is there only where something is supplemental, COVAL1 only where a
    comment goes on in it.
    """
    empty = {n for n in specs if n.startswith("SUPP") and not whole.records.get(n)}
    return {n: _continued_as_needed(s, whole) for n, s in specs.items() if n not in empty}


def _continued_as_needed(spec: Dataset, whole: Profile) -> Dataset:
    more = {c for v in spec.variables.values() for c in v.continued}
    unused = {c for c in more if not whole.columns[spec.dataset, c].filled}
    return (
        spec.model_copy(update={"variables": {n: v for n, v in spec.variables.items() if n not in unused}})
        if unused
        else spec
    )


def _read(given: sources.Drop) -> Profile:
    """What reading alone tells: findings of the contracts, and records that go no further."""
    return Profile(
        accounting={f: Count(n, 0, ()) for f, n in given.strangers.items()},
        findings=frozenset(given.findings),
        recoded=given.respelled,
    )


def _study_level(study: Study, specs: Mapping[str, Dataset], subjects: Profile, folder: Path) -> Profile:
    """Makes and checks what is told of the study as a whole, leaves it in Arrow files, and adds its profile to
    those of all subjects.

    A dataset may have records here and in the blocks of subjects; these stand first.
    """
    frames = {**trial_design.frames(study, subjects), **relrec.frames(study)}
    datasets.store(folder, specs, frames)
    found = validate.study_level(study, specs, frames) + trial_design.differences(study, subjects)
    return subjects.merge(profile_of(specs, frames, {}, found))


def _packages(
    plain: define.Package, chinese: Edition | None, parts: list[Path], editions: tuple[str, ...]
) -> dict[str, define.Package]:
    """What is written, by the agency it is for: the English package in every build, with its guides where it
    is completed.
    """
    documents = (*results.documents(plain.study), *guide_files.DOCUMENTS)
    found = {"fda": replace(plain, documents=documents) if "fda" in editions else plain}
    if chinese:
        found["nmpa"] = replace(edition.package(plain, chinese, parts), documents=documents)
    return found


def _completed(one: define.Package, found: frozenset[Finding], parts: list[Path], home: Path) -> None:
    """Adds to a written package its guides, which tell all findings, and what else the agency gets."""
    told = replace(one, profile=replace(one.profile, findings=found))
    guide_files.write(
        _guides(mapping_book.Told(told.study, told.plan, told.specs, told.profile)),
        told.study,
        told.tree(home),
    )
    package.complete(told, parts, home)


def _guides(book: mapping_book.Told) -> list[guides.Guide]:
    return guides.made(Queries(book, [Check(r.id, r.covers, r.severity) for r in validate.rules.RULES]))


def _one_block(context: tuple[Study, Path, Path, Edition | None], item: tuple[int, sources.Run]) -> Profile:
    """Reads, tabulates, analyses and checks one run of subjects and leaves its datasets in Arrow files."""
    study, drop, home, chinese = context
    number, run = item
    given = sources.run(study, drop, run)
    told = _read(given)
    recoded: Recoded = {}
    frames, counted, found = one_block(study, given.forms, recoded, chinese)
    del given  # from here on the datasets alone are needed
    specs = published(study)
    datasets.store(home / f"{number:05d}", specs, frames)
    return told.merge(replace(profile_of(specs, frames, counted, found), recoded=recoded))


def one_block(
    study: Study, forms: sources.Forms, recoded: Recoded | None = None, chinese: Edition | None = None
) -> tuple[dict[str, pd.DataFrame], dict[str, Count], list[Finding]]:
    """All datasets of one run of subjects, what became of each form's records, and what the checks object to."""
    frames, found = made(study, forms, recoded, chinese)
    counted, lost = account(study, forms, frames)
    return frames, counted, found + lost + validate.block(study, published(study), frames)


def made(
    study: Study, forms: sources.Forms, recoded: Recoded | None = None, chinese: Edition | None = None
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """All datasets of one run of subjects as they are published, and the texts that could not be made fit for
    it.

    Where a Chinese edition is asked for, texts as collected stand beside their translations.
    """
    plan = _plan(study)
    found: list[Finding] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, worked in tabulate(study, plan, forms, recoded).items():
        frame, untranslated = translated(study, name, worked, chinese)
        frames[name], uncontinued = supp.continued(study.datasets[name], frame)
        found += untranslated + uncontinued
    specs = published(study)
    for name in [n for n in specs if f"SUPP{n}" in specs]:
        spec = study.datasets[name]
        said = {v: _origin(study, plan, name, v) for v, s in spec.variables.items() if s.supp or s.long}
        frames[name], frames[f"SUPP{name}"], uncut = supp.qualifiers(spec, frames[name], said)
        found += uncut
    return {n: frames[n] for n in specs if n in frames}, found


def _origin(study: Study, plan: Plan, dataset: str, variable: str) -> str:
    known = origin(study, plan.by_node.get((dataset, variable), []), plan.by_node[dataset, ""])
    return known.type if known else "Collected"


def _written(told: define.Package, parts: list[Path], home: Path) -> set[Finding]:
    """Writes datasets and documentation of a package and returns what reading them back found."""
    study, tree = told.study, told.tree(home)
    for layer in LAYERS:
        datasets.folder(study, tree, layer).mkdir(parents=True)
    documented = _documented(told, tree)
    with ThreadPoolExecutor(
        max_workers=1
    ) as beside:  # whatever happens, it has ended before the folder can be taken away
        pages = beside.submit(define.pages, [datasets.folder(study, tree, layer) for layer in LAYERS])
        datasets.write(study, told.specs, told.profile, parts, tree, told.encoding)
        acrf.write(study, told.plan, datasets.folder(study, tree, "sdtm") / "acrf.pdf")
    pages.result()
    return documented


def _documented(package: define.Package, home: Path) -> set[Finding]:
    """Writes define.xml of each layer and returns what reading it back found."""
    found: set[Finding] = set()
    for layer in LAYERS:
        folder = datasets.folder(package.study, home, layer)
        define.write(package, layer, folder)
        found |= set(define_check.check(folder, package, layer))
    return found


def _refused(study: Study, specs: Mapping[str, Dataset], whole: Profile, stage: Path, out: Path) -> Report:
    told = report.content(study, specs, whole, "refused")
    home = stage / "refused"
    report.write(told, whole.findings, home)
    return Report(told, staging.refuse(home, out))
