"""What an ODM file defines: its visits, forms and items, by OID. OIDs are opaque, so every name of the data
is looked up here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lxml import etree

from pipeline.errors import DropError
from pipeline.study.models import Form, RawField

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
PLACES = ("SITE", "SUBJECT", "FOLDER", "FORM", "RECORD")  # the fields of a record that say where it belongs
# The vendors' attributes of SubjectData that hold a number beside SubjectKey: OpenClinica's and Medidata's.
OTHER_NUMBERS = ("SubjectKey", "StudySubjectID", "SubjectName")
NO_FORMS: Mapping[str, Form] = MappingProxyType({})
WITH_METADATA = "export the file with all its metadata"
# What ODM writes in ISO 8601.
ISO_TYPES = frozenset({"date", "time", "datetime", "partialDate", "partialTime", "partialDatetime"})


def tag(name: str) -> str:
    """The name of an element with the namespace of ODM."""
    return f"{{{NAMESPACE}}}{name}"


@dataclass(frozen=True)
class Item:
    """An item that feeds a column: what its values show, and where their unit goes."""

    column: str
    is_iso: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)  # by coded value; empty: a value shows itself
    unit: str | None = None  # the only one that the item is defined with
    unit_column: str | None = None  # that takes the unit, where the contract has one
    contract: RawField | None = None

    def label(self, value: str) -> str | None:
        """What the value shows: the decode of its code list; None for a value that the list does not have."""
        if not self.labels or value in self.labels.values():
            return value
        return self.labels.get(value)


@dataclass(frozen=True)
class FormDefinition:
    """A FormDef with its one ItemGroupDef: FORM as written, and each item by OID."""

    name: str
    title: str
    group: str
    repeats: bool
    items: Mapping[str, Item]


@dataclass
class Definitions:
    """The one MetaDataVersion of a file, held against the contract."""

    file: str
    contract: Mapping[str, Sequence[str]]
    known: Mapping[str, Form] = field(default_factory=dict)  # the contracts themselves
    units: dict[str, Sequence[str]] = field(default_factory=dict)  # how a MeasurementUnit is called, by OID
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
        lists = self._by_oid(metadata, "CodeList")
        groups = self._by_oid(metadata, "ItemGroupDef")
        for oid, definition in self._by_oid(metadata, "FormDef").items():
            self.forms[oid] = self._form(definition, groups, items, lists)

    def columns(self) -> dict[str, list[str]]:
        """The columns of each form that is defined, in contract order."""
        defined: dict[str, set[str]] = {}
        for form in self.forms.values():
            columns = defined.setdefault(form.name, {*PLACES, *OTHER_NUMBERS})
            columns |= {item.column for item in form.items.values()}
            columns |= {item.unit_column for item in form.items.values() if item.unit_column}
        return {
            name: [column for column in self.contract[name] if column in columns]
            for name, columns in defined.items()
        }

    @property
    def missing(self) -> Mapping[str, str]:
        """The codes that stand for no value in any form."""
        return next((form.missing for form in self.known.values()), {})

    def take_units(self, definitions: etree._Element) -> None:
        """Take the measurement units of BasicDefinitions."""
        for unit in definitions.iterchildren(tag("MeasurementUnit")):
            symbols = [text.text for text in unit.iter(tag("TranslatedText")) if text.text]
            self.units[required(self.file, unit, "OID")] = [*symbols, *filter(None, [unit.get("Name")])]

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
        self,
        definition: etree._Element,
        groups: Mapping[str, etree._Element],
        items: Mapping[str, etree._Element],
        lists: Mapping[str, etree._Element],
    ) -> FormDefinition:
        title = required(self.file, definition, "Name")
        name = self._form_of(title)
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
        group = groups[oids[0]]
        taken: dict[str, Item] = {}
        for reference in group.iterchildren(tag("ItemRef")):
            oid = required(self.file, reference, "ItemOID")
            column = required(self.file, items[oid], "Name") if oid in items else None
            if column is None or column in PLACES or column not in self.contract[name]:
                raise self._refuse(
                    reference,
                    f"form {title}: item {oid} ({column}) is not in the contract: add the field or leave it"
                    " out",
                )
            if any(item.column == column for item in taken.values()):
                why = f"form {title}: two items are named {column}: give each a name of its own"
                raise self._refuse(reference, why)
            taken[oid] = self._item(name, column, items[oid], lists)
        fed = {item.column for item in taken.values()}
        for oid, item in taken.items():
            if item.unit_column in fed:  # the form asks for the unit by itself
                taken[oid] = replace(item, unit_column=None)
        return FormDefinition(name, title, oids[0], group.get("Repeating") != "No", taken)

    def _form_of(self, title: str) -> str:
        """The name of the form with this title, which its contract may declare."""
        name = title.strip().lower()
        declared = (form.form for form in self.known.values() if (form.file.name or "").lower() == name)
        return next(declared, name)

    # --- items
    def _item(
        self, form: str, column: str, definition: etree._Element, lists: Mapping[str, etree._Element]
    ) -> Item:
        contract = self._contract(form, column)
        labels: Mapping[str, str] = {}
        reference = definition.find(tag("CodeListRef"))
        if reference is not None:
            oid = required(self.file, reference, "CodeListOID")
            if oid not in lists:
                raise self._refuse(reference, f"CodeList {oid} is not defined: {WITH_METADATA}")
            labels = self._labels(lists[oid], contract)
        units = [u.get("MeasurementUnitOID", "") for u in definition.iterchildren(tag("MeasurementUnitRef"))]
        unit_column = f"{column}_UNIT"
        return Item(
            column=column,
            is_iso=definition.get("DataType") in ISO_TYPES,
            labels=labels,
            unit=units[0] if len(units) == 1 else None,
            unit_column=unit_column if units and unit_column in self.contract[form] else None,
            contract=contract,
        )

    def _contract(self, form: str, column: str) -> RawField | None:
        """The contract of the field that a column feeds, where it is known."""
        if form not in self.known:
            return None
        names = self.known[form].file.columns
        return next(
            (f for name, f in self.known[form].fields.items() if names.get(name, name) == column), None
        )

    def _labels(self, code_list: etree._Element, contract: RawField | None) -> Mapping[str, str]:
        """The decode of each coded value, as the form shows it; none where the contract asks for the codes.

        It asks for codes where it asks for a number, a date or a time, and where it lists more of the codes
        than of the decodes.
        """
        labels: dict[str, str] = {}
        for item in code_list.iterchildren(tag("CodeListItem")):
            code = required(self.file, item, "CodedValue")
            if code in labels:
                raise self._refuse(item, f"CodeList {code_list.get('OID')} lists a coded value twice")
            labels[code] = self._decode(item) or code
        if contract is None or contract.type == "text":
            return labels
        if contract.type != "code" or _listed(labels, contract) > _listed(labels.values(), contract):
            return {}
        return labels

    def _decode(self, item: etree._Element) -> str:
        """The English text of a Decode, or the only one."""
        texts = {
            text.get("{http://www.w3.org/XML/1998/namespace}lang", "en").partition("-")[0]: text.text or ""
            for text in item.iterfind(f"{tag('Decode')}/{tag('TranslatedText')}")
        }
        if len(texts) > 1 and "en" not in texts:
            languages = ", ".join(sorted(texts))
            why = f"a decode in {languages} and not in English: export it in one language"
            raise self._refuse(item, why)
        return texts.get("en", next(iter(texts.values()), "")).strip()

    def unit(self, element: etree._Element, item: Item, oid: str) -> str | None:
        """The unit of a value, for the column that takes it; None where the contract says the same unit.

        Raises    DropError where the unit would be lost.
        """
        names = self.units.get(oid)
        nowhere = "MeasurementUnitRef has no column to go to"
        if names is None:
            why = f"{nowhere}: unit {oid} of {item.column} is not defined in BasicDefinitions"
            raise self._refuse(element, f"{why}: {WITH_METADATA}")
        declared = item.contract.unit if item.contract else None
        if declared is not None and declared.casefold() in {name.casefold() for name in names}:
            return None
        if declared is not None:
            why = f"{item.column} is in {names[0]}, where the contract says {declared}: convert it or declare"
            raise self._refuse(element, f"{why} its unit")
        if item.unit_column is None:
            why = f"declare `unit: {names[0]}` of {item.column}, or a field {item.column}_UNIT"
            raise self._refuse(element, f"{nowhere}: {why}")
        return names[0]


def _listed(texts: Iterable[str], contract: RawField) -> int:
    """How many of the texts the contract lists."""
    return len({text.casefold() for text in texts} & {label.casefold() for label in contract.codes})


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
