"""Supplemental qualifiers and long text: SUPP-- holds what a standard variable cannot, so that both join back
exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from pipeline.derivations.sdtm.identifiers import identifying_text
from pipeline.mapping.translate import original
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY, SUBJECT
from pipeline.study.datasets import LONGEST_TEXT
from pipeline.study.models import Dataset, Variable

_COLUMNS = {
    "STUDYID": Variable(label="Study Identifier", type="text", core="Req", role="Identifier"),
    "RDOMAIN": Variable(
        label="Related Domain Abbreviation",
        type="text",
        max_length=2,
        core="Req",
        role="Identifier",
        codelist="DOMAIN",
    ),
    "USUBJID": Variable(label="Unique Subject Identifier", type="text", core="Req", role="Identifier"),
    "IDVAR": Variable(label="Identifying Variable", type="text", max_length=8, core="Exp", role="Identifier"),
    "IDVARVAL": Variable(label="Identifying Variable Value", type="text", core="Exp", role="Identifier"),
    "QNAM": Variable(label="Qualifier Variable Name", type="text", max_length=8, core="Req", role="Topic"),
    "QLABEL": Variable(
        label="Qualifier Variable Label", type="text", max_length=40, core="Req", role="Synonym Qualifier"
    ),
    "QVAL": Variable(label="Data Value", type="text", core="Req", role="Result Qualifier", by=("QNAM",)),
    "QORIG": Variable(label="Origin", type="text", core="Req", role="Record Qualifier"),
    "QEVAL": Variable(label="Evaluator", type="text", core="Exp", role="Record Qualifier", codelist="EVAL"),
}


def specs(datasets: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """The spec of SUPP-- for each SDTM dataset that can need one: those with a supplemental qualifier, or
    with a text that may be long.

    Source    SDTMIG 3.4, 8.4 (SUPP--).
    """
    return {
        f"SUPP{name}": Dataset.model_validate(
            {
                "dataset": f"SUPP{name}",
                "label": f"Supplemental Qualifiers for {name}",
                "class": "RELATIONSHIP",
                "structure": "One record per supplemental qualifier per related parent domain record",
                "keys": ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
                "variables": _COLUMNS,
            }
        )
        for name, spec in datasets.items()
        if spec.layer == "sdtm" and any(v.supp or v.long for v in spec.variables.values())
    }


def qualifiers(
    spec: Dataset, frame: pd.DataFrame, origins: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """The dataset without its supplemental qualifiers and with texts of at most 200 bytes, and its SUPP--
    records.

    A long text is cut at a single blank, which the join puts back: the parent holds the first part, AETERM1,
    AETERM2 ... hold the others. A text that cannot be cut so that it joins back exactly is a finding.

    Takes     the dataset with KEY; the origin of each supplemental or long variable, in the words of
              Define-XML.
    Returns   parent, SUPP-- with KEY of the parent's records, findings.
    Source    SDTMIG 3.4, 4.5.3 (text over 200 characters) and 8.4.
    """
    findings: list[Finding] = []
    supplemental: list[_Qualifier] = []
    first_parts: dict[str, pd.Series] = {}
    for name, variable in spec.variables.items():
        value = frame[name]
        if variable.long and _is_long(value):
            parts = value[value.notna()].map(split)
            uncut = parts.index[parts.map(len).eq(0)]
            findings += [_uncut(spec.dataset, name, row) for row in frame.loc[uncut, KEY].itertuples()]
            parts = parts.drop(uncut)
            supplemental += _further_parts(name, variable, origins[name], parts)
            value = value.mask(value.index.isin(parts.index), parts.str[0].astype("str"))
            if not variable.supp:
                first_parts[name] = value
        if variable.supp:
            present = value[value.notna()]
            supplemental.append(_Qualifier(name, variable.label, origins[name], variable.evaluator, present))
    standard = [n for n, v in spec.variables.items() if not v.supp]
    collected = [original(n) for n in standard if original(n) in frame]
    parent = frame[[*dict.fromkeys([*KEY, *standard]), "block", *collected]].assign(**first_parts)
    return parent, _supplemental_records(spec, frame, supplemental), findings


@dataclass(frozen=True)
class _Qualifier:
    """The values of one QNAM, on the index of the records that have it."""

    name: str
    label: str
    origin: str
    evaluator: str | None
    value: pd.Series


def _is_long(value: pd.Series) -> bool:
    return any(len(text.encode()) > LONGEST_TEXT for text in codes_and_values(value)[1])


def _further_parts(name: str, variable: Variable, origin: str, parts: pd.Series) -> Iterator[_Qualifier]:
    """The second part, the third ... of the texts that have so many."""
    number_of_parts = parts.map(len)
    for n in range(1, number_of_parts.max() if len(parts) else 1):
        short_name = name_of_part(name, n)
        label = f"{variable.label[: 39 - len(str(n))]} {n}"  # one QNAM, one QLABEL
        further = parts[number_of_parts.gt(n)].str[n].astype("str")
        yield _Qualifier(short_name, label, origin, variable.evaluator, further)


def name_of_part(name: str, number: int) -> str:
    """The QNAM of a further part of a long text: AETERM1 of AETERM.

    Takes     the variable; the number of the part, from 1.
    """
    return f"{name[: 8 - len(str(number))]}{number}"


def identifying_variable(spec: Dataset) -> str:
    """The variable by which a record of SUPP-- refers to its parent: --SEQ, or else the last key."""
    sequence = f"{spec.dataset}SEQ"
    return sequence if sequence in spec.variables else spec.keys[-1]


def _supplemental_records(spec: Dataset, frame: pd.DataFrame, qualifiers: list[_Qualifier]) -> pd.DataFrame:
    """The records of SUPP--, one qualifier after the other."""
    identifier = identifying_variable(spec)
    none = pd.Series(index=frame.index[:0], dtype="str")
    values = pd.concat([none, *(q.value for q in qualifiers)])
    number_of_records = [len(q.value) for q in qualifiers]

    def in_each_record(of_qualifiers: list[str | None]) -> Any:
        return pd.Series(of_qualifiers, dtype="str").repeat(number_of_records).array

    of_parent = frame[[*dict.fromkeys([*KEY, "STUDYID", identifier, "block"])]].loc[values.index]
    # without an identifying variable, as in DM, USUBJID says which record it is
    without = identifier == SUBJECT
    records: pd.DataFrame = of_parent.assign(
        RDOMAIN=in_each_record([spec.dataset for _ in qualifiers]),
        IDVAR=in_each_record([None if without else identifier for _ in qualifiers]),
        IDVARVAL=None if without else identifying_text(of_parent[identifier]),
        QNAM=in_each_record([q.name for q in qualifiers]),
        QLABEL=in_each_record([q.label for q in qualifiers]),
        QVAL=values.array,
        QORIG=in_each_record([q.origin for q in qualifiers]),
        QEVAL=in_each_record([q.evaluator for q in qualifiers]),
    )
    text = list(dict.fromkeys([*KEY, *_COLUMNS]))
    if any(original(q.name) in frame for q in qualifiers):  # the text as written, beside its translation
        written = [frame.get(original(q.name), none) for q in qualifiers]
        parts = [w.reindex(q.value.index) for w, q in zip(written, qualifiers, strict=True)]
        records = records.assign(**{original("QVAL"): pd.concat(parts).array})
        text.append(original("QVAL"))
    of_other_type = [name for name in text if records[name].dtype != "str"]
    records = records.astype(dict.fromkeys(of_other_type, "str"))
    return records[[*text, "block"]].reset_index(drop=True)


def continued(spec: Dataset, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The dataset with each text that may be long spread over the variables that its spec names, the first
    part in its own.

    Takes     the dataset with KEY; the whole text in the variable itself.
    Returns   the dataset, and a finding for each text that cannot be cut, or needs more variables than there
              are.
    Source    SDTMIG 3.4, 4.5.3.2 (text over 200 characters in CO and TS).
    """
    findings: list[Finding] = []
    columns: dict[str, pd.Series] = {}
    for name, variable in spec.variables.items():
        if not variable.continued:
            continue
        value, holders = frame[name], (name, *variable.continued)
        for place, holder in enumerate(holders):
            columns[holder] = map_distinct(value, partial(_part, place=place, most=len(holders)))
        uncut = value.notna() & columns[name].isna()
        findings += [_uncut(spec.dataset, name, row) for row in frame.loc[uncut, KEY].itertuples()]
    return frame.assign(**columns), findings


