"""The second study: raw captures of the CDISC pilot study, mapped without a line of Python, held against the
SDTM and ADaM that others published of it. Every difference is in differences.tsv with its place, count and
reason.

Source    pharmaverseraw, pharmaversesdtm and pharmaverseadam (Apache-2.0).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline import stages as run
from pipeline.compare import text
from pipeline.compare.compare import compared
from pipeline.compare.values import Tolerance
from pipeline.finished.folder import Folder
from pipeline.study import load
from pipeline.workers import Workers
from tests.conftest import ROOT, quiet
from tests.support import reference

TABLE = reference.STUDY / "differences.tsv"
DATASETS = ["DM", "AE", "DS", "EX", "VS", "ADSL"]
OF_THE_WRITER = ("length", "format")  # attributes that the public data do not say


class Difference(NamedTuple):
    """A kind of difference in a dataset: how often it occurs, and where and what it is the first time."""

    dataset: str
    variable: str
    what: str
    records: str
    first: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cdiscpilot")
    drop = reference.captures(home / "drop")
    report = run.build(load(reference.STUDY), reference.STUDY, drop, home / "out", Workers(), quiet)
    assert report.content["state"] == "published", report.content["findings"]
    return home / "out"


@pytest.fixture(scope="module")
def comparison(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    published = reference.published(tmp_path_factory.mktemp("published") / "xpt")
    return compared(Folder.opened(built), published, DATASETS, Tolerance())


def differences(comparison: Mapping[str, Any]) -> Iterator[Difference]:
    for d in comparison["datasets"]:
        name = d["dataset"]
        for where in ("build", "folder"):
            what = f"only in the {'build' if where == 'build' else 'published data'}"
            for variable in d[f"variables_only_in_{where}"]:
                yield Difference(name, variable, what, "", "")
            only = d[f"records_only_in_{where}"]
            if only["count"]:
                yield Difference(name, "", what, str(only["count"]), text.key(only["first"][0]["key"]))
        for a in d["attributes"]:
            if a["attribute"] not in OF_THE_WRITER:
                values = f"{text.value(a['ours'])} | {text.value(a['theirs'])}"
                yield Difference(name, a["variable"], a["attribute"], "", values)
        for v in d["variables"]:
            first = v["first"][0]
            values = f"{text.key(first['key'])}: {text.value(first['build'])} | {text.value(first['folder'])}"
            yield Difference(name, v["variable"], "value", str(v["differing"]), values)


def told() -> dict[Difference, str]:
    """The table by difference: its reason."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert header == [*Difference._fields, "reason"]
    return {Difference(*row[:-1]): row[-1] for row in rows}


def test_every_difference_from_the_published_data_is_told_with_its_reason(
    comparison: Mapping[str, Any],
) -> None:
    assert list(differences(comparison)) == list(told())
    assert all(told().values())


def test_the_records_are_those_that_others_published(comparison: Mapping[str, Any]) -> None:
    records = {d["dataset"]: (d["records_in_build"], d["records_in_folder"]) for d in comparison["datasets"]}
    assert records == {
        "DM": (306, 306),
        "AE": (1191, 1191),
        "DS": (850, 850),
        "EX": (591, 591),
        "VS": (29648, 29643),
        "ADSL": (306, 306),
    }


def test_the_program_knows_nothing_of_this_study() -> None:
    words = ("CDISCPILOT", "Xanomeline")
    sources = [p for p in (ROOT / "pipeline").rglob("*") if p.suffix in (".py", ".yaml", ".j2")]
    found = [p.name for p in sources if any(word in p.read_text(encoding="utf-8") for word in words)]
    assert found == []


def test_the_study_has_no_python() -> None:
    assert list(reference.STUDY.rglob("*.py")) == []
