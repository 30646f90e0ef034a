"""The datasets alone of a drop, as a mapping tool makes them: captures read, tabulated, written as XPT.

No check, no define.xml, no aCRF, no guide, no lineage, and no file is read back: this is what the values cost
of a build's time. It is measured, and nobody builds with it.
"""

from __future__ import annotations

import sys
from functools import reduce
from pathlib import Path

from pipeline import GC_THRESHOLDS, sources, stages
from pipeline.formats.xpt.blocks import blocks
from pipeline.formats.xpt.layout import ASCII, Column
from pipeline.formats.xpt.write import write_head, write_rows
from pipeline.plan import publishable
from pipeline.profile import Profile, profile_of, widths
from pipeline.publish import block_files
from pipeline.study import load
from pipeline.workers import Workers


def write(root: Path, drop: Path, out: Path) -> None:
    """Every dataset that is made of participants, as XPT."""
    out.mkdir()
    study = load(root)
    specs = publishable(study)
    records = sources.store(study, drop, out / "stored", Workers().block)
    folders, profiles = [], []
    for number, run in enumerate(records.runs):
        frames, _ = stages.datasets_of(study, sources.run(study, records.folder, run).forms)
        folders.append(out / "blocks" / str(number))
        block_files.store(folders[-1], specs, frames)
        profiles.append(profile_of(specs, frames, {}, ()))
    profile = reduce(Profile.merge, profiles)
    width = widths(specs, profile)
    made = {name: spec for name, spec in specs.items() if profile.records.get(name)}
    for name, spec in made.items():
        columns = [
            Column(n, v.label, width[name, n], v.is_text, v.format or "") for n, v in spec.published.items()
        ]
        tables = block_files.tables(name, folders, list(spec.published))
        with (out / f"{name.lower()}.xpt").open("wb") as file:
            write_head(file, name, spec.label, columns, study.protocol.declared_build_time, ASCII)
            for _ in write_rows(file, name, columns, blocks(name, columns, tables, ASCII)):
                pass


if __name__ == "__main__":
    import gc

    gc.set_threshold(*GC_THRESHOLDS)
    write(*map(Path, sys.argv[1:]))
    gc.freeze()
