"""CPU seconds of define.xml for both layers of the sample: worked out, written and checked, and beside that
the pages by the stylesheet.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from unittest import mock

from pipeline import stages as pipeline_run
from pipeline.checks.define import written as define_check
from pipeline.formats import templates
from pipeline.publish.define import write as define
from pipeline.publish.define.model import Layer, Package
from pipeline.study import load
from pipeline.workers import Workers

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "drops" / "2019-07-01"
RUNS = 5
Wanted = list[tuple[Package, Layer]]


def run() -> dict[str, float]:
    """Median and first of some runs after one build; the first compiles the template and reads the schema."""
    with tempfile.TemporaryDirectory() as folder:
        with mock.patch.object(define, "write", wraps=define.write) as wrote:
            pipeline_run.build(load(ROOT), ROOT, SAMPLE, Path(folder) / "out", Workers(), lambda _: None)
        wanted: Wanted = [(c.args[0], c.args[1]) for c in wrote.call_args_list]
        templates.template.cache_clear()
        plain = [_seconds(wanted, Path(folder)) for _ in range(RUNS)]
        pages = [_pages(wanted, Path(folder)) for _ in range(2)]
    datasets = len({n for package, _ in wanted for n in package.specs})
    return {
        "datasets": datasets,
        "first_s": round(plain[0], 2),
        "median_s": round(median(plain), 2),
        "of_40_datasets_s": round(median(plain) * 40 / datasets, 2),
        "stylesheet_s": round(min(pages), 2),
    }


def _seconds(wanted: Wanted, folder: Path) -> float:
    start = time.process_time()
    for package, layer in wanted:
        define.write(package, layer, folder)
        assert not define_check.check(folder, package, layer)
    return time.process_time() - start


def _pages(wanted: Wanted, folder: Path) -> float:
    found = 0.0
    for package, layer in wanted:
        define.write(package, layer, folder)
        start = time.process_time()
        define.pages([folder])
        found += time.process_time() - start
    return found
