"""A drop that arrives as one CDISC ODM-XML 1.3 snapshot instead of one CSV file a form.

OIDs are opaque: every name is looked up in the file's MetaDataVersion, and one ItemGroupData is one record.

    SITE        SubjectData/SiteRef@LocationOID
    SUBJECT     SubjectData@SubjectKey
    FOLDER      StudyEventData@StudyEventRepeatKey; StudyEventDef@Name where the event does not repeat
    FORM        FormDef@Name; trimmed and in lower case it is the name of the form
    RECORD      ItemGroupData@ItemGroupRepeatKey
    all others  ItemData@Value of the item whose ItemDef@Name is the column

The folder is text as typed, hence a repeat key (data) and not an OID (design). ENTERED_AT is an item like any other: the
DateTimeStamp of an AuditRecord is an xs:dateTime and could not hold it as typed.

What has no place in a frame is refused and not skipped. Passed over are AuditRecord, Signature, InvestigatorRef, ArchiveLayoutRef,
AdminData and a vendor's extension attributes: they tell who entered a value and how a page looks, never what was collected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from lxml import etree

from pipeline.errors import DropError
from pipeline.sources import xml

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
VERSIONS = frozenset({"1.3", "1.3.1", "1.3.2"})
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")
# Lists of text cost several times what a packed column costs, so a form is packed each time this many records have come in.
PIECE = 20_000

Record = dict[str, str | None]


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


ODM, METADATA, CLINICAL, SUBJECT = _tag("ODM"), _tag("MetaDataVersion"), _tag("ClinicalData"), _tag("SubjectData")
SITE, EVENT, FORM, GROUP, ITEM = _tag("SiteRef"), _tag("StudyEventData"), _tag("FormData"), _tag("ItemGroupData"), _tag("ItemData")
_ENTRY = frozenset({_tag("AuditRecord"), _tag("Signature")})
CHILDREN = {
    ODM: frozenset({_tag("Study"), _tag("AdminData"), CLINICAL}),
    CLINICAL: frozenset({SUBJECT, _tag("AuditRecords"), _tag("Signatures")}),
    SUBJECT: _ENTRY | {SITE, EVENT, _tag("InvestigatorRef")},
    EVENT: _ENTRY | {FORM},
    FORM: _ENTRY | {GROUP, _tag("ArchiveLayoutRef")},
    GROUP: _ENTRY | {ITEM},
    ITEM: _ENTRY,
}


def read(path: Path, columns: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
    """Read every form of an ODM snapshot as text, exactly as its CSV export would read.

    An item that is absent, null or empty is missing. Records equal in all keys are all kept: to judge them is the work of a
    later stage. A form or column that the MetaDataVersion does not define is left out, and the caller reports it.

    Takes     the file; for each form, by lower-case name, the columns of its export in order.
    Returns   for each form defined in the file, one row a record, in the order of the file; text, missing where empty.
    Raises    DropError for a file that is not a sound ODM 1.3 snapshot, and for anything in it that no column can take.
    Source    ODM 1.3.2: ODM@FileType, MetaDataVersion, ClinicalData.
    """
    snapshot = _Snapshot(path.name, columns)
    try:
        with path.open("rb") as stream:
            _check_head(stream, path.name)
            stream.seek(0)
            snapshot.take(stream)
    except etree.XMLSyntaxError as error:
        # The parser's own message may quote the text around the fault, which may be a participant's.
        line, column = error.position
        raise DropError(
            f"{path.name}: line {line}, column {column}: not well-formed XML in UTF-8; the file is cut short or damaged: export it again"
        ) from None
    except OSError as error:
        raise DropError(f"{path.name}: cannot be read ({error.strerror}): check that the file is there and may be opened") from None
    return {name: table.frame() for name, table in snapshot.tables.items()}


def _check_head(stream: BinaryIO, file: str) -> None:
    """Look at the root alone, so that a file of the wrong kind is refused before any of it is taken."""
    _, root = next(xml.stream(stream, "start"))
    if root.getroottree().docinfo.internalDTD is not None:
        raise DropError(f"{file}: has a DOCTYPE, which ODM does not use and which can hide other files: export it without")
    if root.tag != ODM:
        raise DropError(f"{file}: the root element is not ODM in the namespace {NAMESPACE}: export it as ODM-XML 1.3.2")
    if root.get("ODMVersion") not in VERSIONS:
        raise DropError(f"{file}: ODMVersion is {root.get('ODMVersion')}, expected one of {', '.join(sorted(VERSIONS))}")
    if root.get("FileType") != "Snapshot":
        raise DropError(f"{file}: FileType is {root.get('FileType')}, expected Snapshot: export the data as they stand, not their history")


@dataclass(frozen=True)
class _Form:
    """A FormDef with its one ItemGroupDef: FORM as written, and the column of each item by OID."""

    name: str
    title: str
    group: str
    fields: dict[str, str]


@dataclass
class _Table:
    """The records of one form: lists of text while they come in, packed pieces behind them."""

    cells: dict[str, list[str | None]]
    pieces: list[pd.DataFrame] = field(default_factory=list)

    def add(self, record: Record) -> None:
        for column, cells in self.cells.items():
            cells.append(record.get(column))
        if len(self.cells["SUBJECT"]) >= PIECE:
            self._pack()

    def _pack(self) -> None:
        self.pieces.append(pd.DataFrame({column: pd.Series(cells, dtype="str") for column, cells in self.cells.items()}))
        self.cells = {column: [] for column in self.cells}

    def frame(self) -> pd.DataFrame:
        self._pack()
        return pd.concat(self.pieces, ignore_index=True)


class _Snapshot:
    """One file as it streams by: definitions first, then one subject at a time, each let go once its records are taken."""

    def __init__(self, file: str, contract: Mapping[str, Sequence[str]]) -> None:
        self.file = file
        self.contract = contract
        self.version: str | None = None
        self.events: dict[str, str | None] = {}  # the name of a study event; None where it repeats and its key is the folder
        self.forms: dict[str, _Form] = {}
        self.tables: dict[str, _Table] = {}

    def take(self, stream: BinaryIO) -> None:
        for _, element in xml.stream(stream, "end", METADATA, SUBJECT, CLINICAL, ODM):
            if element.tag == METADATA:
                self._define(element)
            elif element.tag == SUBJECT:
                self._subject(element)
                _let_go(element)
            else:
                self._only_known(element)
        encoding = element.getroottree().docinfo.encoding  # known to the parser only at the end, and the root is the last to end
        if (encoding or "UTF-8").upper() != "UTF-8":
            raise DropError(f"{self.file}: is encoded as {encoding}, expected UTF-8: export it as UTF-8")
        if self.version is None:
            raise DropError(f"{self.file}: holds no MetaDataVersion: export it with its metadata")

    def _define(self, metadata: etree._Element) -> None:
        if self.version is not None or metadata.find(_tag("Include")) is not None:
            raise self._refusal(metadata, "more than one MetaDataVersion, or one that includes another: export one complete version")
        self.version = self._given(metadata, "OID")
        for oid, event in self._by_oid(metadata, "StudyEventDef").items():
            self.events[oid] = None if event.get("Repeating") == "Yes" else self._given(event, "Name")
        if list(self.events.values()).count(None) > 1:
            raise self._refusal(metadata, "more than one StudyEventDef repeats, so a repeat key alone does not name a folder")
        items = {oid: self._given(item, "Name") for oid, item in self._by_oid(metadata, "ItemDef").items()}
        groups = self._by_oid(metadata, "ItemGroupDef")
        for oid, definition in self._by_oid(metadata, "FormDef").items():
            self.forms[oid] = self._form(definition, groups, items)
        self._open_tables()

    def _by_oid(self, metadata: etree._Element, kind: str) -> dict[str, etree._Element]:
        found: dict[str, etree._Element] = {}
        for definition in metadata.iterchildren(_tag(kind)):
            oid = self._given(definition, "OID")
            if oid in found:
                raise self._refusal(definition, f"{kind} {oid} is defined twice: OIDs are unique in a MetaDataVersion")
            found[oid] = definition
        return found

    def _form(self, definition: etree._Element, groups: Mapping[str, etree._Element], items: Mapping[str, str]) -> _Form:
        title = self._given(definition, "Name")
        name = title.strip().lower()
        if name not in self.contract:
            raise self._refusal(definition, f"form {title} is not in the contract: expected one of {', '.join(sorted(self.contract))}")
        oids = [self._given(reference, "ItemGroupOID") for reference in definition.iterchildren(_tag("ItemGroupRef"))]
        if len(oids) != 1 or oids[0] not in groups:
            raise self._refusal(
                definition, f"form {title} refers to {len(oids)} item groups, expected one that is defined: a group is a record"
            )
        fields: dict[str, str] = {}
        for reference in groups[oids[0]].iterchildren(_tag("ItemRef")):
            oid = self._given(reference, "ItemOID")
            column = items.get(oid)
            if column is None or column in PLACES or column not in self.contract[name]:
                raise self._refusal(reference, f"form {title}: item {oid} ({column}) is not in the contract: add the field or leave it out")
            if column in fields.values():
                raise self._refusal(reference, f"form {title}: two items are named {column}: give each a name of its own")
            fields[oid] = column
        return _Form(name, title, oids[0], fields)

    def _open_tables(self) -> None:
        defined: dict[str, set[str]] = {}
        for form in self.forms.values():
            defined.setdefault(form.name, set(PLACES)).update(form.fields.values())
        for name, present in defined.items():
            self.tables[name] = _Table({column: [] for column in self.contract[name] if column in present})

    def _subject(self, subject: etree._Element) -> None:
        parent = subject.getparent()
        if parent is None or parent.tag != CLINICAL or self.version is None or parent.get("MetaDataVersionOID") != self.version:
            raise self._refusal(subject, "clinical data must follow the one MetaDataVersion of the file and refer to it by its OID")
        self._only_known(subject)
        sites = subject.findall(SITE)
        if len(sites) > 1:
            raise self._refusal(subject, "more than one SiteRef: a participant's records belong to one site")
        site = sites[0].get("LocationOID") if sites else None
        header: Record = {"SITE": site or None, "SUBJECT": self._given(subject, "SubjectKey")}
        for event in subject.iterchildren(EVENT):
            self._only_known(event)
            folder = self._folder(event)
            for form in event.iterchildren(FORM):
                self._form_data(form, header | {"FOLDER": folder})

    def _folder(self, event: etree._Element) -> str | None:
        oid, key = self._given(event, "StudyEventOID"), event.get("StudyEventRepeatKey")
        if oid not in self.events:
            raise self._refusal(event, f"study event {oid} is not defined in the MetaDataVersion: export the file with all its metadata")
        name = self.events[oid]
        if name is not None and key is not None:
            raise self._refusal(event, f"study event {oid} does not repeat and yet has a StudyEventRepeatKey: define it as repeating")
        return name or key or None

    def _form_data(self, data: etree._Element, header: Record) -> None:
        self._only_known(data)
        oid = self._given(data, "FormOID")
        form = self.forms.get(oid)
        if form is None:
            raise self._refusal(data, f"form {oid} is not defined in the MetaDataVersion: export the file with all its metadata")
        if data.get("FormRepeatKey") is not None:
            raise self._refusal(data, f"form {form.title} has a FormRepeatKey: export its lines as repeats of the item group")
        table = self.tables[form.name]
        for group in data.iterchildren(GROUP):
            self._only_known(group)
            if group.get("ItemGroupOID") != form.group:
                raise self._refusal(group, f"item group {group.get('ItemGroupOID')} is not the one that form {form.title} is defined with")
            record = header | {"FORM": form.title, "RECORD": group.get("ItemGroupRepeatKey") or None}
            for item in group.iterchildren(ITEM):
                self._item(item, form, record)
            table.add(record)

    def _item(self, item: etree._Element, form: _Form, record: Record) -> None:
        oid, value = item.get("ItemOID"), item.get("Value")
        column = form.fields.get(oid or "")
        if column is None:
            raise self._refusal(item, f"form {form.title}: item {oid} is not defined for it: export the file with all its metadata")
        if column in record:
            raise self._refusal(item, f"form {form.title}, record {record['RECORD']}: {column} is given twice, expected once")
        if len(item.keys()) != 2 or value is None or len(item):  # else OID and value and no more, as nearly all of a file
            self._only_known(item)
            null = item.get("IsNull") == "Yes"
            if (value and null) or (value is None and not null):
                raise self._refusal(item, f"form {form.title}, record {record['RECORD']}: {column} needs a Value or IsNull, not both")
        record[column] = value or None

    def _only_known(self, element: etree._Element) -> None:
        known = CHILDREN[str(element.tag)]
        for child in element:
            if child.tag not in known:
                name = etree.QName(child).localname
                raise self._refusal(child, f"{name} has no column to go to: expected the values as items of the form")
        if element.get("TransactionType", "Insert") != "Insert":
            raise self._refusal(
                element, f"TransactionType {element.get('TransactionType')} has no meaning in a Snapshot: export the data as they stand"
            )

    def _given(self, element: etree._Element, attribute: str) -> str:
        text = element.get(attribute)
        if not text:
            raise self._refusal(element, f"{etree.QName(element).localname} has no {attribute}, which ODM requires: export the file again")
        return text

    def _refusal(self, element: etree._Element, what: str) -> DropError:
        """A refusal that names file, line and, where there is one, the subject; never a value."""
        subjects = [element] if element.tag == SUBJECT else list(element.iterancestors(SUBJECT))
        where = f", subject {subjects[0].get('SubjectKey')}" if subjects else ""
        return DropError(f"{self.file}: line {element.sourceline}{where}: {what}")


def _let_go(subject: etree._Element) -> None:
    """Empty a subject and drop the emptied one before it; the element being parsed may not leave its parent."""
    previous, parent = subject.getprevious(), subject.getparent()
    if parent is not None and previous is not None and previous.tag == SUBJECT:
        parent.remove(previous)
    subject.clear()
