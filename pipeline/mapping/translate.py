"""Text that is not ASCII is published as specs/translations.yaml translates it, or with its typographic
characters folded, or refused with the list of texts that need a translation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence

import pandas as pd

from pipeline.records.characters import folded, foreign
from pipeline.records.distinct import codes_and_values, pair_counts
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study import Study
from pipeline.study.datasets import LONGEST_TEXT
from pipeline.study.edition import Edition

TRANSLATED, FOLDED = "translated", "folded"
# dataset or form, column, block of the mapping, how, text before, text after -> number of records
Rewritten = MutableMapping[tuple[str, str, int, str, str, str], int]
FEW_CHARACTERS = 3  # a text with more that are not ASCII is in another script, and needs a translation


def original(name: str) -> str:
    """The column beside a variable that holds the text as collected, where something was translated."""
    return f"{name} as collected"


def translated(
    study: Study,
    dataset: str,
    frame: pd.DataFrame,
    edition: Edition | None = None,
    rewritten: Rewritten | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """The dataset with every text in ASCII.

    1. A text that specs/translations.yaml lists, whole and as it was collected, becomes its translation.
    2. A text that is ASCII but for characters of typography (curly quotation marks, dashes, hard blanks), and
       for those that specs/characters.yaml adds, has each of them in ASCII.
    3. Any other text is refused.

    An edition publishes what was collected, so for it that text is kept in a column beside each variable in
    which something was changed. The terms of a code list are the same in every language.

    Takes     a dataset with KEY and `block`; the edition, if the build makes one; `rewritten`, to which every
              text that is changed is added.
    Returns   the dataset, and an error for each record whose text can be published neither way, or is too
              long for the edition.
    Source    FDA Study Data Technical Conformance Guide, 3.3 (ASCII text).
    """
    findings: list[Finding] = []
    columns: dict[str, pd.Series] = {}
    variables = study.datasets[dataset].variables
    # what analysis datasets say in other words, they take from SDTM
    is_collected = study.datasets[dataset].layer == "sdtm"
    continuations = {name for variable in variables.values() for name in variable.continued}
    for name, variable in variables.items():
        if not variable.is_text:
            continue
        value = frame[name]
        texts = [text for text in codes_and_values(value)[1] if not str(text).isascii()]
        if not texts:
            continue
        known = {text: ascii_ for text in texts if (ascii_ := in_ascii(study, text)) is not None}
        columns[name] = value.replace(known) if known else value
        findings += _refused(study, dataset, name, frame, [text for text in texts if text not in known])
        if rewritten is not None and known and is_collected and name not in continuations:
            _count(study, rewritten, (dataset, name), frame["block"], value, known)
        if edition and known and not variable.codelist and name not in continuations:
            columns[original(name)] = value.where(value.isin(list(known)))
            findings += _too_long(edition, dataset, name, frame, known)
    return (frame.assign(**columns) if columns else frame), findings


def in_ascii(study: Study, text: str) -> str | None:
    """The text as it is published in English; None where the study says it of neither the text nor its
    characters.
    """
    ascii_ = study.translations.get(text)
    if ascii_ is None:
        ascii_ = folded(text, study.characters)
    return ascii_ if ascii_.isascii() else None


def _count(
    study: Study,
    rewritten: Rewritten,
    node: tuple[str, str],
    blocks: pd.Series,
    value: pd.Series,
    known: Mapping[str, str],
) -> None:
    """Adds the number of records of each block in which each text was changed."""
    changed = value.where(value.isin(list(known)))
    for (block, text), records in pair_counts(blocks, changed).items():
        how = TRANSLATED if text in study.translations else FOLDED
        key = (*node, int(block), how, text, known[text])
        rewritten[key] = rewritten.get(key, 0) + records


def _refused(
    study: Study, dataset: str, name: str, frame: pd.DataFrame, texts: Sequence[str]
) -> Iterator[Finding]:
    """An error for each record whose text stays outside ASCII, with the characters that keep it there."""
    messages = {text: _what_is_missing(study, text) for text in texts}
    records = frame[frame[name].isin(texts)]
    for text, record in zip(records[name], records[KEY].itertuples(), strict=True):
        source = f"{record.form}, {record.USUBJID}, {record.record}"
        yield Finding("TEXT-TRANSLATION", "error", dataset, name, "", text, messages[text], source)


def _what_is_missing(study: Study, text: str) -> str:
    message = (
        "not ASCII and not in specs/translations.yaml; add its translation there, the text as collected first"
    )
    left = foreign(folded(text, study.characters))
    if not 0 < len(left) <= FEW_CHARACTERS:
        return message
    named = ", ".join(f"U+{ord(character):04X}" for character in left)
    return f"{message}, or the ASCII for {named} in specs/characters.yaml"


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
