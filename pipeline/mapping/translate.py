"""Text in other scripts is published as specs/translations.yaml translates it, or refused with the list of
texts that need a translation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study.datasets import LONGEST_TEXT
from pipeline.study.edition import Edition


def original(name: str) -> str:
    """The column beside a variable that holds the text as collected, where something was translated."""
    return f"{name} as collected"


def translated(
    study: Study, dataset: str, frame: pd.DataFrame, edition: Edition | None = None
) -> tuple[pd.DataFrame, list[Finding]]:
    """The dataset with every text in ASCII.

    A text is translated whole, as it was collected, or not at all. An edition publishes what was collected,
    so for it that text is kept in a column beside each variable in which something was translated. The terms
    of a code list are the same in every language.

    Takes     a dataset with KEY; the edition, if the build makes one.
    Returns   the dataset, and an error for each record whose text has no translation, or is too long for the
              edition.
    Source    FDA Study Data Technical Conformance Guide, 3.3 (ASCII text).
    """
    findings: list[Finding] = []
    columns: dict[str, pd.Series] = {}
    variables = study.datasets[dataset].variables
    continuations = {name for variable in variables.values() for name in variable.continued}
    for name, variable in variables.items():
        if not variable.is_text:
            continue
        value = frame[name]
        foreign = [text for text in codes_and_values(value)[1] if not str(text).isascii()]
        if not foreign:
            continue
        known = {}
        for text in foreign:
            translation = study.translations.get(text)
            if translation is not None and translation.isascii():
                known[text] = translation
        columns[name] = value.replace(known) if known else value
        unknown = value.isin([text for text in foreign if text not in known])
        message = (
            "not ASCII and not in specs/translations.yaml; add its translation there, the text as collected"
            " first"
        )
        findings += _errors("TEXT-TRANSLATION", message, dataset, name, frame[unknown])
        if edition and known and not variable.codelist and name not in continuations:
            columns[original(name)] = value.where(value.isin(list(known)))
            findings += _too_long(edition, dataset, name, frame, known)
    return (frame.assign(**columns) if columns else frame), findings


def _too_long(
    edition: Edition, dataset: str, name: str, frame: pd.DataFrame, known: Mapping[str, str]
) -> Iterator[Finding]:
    """An error for each record whose text, or its translation, has more bytes than one cell can hold.

    A text without blanks has no place where it can be cut and joined again; and if only the translation went
    on in another record or variable, the two editions would not have the same records.
    """
    advice = "build without the edition for the NMPA, which has each text in one cell"
    encoding = edition.encoding
    collected = [text for text in known if len(text.encode(encoding)) > LONGEST_TEXT]
    problem = f"the text as collected has over {LONGEST_TEXT} bytes in {encoding}; shorten it at the site"
    records = frame[frame[name].isin(collected)]
    yield from _errors("TEXT-EDITION", f"{problem}, or {advice}", dataset, name, records)
    translations = [text for text in known if len(known[text].encode()) > LONGEST_TEXT]
    problem = f"the translation has over {LONGEST_TEXT} bytes; shorten it in specs/translations.yaml"
    records = frame[frame[name].isin(translations)]
    yield from _errors("TEXT-EDITION", f"{problem}, or {advice}", dataset, name, records)


def _errors(rule: str, message: str, dataset: str, name: str, records: pd.DataFrame) -> Iterator[Finding]:
    """An error for each of the records, with its value of a variable."""
    for text, record in zip(records[name], records[KEY].itertuples(), strict=True):
        source = f"{record.form}, {record.USUBJID}, {record.record}"
        yield Finding(rule, "error", dataset, name, "", str(text), message, source)