def _part(text: str, place: int, most: int) -> str | None:
    """One part of a text; None where it has fewer, or cannot be cut into so many at most."""
    parts = split(text)
    return parts[place] if place < len(parts) <= most else None


def split(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """The text in parts of at most `limit` bytes which, joined by one blank, give it back exactly; no parts
    where that cannot be done.
    """
    parts: list[str] = []
    rest = text
    while len(rest.encode()) > limit:
        cut = len(rest.encode()[:limit].decode(errors="ignore"))  # a character is not cut in two
        while cut > 0 and not _single_blank(rest, cut):
            cut -= 1
        if not cut:
            return []
        parts.append(rest[:cut])
        rest = rest[cut + 1 :]
    return [*parts, rest]


def _single_blank(text: str, place: int) -> bool:
    """Whether a blank stands there alone, and not at the end: XPT keeps no blanks at the end of a text."""
    before, here, after = text[place - 1], text[place : place + 1], text[place + 1 : place + 2]
    return here == " " and before != " " and after not in (" ", "")


def _uncut(dataset: str, variable: str, row: object) -> Finding:
    source = f"{getattr(row, 'form', '')}, {getattr(row, 'USUBJID', '')}, {getattr(row, 'record', '')}"
    message = (
        f"over {LONGEST_TEXT} bytes and cannot be cut at blanks into the variables there are; shorten it in"
        " specs/translations.yaml"
    )
    return Finding("TEXT-UNCUT", "error", dataset, variable, "", "", message, source)
