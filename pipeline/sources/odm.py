"""A drop that arrives as one CDISC ODM-XML 1.3 file, snapshot or history, instead of one CSV file a form.

OIDs are opaque: every name is looked up in the file's MetaDataVersion, and one ItemGroupData is one record.

SITE        SubjectData/SiteRef@LocationOID SUBJECT     SubjectData@SubjectKey FOLDER
StudyEventData@StudyEventRepeatKey; StudyEventDef@Name where the event does not repeat FORM
FormDef@Name; trimmed and in lower case it is the name of the form RECORD
ItemGroupData@ItemGroupRepeatKey all others  ItemData@Value of the item whose ItemDef@Name is the column

The folder is text as typed, hence a repeat key (data) and not an OID (design). ENTERED_AT is an item like any
other: the DateTimeStamp of an AuditRecord is an xs:dateTime and could not hold it as typed.

What has no place in a frame is refused and not skipped. Passed over are AuditRecord, Signature,
InvestigatorRef, ArchiveLayoutRef, AdminData and a vendor's extension attributes: they tell who entered a
value and how a page looks, never what was collected. A Snapshot is the data as they stand; a Transactional
file is their history, and what it comes to is worked out in `odm_history`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from lxml import etree

from pipeline.errors import DropError
from pipeline.sources import odm_history, xml
from pipeline.sources.odm_definitions import NAMESPACE, Definitions, FormDefinition, given, refusal, tag

VERSIONS = frozenset({"1.3", "1.3.1", "1.3.2"})
# Lists of text cost several times what a packed column costs, so a form is packed each time this many records
# have come in.
PIECE = 20_000
WHOLE = "export the file with all its metadata"

Record = dict[str, str | None]


ODM, METADATA, CLINICAL, SUBJECT = tag("ODM"), tag("MetaDataVersion"), tag("ClinicalData"), tag("SubjectData")
SITE, EVENT, FORM, GROUP, ITEM = (
    tag("SiteRef"),
    tag("StudyEventData"),
    tag("FormData"),
    tag("ItemGroupData"),
    tag("ItemData"),
)
_ENTRY = frozenset({tag("AuditRecord"), tag("Signature")})
CHILDREN = {
    ODM: frozenset({tag("Study"), tag("AdminData"), CLINICAL}),
    CLINICAL: frozenset({SUBJECT, tag("AuditRecords"), tag("Signatures")}),
    SUBJECT: _ENTRY | {SITE, EVENT, tag("InvestigatorRef")},
    EVENT: _ENTRY | {FORM},
    FORM: _ENTRY | {GROUP, tag("ArchiveLayoutRef")},
    GROUP: _ENTRY | {ITEM},
    ITEM: _ENTRY,
}


def read(path: Path, columns: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
    """Read every form of an ODM file as text, exactly as its CSV export would read.

    An item that is absent, null or empty is missing. Records equal in all keys are all kept: to judge them is
    the work of a later stage. A form or column that the MetaDataVersion does not define is left out, and the
    caller reports it.

    Takes     the file; for each form, by lower-case name, the columns of its export in order.
    Returns   for each form defined in the file, one row a record, in the order of the file; text, missing
              where empty.
    Raises    DropError for a file that is no sound ODM 1.3, and for anything in it that no column can take.
    Source    ODM 1.3.2: ODM@FileType, MetaDataVersion, ClinicalData.
    """
    try:
        with path.open("rb") as stream:
            told = _Document(path.name, columns, history=_check_head(stream, path.name) == "Transactional")
            stream.seek(0)
            told.take(stream)
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
    return told.frames()


def _check_head(stream: BinaryIO, file: str) -> str:
    """Look at the root alone, so that a file of the wrong kind is refused before any of it is taken; returns
    its FileType.
    """
    _, root = next(xml.stream(stream, "start"))
    if root.getroottree().docinfo.internalDTD is not None:
        raise DropError(
            f"{file}: has a DOCTYPE, which ODM does not use and which can hide other files: export it without"
        )
    if root.tag != ODM:
        raise DropError(
            f"{file}: the root element is not ODM in the namespace {NAMESPACE}: export it as ODM-XML 1.3.2"
        )
    if root.get("ODMVersion") not in VERSIONS:
        raise DropError(
            f"{file}: ODMVersion is {root.get('ODMVersion')}, expected one of {', '.join(sorted(VERSIONS))}"
        )
    kind = root.get("FileType")
    if kind not in ("Snapshot", "Transactional"):
        raise DropError(
            f"{file}: FileType is {kind}, expected Snapshot or Transactional: export it as ODM-XML 1.3.2"
        )
    return kind


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
        if len(self.cells["SUBJECT"]) >= PIECE:
            self._pack()

    def _pack(self) -> None:
        self.pieces.append(
            pd.DataFrame({column: pd.Series(cells, dtype="str") for column, cells in self.cells.items()})
        )
        self.cells = {column: [] for column in self.cells}

    def frame(self) -> pd.DataFrame:
        self._pack()
        return pd.concat(self.pieces, ignore_index=True)


class _Document:
    """One file as it streams by: definitions first, then one subject at a time, each let go once its records
    are taken.
    """

    def __init__(self, file: str, contract: Mapping[str, Sequence[str]], history: bool) -> None:
        self.file = file
        self.history = odm_history.History(file) if history else None
        self.defined = Definitions(file, contract)
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
        encoding = (
            element.getroottree().docinfo.encoding
        )  # known to the parser only at the end, and the root is the last to end
        if (encoding or "UTF-8").upper() != "UTF-8":
            raise DropError(f"{self.file}: is encoded as {encoding}, expected UTF-8: export it as UTF-8")
        if self.defined.version is None:
            raise DropError(f"{self.file}: holds no MetaDataVersion: export it with its metadata")

    def frames(self) -> dict[str, pd.DataFrame]:
        found = {name: table.frame() for name, table in self.tables.items()}
        return {name: self.history.state(name, log) for name, log in found.items()} if self.history else found

    def _define(self, metadata: etree._Element) -> None:
        self.defined.take(metadata)
        hidden = odm_history.COLUMNS if self.history else ()
        self.tables = {
            name: _Table({c: [] for c in [*columns, *hidden]})
            for name, columns in self.defined.columns().items()
        }

    def _subject(self, subject: etree._Element) -> None:
        parent = subject.getparent()
        if (
            parent is None
            or parent.tag != CLINICAL
            or self.defined.version is None
            or parent.get("MetaDataVersionOID") != self.defined.version
        ):
            raise refusal(
                self.file,
                subject,
                "clinical data must follow the one MetaDataVersion of the file and refer to it by its OID",
            )
        self._only_known(subject)
        sites = subject.findall(SITE)
        if len(sites) > 1:
            raise refusal(
                self.file, subject, "more than one SiteRef: a participant's records belong to one site"
            )
        key, site = given(self.file, subject, "SubjectKey"), sites[0].get("LocationOID") if sites else None
        act = self._act(subject, None)
        if self.history and site:
            self.history.sites[key] = site
        if not self._removed(act, key):
            for event in subject.iterchildren(EVENT):
                self._event(event, {"SITE": site or None, "SUBJECT": key}, act)

    def _event(self, event: etree._Element, header: Record, act: str | None) -> None:
        self._only_known(event)
        act, folder = self._act(event, act), self._folder(event)
        place = odm_history.place(event.get("StudyEventOID"), event.get("StudyEventRepeatKey"))
        if not self._removed(act, str(header["SUBJECT"]), place):
            for form in event.iterchildren(FORM):
                self._form_data(form, header | {"FOLDER": folder}, place, act)

    def _removed(self, act: str | None, subject: str, place: str = "") -> bool:
        """Whether a history takes back all that was told of the subject, at this place of its or below."""
        if self.history and act == "Remove":
            self.history.removals.append(
                (subject, place, {name: table.count for name, table in self.tables.items()})
            )
        return act == "Remove"

    def _folder(self, event: etree._Element) -> str | None:
        oid, key = given(self.file, event, "StudyEventOID"), event.get("StudyEventRepeatKey")
        if oid not in self.defined.events:
            raise refusal(
                self.file,
                event,
                f"study event {oid} is not defined in the MetaDataVersion: export the file with all its"
                " metadata",
            )
        name = self.defined.events[oid]
        if name is not None and key is not None:
            raise refusal(
                self.file,
                event,
                f"study event {oid} does not repeat and yet has a StudyEventRepeatKey: define it as"
                " repeating",
            )
        return name or key or None

    def _form_data(self, data: etree._Element, header: Record, place: str, act: str | None) -> None:
        self._only_known(data)
        oid = given(self.file, data, "FormOID")
        form = self.defined.forms.get(oid)
        if form is None:
            raise refusal(self.file, data, f"form {oid} is not defined in the MetaDataVersion: {WHOLE}")
        if data.get("FormRepeatKey") is not None:
            raise refusal(
                self.file,
                data,
                f"form {form.title} has a FormRepeatKey: export its lines as repeats of the item group",
            )
        act, place = self._act(data, act), place + odm_history.place(oid)
        if self._removed(act, str(header["SUBJECT"]), place):
            return
        table = self.tables[form.name]
        for group in data.iterchildren(GROUP):
            record = self._record(group, form, header, act)
            if record is not None:
                table.add(record | {odm_history.PLACE: place} if self.history else record)

    def _record(
        self, group: etree._Element, form: FormDefinition, header: Record, act: str | None
    ) -> Record | None:
        """The record that an ItemGroupData tells of; None where a history only tells it again for context."""
        self._only_known(group)
        if group.get("ItemGroupOID") != form.group:
            raise refusal(
                self.file,
                group,
                f"item group {group.get('ItemGroupOID')} is not the one that form {form.title} is defined"
                " with",
            )
        act = self._act(group, act)
        if act is None:
            raise refusal(
                self.file,
                group,
                "no TransactionType, of its own or of what it is in: a history says what becomes of each",
            )
        record = header | {"FORM": form.title, "RECORD": group.get("ItemGroupRepeatKey") or None}
        places = len(record)
        for item in group.iterchildren(ITEM):
            self._item(item, form, record, act)
        if self.history:
            return record | {odm_history.ACT: act} if act != "Context" or len(record) > places else None
        return record

    def _item(self, item: etree._Element, form: FormDefinition, record: Record, act: str) -> None:
        oid, value = item.get("ItemOID"), item.get("Value")
        column = form.fields.get(oid or "")
        if column is None:
            raise refusal(self.file, item, f"form {form.title}: item {oid} is not defined for it: {WHOLE}")
        if column in record and not self.history:
            raise refusal(
                self.file,
                item,
                f"form {form.title}, record {record['RECORD']}: {column} is given twice, expected once",
            )
        if (
            len(item.keys()) != 2 or value is None or len(item)
        ):  # else OID and value and no more, as nearly all of a file
            self._only_known(item)
            act = self._act(item, act) or act
            null = item.get("IsNull") == "Yes"
            if (value and null) or (value is None and not null and act != "Remove"):
                raise refusal(
                    self.file,
                    item,
                    f"form {form.title}, record {record['RECORD']}: {column} needs a Value or IsNull, not"
                    " both",
                )
        if not self.history:
            record[column] = value or None
        elif act != "Context":
            record[column] = odm_history.ERASED if act == "Remove" else value or odm_history.ERASED

    def _only_known(self, element: etree._Element) -> None:
        known = CHILDREN[str(element.tag)]
        for child in element:
            if child.tag not in known:
                name = etree.QName(child).localname
                raise refusal(
                    self.file,
                    child,
                    f"{name} has no column to go to: expected the values as items of the form",
                )

    def _act(self, element: etree._Element, inherited: str | None) -> str | None:
        """What becomes of the element: its own TransactionType or that of what it is in; all of a snapshot is
        there.
        """
        own = element.get("TransactionType")
        if not self.history:
            if own not in (None, "Insert"):
                raise refusal(
                    self.file,
                    element,
                    f"TransactionType {own} has no meaning in a Snapshot: export the data as they stand",
                )
            return "Insert"
        if own is not None and own not in odm_history.ACTS:
            raise refusal(
                self.file,
                element,
                f"TransactionType {own} is none: expected one of {', '.join(odm_history.ACTS)}",
            )
        if inherited == "Remove" and own not in (None, "Remove"):
            raise refusal(
                self.file, element, f"TransactionType {own} inside what is removed: export the file again"
            )
        return own or inherited


def _let_go(subject: etree._Element) -> None:
    """Empty a subject and drop the emptied one before it; the element being parsed may not leave its parent."""
    previous, parent = subject.getprevious(), subject.getparent()
    if parent is not None and previous is not None and previous.tag == SUBJECT:
        parent.remove(previous)
    subject.clear()
