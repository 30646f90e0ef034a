"""A finished build as a folder: where each file is, and the JSON and YAML documents in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Self

from pipeline.errors import MachineError, UsageError
from pipeline.finished import manifest as manifests
from pipeline.finished.manifest import AGAIN, MANIFEST, file_hash
from pipeline.study import located

STUDY = "lineage/study"  # the specs and mappings that the build was made from
FORMATS = {"lineage/mapping.json": 1, "lineage/guides.json": 1}  # the format of each that is read here


def current(out: Path) -> Path:
    """The current build of a folder of builds: where the link `latest` leads, or where links cannot be made,
    what the file of that name names; the folder itself where there is neither.
    """
    latest = out / "latest"
    if latest.is_file():
        pointer = latest.read_bytes()
        return out / pointer.decode("ascii", "replace").strip() if pointer.startswith(b"builds/") else out
    return latest if latest.is_dir() else out


@dataclass(frozen=True)
class Folder:
    """The files of a build; a document is read when it is asked for, and once.

    Of a build that was opened, each file is held against the manifest before it is read; of one that is being
    written, there is no manifest yet.
    """

    home: Path
    _hashes: Mapping[str, str] | None = field(default=None, compare=False)  # by file
    _compared: set[str] = field(default_factory=set, init=False, compare=False)

    @classmethod
    def opened(cls, out: Path) -> Self:
        """The current build of a folder of builds, or the build that the folder itself is.

        Raises    UsageError where there is no finished build; MachineError where its manifest is damaged.
        """
        home = current(out)
        manifest = manifests.read(home)
        if not manifests.is_named_after(home):
            raise MachineError(f"{home / MANIFEST}: changed after the build; {AGAIN}")
        return cls(home, manifest.files)

    @property
    def name(self) -> str:
        """The name of the build's own folder, which is the build's id."""
        return self.home.resolve().name

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
        return self.file(f"{STUDY}/specs/study.yaml").read_text(encoding="utf-8").splitlines()

    @cached_property
    def study_files(self) -> Mapping[str, Any]:
        """The content of each YAML file of specs/ and mappings/, by its name."""
        names = [self.file(name).relative_to(self.home / STUDY) for name in self.names(STUDY, ".yaml")]
        return {name.as_posix(): located.read(self.home / STUDY, name.as_posix()).value for name in names}

    def document(self, name: str) -> dict[str, Any]:
        """What a JSON file of the build says.

        Raises    UsageError where the build has no such file, or one of a format that this program does not
                  read; MachineError where the file is not what the build wrote.
        """
        if not self.has(name):
            raise UsageError(
                f"{self.name}: this build has no {name}, so an earlier version made it; build the drop again"
            )
        content: dict[str, Any] = json.loads(self.file(name).read_text(encoding="utf-8"))
        if name in FORMATS and content.get("format") != FORMATS[name]:
            raise UsageError(
                f"{self.name}: {name} has a format that this version does not read; build the drop again"
            )
        return content

    def first_page(self) -> Path:
        """The page with which the site of the build begins.

        Raises    UsageError where the build has no site.
        """
        if not self.has("site/index.html"):
            raise UsageError(
                f"{self.name}: this build has no site, so an earlier version made it; build the drop again"
            )
        return self.file("site/index.html").resolve()

    # --- files
    def has(self, name: str) -> bool:
        """Whether the build wrote a file of this name; it may be gone since."""
        return (self.home / name).is_file() if self._hashes is None else name in self._hashes

    def names(self, folder: str, suffix: str) -> list[str]:
        """The files of this suffix that the build wrote below a folder, in order."""
        if self._hashes is None:
            paths = (self.home / folder).rglob(f"*{suffix}")
            return sorted(path.relative_to(self.home).as_posix() for path in paths)
        return sorted(n for n in self._hashes if n.startswith(f"{folder}/") and n.endswith(suffix))

    def file(self, name: str) -> Path:
        """The path of a file of the build, as the build wrote it.

        Raises    MachineError where the file is gone, cannot be read, or was changed after the build.
        """
        path = self.home / name
        if self._hashes is not None and name not in self._compared:
            try:
                is_as_written = file_hash(path) == self._hashes.get(name)
            except FileNotFoundError:
                raise MachineError(f"{path}: gone from the build; {AGAIN}") from None
            except OSError as e:
                raise MachineError(f"{path}: cannot be read ({e.strerror})") from None
            if not is_as_written:
                raise MachineError(f"{path}: changed after the build; {AGAIN}")
            self._compared.add(name)
        return path

    def hash_of(self, name: str) -> str:
        """The hash of a file of an opened build, as its manifest has it."""
        return (self._hashes or {})[name]

    def transport_file(self, dataset: str) -> Path:
        """The XPT file of a published dataset."""
        return self.file(str(self.study_facts["datasets"][dataset]["file"]))

    def records_file(self, dataset: str) -> Path:
        """The identity of each record of a dataset, in the order of its transport file."""
        return self.file(f"lineage/records/{dataset.lower()}.parquet")

    def raw_file(self, form: str) -> Path:
        """The records of a raw form as they were collected."""
        return self.file(f"lineage/raw/{form}.parquet")

    def lines_file(self, form: str) -> Path:
        """The line of each record of a raw form in the file of the drop."""
        return self.file(f"lineage/lines/{form}.parquet")

    def cutoff_file(self) -> Path | None:
        """What the data cut-off sets aside or changes of the raw records; None where it changes nothing."""
        name = "lineage/cutoff.parquet"
        return self.file(name) if self.has(name) else None

    def raw_forms(self) -> list[str]:
        """The raw forms of which the build keeps records."""
        return [PurePosixPath(name).stem for name in self.names("lineage/raw", ".parquet")]

    @property
    def layers(self) -> set[str]:
        """The layers that have datasets: a study may have SDTM alone."""
        return {properties["layer"] for properties in self.study_facts["datasets"].values()}

    def define_file(self, layer: str) -> Path:
        """The define.xml of a layer, `sdtm` or `adam`, beside the layer's datasets."""
        datasets: Mapping[str, Any] = self.study_facts["datasets"]
        name = next(name for name, properties in datasets.items() if properties["layer"] == layer)
        return self.file(str(PurePosixPath(datasets[name]["file"]).with_name("define.xml")))
