"""Controlled terminology as NCI EVS publishes it, ODM-XML or tab-separated text, becomes tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.standards import tables
from pipeline.standards.terminology import LIST_COLUMNS, TERM_COLUMNS, folder

if TYPE_CHECKING:
    from lxml import etree

_ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
_EVS = "{http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC}"
_COLUMNS = {
    "own": "Code",
    "list": "Codelist Code",
    "extensible": "Codelist Extensible (Yes/No)",
    "name": "Codelist Name",
    "value": "CDISC Submission Value",
    "synonyms": "CDISC Synonym(s)",
    "preferred": "NCI Preferred Term",
}
_STATED = "Standard and Date"  # a column of newer text files
_SETS = ("SDTM", "ADaM", "SEND", "CDASH", "Define-XML", "Protocol")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODE = re.compile(r"C\d+")


@dataclass
class Package:
    """What a file holds: its lists and terms as rows of the two tables, and what it says of itself."""

    lists: list[dict[str, str]]
    terms: list[dict[str, str]]
    title: str  # where publishing set and date may stand


def add(file: Path, into: Path, publishing_set: str | None = None, version: str | None = None) -> Path:
    """Writes the two tables of a package into a folder of its own below `into`.

    Takes     a file of NCI EVS; where the file does not say them, publishing set and date of the package.
    Returns   the folder that was written.
    Raises    UsageError for a file that is not such a package, that says neither set nor date, or whose lists
              and terms contradict each other.
    """
    try:
        package = _from_xml(file) if file.suffix.lower() == ".xml" else _from_text(file)
    except OSError as e:
        raise UsageError(f"{file}: cannot be read ({e.strerror})") from None
    publishing_set = publishing_set or _said_set(package.title, file.name)
    version = version or _said_date(package.title, file.name)
    if publishing_set is None or version is None:
        what = "publishing set (--set SDTM)" if publishing_set is None else "date (--date 2022-09-30)"
        raise UsageError(f"{file}: neither the file nor its name tells the {what}")
    _refuse_contradictions(file, package)
    target = into / folder(publishing_set, version)
    target.mkdir(parents=True, exist_ok=True)
    lists = sorted(package.lists, key=lambda row: row["code"])
    terms = sorted(package.terms, key=lambda row: (row["list"], row["term"]))
    (target / "lists.tsv").write_text(tables.text(LIST_COLUMNS, lists), encoding="utf-8", newline="")
    (target / "terms.tsv").write_text(tables.text(TERM_COLUMNS, terms), encoding="utf-8", newline="")
    return target


def _said_set(*texts: str) -> str | None:
    return next((name for text in texts for name in _SETS if re.search(rf"\b{name}\b", text, re.I)), None)


def _said_date(*texts: str) -> str | None:
    return next((date.group() for text in texts if (date := _DATE.search(text))), None)


def _refuse_contradictions(file: Path, package: Package) -> None:
    if not package.terms:
        raise UsageError(f"{file}: no term of a codelist in it; a package of NCI EVS is expected")
    codes = [row["code"] for row in package.lists]
    for code in codes:
        if codes.count(code) > 1:
            raise UsageError(f"{file}: the codelist {code} stands in it twice")
    for row in package.terms:
        if row["list"] not in codes:
            raise UsageError(
                f"{file}: the term {row['term']} is of the codelist {row['list']}, which is not in it"
            )
    for row in (*package.lists, *package.terms):
        if not _CODE.fullmatch(row["code"]):
            raise UsageError(f"{file}: {row['code'] or 'an empty text'} is not an NCI code (C and digits)")


# --- tab-separated text
def _from_text(file: Path) -> Package:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            content = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except UnicodeDecodeError as e:
        raise UsageError(f"{file}: not UTF-8 at byte {e.start}") from None
    missing = [name for name in _COLUMNS.values() if not content or name not in content[0]]
    if missing:
        raise UsageError(f"{file}: no column {missing[0]}; a package of NCI EVS as tab-separated text has it")
    package = Package([], [], content[0].get(_STATED) or "")
    for row in content:
        said = {name: (row[column] or "").strip() for name, column in _COLUMNS.items()}
        if said["list"]:
            package.terms.append(
                _term(said["list"], said["own"], said["value"], said["preferred"], said["synonyms"])
            )
        else:
            package.lists.append(_list(said["own"], said["value"], said["name"], said["extensible"]))
    return package


# --- ODM-XML
def _from_xml(file: Path) -> Package:
    from lxml import etree

    package = Package([], [], "")
    tags = (f"{_ODM}ODM", f"{_ODM}Study", f"{_ODM}MetaDataVersion", f"{_ODM}CodeList")
    try:
        elements = etree.iterparse(
            file,
            events=("start", "end"),
            tag=tags,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        for event, element in elements:
            if event == "start":
                package.title += (
                    f" {' '.join(map(str, element.attrib.values()))}" if element.tag != tags[-1] else ""
                )
            elif element.tag == tags[-1]:
                _add_list(package, element)
                element.clear()
    except etree.XMLSyntaxError as e:
        raise UsageError(f"{file}: not XML: {e.msg}") from None
    return package


def _add_list(package: Package, element: etree._Element) -> None:
    code = str(element.get(f"{_EVS}ExtCodeID") or "")
    value = next(_texts(element, "CDISCSubmissionValue"), "")
    extensible = str(element.get(f"{_EVS}CodeListExtensible") or "")
    package.lists.append(_list(code, value, str(element.get("Name") or ""), extensible))
    for item in element.iter(f"{_ODM}EnumeratedItem", f"{_ODM}CodeListItem"):
        own, term = str(item.get(f"{_EVS}ExtCodeID") or ""), str(item.get("CodedValue") or "")
        preferred = next(_texts(item, "PreferredTerm"), "")
        package.terms.append(_term(code, own, term, preferred, "; ".join(_texts(item, "CDISCSynonym"))))


def _texts(element: etree._Element, name: str) -> Iterator[str]:
    for child in element.iterchildren(f"{_EVS}{name}"):
        yield (child.text or "").strip()


def _list(code: str, value: str, name: str, extensible: str) -> dict[str, str]:
    open_ = "yes" if extensible.casefold() == "yes" else "no"
    return {"code": code, "list": value, "name": name, "extensible": open_}


def _term(of: str, code: str, term: str, preferred: str, synonyms: str) -> dict[str, str]:
    return {"list": of, "code": code, "term": term, "preferred": preferred, "synonyms": synonyms}
