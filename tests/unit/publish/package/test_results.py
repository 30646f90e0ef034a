"""The displays of a build: in the package of an agency alone, and named by define.xml."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from pipeline.publish import datasets
from pipeline.study import Study
from tests.support.displayed import destinations


def test_the_package_of_an_agency_has_the_displays_and_define_names_those_that_it_tells(
    study: Study, few_built: Path
) -> None:
    home = few_built / "latest"
    folder = datasets.folder(study, home, "adam")
    assert sorted(path.name for path in (home / "tlf").iterdir()) == [
        "ars.json", "displays.pdf", "figures", "results.json", "results.parquet",
    ]  # fmt: skip
    figures = {display.id for display in study.displays.displays if display.kind == "figure"}
    assert {path.name for path in (home / "tlf" / "figures").iterdir()} == {f"{id_}.svg" for id_ in figures}
    for path in (home / "tlf" / "figures").iterdir():
        root = ElementTree.parse(path).getroot()
        assert root.findtext("{http://www.w3.org/2000/svg}title")
        assert root.findtext("{http://www.w3.org/2000/svg}desc")
    assert (few_built / "tlf").is_symlink()
    define = (folder / "define.xml").read_text(encoding="utf-8")
    assert 'xlink:href="results.pdf"' in define
    assert 'PageRefs="T14-2-1" Type="NamedDestination"' in define
    assert destinations(folder / "results.pdf") == {
        "T14-2-1", "T14-2-4", "T14-2-5", "T14-2-7", "T14-3-1-2", "T14-3-2-1",
    }  # fmt: skip
    assert "results.pdf" in (home / "m5" / "README.txt").read_text(encoding="ascii")
    assert destinations(home / "tlf" / "displays.pdf") == {
         *(display.id for display in study.displays.displays),
    }  # fmt: skip


def test_a_build_for_nobody_in_particular_has_no_displays(built: Path) -> None:
    assert not (built / "latest" / "tlf").exists()
    assert not list((built / "latest").rglob("results.*"))
