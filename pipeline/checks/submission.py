"""The FDA's technical rejection criteria over anybody's m5 folder, in the FDA's order, up to the first code
that fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lxml import etree

from pipeline.errors import UsageError
from pipeline.formats import UnreadableError
from pipeline.formats.xpt import layout
from pipeline.formats.xpt import read as xpt

SDTM, ADAM = "tabulations/sdtm", "analysis/adam/datasets"
# The folders of a study, and the file-tags that the study tagging file gives to their datasets and to their
# define.xml.
TAGS = {
    SDTM: ("data-tabulation-dataset-sdtm", "data-tabulation-data-definition"),
    "tabulations/send": ("data-tabulation-dataset-send", "data-tabulation-data-definition"),
    "tabulations/legacy": ("data-tabulation-dataset-legacy", "data-tabulation-data-definition"),
    ADAM: ("analysis-dataset-adam", "analysis-data-definition"),
    "analysis/legacy/datasets": ("analysis-dataset-legacy", "analysis-data-definition"),
    "misc": ("data-listing-dataset", "data-listing-data-definition"),
    "profiles": ("subject-profiles", ""),
}
# The study's start, the sponsor's own reference of the study, and what TSVALNF has where there is no start.
_START, _REFERENCE, _NOT_APPLICABLE = "SSTDTC", "SPREFID", "NA"
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)


@dataclass(frozen=True)
class Study:
    """A study's folder of datasets, and the number by which the submission knows the study."""

    home: Path
    id: str

    def datasets(self, folder: str) -> list[Path]:
        files = (p for p in (self.home / folder).glob("*") if p.is_file())
        return sorted(p for p in files if p.suffix.lower() == ".xpt")


class _Row(NamedTuple):
    """A record of the trial summary."""

    study: str
    code: str
    value: str
    flavor: str  # why there is no value


@dataclass(frozen=True)
class Record:
    """One thing for which a code fails."""

    study: str
    file: str  # below the study's folder
    message: str


@dataclass(frozen=True)
class Criterion:
    code: str
    asks: str
    state: str  # passed, failed, not reached, not judged
    records: tuple[Record, ...] = ()


def judge(folder: Path, study_id: str | None = None) -> list[Criterion]:
    """Judges the studies below a folder by the codes 1734, 1735 and 1736, up to the first that fails.

    Takes     an m5 folder, one that holds it, or the folder of one study; the study's number in the study
              tagging file; without it, the name of the study's folder.
    Returns   each code with its state; the code that fails with all its records.
    Raises    UsageError where the folder holds no study.
    Source    FDA, Specifications for eCTD Validation Criteria, 1734 to 1736 and 1789; Study Data Technical
              Conformance Guide, 7 and 8; Creating Simplified TS.XPT Files (June 2019), 2: where no start date
              is available, TSVAL is empty and TSVALNF has the exception code.
    """
    studies = _studies(folder, study_id)
    criteria = [Criterion("1789", _STF, "not judged")]
    for code, asks, failing in _CODES:
        if failed(criteria):
            criteria.append(Criterion(code, asks, "not reached"))
            continue
        records = tuple(Record(s.id, file, message) for s in studies for file, message in failing(s))
        criteria.append(Criterion(code, asks, "failed" if records else "passed", records))
    return criteria


def as_data(criteria: list[Criterion]) -> dict[str, Any]:
    """The outcome as plain data."""
    return {"state": "failed" if failed(criteria) else "passed", "criteria": [asdict(c) for c in criteria]}


def failed(criteria: list[Criterion]) -> bool:
    """Whether the FDA would reject the submission."""
    return any(c.state == "failed" for c in criteria)


def lines(criteria: list[Criterion]) -> Iterator[str]:
    """The outcome as lines of text."""
    for criterion in criteria:
        yield f"{criterion.code}  {criterion.state:<11}  {criterion.asks}"
        for record in criterion.records:
            yield f"      {record.study}/{record.file}: {record.message}"


