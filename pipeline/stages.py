"""The stages in order: read, tabulate, analyse, check, publish. The only module that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline import sources
from pipeline.checks import datasets as checks
from pipeline.checks.datasets import causes, explanations, lost, waivers
from pipeline.checks.define import written as define_check
from pipeline.derivations.sdtm import relrec, supp, trial_design
from pipeline.finished.continued import Previous, keep_highest
from pipeline.mapping import cutoff
from pipeline.mapping.accounting import account
from pipeline.mapping.interpret import Recoded, tabulate
from pipeline.mapping.kept_numbers import Kept
from pipeline.mapping.origins import origin
from pipeline.mapping.steps import Plan
from pipeline.mapping.translate import Rewritten, translated
from pipeline.plan import LIBRARY as LIBRARY
from pipeline.plan import plan_of as plan_of
from pipeline.plan import publishable as publishable
from pipeline.profile import Profile, profile_of
from pipeline.publish import block_files, manifest, refusal, report, staging
from pipeline.publish import write as publish
from pipeline.publish.define.model import Package
from pipeline.publish.lineage.write import store_cutoff
from pipeline.publish.package import edition
from pipeline.records import findings
from pipeline.records.count import Count, counted
from pipeline.records.findings import Finding
from pipeline.site import write as site
from pipeline.study import Study, refuse_changes
from pipeline.study.edition import Edition
from pipeline.study.models import Dataset
from pipeline.workers import Workers

if TYPE_CHECKING:
    from pipeline.cluster import Cluster

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """The outcome of a build: the content of report.json, and the folder of the build or of its refusal."""

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
    workers: Workers | Cluster,
    progress: Progress,
    editions: tuple[str, ...] = (),
    in_full: bool = False,
    previous: Path | None = None,
) -> Report:
    """Builds the drop into `out`, or refuses it and leaves the last good build untouched.

    Takes     the study and the folder it was loaded from; a folder with one file per form; the agencies for
              which the package is completed, "fda" or "nmpa"; whether pyreadstat reads back every part of
              each dataset, or a sample of the parts; the folder of the builds, or of the build, that this
              one continues: records keep the --SEQ that they have in it.
    Raises    SpecError, DropError, UsageError, also where the study or the drop changes meanwhile; faults of
              single records are findings in the report.
    """
    plan = plan_of(study)  # a fault in the mapping is reported before the drop is read
    checks.refuse_faults(study)
    specs = publishable(study)
    chinese = edition.chosen(study, specs) if "nmpa" in editions else None
    continues = Previous.opened(previous, study.protocol.id) if previous else None
    with staging.staged(out) as stage:
        home, blocks = stage / "build", stage / "blocks"
        progress("read")
        records = sources.store(study, drop, home / "lineage", workers.block)
        progress(f"tabulate, analyse, check: {counted(records.subjects, 'participant')}")
        context = (study, records.folder, blocks, chinese, continues)
        profiles = workers.map(_build_block, context, enumerate(records.runs))
        subjects = reduce(Profile.merge, profiles, _profile_of_reading(records.rest))
        if continues:
            lost_forms = frozenset(lost.check(study, records.sizes, continues.sizes()))
            subjects = subjects.merge(Profile(findings=lost_forms))
        profile = _check_whole(study, specs, _build_study_level(study, specs, subjects, blocks / "study"))
        package = Package(study, plan, with_records(specs, profile), profile)
        folders = [blocks / "study", *(blocks / f"{i:05d}" for i in range(len(records.runs)))]
        if not findings.stops(profile.findings):
            progress(f"publish: {counted(len(package.specs), 'dataset')}")
            editions_asked = {agency: chinese if agency == "nmpa" else None for agency in editions}
            rules = checks.rules.RULES
            package = publish.write(
                package, folders, home, editions_asked, rules, define_check.check, in_full
            )
            if continues:
                keep_highest(continues, home)
            site.write(home)
            of_drop, before = records.received.hashes, continues.home if continues else None
            manifest.write(home, root, of_drop, study.contents, tuple(editions), before)
        records.received.refuse_changes()
        refuse_changes(study, root)
        if findings.stops(package.profile.findings):
            content = report.write(package, "refused", stage / "refused")
            refusal.write_datasets(package.specs, folders, stage / "refused")
            return Report(content, staging.show_refusal(stage / "refused", out))
        return Report(report.content(package, "published"), staging.make_current(home, out))


# --- one block of subjects
def _build_block(
    context: tuple[Study, Path, Path, Edition | None, Previous | None], item: tuple[int, sources.Run]
) -> Profile:
    """Reads, tabulates, analyses and checks one run of subjects and leaves its datasets in Arrow files."""
    study, drop, blocks, chinese, continues = context
    number, run = item
    records = sources.run(study, drop, run)
    profile = _profile_of_reading(records)
    recoded: Recoded = {}
    rewritten: Rewritten = {}
    up_to_cutoff = cutoff.cut(study, records.forms)
    changes = (recoded, rewritten)
    kept = continues.kept(*_first_and_last(records.forms)) if continues else None
    frames, counts, faults = _one_block(study, records.forms, up_to_cutoff, changes, chinese, kept)
    del records  # only the datasets are needed from here on
    specs = publishable(study)
    with block_files.made_whole(blocks / f"{number:05d}") as folder:
        block_files.store(folder, specs, frames)
        store_cutoff(folder, up_to_cutoff.changes)
    of_block = replace(profile_of(specs, frames, counts, faults), recoded=recoded, rewritten=rewritten)
    return profile.merge(of_block)


def _first_and_last(forms: sources.Forms) -> tuple[str, str]:
    """USUBJID of the first and of the last participant of a block."""
    subjects = [form["USUBJID"] for form in forms.values() if len(form)]
    return min(s.min() for s in subjects), max(s.max() for s in subjects)


def _profile_of_reading(records: sources.Drop) -> Profile:
    """What reading alone tells: findings of the contracts, and records that go no further."""
    return Profile(
        accounting={form: Count(n, 0, ()) for form, n in records.strangers.items()},
        findings=frozenset(records.findings),
        recoded=records.respelled,
        rewritten=records.rewritten,
    )


def one_block(
    study: Study,
    forms: sources.Forms,
    recoded: Recoded | None = None,
    rewritten: Rewritten | None = None,
    chinese: Edition | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, Count], list[Finding]]:
    """All datasets of one run of subjects, the count of each form's records, the findings of the checks."""
    return _one_block(study, forms, cutoff.cut(study, forms), (recoded, rewritten), chinese)


