"""Records that stood under another key in the last build: a lesion with another number, a visit with another
name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.checks.drop.door import QueryWriter
from pipeline.checks.drop.expectations import Expectation
from pipeline.checks.drop.sheets import Sheet
from pipeline.finished import tables
from pipeline.finished.folder import Folder
from pipeline.records import alike
from pipeline.records.queries import Query
from pipeline.study import Study

RULE = "KEY-CHANGED"
ASKED = Expectation(
    rule=RULE,
    severity="warning",
    kind="not null",
    column="",
    field="",
    expected="the key that the record had in the last build",
    question="This record stood under another key in the last build. Please confirm or correct it.",
    arguments={},
)


def queries(study: Study, sheets: Mapping[str, Sheet], build: Folder) -> Iterator[Query]:
    """A query for each record that is gone from its key and there again, nearly the same, under another one.

    Takes     the forms that could be read; the build that they are compared with.
    """
    number = study.protocol.subjects.number
    writer = QueryWriter(sheets, number)
    for name, sheet in sheets.items():
        before = tables.collected(build, name)
        fields = [field for field in sheet.form.fields if before is not None and field in before]
        if before is None or sheet.form.row or number not in fields:
            continue
        was = _on_names(before[fields], before["record"])
        now = _on_names(sheet.collected[fields], sheet.carried["record"])
        gone, come = was[~was.index.isin(now.index)], now[~now.index.isin(was.index)]
        every = pd.concat([was, now])
        telling = [field for field in fields if len(every[field].unique()) > 1]
        row_of = {record: row for row, record in enumerate(sheet.carried["record"])}
        for old, new in alike.pairs(number, gone, come, telling).items():
            keys = [key for key in (number, *sheet.form.keys) if key in fields]
            texts = [(key, str(was.loc[old, key]), str(now.loc[new, key])) for key in keys]
            found = ", ".join(f"{key} was {then or 'blank'}" for key, then, after in texts if then != after)
            yield writer.of_record(name, ASKED, row_of[new], details={"found": found})


def _on_names(records: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """The records as text on their names; of several with one name the first."""
    texts = records.fillna("").apply(lambda column: column.str.strip()).set_axis(names.to_numpy())
    first: pd.DataFrame = texts.loc[~texts.index.duplicated()]
    return first