def _studies(folder: Path, study_id: str | None) -> list[Study]:
    if any((folder / part).is_dir() for part in ("tabulations", "analysis")):
        homes = [folder]
    else:
        candidates = (folder / "datasets", folder / "m5" / "datasets", folder)
        parent = next((p for p in candidates if p.is_dir()), folder)
        homes = sorted(
            p for p in parent.glob("*") if (p / "tabulations").is_dir() or (p / "analysis").is_dir()
        )
    if not homes:
        raise UsageError(
            f"{folder}: no study here; expected an m5 folder with datasets/STUDY/tabulations or analysis"
        )
    if study_id is not None and len(homes) > 1:
        raise UsageError(
            f"--study-id names one study, and {folder} holds {len(homes)}; name the folder of one"
        )
    return [Study(home, study_id if study_id is not None else home.resolve().name) for home in homes]


# --- 1734
def _start(study: Study) -> Iterator[tuple[str, str]]:
    """A trial summary that can be read, of this study, with its start date; a simplified one of four
    variables will do.
    """
    paths = [p for folder in (SDTM, "tabulations/legacy") for p in study.datasets(folder)]
    summaries = [p for p in paths if p.name == "ts.xpt"]
    if not summaries:
        similar = ", ".join(sorted(p.name for p in paths if p.stem.lower().startswith("ts")))
        missing = (
            f"the dataset is missing; {similar} is not its name" if similar else "the dataset is missing"
        )
        yield f"{SDTM}/ts.xpt", missing
    for path in summaries:
        file = path.relative_to(study.home).as_posix()
        for message in _summary(path, study):
            yield file, message


def _summary(path: Path, study: Study) -> Iterator[str]:
    columns = _read(path)
    if isinstance(columns, str):
        yield columns
        return
    names = ("STUDYID", "TSPARMCD", "TSVAL")
    if missing := [n for n in names if n not in columns]:
        yield f"has no {', '.join(missing)}"
        return
    flavors = columns.get("TSVALNF", [""] * len(columns["TSVAL"]))
    texts = zip(*(map(str, columns[n]) for n in names), map(str, flavors), strict=True)
    rows = [_Row(*row) for row in texts]
    yield from _numbers(rows, study)
    starts = [(n, row) for n, row in enumerate(rows, start=1) if row.code == _START]
    if not starts:
        yield f"no record has TSPARMCD {_START}, the study's start date"
    simplified = study.datasets(path.parent.relative_to(study.home).as_posix()) == [path]
    for number, row in starts:
        excepted = simplified and not row.value.strip() and row.flavor == _NOT_APPLICABLE
        if not excepted and not _is_date(row.value):
            why = _why_no_date(row, simplified)
            yield f"record {number}: TSVAL of {_START} is {row.value!r}; {why}"


def _why_no_date(row: _Row, simplified: bool) -> str:
    expected = "expected a whole date of the calendar in ISO 8601, such as 2016-03-01"
    if row.value.strip() and row.value != row.value.strip():
        return f"it begins or ends with a blank; {expected}"
    if row.flavor and not simplified:
        where = "only in a simplified ts.xpt, which no other dataset is beside"
        return f"TSVALNF {row.flavor} stands for it {where}; {expected}"
    if row.flavor:
        return f"TSVALNF {row.flavor} is no exception that the FDA knows; {expected}, or {_NOT_APPLICABLE}"
    return expected


def _numbers(rows: Sequence[_Row], study: Study) -> Iterator[str]:
    """STUDYID, or the sponsor's reference (SPREFID) beside one STUDYID, is the number of the study."""
    numbers = Counter(row.study for row in rows)
    references = {row.value for row in rows if row.code == _REFERENCE}
    if len(numbers) == 1 and "" not in numbers and any(_same(r, study) for r in references):
        return
    for number, records in numbers.items():
        if not _same(number, study):
            blank = "; it begins with a blank: write it without" if number.startswith(" ") else ""
            yield (
                f"STUDYID is {number!r} in {records} of {len(rows)} records, and the study's number is"
                f" {study.id!r}{blank}"
            )


def _same(number: str, study: Study) -> bool:
    """A folder's name is in lower case whatever the number is; a number that is given must match exactly."""
    return number == study.id or (
        study.id == study.home.resolve().name and number.lower() == study.id.lower()
    )


