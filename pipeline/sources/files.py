"""The files of a drop as frames of text, whatever their format. What cannot be read as the contracts say is
refused.

A form is one file of its own name (`lab.csv`, `lab.xlsx`), or stands in a document of the whole study. Which
file is there decides, and two for one form are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DropError
from pipeline.sources import columns, dataset_json, delimited, parquet, redcap, sas
from pipeline.study import Study
from pipeline.study.located import nearest
from pipeline.study.models import Form


def _xlsx(path: Path, form: Form) -> pd.DataFrame:
    from pipeline.sources import workbook  # and lxml with it

    return workbook.read(path, form)


Keep = Callable[[str, pd.DataFrame], None]  # takes a form's name and its records

READERS: Mapping[str, Callable[[Path, Form], pd.DataFrame]] = {  # by what a file's name ends in
    "csv": delimited.read,
    "tsv": delimited.read,
    "xlsx": _xlsx,
    "parquet": parquet.read,
    "json": dataset_json.read,
    "ndjson": dataset_json.read,
    "xpt": sas.read_xpt,
    "sas7bdat": sas.read_sas7bdat,
}


def read(study: Study, drop: Path) -> dict[str, pd.DataFrame]:
    """Each form's records as collected, columns in contract order, an empty cell missing.

    Raises    DropError that lists every file that is missing, unknown or unreadable, with what to do.
    """
    frames: dict[str, pd.DataFrame] = {}
    each(study, drop, frames.__setitem__)
    return {form: frames[form] for form in study.forms}


def each(study: Study, drop: Path, keep: Keep) -> None:
    """Hands over one form after the other as soon as it is read, so that nobody need hold a drop; otherwise
    as `read`.
    """
    found = _Found(study.forms, keep)
    files = _files(study, drop)
    documents = [name for name in files if name.endswith(".xml")]
    for name in documents:
        found.odm(files[name])
    exported = [name for name in files if redcap.RECORDS.fullmatch(name) or redcap.DICTIONARY.fullmatch(name)]
    if exported:
        found.redcap([files[name] for name in exported])
        documents += exported
    for name, path in files.items():
        if name not in documents:
            found.one_form(path)
    found.refuse_faults()


@dataclass
class _Found:
    """The files that each form read so far stands in, and every fault, so that one run tells those of all
    files.
    """

    forms: Mapping[str, Form]
    keep: Keep
    stands_in: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    unread: bool = False  # a document that cannot be read leaves open which forms it holds

    def one_form(self, path: Path) -> None:
        stem, _, kind = path.name.partition(".")
        if stem not in self.forms:
            right = nearest(stem, self.forms)
            self.faults.append(
                f"{path.name}: no form of specs/raw is called so{right}; remove the file or write its"
                " contract"
            )
        elif kind not in READERS:
            self.faults.append(f"{path.name}: no kind of file that is read; expected one of {_kinds()}")
        elif self._declared(stem, kind, path.name):
            try:
                self.keep(stem, READERS[kind](path, self.forms[stem]))
            except DropError as e:
                self.faults.append(str(e))

    def odm(self, path: Path) -> None:
        """A document of the whole study: its forms are those that its own definition names."""
        from pipeline.sources import odm

        self.documents.append(path.name)
        try:
            frames = odm.read(
                path,
                {
                    name: [form.file.columns.get(f, f) for f in form.fields]
                    for name, form in self.forms.items()
                },
            )
        except DropError as e:
            self.unread = True
            self.faults.append(str(e))
            return
        self._of_document(path.name, "odm", frames)

    def redcap(self, paths: Sequence[Path]) -> None:
        """The records of a whole project and its dictionary: its forms are those that have an instrument."""
        self.documents += [p.name for p in paths if redcap.RECORDS.fullmatch(p.name)]
        try:
            records, dictionary = redcap.pair(paths)
            for form, frame in redcap.read(records, dictionary, self.forms).items():
                if self._declared(form, "redcap", records.name):
                    self.keep(form, frame)
        except DropError as e:
            self.unread = True
            self.faults.append(str(e))

    def _of_document(self, file: str, kind: str, frames: Mapping[str, pd.DataFrame]) -> None:
        for name, frame in frames.items():
            if self._declared(name, kind, file):
                try:
                    fields = columns.fields(f"{file}: form {name}", list(frame.columns), self.forms[name])
                except DropError as e:
                    self.faults.append(str(e))
                else:
                    self.keep(name, frame.set_axis(fields, axis="columns")[list(self.forms[name].fields)])

    def _declared(self, form: str, kind: str, file: str) -> bool:
        """Whether the contract takes this kind of file; notes that the form stands in it."""
        self.stands_in.setdefault(form, []).append(file)
        expected = self.forms[form].file.format
        if expected not in (None, kind):
            self.faults.append(
                f"{file}: form {form} comes as {kind}, where specs/raw declares {expected}; export it so, or"
                f" declare {kind}"
            )
        return expected in (None, kind)

    def refuse_faults(self) -> None:
        for form, names in self.stands_in.items():
            if len(names) > 1:
                self.faults.append(
                    f"{', '.join(names)}: form {form} stands in {len(names)} files; leave the one that is"
                    " meant"
                )
        self.faults += [
            self._missing(form) for form in self.forms if form not in self.stands_in and not self.unread
        ]
        if self.faults:
            raise DropError("\n".join(self.faults))

    def _missing(self, form: str) -> str:
        if self.documents:
            told = "not in the document's definition; export the form, if only with its definition"
            return f"{', '.join(self.documents)}: form {form}: {told}"
        kinds = [n.rsplit(".", 1)[1] for names in self.stands_in.values() for n in names]
        kind = self.forms[form].file.format or (kinds[0] if kinds else "csv")
        return (
            f"{form}.{kind}: the file is missing from the drop; export the form, with its header line alone"
            " if it has no record"
        )


def _kinds() -> str:
    return ", ".join(f".{kind}" for kind in READERS)


def _files(study: Study, drop: Path) -> dict[str, Path]:
    """The files of the drop by name; a companion the study declares is not one of them."""
    if not drop.is_dir():
        raise DropError(
            f"{drop}: no such folder; a drop is a folder with one file a form, or with one ODM-XML file"
        )
    try:
        paths = sorted(drop.iterdir())
    except OSError as e:
        raise DropError(
            f"{drop}: cannot be read ({e.strerror}); check that the folder may be opened"
        ) from None
    home = drop.resolve()
    faults = []
    for path in paths:
        if not path.is_file():
            faults.append(f"{path.name}: not a file; a drop is one folder of files")
        elif not path.resolve().is_relative_to(home):
            faults.append(f"{path.name}: leads out of the drop folder; copy the file itself into the drop")
    if faults:
        raise DropError("\n".join(faults))
    return {p.name: p for p in paths if p.name not in study.protocol.companions}


def of_forms(study: Study, drop: Path) -> dict[str, str]:
    """The name of the file that holds each form: its own, else the document of the whole study."""
    names = list(_files(study, drop))
    own = {name.partition(".")[0]: name for name in names}
    whole = next((n for n in names if n.endswith(".xml") or redcap.RECORDS.fullmatch(n)), "")
    return {form: own.get(form, whole) for form in study.forms}


def lines(path: Path, form: pd.DataFrame) -> np.ndarray | None:
    """The line of its file on which each record begins, the header being line 1; None where a file does not
    hold a record a line.

    Takes     a file that was read, and its records in the order of the file.
    """
    if path.suffix not in (".csv", ".tsv") or redcap.RECORDS.fullmatch(path.name):
        return None
    first = np.arange(2, len(form) + 2)
    with path.open("rb") as file:
        ends = sum(piece.count(b"\n") for piece in iter(partial(file.read, delimited.PIECE), b""))
    if ends == len(form) + 1:
        return first
    breaks = np.zeros(len(form), dtype="int64")  # a cell may hold line ends of its own
    for name in form:
        breaks += form[name].str.count("\n").fillna(0).to_numpy("int64")
    found: np.ndarray = first + np.cumsum(breaks) - breaks
    return found


def hashes(drop: Path) -> dict[str, str]:
    """SHA-256 of each file of the drop."""
    found: dict[str, str] = {}
    for path in sorted(drop.iterdir()):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
