"""Text in other scripts is published as specs/translations.yaml translates it, or refused with the list of texts that need it."""

from __future__ import annotations

import pandas as pd

from pipeline import dates
from pipeline.findings import Finding
from pipeline.mapping.interpret import KEY
from pipeline.study import Study


def translated(study: Study, dataset: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The dataset with every text in ASCII.

    Takes     a dataset with KEY; a text is translated whole, as it was collected, or not at all.
    Returns   the dataset, and an error for each record whose text has no translation.
    Source    FDA Study Data Technical Conformance Guide, 3.3 (ASCII text).
    """
    findings: list[Finding] = []
    columns: dict[str, pd.Series] = {}
    for name, variable in study.datasets[dataset].variables.items():
        if not variable.is_text:
            continue
        value = frame[name]
        foreign = [t for t in dates.distinct(value)[1] if not str(t).isascii()]
        if not foreign:
            continue
        known = {t: study.translations[t] for t in foreign if t in study.translations and study.translations[t].isascii()}
        columns[name] = value.replace(known) if known else value
        missing = value.isin([t for t in foreign if t not in known])
        message = "not ASCII and not in specs/translations.yaml; add its translation there, the text as collected first"
        findings += [
            Finding("TEXT-TRANSLATION", "error", dataset, name, "", str(text), message, f"{row.form}, {row.USUBJID}, {row.record}")
            for text, row in zip(value[missing], frame.loc[missing, KEY].itertuples(), strict=True)
        ]
    return (frame.assign(**columns) if columns else frame), findings
