"""What the value of an item of ODM shows: a null, a label, a unit, a date as the form writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd
from lxml import etree

from pipeline.records import collected_dates, dates
from pipeline.records.distinct import codes_and_values
from pipeline.sources import collected
from pipeline.sources.odm_definitions import Definitions, Item, refusal, tag
from pipeline.study.models import RawField

ITEM, UNIT = tag("ItemData"), tag("MeasurementUnitRef")
# Items of one type each, whose value is the text of the element; bytes are none that a form could show.
_TYPES = (
    *("Any", "Boolean", "Date", "Datetime", "Double", "DurationDatetime", "Float", "IncompleteDate"),
    *("IncompleteDatetime", "IncompleteTime", "Integer", "IntervalDatetime", "PartialDate"),
    *("PartialDatetime", "PartialTime", "String", "Time", "URI"),
)
TYPED_ITEMS = frozenset(tag(f"ItemData{name}") for name in _TYPES)
_YEAR_AND_MONTH = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?", re.ASCII)


@dataclass(frozen=True)
class Values:
    """Values as the definitions of their items have them."""

    defined: Definitions

    def beside_null(self, item: etree._Element, where: str, is_removed: bool) -> str | None:
        """The value of an item that may be null: of a null one its reason, where the study declares what that
        means.

        Raises    DropError for a null with a value, and for neither.
        """
        value = item.get("Value") if item.tag == ITEM else item.text
        is_null = item.get("IsNull") == "Yes"
        reason = next((str(v) for name, v in item.items() if str(name).endswith("}ReasonForNull")), None)
        if is_null and value and value != reason:
            why = "IsNull and a Value contradict each other; correct it in the EDC and export again"
            raise self._refuse(item, f"{where} needs a Value or IsNull, not both: {why}")
        if value is None and not is_null and not is_removed and item.tag == ITEM:
            raise self._refuse(item, f"{where} needs a Value or IsNull, not both")
        if is_null:
            return reason if reason in self.defined.missing else None
        return value

    def label(self, item: etree._Element, defined: Item, where: str, value: str) -> str:
        """What a coded value shows; a code that stands for no value is in no list.

        Raises    DropError for a value that the list does not have.
        """
        label = defined.label(value)
        if label is None and value in self.defined.missing:
            return value
        if label is None:
            why = "holds a value that its CodeList does not list: export data and metadata of one moment"
            raise self._refuse(item, f"{where} {why}")
        return label

    def unit(self, item: etree._Element, defined: Item) -> str | None:
        """The unit of a value, its own or the only one of its definition, for the column that takes it."""
        own = item.find(UNIT)
        oid = item.get("MeasurementUnitOID") if own is None else own.get("MeasurementUnitOID", "")
        if oid is None and (defined.unit_column or (defined.contract and defined.contract.unit)):
            oid = defined.unit
        return None if oid is None else self.defined.unit(item, defined, oid)

    def shown(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The records of a form with dates and times as its contract writes them."""
        shown = {}
        for form in self.defined.forms.values():
            for item in form.items.values():
                field = item.contract
                if form.name == name and item.is_iso and field and field.type in ("date", "time", "stamp"):
                    codes, values = codes_and_values(frame[item.column])
                    typed = [_typed(value, field) for value in values]
                    where = (self.defined.file, item.column)
                    shown[item.column] = collected.text_column(codes, typed, field, where)
        return frame.assign(**shown)

    def _refuse(self, element: etree._Element, what: str) -> Exception:
        return refusal(self.defined.file, element, what)


def _typed(value: str, field: RawField) -> str | date | time | datetime:
    """The date or time that ISO 8601 says; one without its day, or its month, as the form writes it; other
    text is left as it is.
    """
    partial = _YEAR_AND_MONTH.fullmatch(value)
    if partial and field.format is not None:
        return collected_dates.written_partial(partial[1], partial[2], field.format)
    moment = dates.iso_value(value)
    return value if moment is None else moment
