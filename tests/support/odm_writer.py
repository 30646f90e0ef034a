"""Writes frames of collected text as one CDISC ODM-XML 1.3.2 snapshot, so that a drop can be tried in its
second format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
from lxml import etree

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
# The columns with a place of their own in ODM; all others are items.
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")
EVENT, VERSION = "SE.VISIT", "MDV.1"

Row = dict[str, str]
Visit = dict[tuple[str, str], list[Row]]  # the records of one folder by form and FORM as typed
Subjects = dict[tuple[str | None, str], dict[str | None, Visit]]  # by site and subject, then by folder


def to_odm(forms: Mapping[str, pd.DataFrame], path: Path, study_oid: str) -> None:
    """Write each row as one ItemGroupData; a missing cell is not written.

    Takes     frames of text by lower-case form name, header columns included; every record has a SUBJECT and
              a FORM.
    Source    ODM 1.3.2: Study, AdminData, ClinicalData.
    """
    titles = {name: _titles(name, frame) for name, frame in forms.items()}
    head = {
        "FileType": "Snapshot",
        "FileOID": f"{study_oid}.SNAPSHOT",
        "CreationDateTime": "2019-07-01T00:00:00",
        "ODMVersion": "1.3.2",
    }
    with etree.xmlfile(str(path), encoding="UTF-8") as out:
        out.write_declaration()
        with out.element(_tag("ODM"), nsmap={None: NAMESPACE}, **head):
            out.write(_study(forms, titles, study_oid))
            out.write(_places(forms, study_oid))
            with out.element(_tag("ClinicalData"), StudyOID=study_oid, MetaDataVersionOID=VERSION):
                for element in _subjects(forms, titles):
                    out.write(element)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: etree._Element, name: str, **attributes: str | None) -> etree._Element:
    given = {attribute: value for attribute, value in attributes.items() if value is not None}
    return etree.SubElement(parent, _tag(name), given)


def _root(name: str, **attributes: str) -> etree._Element:
    # None is the default namespace
    return etree.Element(_tag(name), attributes, nsmap={None: NAMESPACE})  # type: ignore[dict-item]


def _titles(name: str, frame: pd.DataFrame) -> dict[str, str]:
    """FORM as typed -> OID: one FormDef for each spelling, the upper-case name where there is no record."""
    typed = list(dict.fromkeys(frame["FORM"])) or [name.upper()]
    if any(not isinstance(title, str) or title.strip().lower() != name for title in typed):
        raise ValueError(f"form {name}: FORM must be the name of the form in each record")
    return {
        title: f"F.{name.upper()}" + (f".{number}" if number > 1 else "")
        for number, title in enumerate(typed, start=1)
    }


def _item_oid(name: str, column: str) -> str:
    return "IT.ENTERED_AT" if column == "ENTERED_AT" else f"IT.{name.upper()}.{column}"


def _items(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame.columns if column not in PLACES]


def _study(
    forms: Mapping[str, pd.DataFrame], titles: Mapping[str, Mapping[str, str]], study_oid: str
) -> etree._Element:
    study = _root("Study", OID=study_oid)
    names = _add(study, "GlobalVariables")
    for name in ("StudyName", "StudyDescription", "ProtocolName"):
        _add(names, name).text = study_oid
    version = _add(study, "MetaDataVersion", OID=VERSION, Name="Collected data")
    _add(_add(version, "Protocol"), "StudyEventRef", StudyEventOID=EVENT, Mandatory="No")
    event = _add(version, "StudyEventDef", OID=EVENT, Name="Visit", Repeating="Yes", Type="Common")
    for name in forms:
        for oid in titles[name].values():
            _add(event, "FormRef", FormOID=oid, Mandatory="No")
    for name in forms:
        for title, oid in titles[name].items():
            definition = _add(version, "FormDef", OID=oid, Name=title, Repeating="No")
            _add(definition, "ItemGroupRef", ItemGroupOID=f"IG.{name.upper()}", Mandatory="No")
    for name, frame in forms.items():
        group = _add(version, "ItemGroupDef", OID=f"IG.{name.upper()}", Name=name.upper(), Repeating="Yes")
        for column in _items(frame):
            _add(group, "ItemRef", ItemOID=_item_oid(name, column), Mandatory="No")
    for oid, (column, length) in _lengths(forms).items():
        _add(version, "ItemDef", OID=oid, Name=column, DataType="text", Length=str(length))
    return study


def _lengths(forms: Mapping[str, pd.DataFrame]) -> dict[str, tuple[str, int]]:
    lengths: dict[str, tuple[str, int]] = {}
    for name, frame in forms.items():
        for column in _items(frame):
            longest = max((len(text) for text in frame[column] if isinstance(text, str)), default=1)
            oid = _item_oid(name, column)
            _, length_before = lengths.get(oid, (column, 1))
            lengths[oid] = (column, max(longest, length_before))
    return lengths


def _places(forms: Mapping[str, pd.DataFrame], study_oid: str) -> etree._Element:
    admin = _root("AdminData", StudyOID=study_oid)
    for site in sorted({site for frame in forms.values() for site in frame["SITE"] if isinstance(site, str)}):
        location = _add(admin, "Location", OID=site, Name=site, LocationType="Site")
        _add(
            location,
            "MetaDataVersionRef",
            StudyOID=study_oid,
            MetaDataVersionOID=VERSION,
            EffectiveDate="2016-07-01",
        )
    return admin


def _subjects(
    forms: Mapping[str, pd.DataFrame], titles: Mapping[str, Mapping[str, str]]
) -> Iterator[etree._Element]:
    for (site, subject), visits in _by_subject(forms).items():
        element = _root("SubjectData", SubjectKey=subject)
        if site is not None:
            _add(element, "SiteRef", LocationOID=site)
        for folder, records in visits.items():
            event = _add(element, "StudyEventData", StudyEventOID=EVENT, StudyEventRepeatKey=folder)
            for (name, title), rows in records.items():
                form = _add(event, "FormData", FormOID=titles[name][title])
                for row in rows:
                    _record(form, name, row)
        yield element


def _by_subject(forms: Mapping[str, pd.DataFrame]) -> Subjects:
    subjects: Subjects = {}
    for name, frame in forms.items():
        for cells in zip(*(frame[column] for column in frame.columns), strict=True):
            row = {
                column: cell
                for column, cell in zip(frame.columns, cells, strict=True)
                if isinstance(cell, str)
            }
            visits = subjects.setdefault((row.get("SITE"), row["SUBJECT"]), {})
            visits.setdefault(row.get("FOLDER"), {}).setdefault((name, row["FORM"]), []).append(row)
    return subjects


def _record(form: etree._Element, name: str, row: Row) -> None:
    group = _add(
        form, "ItemGroupData", ItemGroupOID=f"IG.{name.upper()}", ItemGroupRepeatKey=row.get("RECORD")
    )
    for column, value in row.items():
        if column not in PLACES:
            _add(group, "ItemData", ItemOID=_item_oid(name, column), Value=value)
