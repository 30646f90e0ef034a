"""What an ODM file defines: its visits, forms and items, by OID. OIDs are opaque, so every name of the data
is looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from pipeline.errors import DropError

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")


def tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


@dataclass(frozen=True)
class FormDefinition:
    """A FormDef with its one ItemGroupDef: FORM as written, and the column of each item by OID."""

    name: str
    title: str
    group: str
    fields: dict[str, str]


@dataclass
class Definitions:
    """The one MetaDataVersion of a file, held against the contract."""

    file: str
    contract: Mapping[str, Sequence[str]]
    version: str | None = None
    events: dict[str, str | None] = field(
        default_factory=dict
    )  # a study event's name; None where it repeats: its key is the folder
    forms: dict[str, FormDefinition] = field(default_factory=dict)

    def take(self, metadata: etree._Element) -> None:
        if self.version is not None or metadata.find(tag("Include")) is not None:
            raise refusal(
                self.file,
                metadata,
                "more than one MetaDataVersion, or one that includes another: export one complete version",
            )
        self.version = given(self.file, metadata, "OID")
        for oid, event in self._by_oid(metadata, "StudyEventDef").items():
            self.events[oid] = None if event.get("Repeating") == "Yes" else given(self.file, event, "Name")
        if list(self.events.values()).count(None) > 1:
            raise refusal(
                self.file,
                metadata,
                "more than one StudyEventDef repeats, so a repeat key alone does not name a folder",
            )
        items = {
            oid: given(self.file, item, "Name") for oid, item in self._by_oid(metadata, "ItemDef").items()
        }
        groups = self._by_oid(metadata, "ItemGroupDef")
        for oid, definition in self._by_oid(metadata, "FormDef").items():
            self.forms[oid] = self._form(definition, groups, items)

    def _by_oid(self, metadata: etree._Element, kind: str) -> dict[str, etree._Element]:
        found: dict[str, etree._Element] = {}
        for definition in metadata.iterchildren(tag(kind)):
            oid = given(self.file, definition, "OID")
            if oid in found:
                raise refusal(
                    self.file,
                    definition,
                    f"{kind} {oid} is defined twice: OIDs are unique in a MetaDataVersion",
                )
            found[oid] = definition
        return found

    def _form(
        self, definition: etree._Element, groups: Mapping[str, etree._Element], items: Mapping[str, str]
    ) -> FormDefinition:
        title = given(self.file, definition, "Name")
        name = title.strip().lower()
        if name not in self.contract:
            raise refusal(
                self.file,
                definition,
                f"form {title} is not in the contract: expected one of {', '.join(sorted(self.contract))}",
            )
        oids = [
            given(self.file, reference, "ItemGroupOID")
            for reference in definition.iterchildren(tag("ItemGroupRef"))
        ]
        if len(oids) != 1 or oids[0] not in groups:
            raise refusal(
                self.file,
                definition,
                f"form {title} refers to {len(oids)} item groups, expected one that is defined: a group is a"
                " record",
            )
        fields: dict[str, str] = {}
        for reference in groups[oids[0]].iterchildren(tag("ItemRef")):
            oid = given(self.file, reference, "ItemOID")
            column = items.get(oid)
            if column is None or column in PLACES or column not in self.contract[name]:
                raise refusal(
                    self.file,
                    reference,
                    f"form {title}: item {oid} ({column}) is not in the contract: add the field or leave"
                    " it out",
                )
            if column in fields.values():
                raise refusal(
                    self.file,
                    reference,
                    f"form {title}: two items are named {column}: give each a name of its own",
                )
            fields[oid] = column
        return FormDefinition(name, title, oids[0], fields)

    def columns(self) -> dict[str, list[str]]:
        """The columns of each form that is defined, in contract order."""
        defined: dict[str, set[str]] = {}
        for form in self.forms.values():
            defined.setdefault(form.name, set(PLACES)).update(form.fields.values())
        return {name: [c for c in self.contract[name] if c in present] for name, present in defined.items()}


def given(file: str, element: etree._Element, attribute: str) -> str:
    text = element.get(attribute)
    if not text:
        raise refusal(
            file,
            element,
            f"{etree.QName(element).localname} has no {attribute}, which ODM requires: export the file again",
        )
    return text


def refusal(file: str, element: etree._Element, what: str) -> DropError:
    """A refusal that names file, line and, where there is one, the subject; never a value."""
    subject = tag("SubjectData")
    subjects = [element] if element.tag == subject else list(element.iterancestors(subject))
    where = f", subject {subjects[0].get('SubjectKey')}" if subjects else ""
    return DropError(f"{file}: line {element.sourceline}{where}: {what}")
