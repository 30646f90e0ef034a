"""What a notebook or a script uses: a build of files or of frames, and what it left as frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd
from pyarrow import ArrowException

from pipeline import stages
from pipeline.errors import DropError, UsageError
from pipeline.finished import tables
from pipeline.finished.folder import Folder
from pipeline.study import Study
from pipeline.study.located import nearest
from pipeline.study.models import RawFile
from pipeline.workers import Workers

Frames = Mapping[str, pd.DataFrame]  # the records of each form by its name
# from SAS's first day a transport file counts in days or seconds
SAS_EPOCH = "1960-01-01"
UNITS: Mapping[str, Literal["D", "s"]] = {"date": "D", "datetime": "s"}


@dataclass(frozen=True)
class Built:
    """A build, or its refusal."""

    study: Study
    report: stages.Report

    @property
    def home(self) -> Path:
        """The folder of the build, or of its refusal."""
        return self.report.home

    @property
    def refused(self) -> bool:
        """Whether findings forbade to publish it."""
        return self.report.refused

    @property
    def findings(self) -> pd.DataFrame:
        """Every finding with its rule, severity, dataset, variable, record and message."""
        folder = self.home if self.refused else self.home / "report"
        return pd.read_csv(folder / "findings.csv", dtype="str", keep_default_na=False)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of the published datasets; none of a refused build."""
        return () if self.refused else tuple(Folder.opened(self.home).study_facts["datasets"])

    def dataset(self, name: str) -> pd.DataFrame:
        """A dataset as it was published; a text, number or date that is not there is missing.

        Raises    UsageError where the build has no such dataset.
        """
        if name not in self.datasets:
            raise UsageError(f"{name}: no dataset of this build{nearest(name, self.datasets)}")
        frame = tables.published(Folder.opened(self.home), name).drop(columns=tables.IDENTITY)
        spec = self.study.datasets.get(name)
        kinds = {variable: v.type for variable, v in spec.variables.items()} if spec else {}
        return frame.assign(**{str(n): _value(frame[n], kinds.get(str(n), "")) for n in frame})


def build(
    study: Study,
    drop: Path | str | Frames,
    out: Path | str = "outputs",
    editions: Sequence[str] = (),
    workers: int = 1,
) -> Built:
    """Builds a drop, or refuses it, as the command `build` does.

    Takes     a study, as `Study.load` reads it; the folder of the drop, or the records of each form by its
              name, columns named as its files would have them; the folder of the builds; the agencies for
              which the package is completed, "fda" or "nmpa".
    Raises    SpecError, DropError, UsageError; faults of single records are findings.
    """
    with _folder(study, drop) as (folder, reading):
        report = stages.build(
            reading, study.folder, folder, Path(out), Workers(workers), lambda _: None, tuple(editions)
        )
    return Built(study, report)


@contextmanager
def _folder(study: Study, drop: Path | str | Frames) -> Iterator[tuple[Path, Study]]:
    """The drop as a folder of files, and the study with contracts that take these files."""
    if isinstance(drop, Path | str):
        yield Path(drop), study
        return
    with TemporaryDirectory(prefix="cdisc-pipeline-") as name:
        for form, records in drop.items():
            if form not in study.forms:
                raise DropError(f"{form}: no form of specs/raw has this name{nearest(form, study.forms)}")
            _write(form, records, Path(name) / f"{form}.parquet")
        forms = {name: f.model_copy(update={"file": _any_kind(f.file)}) for name, f in study.forms.items()}
        yield Path(name), replace(study, forms=forms)


def _any_kind(file: RawFile) -> RawFile:
    return file.model_copy(update={"format": None})


def _write(form: str, records: pd.DataFrame, path: Path) -> None:
    try:
        records.to_parquet(path, index=False)
    except (ArrowException, ValueError):  # its message may hold a value
        advice = "give each column one type and a name of its own: text as collected, numbers, or dates"
        raise DropError(f"{form}: the frame cannot be read as a form; {advice}") from None


def _value(column: pd.Series, kind: str) -> pd.Series:
    """A column of a transport file with missing values and dates as pandas has them."""
    if kind in UNITS:
        return pd.to_datetime(column, unit=UNITS[kind], origin=SAS_EPOCH).astype("datetime64[s]")
    return column.mask(column.eq("")) if pd.api.types.is_string_dtype(column.dtype) else column
