"""The stages in order: read, tabulate, analyse, check, publish. The only module that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import adam, facts, findings, publish, sdtm, sources, validate
from pipeline.facts import Facts
from pipeline.findings import Finding
from pipeline.mapping import steps
from pipeline.mapping.accounting import Count, account
from pipeline.mapping.interpret import KEY, tabulate
from pipeline.mapping.origins import origin
from pipeline.mapping.translate import translated
from pipeline.partitions import Workers
from pipeline.publish import acrf, datasets, define, define_check, lineage, report, staging
from pipeline.sdtm import supp
from pipeline.study import Study
from pipeline.study.models import Dataset

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


def build(study: Study, root: Path, drop: Path, out: Path, workers: Workers, progress: Progress) -> Report:
    """Builds the drop into `out`, or refuses it and leaves the last good build as it was.

    Takes     the study and the folder it was loaded from; a folder with one file a form.
    Raises    SpecError, DropError, UsageError; faults of single records are findings in the report.
    """
    plan = steps.plan(study, LIBRARY)
    specs = published(study)
    progress("read")
    given = sources.read(study, drop)
    with staging.staged(out) as stage:
        progress("tabulate, analyse, check")
        blocks = sources.blocks(given, workers.block)
        work = list(workers.map(_one_block, (study, stage / "blocks"), enumerate(blocks)))
        whole = reduce(Facts.merge, work, _read(given))
        whole = replace(whole, findings=whole.findings | set(validate.whole(study, specs, whole)))
        parts = [stage / "blocks" / f"{i:05d}" for i in range(len(blocks))]
        if findings.stops(whole.findings):
            return _refused(study, specs, whole, stage, out)
        progress("publish")
        home = stage / "build"
        whole = _written(study, plan, specs, whole, parts, home)
        if findings.stops(whole.findings):
            return _refused(study, specs, whole, stage, out)
        told = report.content(study, specs, whole, "published")
        report.write(told, whole.findings, home / "report")
        whole_hash = publish.manifest(home, given.hashes, {name: publish.file_hash(root / name) for name in study.files})
        publish.build_info(home, root)
        return Report(told, staging.publish(home, out, whole_hash[:12]))


def published(study: Study) -> dict[str, Dataset]:
    """The specs of all datasets in the order of the package: SDTM with each SUPP-- behind its parent, then ADaM."""
    mapped = {n: s for n, s in study.datasets.items() if n in study.mappings}
    extra = supp.specs(mapped)
    found: dict[str, Dataset] = {}
    for name, spec in mapped.items():
        found[name] = spec
        if f"SUPP{name}" in extra:
            found[f"SUPP{name}"] = extra[f"SUPP{name}"]
    return found


def _read(given: sources.Drop) -> Facts:
    """What reading alone tells: findings of the contracts, and records of nobody."""
    return Facts(accounting={f: Count(n, 0, ()) for f, n in given.strangers.items()}, findings=frozenset(given.findings))


def _one_block(context: tuple[Study, Path], item: tuple[int, sources.Forms]) -> Facts:
    """Tabulates, analyses and checks one run of subjects and leaves its datasets as Parquet."""
    study, home = context
    number, forms = item
    frames, counted, found = one_block(study, forms)
    folder = home / f"{number:05d}"
    folder.mkdir(parents=True)
    specs = published(study)
    for name, spec in specs.items():
        ordered = frames[name].sort_values([*dict.fromkeys([*spec.keys, *KEY])], ignore_index=True, kind="stable")
        ordered.to_parquet(folder / f"{name}.parquet", index=False)
    return facts.of(specs, frames, counted, found)


def one_block(study: Study, forms: sources.Forms) -> tuple[dict[str, pd.DataFrame], dict[str, Count], list[Finding]]:
    """All datasets of one run of subjects, what became of each form's records, and what the checks object to."""
    frames, found = made(study, forms)
    counted, lost = account(study, forms, frames)
    return frames, counted, found + lost + validate.block(study, published(study), frames)


def made(study: Study, forms: sources.Forms) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """All datasets of one run of subjects as they are published, and the texts that could not be made fit for it."""
    plan = steps.plan(study, LIBRARY)
    found: list[Finding] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, worked in tabulate(study, plan, forms).items():
        frame, untranslated = translated(study, name, worked)
        found += untranslated
        frames[name] = frame
    specs = published(study)
    for name in [n for n in specs if f"SUPP{n}" in specs]:
        spec = study.datasets[name]
        said = {v: _origin(study, plan, name, v) for v, s in spec.variables.items() if s.supp or s.long}
        frames[name], frames[f"SUPP{name}"], uncut = supp.qualifiers(spec, frames[name], said)
        found += uncut
    return {n: frames[n] for n in specs}, found


def _origin(study: Study, plan: steps.Plan, dataset: str, variable: str) -> str:
    known = origin(study, plan.by_node.get((dataset, variable), []), plan.by_node[dataset, ""])
    return known.type if known else "Collected"


def _written(study: Study, plan: steps.Plan, specs: Mapping[str, Dataset], whole: Facts, parts: list[Path], home: Path) -> Facts:
    """Writes datasets, documentation and lineage; returns the facts with what reading them back found."""
    datasets.write(study, specs, whole, parts, home)
    pages = acrf.write(study, datasets.folder(study, home, "sdtm") / "acrf.pdf")
    package = define.Package(study, plan, specs, whole, pages)
    found: set[Finding] = set()
    for layer in ("sdtm", "adam"):
        folder = datasets.folder(study, home, layer)
        define.write(package, layer, folder)
        found |= set(define_check.check(folder, package, layer))
    lineage.write(plan, specs, parts, home / "lineage")
    return replace(whole, findings=whole.findings | found)


def _refused(study: Study, specs: Mapping[str, Dataset], whole: Facts, stage: Path, out: Path) -> Report:
    told = report.content(study, specs, whole, "refused")
    home = stage / "refused"
    report.write(told, whole.findings, home)
    return Report(told, staging.refuse(home, out))
