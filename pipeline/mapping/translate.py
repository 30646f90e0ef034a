"""Text in other scripts is published as specs/translations.yaml translates it, or refused with the list of
texts that need it.
"""

from __future__ import annotations

import pandas as pd

from pipeline.records.distinct import codes_and_values
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study.edition import Edition

LIMIT = 200  # bytes of a text in XPT version 5


def original(name: str) -> str:
    """The column beside a variable that holds the text as collected, of records in which the variable holds a
    translation.
    """
    return f"{name} as collected"


def translated(
    study: Study, dataset: str, frame: pd.DataFrame, edition: Edition | None = None
) -> tuple[pd.DataFrame, list[Finding]]:
    """The dataset with every text in ASCII.

    Takes     a dataset with KEY; a text is translated whole, as it was collected, or not at all. `edition`
              publishes what was collected: then it stands in a column beside each variable in which something
              was translated. The terms of a code list are the same in every language.
    Returns   the dataset, and an error for each record whose text has no translation, or is too long for the
              edition.
    Source    FDA Study Data Technical Conformance Guide, 3.3 (ASCII text).
    """
    findings: list[Finding] = []
    columns: dict[str, pd.Series] = {}
    parts = {p for v in study.datasets[dataset].variables.values() for p in v.continued}
    for name, variable in study.datasets[dataset].variables.items():
        if not variable.is_text:
            continue
        value = frame[name]
        foreign = [t for t in codes_and_values(value)[1] if not str(t).isascii()]
        if not foreign:
            continue
        known = {
            t: study.translations[t]
            for t in foreign
            if t in study.translations and study.translations[t].isascii()
        }
        columns[name] = value.replace(known) if known else value
        missing = value.isin([t for t in foreign if t not in known])
        message = (
            "not ASCII and not in specs/translations.yaml; add its translation there, the text as collected"
            " first"
        )
        findings += [
            Finding(
                "TEXT-TRANSLATION",
                "error",
                dataset,
                name,
                "",
                str(text),
                message,
                f"{row.form}, {row.USUBJID}, {row.record}",
            )
            for text, row in zip(value[missing], frame.loc[missing, KEY].itertuples(), strict=True)
        ]
        if edition and known and not variable.codelist and name not in parts:
            columns[original(name)] = value.where(value.isin(list(known)))
            findings += _unfit(edition, dataset, name, frame, known)
    return (frame.assign(**columns) if columns else frame), findings


def _unfit(
    edition: Edition, dataset: str, name: str, frame: pd.DataFrame, known: dict[str, str]
) -> list[Finding]:
    """An error for each record whose text, or its translation, is over the limit of bytes.

    A text without blanks has no place where it can be cut and joined back; and where only the translation
    goes on in another record or variable, the editions would have other records than each other.
    """
    found: list[Finding] = []
    for bytes_of, told in (
        (
            lambda t: t.encode(edition.encoding),
            f"the text as collected has over {LIMIT} bytes in {edition.encoding}; shorten it at the site, or",
        ),
        (
            lambda t: known[t].encode(),
            f"the translation has over {LIMIT} bytes; shorten it in specs/translations.yaml, or",
        ),
    ):
        over = [t for t in known if len(bytes_of(t)) > LIMIT]
        message = f"{told} build without the edition for the NMPA, which has each text in one cell"
        at = frame[name].isin(over)
        found += [
            Finding(
                "TEXT-EDITION",
                "error",
                dataset,
                name,
                "",
                str(text),
                message,
                f"{row.form}, {row.USUBJID}, {row.record}",
            )
            for text, row in zip(frame.loc[at, name], frame.loc[at, KEY].itertuples(), strict=True)
        ]
    return found