def _is_date(text: str) -> bool:
    match = _MOMENT.fullmatch(text)
    try:
        return bool(match and date.fromisoformat(match[1]))
    except ValueError:
        return False


def _read(path: Path) -> Mapping[str, np.ndarray] | str:
    """The columns of a transport file of version 5, of whatever writer; or why it cannot be read."""
    contents = _opened(path)
    if isinstance(contents, str):
        return contents
    return {column.name: contents.values(place) for place, column in enumerate(contents.columns)}


def _opened(path: Path) -> xpt.Contents | str:
    """A transport file of version 5, of whatever writer; or why it is none, or not whole."""
    with path.open("rb") as file:
        if not layout.is_version_5(file):
            return "is no SAS transport file of version 5"
    try:
        return xpt.read(path)
    except UnreadableError as error:
        return str(error)


# --- 1735
_READ = ("ts.xpt", "dm.xpt", "adsl.xpt")  # 1734 and 1736 read these


def _tags(study: Study) -> Iterator[tuple[str, str]]:
    """Datasets and define.xml stand where the study tagging file has a tag for what they are: a file that
    cannot be read is no dataset.
    """
    for path in sorted(p for p in study.home.rglob("*") if p.is_file()):
        file = path.relative_to(study.home).as_posix()
        folder = path.parent.relative_to(study.home).as_posix()
        dataset, name = path.suffix.lower() == ".xpt", path.name
        define = path.suffix.lower() == ".xml" and path.stem.lower().startswith("define")
        if (dataset or define) and folder.removesuffix("/split") not in TAGS:
            kind = "dataset" if dataset else "define.xml"
            yield file, f"no file-tag exists for a {kind} in this folder; expected one of {', '.join(TAGS)}"
        elif define and name != "define.xml":
            yield file, "the file-tag of a data definition is for define.xml, by this name"
        elif dataset and name != name.lower():
            yield file, "the name of a dataset's file is in lower case"
        elif dataset and folder == SDTM and name.startswith("ad"):
            yield file, f"an analysis dataset under the file-tag {TAGS[SDTM][0]}; it belongs in {ADAM}"
        elif dataset and folder == ADAM and not name.startswith("ad"):
            yield file, f"no analysis dataset, whose name begins with ad, under the file-tag {TAGS[ADAM][0]}"
        elif dataset and name not in _READ and isinstance(why := _opened(path), str):
            yield file, why


# --- 1736
def _core(study: Study) -> Iterator[tuple[str, str]]:
    """DM with a define.xml beside SDTM datasets, ADSL with one beside ADaM datasets; a simplified ts.xpt
    alone asks for neither.
    """
    for folder, dataset in ((SDTM, "dm.xpt"), (ADAM, "adsl.xpt")):
        if not [p for p in study.datasets(folder) if p.name != "ts.xpt"]:
            continue
        path = study.home / folder / dataset
        columns = _read(path) if path.is_file() else "the dataset is missing"
        if isinstance(columns, str):
            yield f"{folder}/{dataset}", columns
        define = study.home / folder / "define.xml"
        if not define.is_file():
            yield f"{folder}/define.xml", "the file is missing"
        elif not _is_define(define):
            yield f"{folder}/define.xml", "is no XML document with the root element ODM"


def _is_define(path: Path) -> bool:
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        return etree.QName(etree.fromstring(path.read_bytes(), parser)).localname == "ODM"
    except etree.XMLSyntaxError:
        return False


_STF = (
    "each file of a study section stands in a study tagging file: it is made with the submission, outside"
    " this folder; study-id and file-tags are judged by the study's folder and the files' folders and names"
)
_CODES: tuple[tuple[str, str, Callable[[Study], Iterator[tuple[str, str]]]], ...] = (
    ("1734", "ts.xpt is there for each study, of its number, with the study's start date", _start),
    ("1735", "datasets and define.xml stand where their file-tags are", _tags),
    ("1736", "dm.xpt and define.xml are there for SDTM, adsl.xpt and define.xml for ADaM", _core),
)
