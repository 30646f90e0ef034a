"""Writes frames of collected text as one ODM-XML history: what was first entered wrongly, changed, removed
and entered again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path

import pandas as pd
from lxml import etree

from tests.support.odm_writer import _add, _tag, to_odm

WRONG = "entered by mistake"
AUDIT = (("UserRef", "UserOID", "U.1"), ("LocationRef", "LocationOID", "01"))


def to_odm_history(forms: Mapping[str, pd.DataFrame], path: Path, study_oid: str) -> None:
    """The same records as `to_odm`, each inserted, some wrongly and put right later in the file; one subject
    more, who is removed.
    """
    to_odm(forms, path, study_oid)
    document = etree.parse(str(path))
    root = document.getroot()
    root.set("FileType", "Transactional")
    (data,) = root.findall(_tag("ClinicalData"))
    subjects = data.findall(_tag("SubjectData"))
    for subject in subjects:
        later = list(_entered(subject))
        subject.set("TransactionType", "Upsert")
        data.extend(later)
    stranger = deepcopy(subjects[0])
    stranger.set("SubjectKey", "ENTERED-BY-MISTAKE")
    data.insert(1, stranger)
    _add(data, "SubjectData", SubjectKey="ENTERED-BY-MISTAKE", TransactionType="Remove")
    document.write(str(path), encoding="UTF-8", xml_declaration=True)


def _entered(subject: etree._Element) -> Iterator[etree._Element]:
    """Spoils every other record as it is inserted; yields the transactions that put it right, at the end of
    the file.
    """

    def first_item(record: etree._Element) -> tuple[str, str | None]:
        item = record.findall(_tag("ItemData"))[0]
        return str(item.get("ItemOID")), item.get("Value")

    for n, record in enumerate(list(subject.iter(_tag("ItemGroupData")))):
        record.set("TransactionType", "Insert")
        _audit(record)
        right, way = deepcopy(record), n % 7
        items = record.findall(_tag("ItemData"))
        if way == 1 and items:  # a wrong value, put right
            items[0].set("Value", WRONG)
            yield _later(subject, record, "Update", [first_item(right)])
        elif way == 2 and items:  # a value lost and found
            del items[0].attrib["Value"]
            items[0].set("IsNull", "Yes")
            yield _later(subject, record, "Context", [first_item(right)])
        elif way == 3:  # the whole record removed and inserted again
            yield _later(subject, record, "Remove", [])
            again = _later(subject, record, "Insert", [])
            group = next(again.iter(_tag("ItemGroupData")))
            group.extend(right.findall(_tag("ItemData")))
            yield again
        elif way == 4:  # repeated for context
            yield _later(subject, record, "Context", [])
        elif way == 5 and items:  # the same again
            yield _later(subject, record, "Upsert", [first_item(record)])


def _audit(parent: etree._Element) -> None:
    record = etree.Element(_tag("AuditRecord"))
    for name, attribute, value in AUDIT:
        _add(record, name, **{attribute: value})
    _add(record, "DateTimeStamp").text = "2016-07-01T09:30:00"
    parent.insert(0, record)


def _later(
    subject: etree._Element, record: etree._Element, act: str, items: list[tuple[str, str | None]]
) -> etree._Element:
    """A transaction of one record, in its own SubjectData."""
    form = record.getparent()
    assert form is not None
    event = form.getparent()
    assert event is not None
    key = str(subject.get("SubjectKey"))
    outermost = _add(etree.Element("x"), "SubjectData", SubjectKey=key, TransactionType="Context")
    inner = outermost
    for outer in (event, form, record):
        attributes = {str(k): str(v) for k, v in outer.items() if k != "TransactionType"}
        inner = _add(inner, etree.QName(outer).localname, **attributes)
    inner.set("TransactionType", act)
    act_of_items = "Update" if act == "Context" else None
    for oid, value in items:
        _add(inner, "ItemData", ItemOID=oid, Value=value, TransactionType=act_of_items)
    return outermost
