"""What a package for an agency has beyond datasets and their documentation, and that it is all there, in its
place, each time the same.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from lxml import etree

from pipeline import stages as run
from pipeline.formats.define import schema as define_schema
from pipeline.publish.package import programs
from pipeline.study import Study, load
from pipeline.workers import Workers
from tests.conftest import ROOT
from tests.support import small_builds

SDTM, ADAM, PROGRAMS = (
    "datasets/s1/tabulations/sdtm",
    "datasets/s1/analysis/adam/datasets",
    "datasets/s1/analysis/adam/programs",
)
PACKAGE = {
    "README.txt",
    *(
        f"{SDTM}/{n}"
        for n in (
            "acrf.pdf",
            "csdrg.html",
            "csdrg.pdf",
            "define.html",
            "define.xml",
            "define2-1.xsl",
            "dm.xpt",
            "ex.xpt",
        )
    ),
    *(
        f"{ADAM}/{n}"
        for n in ("adrg.html", "adrg.pdf", "adsl.xpt", "define.html", "define.xml", "define2-1.xsl")
    ),
    *(
        f"{PROGRAMS}/{n}"
        for n in ("adsl.txt", "pipeline-records-dates.txt", "pipeline-records-distinct.txt", "study.txt")
    ),
}
CHINESE = small_builds.file("mappings/adam/adsl.py").replace(
    "import pandas as pd\n", 'import pandas as pd\n\nBREAST = "\u4e73"  # \u4e73\n', 1
)


@pytest.fixture(scope="module")
def completed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The m5 folder of a build of the small study for the FDA."""
    return (
        small_builds.built(
            tmp_path_factory.mktemp("edition"), "first", {"mappings/adam/adsl.py": CHINESE}, editions=("fda",)
        )
        / "m5"
    )


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_each_file_of_the_package_stands_in_its_folder(completed: Path) -> None:
    assert set(files(completed)) == PACKAGE


def test_the_list_of_hashes_names_every_other_file_and_its_hash(completed: Path) -> None:
    lines = [
        line.partition("  ") for line in (completed / "README.txt").read_text(encoding="ascii").splitlines()
    ]
    assert {name: sha for sha, _, name in lines} == {
        n: hashlib.sha256(b).hexdigest() for n, b in files(completed).items() if n != "README.txt"
    }


def test_the_stylesheet_is_the_official_one(completed: Path) -> None:
    for layer in (SDTM, ADAM):
        assert (completed / layer / "define2-1.xsl").read_bytes() == define_schema.standard_file(
            "definehtml", "define2-1.xsl"
        ).read_bytes()


@pytest.mark.parametrize(("folder", "guide"), [(SDTM, "csdrg.pdf"), (ADAM, "adrg.pdf")])
def test_define_xml_names_the_guide_that_stands_beside_it(completed: Path, folder: str, guide: str) -> None:
    tree = etree.parse(completed / folder / "define.xml")
    named = {"def": "http://www.cdisc.org/ns/def/v2.1", "xlink": "http://www.w3.org/1999/xlink"}
    leaf = f"LF.{guide.removesuffix('.pdf')}"
    assert (
        tree.xpath(f"count(//def:SupplementalDoc/def:DocumentRef[@leafID='{leaf}'])", namespaces=named) == 1
    )
    assert tree.xpath(f"//def:leaf[@ID='{leaf}']/@xlink:href", namespaces=named) == [guide]


def test_the_same_input_makes_the_same_package(completed: Path, tmp_path: Path) -> None:
    again = small_builds.built(tmp_path, "again", {"mappings/adam/adsl.py": CHINESE}, editions=("fda",))
    assert files(again / "latest/") == files(completed.parent / "latest") | {
        "build-info.json": (again / "build-info.json").read_bytes()
    }


def test_a_build_for_nobody_has_neither_programs_nor_hashes_nor_dataset_json_and_its_guides_as_data_alone(
    tmp_path: Path,
) -> None:
    out = small_builds.built(tmp_path, "nobody")
    assert set(files(out / "m5")) == {n for n in PACKAGE if not n.endswith(".txt") and "drg." not in n}
    assert (out / "lineage" / "guides.json").is_file()
    assert not (out / "latest/dataset-json").exists()
    assert not (out / "dataset-json").is_symlink()


def test_a_later_build_for_nobody_shows_nothing_of_the_earlier_one(tmp_path: Path) -> None:
    out = small_builds.built(tmp_path, "both", editions=("fda",))
    assert (out / "dataset-json/sdtm/dm.json").is_file()
    root = out.parent / "study"
    run.build(load(root), root, out.parent / "drop", out, Workers(), lambda _: None)
    assert not (out / "dataset-json").is_symlink()
    assert (out / "m5").is_symlink()


def test_a_character_outside_ascii_becomes_its_escape_and_means_the_same(completed: Path) -> None:
    text = (completed / PROGRAMS / "adsl.txt").read_text(encoding="ascii")
    assert 'BREAST = "\\u4e73"  # \\u4e73\n' in text
    executed: dict[str, str] = {}
    exec(text.split("==== mappings/adam/adsl.py")[1], executed)
    assert executed["BREAST"] == "\u4e73"


def test_each_function_of_a_mapping_is_in_the_file_that_is_named_for_it(
    study: Study, few_built: Path, tmp_path: Path
) -> None:
    specs = {n: s for n, s in run.publishable(study).items() if s.layer == "adam"}
    programs.write(study, run.plan_of(study), specs, few_built / "lineage" / "study", tmp_path / "programs")
    written = {n: b.decode("ascii") for n, b in files(tmp_path / "programs").items()}
    assert {
        "adrs.txt",
        "adsl.txt",
        "adta.txt",
        "adtr.txt",
        "adtte.txt",
        "study.txt",
        "pipeline-derivations-oncology-recist.txt",
    } <= set(written)
    for name in specs:
        file = f"{name.lower()}.txt"
        mapping = (ROOT / "mappings" / "adam" / f"{name.lower()}.yaml").read_text(encoding="utf-8")
        assert mapping in written[file]
        listed = dict(re.findall(r"^(\w+) +(this file|[a-z0-9-]+\.txt)$", written[file], re.MULTILINE))
        assert set(re.findall(r"\bderive: (\w+)", mapping)) <= set(listed)
        for function, where in listed.items():
            assert f"\ndef {function}(" in written[file if where == "this file" else where]
        [reached] = re.findall(r"^They rest on: (.*)$", written[file], re.MULTILINE)
        assert set(reached.split(", ")) <= set(written)
    assert written["pipeline-derivations-adam-tte.txt"] == (
        ROOT / "pipeline/derivations/adam/tte.py"
    ).read_text(encoding="utf-8")
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}\.txt", n) for n in written)
