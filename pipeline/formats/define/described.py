"""What a define.xml of version 2.0 or 2.1, or a specification workbook, says of datasets, in one form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from pipeline.formats import UnreadableError


@dataclass(frozen=True)
class Term:
    """A term of a code list."""

    value: str
    code: str = ""  # NCI code
    decode: str = ""


@dataclass(frozen=True)
class CodeList:
    """A code list, or (`dictionary`) a dictionary beside it."""

    id: str
    name: str
    code: str = ""  # NCI code
    terms: tuple[Term, ...] = ()
    dictionary: str = ""
    version: str = ""


@dataclass(frozen=True)
class Described:
    """A variable, or the values of one under a condition."""

    name: str
    label: str
    type: str  # text, integer, float, date, datetime, ...
    length: str = ""
    digits: str = ""
    format: str = ""
    mandatory: bool = False
    codelist: str = ""  # id
    origin: str = ""
    source: str = ""
    method: str = ""  # id
    comment: str = ""  # id
    role: str = ""
    predecessor: str = ""
    where: str = ""  # of values: the condition in words


@dataclass(frozen=True)
class Table:
    """A dataset."""

    name: str
    label: str
    class_: str
    structure: str
    keys: tuple[str, ...]
    variables: tuple[Described, ...]
    values: Mapping[str, tuple[Described, ...]] = field(default_factory=dict)  # by variable
    comment: str = ""
    repeating: bool = True
    reference: bool = False


@dataclass(frozen=True)
class Specification:
    """Everything that such a file says."""

    study: str
    standard: str
    tables: tuple[Table, ...]
    codelists: Mapping[str, CodeList]
    methods: Mapping[str, str]  # id -> text
    comments: Mapping[str, str]


def read(path: Path) -> Specification:
    """The datasets of a define.xml, whatever its version.

    Raises    UnreadableError for what is no define.xml.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise UnreadableError(f"line {line}, column {column}: no XML; it is cut short or damaged") from None
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror})") from None
    if not _all(root, "ItemGroupDef"):
        raise UnreadableError("describes no dataset; give a define.xml of version 2.0 or 2.1")
    return _Reader(root).specification()


