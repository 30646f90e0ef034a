"""Supplemental qualifiers and long text: what a standard variable cannot hold goes on in SUPP--, and joins
back exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.mapping.translate import original
from pipeline.records.distinct import codes_and_values, map_distinct
from pipeline.records.findings import Finding
from pipeline.records.identity import KEY
from pipeline.study.datasets import LONGEST_TEXT
from pipeline.study.models import Dataset, Variable

_COLUMNS = {
    "STUDYID": Variable(label="Study Identifier", type="text", max_length=11, core="Req", role="Identifier"),
    "RDOMAIN": Variable(
        label="Related Domain Abbreviation",
        type="text",
        max_length=2,
        core="Req",
        role="Identifier",
        codelist="DOMAIN",
    ),
    "USUBJID": Variable(
        label="Unique Subject Identifier", type="text", max_length=20, core="Req", role="Identifier"
    ),
    "IDVAR": Variable(label="Identifying Variable", type="text", max_length=8, core="Exp", role="Identifier"),
    "IDVARVAL": Variable(
        label="Identifying Variable Value", type="text", max_length=40, core="Exp", role="Identifier"
    ),
    "QNAM": Variable(label="Qualifier Variable Name", type="text", max_length=8, core="Req", role="Topic"),
    "QLABEL": Variable(
        label="Qualifier Variable Label", type="text", max_length=40, core="Req", role="Synonym Qualifier"
    ),
    "QVAL": Variable(label="Data Value", type="text", core="Req", role="Result Qualifier", by=("QNAM",)),
    "QORIG": Variable(label="Origin", type="text", max_length=20, core="Req", role="Record Qualifier"),
    "QEVAL": Variable(label="Evaluator", type="text", core="Exp", role="Record Qualifier", codelist="EVAL"),
}


def specs(datasets: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """The spec of SUPP-- for each SDTM dataset that can need one: it has a supplemental qualifier, or a text
    that may be long.

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

    A long text is cut at a single blank that the join puts back: the parent holds the first part, AETERM1,
    AETERM2 ... the others. A text that cannot be cut so that it joins back exactly is a finding.

    Takes     the dataset with KEY; the origin of each supplemental or long variable, in the words of
              Define-XML.
    Returns   parent, SUPP-- with KEY of the parent's records, findings.
    Source    SDTMIG 3.4, 4.5.3 (text over 200 characters) and 8.4.
    """
    findings: list[Finding] = []
    parts: list[_Part] = []
    cut: dict[str, pd.Series] = {}
    for name, variable in spec.variables.items():
        value = frame[name]
        if variable.long and any(len(t.encode()) > LONGEST_TEXT for t in codes_and_values(value)[1]):
            pieces = value[value.notna()].map(split)
            whole = pieces.map(len).gt(0)
            findings += [
                _uncut(spec.dataset, name, row) for row in frame.loc[pieces.index[~whole], KEY].itertuples()
            ]
            pieces = pieces[whole]
            value = value.where(~value.index.isin(pieces.index), pieces.str[0].reindex(value.index)).astype(
                "str"
            )
            for n in range(1, int(pieces.map(len).max() or 1) if len(pieces) else 1):
                more = pieces[pieces.map(len).gt(n)].str[n]
                label = f"{variable.label[: 39 - len(str(n))]} {n}"  # one QNAM, one QLABEL
                parts.append(
                    _Part(f"{name[: 8 - len(str(n))]}{n}", label, origins[name], variable.evaluator, more)
                )
            if not variable.supp:
                cut[name] = value
        if variable.supp:
            parts.append(_Part(name, variable.label, origins[name], variable.evaluator, value[value.notna()]))
    standard = [n for n, v in spec.variables.items() if not v.supp]
    collected = [original(n) for n in standard if original(n) in frame]
    parent = frame[[*dict.fromkeys([*KEY, *standard]), "block", *collected]]
    return parent.assign(**cut) if cut else parent, _records(spec, frame, parts), findings


@dataclass(frozen=True)
class _Part:
    """The values of one qualifier, on the index of the records that have it."""

    name: str
    label: str
    origin: str
    evaluator: str | None
    value: pd.Series


def _records(spec: Dataset, frame: pd.DataFrame, parts: list[_Part]) -> pd.DataFrame:
    """The records of SUPP--, one part after the other."""
    sequence = f"{spec.dataset}SEQ"
    identifier = (
        sequence if sequence in spec.variables else spec.keys[-1]
    )  # of one record a subject USUBJID is enough
    keyed = identifier != "USUBJID"
    places = np.concatenate(
        [np.zeros(0, dtype="int64"), *(frame.index.get_indexer(p.value.index) for p in parts)]
    )
    part = np.repeat(np.arange(len(parts)), [len(p.value) for p in parts])
    parents = {k: frame[k].array.take(places) for k in (*KEY, "STUDYID", identifier, "block")}
    shown = _shown(pd.Series(parents[identifier])).array if keyed else None
    told: dict[str, list[str | None]] = {
        "RDOMAIN": [spec.dataset for _ in parts],
        "IDVAR": [identifier if keyed else None for _ in parts],
        "QNAM": [p.name for p in parts],
        "QLABEL": [p.label for p in parts],
        "QORIG": [p.origin for p in parts],
        "QEVAL": [p.evaluator for p in parts],
    }
    columns: dict[str, Any] = {k: pd.array(said, dtype="str").take(part) for k, said in told.items()}
    columns["QVAL"] = pd.concat([pd.Series(dtype="str"), *(p.value for p in parts)]).array
    columns["IDVARVAL"] = shown if keyed else pd.array([None] * len(places), dtype="str")
    columns |= {k: parents[k] for k in (*KEY, "STUDYID", "block")}
    kept = {n: columns[n] for n in dict.fromkeys([*KEY, *_COLUMNS, "block"])}
    if any(original(p.name) in frame for p in parts):
        none = pd.Series(index=frame.index, dtype="str")
        held = [frame.get(original(p.name), none).loc[p.value.index] for p in parts]
        kept[original("QVAL")] = pd.concat(held).array
    return pd.DataFrame(kept)


def _shown(value: pd.Series) -> pd.Series:
    return value.astype("Int64").astype("str") if pd.api.types.is_numeric_dtype(value.dtype) else value


def continued(spec: Dataset, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The dataset with each text that may be long spread over the variables its spec names, the first part in
    its own.

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
        parts = [map_distinct(value, partial(_part, at=at, most=len(holders))) for at in range(len(holders))]
        findings += [
            _uncut(spec.dataset, name, row)
            for row in frame.loc[value.notna() & parts[0].isna(), KEY].itertuples()
        ]
        columns |= dict(zip(holders, parts, strict=True))
    return frame.assign(**columns), findings


def _part(text: str, at: int, most: int) -> str | None:
    """One part of a text; none where it has fewer, or cannot be cut into so many at most."""
    parts = split(text)
    return parts[at] if at < len(parts) <= most else None


def split(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """The text in parts of at most `limit` bytes that, joined by one blank, give it back exactly; no part
    where that cannot be done.
    """
    parts: list[str] = []
    rest = text
    while len(rest.encode()) > limit:
        cut = len(rest.encode()[:limit].decode(errors="ignore"))
        while cut > 0 and not (
            rest[cut : cut + 1] == " " and rest[cut - 1] != " " and rest[cut + 1 : cut + 2] not in (" ", "")
        ):
            cut -= 1
        if not cut:
            return []
        parts.append(rest[:cut])
        rest = rest[cut + 1 :]
    return [*parts, rest]


def join(parts: list[str]) -> str:
    """The text that `split` cut."""
    return " ".join(parts)


def _uncut(dataset: str, variable: str, row: object) -> Finding:
    key = f"{getattr(row, 'form', '')}, {getattr(row, 'USUBJID', '')}, {getattr(row, 'record', '')}"
    message = (
        f"over {LONGEST_TEXT} bytes and cannot be cut at blanks into the variables there are; shorten it in"
        " specs/translations.yaml"
    )
    return Finding("TEXT-UNCUT", "error", dataset, variable, "", "", message, key)
