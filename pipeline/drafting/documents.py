"""A document of the whole study without contracts, an ODM file or a REDCap project: each form with the title,
the questions and the choices that it defines.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from lxml import etree

from pipeline.drafting.drop import ISO_DAY, NO_VALUE, Collected, Column, Header
from pipeline.errors import DropError
from pipeline.formats import html
from pipeline.sources import odm as odm_file
from pipeline.sources import redcap as redcap_file
from pipeline.sources import redcap_dictionary
from pipeline.sources.odm_definitions import PLACES, tag
from pipeline.study.models import Form, RawField

_LABEL, _LABEL_OF_API = "Field Label", "field_label"


def _field(type_: str) -> RawField:
    format_ = ISO_DAY if type_ == "date" else None
    return RawField.model_validate({"question": "-", "type": type_, "format": format_})


# --- ODM
def odm(path: Path) -> list[Collected]:
    """The forms that an ODM file defines, with its questions and the decodes of its code lists.

    Raises    DropError as the reader does.
    """
    metadata = _metadata(path)
    items = {item.get("OID"): item for item in metadata.iterchildren(tag("ItemDef"))}
    groups = {group.get("OID"): group for group in metadata.iterchildren(tag("ItemGroupDef"))}
    lists = {one.get("OID"): one for one in metadata.iterchildren(tag("CodeList"))}
    titles: dict[str, str] = {}
    labels: dict[str, dict[str, str]] = {}
    choices: dict[str, dict[str, tuple[str, ...]]] = {}
    forms: dict[str, Form] = {}
    for definition in metadata.iterchildren(tag("FormDef")):
        name = str(definition.get("Name", "")).strip().lower()
        fields = {place: _field("text") for place in PLACES}
        titles[name], labels[name], choices[name] = str(definition.get("Name")), {}, {}
        for item in _items(definition, groups, items):
            column = str(item.get("Name"))
            fields[column] = _field(_TYPES_OF_ODM.get(str(item.get("DataType")), "text"))
            labels[name][column] = _text(item.find(tag("Question")))
            reference = item.find(tag("CodeListRef"))
            listed = lists.get(reference.get("CodeListOID")) if reference is not None else None
            if listed is not None:
                decodes = (_text(one.find(tag("Decode"))) for one in listed.iterchildren(tag("CodeListItem")))
                choices[name][column] = tuple(filter(None, decodes))
        forms[name] = Form(form=name, title=name, source="Investigator", record="-", fields=fields)
    columns = {name: list(form.fields) for name, form in forms.items()}
    frames = odm_file.read(path, columns, forms)
    return [
        Collected(name, path.name, _columns(frame, labels[name], choices[name]), titles[name])
        for name, frame in frames.items()
    ]


_TYPES_OF_ODM = {"date": "date", "datetime": "stamp", "time": "time"}


def _metadata(path: Path) -> etree._Element:
    try:
        root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except etree.XMLSyntaxError as error:
        line, column = error.position
        why = "not well-formed XML; the file is cut short or damaged: export it again"
        raise DropError(f"{path.name}: line {line}, column {column}: {why}") from None
    found = root.find(f".//{tag('MetaDataVersion')}")
    if found is None:
        raise DropError(f"{path.name}: no MetaDataVersion of ODM 1.3; export the file with all its metadata")
    return found


def _items(
    form: etree._Element, groups: dict[str | None, etree._Element], items: dict[str | None, etree._Element]
) -> list[etree._Element]:
    references = [
        reference
        for of_group in form.iterchildren(tag("ItemGroupRef"))
        if of_group.get("ItemGroupOID") in groups
        for reference in groups[of_group.get("ItemGroupOID")].iterchildren(tag("ItemRef"))
    ]
    return [items[r.get("ItemOID")] for r in references if r.get("ItemOID") in items]


def _text(element: etree._Element | None) -> str:
    """The first text of an element that holds TranslatedText."""
    found = element.find(tag("TranslatedText")) if element is not None else None
    return " ".join((found.text or "").split()) if found is not None else ""


# --- REDCap
def redcap(paths: Sequence[Path]) -> tuple[list[Collected], Header]:
    """The instruments of a REDCap project, with the labels and choices of its dictionary; and for all of them
    the visit of each event, and the codes that stand for no value.

    Raises    DropError as the reader does.
    """
    records, dictionary = redcap_file.pair(paths)
    fields = redcap_dictionary.fields_of(dictionary)
    labels = _labels(dictionary)
    places = [place for place in PLACES if place != "SITE"]
    header = redcap_dictionary.header(records)
    if redcap_file.EVENT not in header:
        places.remove("FOLDER")
    events = _events(records) if redcap_file.EVENT in header else {}
    missing = _codes_of_no_choice(records, fields)
    forms = {}
    for instrument in dict.fromkeys(field.instrument for field in fields[1:]):
        of_form = [field for field in fields[1:] if field.instrument == instrument and field.columns]
        types = {place: _field("text") for place in places}
        types |= {field.name.upper(): _field(_type_of_redcap(field)) for field in of_form}
        forms[instrument] = Form(
            form=instrument, title=instrument, source="Investigator", record="-", fields=types,
            events=events, missing=dict.fromkeys(missing, NO_VALUE),
        )  # fmt: skip
    frames = redcap_file.read(records, dictionary, forms)
    choices = {field.name.upper(): tuple(field.choices.values()) for field in fields}
    collected = [
        Collected(name, records.name, _columns(frame, labels, choices), name.replace("_", " "))
        for name, frame in frames.items()
    ]
    return collected, Header(events, missing)


def _codes_of_no_choice(
    records: Path, fields: Sequence[redcap_dictionary.Field]
) -> dict[str, tuple[str, ...]]:
    """The codes that stand in fields which do not offer them, with these fields: the project's missing-data
    codes, which its dictionary does not list.
    """
    found: dict[str, list[str]] = {}
    with records.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for field in fields:
        if field.type == "checkbox":
            boxes = (name for name in (rows[0] if rows else ()) if name.startswith(f"{field.name}___"))
            codes = {name.partition("___")[2].upper() for name in boxes if name not in field.columns}
        elif field.choices:
            codes = {row[field.name].strip() for row in rows if row.get(field.name)} - {"", *field.choices}
        else:
            continue
        for code in codes:
            found.setdefault(code, []).append(field.name)
    return {code: tuple(found[code]) for code in sorted(found)}


def _type_of_redcap(field: redcap_dictionary.Field) -> str:
    if field.validation.startswith("datetime"):
        return "stamp"
    if field.validation.startswith("date"):
        return "date"
    return "time" if field.validation == "time" else "text"


def _labels(dictionary: Path) -> dict[str, str]:
    with dictionary.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {redcap_dictionary.NAME, "field_name"} & set(rows[0] if rows else ())
    return {
        row[name].strip().upper(): html.text(row.get(_LABEL) or row.get(_LABEL_OF_API) or "")
        for row in rows
        for name in names
    }


def _events(records: Path) -> dict[str, str]:
    with records.open(encoding="utf-8-sig", newline="") as file:
        found = sorted({row[redcap_file.EVENT] for row in csv.DictReader(file)} - {""})
    return {event: event.partition("_arm_")[0].replace("_", " ").upper() for event in found}


def _columns(
    frame: pd.DataFrame, labels: dict[str, str], choices: dict[str, tuple[str, ...]]
) -> tuple[Column, ...]:
    return tuple(
        Column(str(name), frame[name], labels.get(str(name), ""), choices.get(str(name), ()))
        for name in frame
    )
