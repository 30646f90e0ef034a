"""A finished build as a folder: where each file is, and the JSON and YAML documents in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pipeline.errors import UsageError
from pipeline.study import located

FORMATS = {"lineage/mapping.json": 1, "lineage/guides.json": 1}  # the format of each that is read here


def current(out: Path) -> Path:
    """The current build of a folder of builds: where the link `latest` leads, or where links cannot be made,
    what the file of that name names; the folder itself where there is neither.
    """
    latest = out / "latest"
    if latest.is_file():
        return out / latest.read_text(encoding="utf-8").strip()
    return latest if latest.is_dir() else out


@dataclass(frozen=True)
class Folder:
    """The files of a finished build; a document is read when it is asked for, and once."""

    home: Path

    @classmethod
    def opened(cls, out: Path) -> Self:
        """The current build of a folder of builds, or the build that the folder itself is.

        Raises    UsageError where there is no finished build.
        """
        home = current(out)
        if not (home / "manifest.json").is_file():
            hint = "name a folder that `build --out` wrote, or one of its builds/"
            raise UsageError(f"{out}: no finished build here; {hint}")
        return cls(home)

    @property
    def name(self) -> str:
        """The name of the build's own folder, which is the build's id."""
        return self.home.resolve().name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The hashes of all inputs and outputs."""
        return self.document("manifest.json")

    @cached_property
    def mapping_book(self) -> dict[str, Any]:
        """The mapping in words and data."""
        return self.document("lineage/mapping.json")

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The rules of each variable, and the raw fields behind it."""
        return self.document("lineage/variables.json")

    @cached_property
    def study_facts(self) -> dict[str, Any]:
        """The datasets, forms, functions and parameters that the rules name."""
        return self.document("lineage/study.json")

    @cached_property
    def guides(self) -> dict[str, Any]:
        """The reviewer's guides by paragraph."""
        return self.document("lineage/guides.json")

    @property
    def study_id(self) -> str:
        return str(self.mapping_book["study"]["id"])

    @cached_property
    def study_lines(self) -> list[str]:
        """The lines of specs/study.yaml as the build read it."""
        path = self.home / "lineage" / "study" / "specs" / "study.yaml"
        return path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def study_files(self) -> Mapping[str, Any]:
        """The content of each YAML file of specs/ and mappings/, by its name."""
        home = self.home / "lineage" / "study"
        names = sorted(path.relative_to(home).as_posix() for path in home.rglob("*.yaml"))
        return {name: located.read(home, name).value for name in names}

    def document(self, name: str) -> dict[str, Any]:
        """What a JSON file of the build says.

        Raises    UsageError where the build has no such file, or one of a format that this program does not
                  read.
        """
        path = self.home / name
        if not path.is_file():
            raise UsageError(
                f"{self.name}: this build has no {name}, so an earlier version made it; build the drop again"
            )
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if name in FORMATS and content.get("format") != FORMATS[name]:
            raise UsageError(
                f"{self.name}: {name} has a format that this version does not read; build the drop again"
            )
        return content

    def first_page(self) -> Path:
        """The page with which the site of the build begins.

        Raises    UsageError where the build has no site.
        """
        path = self.home.resolve() / "site" / "index.html"
        if not path.is_file():
            raise UsageError(
                f"{self.name}: this build has no site, so an earlier version made it; build the drop again"
            )
        return path

    def transport_file(self, dataset: str) -> Path:
        """The XPT file of a published dataset."""
        return self.home / str(self.study_facts["datasets"][dataset]["file"])

    def records_file(self, dataset: str) -> Path:
        """The identity of each record of a dataset, in the order of its transport file."""
        return self.home / "lineage" / "records" / f"{dataset.lower()}.parquet"

    def raw_file(self, form: str) -> Path:
        """The records of a raw form as they were collected."""
        return self.home / "lineage" / "raw" / f"{form}.parquet"

    def cutoff_file(self) -> Path:
        """What the data cut-off sets aside or changes of the raw records; there is none where it changes
        nothing.
        """
        return self.home / "lineage" / "cutoff.parquet"

    def raw_forms(self) -> list[str]:
        """The raw forms of which the build keeps records."""
        return sorted(path.stem for path in self.home.glob("lineage/raw/*.parquet"))

    @property
    def layers(self) -> set[str]:
        """The layers that have datasets: a study may have SDTM alone."""
        return {properties["layer"] for properties in self.study_facts["datasets"].values()}

    def define_file(self, layer: str) -> Path:
        """The define.xml of a layer, `sdtm` or `adam`, beside the layer's datasets."""
        datasets: Mapping[str, Any] = self.study_facts["datasets"]
        name = next(name for name, properties in datasets.items() if properties["layer"] == layer)
        return self.transport_file(name).with_name("define.xml")
