"""The files of a drop as frames of text, whatever their format. A file that cannot be read as the contracts
say is refused.

A form is one file of its own name in any case (`lab.csv`, `LAB.xlsx`), or stands in a document of the whole
study. The file that is there decides, and two for one form are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DropError, SpecError
from pipeline.formats.csv import read as csv_file
from pipeline.sources import (
    columns,
    dataset_json,
    declared_formats,
    delimited,
    parquet,
    received,
    redcap,
    sas,
    subjects,
)
from pipeline.study import Study
from pipeline.study.located import nearest
from pipeline.study.models import Form
from pipeline.study.visits import FIELD as FOLDER


def _xlsx(path: Path, form: Form) -> pd.DataFrame:
    from pipeline.sources import workbook  # and lxml with it

    return workbook.read(path, form)


Take = Callable[[str, pd.DataFrame], None]  # takes a form's name and its records


@dataclass(frozen=True)
class Fault:
    """Why a file of a drop, or the form in it, cannot be read, and what to do."""

    form: str  # none where the file is of no form, or of several
    file: str
    text: str


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

    Raises    DropError that lists every file that is missing, unknown or unreadable, with what to do;
              SpecError for a declared format of dates that the records do not have.
    """
    frames: dict[str, pd.DataFrame] = {}
    read_each(study, drop, frames.__setitem__)
    return {form: frames[form] for form in study.forms}


def read_each(study: Study, drop: Path, take: Take) -> None:
    """Hand over one form after the other as soon as it is read, so that nobody need hold a drop; otherwise
    as `read`.
    """
    faults = read_what_can_be(study, drop, take)
    if faults:
        raise DropError("\n".join(fault.text for fault in faults))


def read_what_can_be(study: Study, drop: Path, take: Take) -> list[Fault]:
    """Hand over each form that can be read, and tell of all others.

    Returns   every file that is missing, unknown or unreadable, with what to do.
    Raises    DropError where the drop is no folder of files; SpecError for a declared format of dates that
              the records do not have.
    """
    rule = study.protocol.subjects
    slips: list[str] = []

    def take_whole(form: str, collected: pd.DataFrame) -> None:
        place = _places(study, drop, form, collected)
        slips.extend(declared_formats.slips(study, study.forms[form], collected, place))
        whole = subjects.composed(study.forms[form], collected)
        numbered = subjects.as_in_study(study, study.forms[form], whole)
        take(form, subjects.with_parts(study.forms[form], rule.parts, numbered))

    reading = _Reading({name: form.in_file for name, form in study.forms.items()}, rule.number, take_whole)
    files = _files(study, drop)
    documents = [name for name in files if name.endswith(".xml")]
    for name in documents:
        reading.odm(files[name])
    exports = [name for name in files if redcap.RECORDS.fullmatch(name) or redcap.DICTIONARY.fullmatch(name)]
    if exports:
        reading.redcap([files[name] for name in exports])
    for name, path in files.items():
        if name not in documents and name not in exports:
            reading.one_form(path)
    faults = reading.all_faults()
    if slips and not faults:
        raise SpecError("\n".join(slips))
    return faults


