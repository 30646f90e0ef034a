"""What an ODM file defines: its visits, forms and items, by OID. OIDs are opaque, so every name of the data
is looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from pipeline.errors import DropError

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")  # the fields of a record that say where it belongs


def tag(name: str) -> str:
    """The name of an element with the namespace of ODM."""
    return f"{{{NAMESPACE}}}{name}"


@dataclass(frozen=True)
class FormDefinition:
    """A FormDef with its one ItemGroupDef: FORM as written, and the column of each item by OID."""

    name: str
    title: str
    group: str
    fields: Mapping[str, str]


@dataclass
class Definitions:
    """The one MetaDataVersion of a file, held against the contract."""

    file: str
    contract: Mapping[str, Sequence[str]]
    version: str | None = None
    # A study event's name by OID; None where the event repeats, and its repeat key is the folder.
    events: dict[str, str | None] = field(default_factory=dict)
    forms: dict[str, FormDefinition] = field(default_factory=dict)

    def take(self, metadata: etree._Element) -> None:
        """Take the definitions of a MetaDataVersion.

        Raises    DropError for a second one, one that is not complete, and one that the contract does not
                  know.
        """
        if self.version is not None or metadata.find(tag("Include")) is not None:
            raise self._refuse(
                metadata,
                "more than one MetaDataVersion, or one that includes another: export one complete version",
            )
        self.version = required(self.file, metadata, "OID")
        for oid, event in self._by_oid(metadata, "StudyEventDef").items():
            repeats = event.get("Repeating") == "Yes"
            self.events[oid] = None if repeats else required(self.file, event, "Name")
        if list(self.events.values()).count(None) > 1:
            why = "more than one StudyEventDef repeats, so a repeat key alone does not name a folder"
            raise self._refuse(metadata, why)
        items = self._by_oid(metadata, "ItemDef")
        item_names = {oid: required(self.file, item, "Name") for oid, item in items.items()}
        groups = self._by_oid(metadata, "ItemGroupDef")
        for oid, definition in self._by_oid(metadata, "FormDef").items():
            self.forms[oid] = self._form(definition, groups, item_names)

    def columns(self) -> dict[str, list[str]]:
        """The columns of each form that is defined, in contract order."""
        defined: dict[str, set[str]] = {}
        for form in self.forms.values():
            defined.setdefault(form.name, set(PLACES)).update(form.fields.values())
        return {
            name: [column for column in self.contract[name] if column in columns]
            for name, columns in defined.items()
        }

    def _refuse(self, element: etree._Element, what: str) -> DropError:
        return refusal(self.file, element, what)

    def _by_oid(self, metadata: etree._Element, kind: str) -> dict[str, etree._Element]:
        definitions: dict[str, etree._Element] = {}
        for definition in metadata.iterchildren(tag(kind)):
            oid = required(self.file, definition, "OID")
            if oid in definitions:
                why = f"{kind} {oid} is defined twice: OIDs are unique in a MetaDataVersion"
                raise self._refuse(definition, why)
            definitions[oid] = definition
        return definitions

    def _form(
        self, definition: etree._Element, groups: Mapping[str, etree._Element], item_names: Mapping[str, str]
    ) -> FormDefinition:
        title = required(self.file, definition, "Name")
        name = title.strip().lower()
        if name not in self.contract:
            forms = ", ".join(sorted(self.contract))
            raise self._refuse(definition, f"form {title} is not in the contract: expected one of {forms}")
        references = definition.iterchildren(tag("ItemGroupRef"))
        oids = [required(self.file, reference, "ItemGroupOID") for reference in references]
        if len(oids) != 1 or oids[0] not in groups:
            raise self._refuse(
                definition,
                f"form {title} refers to {len(oids)} item groups, expected one that is defined: a group is a"
                " record",
            )
        fields: dict[str, str] = {}
        for reference in groups[oids[0]].iterchildren(tag("ItemRef")):
            oid = required(self.file, reference, "ItemOID")
            column = item_names.get(oid)
            if column is None or column in PLACES or column not in self.contract[name]:
                raise self._refuse(
                    reference,
                    f"form {title}: item {oid} ({column}) is not in the contract: add the field or leave it"
                    " out",
                )
            if column in fields.values():
                why = f"form {title}: two items are named {column}: give each a name of its own"
                raise self._refuse(reference, why)
            fields[oid] = column
        return FormDefinition(name, title, oids[0], fields)


def required(file: str, element: etree._Element, attribute: str) -> str:
    """An attribute that ODM requires.

    Raises    DropError where the element does not have it.
    """
    text = element.get(attribute)
    if not text:
        name = etree.QName(element).localname
        why = f"{name} has no {attribute}, which ODM requires: export the file again"
        raise refusal(file, element, why)
    return text


def refusal(file: str, element: etree._Element, what: str) -> DropError:
    """A refusal that names file, line and, where there is one, the subject; never a value."""
    subject = tag("SubjectData")
    subjects = [element] if element.tag == subject else list(element.iterancestors(subject))
    where = f", subject {subjects[0].get('SubjectKey')}" if subjects else ""
    return DropError(f"{file}: line {element.sourceline}{where}: {what}")
