"""Checks of a define.xml in itself: what it says of each dataset."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from pipeline.formats.define.read import Check, Document, attribute, children
from pipeline.records.findings import Finding

_PURPOSES = {"SDTMIG": "Tabulation", "SENDIG": "Tabulation", "ADaMIG": "Analysis"}
_CLASSES = {  # by purpose. Source: CDISC Define-XML terminology, General Observation Class (C103329)
    "Tabulation": (
        "EVENTS", "FINDINGS", "FINDINGS ABOUT", "INTERVENTIONS", "RELATIONSHIP", "SPECIAL PURPOSE",
        "STUDY REFERENCE", "TRIAL DESIGN",
    ),
    "Analysis": (
        "ADAM OTHER", "BASIC DATA STRUCTURE", "DEVICE LEVEL ANALYSIS DATASET",
        "MEDICAL DEVICE BASIC DATA STRUCTURE", "MEDICAL DEVICE OCCURRENCE DATA STRUCTURE",
        "OCCURRENCE DATA STRUCTURE", "REFERENCE DATA STRUCTURE", "SUBJECT LEVEL ANALYSIS DATASET",
    ),
}  # fmt: skip
_PURPOSE_OF = {name: purpose for purpose, names in _CLASSES.items() for name in names}
_CLASS_OF = {  # the class in which a subclass stands. Source: Define-XML 2.1, 5.3.11.2 (def:SubClass)
    "ADVERSE EVENT": "OCCURRENCE DATA STRUCTURE",
    "MEDICAL DEVICE TIME-TO-EVENT": "MEDICAL DEVICE BASIC DATA STRUCTURE",
    "NON-COMPARTMENTAL ANALYSIS": "BASIC DATA STRUCTURE",
    "POPULATION PHARMACOKINETIC ANALYSIS": "BASIC DATA STRUCTURE",
    "TIME-TO-EVENT": "BASIC DATA STRUCTURE",
}
_SUPPLEMENTS = ("SUPP", "SQAP")


def classes(document: Document) -> Iterator[Finding]:
    """DEF-CLASS: a dataset has a class and a subclass of its purpose, and the purpose of its standard (70,
    96, 131).
    """
    guides = {
        str(s.get("OID")): str(s.get("Name")) for s in document.all("Standard") if s.get("Type") == "IG"
    }
    for group in document.all("ItemGroupDef"):
        purpose = str(group.get("Purpose"))
        expected = _PURPOSES.get(guides.get(attribute(group, "StandardOID"), ""))
        if expected and purpose != expected:
            message = f"Purpose {purpose}: datasets of its standard have the Purpose {expected}"
            yield document.fault("DEF-CLASS", group, message)
        stated = children(group, "Class")
        if not stated:
            yield document.fault("DEF-CLASS", group, "the dataset has no def:Class; give it one")
        for class_ in stated:
            yield from _class(document, class_, purpose)


def _class(document: Document, class_: etree._Element, purpose: str) -> Iterator[Finding]:
    name = str(class_.get("Name"))
    of_purpose = _PURPOSE_OF.get(name, purpose)  # the schema tells a class that there is not
    if of_purpose != purpose:
        classes = ", ".join(_CLASSES.get(purpose, ()))
        message = f"class {name} is one of {of_purpose} datasets, and the Purpose is {purpose}"
        yield document.fault("DEF-CLASS", class_, f"{message}; expected one of {classes or 'its purpose'}")
    for subclass in (str(s.get("Name")) for s in children(class_, "SubClass")):
        if purpose != "Analysis":
            message = f"has the def:SubClass {subclass}; only analysis datasets have one, so remove it"
            yield document.fault("DEF-CLASS", class_, message)
        elif _CLASS_OF.get(subclass, name) != name:
            message = f"def:SubClass {subclass} is one of the class {_CLASS_OF[subclass]}, and the class is"
            yield document.fault("DEF-CLASS", class_, f"{message} {name}; correct either")


def keys(document: Document) -> Iterator[Finding]:
    """DEF-CLASS: a dataset has a key; a dataset of another domain, and a SUPP--, names that domain."""
    for group in document.all("ItemGroupDef"):
        name, refs = str(group.get("Name")), children(group, "ItemRef")
        if document.is_submission and not any(r.get("KeySequence") for r in refs):
            message = "the dataset has no key; give the ItemRefs of its keys a KeySequence"
            yield document.fault("DEF-CLASS", group, message)
        described = [a for a in children(group, "Alias") if a.get("Context") == "DomainDescription"]
        of_another = group.get("Domain") not in (None, name) or name.startswith(_SUPPLEMENTS)
        if of_another and not described:
            message = (
                "holds records of another domain and does not describe it; add an Alias with the Context"
                " DomainDescription"
            )
            yield document.fault("DEF-CLASS", group, message)


def files(document: Document) -> Iterator[Finding]:
    """DEF-CLASS: a dataset with data names its file, and one without data names none."""
    for group in document.all("ItemGroupDef"):
        location = attribute(group, "ArchiveLocationID")
        leaves = [leaf.get("ID") for leaf in children(group, "leaf")]
        fault = ""
        if attribute(group, "HasNoData"):
            if location:
                fault = (
                    f"has def:HasNoData and def:ArchiveLocationID {location}; remove the one that is wrong"
                )
        elif not location:
            fault = "names no file; give it a def:ArchiveLocationID, and a def:leaf of that ID"
        elif leaves != [location]:
            fault = f"def:ArchiveLocationID {location} is not the one def:leaf that the dataset has; add it"
        if fault:
            yield document.fault("DEF-CLASS", group, fault)


CHECKS: tuple[Check, ...] = (classes, keys, files)