@dataclass
class _Reading:
    """The files that each form read so far stands in, and every fault, so that one run lists those of all
    files.
    """

    forms: Mapping[str, Form]
    number: str  # the field that holds a subject's number
    take: Take
    stands_in: dict[str, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    unread_document: bool = False  # it leaves open which forms it holds

    def note(self, form: str, file: str, text: str) -> None:
        """Notes each line of a refusal as a fault of its own."""
        self.faults += [Fault(form, file, line) for line in text.split("\n")]

    def one_form(self, path: Path) -> None:
        name, _, ending = path.name.partition(".")
        kind = ending.lower()
        form = form_of_file(name, self.forms)
        if form is None:
            hint = nearest(name, self.forms)
            what_to_do = "remove the file or write its contract"
            self.note("", path.name, f"{path.name}: no form of specs/raw has this name{hint}; {what_to_do}")
        elif kind not in READERS:
            kinds = ", ".join(f".{name}" for name in READERS)
            why = f"no reader for this kind of file; expected one of {kinds}"
            self.note(form, path.name, f"{path.name}: {why}")
        elif self._declared(form, kind, path.name):
            try:
                self.take(form, READERS[kind](path, self.forms[form]))
            except DropError as error:
                self.note(form, path.name, str(error))

    def odm(self, path: Path) -> None:
        """A document of the whole study: its forms are those that its own definition names."""
        from pipeline.sources import odm

        self.documents.append(path.name)
        forms = self._of_document()
        expected = {name: [form.file.columns.get(f, f) for f in form.fields] for name, form in forms.items()}
        try:
            frames = odm.read(path, expected, forms)
        except DropError as error:
            self.unread_document = True
            self.note("", path.name, str(error))
            return
        for name, frame in frames.items():
            if self._declared(name, "odm", path.name):
                self._take_of_document(path.name, forms[name], frame)

    def _of_document(self) -> dict[str, Form]:
        """The contracts as a document of the whole study has them: what it calls SUBJECT is the subject's
        number, and what it calls FOLDER is the visit, whatever the study calls these.
        """
        forms = dict(self.forms)
        for name, form in forms.items():
            of_document = {self.number: "SUBJECT", form.visit: FOLDER}
            columns = {
                ours: theirs for ours, theirs in of_document.items() if ours and theirs not in form.fields
            }
            if columns:
                columns |= form.file.columns
                file = form.file.model_copy(update={"columns": columns})
                forms[name] = form.model_copy(update={"file": file})
        return forms

    def _take_of_document(self, file: str, form: Form, frame: pd.DataFrame) -> None:
        try:
            fields = columns.fields(f"{file}: form {form.form}", list(frame.columns), form)
        except DropError as error:
            self.note(form.form, file, str(error))
        else:
            self.take(form.form, frame.set_axis(fields, axis="columns")[list(form.fields)])

    def redcap(self, paths: Sequence[Path]) -> None:
        """The records of a whole project and its dictionary: its forms are those that have an instrument."""
        self.documents += [path.name for path in paths if redcap.RECORDS.fullmatch(path.name)]
        try:
            records, dictionary = redcap.pair(paths)
            for form, frame in redcap.read(records, dictionary, self._of_document()).items():
                if self._declared(form, "redcap", records.name):
                    self.take(form, frame)
        except DropError as error:
            self.unread_document = True
            self.note("", ", ".join(path.name for path in paths), str(error))

    def _declared(self, form: str, kind: str, file: str) -> bool:
        """Whether the contract takes this kind of file; notes that the form stands in it."""
        self.stands_in.setdefault(form, []).append(file)
        expected = self.forms[form].file.format
        if expected in (None, kind):
            return True
        self.note(
            form,
            file,
            f"{file}: form {form} comes as {kind}, where specs/raw declares {expected}; export it as"
            f" {expected}, or declare {kind}",
        )
        return False

    def all_faults(self) -> list[Fault]:
        """What was noted, and the forms that stand in several files or in none."""
        for form, names in self.stands_in.items():
            if len(names) > 1:
                files = ", ".join(names)
                why = f"form {form} stands in {len(names)} files; leave the one that is meant"
                self.note(form, files, f"{files}: {why}")
        if not self.unread_document:
            for form in self.forms:
                if form not in self.stands_in:
                    self._note_missing(form)
        return self.faults

    def _note_missing(self, form: str) -> None:
        if self.documents:
            files = ", ".join(self.documents)
            why = "not in the document's definition; export the form, if only with its definition"
            self.note(form, files, f"{files}: form {form}: {why}")
            return
        # A drop has most often one kind of file, so the first is the likely one.
        kinds = [name.rsplit(".", 1)[1] for names in self.stands_in.values() for name in names]
        kind = self.forms[form].file.format or (kinds[0] if kinds else "csv")
        file = f"{self.forms[form].file.called or form}.{kind}"
        what_to_do = "export the form, with its header line alone if it has no record"
        self.note(form, file, f"{file}: the file is missing from the drop; {what_to_do}")


def _files(study: Study, drop: Path) -> dict[str, Path]:
    """The files of the drop by name; a companion that the study declares is not one of them."""
    return {path.name: path for path in received.files(drop) if path.name not in study.protocol.companions}


def form_of_file(name: str, forms: Mapping[str, Form]) -> str | None:
    """The form whose file has this name, without what it ends in: the one of this name, else the one that it
    is of but for its case, else the one whose contract says that its file is called so; None where there is
    none, or several are.
    """
    alike = [form for form in forms if form.casefold() == name.casefold()]
    called = [
        form
        for form, contract in forms.items()
        if contract.file.called and fnmatchcase(name.casefold(), contract.file.called.casefold())
    ]
    found = [name] if name in forms else alike or called
    return found[0] if len(found) == 1 else None


def file_of_each_form(study: Study, drop: Path) -> dict[str, str]:
    """The name of the file that holds each form: its own, else the document of the whole study."""
    names = list(_files(study, drop))
    own_file = {form_of_file(name.partition(".")[0], study.forms): name for name in names}
    documents = [name for name in names if name.endswith(".xml") or redcap.RECORDS.fullmatch(name)]
    document = documents[0] if documents else ""
    return {form: own_file.get(form, document) for form in study.forms}


def _places(study: Study, drop: Path, form: str, collected: pd.DataFrame) -> Callable[[int], str]:
    """The function that gives file and line of a record, or its number where a file has no line for each."""

    def place(record: int) -> str:
        path = drop / file_of_each_form(study, drop)[form]
        lines = first_lines(path, collected)
        return f"{path.name}, record {record + 1}" if lines is None else f"{path.name}:{lines[record]}"

    return place


def first_lines(path: Path, form: pd.DataFrame) -> np.ndarray | None:
    """The line of its file on which each record begins, the header being line 1; None where a file does not
    hold a record a line.

    Takes     a file that was read, and its records in the order of the file.
    """
    if path.suffix.lower() not in (".csv", ".tsv") or redcap.RECORDS.fullmatch(path.name):
        return None
    without_breaks = np.arange(2, len(form) + 2)
    with path.open("rb") as file:
        line_ends = sum(piece.count(b"\n") for piece in iter(partial(file.read, csv_file.PIECE), b""))
    if line_ends == len(form) + 1:
        return without_breaks
    breaks = np.zeros(len(form), dtype="int64")  # a cell may hold line ends of its own
    for name in form:
        breaks += form[name].str.count("\n").fillna(0).to_numpy("int64")
    lines: np.ndarray = without_breaks + np.cumsum(breaks) - breaks
    return lines