def _one_block(
    study: Study,
    forms: sources.Forms,
    up_to_cutoff: cutoff.Cut,
    changes: tuple[Recoded | None, Rewritten | None],
    chinese: Edition | None,
    kept: Kept | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, Count], list[Finding]]:
    frames, faults = datasets_of(study, up_to_cutoff.forms, *changes, chinese, kept)
    counts, unaccounted = account(study, forms, frames, up_to_cutoff.set_aside, up_to_cutoff.as_it_stood)
    faults += up_to_cutoff.findings
    return frames, counts, faults + unaccounted + checks.block(study, publishable(study), frames)


def datasets_of(
    study: Study,
    forms: sources.Forms,
    recoded: Recoded | None = None,
    rewritten: Rewritten | None = None,
    chinese: Edition | None = None,
    kept: Kept | None = None,
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """All datasets of one run of subjects as they are published, and a finding for each text that cannot be
    published.

    Where a Chinese edition is asked for, texts as collected stand beside their translations. Records that a
    build before numbered keep their numbers.
    """
    plan, specs = plan_of(study), publishable(study)
    faults: list[Finding] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, collected in tabulate(study, plan, forms, recoded, kept).items():
        frame, untranslated = translated(study, name, collected, chinese, rewritten)
        frames[name], not_continued = supp.continued(study.datasets[name], frame)
        faults += untranslated + not_continued
    for name in [n for n in specs if f"SUPP{n}" in specs]:
        spec = study.datasets[name]
        moved = [v for v, s in spec.variables.items() if s.supp or s.long]
        origins = {v: _origin_type(study, plan, name, v) for v in moved}
        frames[name], frames[f"SUPP{name}"], not_cut = supp.qualifiers(spec, frames[name], origins)
        faults += not_cut
    return {n: frames[n] for n in specs if n in frames}, faults


def _origin_type(study: Study, plan: Plan, dataset: str, variable: str) -> str:
    steps = plan.by_node.get((dataset, variable), [])
    single = origin(study, steps, plan.by_node[dataset, ""])
    return single.type if single else "Collected"


# --- the study as a whole
def _build_study_level(
    study: Study, specs: Mapping[str, Dataset], subjects: Profile, folder: Path
) -> Profile:
    """Makes and checks the datasets of the study as a whole, leaves them in Arrow files, and adds their
    profile to that of all subjects.

    A dataset may have records here and in the blocks of subjects; these stand first.
    """
    frames = {**trial_design.frames(study, subjects), **relrec.frames(study)}
    block_files.store(folder, specs, frames)
    faults = checks.study_level(study, specs, frames) + trial_design.differences(study, subjects)
    faults += trial_design.without_codes(study)
    return subjects.merge(profile_of(specs, frames, {}, faults))


def _check_whole(study: Study, specs: Mapping[str, Dataset], profile: Profile) -> Profile:
    """The profile with the findings that need all subjects, and with the study's severities, waivers and
    explanations applied to all findings.
    """
    faults = checks.baseline.by_cause(study, profile) | set(checks.whole(study, specs, profile))
    faults = waivers.with_severities(study, faults)
    faults = causes.told_once(waivers.applied(study, faults))
    return replace(profile, findings=faults | explanations.missing(study, faults))


def with_records(specs: Mapping[str, Dataset], profile: Profile) -> dict[str, Dataset]:
    """The datasets to publish: a SUPP-- only where something is supplemental, COVAL1 only where a comment
    goes on in it.
    """
    kept: dict[str, Dataset] = {}
    for name, spec in specs.items():
        if not name.startswith("SUPP") or profile.records.get(name):
            kept[name] = _with_continued_texts(spec, profile)
    return kept


def _with_continued_texts(spec: Dataset, profile: Profile) -> Dataset:
    continued = {c for v in spec.variables.values() for c in v.continued}
    unused = {c for c in continued if not profile.columns[spec.dataset, c].filled}
    if not unused:
        return spec
    variables = {n: v for n, v in spec.variables.items() if n not in unused}
    return spec.model_copy(update={"variables": variables})
