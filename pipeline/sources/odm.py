"""A drop that arrives as one CDISC ODM-XML 1.3 file, snapshot or history, instead of one CSV file a form.

OIDs are opaque: every name is looked up in the file's MetaDataVersion, and one ItemGroupData is one record.

SITE        SubjectData/SiteRef@LocationOID
SUBJECT     SubjectData@SubjectKey
FOLDER      StudyEventData@StudyEventRepeatKey; StudyEventDef@Name where the event does not repeat
FORM        FormDef@Name; trimmed and in lower case it is the name of the form, or the one of its contract
RECORD      ItemGroupData@ItemGroupRepeatKey
all others  ItemData@Value of the item whose ItemDef@Name is the column, or the text of an ItemDataString and
            the like

The folder is text as typed, hence a repeat key (data) and not an OID (design). ENTERED_AT is an item like any
other: the DateTimeStamp of an AuditRecord is an xs:dateTime and could not hold it as typed.

What has no place in a frame is refused and not skipped. Passed over are AuditRecord, Signature,
InvestigatorRef, ArchiveLayoutRef, AdminData and vendors' extensions: they say who entered a value and how a
page looks, never what was collected. A Snapshot is the data as they stand; a Transactional
file is their history, and the state that it ends in is worked out in `odm_history`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from lxml import etree

from pipeline.errors import DropError
from pipeline.formats import xml
from pipeline.sources import odm_history
from pipeline.sources.odm_definitions import (
    NAMESPACE,
    NO_FORMS,
    OTHER_NUMBERS,
    WITH_METADATA,
    Definitions,
    FormDefinition,
    refusal,
    required,
    tag,
)
from pipeline.sources.odm_values import ITEM, TYPED_ITEMS, UNIT, Values
from pipeline.study.models import Form

VERSIONS = frozenset({"1.3", "1.3.1", "1.3.2"})
# Lists of text cost several times what a packed column costs, so a form is packed each time this many records
# have come in.
PIECE = 20_000

Record = dict[str, str | None]


ODM, METADATA, CLINICAL, SUBJECT = tag("ODM"), tag("MetaDataVersion"), tag("ClinicalData"), tag("SubjectData")
SITE, EVENT, FORM = tag("SiteRef"), tag("StudyEventData"), tag("FormData")
GROUP = tag("ItemGroupData")
BASICS, ANNOTATIONS = tag("BasicDefinitions"), tag("Annotations")
_ENTRY = frozenset({tag("AuditRecord"), tag("Signature")})
CHILDREN = {
    ODM: frozenset({tag("Study"), tag("AdminData"), CLINICAL}),
    CLINICAL: frozenset({SUBJECT, tag("AuditRecords"), tag("Signatures")}),
    SUBJECT: _ENTRY | {SITE, EVENT, tag("InvestigatorRef")},
    EVENT: _ENTRY | {FORM},
    FORM: _ENTRY | {GROUP, tag("ArchiveLayoutRef")},
    GROUP: _ENTRY | {ITEM} | TYPED_ITEMS,
    ITEM: _ENTRY | {UNIT},
    **dict.fromkeys(TYPED_ITEMS, frozenset()),
}


def read(
    path: Path, columns: Mapping[str, Sequence[str]], forms: Mapping[str, Form] = NO_FORMS
) -> dict[str, pd.DataFrame]:
    """Read every form of an ODM file as text, exactly as its CSV export would read.

    An item that is absent, null or empty is missing. Records equal in all keys are all kept: a later stage
    judges them. A form or column that the MetaDataVersion does not define is left out, and the caller reports
    it.

    A coded value reads as its decode, unless the contract asks for the code; a date in ISO 8601 as the form
    would have shown it.

    Takes     the file; for each form, by lower-case name, the columns of its export in order, and its
              contract.
    Returns   for each form defined in the file, one row per record, in the order of the file; text, missing
              where empty.
    Raises    DropError for a file that is no sound ODM 1.3, and for anything in it that no column can take.
    Source    ODM 1.3.2: ODM@FileType, MetaDataVersion, ClinicalData.
    """
    try:
        with path.open("rb") as stream:
            file_type = _checked_file_type(stream, path.name)
            document = _Document(path.name, columns, forms, history=file_type == "Transactional")
            stream.seek(0)
            document.take(stream)
    except etree.XMLSyntaxError as error:
        # The parser's own message may quote the text around the fault, which may be a participant's.
        line, column = error.position
        raise DropError(
            f"{path.name}: line {line}, column {column}: not well-formed XML in UTF-8; the file is cut short"
            " or damaged: export it again"
        ) from None
    except OSError as error:
        raise DropError(
            f"{path.name}: cannot be read ({error.strerror}): check that the file is there and may be opened"
        ) from None
    return document.frames()


def _checked_file_type(stream: BinaryIO, file: str) -> str:
    """The FileType; a file of the wrong kind is refused by its root alone, before any of it is taken."""
    _, root = next(xml.stream(stream, "start"))
    version, file_type = root.get("ODMVersion"), root.get("FileType")
    if root.getroottree().docinfo.internalDTD is not None:
        raise DropError(
            f"{file}: has a DOCTYPE, which ODM does not use and which can hide other files: export it without"
        )
    if root.tag != ODM:
        raise DropError(
            f"{file}: the root element is not ODM in the namespace {NAMESPACE}: export it as ODM-XML 1.3.2"
        )
    if version not in VERSIONS:
        raise DropError(f"{file}: ODMVersion is {version}, expected one of {', '.join(sorted(VERSIONS))}")
    if file_type not in ("Snapshot", "Transactional"):
        raise DropError(
            f"{file}: FileType is {file_type}, expected Snapshot or Transactional: export it as ODM-XML 1.3.2"
        )
    return file_type


@dataclass
class _Table:
    """The records of one form: lists of text while they come in, packed pieces behind them."""

    cells: dict[str, list[str | None]]
    pieces: list[pd.DataFrame] = field(default_factory=list)
    count: int = 0

    def add(self, record: Record) -> None:
        self.count += 1
        for column, cells in self.cells.items():
            cells.append(record.get(column))
        if self.count % PIECE == 0:
            self._pack()

    def _pack(self) -> None:
        columns = {column: pd.Series(cells, dtype="str") for column, cells in self.cells.items()}
        self.pieces.append(pd.DataFrame(columns))
        self.cells = {column: [] for column in self.cells}

    def frame(self) -> pd.DataFrame:
        self._pack()
        return pd.concat(self.pieces, ignore_index=True)


class _Document:
    """One file as it streams by: definitions first, then one subject at a time, each dropped from memory once
    its records are taken.
    """

    def __init__(
        self, file: str, contract: Mapping[str, Sequence[str]], forms: Mapping[str, Form], history: bool
    ) -> None:
        self.file = file
        self.history = odm_history.History(file) if history else None
        self.defined = Definitions(file, contract, forms)
        self.values = Values(self.defined)
        self.tables: dict[str, _Table] = {}

    def take(self, stream: BinaryIO) -> None:
        """Take all records of the file."""
        for _, element in xml.stream(stream, "end", BASICS, METADATA, SUBJECT, CLINICAL, ODM):
            if element.tag == BASICS:
                self.defined.take_units(element)
            elif element.tag == METADATA:
                self._define(element)
            elif element.tag == SUBJECT:
                self._subject(element)
                _drop(element)
            else:
                self._only_known_children(element)
        # The parser knows the encoding only at the end, and the root is the last to end.
        encoding = element.getroottree().docinfo.encoding or "UTF-8"
        if encoding.upper() != "UTF-8":
            raise DropError(f"{self.file}: is encoded as {encoding}, expected UTF-8: export it as UTF-8")
        if self.defined.version is None:
            raise DropError(f"{self.file}: holds no MetaDataVersion: export it with its metadata")

    def frames(self) -> dict[str, pd.DataFrame]:
        """The records of each form; of a history those that its end leaves."""
        frames = {name: table.frame() for name, table in self.tables.items()}
        if self.history:
            frames = {name: self.history.state(name, log) for name, log in frames.items()}
        wanted = self.defined.columns()
        return {name: self.values.shown(name, frame[wanted[name]]) for name, frame in frames.items()}

    def _refuse(self, element: etree._Element, what: str) -> DropError:
        return refusal(self.file, element, what)

    def _define(self, metadata: etree._Element) -> None:
        self.defined.take(metadata)
        for name, columns in self.defined.columns().items():
            # A history is worked out by the subject and the number of the record, whatever the contract has.
            of_log = ["SUBJECT", "RECORD", *odm_history.COLUMNS] if self.history else []
            self.tables[name] = _Table({column: [] for column in dict.fromkeys([*columns, *of_log])})

    # --- subject, visit, form, record, item
    def _subject(self, subject: etree._Element) -> None:
        parent = subject.getparent()
        version = self.defined.version
        refers_to = (
            parent.get("MetaDataVersionOID") if parent is not None and parent.tag == CLINICAL else None
        )
        if version is None or refers_to != version:
            raise self._refuse(
                subject,
                "clinical data must follow the one MetaDataVersion of the file and refer to it by its OID",
            )
        self._only_known_children(subject)
        sites = subject.findall(SITE)
        if len(sites) > 1:
            why = "more than one SiteRef: a participant's records belong to one site"
            raise self._refuse(subject, why)
        key = required(self.file, subject, "SubjectKey")
        site = sites[0].get("LocationOID") or None if sites else None
        act = self._act(subject, None)
        if self.history and site:
            self.history.sites[key] = site
        if not self._removes(act, key):
            for event in subject.iterchildren(EVENT):
                self._event(event, {"SITE": site, "SUBJECT": key} | self._other_numbers(subject, key), act)

    def _other_numbers(self, subject: etree._Element, key: str) -> Record:
        """The numbers that a vendor's attributes give the subject beside its key.

        Raises    DropError where one differs from the key and no contract says which of them is meant.
        """
        attributes = {etree.QName(name).localname: str(value) for name, value in subject.items()}
        numbers: Record = {name: attributes[name] for name in OTHER_NUMBERS if name in attributes}
        declared = {column for columns in self.defined.contract.values() for column in columns}
        is_declared = not declared.isdisjoint(OTHER_NUMBERS)
        for name, number in numbers.items():
            if number != key and not is_declared and self.defined.known:
                why = f"SubjectData has a {name} beside its SubjectKey: declare which one a form's subject is"
                raise self._refuse(subject, f"{why}, such as `file: {{columns: {{SUBJECT: {name}}}}}`")
        return numbers

    def _event(self, event: etree._Element, header: Record, act: str | None) -> None:
        self._only_known_children(event)
        act = self._act(event, act)
        folder = self._folder(event)
        place = odm_history.place(event.get("StudyEventOID"), event.get("StudyEventRepeatKey"))
        if not self._removes(act, str(header["SUBJECT"]), place):
            for form in event.iterchildren(FORM):
                self._form_data(form, header | {"FOLDER": folder}, place, act)

    def _removes(self, act: str | None, subject: str, place: str = "") -> bool:
        """Whether a history removes all records of the subject, or those at this place and below."""
        if act != "Remove":
            return False
        if self.history:
            records_before = {name: table.count for name, table in self.tables.items()}
            self.history.removals.append(odm_history.Removal(subject, place, records_before))
        return True

    def _folder(self, event: etree._Element) -> str | None:
        oid = required(self.file, event, "StudyEventOID")
        key = event.get("StudyEventRepeatKey")
        if oid not in self.defined.events:
            why = f"study event {oid} is not defined in the MetaDataVersion: {WITH_METADATA}"
            raise self._refuse(event, why)
        name = self.defined.events[oid]
        if name is not None and key is not None:
            why = f"study event {oid} does not repeat and yet has a StudyEventRepeatKey"
            raise self._refuse(event, f"{why}: define it as repeating")
        return name or key or None

    def _form_data(self, data: etree._Element, header: Record, place: str, act: str | None) -> None:
        self._only_known_children(data)
        oid = required(self.file, data, "FormOID")
        form = self.defined.forms.get(oid)
        if form is None:
            why = f"form {oid} is not defined in the MetaDataVersion: {WITH_METADATA}"
            raise self._refuse(data, why)
        if data.get("FormRepeatKey") not in (None, "1"):
            why = f"form {form.title} has a FormRepeatKey: export its lines as repeats of the item group"
            raise self._refuse(data, why)
        act = self._act(data, act)
        place += odm_history.place(oid)
        if self._removes(act, str(header["SUBJECT"]), place):
            return
        table = self.tables[form.name]
        for group in data.iterchildren(GROUP):
            record = self._record(group, form, header, act)
            if record is None:
                continue
            if self.history:
                record[odm_history.PLACE] = place
            table.add(record)

    def _record(
        self, group: etree._Element, form: FormDefinition, header: Record, act: str | None
    ) -> Record | None:
        """The record of an ItemGroupData; None where a history repeats it for context only."""
        self._only_known_children(group)
        oid = group.get("ItemGroupOID")
        if oid != form.group:
            why = f"item group {oid} is not the one that form {form.title} is defined with"
            raise self._refuse(group, why)
        act = self._act(group, act)
        if act is None:
            raise self._refuse(
                group,
                "no TransactionType on the item group or on what contains it: a history says what becomes of"
                " each record",
            )
        number = group.get("ItemGroupRepeatKey") or (None if form.repeats else "1")
        record = header | {"FORM": form.title, "RECORD": number}
        columns_before_items = len(record)
        for item in group.iterchildren(ITEM, *TYPED_ITEMS):
            self._item(item, form, record, act)
        if not self.history:
            return record
        if act == "Context" and len(record) == columns_before_items:
            return None
        return record | {odm_history.ACT: act}

    def _item(self, item: etree._Element, form: FormDefinition, record: Record, act: str) -> None:
        """Puts the value of an item into its record."""
        oid, value = item.get("ItemOID"), item.get("Value")
        defined = form.items.get(oid or "")
        if defined is None:
            raise self._refuse(item, f"form {form.title}: item {oid} is not defined for it: {WITH_METADATA}")
        column = defined.column
        if column in record and not self.history:
            raise self._refuse(item, f"{_where(form, record)}: {column} is given twice, expected once")
        # Nearly all items of a file have their OID and a value and no more; the checks are for the others.
        is_plain = len(item.keys()) == 2 and value is not None and not len(item)
        if not is_plain:
            self._only_known_children(item)
            act = self._act(item, act) or act
            value = self.values.beside_null(item, f"{_where(form, record)}: {column}", act == "Remove")
        if value and defined.labels:
            value = self.values.label(item, defined, f"{_where(form, record)}: {column}", value)
        self._put(record, column, value, act)
        if defined.unit or not is_plain:
            unit = self.values.unit(item, defined) if value else None
            if defined.unit_column:
                self._put(record, defined.unit_column, unit, act)

    def _put(self, record: Record, column: str, value: str | None, act: str) -> None:
        if not self.history:
            record[column] = value or None
        elif act == "Remove":
            record[column] = odm_history.ERASED
        elif act != "Context":
            record[column] = value or odm_history.ERASED

    # --- any element
    def _only_known_children(self, element: etree._Element) -> None:
        known = CHILDREN[str(element.tag)]
        for child in element:
            if child.tag not in known and not _says_nothing(child):
                name = etree.QName(child).localname
                why = f"{name} has no column to go to: expected the values as items of the form"
                raise self._refuse(child, why)

    def _act(self, element: etree._Element, inherited: str | None) -> str | None:
        """What becomes of the element: its own TransactionType or that of what contains it; all of a snapshot
        is there.
        """
        own = element.get("TransactionType")
        if not self.history:
            if own not in (None, "Insert"):
                why = f"TransactionType {own} has no meaning in a Snapshot: export the data as they stand"
                raise self._refuse(element, why)
            return "Insert"
        if own is not None and own not in odm_history.ACTS:
            acts = ", ".join(odm_history.ACTS)
            raise self._refuse(element, f"TransactionType {own} is not known: expected one of {acts}")
        if inherited == "Remove" and own not in (None, "Remove"):
            why = f"TransactionType {own} inside what is removed: export the file again"
            raise self._refuse(element, why)
        return own or inherited


def _where(form: FormDefinition, record: Record) -> str:
    return f"form {form.title}, record {record['RECORD']}"


def _says_nothing(element: etree._Element) -> bool:
    """Whether an element holds nothing that was collected: an empty list, or a vendor's extension.

    Source    ODM 1.3.2, 2.4: without its extensions a file must be meaningful and accurate.
    """
    is_extension = etree.QName(element).namespace not in (NAMESPACE, None)
    return is_extension or (element.tag == ANNOTATIONS and not len(element))


def _drop(subject: etree._Element) -> None:
    """Empty a subject and remove the emptied one before it; the element being parsed may not leave its
    parent.
    """
    previous, parent = subject.getprevious(), subject.getparent()
    if parent is not None and previous is not None and previous.tag == SUBJECT:
        parent.remove(previous)
    subject.clear()
