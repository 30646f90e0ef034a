"""Each line of each mapping of the study, seen by what it makes of a few participants.

A wrong field, list, constant, condition or parameter in `mappings/` or `specs/` changes a value that is named
here by dataset and variable. How the tables are read is told in `tests/support/mapping_lines.py`.
"""

from __future__ import annotations

import csv

import pytest

from pipeline.study import Study
from tests.support import mapping_lines

TYPED = mapping_lines.expected()
# variables of which these participants have no value, with the reason
NEVER = {
    "CO.COVAL1": "no comment is longer than 200 bytes",
    "DC": "an earlier screening has no treatment, no arm and no death",
    "DM.ACTARMUD": "every treatment that was given is that of an arm",
    "ADAE.AETERM1": "no term is longer than 200 bytes",
    "ADAE.ASTDTF": "no date is partial",
    "ADAE.AENDTF": "no date is partial",
    "ADDV.DVACTIO1": "no action is longer than 200 bytes",
    "ADCM.CMTRT1": "no name of a drug is longer than 200 bytes",
    "ADCM.AENDTF": "no date is partial",
    "ADMH.AENDTF": "no date is partial",
    "ADAE.CQ02NAM": "no event is one of the heart",
    "ADAE.AOCC05FL": "no event is one of the heart",
    "ADSL.EOSDTF": "no date is partial",
    "ADSL.NACTDTF": "no date is partial",
    "ADSL.DTH30FL": "nobody died within 30 days of a dose",
    "ADRS.ADTF": "no date is partial",
    "ADTA": "no progression is confirmed, and nothing follows one",
    "ADTTE.ADTF": "no date is partial",
    "GF.EPOCH": "tissue is taken before participation",
    "MI.EPOCH": "tissue is taken before participation",
    "MI.MISPCCND": "the study does not collect it",
    "IE.IEDY": "who fails a criterion is never dosed",
    "PROTOCOL.ctcae_conditions_assumed": "none is assumed",
    "RELREC.RELTYPE": "the relations of records have none",
    "SUPPDM": "supplemental qualifiers of one record a participant need no IDVAR",
    "SUPPEC.QEVAL": "nobody judges a planned dose or the number of an infusion",
    "SUPPEX.QEVAL": "nobody judges viability",
}


@pytest.fixture(scope="module")
def published(study: Study) -> dict[str, mapping_lines.Table]:
    return mapping_lines.published(study)


@pytest.mark.parametrize("dataset", TYPED)
def test_each_variable_is_what_its_line_says(published: dict[str, mapping_lines.Table], dataset: str) -> None:
    found = {dataset: published.get(dataset, {})}
    assert list(mapping_lines.differences(found, {dataset: TYPED[dataset]})) == []


def test_every_dataset_of_participants_is_here(
    published: dict[str, mapping_lines.Table],
) -> None:
    assert list(published) == list(TYPED)


def test_every_variable_has_a_value_in_some_record_or_a_reason_why_not() -> None:
    empty = {
        f"{dataset}.{variable}"
        for dataset, table in TYPED.items()
        for variable, values in table.items()
        if set(values) == {"."}
    }
    assert {name for name in empty if name not in NEVER and name.split(".")[0] not in NEVER} == set()


@pytest.mark.parametrize("form", sorted(path.stem for path in mapping_lines.DROP.glob("*.csv")))
def test_no_two_fields_of_a_form_could_stand_for_each_other(form: str) -> None:
    with (mapping_lines.DROP / f"{form}.csv").open(encoding="utf-8", newline="") as lines:
        records = list(csv.DictReader(lines))
    columns = {field: tuple(record[field] for record in records) for field in records[0]}
    columns.pop("FORM")
    columns.pop("ENTERED_AT")
    filled = {field: values for field, values in columns.items() if any(values)}
    same = [(a, b) for a in filled for b in filled if a < b and filled[a] == filled[b]]
    assert same == []