class _Reader:
    """One define.xml, by OID."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.items = {_get(item, "OID"): item for item in _all(root, "ItemDef")}
        self.lists = {_get(one, "OID"): one for one in _all(root, "ValueListDef")}
        self.conditions = {_get(one, "OID"): one for one in _all(root, "WhereClauseDef")}

    def specification(self) -> Specification:
        version = next(iter(_all(self.root, "MetaDataVersion")), self.root)
        standards = [
            f"{_get(one, 'Name')} {_get(one, 'Version')}"
            for one in _all(self.root, "Standard")
            if _get(one, "Type") == "IG"
        ]
        older = f"{_get(version, 'StandardName')} {_get(version, 'StandardVersion')}".strip()
        return Specification(
            study=_text(self.root, "StudyName"),
            standard=standards[0] if standards else older,
            tables=tuple(self._table(group) for group in _all(self.root, "ItemGroupDef")),
            codelists={one.id: one for one in map(_codelist, _all(self.root, "CodeList"))},
            methods={_get(m, "OID"): _text(m, "Description") for m in _all(self.root, "MethodDef")},
            comments={_get(c, "OID"): _text(c, "Description") for c in _all(self.root, "CommentDef")},
        )

    def _table(self, group: etree._Element) -> Table:
        references = [ref for ref in _children(group, "ItemRef") if _get(ref, "ItemOID") in self.items]
        keys = sorted(
            (r for r in references if _get(r, "KeySequence")), key=lambda r: int(_get(r, "KeySequence"))
        )
        values = {}
        for ref in references:
            item = self.items[_get(ref, "ItemOID")]
            rows = tuple(self._values(item))
            if rows:
                values[_get(item, "Name")] = rows
        classes = _children(group, "Class")
        return Table(
            name=_get(group, "Name"),
            label=_text(group, "Description"),
            class_=_get(classes[0], "Name") if classes else _get(group, "Class"),
            structure=_get(group, "Structure"),
            keys=tuple(_get(self.items[_get(ref, "ItemOID")], "Name") for ref in keys),
            variables=tuple(self._variable(ref, "") for ref in references),
            values=values,
            comment=_get(group, "CommentOID"),
            repeating=_get(group, "Repeating") == "Yes",
            reference=_get(group, "IsReferenceData") == "Yes",
        )

    def _values(self, item: etree._Element) -> Iterator[Described]:
        for reference in _children(item, "ValueListRef"):
            listed = self.lists.get(_get(reference, "ValueListOID"))
            for ref in _children(listed, "ItemRef") if listed is not None else ():
                if _get(ref, "ItemOID") in self.items:
                    yield self._variable(ref, self._where(ref))

    def _where(self, ref: etree._Element) -> str:
        tests = []
        for reference in _children(ref, "WhereClauseRef"):
            clause = self.conditions.get(_get(reference, "WhereClauseOID"))
            for check in _children(clause, "RangeCheck") if clause is not None else ():
                item = self.items.get(_get(check, "ItemOID"))
                values = ", ".join(_own_text(value) for value in _children(check, "CheckValue"))
                name = _get(item, "Name") if item is not None else ""
                tests.append(f"{name} {_get(check, 'Comparator')} ({values})")
        return " and ".join(tests)

    def _variable(self, ref: etree._Element, where: str) -> Described:
        item = self.items[_get(ref, "ItemOID")]
        lists = _children(item, "CodeListRef")
        origins = _children(item, "Origin")
        origin = origins[0] if origins else None
        return Described(
            name=_get(item, "Name"),
            label=_text(item, "Description"),
            type=_get(item, "DataType"),
            length=_get(item, "Length"),
            digits=_get(item, "SignificantDigits"),
            format=_get(item, "DisplayFormat"),
            mandatory=_get(ref, "Mandatory") == "Yes",
            codelist=_get(lists[0], "CodeListOID") if lists else "",
            origin=_get(origin, "Type") if origin is not None else "",
            source=_get(origin, "Source") if origin is not None else "",
            method=_get(ref, "MethodOID"),
            comment=_get(item, "CommentOID") or _get(ref, "CommentOID"),
            role=_get(ref, "Role"),
            predecessor=_text(origin, "Description") if origin is not None else "",
            where=where,
        )


def _codelist(element: etree._Element) -> CodeList:
    external = _children(element, "ExternalCodeList")
    rows = [*_children(element, "CodeListItem"), *_children(element, "EnumeratedItem")]
    return CodeList(
        id=_get(element, "OID"),
        name=_get(element, "Name"),
        code=_nci_code(element),
        terms=tuple(Term(_get(row, "CodedValue"), _nci_code(row), _text(row, "Decode")) for row in rows),
        dictionary=_get(external[0], "Dictionary") if external else "",
        version=_get(external[0], "Version") if external else "",
    )


def _nci_code(element: etree._Element) -> str:
    aliases = [
        _get(alias, "Name") for alias in _children(element, "Alias") if "nci" in _get(alias, "Context")
    ]
    return aliases[0] if aliases else ""


# --- elements and attributes by their local names, which both versions share
def _all(root: etree._Element, kind: str) -> list[etree._Element]:
    return list(root.iter(f"{{*}}{kind}"))


def _children(element: etree._Element, kind: str) -> list[etree._Element]:
    return list(element.iterchildren(f"{{*}}{kind}"))


def _get(element: etree._Element, name: str) -> str:
    for attribute, value in element.items():
        if str(attribute).rpartition("}")[2] == name:
            return str(value)
    return ""


def _text(element: etree._Element, kind: str) -> str:
    found = next(element.iter(f"{{*}}{kind}"), None) if kind == "StudyName" else None
    for child in [found] if found is not None else _children(element, kind):
        return _own_text(child)
    return ""


def _own_text(element: etree._Element) -> str:
    return " ".join("".join(str(part) for part in element.itertext()).split())
